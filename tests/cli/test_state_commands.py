"""Correcting the state with rm, forget, export and import, and refusing to lose it."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.cli.exits import ExitCode
from reconciler.project.notices import Notice
from reconciler.project.session import open_session
from tests.support.old_states import restore_sqlite
from tests.support.projects import PORTAL, Project
from tests.support.small_disk import run_on_small_disk

MANIFEST = "object: companies\nkey: external_id\nrecords:\n  acme: {name: Acme}\n  globex: {name: Globex}\n"
SEED = {
    "version": 1,
    "properties": {
        "companies": [
            {
                "name": "external_id",
                "label": "Key",
                "type": "string",
                "fieldType": "text",
                "groupName": "companyinformation",
                "hasUniqueValue": True,
            }
        ]
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with two companies, applied to an embedded portal."""
    made = Project(tmp_path)
    made.write(
        "reconciler.yaml",
        "version: 1\nenvironments:\n  local: {portal: emulator, seed: portal.json}\n"
        "  other: {portal: emulator, portal_id: 42, seed: portal.json}\ndefault: local\n",
    )
    made.write("portal.json", json.dumps(SEED))
    made.write("companies.yaml", MANIFEST)
    done = made.run("apply", "--auto-approve")
    assert done.code == ExitCode.OK, done.out + done.err
    return made


def addresses(project: Project) -> list[str]:
    return [entry["address"] for entry in project.run("state", "list", "--json").document]


def backup_told(text: str) -> Path:
    (line,) = [line for line in text.splitlines() if "the previous state was copied to" in line]
    return Path(line.split(" copied to ")[1])


def test_rm_owns_no_longer_and_tells_where_the_backup_is(project: Project) -> None:
    done = project.run("state", "rm", "companies/acme")

    assert done.code == ExitCode.OK
    assert done.out == "companies/acme is no longer owned\n"
    assert (project.folder / backup_told(done.err)).is_file()
    assert addresses(project) == ["companies/globex"]
    assert "1 to adopt" in project.run("plan").out


def test_rm_of_something_unknown_removes_nothing(project: Project) -> None:
    done = project.run("state", "rm", "companies/acme", "companies/initech")

    assert done.code == ExitCode.ERROR
    assert done.err.startswith("companies/initech: not owned, and nothing was removed")
    assert addresses(project) == ["companies/acme", "companies/globex"]


@pytest.mark.parametrize("command", ["show", "rm", "forget"])
def test_an_address_that_names_no_record_is_told(project: Project, command: str) -> None:
    for address in ("acme", "companies/", "companies/=", "companies/#", "companies/acme#", "/acme"):
        assert "not an address" in project.run("state", command, address).err
    assert "not an address" in project.run("state", command, "companies:properties/tier#").err
    assert "is the address of a property" in project.run("state", command, "companies/acme#name").err


def test_forget_erases_from_state_and_journal(project: Project) -> None:
    done = project.run("state", "forget", "companies/acme")

    assert done.code == ExitCode.OK
    assert done.out == "companies/acme was erased from 2 entries of state and journal\n"
    assert addresses(project) == ["companies/globex"]
    (run,) = project.run("runs", "list", "--json").document
    assert "acme" not in project.run("runs", "show", run["id"], "--values", "show").out
    again = project.run("state", "forget", "companies/acme")
    assert (again.code, again.err) == (
        ExitCode.ERROR,
        "neither the state nor the journal contains companies/acme\n",
    )


def test_forget_keeps_no_copy_and_names_the_backups_that_may(project: Project) -> None:
    project.run("state", "rm", "companies/globex")
    (backup,) = (project.folder / ".reconciler").glob("*.backup")

    done = project.run("state", "forget", "companies/acme")

    assert list((project.folder / ".reconciler").glob("*.backup")) == [backup]
    assert f"a backup may still contain the erased values: .reconciler/{backup.name}" in done.err.splitlines()


def test_a_state_of_an_older_version_is_upgraded_after_a_backup(project: Project) -> None:
    database = project.folder / ".reconciler" / "state.db"
    database.unlink()
    restore_sqlite(database, 1)
    for arguments in (("plan",), ("apply", "--auto-approve"), ("state", "list")):
        refused = project.run(*arguments)
        assert refused.code == ExitCode.ERROR
        assert "it has the older version 1: `reconciler state upgrade` upgrades it" in refused.err

    done = project.run("state", "upgrade")

    assert done.code == ExitCode.OK
    assert done.err.startswith("the state had an older version and was upgraded\n")
    with closing(sqlite3.connect(project.folder / backup_told(done.err))) as backup:
        assert backup.execute("SELECT value FROM meta").fetchall() == [("1",)]
        assert backup.execute("SELECT count(*) FROM owned").fetchone() == (7,)
    assert project.run("state", "list").code == ExitCode.OK
    assert project.run("state", "upgrade").err == "the state already has this version\n"


