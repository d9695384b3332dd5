"""Rolling back the association changes of a run."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.exits import ExitCode
from tests.support.projects import PORTAL, Project

KEY = {"name": "external_id", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
PEOPLE = {"ann": "501", "bob": "502", "carl": "503", "old": "504", "new": "505"}
SEED = {
    "version": 1,
    "properties": {"companies": [KEY | {"groupName": "companyinformation"}]},
    "association_labels": [
        {"from": "companies", "to": "contacts", "name": "billing", "label": "Billing"},
        {"from": "companies", "to": "contacts", "name": "legal", "label": "Legal"},
    ],
    "records": {
        "contacts": [
            {"id": number, "properties": {"email": f"{name}@acme.example"}} for name, number in PEOPLE.items()
        ],
        "companies": [{"id": "901", "properties": {"external_id": "acme", "name": "Acme"}}],
    },
    "associations": [
        {
            "from": {"type": "companies", "id": "901"},
            "to": {"type": "contacts", "id": PEOPLE["old"]},
            "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 280}],
        }
    ],
}
SETTINGS = f"""version: 1
environments:
  local: {{portal: emulator, portal_id: {PORTAL}, seed: portal.json}}
"""
MANIFEST = """object: companies
key: external_id
prune: true
records:
  acme:
    name: Acme
    $associations:
      contacts: [%s]
"""
BEFORE = "ann@acme.example, {to: bob@acme.example, label: Billing}"
AFTER = (
    "{to: bob@acme.example, label: Billing}, {to: bob@acme.example, label: Legal}, "
    "{to: carl@acme.example, label: Billing}, old@acme.example, new@acme.example"
)
STOOD = {"ann": [], "bob": ["Billing"], "old": []}
STANDS = {"bob": ["Billing", "Legal"], "carl": ["Billing"], "old": [], "new": []}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project whose last run created, removed and adopted associations."""
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    made.write("portal.json", json.dumps(SEED))
    for contacts in (BEFORE, AFTER):
        made.write("companies.yaml", MANIFEST % contacts)
        done = made.run("apply", "--auto-approve")
        assert done.code == ExitCode.OK, done.out + done.err
    assert associated(made) == STANDS
    return made


def associated(project: Project) -> dict[str, list[str]]:
    """Return the people with whom the company is associated, with the labels."""
    names = {number: name for name, number in PEOPLE.items()}
    with project.portal() as http:
        answer = http.get("/crm/v4/objects/companies/901/associations/contacts").raise_for_status().json()
    return {
        names[str(found["toObjectId"])]: sorted(
            kind["label"] for kind in found["associationTypes"] if kind["label"]
        )
        for found in answer["results"]
    }


def take_back(project: Project) -> Any:
    done = project.run("rollback", "last", "--out", "undo.json", "--json", "--values", "show")
    assert done.code == ExitCode.OK, done.out + done.err
    applied = project.run("apply", "undo.json")
    assert applied.code == ExitCode.OK, applied.out + applied.err
    return done.document


def pairs(project: Project) -> Any:
    return json.loads(project.run("state", "export").out)["pairs"]


def test_created_associations_are_removed_and_removed_ones_created_again(project: Project) -> None:
    document = take_back(project)

    assert {change["reason"] for change in document["changes"]} == {"rolled back"}
    assert associated(project) == STOOD
    reasons = {
        change["action"]: change["reason"] for change in project.run("plan", "--json").document["changes"]
    }
    assert reasons == {"associate": "missing", "dissociate": "pruned", "adopt": "adopt"}
    assert project.run("drift").code == ExitCode.OK


def test_taking_back_what_took_back_gives_what_was_there(project: Project) -> None:
    known = pairs(project)

    take_back(project)
    take_back(project)

    assert associated(project) == STANDS
    assert pairs(project) == known
    assert project.run("plan").out.startswith("No changes.")


def test_labels_that_others_gave_since_stay(project: Project) -> None:
    with project.portal() as http:
        labels = http.get("/crm/v4/associations/companies/contacts/labels").json()["results"]
        legal = next(label for label in labels if label["label"] == "Legal")
        kind = [{"associationCategory": legal["category"], "associationTypeId": legal["typeId"]}]
        for name in ("new", "carl"):
            path = f"/crm/v4/objects/companies/901/associations/contacts/{PEOPLE[name]}"
            http.put(path, json=kind).raise_for_status()

    document = take_back(project)

    assert {entry["reason"] for entry in document["held"]} == {"superseded"}
    assert len(document["held"]) == 1
    assert associated(project) == STOOD | {"new": ["Legal"], "carl": ["Legal"]}


def test_an_association_that_is_restored_already_costs_no_call(project: Project) -> None:
    with project.portal() as http:
        http.delete(
            f"/crm/v4/objects/companies/901/associations/contacts/{PEOPLE['carl']}"
        ).raise_for_status()

    take_back(project)

    assert associated(project) == STOOD
    assert project.run("drift").code == ExitCode.OK


def test_one_association_can_be_targeted(project: Project) -> None:
    done = project.run(
        "rollback",
        "last",
        "--target",
        "companies/acme#contacts/ann@acme.example",
        "--json",
        "--values",
        "show",
    )
    (change,) = done.document["changes"]
    assert change["action"] == "associate"
