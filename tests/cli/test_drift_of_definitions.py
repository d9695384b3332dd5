"""Changes of definitions by people are shown as drift: every value that state knows, and nothing else."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from reconciler.model.addresses import DefinitionAddress, Section, parse_definition_address
from reconciler.model.definition_attributes import ATTRIBUTES, OPTION_ATTRIBUTES, OPTIONS, STAGE_NAMES
from reconciler.reconcile import owned_definitions
from tests.support.projects import Project

SETTINGS = "version: 1\nproject: defined\nenvironments:\n  local: {portal: emulator, seed: portal.json}\n"
MANIFEST = """\
object: companies
groups:
  erp: {label: ERP, displayOrder: 7}
  crm: {label: CRM}
properties:
  tier:
    label: Tier
    type: enumeration
    fieldType: select
    groupName: erp
    description: how good
    hidden: false
    formField: false
    displayOrder: 3
    options:
      gold: Gold
      silver: {label: Silver, description: from 2024 on, hidden: false}
      basic: Basic
  size:
    label: Size
    type: enumeration
    fieldType: select
    groupName: erp
    options_include:
      s: Small
      m: Medium
  revenue:
    label: Revenue
    type: number
    fieldType: number
    groupName: erp
    numberDisplayHint: formatted
    showCurrencySymbol: false
    currencyPropertyName: null
  note: {label: Note, type: string, fieldType: text, groupName: erp, textDisplayHint: multi_line}
  margin:
    label: Margin
    type: number
    fieldType: calculation_equation
    groupName: erp
    calculationFormula: revenue - 1
---
object: deals
pipelines:
  Renewals:
    displayOrder: 5
    stages:
      Open: {probability: 0.2}
      Signed: {probability: 1.0}
      Lost: {probability: 0}
---
object: tickets
pipelines:
  Repairs:
    stages:
      New: {ticketState: OPEN}
      Done: {ticketState: CLOSED}
---
object: machines
schema:
  labels: {singular: Machine, plural: Machines}
  description: what we sell
  primaryDisplayProperty: serial_number
  secondaryDisplayProperties: [colour]
  requiredProperties: [serial_number]
  searchableProperties: [serial_number]
  associatedObjects: [companies]
  allowsSensitiveProperties: false
groups:
  machinery: {label: Machinery}
properties:
  serial_number: {label: Serial number, type: string, fieldType: text, groupName: machinery}
  colour: {label: Colour, type: string, fieldType: text, groupName: machinery}
pipelines:
  Service:
    stages:
      Waiting: {state: OPEN}
      Fixed: {state: CLOSED}
---
object: contacts
association_labels:
  companies:
    billing: {label: Billing contact, inverseLabel: Bills to}
