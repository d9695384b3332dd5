"""One project for two portals with different ids of owners, pipelines, stages, custom objects and records."""

import json
from pathlib import Path
from typing import Any

from tests.support.projects import Project

SETTINGS = """\
version: 1
manifests: [.]
default: first
environments:
  first: {portal: emulator, portal_id: 1000000, seed: first.json}
  second:
    portal: emulator
    portal_id: 2000000
    seed: second.json
    owners: {ada@acme.example: bob@acme.example}
"""

DEALS = """\
object: 0-3
key: external_id
records:
  d-1:
    dealname: Yearly contract
    pipeline: Renewals
    dealstage: Offer sent
    hubspot_owner_id: ada@acme.example
---
object: car
key: vin
records:
  "007": {model: Runabout}
"""


def unique(name: str, group: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": name,
        "type": "string",
        "fieldType": "text",
        "groupName": group,
        "hasUniqueValue": True,
    }


def seed(number: int, people: list[str]) -> str:
    """Return the seed of a portal whose ids all begin with ``number``."""
    owners = [
        {
            "id": f"{number}{index}",
            "email": email,
            "firstName": "A",
            "lastName": "B",
            "userId": number + index,
        }
        for index, email in enumerate(people)
    ]
    stages = [
        {
            "id": f"s{number}-{index}",
            "label": label,
            "displayOrder": index,
            "metadata": {"probability": chance},
        }
        for index, (label, chance) in enumerate([("Offer sent", "0.5"), ("Signed", "1.0")])
    ]
    pipeline = {"id": f"p{number}", "label": "Renewals", "displayOrder": 3, "stages": stages}
    vin = {"name": "vin", "label": "VIN", "type": "string", "fieldType": "text", "hasUniqueValue": True}
    model = {"name": "model", "label": "Model", "type": "string", "fieldType": "text"}
    car = {
        "name": "car",
        "objectTypeId": f"2-{number}",
        "labels": {"singular": "Car", "plural": "Cars"},
        "primaryDisplayProperty": "model",
        "properties": [vin, model],
    }
    return json.dumps(
        {
            "owners": owners,
            "schemas": [car],
            "properties": {"deals": [unique("external_id", "dealinformation")]},
            "pipelines": {"deals": [pipeline]},
        }
    )


