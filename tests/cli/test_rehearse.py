"""Rehearsing a plan on a copy of its portal reports what HubSpot will refuse, before anything is written."""

import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import chdir, closing, nullcontext
from datetime import UTC, datetime
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.exits import ExitCode
from reconciler.emulator import storage
from reconciler.emulator.calls import Request
from reconciler.emulator.faults import parse
from reconciler.project.project import Project as Opened
from reconciler.state.store import open_state
from tests.support.journals import ADA
from tests.support.projects import PORTAL, ROOT, UNHURRIED, Project, Recorder, environment
from tests.support.rehearsals import FAULTS, MANIFESTS, SEED, Fault, People
from tests.support.served import served


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[tuple[Project, Recorder]]:
    """Yield a project with a saved plan, and its portal, which is served over HTTP."""
    with served(tmp_path, MANIFESTS, SEED, more="guards: {update: 100%}\n") as (project, recorder):
        done = project.run("plan", "--out", "plan.json")
        assert done.code == ExitCode.OK, done.out + done.err
        recorder.requests.clear()
        yield project, recorder


def writes(requests: list[Request]) -> list[str]:
    """Return the requests that write, as method and path."""
    reading = ("/batch/read", "/search")
    return [
        f"{each.method} {each.path}"
        for each in requests
        if each.method != "GET" and not each.path.endswith(reading)
    ]


def outcomes(document: Any) -> list[tuple[int, str, str, str, str]]:
    """Return the parts of a run's changes that must be the same in a rehearsal."""
    return [(row["number"], row["address"], row["action"], row["outcome"], _message(row)) for row in document]


def _message(row: Any) -> str:
    """Return HubSpot's message without the numbers that HubSpot assigns."""
    return str(row["detail"].get("message", ""))


def test_twenty_faults_are_told_with_their_lines_and_the_apply_ends_the_same(
    portal: tuple[Project, Recorder],
) -> None:
    project, recorder = portal
    people = People(recorder)
    for fault in FAULTS:
        fault.plant(people)
    recorder.requests.clear()

    rehearsed = project.run("rehearse", "plan.json", "--json", "--values", "show")

    assert rehearsed.code == ExitCode.NOT_APPLIED, rehearsed.err
    assert writes(recorder.requests) == []
    found = json.loads(rehearsed.out)["rehearsal"]
    assert {fault.what: _told(project, found, fault) for fault in FAULTS} == {
        fault.what: (fault.line, True) for fault in FAULTS
    }
    assert project.run("runs", "list", "--json").document == []

    applied = project.run("apply", "plan.json", "--report", "report.json")

    assert applied.code == ExitCode.NOT_APPLIED
    report = json.loads((project.folder / "report.json").read_text())
    real = [row for row in report["changes"] if row["outcome"] != "applied"]
    assert outcomes(found["changes"]) == outcomes(real)


def _told(project: Project, found: Any, fault: Fault) -> tuple[str, bool]:
    """Return the manifest line at which the fault is reported, and whether the message describes it."""
    told = [
        (each["source"], f"{each['message']}")
        for each in found["findings"]
        if each["address"].partition("#")[0] == fault.address
    ]
    told += [
        (row["source"], row["detail"]["message"])
        for row in found["changes"]
        if row["address"] == fault.address
    ]
    fitting = [source for source, message in told if fault.told in message]
    if not fitting:
        return str(told), False
    lines = (project.folder / fitting[0]["file"]).read_text().splitlines()
    return lines[fitting[0]["line"] - 1].strip(), True


