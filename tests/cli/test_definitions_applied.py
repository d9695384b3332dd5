"""One apply creates definitions and the records that use them; the next plan is empty."""

import json
from pathlib import Path

import pytest

from tests.support.projects import PORTAL, Done, Project

SETTINGS = f"""\
version: 1
project: machines
manifests: [.]
default: local
environments:
  local: {{portal: emulator, portal_id: {PORTAL}, seed: portal.json}}
"""
SEED = {"version": 1, "search_lag_ms": 0, "limits": {"tenSecondly": 5000}}
COMPANIES = """\
object: companies
groups:
  erp: {label: ERP}
properties:
  external_id: {label: ERP number, type: string, fieldType: text, groupName: erp, hasUniqueValue: true}
  revenue: {label: Revenue, type: number, fieldType: number, groupName: erp}
  margin:
    label: Margin
    type: number
    fieldType: calculation_equation
    groupName: erp
    calculationFormula: revenue * 2
  tier:
    label: Tier
    type: enumeration
    fieldType: select
    groupName: erp
    options: {gold: Gold, basic: {label: Basic, description: the rest}}
key: external_id
records:
  C-1: {name: Inntal, tier: gold}
  C-2: {name: Alpina, tier: basic}
"""
DEALS = """\
object: deals
properties:
  deal_no: {label: Number, type: string, fieldType: text, groupName: dealinformation, hasUniqueValue: true}
pipelines:
  Renewals:
    stages:
      Open: {probability: 0.2}
      Signed: {probability: 1.0}
      Lost: {probability: 0.0}
key: deal_no
records:
  D-1: {dealname: Service, pipeline: Renewals, dealstage: Open}
"""
MACHINES = """\
object: machines
schema:
  labels: {singular: Machine, plural: Machines}
  primaryDisplayProperty: serial
  requiredProperties: [serial]
  associatedObjects: [companies]
properties:
  serial:
    label: Serial
    type: string
    fieldType: text
    groupName: machines_information
    hasUniqueValue: true
key: serial
records:
  M-1: {$associations: {companies: [C-1]}}
"""
CONTACTS = """\
object: contacts
association_labels:
  companies:
    billing: {label: Billing contact, inverseLabel: Bills to}
key: email
records:
  ada@inntal.example:
    firstname: Ada
    $associations: {companies: [{to: C-1, label: Billing contact}]}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return written_project(tmp_path)


def written_project(folder: Path) -> Project:
    """Write a project that defines everything itself, with a few records of four types."""
    project = Project(folder)
    project.write("reconciler.yaml", SETTINGS)
    project.write("portal.json", json.dumps(SEED))
    for name, text in {
        "companies": COMPANIES,
        "deals": DEALS,
        "machines": MACHINES,
        "contacts": CONTACTS,
    }.items():
        project.write(f"{name}.yaml", text)
    return project


def apply(project: Project, *more: str) -> Done:
    done = project.run("apply", "--auto-approve", *more)
    assert done.code == 0, done.out + done.err
    return done


def plan_is_empty(project: Project) -> None:
    planned = project.run("plan")
    assert planned.code == 0, planned.out
    assert planned.out.startswith("No changes."), planned.out


def test_an_empty_portal_gets_definitions_and_records_by_one_apply(project: Project) -> None:
    apply(project)

    plan_is_empty(project)
    with project.portal() as http:
        linked = http.get("/crm/v4/associations/contacts/companies/labels").json()["results"]
        machines = http.get("/crm/v3/objects/p1000000_machines").json()["results"]
    assert "Billing contact" in {each["label"] for each in linked}
    assert len(machines) == 1
    owned = project.run("state", "list").out
    assert "companies:properties/tier  properties/tier  created" in owned
    shown = project.run("state", "show", "companies:properties/margin").out
    assert 'calculationFormula: "revenue * 2"' in shown


def renamed(project: Project) -> None:
    """Rename an option and a pipeline, and replace a stage; records must move, two of which we own."""
    project.replace(
        "companies.yaml",
        "basic: {label: Basic, description: the rest}",
        "plain: {label: Plain, $renamed_from: basic}",
    )
    project.replace("companies.yaml", "tier: basic", "tier: plain")
    project.replace("deals.yaml", "  Renewals:\n", "  Extensions:\n    $renamed_from: Renewals\n")
    project.replace("deals.yaml", "pipeline: Renewals", "pipeline: Extensions")
    project.replace(
        "deals.yaml", "Signed: {probability: 1.0}", "Won: {probability: 1.0, $renamed_from: Signed}"
    )
    project.replace(
        "deals.yaml",
        "Open: {probability: 0.2}",
        "Open: {$absent: true, $moves_to: Offer}\n      Offer: {probability: 0.3}",
    )
    project.replace("deals.yaml", "dealstage: Open", "dealstage: Offer")


def test_options_stages_and_pipelines_are_renamed_and_records_move(project: Project) -> None:
    apply(project)
    renamed(project)

    apply(project, "--allow", "migrate=10")

    with project.portal() as http:
        tier = http.get("/crm/v3/properties/companies/tier").json()
        pipelines = http.get("/crm/v3/pipelines/deals").json()["results"]
    assert {each["value"] for each in tier["options"]} == {"gold", "plain"}
    (extensions,) = [each for each in pipelines if each["label"] == "Extensions"]
    assert {each["label"] for each in extensions["stages"]} == {"Offer", "Won", "Lost"}
    plan_is_empty(project)


def test_what_needs_a_definition_that_was_not_made_is_not_attempted(project: Project) -> None:
    assert project.run("plan", "--out", "plan.json").code == 0
    with project.portal() as http:
        body = {"name": "erp", "label": "Not ours"}
        assert http.post("/crm/v3/properties/companies/groups", json=body).is_success

    done = project.run("apply", "plan.json", "--json")

    changes = json.loads(done.out)["changes"]
    rows = {each["address"]: each for each in changes}
    assert done.code != 0
    assert rows["companies:groups/erp"]["outcome"] == "stale"
    for address, needed in {
        "companies:properties/tier": "companies:groups/erp",
        "companies/C-1": "companies:properties/external_id",
        "machines/M-1": "companies:properties/external_id",
    }.items():
        said = [each["detail"].get("message") for each in changes if each["address"] == address]
        assert f"not attempted: {needed} was not created by this run" in said
    assert rows["deals/D-1"]["outcome"] == "applied"


@pytest.mark.parametrize(
    ("path", "body", "shown"),
    [
        ("/crm/v3/properties/companies/tier", {"label": "Class"}, "companies:properties/tier"),
        ("/crm/v3/properties/companies/groups/erp", {"label": "X"}, "companies:groups/erp"),
        (
            "/crm-object-schemas/v3/schemas/p1000000_machines",
            {"labels": {"singular": "M"}},
            "machines:schema",
        ),
    ],
)
def test_what_a_person_changes_in_a_definition_is_drift_and_is_put_back(
    project: Project, path: str, body: dict[str, object], shown: str
) -> None:
    apply(project)
    with project.portal() as http:
        assert http.patch(path, json=body).is_success

    planned = json.loads(project.run("plan", "--json").out)["changes"]
    assert [(each["why"]["address"], each["why"]["reason"]) for each in planned] == [(shown, "drift")]
    apply(project)
    plan_is_empty(project)


def test_a_saved_plan_does_what_is_left_where_its_definitions_are_there_already(project: Project) -> None:
    assert project.run("plan", "--out", "plan.json").code == 0
    for name in ("companies", "deals", "machines", "contacts"):
        text = (project.folder / f"{name}.yaml").read_text()
        project.write(f"{name}.yaml", text.partition("key:")[0])
    apply(project)  # as if the run had ended after the definitions

    again = project.run("apply", "plan.json", "--auto-approve")

    assert again.code == 3
    assert "it exists in HubSpot now" in again.out
    assert " 0 rejected " in again.out
    assert " 0 skipped " in again.out
    for name, text in {
        "companies": COMPANIES,
        "deals": DEALS,
        "machines": MACHINES,
        "contacts": CONTACTS,
    }.items():
        project.write(f"{name}.yaml", text)
    plan_is_empty(project)


def test_a_definition_that_is_there_and_otherwise_keeps_its_records_waiting(project: Project) -> None:
    for name in ("deals", "machines", "contacts"):
        (project.folder / f"{name}.yaml").unlink()
    assert project.run("plan", "--out", "plan.json").code == 0
    project.write("companies.yaml", COMPANIES.replace("gold: Gold, ", "").partition("key:")[0])
    apply(project)

    again = project.run("apply", "plan.json", "--auto-approve")

    assert again.code == 3
    assert "not attempted: companies:properties/tier was not created by this run" in " ".join(
        again.out.split()
    )
    assert "5 stale + 2 skipped" in again.out


def test_a_definition_that_was_removed_from_state_since_the_plan_is_not_removed(project: Project) -> None:
    for name in ("deals", "machines", "contacts"):
        (project.folder / f"{name}.yaml").unlink()
    apply(project)
    margin = COMPANIES[COMPANIES.index("  margin:") : COMPANIES.index("  tier:")]
    project.write("companies.yaml", COMPANIES.replace(margin, "  margin: {$absent: true}\n"))
    saved = project.run("plan", "--out", "plan.json", "--allow", "absent=1", "--allow", "lose=9")
    assert saved.code == 0, saved.out
    assert project.run("state", "rm", "companies:properties/margin").code == 0

    again = project.run("apply", "plan.json", "--auto-approve")

    assert again.code == 3
    assert "another run wrote this definition's entry in state" in " ".join(again.out.split())
    with project.portal() as http:
        assert http.get("/crm/v3/properties/companies/margin").is_success
