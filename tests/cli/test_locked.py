"""A state that another run is writing: exit code 6, and the message names that run."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.cli.exits import ExitCode
from reconciler.state.store import open_state
from tests.support.journals import ADA
from tests.support.projects import PORTAL, Project, applied_example

STATE = "sqlite:///.reconciler/state.db"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return the example project, applied once, with one more change to apply."""
    monkeypatch.setattr("reconciler.state.database._BUSY_TIMEOUT_S", 0.05)
    made = applied_example(tmp_path)
    made.replace("companies.yaml", "name: Donau Feinpapier AG", "name: Donau Papier AG")
    return made


@pytest.mark.parametrize(
    "command", [("apply", "--auto-approve"), ("unlock",), ("state", "rm", "companies/*")]
)
def test_a_holder_asleep_inside_a_transaction_gives_others_exit_6(
    project: Project, command: tuple[str, ...]
) -> None:
    with (
        closing(open_state(STATE, project.folder, PORTAL)) as store,
        store.acquire(ADA, now=lambda: datetime.now(UTC), sleep=lambda _: None, timeout_s=0),
        closing(sqlite3.connect(project.folder / ".reconciler/state.db", isolation_level=None)) as asleep,
    ):
        asleep.execute("BEGIN IMMEDIATE")

        done = project.run(*command)

        asleep.execute("ROLLBACK")
        assert done.code == ExitCode.LOCKED, done.err
        assert "another program keeps it busy" in done.err
        assert project.run("plan").code == ExitCode.OK


def test_rows_of_the_same_plan_are_not_blamed_on_somebody(project: Project) -> None:
    assert project.run("plan", "--out", "plan.json").code == ExitCode.OK
    assert project.run("apply", "plan.json").code == ExitCode.OK
    first = project.run("runs", "list", "--json").document[0]["id"]

    done = project.run("apply", "plan.json", "--json")

    assert done.code == ExitCode.NOT_APPLIED
    messages = {row["detail"]["message"] for row in done.document["changes"] if row["outcome"] == "stale"}
    (message,) = messages
    assert message.startswith(
        f"run {first} already applied this plan, and wrote this record's entry in state"
    )
    again = project.run("apply", "plan.json")
    assert "somebody" not in again.out
