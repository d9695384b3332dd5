"""Definitions and records in one plan, from the manifest to the portal and back."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.reconcile import owned_definitions
from tests.support.projects import Project

SETTINGS = """version: 1
project: defined
environments:
  local: {portal: emulator, portal_id: 1000000, seed: portal.json}
default: local
"""
COMPANIES = """object: companies
groups:
  erp: {label: ERP}
properties:
  external_id:
    {label: ERP number, type: string, fieldType: text, groupName: erp, hasUniqueValue: true}
  tier:
    label: Tier
    type: enumeration
    fieldType: select
    groupName: erp
    options:
      gold: Gold
      silver: {label: Silver, description: from 2024 on}
key: external_id
records:
  acme: {name: Acme, tier: gold}
  beta: {name: Beta, tier: silver}
"""
DEALS = """object: deals
pipelines:
  Renewals:
    stages:
      Open: {probability: 0.2}
      Won: {probability: 1.0}
"""
MACHINES = """object: machines
schema:
  labels: {singular: Machine, plural: Machines}
  primaryDisplayProperty: serial_number
  requiredProperties: [serial_number]
  associatedObjects: [companies]
properties:
  serial_number:
    {label: Serial, type: string, fieldType: text, groupName: machines_information, hasUniqueValue: true}
key: serial_number
records:
  m1: {$associations: {companies: [acme]}}
"""
CONTACTS = """object: contacts
association_labels:
  companies:
    billing: {label: Billing contact, inverseLabel: Bills to}
