"""The ``Calls:`` that a plan and drift announce equal the calls that planning and apply really make."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.projects import Project, Recorder
from tests.support.served import served


def _unique(group: str) -> dict[str, object]:
    return {
        "name": "erp_no",
        "label": "ERP",
        "type": "string",
        "fieldType": "text",
        "groupName": group,
        "hasUniqueValue": True,
    }


SEED = {
    "version": 1,
    "owners": [{"id": "71", "email": "ada@acme.example"}],
    "schemas": [
        {
            "name": "car",
            "labels": {"singular": "Car", "plural": "Cars"},
            "primaryDisplayProperty": "vin",
            "requiredProperties": [],
            "properties": [
                {
                    "name": "vin",
                    "label": "VIN",
                    "type": "string",
                    "fieldType": "text",
                    "hasUniqueValue": True,
                },
                {"name": "color", "label": "Color", "type": "string", "fieldType": "text"},
            ],
            "associatedObjects": ["COMPANY"],
        }
    ],
    "properties": {
        "companies": [_unique("companyinformation")],
        "deals": [_unique("dealinformation")],
        "listings": [_unique("listing_information")],
    },
    "records": {
        "companies": [
            {"id": "901", "properties": {"erp_no": "old", "name": "Old", "lifecyclestage": "customer"}},
            {"id": "902", "properties": {"erp_no": "gone", "name": "Gone"}},
        ],
        "contacts": [{"id": "801", "properties": {"email": "ada@acme.example", "firstname": "Ada"}}],
    },
}
COMPANIES = """\
object: companies
key: erp_no
prune: true
records:
  old: {name: New, lifecyclestage: lead, hubspot_owner_id: ada@acme.example}
  new: {name: New, $associations: {contacts: [ada@acme.example], deals: [{by: erp_no, to: D-1}]}}
  b: {name: B}
"""
CONTACTS = "object: contacts\nkey: email\nrecords:\n  ada@acme.example: {firstname: Adah}\n"
DEALS = """\
object: deals
key: erp_no
records:
  D-1: {dealname: One, pipeline: default, dealstage: appointmentscheduled}