def test_the_same_manifests_plan_and_apply_cleanly_on_both(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("reconciler.yaml", SETTINGS)
    project.write("deals.yaml", DEALS)
    project.write("first.json", seed(11, ["ada@acme.example", "bob@acme.example"]))
    project.write("second.json", seed(22, ["bob@acme.example"]))
    for name, pipeline, stage, owner in [("first", "p11", "s11-0", "110"), ("second", "p22", "s22-0", "220")]:
        planned = project.run("plan", "-e", name, "--json")
        assert planned.code == 0, planned.out + planned.err
        cars, deals = planned.document["changes"]
        assert cars["address"] == "car/007"
        values = {key: value["after"] for key, value in deals["properties"].items()}
        assert (values["pipeline"], values["dealstage"], values["hubspot_owner_id"]) == (
            pipeline,
            stage,
            owner,
        )
        assert project.run("apply", "-e", name, "--auto-approve").code == 0
        assert project.run("plan", "-e", name).out.startswith("No changes.")
        assert len(project.run("state", "list", "-e", name, "--json").document) == 2


def test_a_custom_object_is_one_under_all_its_names(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("reconciler.yaml", SETTINGS)
    project.write("first.json", seed(11, []))
    project.write("second.json", seed(22, []))
    for written in ("car", "2-11", "p1000000_car"):
        project.write("cars.yaml", f"object: {written}\nkey: vin\nrecords:\n  a: {{model: Runabout}}\n")
        assert project.run("apply", "--auto-approve").code == 0
        assert [entry["address"] for entry in project.run("state", "list", "--json").document] == ["car/a"]
        assert project.run("plan").out.startswith("No changes.")


def test_an_unknown_object_type_is_told_with_those_near_by(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("reconciler.yaml", SETTINGS)
    project.write("first.json", seed(11, []))
    project.write("second.json", seed(22, []))
    project.write("cars.yaml", "object: carr\nkey: vin\nrecords:\n  a: {}\n")
    done = project.run("plan")
    assert done.code == 1
    assert 'cars.yaml:1:1: the portal has no object type "carr"\n    did you mean "car"?' in done.out


TWO_COUNTRIES = """\
version: 1
default: germany
environments:
  germany: {portal: emulator, manifests: [all, germany], seed: germany.json}
  austria:
    portal: emulator
    portal_id: 2000000
    manifests: [all, austria]
    seed: austria.json
    owners: {ada@acme.example: bob@acme.example}
"""
CATALOGUE = """\
object: products
key: hs_sku
all: {hs_cost_of_goods_sold: 10, hubspot_owner_id: ada@acme.example}
records:
  A-1: {name: Chair, price: 100.00}
  A-2: {name: Table, price: 250.00}
---
object: products
key: hs_sku
environments: ["aus*"]
records:
  AT-1: {name: Sacher torte, price: 55}
---
object: products
key: hs_sku
environments: [germany]
records:
  DE-1: {name: Stollen, price: 25}
"""
PRICES = "object: products\nkey: hs_sku\nrecords:\n  A-1: {price: %s}\n"


def catalogue(folder: Path) -> Project:
    """Return a project with one catalogue for two portals; ids, prices and people differ."""
    project = Project(folder)
    project.write("reconciler.yaml", TWO_COUNTRIES)
    project.write("all/products.yaml", CATALOGUE)
    project.write("germany/prices.yaml", PRICES % 90)
    project.write("austria/prices.yaml", PRICES % 110)
    project.write("germany.json", seed(11, ["ada@acme.example", "bob@acme.example"]))
    project.write("austria.json", seed(22, ["carol@acme.example", "bob@acme.example"]))
    return project


def products(project: Project, portal_id: int) -> dict[str, tuple[str, str]]:
    """Return price and owner of each product, by SKU."""
    with project.portal(portal_id) as http:
        params = {"properties": "hs_sku,price,hubspot_owner_id"}
        found = http.get("/crm/v3/objects/products", params=params).raise_for_status().json()["results"]
    held = (record["properties"] for record in found)
    return {each["hs_sku"]: (each["price"], each["hubspot_owner_id"]) for each in held}


def test_one_catalogue_with_other_prices_and_people_in_each_portal(tmp_path: Path) -> None:
    project = catalogue(tmp_path)
    for name in ("germany", "austria"):
        assert project.run("apply", "-e", name, "--auto-approve").code == 0
        assert project.run("plan", "-e", name).out.startswith("No changes.")
    assert products(project, 1000000) == {
        "A-1": ("90", "110"),
        "A-2": ("250.00", "110"),
        "DE-1": ("25", None),
    }
    assert products(project, 2000000) == {
        "A-1": ("110", "221"),
        "A-2": ("250.00", "221"),
        "AT-1": ("55", None),
    }


def test_a_change_of_one_environment_is_none_of_the_other(tmp_path: Path) -> None:
    project = catalogue(tmp_path)
    for name in ("germany", "austria"):
        assert project.run("apply", "-e", name, "--auto-approve").code == 0
    project.write("austria/prices.yaml", PRICES % 120)
    assert project.run("plan").out.startswith("No changes."), "germany is the default"
    (change,) = project.run("plan", "-e", "austria", "--json").document["changes"]
    assert (change["address"], change["source"]["file"]) == ("products/A-1", "austria/prices.yaml")
    assert {name: value["after"] for name, value in change["properties"].items()} == {"price": "120"}


def test_a_plan_for_one_environment_is_refused_by_the_other(tmp_path: Path) -> None:
    project = catalogue(tmp_path)
    assert project.run("plan", "-e", "austria", "--out", "plan.json").code == 0
    refused = project.run("apply", "plan.json", "-e", "germany")
    assert refused.code == 5
    assert "the plan was made for environment austria (portal 2000000)" in refused.err


def test_nobody_changes_the_wrong_portal_by_forgetting(tmp_path: Path) -> None:
    project = catalogue(tmp_path)
    project.replace("reconciler.yaml", "default: germany\n", "")
    for command in ("plan", "apply"):
        done = project.run(command)
        assert done.code == 1
        assert "-e" in done.err


def test_associations_with_custom_objects_and_labels_are_found_in_both(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("reconciler.yaml", SETTINGS)
    for number, name in ((11, "first"), (22, "second")):
        portal = json.loads(seed(number, []))
        portal["schemas"][0]["associatedObjects"] = ["CONTACT"]
        labels = ["Driver", "Owner"] if number == 11 else ["Owner", "Driver"]  # order decides the numbers
        portal["association_labels"] = [
            {"from": f"2-{number}", "to": "contacts", "name": label.lower(), "label": label}
            for label in labels
        ]
        portal["records"] = {
            "contacts": [{"id": f"{number}501", "properties": {"email": "ada@acme.example"}}]
        }
        project.write(f"{name}.json", json.dumps(portal))
    for written, other in (("car", "contacts"), ("2-11", "0-1")):
        project.write(
            "cars.yaml",
            f"object: {written}\nkey: vin\nrecords:\n"
            f"  a: {{$associations: {{{other}: [{{to: ada@acme.example, label: Driver}}]}}}}\n",
        )
        for name in ("first", "second") if written == "car" else ("first",):
            done = project.run("apply", "-e", name, "--auto-approve", "--json")
            assert done.code == 0, done.out + done.err
            assert project.run("plan", "-e", name).out.startswith("No changes.")
    with project.portal() as http:
        cars = http.get("/crm/v3/objects/2-11").json()["results"]
        found = http.get(f"/crm/v4/objects/2-11/{cars[0]['id']}/associations/contacts").json()["results"]
    assert [kind["label"] for kind in found[0]["associationTypes"] if kind["label"]] == ["Driver"]
