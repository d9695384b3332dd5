"""Every command refuses a state that git tracks, or that is reached through a symbolic link."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.projects import Project

SETTINGS = "version: 1\nenvironments:\n  local: {portal: emulator}\n"
MANIFEST = "object: products\nkey: hs_sku\nrecords:\n  P-1: {name: Sensor, price: 1}\n"
COMMANDS = (
    ["plan"],
    ["apply", "--auto-approve"],
    ["drift"],
    ["validate"],
    ["state", "list"],
    ["runs", "list"],
    ["explain", "products/P-1"],
    ["unlock"],
    ["emulator", "reset"],
)


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@acme.example"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, check=True)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Create a project in a checkout, with one apply done."""
    made = Project(tmp_path / "project")
    made.write("reconciler.yaml", SETTINGS)
    made.write("products.yaml", MANIFEST)
    git(made.folder, "init", "-qb", "main")
    git(made.folder, "add", ".")
    git(made.folder, "commit", "-qm", "Begin")
    assert made.run("apply", "--auto-approve").code == 0
    return made


def test_our_own_files_are_not_tracked(project: Project) -> None:
    git(project.folder, "add", ".")
    for command in COMMANDS[:-1]:
        assert "git tracks" not in project.run(*command).err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_state_that_git_tracks_is_refused_by_every_command(project: Project, command: list[str]) -> None:
    git(project.folder, "add", "-f", ".reconciler/state.db")
    before = (project.folder / ".reconciler/state.db").read_bytes()

    done = project.run(*command)

    assert done.code == 1
    assert done.err.startswith(
        "git tracks .reconciler/state.db, which must stay on this machine:  "
        "a commit could replace its contents\n"
        "    run `git rm --cached -r -- .reconciler/state.db`, and commit"
    )
    assert (project.folder / ".reconciler/state.db").read_bytes() == before


@pytest.mark.parametrize(
    "name", ["portal.db", "state.db-wal", "reports/x.json", "state.db.1.backup", ".gitignore", "a b\n.txt"]
)
def test_anything_else_below_is_refused_too(project: Project, name: str) -> None:
    project.write(f".reconciler/{name}", "*\n")
    git(project.folder, "add", "-f", f".reconciler/{name}")

    done = project.run("plan")

    assert done.code == 1
    assert "git tracks " in done.err
    assert done.err.count("\n") == 4 - 1


def test_letters_of_another_case_do_not_help(project: Project) -> None:
    project.write(".Reconciler/state.db", "")
    git(project.folder, "add", "-f", ".Reconciler")

    assert "git tracks .Reconciler/state.db" in project.run("plan").err


@pytest.mark.parametrize("ending", ["", "-wal", "-journal"])
@pytest.mark.parametrize("where", ["kept.db", "data/kept.db", "KEPT.db"])
def test_a_state_elsewhere_in_the_checkout_is_refused_where_git_tracks_it(
    project: Project, where: str, ending: str
) -> None:
    project.write("reconciler.yaml", f"{SETTINGS}state: sqlite:///{where}\n")
    project.write(f"{where}{ending}", "")
    git(project.folder, "add", "-f", f"{where}{ending}")

    assert f"git tracks {where}{ending}" in project.run("plan").err


def test_a_project_below_the_top_is_looked_at_too(project: Project) -> None:
    below = replace(project, folder=project.folder / "crm")
    below.write("reconciler.yaml", SETTINGS)
    below.write(".reconciler/state.db", "")
    git(project.folder, "add", "-f", "crm/.reconciler")

    assert "git tracks .reconciler/state.db" in below.run("plan").err


def test_a_checkout_that_git_does_not_trust_is_looked_at_too(project: Project) -> None:
    git(project.folder, "add", "-f", ".reconciler/state.db")
    distrusting = replace(project, environ={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1", "HOME": "/nowhere"})

    assert "git tracks .reconciler/state.db" in distrusting.run("plan").err


def test_an_unclear_checkout_is_refused(project: Project) -> None:
    (project.folder / ".git/index").write_bytes(b"DIRC damaged")

    done = project.run("plan")

    assert (done.code, done.err.partition(":")[0]) == (
        1,
        f"git cannot list its tracked files in {project.folder}",
    )


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_link_in_the_place_of_the_folder_is_refused(
    project: Project, tmp_path: Path, command: list[str]
) -> None:
    (project.folder / ".reconciler").rename(tmp_path / "elsewhere")
    (project.folder / ".reconciler").symlink_to(tmp_path / "elsewhere")
    before = sorted((tmp_path / "elsewhere").iterdir())

    done = project.run(*command)

    assert done.code == 1
    assert done.err == (
        ".reconciler is a symbolic link: its files would be in another place\n"
        "    remove the link; reconciler makes .reconciler/ and its contents by itself\n"
    )
    assert sorted((tmp_path / "elsewhere").iterdir()) == before


@pytest.mark.parametrize("name", ["state.db", "reports", "portal.db", "reports/x.json", ".gitignore", "new"])
@pytest.mark.parametrize("leads", ["/nowhere", "../products.yaml", ".."])
def test_a_link_below_the_folder_is_refused(project: Project, name: str, leads: str) -> None:
    link = project.folder / ".reconciler" / name
    if link.exists():
        link.rename(project.folder / "before")
    link.symlink_to(leads)

    done = project.run("plan")

    assert (done.code, done.err.partition(":")[0]) == (1, f".reconciler/{name} is a symbolic link")
