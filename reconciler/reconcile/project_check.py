"""Whose state it is: two projects on one database would each archive what the other creates."""

from reconciler.errors import PlanRefused, Refusal
from reconciler.state.store import Store


def refuse_other_project(store: Store, project: str | None) -> None:
    """Insist that the state is that of ``project``, or of nobody yet.

    Raises:
        PlanRefused: it is that of another project, or ``project`` has no name and the state knows one.
    """
    owner = store.project()
    if not owner or owner == project:
        return
    if project is None:
        raise PlanRefused(
            Refusal.FOREIGN,
            f"this project has no name, and the state is that of project {owner}\n"
            f"    write `project: {owner}` into reconciler.yaml if it is that one; "
            "if the state is to be this project's all the same: reconciler state adopt-project",
        )
    raise PlanRefused(
        Refusal.FOREIGN,
        f"this project is {project}, and the state is that of project {owner}\n"
        "    give this project a `state:` of its own; if it is the same project under a new name: "
        "reconciler state adopt-project",
    )
