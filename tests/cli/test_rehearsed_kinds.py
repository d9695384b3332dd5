"""All kinds of plans are rehearsed: removed definitions, new custom object types, and rollbacks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.apply.definitions import holders
from reconciler.cli.exits import ExitCode
from tests.cli.test_rehearse import outcomes, writes
from tests.support.projects import Project, Recorder
from tests.support.rehearsals import People
from tests.support.served import served

MORE = "guards: {update: 100%, clear: 100%, archive: 100%, lose: 99, migrate: 99}\n"
TEXT = "type: string, fieldType: text, groupName: companyinformation"
COMPANIES = f"""\
object: companies
groups:
  erp: {{label: ERP}}
properties:
  number: {{label: Number, {TEXT}, hasUniqueValue: true}}
  old: {{label: Old, {TEXT}}}
  new: {{label: New, {TEXT}}}
  lost: {{label: Lost, {TEXT}}}
  tier:
    label: Tier
    type: enumeration
    fieldType: select
    groupName: companyinformation
    options: {{gold: Gold, silver: Silver, bronze: Bronze}}
key: number
records:
  C-1: {{name: One, old: of one, tier: gold, lost: mine}}
  C-2: {{name: Two, old: of two, new: newer, tier: bronze}}
"""
CONTACTS = """\
object: contacts
association_labels:
  companies: {payer: {label: Pays, inverseLabel: Is paid by}}
key: email
records:
  ada@acme.example: {firstname: Ada, $associations: {companies: [{to: C-1, label: Pays}]}}
"""
DEALS = """\
object: deals
properties:
  no: {label: No, type: string, fieldType: text, groupName: dealinformation, hasUniqueValue: true}
pipelines:
  Renewals:
    stages: {Open: {probability: 0.1}, Talks: {probability: 0.2}, Won: {probability: 1.0}}
key: no
records:
  D-1: {dealname: D, pipeline: Renewals, dealstage: Talks}
"""
COMPANIES_LATER = (
    COMPANIES.replace("  erp: {label: ERP}", "  erp: {$absent: true}")
    .replace(f"  old: {{label: Old, {TEXT}}}", "  old: {$absent: true, $moves_to: new}")
    .replace(f"  lost: {{label: Lost, {TEXT}}}", "  lost: {$absent: true}")
    .replace("bronze: Bronze", "bronze: {$absent: true, $moves_to: silver}")
    .replace("old: of one, ", "")
    .replace("old: of two, ", "")
    .replace(", lost: mine", "")
    .replace("tier: bronze", "tier: silver")
)
LABEL = "payer: {label: Pays, inverseLabel: Is paid by}"
CONTACTS_LATER = CONTACTS.replace(LABEL, "payer: {$absent: true}").replace("{to: C-1, label: Pays}", "C-1")
STAGE = "Talks: {probability: 0.2}"
DEALS_LATER = DEALS.replace(STAGE, "Talks: {$absent: true, $moves_to: Open}").replace(": Talks", ": Open")
CAR = """\
object: car
schema:
  labels: {singular: Car, plural: Cars}
  primaryDisplayProperty: vin
  requiredProperties: [vin]
  associatedObjects: [contacts]
properties:
  vin: {label: VIN, type: string, fieldType: text, groupName: car_information, hasUniqueValue: true}
  colour: {label: Colour, type: string, fieldType: text, groupName: car_information}
key: vin
records:
  V-1: {colour: red, $associations: {contacts: [ada@acme.example]}}
  V-2: {colour: blue}
