"""Two projects use one database: each state belongs to one project."""

from pathlib import Path

import pytest

from tests.support.projects import Project

CONTACTS = "object: contacts\nkey: email\nprune: true\nrecords:\n  ada@acme.example: {firstname: Ada}\n"
SETTINGS = "version: 1\nstate: sqlite:////STATE\nenvironments: {local: {portal: emulator}}\n"
NO_NAME = "reconciler cannot distinguish it from other projects"


def project(folder: Path, name: str | None, contacts: str = CONTACTS) -> Project:
    """Return a project with this name; projects in one folder share a state."""
    made = Project(folder / (name or "nameless"))
    settings = SETTINGS.replace("/STATE", str(folder / "state.db"))
    made.write("reconciler.yaml", settings + (f"project: {name}\n" if name else ""))
    made.write("contacts.yaml", contacts)
    return made


def test_the_state_keeps_the_name_of_the_project_that_applied_first(tmp_path: Path) -> None:
    acme = project(tmp_path, "acme-crm")
    first, second = acme.run("apply", "--auto-approve"), acme.run("apply", "--auto-approve")
    assert (first.code, second.code) == (0, 0)
    assert NO_NAME not in first.err


@pytest.mark.parametrize("command", [("plan",), ("apply", "--auto-approve"), ("rollback", "last")])
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("globex", "this project is globex, but the state belongs to project acme-crm"),
        (None, "this project has no name, but the state belongs to project acme-crm"),
    ],
)
def test_another_project_is_refused(
    tmp_path: Path, command: tuple[str, ...], name: str | None, sentence: str
) -> None:
    assert project(tmp_path, "acme-crm").run("apply", "--auto-approve").code == 0

    done = project(tmp_path, name).run(*command)

    assert done.code == 5
    assert sentence in done.err
    assert "reconciler state adopt-project" in done.err


def test_a_plan_saved_before_the_state_had_a_name_is_refused_where_it_is_another_one(tmp_path: Path) -> None:
    globex = project(tmp_path, "globex")
    assert globex.run("plan", "--out", "plan.json").code == 0
    assert project(tmp_path, "acme-crm").run("apply", "--auto-approve").code == 0

    done = globex.run("apply", "plan.json")

    assert done.code == 5
    assert "the state belongs to project acme-crm" in done.err


def test_a_project_that_was_renamed_adopts_its_state(tmp_path: Path) -> None:
    acme = project(tmp_path, "acme-crm")
    assert acme.run("apply", "--auto-approve").code == 0
    acme.replace("reconciler.yaml", "project: acme-crm", "project: acme")

    adopted = acme.run("state", "adopt-project")

    assert adopted.code == 0
    assert adopted.out == (
        "the state of environment local now belongs to project acme, and belonged to project "
        "acme-crm before\n"
    )
    assert "No changes." in acme.run("plan").out
    assert project(tmp_path, "acme-crm").run("plan").code == 5


def test_a_project_that_dropped_its_name_adopts_its_state(tmp_path: Path) -> None:
    acme = project(tmp_path, "acme-crm")
    assert acme.run("apply", "--auto-approve").code == 0
    acme.replace("reconciler.yaml", "project: acme-crm\n", "")
    assert acme.run("state", "adopt-project").code == 0
    assert "No changes." in acme.run("plan").out


def test_nobodys_state_is_not_adopted(tmp_path: Path) -> None:
    done = project(tmp_path, "acme-crm").run("state", "adopt-project")
    assert done.code == 1
    assert "so its state has no project yet" in done.err


def test_a_project_without_a_name_is_told_once_that_it_cannot_be_told_apart(tmp_path: Path) -> None:
    made = project(tmp_path, None)
    first = made.run("apply", "--auto-approve")
    made.write("contacts.yaml", CONTACTS.replace("Ada", "Adah"))
    second = made.run("apply", "--auto-approve")

    assert (first.code, second.code) == (0, 0)
    assert first.err.count(NO_NAME) == 1
    assert "write `project: NAME` into reconciler.yaml" in first.err
    assert NO_NAME not in second.err


def test_a_project_without_a_name_takes_its_state_along_when_it_gets_one(tmp_path: Path) -> None:
    made = project(tmp_path, None)
    assert made.run("apply", "--auto-approve").code == 0
    made.write("reconciler.yaml", (made.folder / "reconciler.yaml").read_text() + "project: acme-crm\n")
    made.write("contacts.yaml", CONTACTS.replace("Ada", "Adah"))
    assert made.run("apply", "--auto-approve").code == 0
    assert project(tmp_path, "globex").run("plan").code == 5


@pytest.mark.parametrize("name", ['""', "a b", "-x", "ä", "[x]", "''"])
def test_a_name_that_is_none_is_told_at_its_line(tmp_path: Path, name: str) -> None:
    made = project(tmp_path, None)
    made.write("reconciler.yaml", (made.folder / "reconciler.yaml").read_text() + f"project: {name}\n")
    done = made.run("validate")
    assert done.code == 1
    assert "reconciler.yaml:4:10" in done.err