"""
TIER = "/crm/v3/properties/companies/tier"
GOLD, SILVER, BASIC = (
    {"value": "gold", "label": "Gold", "displayOrder": 0},
    {"value": "silver", "label": "Silver", "description": "from 2024 on", "displayOrder": 1},
    {"value": "basic", "label": "Basic", "displayOrder": 2},
)
REVENUE, NOTE = "/crm/v3/properties/companies/revenue", "/crm/v3/properties/companies/note"
RENEWALS, REPAIRS, SERVICE = "{deals/Renewals}", "{tickets/Repairs}", "{machines/Service}"
SCHEMA = "/crm/v3/schemas/{machines}"


class Edit(NamedTuple):
    """A change by another client, and the drift that must be shown for it."""

    address: str
    live: str | None
    path: str
    body: Mapping[str, Any]
    method: str = "PATCH"
    also: tuple[str, ...] = ()  # other values that the same call changes


def options(*new: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"options": [{**each, "displayOrder": place} for place, each in enumerate(new)]}


EDITS = [
    Edit("companies:groups/erp#label", "SAP", "/crm/v3/properties/companies/groups/erp", {"label": "SAP"}),
    Edit(
        "companies:groups/erp#displayOrder",
        "4",
        "/crm/v3/properties/companies/groups/erp",
        {"displayOrder": 4},
    ),
    Edit("companies:properties/tier#label", "Level", TIER, {"label": "Level"}),
    Edit("companies:properties/tier#fieldType", "radio", TIER, {"fieldType": "radio"}),
    Edit("companies:properties/tier#groupName", "crm", TIER, {"groupName": "crm"}),
    Edit("companies:properties/tier#description", "old", TIER, {"description": "old"}),
    Edit("companies:properties/tier#hidden", "true", TIER, {"hidden": True}),
    Edit("companies:properties/tier#formField", "true", TIER, {"formField": True}),
    Edit("companies:properties/tier#displayOrder", "9", TIER, {"displayOrder": 9}),
    Edit(
        "companies:properties/tier#options",
        '["gold","silver","basic","new"]',
        TIER,
        options(GOLD, SILVER, BASIC, {"value": "new", "label": "New"}),
    ),
    Edit("companies:properties/tier#options", '["gold","silver"]', TIER, options(GOLD, SILVER)),
    Edit(
        "companies:properties/tier#options", '["silver","gold","basic"]', TIER, options(SILVER, GOLD, BASIC)
    ),
    Edit(
        "companies:properties/tier#options/gold/label",
        "Best",
        TIER,
        options({**GOLD, "label": "Best"}, SILVER, BASIC),
    ),
    Edit(
        "companies:properties/tier#options/silver/description",
        None,
        TIER,
        options(GOLD, {**SILVER, "description": ""}, BASIC),
    ),
    Edit(
        "companies:properties/tier#options/silver/hidden",
        "true",
        TIER,
        options(GOLD, {**SILVER, "hidden": True}, BASIC),
    ),
    Edit(
        "companies:properties/size#options/m/label",
        None,
        "/crm/v3/properties/companies/size",
        options({"value": "s", "label": "Small"}),
    ),
    Edit(
        "companies:properties/note#type",
        "phone_number",
        NOTE,
        {"type": "phone_number", "fieldType": "phonenumber"},
        also=("companies:properties/note#fieldType",),
    ),
    Edit(
        "companies:properties/revenue#numberDisplayHint",
        "percentage",
        REVENUE,
        {"numberDisplayHint": "percentage"},
    ),
    Edit("companies:properties/note#textDisplayHint", "email", NOTE, {"textDisplayHint": "email"}),
    Edit("companies:properties/revenue#showCurrencySymbol", "true", REVENUE, {"showCurrencySymbol": True}),
    Edit(
        "companies:properties/revenue#currencyPropertyName",
        "note",
        REVENUE,
        {"showCurrencySymbol": True, "currencyPropertyName": "note"},
        also=("companies:properties/revenue#showCurrencySymbol",),
    ),
    Edit(
        "companies:properties/margin#calculationFormula",
        "revenue - 2",
        "/crm/v3/properties/companies/margin",
        {"calculationFormula": "revenue - 2"},
    ),
    Edit("deals:pipelines/Renewals#label", "Again", RENEWALS, {"label": "Again"}),
    Edit("deals:pipelines/Renewals#displayOrder", "8", RENEWALS, {"displayOrder": 8}),
    Edit(
        "deals:pipelines/Renewals#stages",
        '["Open","Lost","Signed"]',
        f"{RENEWALS}/stages/{{deals/Renewals/Signed}}",
        {"displayOrder": 7},
    ),
    Edit(
        "deals:pipelines/Renewals/stages/Signed#label",
        "Won",
        f"{RENEWALS}/stages/{{deals/Renewals/Signed}}",
        {"label": "Won"},
    ),
    Edit(
        "deals:pipelines/Renewals/stages/Open#probability",
        "0.3",
        f"{RENEWALS}/stages/{{deals/Renewals/Open}}",
        {"metadata": {"probability": "0.3"}},
    ),
    Edit(
        "tickets:pipelines/Repairs/stages/New#ticketState",
        "CLOSED",
        f"{REPAIRS}/stages/{{tickets/Repairs/New}}",
        {"metadata": {"ticketState": "CLOSED"}},
    ),
    Edit(
        "machines:pipelines/Service/stages/Waiting#state",
        "CLOSED",
        f"{SERVICE}/stages/{{machines/Service/Waiting}}",
        {"metadata": {"state": "CLOSED"}},
    ),
    Edit("machines:schema#labels/singular", "Device", SCHEMA, {"labels": {"singular": "Device"}}),
    Edit("machines:schema#labels/plural", "Devices", SCHEMA, {"labels": {"plural": "Devices"}}),
    Edit("machines:schema#description", "what we own", SCHEMA, {"description": "what we own"}),
    Edit(
        "machines:schema#primaryDisplayProperty",
        "colour",
        SCHEMA,
        {"primaryDisplayProperty": "colour", "secondaryDisplayProperties": []},
        also=("machines:schema#secondaryDisplayProperties",),
    ),
    Edit("machines:schema#secondaryDisplayProperties", "[]", SCHEMA, {"secondaryDisplayProperties": []}),
    Edit(
        "machines:schema#requiredProperties",
        '["colour","serial_number"]',
        SCHEMA,
        {"requiredProperties": ["serial_number", "colour"]},
    ),
    Edit("machines:schema#searchableProperties", '["colour"]', SCHEMA, {"searchableProperties": ["colour"]}),
    Edit("machines:schema#allowsSensitiveProperties", "true", SCHEMA, {"allowsSensitiveProperties": True}),
    Edit(
        "machines:schema#associatedObjects",
        '["companies","contacts"]',
        f"{SCHEMA}/associations",
        {"fromObjectTypeId": "{machines}", "toObjectTypeId": "0-1", "name": "machine_to_contact"},
        "POST",
    ),
    Edit(
        "contacts:association_labels/companies/billing#label",
        "Payer",
        "/crm/v4/associations/contacts/companies/labels",
        {"associationTypeId": "{billing}", "label": "Payer", "inverseLabel": "Bills to"},
        "PUT",
    ),
    Edit(
        "contacts:association_labels/companies/billing#inverseLabel",
        "Pays for",
        "/crm/v4/associations/contacts/companies/labels",
        {"associationTypeId": "{billing}", "label": "Billing contact", "inverseLabel": "Pays for"},
        "PUT",
    ),
]

CANNOT_CHANGE = {
    "hasUniqueValue",
    "dataSensitivity",
    "externalOptions",
    "referencedObjectType",
    "name",
}
"""Values that no call can change: HubSpot ignores or refuses them."""


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("applied"))
    project.write("portal.json", '{"search_lag_ms": 0}')
    project.write("reconciler.yaml", SETTINGS)
    project.write("all.yaml", MANIFEST)
    done = project.run("apply", "--auto-approve")
    assert done.code == 0, done.out + done.err
    return project


@pytest.fixture
def long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owned_definitions, "SETTLING", timedelta(0))


@pytest.fixture
def project(applied: Project, tmp_path: Path) -> Project:
    """Return a copy of the project, which was applied long ago."""
    shutil.copytree(applied.folder, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path)


def ids(http: httpx.Client) -> dict[str, str]:
    """Return HubSpot's ids and paths, by the names in the table."""
    found: dict[str, str] = {}
    schemas = http.get("/crm/v3/schemas").json()["results"]
    found["machines"] = next(each["objectTypeId"] for each in schemas if each["name"] == "machines")
    for name, path in (("deals", "deals"), ("tickets", "tickets"), ("machines", found["machines"])):
        for pipeline in http.get(f"/crm/v3/pipelines/{path}").json()["results"]:
            found[f"{name}/{pipeline['label']}"] = f"/crm/v3/pipelines/{path}/{pipeline['id']}"
            found |= {
                f"{name}/{pipeline['label']}/{each['label']}": each["id"] for each in pipeline["stages"]
            }
    labels = http.get("/crm/v4/associations/contacts/companies/labels").json()["results"]
    found["billing"] = next(each["typeId"] for each in labels if each["label"] == "Billing contact")
    return found


