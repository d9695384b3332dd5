"""Past runs: time, actor, commit, and outcomes."""

import json
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.cli.exits import ExitCode
from reconciler.model.outcomes import Unknown
from reconciler.plan.kinds import Verb
from reconciler.plan.records.calls import BY_RECORD_ID
from reconciler.state.run_types import RunStart, RunStatus
from reconciler.state.store import open_state
from tests.support.journals import ADA, update, value
from tests.support.projects import PORTAL, Project, example

STATE = "sqlite:///.reconciler/state.db"


def git(project: Project, *arguments: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@acme.example"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=project.folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return the example project in a git checkout."""
    made = example(tmp_path)
    git(made, "init", "-q")
    git(made, "add", ".")
    git(made, "commit", "-qm", "Begin")
    return made


def test_a_run_knows_the_commit_of_the_manifests_that_its_plan_was_made_from(project: Project) -> None:
    commit = git(project, "rev-parse", "HEAD")
    project.run("plan", "--out", "plan.json")
    git(project, "commit", "-q", "--allow-empty", "-m", "Later")

    assert project.run("apply", "plan.json").code == 0

    (run,) = project.run("runs", "list", "--json").document
    assert run["commit"] == commit
    assert f"commit {commit}" in " ".join(project.run("runs", "show", run["id"]).out.split())


def test_runs_are_listed_with_when_whose_what_and_what_became_of_it(project: Project) -> None:
    in_ci = replace(
        project,
        environ={"GITHUB_RUN_ID": "7", "GITHUB_REPOSITORY": "acme/crm", "USER": "ada", "LOGNAME": "ada"},
    )
    commit = git(project, "rev-parse", "HEAD")
    in_ci.run("apply", "--auto-approve")

    (run,) = project.run("runs", "list", "--json").document
    assert run["planned"] == {
        "adopt": 30,
        "associate": 1,
        "create": 31,
        "create_definition": 25,
        "update": 14,
        "update_definition": 1,
    }
    assert run["accounting"]["applied"] == run["accounting"]["planned"] == 102
    assert run["actor"]["run_url"] == "https://github.com/acme/crm/actions/runs/7"
    first, *others = project.run("runs", "list").out.splitlines()
    assert first.startswith(f"{run['id']}  finished  ")
    assert first.endswith(f" UTC  ada on {run['actor']['host']}")
    assert others == [
        "  30 to adopt, 1 to associate, 31 to create, 25 definitions to create, 14 to",
        "  update, 1 definition to update: 102 applied",
        f"  commit {commit[:12]}",
        "  https://github.com/acme/crm/actions/runs/7",
    ]


def test_gitlabs_jobs_are_named_too(project: Project) -> None:
    in_ci = replace(project, environ={"CI_JOB_URL": "https://gitlab.example/acme/crm/-/jobs/7"})
    in_ci.run("apply", "--auto-approve")
    assert "  https://gitlab.example/acme/crm/-/jobs/7\n" in project.run("runs", "list").out


def test_a_run_is_shown_row_by_row(project: Project) -> None:
    project.run("apply", "--auto-approve")

    shown = project.run("runs", "show", "last", "--full").out

    reported = [line.split()[1] for line in shown.splitlines() if line.startswith(("  + ", "  ~ ", "  = "))]
    assert len(reported) == 101 + 1
    assert "      ~ Unit price (price)" in shown
    assert any(row.split()[-3:] == ["179", "→", "189.00"] for row in shown.splitlines())


def test_a_run_and_its_report_show_what_people_call_things(project: Project) -> None:
    project.run("apply", "--auto-approve")

    (report,) = (project.folder / ".reconciler/reports").iterdir()
    shown = [
        project.run("runs", "show", "last", "--full", "--values", "show").out,
        project.run("show", f".reconciler/reports/{report.name}", "--full", "--values", "show").out,
    ]
    page = project.run(
        "show", f".reconciler/reports/{report.name}", "--format", "csv", "--values", "show"
    ).out

    for text in (*shown, page):
        assert "Alpenrand Molkerei GmbH" in text
        assert "ada@" in text
    assert shown[0] == shown[1]
    assert "Deal owner (hubspot_owner_id)" in shown[0]


def test_nothing_is_said_of_runs_where_there_are_none(project: Project) -> None:
    done = project.run("runs", "list")
    assert (done.code, done.out) == (ExitCode.OK, "")
    assert project.run("runs", "list", "--json").document == []
    assert "there is no run last" in project.run("runs", "show", "last").err


def test_a_report_that_was_written_before_all_was_known_is_written_again(project: Project) -> None:
    project.run("apply", "--auto-approve")
    product = json.loads(project.run("state", "show", "products/PT-100", "--json").out)[0]
    change = replace(
        update("PT-100", product["record_id"], value("price", "1", "189.00")),
        address=replace(update("PT-100", "1").record, object="products", by="hs_sku"),
    )
    with (
        closing(open_state(STATE, project.folder, PORTAL)) as store,
        store.acquire(ADA, now=lambda: datetime.now(UTC), sleep=lambda _: None, timeout_s=0) as pen,
    ):
        run_id = pen.begin_run(RunStart("local", "sha256:1", "0.1.0", ADA, {Verb.UPDATE: 3}))
        pen.intend(run_id, 0, "products", BY_RECORD_ID, [(0, change)])
        pen.record_sending(run_id, [(1, [0], datetime.now(UTC))])
        pen.record(run_id, 0, {0: Unknown("no answer")})
        pen.finish_run(run_id, RunStatus.INTERRUPTED)
    report = project.write(
        f".reconciler/reports/{run_id}.json", project.run("runs", "show", "last", "--json").out
    )
    assert json.loads(report.read_text())["accounting"]["unknown"] == 1

    done = project.run("apply", "--auto-approve")

    assert done.code == ExitCode.OK
    assert report.read_text() == project.run("runs", "show", "last", "--json", "--values", "show").out
    accounting = json.loads(report.read_text())["accounting"]
    assert accounting == {"planned": 3, "applied": 1, "rejected": 0, "stale": 0, "skipped": 2, "unknown": 0}
    assert "Never attempted, and counted as skipped: 2 changes." in project.run("runs", "show", "last").out


def test_a_report_that_a_kill_prevented_is_written_by_the_next_apply(project: Project) -> None:
    project.run("apply", "--auto-approve")
    (report,) = (project.folder / ".reconciler" / "reports").iterdir()
    reported = report.read_text()
    report.unlink()

    assert project.run("apply", "--auto-approve").code == ExitCode.OK

    assert report.read_text() == reported


def test_unwritable_reports_prevent_an_apply(project: Project) -> None:
    (project.folder / ".reconciler").mkdir()
    (project.folder / ".reconciler" / "reports").write_text("in the way")
    project.run("emulator", "seed")

    done = project.run("apply", "--auto-approve", "--quiet")

    assert done.code == ExitCode.ERROR
    assert "cannot write" in done.err
    assert project.run("runs", "list", "--json").document == []