def test_an_upgrade_that_nobody_can_be_told_of_leaves_the_state_closed(project: Project) -> None:
    database = project.folder / ".reconciler" / "state.db"
    database.unlink()
    restore_sqlite(database, 1)

    def tell(_notice: Notice) -> None:
        raise BrokenPipeError

    session = open_session(project.folder, notify=tell)
    with pytest.raises(BrokenPipeError), session.state(to_write=True):
        pass
    assert not database.with_name(
        "state.db-wal"
    ).exists()  # SQLite deletes it when the last connection closes


def test_an_export_can_be_imported(project: Project) -> None:
    exported = project.run("state", "export").out
    project.run("state", "rm", "companies/acme", "companies/globex")
    project.write("state.json", exported)

    done = project.run("state", "import", "state.json")

    assert done.code == ExitCode.OK
    assert done.out == "2 records are owned in environment local\n"
    assert (project.folder / backup_told(done.err)).is_file()
    assert json.loads(project.run("state", "export").out)["owned"] == json.loads(exported)["owned"]
    assert project.run("plan").out.startswith("No changes.")


def test_a_reformatted_export_can_be_imported(project: Project) -> None:
    exported = json.loads(project.run("state", "export").out)
    project.run("state", "rm", "companies/acme")
    project.write("state.json", json.dumps(exported, indent=2))

    assert project.run("state", "import", "state.json").out == "2 records are owned in environment local\n"
    assert json.loads(project.run("state", "export").out)["owned"] == exported["owned"]


def test_a_state_of_another_portal_is_not_imported(project: Project) -> None:
    project.write("state.json", project.run("state", "export").out)

    done = project.run("-e", "other", "state", "import", "state.json")

    assert done.code == ExitCode.ERROR
    assert f"exported from portal {PORTAL}, not 42" in done.err


def test_only_a_state_is_imported(project: Project) -> None:
    project.write("state.json", "[]")
    done = project.run("state", "import", "state.json")
    assert done.code == ExitCode.ERROR
    assert "this is not an exported state" in done.err
    assert "cannot read exported state" in project.run("state", "import", "missing.json").err


def test_without_state_there_is_nothing_to_correct(project: Project) -> None:
    project.replace("reconciler.yaml", "version: 1\n", "version: 1\nstate: none\n")
    done = project.run("state", "rm", "companies/acme")
    assert (done.code, done.err.splitlines()[0]) == (
        ExitCode.ERROR,
        "`state: none` keeps nothing: there is nothing to correct",
    )


def test_a_run_that_does_not_exist_is_told(project: Project) -> None:
    done = project.run("runs", "show", "20260101T000000Z-0001")
    assert done.code == ExitCode.ERROR
    assert "there is no run 20260101T000000Z-0001: `reconciler runs list` shows all runs" in done.err


@pytest.mark.parametrize("written", ["60s", "2m", "0", "1.5", "1h"])
def test_a_time_to_wait_may_be_written_in_several_ways(project: Project, written: str) -> None:
    assert project.run("apply", "--auto-approve", "--lock-timeout", written).code == ExitCode.OK


@pytest.mark.parametrize("written", ["soon", "-1", "5 s", "1d"])
def test_a_time_that_cannot_be_read_is_told(project: Project, written: str) -> None:
    done = project.run("apply", f"--lock-timeout={written}")
    assert done.code == ExitCode.ERROR
    assert "write 60s, 2m or a number of seconds" in done.err


def test_in_ci_an_embedded_portal_needs_no_lasting_state(project: Project) -> None:
    (project.folder / ".reconciler" / "state.db").unlink()
    in_ci = Project(project.folder, {"CI": "true"})
    assert in_ci.run("apply", "--auto-approve").code == ExitCode.OK


@pytest.mark.parametrize("kib", [0, 4, 24, 64, 128])
def test_a_move_that_the_disk_cannot_hold_leaves_nothing_and_can_be_tried_again(
    project: Project, kib: int
) -> None:
    exported = project.run("state", "export").out
    words = ["state", "move", "--to", "sqlite:///.reconciler/new.db"]
    refused = run_on_small_disk(project, kib, *words)

    assert (refused.code, refused.out) == (ExitCode.ERROR, "")
    (sentence,) = refused.err.splitlines()
    assert re.match(r"state \.reconciler/(new|state)\.db: .* disk ", sentence)
    assert list((project.folder / ".reconciler").glob("new.db*")) == []

    done = project.run(*words)

    assert done.code == ExitCode.OK
    assert done.out.startswith("2 records and the journal were copied: ")
    project.replace("reconciler.yaml", "version: 1", f"version: 1\nstate: {words[-1]}")
    assert project.run("state", "export").out == exported


def test_a_place_that_was_there_before_stays_when_a_move_fails(project: Project) -> None:
    there = project.folder / "own.db"
    there.write_bytes(b"mine" * 1024)

    assert project.run("state", "move", "--to", "sqlite:///own.db").code == ExitCode.ERROR

    assert there.read_bytes() == b"mine" * 1024