def change(http: httpx.Client, known: Mapping[str, str], edit: Edit) -> None:
    def filled(value: Any) -> Any:
        return known.get(value[1:-1], value) if isinstance(value, str) and value[:1] == "{" else value

    body = {name: filled(value) for name, value in edit.body.items()}
    path = re.sub(r"\{(.+?)\}", lambda found: str(known[found[1]]), edit.path)
    http.request(edit.method, path, json=body).raise_for_status()


def drifted(project: Project, *flags: str) -> dict[str, str | None]:
    """Return the drift that is shown: live values by address."""
    done = project.run("drift", "--json", *flags)
    found = json.loads(done.out)
    assert not found["lost"]
    assert done.code == (2 if found["values"] else 0)
    return {value["address"]: value["live"] for value in found["values"]}


def rounds() -> Iterator[tuple[Edit, ...]]:
    """Yield groups of edits; the edits of one group are about different definitions."""
    left = EDITS
    while left:
        first = {edit.address.partition("#")[0].partition("/stages/")[0]: edit for edit in reversed(left)}
        yield tuple(first.values())
        left = [edit for edit in left if edit not in first.values()]


@pytest.mark.parametrize("edits", list(rounds()), ids=lambda edits: edits[0].address)
@pytest.mark.usefixtures("long_ago")
def test_every_change_by_a_person_is_drift_and_nothing_else(
    project: Project, edits: tuple[Edit, ...]
) -> None:
    with project.portal() as http:
        known = ids(http)
        for edit in edits:
            change(http, known, edit)
    found = drifted(project)
    assert {edit.address: found.get(edit.address, "no drift") for edit in edits} == {
        edit.address: edit.live for edit in edits
    }
    assert found.keys() == {address for edit in edits for address in (edit.address, *edit.also)}