"""
CARS = "object: car\nkey: vin\nrecords:\n  v1: {color: red}\n"
ALL = {"companies.yaml": COMPANIES, "contacts.yaml": CONTACTS, "deals.yaml": DEALS, "cars.yaml": CARS}


@contextmanager
def world(folder: Path, files: dict[str, str]) -> Iterator[tuple[Project, Recorder]]:
    with served(folder, files, SEED) as (project, portal):
        yield project, portal


def counted(project: Project, portal: Recorder, *command: str) -> tuple[Any, int]:
    """Return the JSON that a command printed, and how many calls it made."""
    before = len(portal.requests)
    done = project.run(*command, "--json")
    assert done.code in {0, 2}, done.out + done.err
    return done.document, len(portal.requests) - before


def check_plan(project: Project, portal: Recorder, *more: str) -> dict[str, int]:
    """Plan, and apply the plan: both must make as many calls as the plan announces."""
    allow = ("--allow", "absent=1", "--allow", "archive=9", "--allow", "update=9")
    plan, made = counted(project, portal, "plan", "--out", "plan.json", *allow, *more)
    budget: dict[str, int] = plan["budget"]
    assert budget["read_calls"] == made
    _, made = counted(project, portal, "apply", "plan.json")
    assert budget["reread_calls"] + budget["write_calls"] == made
    return budget


@pytest.mark.parametrize(
    "files",
    [
        ["contacts.yaml"],
        ["cars.yaml"],
        ["deals.yaml"],
        ["contacts.yaml", "deals.yaml", "companies.yaml"],
        ["cars.yaml", "companies.yaml", "contacts.yaml", "deals.yaml"],
    ],
)
def test_plan_and_apply_make_the_calls_that_the_plan_tells(tmp_path: Path, files: list[str]) -> None:
    with world(tmp_path, {name: ALL[name] for name in files}) as (project, portal):
        budget = check_plan(project, portal)
        assert budget["write_calls"] > 0


def test_a_later_plan_with_archives_and_drift_tells_its_calls(tmp_path: Path) -> None:
    with world(tmp_path, ALL) as (project, portal):
        check_plan(project, portal)
        project.write("companies.yaml", COMPANIES.replace("  b: {name: B}\n", "  gone: {$absent: true}\n"))
        budget = check_plan(project, portal)
        assert budget["write_calls"] >= 1


def test_archives_of_records_that_are_associated_tell_their_calls(tmp_path: Path) -> None:
    with world(tmp_path, ALL) as (project, portal):
        check_plan(project, portal)
        lines = COMPANIES.splitlines(keepends=True)
        project.write("companies.yaml", "".join(line for line in lines if not line.startswith("  new:")))
        budget = check_plan(project, portal)
        assert budget["write_calls"] == 1
        assert budget["reread_calls"] > 2


def test_a_type_that_has_to_be_switched_on_tells_its_calls(tmp_path: Path) -> None:
    text = "object: listings\nkey: erp_no\nrecords:\n  L-1: {hs_name: House}\n"
    with world(tmp_path, {"listings.yaml": text}) as (project, portal):
        check_plan(project, portal)


class Killed(Exception):
    """Raised instead of killing the process."""


def test_calls_to_settle_a_killed_run_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise Killed

    with world(tmp_path, ALL) as (project, portal):
        with monkeypatch.context() as patch:
            patch.setattr("reconciler.apply.executor._Run._conclude", die)
            with pytest.raises(Killed):
                project.run("apply", "--auto-approve")
        assert project.run("unlock").code == 0
        budget = check_plan(project, portal)
        assert budget["write_calls"] > 0


def test_a_plan_that_only_adopts_tells_what_apply_reads(tmp_path: Path) -> None:
    text = "object: contacts\nkey: email\nrecords:\n  ada@acme.example: {firstname: Ada}\n"
    with world(tmp_path, {"contacts.yaml": text}) as (project, portal):
        budget = check_plan(project, portal)
        assert budget["write_calls"] == 0
        assert budget["reread_calls"] == 3


def test_many_adoptions_of_several_types_tell_their_calls(tmp_path: Path) -> None:
    adopted = [{"properties": {"erp_no": f"k{n:04}", "name": "A"}} for n in range(1_130)]
    contact = {"properties": {"email": "bob@acme.example", "firstname": "Bob"}}
    seed = SEED | {"records": {"companies": adopted, "contacts": [contact]}}
    rows = "".join(f"  k{n:04}: {{name: A}}\n" for n in range(1_130))
    files = {
        "companies.yaml": f"object: companies\nkey: erp_no\nrecords:\n{rows}",
        "contacts.yaml": "object: contacts\nkey: email\nrecords:\n  bob@acme.example: {firstname: Bob}\n",
    }
    with served(tmp_path, files, seed) as (project, portal):
        budget = check_plan(project, portal)
        assert budget["write_calls"] == 0
        assert budget["reread_calls"] == 3 + 12 + 1


def test_a_plan_that_does_nothing_needs_no_calls_of_apply(tmp_path: Path) -> None:
    with world(tmp_path, {"contacts.yaml": CONTACTS}) as (project, portal):
        check_plan(project, portal)
        plan, made = counted(project, portal, "plan", "--out", "plan.json")
        assert plan["budget"]["reread_calls"] + plan["budget"]["write_calls"] == 0
        assert counted(project, portal, "apply", "--auto-approve")[1] == made


def reported(text: str) -> int:
    """Return the sum of all calls in the text form of a plan."""
    words = " ".join(text.split()).partition("Calls: ")[2].partition(" (")[0]
    return sum(int(word) for word in words.replace(",", " ").split() if word.isdigit())


@pytest.mark.parametrize("more", [(), ("--on-stale", "overwrite")])
def test_an_apply_without_a_saved_plan_makes_the_calls_that_it_tells(
    tmp_path: Path, more: tuple[str, ...]
) -> None:
    with world(tmp_path, ALL) as (project, portal):
        before = len(portal.requests)
        done = project.run("apply", "--auto-approve", *more)
        made = len(portal.requests) - before
        assert done.code == 0
        assert reported(done.out) == made


def test_an_apply_that_verifies_tells_as_many_calls_more_as_planning_took(tmp_path: Path) -> None:
    with world(tmp_path, ALL) as (project, portal):
        _, planning = counted(project, portal, "plan")
        before = len(portal.requests)
        done = project.run("apply", "--auto-approve", "--verify")
        made = len(portal.requests) - before
        assert done.code == 0
        plain = made - reported(done.out)
        assert 0 <= plain <= 2  # only created records are read once more
        assert reported(done.out) > 2 * planning


def test_a_rollback_tells_its_calls(tmp_path: Path) -> None:
    with world(tmp_path, ALL) as (project, portal):
        check_plan(project, portal)
        plan, made = counted(
            project, portal, "rollback", "last", "--out", "back.json", "--allow", "archive=9"
        )
        budget = plan["budget"]
        assert budget["read_calls"] == made
        _, made = counted(project, portal, "apply", "back.json")
        assert budget["reread_calls"] + budget["write_calls"] == made


def test_drift_tells_its_calls(tmp_path: Path) -> None:
    with world(tmp_path, ALL) as (project, portal):
        check_plan(project, portal)
        found, made = counted(project, portal, "drift")
        assert found["read_calls"] == made
