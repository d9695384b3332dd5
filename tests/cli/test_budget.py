"""The calls left today are checked before a plan, and again before it is applied."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.emulator.calls import Answer, Request
from tests.support.projects import PORTAL, Project, Recorder
from tests.support.served import served

DAILY = 40
PRODUCTS = "object: products\nkey: hs_sku\nrecords:\n" + "".join(
    f"  P-{number}: {{name: Sensor}}\n" for number in range(450)
)
"""Five calls to write the records, five to read them again right before, two for account and definitions."""

EMBEDDED = f"""\
version: 1
environments:
  local: {{portal: emulator, portal_id: {PORTAL}, seed: portal.json}}
"""


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[tuple[Project, Recorder]]:
    seed = {"version": 1, "limits": {"daily": DAILY}}
    with served(tmp_path, {"products.yaml": PRODUCTS}, seed) as (project, portal):
        yield project, portal


def use_up(portal: Recorder, remaining: int) -> None:
    """Make calls as another program until only this many are left."""
    headers = {"authorization": f"Bearer {portal.token(PORTAL)}"}
    while True:
        answer = portal.answer(Request("GET", "/crm/v3/owners", {}, headers, b""))
        left = int(answer.headers["X-HubSpot-RateLimit-Daily-Remaining"])
        if left <= remaining:
            return


def test_costs_and_remaining_calls_are_shown(wire: tuple[Project, Recorder]) -> None:
    project, _ = wire

    planned = project.run("plan", "--out", "plan.json")

    assert planned.code == 0
    reported = " ".join(planned.out.split())
    assert "Calls: 8 to read, 7 to read again and 5 to write (no wait for the rate limit; " in reported
    assert "calls left today)." in reported


@pytest.mark.parametrize(
    ("arguments", "calls"),
    [
        (["--auto-approve"], 5),  # account and definitions were read while planning, and are not read again
        (["plan.json"], 12),
        (["plan.json", "--on-stale", "overwrite"], 7),
    ],
)
def test_apply_makes_as_many_calls_as_were_told(
    wire: tuple[Project, Recorder], arguments: list[str], calls: int
) -> None:
    project, portal = wire
    budget = json.loads(project.run("plan", "--out", "plan.json", "--json").out)["budget"]
    assert (budget["write_calls"], budget["reread_calls"]) == (5, 7)
    before = len(portal.requests)

    done = project.run("apply", *arguments)

    assert done.code == 0
    made = [each.path.rpartition("/")[2] for each in portal.requests[before:]]
    planning = budget["read_calls"] if arguments == ["--auto-approve"] else 0
    assert made.count("upsert") == 5
    assert len(made) - planning == calls


def test_creates_and_updates_never_share_a_call(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    project.write("products.yaml", PRODUCTS.replace("key: hs_sku", "key: hs_sku\nwrite: upsert"))
    few = PRODUCTS[: PRODUCTS.index("  P-2:")].replace("key: hs_sku", "key: hs_sku\nwrite: upsert")
    whole = (project.folder / "products.yaml").read_text()
    project.write("products.yaml", few)
    assert project.run("apply", "--auto-approve").code == 0
    project.write(
        "products.yaml", whole[: whole.index("  P-4:")].replace("P-0: {name: Sensor}", "P-0: {name: X}")
    )

    budget = project.run("plan", "--allow", "update=9", "--out", "plan.json", "--json").document["budget"]
    before = len(portal.requests)
    assert project.run("apply", "plan.json").code == 0

    made = [each.path.rpartition("/")[2] for each in portal.requests[before:]]
    assert made.count("upsert") == budget["write_calls"] == 2
    assert len(made) == budget["write_calls"] + budget["reread_calls"] == 6


@pytest.mark.parametrize(
    ("arguments", "code"), [(["plan"], 4), (["apply"], 4), (["apply", "--auto-approve"], 0)]
)
def test_an_immediate_apply_needs_no_second_reads(
    wire: tuple[Project, Recorder], arguments: list[str], code: int
) -> None:
    project, portal = wire
    use_up(portal, 20)

    done = project.run(*arguments)

    assert done.code == code, done.out + done.err
    reported = " ".join(done.out.split())
    assert ("12 calls are needed and 12 are left today" in reported) is (code == 4)
    assert ("8 to read, 5 to write (" in reported) is (code == 0)


def test_a_plan_that_needs_more_than_is_left_is_refused(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    use_up(portal, 11)

    planned = project.run("plan")

    assert planned.code == 4
    reported = " ".join(planned.out.split())
    assert "12 calls are needed and 3 are left today (a reserve of 20 % is kept)" in reported
    assert "if this is intended: --allow budget=12" in reported


def test_it_is_judged_again_before_anything_is_written(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    assert project.run("plan", "--out", "plan.json").code == 0
    use_up(portal, 8)
    before = len(portal.requests)

    refused = project.run("apply", "plan.json")

    assert refused.code == 4
    assert "12 calls are needed and" in refused.err
    assert "reconciler plan --allow budget=12 --out FILE" in refused.err
    assert not [request for request in portal.requests[before:] if request.path.endswith("/batch/upsert")]
    assert project.run("runs", "list", "--json").document == []


_KEY = {"name": "external_id", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
_ARCHIVING = "object: companies\nkey: external_id\nprune: true\nrecords:\n"


class Editing(Recorder):
    """A portal in which another person edits a record right before the last read."""

    edited: dict[str, str] | None = None

    def answer(self, request: Request) -> Answer:
        is_look = request.path.endswith("/companies/batch/read") and b"city" in request.body
        if is_look and self.edited:
            body, self.edited = json.dumps({"properties": self.edited}).encode(), None
            seen = super().answer(request)
            found = json.loads(seen.content)["results"][0]["id"]
            path = f"/crm/v3/objects/companies/{found}"
            super().answer(replace(request, method="PATCH", path=path, body=body))
            return seen
        return super().answer(request)


@pytest.fixture
def archiving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Project, Recorder]]:
    """Yield a project with a company that was created, has a ticket, and is to be pruned."""
    monkeypatch.setattr("tests.support.served.Recorder", Editing)
    seed = {
        "properties": {
            "companies": [_KEY | {"groupName": "companyinformation"}],
            "tickets": [_KEY | {"groupName": "ticketinformation"}],
        },
        "records": {
            "tickets": [
                {"properties": {"external_id": "t", "subject": "T", "hs_pipeline_stage": "1"}},
            ]
        },
    }
    new = "  new: {name: New, city: Ulm, $associations: {tickets: [{by: external_id, to: t}]}}\n"
    files = {"companies.yaml": _ARCHIVING + new + "  stays: {name: Stays}\n"}
    with served(tmp_path, files, seed, more="guards: {archive: 100%}\n") as (project, portal):
        done = project.run("apply", "--auto-approve")
        assert done.code == 0, done.err
        project.write("companies.yaml", _ARCHIVING + "  stays: {name: Stays}\n")
        yield project, portal


@pytest.mark.parametrize("is_saved", [True, False])
def test_looks_at_what_is_archived_are_counted_as_they_are_made(
    archiving: tuple[Project, Recorder], is_saved: bool
) -> None:
    project, portal = archiving
    budget = json.loads(project.run("plan", "--out", "plan.json", "--json").out)["budget"]
    before = len(portal.requests)

    done = project.run("apply", *(["plan.json"] if is_saved else ["--auto-approve"]))

    assert done.code == 0, done.out
    made = len(portal.requests) - before - (0 if is_saved else budget["read_calls"])
    just_read = 0 if is_saved else 4  # account, definitions and pipelines were just read while planning
    assert made == budget["write_calls"] + budget["reread_calls"] - just_read
    looks = [path for path, _ in portal.asked("/companies/tickets/batch/read")]
    assert looks


def test_an_archive_is_looked_at_again_even_where_its_plan_was_made_a_moment_ago(
    archiving: tuple[Project, Recorder],
) -> None:
    project, portal = archiving
    assert isinstance(portal, Editing)
    portal.edited = {"city": "Bonn"}

    done = project.run("apply", "--auto-approve", "--json")

    assert done.code == 3, done.out
    (row,) = [row for row in done.document["changes"] if row["action"] == "archive"]
    assert row["outcome"] == "stale"
    assert "city changed in HubSpot" in row["detail"]["message"]
    assert not portal.asked("/companies/batch/archive")


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (False, "(no wait for the rate limit; "),
        ({"tenSecondly": 100}, "(takes at least 20 s because of the rate limit; "),
    ],
)
def test_an_embedded_portal_is_as_fast_as_its_limits(tmp_path: Path, limits: object, says: str) -> None:
    """Without limits, there are no waits; with limits, they are respected from the first answer on."""
    project = Project(tmp_path)
    project.write("reconciler.yaml", EMBEDDED)
    project.write("portal.json", json.dumps({"version": 1, "limits": limits}))
    rows = "".join(f"P-{number},Sensor\n" for number in range(12_000))
    project.write("products.csv", f"hs_sku,name\n{rows}")
    project.write("products.yaml", "object: products\nkey: hs_sku\nsource: {csv: products.csv}\n")

    planned = project.run("plan", "--allow", "create=20000", "--allow", "total=20000")
    assert says in " ".join(planned.out.split())
