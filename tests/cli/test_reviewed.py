"""Production gets only reviewed changes: the plan is made again and compared with the reviewed one."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.plan_json import plan_document
from tests.support.projects import Done, Project

SETTINGS = """\
version: 1
default: local
environments:
  local: {portal: emulator}
  other: {portal: emulator, portal_id: 1000001}
"""
PRODUCTS = """\
object: products
key: hs_sku
records:
  P-1: {name: Sensor, description: made in Kassel}
  P-2: {name: Valve}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with applied records, and a reviewed plan that changes one of them."""
    project = Project(tmp_path)
    project.write("reconciler.yaml", SETTINGS)
    project.write("products.yaml", PRODUCTS)
    assert project.run("apply", "--auto-approve").code == 0
    project.replace("products.yaml", "Kassel", "Bremen")
    assert project.run("plan", "--out", "reviewed.json").code == 0
    return project


def edit_in_hubspot(project: Project, sku: str, properties: Mapping[str, str]) -> None:
    with project.portal() as http:
        row = {"id": sku, "idProperty": "hs_sku", "properties": dict(properties)}
        answer = http.post("/crm/v3/objects/products/batch/update", json={"inputs": [row]})
        assert answer.status_code == 200, answer.text


def held_against(project: Project, *more: str) -> Done:
    return project.run("plan", "--reviewed", "reviewed.json", "--out", "now.json", *more)


def saved(project: Project) -> Any:
    return plan_document((project.folder / "now.json").read_text())


def test_reviewed_changes_are_applied(project: Project) -> None:
    planned = held_against(project)

    assert planned.code == 0
    assert "Compared with the reviewed plan: nothing is left out." in planned.out
    assert saved(project)["review"]["differences"] == []
    assert project.run("apply", "now.json").code == 0
    assert project.run("plan").out.startswith("No changes.")


def test_changes_merged_meanwhile_are_left_out_and_listed(project: Project) -> None:
    project.replace("products.yaml", "name: Valve", "name: Ball valve")

    planned = held_against(project, "--markdown", "now.md", "--html", "now.html")

    assert planned.code == 5
    assert "products: 1 to update, not reviewed" in planned.out
    assert "1 change is left out, because the reviewed plan does not contain it." in planned.out
    assert [change["address"] for change in saved(project)["changes"]] == ["products/P-1"]
    (difference,) = saved(project)["review"]["differences"]
    assert (difference["address"], difference["difference"]) == ("products/P-2", "not reviewed")
    comment = (project.folder / "now.md").read_text()
    assert "> 1 change is left out" in comment
    assert "to update, not reviewed" in comment
    assert '"not reviewed"' in (project.folder / "now.html").read_text()

    assert project.run("apply", "now.json").code == 0
    (left,) = project.run("plan", "--json").document["changes"]
    assert left["address"] == "products/P-2"


def test_values_changed_in_hubspot_since_are_left_out(project: Project) -> None:
    edit_in_hubspot(project, "P-1", {"description": "made in Hamburg"})

    planned = held_against(project)

    assert planned.code == 5
    assert "products: 1 to update, changed since" in planned.out
    assert "description was changed in HubSpot" in planned.out
    assert "Hamburg" not in planned.out
    assert saved(project)["changes"] == []


def test_a_change_that_is_done_already_stops_nothing(project: Project) -> None:
    edit_in_hubspot(project, "P-1", {"description": "made in Bremen"})

    planned = held_against(project)

    assert planned.code == 0
    assert "products: 1 to update, no longer planned" in planned.out
    assert project.run("apply", "now.json").code == 0
    assert project.run("plan").out.startswith("No changes. 2 in step")


def test_applying_it_twice_applies_the_rest(project: Project) -> None:
    held_against(project)
    project.run("apply", "now.json")

    again = held_against(project)

    assert again.code == 0
    assert saved(project)["changes"] == []
    assert project.run("apply", "now.json").code == 0


def test_apply_itself_takes_what_was_reviewed_whole_or_not_at_all(project: Project) -> None:
    project.replace("products.yaml", "name: Valve", "name: Ball valve")
    refused = project.run("apply", "--reviewed", "reviewed.json", "--auto-approve")

    assert refused.code == 5
    assert "nothing was applied" in refused.err
    assert len(project.run("runs", "list", "--json").document) == 1

    project.replace("products.yaml", "name: Ball valve", "name: Valve")
    assert project.run("apply", "--reviewed", "reviewed.json", "--auto-approve").code == 0
    assert project.run("plan").out.startswith("No changes.")


def test_a_plan_of_another_environment_is_refused(project: Project) -> None:
    project.run("plan", "-e", "other", "--out", "reviewed.json")

    refused = held_against(project)

    assert refused.code == 5
    assert "the reviewed plan was made for environment other (portal 1000001)" in refused.err
    assert not (project.folder / "now.json").exists()


def test_an_altered_plan_is_refused(project: Project) -> None:
    project.replace("reviewed.json", '"made in Bremen"]', '"made in Berlin"]')

    assert held_against(project).code == 5


def test_a_masked_plan_is_refused(project: Project) -> None:
    project.run("plan", "--json-into", "reviewed.json")

    refused = held_against(project)

    assert refused.code == 1
    assert "this plan is masked" in refused.err


def test_an_encrypted_plan_is_opened(project: Project) -> None:
    keyed = replace(project, environ={"RECONCILER_PLAN_KEY": "k" * 40})
    keyed.run("plan", "--out", "reviewed.json")

    assert held_against(keyed).code == 0
    assert held_against(project).code == 1


def test_a_reviewed_plan_lifts_no_guard(project: Project) -> None:
    """Otherwise anybody who can write a plan file could decide what is allowed."""
    records = "".join(f"  N-{number}: {{name: New}}\n" for number in range(12))
    project.write("products.yaml", PRODUCTS + records)
    project.run("apply", "--auto-approve")
    project.write("products.yaml", (PRODUCTS + records).replace("name: New", "name: Newer"))
    assert project.run("plan", "--allow", "update=12", "--out", "reviewed.json").code == 0

    assert held_against(project).code == 4
    assert held_against(project, "--allow", "update=12").code == 0


def test_guards_look_at_what_is_kept(project: Project) -> None:
    records = "".join(f"  N-{number}: {{name: New}}\n" for number in range(12))
    project.write("products.yaml", PRODUCTS + records)
    project.run("apply", "--auto-approve")
    project.run("plan", "--out", "reviewed.json")
    project.write("products.yaml", (PRODUCTS + records).replace("name: New", "name: Newer"))

    assert project.run("plan").code == 4
    assert held_against(project).code == 5
    assert saved(project)["refusals"] == []


def test_personal_keys_are_masked_in_what_is_told(project: Project) -> None:
    project.write("contacts.yaml", "object: contacts\nkey: email\nrecords: {ada@acme.example: {city: Ulm}}\n")
    planned = held_against(project, "--markdown", "now.md")

    assert planned.code == 5
    assert "contacts/" in planned.out
    assert "ada@acme.example" not in planned.out + (project.folder / "now.md").read_text()

    project.run("plan", "--out", "reviewed.json")
    (project.folder / "contacts.yaml").unlink()
    planned = held_against(project)
    assert "contacts: 1 to create, no longer planned" in planned.out
    assert "ada@acme.example" not in planned.out
