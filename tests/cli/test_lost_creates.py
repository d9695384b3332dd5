"""A create whose answer is lost, in a portal that rewrites values: the record is complete and owned."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.cli.exits import ExitCode
from reconciler.emulator.calls import Answer, Request
from reconciler.emulator.faults import Fault, Kind
from tests.support.projects import Project, Recorder
from tests.support.served import served

KEY = {"name": "external_id", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
STORY = {"name": "story", "label": "Story", "type": "string", "fieldType": "html"}
TRIMMED = {"name": "trimmed", "label": "Trimmed", "type": "string", "fieldType": "text"}
PROPERTIES = {
    "companies": [{"groupName": "companyinformation"} | each for each in (KEY, STORY, TRIMMED)],
    "tickets": [KEY | {"groupName": "ticketinformation"}],
}
SEED = {
    "properties": PROPERTIES,
    "validations": {
        "companies": {
            "trimmed": [
                {"ruleType": "WHITESPACE", "ruleArguments": ["TRIM"], "shouldApplyNormalization": True}
            ]
        }
    },
    "records": {"tickets": [{"properties": {"external_id": "t", "subject": "T", "hs_pipeline_stage": "1"}}]},
}
MANIFEST = """object: companies
key: external_id
prune: true
records:
  new:
    name: New
    story: '<p onclick="x()">Hi<script>x()</script></p>'
    trimmed: "  blanks around  "
    annualrevenue: "12.10"
    domain: HTTPS://New.Example/
    $associations: {tickets: [{by: external_id, to: t}]}
  other: {name: Other, story: '<script>x()</script>', trimmed: '   '}
"""


@pytest.mark.parametrize(
    "loss", ["drop_after:", "cut_body:", "server_error:status=502,", "result_left_out:", "malformed_body:"]
)
def test_it_is_ours_with_its_associations_and_nothing_is_left_to_do(tmp_path: Path, loss: str) -> None:
    with served(tmp_path, {"companies.yaml": MANIFEST}, SEED) as (project, portal):
        portal.add_fault_text(f"{loss}path=*/companies/batch/upsert,count=1")

        done = project.run("apply", "--auto-approve", "--json")

        assert done.code == ExitCode.OK, done.out
        outcomes = {(row["address"], row["action"]): row["outcome"] for row in done.document["changes"]}
        assert outcomes == {
            ("companies/new", "create"): "applied",
            ("companies/other", "create"): "applied",
            ("companies/new", "associate"): "applied",
        }
        owned = json.loads(project.run("state", "export").out)["owned"]
        assert {entry["key"]: entry["origin"] for entry in owned} == {"new": "created", "other": "created"}
        assert project.run("plan").out.startswith("No changes.")
        assert project.run("drift").code == ExitCode.OK


class Lagging(Recorder):
    """A portal that loses answers to creates, and does not show new records in the next read.

    Attributes:
        losses: number of creates whose answers are lost.
        stranger: values of a record that another person creates; meanwhile the creates that are lost do not
            arrive at all. None: they arrive, and only their answers are lost.
        hours: how many hours before the lost create the other person creates the record.
    """

    losses = 1
    stranger: dict[str, str] | None = None
    hours = 0

    def answer(self, request: Request) -> Answer:
        written = [path for path, _ in self.asked("/batch/upsert") + self.asked("/batch/create")]
        is_create = (
            request.path.endswith(("/batch/upsert", "/batch/create")) and "associations" not in request.path
        )
        if is_create and len(written) < self.losses:
            if self.stranger is not None:
                self._make(request)
                self.add_fault(Fault(Kind.DROP_BEFORE, path=request.path, count=1))
            else:
                self.add_fault(Fault(Kind.DROP_AFTER, path=request.path, count=1))
        is_look = request.path.endswith("/batch/read") and b'"idProperty"' in request.body
        if is_look and 0 < len(written) <= self.losses:
            hidden = request.body.replace(b'"new"', b'"nix"')
            seen = super().answer(replace(request, body=hidden))
            return replace(seen, content=seen.content.replace(b"nix", b"new"))
        return super().answer(request)

    def _make(self, request: Request) -> None:
        if self.hours:
            self.add_fault(
                Fault(Kind.CLOCK_SKEW, seconds=-3600 * self.hours, path="/crm/v3/objects/*", count=1)
            )
        kind = request.path.rpartition("/batch/")[0]
        key = {"external_id": "new"}
        body = json.dumps({"properties": key | (self.stranger or {})}).encode()
        made = super().answer(replace(request, path=kind, body=body))
        assert made.status == 201, made.content


LAGGED = """object: companies
key: external_id
prune: true
records:
  new: {name: New, city: Ulm, trimmed: "  blanks  "}
"""
BY_CREATE = """object: goal_targets
key: external_id
prune: true
records:
  new: {hs_goal_name: New, hs_target_amount: 100}
"""
LAG_SEED = SEED | {
    "properties": PROPERTIES | {"goal_targets": [KEY | {"groupName": "goal_target_information"}]}
}


@pytest.fixture
def lagging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Project, Lagging]]:
    monkeypatch.setattr("tests.support.served.Recorder", Lagging)
    with served(tmp_path, {"records.yaml": LAGGED}, LAG_SEED) as (project, portal):
        assert isinstance(portal, Lagging)
        yield project, portal


def origin_after(project: Project) -> str:
    done = project.run("apply", "--auto-approve", "--json")
    assert done.code == ExitCode.OK, done.out + done.err
    (owned,) = json.loads(project.run("state", "export").out)["owned"]
    assert project.run("plan").out.startswith("No changes.")
    assert project.run("drift").code == ExitCode.OK
    return str(owned["origin"])


@pytest.mark.parametrize("losses", [1, 2])
@pytest.mark.parametrize("manifest", [LAGGED, BY_CREATE], ids=["upsert", "create"])
def test_it_is_ours_though_the_reading_after_it_missed_it_and_it_was_sent_again(
    lagging: tuple[Project, Lagging], manifest: str, losses: int
) -> None:
    project, portal = lagging
    project.write("records.yaml", manifest)
    portal.losses = losses

    assert origin_after(project) == "created"

    sent = portal.asked("/batch/upsert") + portal.asked("/batch/create")
    assert len(sent) == losses + 1


@pytest.mark.parametrize(
    ("values", "hours"),
    [
        ({"name": "Theirs", "city": "Ulm", "trimmed": "blanks"}, 0),
        ({"name": "New"}, 0),
        ({"domain": "theirs.example"}, 0),
        ({"name": "New", "city": "Ulm", "trimmed": "blanks"}, 1),
    ],
    ids=["other values", "some of ours", "none of ours", "equal values an hour ago"],
)
def test_a_strangers_record_in_its_place_stays_adopted(
    lagging: tuple[Project, Lagging], values: dict[str, str], hours: int
) -> None:
    project, portal = lagging
    portal.stranger, portal.hours = values, hours

    assert origin_after(project) == "adopted"