def test_the_table_has_every_value_that_somebody_can_change() -> None:
    shown = {each.address for each in EDITS}
    told = {
        (address.section, path.rpartition("/")[2] if path.startswith("options/") else path)
        for address, path in map(parsed, shown)
    }
    options = {(Section.PROPERTIES, name) for name in OPTION_ATTRIBUTES}
    everything = {
        (section, path)
        for section, members in ATTRIBUTES.items()
        for path in members
        if section is not Section.OPTIONS and path not in CANNOT_CHANGE
    }
    lists = {(Section.PROPERTIES, OPTIONS), (Section.PIPELINES, STAGE_NAMES)}
    order = {(Section.STAGES, "displayOrder")}  # the order in the file determines it
    assert told == everything - order | options | lists


def parsed(text: str) -> tuple[DefinitionAddress, str]:
    address, path = parse_definition_address(text)
    assert path is not None
    return address, path


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/crm/v3/properties/companies/groups/crm", {"displayOrder": 3}),
        ("/crm/v3/properties/companies/note", {"description": "mine", "hidden": True}),
        (
            "/crm/v3/properties/companies/size",
            options(
                {"value": "l", "label": "L"},
                {"value": "m", "label": "Medium"},
                {"value": "s", "label": "Small", "hidden": True},
            ),
        ),
    ],
)
@pytest.mark.usefixtures("long_ago")
def test_what_no_manifest_manages_is_no_drift(project: Project, path: str, body: Mapping[str, Any]) -> None:
    with project.portal() as http:
        http.patch(path, json=body).raise_for_status()
    assert not drifted(project)


def test_what_was_there_before_our_own_write_is_settling_and_a_third_value_is_drift(project: Project) -> None:
    project.replace("all.yaml", "label: Note,", "label: Remark,")
    assert project.run("apply", "--auto-approve").code == 0
    with project.portal() as http:
        http.patch(NOTE, json={"label": "Note"}).raise_for_status()
        assert not drifted(project)
        http.patch(NOTE, json={"label": "Memo"}).raise_for_status()
    assert drifted(project) == {"companies:properties/note#label": "Memo"}


@pytest.mark.usefixtures("long_ago")
def test_definitions_that_are_gone_are_lost(project: Project) -> None:
    with project.portal() as http:
        known = ids(http)
        for path in (
            NOTE,
            known["deals/Renewals"],
            f"{known['tickets/Repairs']}/stages/{known['tickets/Repairs/New']}",
            f"/crm/v4/associations/contacts/companies/labels/{known['billing']}",
            f"/crm/v3/schemas/{known['machines']}",
        ):
            http.delete(path).raise_for_status()
    shown = project.run("drift").out
    assert "companies: 1 definition lost\n  lost: HubSpot no longer has these owned definitions" in shown
    done = project.run("drift", "--json")
    assert done.code == 2, done.err
    found = json.loads(done.out)
    lost = {each["address"]: each["reason"] for each in found["lost"]}
    assert [each["address"] for each in found["values"]] == []
    assert lost == {
        "companies:properties/note": "archived",
        "contacts:association_labels/companies/billing": "erased",
        "deals:pipelines/Renewals": "erased",
        "deals:pipelines/Renewals/stages/Lost": "erased",
        "deals:pipelines/Renewals/stages/Open": "erased",
        "deals:pipelines/Renewals/stages/Signed": "erased",
        "machines:groups/machinery": "erased",
        "machines:pipelines/Service": "erased",
        "machines:pipelines/Service/stages/Fixed": "erased",
        "machines:pipelines/Service/stages/Waiting": "erased",
        "machines:properties/colour": "erased",
        "machines:properties/serial_number": "erased",
        "machines:schema": "erased",
        "tickets:pipelines/Repairs/stages/New": "erased",
    }


