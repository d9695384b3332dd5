"""Records and values that the journal erases are erased in our reports too."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.cli.exits import ExitCode
from reconciler.encryption import is_encrypted
from tests.support.projects import Project

SETTINGS = "version: 1\nenvironments:\n  local: {portal: emulator}\n"
MANIFEST = """\
object: contacts
key: email
records:
  ada@acme.example: {firstname: Adalbertine, phone: "+491701234567"}
  bob@acme.example: {firstname: Bobby}
"""
KEY = "0123456789abcdef" * 4
PERSONAL = ("ada@acme.example", "Adalbertine", "491701234567")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with two applied contacts; another run has changed the first one."""
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    made.write("contacts.yaml", MANIFEST)
    assert made.run("apply", "--auto-approve").code == 0
    made.replace("contacts.yaml", "Adalbertine", "Adalbertine II")
    assert made.run("apply", "--auto-approve").code == 0
    return made


def reports(project: Project) -> list[Path]:
    return sorted((project.folder / ".reconciler/reports").glob("*.json"))


def held(project: Project) -> str:
    return "".join(path.read_text() for path in reports(project))


def age(project: Project, days: int) -> None:
    """Make all runs this many days older."""
    with closing(sqlite3.connect(project.folder / ".reconciler/state.db")) as connection:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(runs)")}
        for name in {"started_at", "finished_at"} & columns:
            connection.execute(f"UPDATE runs SET {name} = datetime({name}, '-{days} days')")
        connection.commit()


def test_a_forgotten_record_leaves_all_reports(project: Project) -> None:
    before = reports(project)
    assert all(text in held(project) for text in PERSONAL)

    done = project.run("state", "forget", "contacts/ada@acme.example")

    assert done.code == 0
    assert "2 reports rewritten without the erased values, 0 removed" in done.err
    assert not any(text in held(project) for text in PERSONAL)
    assert "Bobby" in held(project)
    assert reports(project) == before
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in before)


def test_a_record_is_forgotten_by_its_id_too(project: Project) -> None:
    (ada,) = project.run("state", "show", "contacts/ada@acme.example", "--json").document

    assert project.run("state", "forget", f"contacts/={ada['record_id']}").code == 0

    assert not any(text in held(project) for text in PERSONAL)


@pytest.mark.parametrize(
    "mistyped", ["contacts/ada", "contacts/=4", "contacts/ada%40acme.exampl", "contacts/da@acme.example"]
)
def test_a_mistyped_address_is_told_though_reports_hold_parts_of_it(project: Project, mistyped: str) -> None:
    before = held(project)
    done = project.run("state", "forget", mistyped)
    assert (done.code, done.err) == (
        ExitCode.ERROR,
        f"neither the state nor the journal contains {mistyped}\n",
    )
    assert held(project) == before


def test_a_report_that_was_kept_elsewhere_meanwhile_is_reached_later(project: Project) -> None:
    kept = {path: path.read_bytes() for path in reports(project)}
    project.run("state", "forget", "contacts/ada@acme.example")
    for path, data in kept.items():
        path.write_bytes(data)

    again = project.run("state", "forget", "contacts/ada@acme.example")

    assert again.code == 0
    assert not any(text in held(project) for text in PERSONAL)


def test_a_report_of_a_run_that_nobody_remembers_is_removed_with_its_person(project: Project) -> None:
    first, *_ = reports(project)
    stray = first.with_name("20250101T000000Z-0001.json")
    stray.write_bytes(first.read_bytes())
    other = first.with_name("20250101T000000Z-0002.json")
    other.write_text(
        first.read_text().replace("1000000", "7654321")
    )  # reports of another portal belong to another state

    done = project.run("state", "forget", "contacts/ada@acme.example")

    assert "2 reports rewritten without the erased values, 1 removed" in done.err
    assert not stray.exists()
    assert other.exists()


def test_encrypted_reports_stay_encrypted_and_none_is_written_in_the_clear(tmp_path: Path) -> None:
    project = Project(tmp_path, {"RECONCILER_PLAN_KEY": KEY})
    project.write("reconciler.yaml", SETTINGS)
    project.write("contacts.yaml", MANIFEST)
    assert project.run("apply", "--auto-approve").code == 0
    (report,) = reports(project)
    sealed = report.read_bytes()

    assert project.run("state", "forget", "contacts/ada@acme.example").code == 0
    assert is_encrypted(report.read_bytes())
    assert "Adalbertine" not in project.run("show", str(report), "--values", "show").out

    report.write_bytes(sealed)
    done = replace(project, environ={}).run("state", "forget", "contacts/bob@acme.example")
    assert done.code == 0
    assert not report.exists()


def test_values_older_than_90_days_leave_the_reports(project: Project) -> None:
    age(project, 91)
    project.replace("contacts.yaml", "Bobby", "Robert")
    assert project.run("apply", "--auto-approve").code == 0

    old = "".join(path.read_text() for path in reports(project)[:2])
    assert "Adalbertine" not in old
    assert "Bobby" not in old
    assert "Robert" in reports(project)[2].read_text()


def test_values_younger_than_90_days_stay(project: Project) -> None:
    age(project, 89)
    project.replace("contacts.yaml", "Bobby", "Robert")
    assert project.run("apply", "--auto-approve").code == 0

    assert "Adalbertine" in held(project)
