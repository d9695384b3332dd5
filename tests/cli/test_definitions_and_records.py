"""Definitions and records in one plan.

The same folder is applied to a portal, then to another portal, in which the same things get different ids.
"""

import json
from pathlib import Path

import pytest

from tests.support.projects import PORTAL, Project

SETTINGS = """\
version: 1
environments:
  local: {portal: emulator, seed: portal.json}
  other: {portal: emulator, portal_id: 2000000, seed: portal.json}
default: local
"""
SEED = {"numbers_by_portal": True}

MACHINES = """\
object: machines
schema:
  labels: {singular: Machine, plural: Machines}
  primaryDisplayProperty: serial_number
  requiredProperties: [serial_number]
  associatedObjects: [companies]
groups:
  plant: {label: Plant}
properties:
  serial_number:
    {label: Serial number, type: string, fieldType: text, groupName: plant, hasUniqueValue: true}
  power:
    {label: Power, type: number, fieldType: number, groupName: plant}
  state_of_repair:
    label: State of repair
    type: enumeration
    fieldType: select
    groupName: plant
    options:
      good: Good
      poor: {label: Poor, description: has to be seen}
      standard: Standard
  double_power:
    {label: Twice the power, type: number, fieldType: calculation_equation, groupName: plant,
     calculationFormula: power * 2}
pipelines:
  Maintenance:
    stages:
      Planned: {state: OPEN}
      Done: {state: CLOSED}
association_labels:
  companies:
    operator: {label: Operator, inverseLabel: Operates}
key: serial_number
records:
"""
COMPANIES = """\
object: companies
groups:
  erp: {label: ERP}
properties:
  external_id: {label: ERP number, type: string, fieldType: text, groupName: erp, hasUniqueValue: true}
key: external_id
records:
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
"""


def manifests(machines: int = 200, others: int = 100) -> dict[str, str]:
    """Return manifests of three types, with records that do not exist yet."""
    return {
        "manifests/machines.yaml": MACHINES
        + "".join(
            f"  m-{number:03}: {{power: {number}, state_of_repair: standard, hs_pipeline: Maintenance, "
            f"hs_pipeline_stage: Planned, $associations: {{companies: "
            f"[{{to: c-{number % others:03}, label: Operator}}]}}}}\n"
            for number in range(machines)
        ),
        "manifests/companies.yaml": COMPANIES
        + "".join(f"  c-{number:03}: {{name: Company {number}}}\n" for number in range(others)),
        "manifests/deals.yaml": DEALS
        + "".join(
            f"  d-{number:03}: {{dealname: Deal {number}, pipeline: Renewals, dealstage: Open, "
            f"$associations: {{companies: [c-{number:03}]}}}}\n"
            for number in range(others)
        ),
    }


def project_of(folder: Path, files: dict[str, str]) -> Project:
    made = Project(folder)
    made.write("reconciler.yaml", SETTINGS)
    made.write("portal.json", json.dumps(SEED))
    for name, text in files.items():
        made.write(name, text)
    return made


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose manifests were applied to an empty portal."""
    project = project_of(tmp_path_factory.mktemp("whole"), manifests())
    done = project.run("apply", "--auto-approve", "--allow", "create=1000")
    assert done.code == 0, done.out + done.err
    return project


def test_one_apply_makes_definitions_and_records_and_the_second_plan_is_empty(applied: Project) -> None:
    plan = applied.run("plan", "--detailed-exitcode")

    assert plan.code == 0, plan.out
    assert plan.out.startswith("No changes")


def test_the_same_folder_is_applied_to_a_portal_whose_ids_all_differ(applied: Project) -> None:
    done = applied.run("apply", "-e", "other", "--auto-approve", "--allow", "create=1000")
    assert done.code == 0, done.out + done.err

    assert applied.run("plan", "-e", "other", "--detailed-exitcode").code == 0
    ids = []
    for portal_id in (PORTAL, 2000000):
        with applied.portal(portal_id) as portal:
            (schema,) = portal.get("/crm/v3/schemas").json()["results"]
            pipelines = portal.get("/crm/v3/pipelines/deals").json()["results"]
            ids.append(
                {schema["objectTypeId"], *(each["id"] for each in pipelines if each["label"] == "Renewals")}
            )
    assert not ids[0] & ids[1]
