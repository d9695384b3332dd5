"""A lifecycle stage is set back by two calls: they have one outcome, and a half-done change is reported."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.exits import ExitCode
from reconciler.emulator.calls import Answer, Request
from tests.support.projects import Done, Project, Recorder
from tests.support.served import served

MANIFEST = """object: contacts
key: email
records:
  ada@acme.example: {{lifecyclestage: {stage}, firstname: {name}}}
  bob@acme.example: {{firstname: {name}}}
"""
SEED: Mapping[str, Any] = {
    "records": {
        "contacts": [
            {"id": "501", "properties": {"email": "ada@acme.example", "lifecyclestage": "customer"}},
            {"id": "502", "properties": {"email": "bob@acme.example"}},
        ]
    }
}
ADA = "contacts/ada@acme.example"


class Interrupting(Recorder):
    """A portal that has a fault during one of the two calls."""

    def __init__(self, path: Path | None) -> None:
        super().__init__(path)
        self.at = 0  # number of the update call that has the fault, counted from 1; 0: no call
        self.then = ""  # the fault of that call, such as "drop_before:count=1"; ``answer`` adds the path

    def answer(self, request: Request) -> Answer:
        if request.path.endswith("/contacts/batch/update") and self.at:
            self.at -= 1
            if self.at == 0:
                self.add_fault_text(f"{self.then},path=*/contacts/batch/update")
        return super().answer(request)


@pytest.fixture(params=["revert", "hold"])
def world(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Project, Interrupting]]:
    """Yield a project and its portal.

    The lifecycle stage of a contact was set to customer by an apply; the manifest now says lead.
    """
    monkeypatch.setattr("tests.support.served.Recorder", Interrupting)
    files = {"contacts.yaml": MANIFEST.format(stage="customer", name="A")}
    with served(tmp_path, files, SEED, more=f"    drift: {request.param}\n") as (project, portal):
        assert isinstance(portal, Interrupting)
        assert project.run("apply", "--auto-approve").code == ExitCode.OK
        project.write("contacts.yaml", MANIFEST.format(stage="lead", name="B"))
        yield project, portal


def apply(project: Project) -> Done:
    return project.run("apply", "--auto-approve", "--json", "--values", "show")


def outcomes(done: Done) -> Mapping[str, str]:
    return {row["address"]: row["outcome"] for row in done.document["changes"]}


def said_of(done: Done, address: str) -> str:
    (row,) = [row for row in done.document["changes"] if row["address"] == address]
    return str(row["detail"].get("message", ""))


def contact(project: Project, portal: Recorder, record_id: str = "501") -> Mapping[str, str | None]:
    del project
    request = Request(
        method="GET",
        path=f"/crm/v3/objects/contacts/{record_id}",
        query={"properties": ("lifecyclestage,firstname",)},
        headers={"authorization": f"Bearer {portal.token(1000000)}"},
        body=b"",
    )
    found: Mapping[str, str | None] = json.loads(portal.answer(request).content)["properties"]
    return found


def assert_next_run_completes(project: Project, portal: Interrupting) -> None:
    portal.clear_faults()
    portal.at = 0
    planned = project.run("plan", "--detailed-exitcode")
    assert planned.code == ExitCode.CHANGES, planned.out
    assert "lifecyclestage" in planned.out
    done = apply(project)
    assert done.code == ExitCode.OK, done.out
    assert contact(project, portal)["lifecyclestage"] == "lead"
    assert project.run("plan").out.startswith("No changes.")
    assert project.run("drift").code == ExitCode.OK


LOST = {
    "an error of the server": "server_error:status=503,count=1",
    "no answer, not written": "drop_before:count=1",
    "no answer, written": "drop_after:count=1",
    "half an answer": "cut_body:count=1",
    "too many calls": "rate_limited:policy=SECONDLY,count=1",
}


@pytest.mark.parametrize("call", [1, 2], ids=["first", "second"])
@pytest.mark.parametrize("lost", LOST)
def test_an_answer_that_is_lost_once_costs_nothing(
    world: tuple[Project, Interrupting], lost: str, call: int
) -> None:
    project, portal = world
    portal.at, portal.then = call, LOST[lost]

    done = apply(project)

    assert done.code == ExitCode.OK, done.out
    assert contact(project, portal)["lifecyclestage"] == "lead"
    assert project.run("plan").out.startswith("No changes.")


def assert_told_as_emptied(done: Done) -> None:
    assert done.code == ExitCode.NOT_APPLIED, done.out
    assert outcomes(done)[ADA] == "rejected"
    assert "lifecyclestage was emptied first" in said_of(done, ADA)
    assert "is still empty" in said_of(done, ADA)


def test_a_second_call_that_stays_unanswered_is_settled_and_done_by_the_next_run(
    world: tuple[Project, Interrupting],
) -> None:
    project, portal = world
    portal.at, portal.then = 2, "drop_before:count=9"

    done = apply(project)

    assert done.code == ExitCode.NOT_APPLIED
    assert outcomes(done)[ADA] == "unknown"
    assert contact(project, portal)["lifecyclestage"] is None
    assert_next_run_completes(project, portal)


def test_a_daily_limit_between_the_two_is_told(world: tuple[Project, Interrupting]) -> None:
    project, portal = world
    portal.at, portal.then = 2, "rate_limited:policy=DAILY"

    done = apply(project)

    assert_told_as_emptied(done)
    assert "no API calls left today" in said_of(done, ADA)
    assert outcomes(done)["contacts/bob@acme.example"] == "skipped"
    assert contact(project, portal)["lifecyclestage"] is None
    assert_next_run_completes(project, portal)


def test_a_first_call_that_never_happens_leaves_all_as_it_was(world: tuple[Project, Interrupting]) -> None:
    project, portal = world
    portal.at, portal.then = 1, "rate_limited:policy=DAILY"

    done = apply(project)

    assert done.code == ExitCode.NOT_APPLIED
    assert set(outcomes(done).values()) == {"skipped"}
    assert contact(project, portal)["lifecyclestage"] == "customer"
    assert_next_run_completes(project, portal)


def test_a_second_call_that_is_refused_is_told_with_what_the_first_one_did(
    world: tuple[Project, Interrupting],
) -> None:
    project, portal = world
    portal.at, portal.then = 2, "poisoned_record:value=501,status=400"

    done = apply(project)

    assert_told_as_emptied(done)
    assert outcomes(done)["contacts/bob@acme.example"] == "applied"
    assert contact(project, portal)["firstname"] == "A"
    assert_next_run_completes(project, portal)


def test_a_first_call_that_is_refused_leaves_all_as_it_was(world: tuple[Project, Interrupting]) -> None:
    project, portal = world
    portal.at, portal.then = 1, "poisoned_record:value=501,status=400"

    done = apply(project)

    assert done.code == ExitCode.NOT_APPLIED
    assert outcomes(done) == {ADA: "rejected", "contacts/bob@acme.example": "applied"}
    assert "emptied" not in said_of(done, ADA)
    assert contact(project, portal) == {**contact(project, portal), "lifecyclestage": "customer"}
    assert_next_run_completes(project, portal)
