"""A state that may only be read: reading works, applying explains the problem in one sentence."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from reconciler.cli.exits import ExitCode
from tests.support.people import unprivileged
from tests.support.projects import Project, Recorder


@pytest.fixture
def applied(wire: tuple[Project, Recorder]) -> Iterator[Project]:
    """Yield an applied project in a folder that every user may read, with another change to apply."""
    project, _ = wire
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(project.folder, folder / "project")
        moved = replace(project, folder=folder / "project")
        moved.replace("products.yaml", "price: 189.00", "price: 199.00")
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        yield moved
        (moved.folder / ".reconciler").chmod(0o755)


@pytest.mark.parametrize("what", ["the folder", "the file"])
def test_a_read_only_state_is_read_and_never_applied_to(applied: Project, what: str) -> None:
    private = applied.folder / ".reconciler"
    if what == "the folder":
        private.chmod(0o555)
    else:
        private.chmod(0o777)
        (private / "state.db").chmod(0o444)

    with unprivileged():
        looks = {name: applied.run(*name.split()) for name in LOOKING}
        refused = applied.run("apply", "--auto-approve", "--quiet")

    for name, done in looks.items():
        assert done.code == ExitCode.OK, f"{name}: {done.err}"
    assert "1 to update" in looks["plan"].out
    assert refused.code == ExitCode.ERROR
    assert refused.err.startswith("state .reconciler/state.db: ")
    assert len(refused.err.splitlines()) == 1
    assert "check" in refused.err
    assert len(applied.run("runs", "list", "--json").document) == 1


LOOKING = (
    "plan",
    "drift",
    "state list",
    "state show products/PT-100",
    "runs list",
    "rollback last --allow archive=31 --allow definitions=21",
)