def test_explain_tells_the_lines_the_state_the_portal_and_the_next_action(project: Project) -> None:
    with project.portal() as http:
        http.patch(TIER, json=options({**GOLD, "label": "Best"}, SILVER, BASIC)).raise_for_status()
    done = project.run("explain", "companies:properties/tier#options/gold")
    assert done.code == 0, done.err
    assert "options/gold/label" in done.out
    text = " ".join(done.out.split())
    assert "HubSpot properties/tier in portal 1000000 (local)" in text
    assert "state owned: reconciler created it" in text
    assert "manifest Gold all.yaml:16" in text
    assert "live Best" in text
    assert "writes Gold; drift: people changed HubSpot; the value of the manifest is written back" in text
    whole = json.loads(project.run("explain", "companies:properties/tier", "--json").out)
    assert whole["next"]["action"] == "update_definition"
    assert whole["properties"]["label"]["next"] == {
        "action": "nothing",
        "after": None,
        "note": "",
        "reason": "in step",
        "steps": [],
    }
    assert whole["properties"]["description"]["statements"][0]["value"] == "how good"


@pytest.mark.parametrize(
    "address",
    [
        "companies:groups/erp",
        "deals:pipelines/Renewals#stages",
        "deals:pipelines/Renewals/stages/Open#probability",
        "machines:schema#labels",
        "contacts:association_labels/companies/billing",
    ],
)
def test_explain_takes_every_sort_of_definition(project: Project, address: str) -> None:
    done = project.run("explain", address)
    assert done.code == 0, done.err
    assert done.out.startswith(address.partition("#")[0])
    assert "nothing" in done.out


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("companies:properties/tear", "did you mean companies:properties/tier or"),
        ("companies:properties/tier#lable", "did you mean"),
        ("companies:nothing/x", "is not an address of a definition"),
    ],
)
def test_explain_of_what_is_not_there_says_what_is(project: Project, address: str, message: str) -> None:
    done = project.run("explain", address)
    assert done.code == 1
    assert message in done.err


def test_explain_of_what_no_manifest_names_any_more(project: Project) -> None:
    project.replace("all.yaml", "  crm: {label: CRM}\n", "")
    done = project.run("explain", "companies:groups/crm#label")
    assert done.code == 0, done.err
    text = " ".join(done.out.split())
    assert "named nowhere in the manifests of this environment" in text
    assert "last applied CRM" in text


@pytest.mark.usefixtures("long_ago")
@pytest.mark.parametrize("edits", list(rounds()), ids=lambda edits: edits[0].address)
def test_what_is_accepted_is_what_the_next_plan_leaves_alone(
    project: Project, edits: tuple[Edit, ...]
) -> None:
    with project.portal() as http:
        known = ids(http)
        for edit in edits:
            change(http, known, edit)
    addresses = [address for edit in edits for address in (edit.address, *edit.also)]
    done = project.run("drift", "--json", "--accept", *addresses)
    found = json.loads(done.out)
    assert found["problems"] == []
    assert done.code == 0
    planned = project.run("plan")
    assert planned.code == 0, planned.err
    assert "0 to create, 0 to update, 0 to archive." in " ".join(planned.out.split())


@pytest.mark.usefixtures("long_ago")
def test_a_stage_that_people_removed_leaves_the_manifest(project: Project) -> None:
    with project.portal() as http:
        known = ids(http)
        http.delete(f"{known['deals/Renewals']}/stages/{known['deals/Renewals/Lost']}").raise_for_status()
    done = project.run("drift", "--accept", "deals:pipelines/Renewals/stages/Lost")
    assert done.code == 0, done.err
    assert "- label  Lost → (taken out)" in done.out
    assert "      Lost: {probability: 0}\n" not in (project.folder / "all.yaml").read_text()
    assert "0 to create, 0 to update, 0 to archive." in " ".join(project.run("plan").out.split())
