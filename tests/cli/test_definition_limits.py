"""Definitions beyond the account's limits or subscription are problems at the lines that declare them."""

import json
from pathlib import Path
from typing import Any

from tests.support.projects import Project

SETTINGS = """version: 1
environments:
  local: {portal: emulator, portal_id: 1000000, seed: portal.json}
default: local
"""
EVERYTHING = """object: companies
groups:
  erp: {label: ERP}
properties:
  revenue: {label: Revenue, type: number, fieldType: number, groupName: erp}
  margin:
    label: Margin
    type: number
    fieldType: calculation_equation
    groupName: erp
    calculationFormula: revenue / 2
---
object: deals
pipelines:
  Renewals:
    stages:
      Open: {probability: 0.2}
      Won: {probability: 1.0}
---
object: machines
schema:
  labels: {singular: Machine, plural: Machines}
  primaryDisplayProperty: serial_number
properties:
  serial_number: {label: Serial, type: string, fieldType: text, groupName: machines_information}
---
object: contacts
association_labels:
  companies:
    billing: {label: Billing contact, inverseLabel: Bills to}
"""


def project_of(folder: Path, manifest: str, **seed: Any) -> Project:
    project = Project(folder)
    project.write("reconciler.yaml", SETTINGS)
    project.write("portal.json", json.dumps({"search_lag_ms": 0, **seed}))
    project.write("all.yaml", manifest)
    return project


def problems(project: Project) -> list[tuple[int, str, str]]:
    """Return line, address and message of each problem."""
    found = json.loads(project.run("plan", "--json").out)["problems"]
    return [(each["source"]["line"], each["address"], each["message"]) for each in found]


def test_each_thing_that_the_account_does_not_have_is_a_problem_at_its_line(tmp_path: Path) -> None:
    project = project_of(tmp_path, EVERYTHING, tier="free")
    without = "this account cannot have {}: its HubSpot subscription does not include them".format
    assert problems(project) == [
        (11, "companies:properties/margin#calculationFormula", without("calculated properties")),
        (15, "deals:pipelines/Renewals", without("further pipelines of deals")),
        (22, "machines:schema", without("custom objects")),
        (
            30,
            "contacts:association_labels/companies/billing",
            without("association labels from contacts to companies"),
        ),
    ]
    assert project.run("apply", "--auto-approve").code == 1


def test_one_more_than_there_is_room_for_is_a_problem_at_its_line(tmp_path: Path) -> None:
    more = (
        EVERYTHING.partition("---\nobject: machines")[0]
        + "  Upsell:\n    stages: {Open: {probability: 0.2}}\n"
    )
    project = project_of(
        tmp_path,
        more.replace("margin:", "other:")
        .replace("    calculationFormula: revenue / 2\n", "")
        .replace("calculation_equation", "number"),
        tier="starter",
    )
    message = (
        "this account can have 1 further pipelines of deals: it has 0, and this plan makes 1, "
        "so there is no room for another one"
    )
    assert problems(project) == [(18, "deals:pipelines/Upsell", message)]


def test_what_the_account_has_is_planned(tmp_path: Path) -> None:
    project = project_of(tmp_path, EVERYTHING, tier="enterprise")
    done = project.run("apply", "--auto-approve")
    assert done.code == 0, done.out + done.err
    assert project.run("plan").out.startswith("No changes.")
