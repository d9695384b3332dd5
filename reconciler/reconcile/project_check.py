"""Checking the project of a state: two projects with one state would archive each other's records."""

from reconciler.errors import PlanRefused, Refusal
from reconciler.state.store import Store


def refuse_other_project(store: Store, project: str | None) -> None:
    """Refuse a state that belongs to another project than ``project``.

    Raises:
        PlanRefused: the state belongs to another project, or it has a project and this one has no name.
    """
    owner = store.project()
    if not owner or owner == project:
        return
    if project is None:
        raise PlanRefused(
            Refusal.FOREIGN,
            f"this project has no name, but the state belongs to project {owner}\n"
            f"    write `project: {owner}` into reconciler.yaml if it is the same project; to make "
            "the state belong to this project instead, run `reconciler state adopt-project`",
        )
    raise PlanRefused(
        Refusal.FOREIGN,
        f"this project is {project}, but the state belongs to project {owner}\n"
        "    give this project a `state:` of its own; if it is the same project under a new name, "
        "run `reconciler state adopt-project`",
    )