key: email
records:
  ada@example.com: {firstname: Ada, $associations: {companies: [{to: acme, label: Billing contact}]}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write("portal.json", '{"search_lag_ms": 0}')
    project.write("reconciler.yaml", SETTINGS)
    project.write("companies.yaml", COMPANIES)
    return project


def applied(project: Project, *flags: str) -> str:
    done = project.run("apply", "--auto-approve", *flags)
    assert done.code == 0, done.out + done.err
    return done.out


def test_a_new_property_without_a_group_joins_the_one_of_the_record_id(project: Project) -> None:
    """If people move it to another group later, this is no drift, because no manifest names the group."""
    amount = "type: number, fieldType: number"
    project.write(
        "companies.yaml",
        "object: companies\nproperties:\n"
        f"  revenue: {{label: Revenue, {amount}}}\n  cost: {{label: Cost, {amount}}}\n"
        "  margin: {label: Margin, type: number, fieldType: calculation_equation, "
        "calculationFormula: revenue - cost}\n",
    )
    bare = MACHINES.partition("key:")[0].replace("groupName: machines_information, ", "")
    project.write("machines.yaml", bare)
    assert applied(project).count("groupName") == 4
    assert project.run("plan", "--json").document["changes"] == []
    with project.portal() as http:
        group = {"groupName": "company_activity"}
        http.patch("/crm/v3/properties/companies/cost", json=group).raise_for_status()
    assert project.run("plan", "--json").document["changes"] == []
    assert project.run("drift").code == 0


def actions(project: Project, *flags: str) -> list[tuple[str, str]]:
    """Plan, and return each action with its address."""
    done = project.run("plan", "--json", *flags)
    return [(change["do"]["action"], change["why"]["address"]) for change in raw(done.out)["changes"]]


def raw(text: str) -> Any:
    return json.loads(text)


def problems(project: Project, *flags: str) -> list[str]:
    return [problem["message"] for problem in raw(project.run("plan", "--json", *flags).out)["problems"]]


def test_one_apply_makes_everything_and_the_second_plan_is_empty(project: Project) -> None:
    project.write("deals.yaml", DEALS)
    project.write("machines.yaml", MACHINES)
    project.write("contacts.yaml", CONTACTS)
    assert "0 rejected" in applied(project)
    done = project.run("plan")
    assert done.out.startswith("No changes.")


def test_records_are_judged_against_what_the_same_plan_makes(project: Project) -> None:
    project.replace("companies.yaml", "tier: silver", "tier: bronze")
    assert problems(project) == ['tier has no option "bronze"']
    project.replace("companies.yaml", "      gold: Gold\n", "      gold: Gold\n      bronze: Bronze\n")
    assert not problems(project)


def test_a_record_that_needs_what_a_selection_leaves_out_says_which_address_to_add(project: Project) -> None:
    applied(project)
    project.replace("companies.yaml", "tier: gold", "tier: gold, rank: 1")
    project.replace(
        "companies.yaml",
        "  tier:\n",
        "  rank: {label: Rank, type: number, fieldType: number, groupName: erp}\n  tier:\n",
    )
    assert actions(project) == [
        ("create", "companies:properties/rank"),
        ("update", "companies/acme"),
    ]
    found = raw(project.run("plan", "--json", "--target", "companies/acme").out)["problems"]
    assert [problem["message"] for problem in found] == ['companies has no property "rank"']
    assert "--target companies:properties/rank" in found[0]["advice"]
    both = ("--target", "companies/acme", "--target", "companies:properties/rank")
    assert len(actions(project, *both)) == 2
    assert actions(project, "--target", "companies:properties/rank") == [
        ("create", "companies:properties/rank")
    ]
    assert actions(project, "--exclude", "companies:*") == []


def test_a_key_that_the_plan_makes_finds_nobody_and_creates_nothing_beside_others(project: Project) -> None:
    assert project.run("plan").code == 0  # this creates the portal
    with project.portal() as http:
        http.post("/crm/v3/objects/companies", json={"properties": {"name": "Acme"}}).raise_for_status()
    done = project.run("plan")
    assert done.code == 4
    assert "2 records of companies would be created, because no record in the portal has a value" in " ".join(
        done.out.split()
    )
    assert "reconciler keys create companies PROPERTY --from SOURCE" in " ".join(done.out.split())
    assert project.run("plan", "--allow", "create=2").code == 0


def test_a_key_that_an_earlier_run_made_and_nobody_filled_creates_nothing_beside_others(
    project: Project,
) -> None:
    assert project.run("plan").code == 0  # this creates the portal
    with project.portal() as http:
        companies = "/crm/v3/objects/companies"
        made = http.post(companies, json={"properties": {"name": "Acme"}}).json()["id"]
        assert project.run("apply", "--auto-approve", "--target", "companies:*").code == 0
        assert project.run("plan").code == 4
        assert project.run("plan", "--allow", "create=2").code == 0

        http.patch(f"{companies}/{made}", json={"properties": {"external_id": "x"}}).raise_for_status()
        assert project.run("plan").code == 0, "somebody has filled it: these two are new"
        http.delete(f"{companies}/{made}").raise_for_status()
        assert project.run("plan").code == 0, "there are no records"


def test_a_key_that_the_plan_makes_is_no_risk_where_there_are_no_records(project: Project) -> None:
    assert project.run("plan").code == 0


_CALCULATED = "label: L, type: number, fieldType: calculation_equation, groupName: erp"
FORMULAS = f"""object: companies
groups:
  erp: {{label: ERP}}
properties:
  cost: {{label: Cost, type: number, fieldType: number, groupName: erp}}
  margin: {{{_CALCULATED}, calculationFormula: FORMULA}}
  half: {{{_CALCULATED}, calculationFormula: margin / 2}}
  among: {{{_CALCULATED}, calculationFormula: half + cost}}
"""


@pytest.mark.parametrize(
    ("formula", "unknown"),
    [
        ("annualrevenue - cost", []),
        ("if annualrevenue > 2.5 then max(cost, 1) else 0 endif", []),
        ("if name equals 'no such name' then cost else 1 endif", []),
        ("Cost * 2", ["Cost"]),
        ("annualrevenu - costs / costs", ["annualrevenu", "costs"]),
        ("if not nosuch then 1 else 2 endif", ["nosuch"]),
    ],
)
def test_a_formula_names_properties_that_are_there_after_the_plan(
    tmp_path: Path, formula: str, unknown: list[str]
) -> None:
    project = Project(tmp_path)
    project.write("reconciler.yaml", SETTINGS)
    project.write("portal.json", "{}")
    project.write("companies.yaml", FORMULAS.replace("FORMULA", json.dumps(formula)))
    planned = project.run("plan", "--json").document
    assert [problem["message"] for problem in planned["problems"]] == [
        f'calculationFormula names "{name}", and companies has no such property' for name in unknown
    ]
    assert all((each["severity"], each["source"]["line"]) == ("warning", 6) for each in planned["problems"])
    applied = project.run("apply", "--auto-approve")
    assert (applied.code == 0) is not bool(unknown), applied.out + applied.err  # refused by both or neither


def test_formulas_that_name_each_other_come_and_go_in_order(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("reconciler.yaml", SETTINGS)
    project.write("portal.json", "{}")
    project.write("companies.yaml", FORMULAS.replace("FORMULA", "cost * 2"))
    done = project.run("apply", "--auto-approve")
    assert done.code == 0, done.out + done.err
    gone = "".join(f"  {name}: {{$absent: true}}\n" for name in ("cost", "margin", "half", "among"))
    project.write("companies.yaml", f"object: companies\nproperties:\n{gone}")
    done = project.run("apply", "--auto-approve")
    assert done.code == 0, done.out + done.err
    assert project.run("rollback", "last", "--out", "back.plan").code == 0
    done = project.run("apply", "back.plan", "--auto-approve")
    assert done.code == 0, done.out + done.err


def test_a_schema_displays_properties_that_are_there_after_the_plan(project: Project) -> None:
    text = MACHINES.replace(
        "requiredProperties: [serial_number]", "searchableProperties: [serial_number, sereal]"
    )
    project.write("machines.yaml", text)
    problems = project.run("plan", "--json").document["problems"]
    (problem,) = [each for each in problems if each["address"].startswith("machines:schema")]
    assert problem["message"] == 'searchableProperties names "sereal", and machines has no such property'
    assert problem["source"]["file"] == "machines.yaml"


def test_an_option_is_renamed_and_its_records_move(project: Project) -> None:
    applied(project)
    with project.portal() as http:
        for name in ("One", "Two"):
            body = {"properties": {"name": name, "tier": "silver"}}
            http.post("/crm/v3/objects/companies", json=body).raise_for_status()
    project.replace(
        "companies.yaml",
        "silver: {label: Silver, description: from 2024 on}",
        "basic: {label: Basic, $renamed_from: silver}",
    )
    project.replace("companies.yaml", "tier: silver", "tier: basic")
    done = project.run("plan")
    assert done.code == 4
    text = " ".join(done.out.split())
    assert "2 records of companies would get another value, because their present value is removed" in text
    assert 'workflows, lists and forms may name "silver" of tier; reconciler does not check them' in text
    applied(project, "--allow", "migrate=2")
    with project.portal() as http:
        tier = http.get("/crm/v3/properties/companies/tier").json()
        assert [option["value"] for option in tier["options"]] == ["gold", "basic"]
        listed = http.get("/crm/v3/objects/companies?properties=tier").json()["results"]
        assert sorted(each["properties"]["tier"] for each in listed) == ["basic", "basic", "basic", "gold"]
    assert project.run("plan").out.startswith("No changes.")


def test_what_records_hold_is_not_lost_unless_that_is_allowed(project: Project) -> None:
    applied(project)
    project.replace("companies.yaml", "      silver: {label: Silver, description: from 2024 on}\n", "")
    project.replace("companies.yaml", ", tier: silver", "")
    done = project.run("plan")
    assert done.code == 4
    assert "1 record of companies would lose a value, because its property, option" in " ".join(
        done.out.split()
    )
    assert project.run("plan", "--allow", "lose=1").code == 0


def test_what_the_plan_itself_changes_away_is_not_lost(project: Project) -> None:
    applied(project)
    with project.portal() as http:
        body = {"properties": {"name": "Other", "tier": "silver"}}
        http.post("/crm/v3/objects/companies", json=body).raise_for_status()
    project.replace("companies.yaml", "      silver: {label: Silver, description: from 2024 on}\n", "")
    project.replace("companies.yaml", "tier: silver", "tier: gold")
    done = project.run("plan")
    assert done.code == 4
    assert "1 record of companies would lose a value" in " ".join(done.out.split())
    applied(project, "--allow", "lose=1")
    assert project.run("plan").out.startswith("No changes.")


def test_a_record_that_names_an_option_which_goes_away_is_a_problem(project: Project) -> None:
    applied(project)
    project.replace(
        "companies.yaml",
        "silver: {label: Silver, description: from 2024 on}",
        "basic: {label: Basic, $renamed_from: silver}",
    )
    assert 'option "silver" of tier is removed' in problems(project)


def test_a_stage_is_removed_and_its_deals_move(project: Project) -> None:
    project.write("deals.yaml", DEALS)
    applied(project)
    with project.portal() as http:
        (pipeline,) = [
            each
            for each in http.get("/crm/v3/pipelines/deals").json()["results"]
            if each["label"] == "Renewals"
        ]
        won = next(stage["id"] for stage in pipeline["stages"] if stage["label"] == "Won")
        body = {"properties": {"dealname": "D", "pipeline": pipeline["id"], "dealstage": won}}
        http.post("/crm/v3/objects/deals", json=body).raise_for_status()
    project.replace("deals.yaml", "Won: {probability: 1.0}", "Won: {$absent: true, $moves_to: Open}")
    assert ("archive", "deals:pipelines/Renewals/stages/Won") in actions(project)
    applied(project, "--allow", "migrate=1")
    with project.portal() as http:
        stages = http.get(f"/crm/v3/pipelines/deals/{pipeline['id']}").json()["stages"]
        assert [stage["label"] for stage in stages] == ["Open"]
        (deal,) = http.get("/crm/v3/objects/deals?properties=dealstage").json()["results"]
        assert deal["properties"]["dealstage"] == stages[0]["id"]
    assert project.run("plan").out.startswith("No changes.")


def test_a_pipeline_and_a_stage_are_renamed_without_touching_a_record(project: Project) -> None:
    project.write("deals.yaml", DEALS)
    applied(project)
    project.replace("deals.yaml", "  Renewals:\n", "  Extensions:\n    $renamed_from: Renewals\n")
    project.replace("deals.yaml", "Won: {probability: 1.0}", "Signed: {probability: 1.0, $renamed_from: Won}")
    found = raw(project.run("plan", "--json").out)
    writing = [change for change in found["changes"] if change["do"]["action"] == "update"]
    assert {change["why"]["reason"] for change in writing} == {"renamed"}
    assert len(writing) == 2
    applied(project)
    assert project.run("plan").out.startswith("No changes.")


def test_labels_swap_by_a_temporary_one(project: Project) -> None:
    project.write("deals.yaml", DEALS)
    applied(project)
    project.replace("deals.yaml", "Open: {probability", "Open: {label: Won, probability")
    project.replace("deals.yaml", "Won: {probability", "Won: {label: Open, probability")
    applied(project)
    with project.portal() as http:
        (pipeline,) = [
            each
            for each in http.get("/crm/v3/pipelines/deals").json()["results"]
            if each["label"] == "Renewals"
        ]
        assert sorted(stage["label"] for stage in pipeline["stages"]) == ["Open", "Won"]
    assert project.run("plan").out.startswith("No changes.")


def test_what_people_change_is_drift_and_is_written_back(project: Project) -> None:
    applied(project)
    with project.portal() as http:
        http.patch("/crm/v3/properties/companies/tier", json={"label": "Level"}).raise_for_status()
        http.patch("/crm/v3/properties/companies/groups/erp", json={"label": "SAP"}).raise_for_status()
    found = raw(project.run("plan", "--json").out)["changes"]
    assert [(change["why"]["address"], change["why"]["reason"]) for change in found] == [
        ("companies:groups/erp", "drift"),
        ("companies:properties/tier", "drift"),
    ]
    applied(project)
    assert project.run("plan").out.startswith("No changes.")


def test_what_no_manifest_names_any_more_stays_in_the_portal(project: Project) -> None:
    project.write("deals.yaml", DEALS)
    applied(project)
    (project.folder / "deals.yaml").unlink()
    assert {action for action, _ in actions(project)} == {"release"}
    applied(project)
    with project.portal() as http:
        labels = [each["label"] for each in http.get("/crm/v3/pipelines/deals").json()["results"]]
    assert "Renewals" in labels


def test_a_glob_that_matches_nothing_says_how_definitions_are_written(project: Project) -> None:
    done = project.run("plan", "--target", "companies:properties/nothing")
    assert done.code == 1
    assert "companies:properties/* (definitions)" in done.err


def test_drift_shows_what_people_changed_and_accept_writes_it_into_the_manifest(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owned_definitions, "SETTLING", timedelta(0))  # as if they had been applied long ago
    project.write("deals.yaml", DEALS)
    applied(project)
    assert project.run("drift").code == 0
    with project.portal() as http:
        tier = http.get("/crm/v3/properties/companies/tier").json()
        options = [*tier["options"], {"label": "Odd", "value": "odd", "displayOrder": 9}]
        body = {"label": "Level", "options": options}
        http.patch("/crm/v3/properties/companies/tier", json=body).raise_for_status()
        (renewals,) = [
            each
            for each in http.get("/crm/v3/pipelines/deals").json()["results"]
            if each["label"] == "Renewals"
        ]
        http.delete(f"/crm/v3/pipelines/deals/{renewals['id']}").raise_for_status()
    done = project.run("drift", "--json")
    assert done.code == 2
    found = raw(done.out)
    assert [(value["address"], value["live"]) for value in found["values"]] == [
        ("companies:properties/tier#label", "Level"),
        ("companies:properties/tier#options", '["gold","silver","odd"]'),
    ]
    assert [lost["address"] for lost in found["lost"]] == [
        "deals:pipelines/Renewals",
        "deals:pipelines/Renewals/stages/Open",
        "deals:pipelines/Renewals/stages/Won",
    ]
    text = " ".join(project.run("drift").out.split())
    assert "2 values of 1 definition, 3 definitions lost" in text
    assert project.run("drift", "--target", "companies:properties/tier#hidden").code == 1
    accepted = project.run("drift", "--accept", "companies:*")
    assert accepted.code == 0, accepted.out + accepted.err
    said = (project.folder / "companies.yaml").read_text()
    assert "label: Level" in said
    assert "odd: Odd" in said
    assert not actions(project, "--target", "companies:*", "--target", "companies/*") or (
        {action for action, _ in actions(project, "--target", "companies:*")} == {"adopt"}
    )


def rolled_back(project: Project, *flags: str) -> str:
    done = project.run("rollback", "last", "--out", "back.plan", *flags)
    assert done.code == 0, done.out + done.err
    applying = project.run("apply", "back.plan")
    assert applying.code == 0, applying.out + applying.err
    return done.out


def test_a_rollback_takes_back_what_the_run_made(project: Project) -> None:
    project.write("deals.yaml", DEALS)
    applied(project)
    rolled_back(project)
    with project.portal() as http:
        assert http.get("/crm/v3/properties/companies/tier").status_code == 404
        labels = [each["label"] for each in http.get("/crm/v3/pipelines/deals").json()["results"]]
        assert "Renewals" not in labels


def test_a_created_property_stays_while_others_use_it(project: Project) -> None:
    applied(project)
    with project.portal() as http:
        body = {"properties": {"name": "Other", "tier": "gold"}}
        http.post("/crm/v3/objects/companies", json=body).raise_for_status()
    assert "1 record have values that the run did not write" in " ".join(rolled_back(project).split())
    with project.portal() as http:
        assert http.get("/crm/v3/properties/companies/tier").status_code == 200


def test_moved_values_go_back(project: Project) -> None:
    applied(project)
    project.replace(
        "companies.yaml",
        "silver: {label: Silver, description: from 2024 on}",
        "basic: {label: Basic, $renamed_from: silver}",
    )
    project.replace("companies.yaml", "tier: silver", "tier: basic")
    applied(project)
    rolled_back(project)
    with project.portal() as http:
        listed = http.get("/crm/v3/objects/companies?properties=tier").json()["results"]
        assert sorted(each["properties"]["tier"] for each in listed) == ["gold", "silver"]
        tier = http.get("/crm/v3/properties/companies/tier").json()
        assert sorted(option["value"] for option in tier["options"]) == ["gold", "silver"]