"""


Portal = tuple[Project, Recorder]


@pytest.fixture
def portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    """Yield a project that was applied to a portal over HTTP."""
    monkeypatch.setattr(holders, "INDEX_S", 0.0)  # this portal's index has no delay
    manifests = {"companies.yaml": COMPANIES, "contacts.yaml": CONTACTS, "deals.yaml": DEALS}
    with served(tmp_path, manifests, {"search_lag_ms": 0}, more=MORE) as (project, recorder):
        apply(project)
        yield project, recorder


def apply(project: Project) -> None:
    done = project.run("apply", "--auto-approve")
    assert done.code == ExitCode.OK, done.out + done.err


def rehearsed_and_applied(portal: Portal, *command: str) -> Any:
    """Plan and rehearse; check that the rehearsal writes nothing, and that apply has the same outcomes."""
    project, recorder = portal
    planned = project.run(*command, "--out", "plan.json")
    assert planned.code == ExitCode.OK, planned.out + planned.err
    return ends_the_same(project, recorder)


def ends_the_same(project: Project, recorder: Recorder) -> Any:
    recorder.requests.clear()
    rehearsed = project.run("rehearse", "plan.json", "--json", "--values", "show")
    assert writes(recorder.requests) == []
    applied = project.run("apply", "plan.json", "--report", "report.json")
    assert rehearsed.code == applied.code, applied.out + applied.err
    found = json.loads(rehearsed.out)["rehearsal"]
    report = json.loads((project.folder / "report.json").read_text())
    real = [row for row in report["changes"] if row["outcome"] != "applied"]
    assert outcomes(found["changes"]) == outcomes(real)
    assert found["accounting"] == report["accounting"]
    return found


def write_removals(project: Project) -> None:
    project.write("companies.yaml", COMPANIES_LATER)
    project.write("contacts.yaml", CONTACTS_LATER)
    project.write("deals.yaml", DEALS_LATER)


def test_definitions_go_and_come_back(portal: Portal) -> None:
    write_removals(portal[0])

    gone = rehearsed_and_applied(portal, "plan")
    back = rehearsed_and_applied(portal, "rollback", "last")

    assert (gone["complete"], gone["left"], gone["not_planned_again"]) == (True, [], None)
    assert (back["complete"], back["not_planned_again"]) == (
        True,
        ("a rollback restores older values than the manifests have"),
    )


def test_definitions_that_somebody_uses_by_now_stay(portal: Portal) -> None:
    project, recorder = portal
    write_removals(project)
    assert project.run("plan", "--out", "plan.json").code == ExitCode.OK
    people = People(recorder)
    people.create("companies", name="X", tier="bronze", old="theirs", lost="theirs")
    pipelines = people.call("GET", "/crm/v3/pipelines/deals")["results"]
    renewals = next(each for each in pipelines if each["label"] == "Renewals")
    talks = next(each["id"] for each in renewals["stages"] if each["label"] == "Talks")
    people.create("deals", dealname="Y", pipeline=renewals["id"], dealstage=talks)
    mine = {"name": "mine", "label": "Mine", "groupName": "erp", "type": "string", "fieldType": "text"}
    people.call("POST", "/crm/v3/properties/companies", mine)

    found = ends_the_same(project, recorder)

    assert {(row["address"], row["outcome"]) for row in found["changes"]} == {
        ("companies:properties/tier#options/bronze", "stale"),
        ("deals:pipelines/Renewals/stages/Talks", "stale"),
        ("companies:properties/lost", "stale"),
        ("companies:properties/old", "stale"),
        ("companies:groups/erp", "rejected"),
    }
    assert all(row["source"]["line"] for row in found["changes"])
    (group,) = (row for row in found["changes"] if row["outcome"] == "rejected")
    assert group["detail"]["message"] == "Can't delete or purge a group with active properties"


def test_custom_object_types_come_change_and_go(portal: Portal) -> None:
    project, _ = portal
    project.write("car.yaml", CAR)
    made = rehearsed_and_applied(portal, "plan")
    project.write("car.yaml", CAR.replace("colour: red", "colour: green").replace("V-2", "V-3"))
    changed = rehearsed_and_applied(portal, "plan")
    back = rehearsed_and_applied(portal, "rollback", "last")

    assert [each["complete"] for each in (made, changed, back)] == [True, True, True]


def test_a_custom_object_type_that_somebody_made_by_now_is_told(portal: Portal) -> None:
    project, recorder = portal
    project.write("car.yaml", CAR)
    assert project.run("plan", "--out", "plan.json").code == ExitCode.OK
    vin = {"name": "vin", "label": "VIN", "type": "string", "fieldType": "text"}
    theirs = {"name": "car", "labels": {"singular": "Car", "plural": "Cars"}, "properties": [vin]}
    People(recorder).call("POST", "/crm/v3/schemas", theirs | {"primaryDisplayProperty": "vin"})

    found = ends_the_same(project, recorder)

    assert {row["source"]["file"] for row in found["changes"]} == {"car.yaml"}


def test_a_rollback_meets_what_people_did_since(portal: Portal) -> None:
    project, recorder = portal
    project.write("companies.yaml", COMPANIES.replace("name: One", "name: Uno") + "  C-3: {name: Three}\n")
    apply(project)
    assert project.run("rollback", "last", "--out", "plan.json").code == ExitCode.OK
    people = People(recorder)
    listed = people.call("GET", "/crm/v3/objects/companies?properties=number")["results"]
    ids = {each["properties"]["number"]: each["id"] for each in listed}
    people.update("companies", ids["C-1"], name="Theirs")
    people.archive("companies", ids["C-3"])

    found = ends_the_same(project, recorder)

    assert {row["address"] for row in found["changes"]} == {"companies/C-1", "companies/C-3"}
