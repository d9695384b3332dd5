"""Moving a state between a git repository and a PostgreSQL database with the command line."""

import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from reconciler.cli.exits import ExitCode
from reconciler.state.database_files import PRIVATE_FOLDER
from reconciler.state.git.access import access_to
from reconciler.state.store import Store, open_git_state, open_state_to_read
from reconciler.state.tables import METADATA
from tests.state.conftest import postgres
from tests.support.git_remotes import bare_repository, git, refs_of
from tests.support.postgres import Postgres
from tests.support.projects import PORTAL, Project

__all__ = ["postgres"]

KEY = "k" * 44
GIT, DATABASE = "git:refs/reconciler", "${RECONCILER_STATE}"
SETTINGS = """version: 1
project: acme
state: {state}
environments:
  local: {{portal: emulator}}
"""
CONTACTS = """object: contacts
key: email
prune: true
records:
  ada@acme.example:
    firstname: Ada
    $associations: {contacts: [bob@acme.example]}
  bob@acme.example: {firstname: Robert}
  cyd@acme.example: {firstname: Cyd}
  dan@acme.example: {firstname: Dan}
"""
ELSEWHERE = {"meta", "locks"}
"""Tables that contain nothing of a portal, or whose rows are not moved."""


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return bare_repository(tmp_path)


@pytest.fixture
def project(tmp_path: Path, remote: Path, postgres: Postgres) -> Project:
    """Return a checkout whose state can be in its remote or in a database."""
    made = Project(
        tmp_path / "project", {"RECONCILER_PLAN_KEY": KEY, "RECONCILER_STATE": postgres.new_database()}
    )
    made.write("contacts.yaml", CONTACTS)
    git(made.folder, "init", "--quiet")
    git(made.folder, "remote", "add", "origin", f"file://{remote}")
    return made


def keep_at(project: Project, state: str) -> None:
    project.write("reconciler.yaml", SETTINGS.format(state=f'"{state}"'))


def opened(project: Project, remote: Path, state: str) -> Store:
    if state == DATABASE:
        return open_state_to_read(project.environ["RECONCILER_STATE"], project.folder, PORTAL)
    return open_git_state(access_to(f"file://{remote}", "refs/reconciler", os.environ, keys=(KEY,)), PORTAL)


def rows_in(project: Project, remote: Path, state: str) -> Mapping[str, list[tuple[object, ...]]]:
    """Return all rows of the portal, by table, in order."""
    with closing(opened(project, remote, state)) as store, store._database.reading() as connection:
        return {
            table.name: sorted(
                map(tuple, connection.execute(select(table).where(table.c.portal_id == PORTAL))), key=repr
            )
            for table in METADATA.sorted_tables
            if table.name not in ELSEWHERE
        }


@pytest.mark.parametrize(("here", "there"), [(GIT, DATABASE), (DATABASE, GIT)], ids=["from git", "to git"])
def test_a_state_moves_between_a_repository_and_postgresql_row_by_row(
    project: Project, remote: Path, here: str, there: str
) -> None:
    keep_at(project, here)
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    project.replace("contacts.yaml", "  cyd@acme.example: {firstname: Cyd}\n", "")
    project.replace("contacts.yaml", "Robert", "Bob")
    allowed = ("--allow", "archive=1")
    assert project.run("apply", "--auto-approve", *allowed).code == ExitCode.OK
    before = rows_in(project, remote, here)
    assert {table for table, rows in before.items() if rows} >= {
        "states",
        "owned",
        "pairs",
        "prune_rules",
        "runs",
        "batches",
        "changes",
        "intents",
    }

    done = project.run("state", "move", "--to", there)

    assert done.code == ExitCode.OK, done.err
    count = sum(map(len, before.values()))
    assert done.out.startswith(
        f"3 records and the journal were copied: {count} rows, and each row was compared"
    )
    assert rows_in(project, remote, there) == before
    assert rows_in(project, remote, here) == before  # the old state is not changed
    keep_at(project, there)
    assert project.run("plan").out.startswith("No changes.")
    assert len(project.run("runs", "list", "--json").document) == 2
    project.replace("contacts.yaml", "Bob", "Robert")
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    assert rows_in(project, remote, here) == before
    assert f"refs/reconciler/{PORTAL}/lock" not in refs_of(remote)
    assert not (project.folder / PRIVATE_FOLDER / "state.db").exists()