def test_without_faults_it_says_so_and_the_apply_ends_the_same_row_by_row(
    portal: tuple[Project, Recorder],
) -> None:
    project, recorder = portal
    with chdir(project.folder), environment(project.environ):
        opened = Opened.open(project.folder).environment()
        plan = Opened.read_plan(project.folder / "plan.json")
        rehearsal = opened.rehearse(plan, lists_applied=True)
        assert writes(recorder.requests) == []
        assert rehearsal.run is not None
        assert rehearsal.is_complete
        assert (rehearsal.left, rehearsal.findings, rehearsal.unplanned) == ((), (), "")
        assert rehearsal.calls == len(recorder.requests)

        applied = opened.apply(plan, lists_applied=True).run

    assert applied is not None
    tried = [(row.number, row.key, row.action, row.outcome, row.source) for row in rehearsal.run.rows]
    assert tried == [(row.number, row.key, row.action, row.outcome, row.source) for row in applied.rows]
    assert list((project.folder / ".reconciler").glob("rehearsal-*")) == []


def test_the_section_stands_in_every_form(portal: tuple[Project, Recorder]) -> None:
    project, recorder = portal
    people = People(recorder)
    people.update("companies", "950", vat="N0")

    files = ("--markdown", "plan.md", "--html", "plan.html", "--json-into", "seen.json")
    done = project.run("rehearse", "plan.json", *files)

    said = "of 29 changes could not be applied"
    page = (project.folder / "plan.html").read_text()
    assert done.code == ExitCode.NOT_APPLIED
    for text in (done.out, (project.folder / "plan.md").read_text(), page):
        assert "Rehearsed" in text
        assert said in " ".join(text.split())
        assert "companies.yaml:15" in text
        assert "nothing was written to portal or state" in " ".join(text.split())
    document = json.loads((project.folder / "seen.json").read_text())["rehearsal"]
    assert document["complete"] is False
    assert document["accounting"]["rejected"] == 1


def test_plan_and_rehearse_at_once(portal: tuple[Project, Recorder]) -> None:
    project, recorder = portal

    done = project.run("plan", "--rehearse", "--out", "again.json")

    assert done.code == ExitCode.OK, done.out
    assert writes(recorder.requests) == []
    assert "nothing is left to write" in done.out
    assert "rehearsal" not in (project.folder / "again.json").read_text()
    assert project.run("rehearse").code == ExitCode.OK


def test_a_plan_that_apply_would_refuse_is_not_rehearsed(portal: tuple[Project, Recorder]) -> None:
    project, recorder = portal
    project.replace("companies.yaml", "tier: gold", "tier: golden")

    done = project.run("rehearse")

    assert done.code == ExitCode.ERROR
    assert "golden" in done.out
    assert "Rehearsed" not in done.out
    assert writes(recorder.requests) == []


def test_a_saved_plan_takes_no_options_and_other_manifests_no_second_plan(
    portal: tuple[Project, Recorder],
) -> None:
    project, _ = portal

    refused = project.run("rehearse", "plan.json", "--target", "companies/*")
    project.replace("companies.yaml", "note: seven", "note: 7")
    done = project.run("rehearse", "plan.json")

    assert refused.code == ExitCode.ERROR
    assert "a saved plan is rehearsed as it is" in refused.err
    assert done.code == ExitCode.OK
    assert "Not planned again: the manifests have changed since the plan was made" in done.out


def test_a_rehearsal_that_breaks_still_shows_and_saves_the_plan(portal: tuple[Project, Recorder]) -> None:
    project, recorder = portal
    recorder.add_fault(parse("malformed_body:path=/crm/v3/property-validations/*"))

    done = project.run("plan", "--rehearse", "--out", "again.json")

    assert done.code == ExitCode.ERROR
    assert "Plan: 4 to create" in done.out
    assert "Rehearsed" not in done.out
    assert (project.folder / "again.json").exists()


def test_exit_codes_are_those_of_apply(portal: tuple[Project, Recorder]) -> None:
    project, recorder = portal
    plan = (project.folder / "plan.json").read_text()
    project.write("altered.json", plan.replace('"seven"', '"eleven"'))
    project.replace("reconciler.yaml", "{update: 100%}", "{update: 1}")
    project.replace("reconciler.yaml", "environments:", "environments:\n  other: {portal: emulator}")
    assert project.run("plan", "-e", "real", "--out", "guarded.json").code == ExitCode.GUARDED
    project.replace("reconciler.yaml", "{update: 1}", "{update: 100%}")
    People(recorder).update("companies", "908", note="theirs")
    asked = {
        ("altered.json",): ExitCode.PLAN_REFUSED,
        ("guarded.json",): ExitCode.GUARDED,
        ("plan.json", "-e", "other"): ExitCode.PLAN_REFUSED,
        ("missing.json",): ExitCode.ERROR,
        ("plan.json", "--on-stale", "fail"): ExitCode.PLAN_REFUSED,
    }

    for arguments, code in asked.items():
        assert project.run("rehearse", *arguments).code == code, arguments
        assert project.run("apply", *arguments).code == code, arguments


def test_a_rehearsal_leaves_calls_for_the_day(portal: tuple[Project, Recorder]) -> None:
    project, recorder = portal
    People(recorder).settings(limits=UNHURRIED | {"daily": 90})

    done = project.run("rehearse", "plan.json")

    assert done.code == ExitCode.GUARDED
    assert "the copy needs about" in done.err
    assert "rehearse a part of the plan" in done.err
    assert "Plan: 4 to create" in done.out


def test_a_rehearsal_needs_no_lock(portal: tuple[Project, Recorder]) -> None:
    project, _ = portal
    address = "sqlite:///.reconciler/state.db"
    with (
        closing(open_state(address, project.folder, PORTAL)) as store,
        store.acquire(ADA, now=lambda: datetime.now(UTC), sleep=lambda _: None, timeout_s=0),
    ):
        assert project.run("apply", "plan.json").code == ExitCode.LOCKED
        assert project.run("rehearse", "plan.json").code == ExitCode.OK


@pytest.mark.parametrize(("calls", "says"), [(0, "interrupted while the portal was read"), (20, "skipped")])
def test_a_rehearsal_can_be_interrupted(
    portal: tuple[Project, Recorder], monkeypatch: pytest.MonkeyPatch, calls: int, says: str
) -> None:
    project, _ = portal
    answers = chain(repeat(False, calls), repeat(True))
    monkeypatch.setattr("reconciler.cli.rehearse.stop_requests", lambda: nullcontext(answers.__next__))

    done = project.run("rehearse", "plan.json")

    assert done.code == ExitCode.INTERRUPTED
    assert says in " ".join(done.out.split())
    assert "Not planned again: the rehearsal was interrupted" in done.out
    assert list((project.folder / ".reconciler").glob("rehearsal-*")) == []


@pytest.mark.parametrize(("asked", "options"), [("true", ["--rehearse"]), ("false", []), ("", [])])
def test_the_action_of_the_plan_workflow_rehearses_when_it_is_told(
    tmp_path: Path, asked: str, options: list[str]
) -> None:
    program = tmp_path / "venv-of-reconciler" / "bin" / "reconciler"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$RUNNER_TEMP/said"\n')
    program.chmod(0o755)
    given = {"COMMAND": "plan", "PLAN": "", "PROJECT": ".", "REHEARSE": asked, "OBJECTS": ""}
    places = {"RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "outputs")}

    script = ROOT / ".github" / "actions" / "reconcile" / "run.sh"
    subprocess.run(["bash", script], env=os.environ | given | places, check=True)

    said = (tmp_path / "said").read_text().splitlines()
    assert [option for option in said if option == "--rehearse"] == options
    offered = (ROOT / ".github" / "workflows" / "plan.yml").read_text()
    assert "          # rehearse: true # " in offered


def test_a_copy_that_finds_no_room_is_one_sentence(
    portal: tuple[Project, Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_path: Path) -> sqlite3.Connection:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(storage, "_connect", fail)
    project, _ = portal

    done = project.run("rehearse", "plan.json")

    assert done.code == ExitCode.ERROR
    assert done.err.startswith("the copy failed: ")
    assert done.err.endswith("portal.db cannot be used: database or disk is full\n")
