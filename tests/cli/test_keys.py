"""A key property that is not unique in the portal: the advice in the message works."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.model.definitions import Kind, ObjectSchema
from tests.support.nouns import definition
from tests.support.projects import Project

STOCK = "version: 1\nenvironments: {local: {portal: emulator}}\n"
UNIQUE = {"hasUniqueValue": True, "type": "string", "fieldType": "text", "groupName": "companyinformation"}


def project(folder: Path, manifest: str, *properties: dict[str, object]) -> Project:
    """Return a project on a new portal in which companies have these additional ``properties``."""
    made = Project(folder)
    made.write("companies.yaml", manifest)
    made.write("reconciler.yaml", STOCK)
    if properties:
        made.write("portal.json", json.dumps({"properties": {"companies": list(properties)}}))
        made.write(
            "reconciler.yaml", STOCK.replace("portal: emulator", "portal: emulator, seed: portal.json")
        )
    return made


def said(project: Project) -> str:
    done = project.run("plan")
    assert done.code == 1
    return " ".join(done.out.split())


@pytest.mark.parametrize(
    ("object_name", "key"),
    [
        ("companies", "domain"),
        ("deals", "dealname"),
        ("goal_targets", "hs_goal_name"),
        ("notes", "hs_note_body"),
        ("companies", "hs_object_idd"),
        ("companies", "unique_creation_key"),
    ],
)
def test_on_a_stock_portal_it_is_told_how_to_make_a_key(tmp_path: Path, object_name: str, key: str) -> None:
    made = project(tmp_path, f"object: {object_name}\nwrite: auto\nkey: {key}\nrecords: {{acme: {{}}}}\n")
    text = said(made)
    assert "companies.yaml:3:6:" in text
    assert f"`reconciler keys create {object_name} PROPERTY --from SOURCE` makes a unique property" in text
    assert "hs_unique_creation_key" not in text


def test_a_key_that_can_be_filled_is_advised_and_works(tmp_path: Path) -> None:
    manifest = "object: companies\nkey: domain\nrecords: {acme.example: {name: Acme}}\n"
    hidden = {"name": "internal_no", "label": "Internal", "hidden": True} | UNIQUE
    fixed = {"name": "fixed_no", "label": "Fixed", "modificationMetadata": {"readOnlyValue": True}} | UNIQUE
    made = project(tmp_path, manifest, {"name": "erp_no", "label": "ERP"} | UNIQUE, hidden, fixed)
    found = re.search(r"identify companies by (.*?), or by record_id", said(made))
    assert found is not None
    assert found[1] == "erp_no"
    made.write("companies.yaml", manifest.replace("key: domain", f"key: {found[1]}"))
    assert made.run("apply", "--auto-approve").code == 0
    assert "No changes." in made.run("plan").out


@pytest.mark.parametrize(
    ("associated", "advice"),
    [
        ("{deals: [D-1]}", "reconciler keys create deals PROPERTY"),
        ("{deals: [{by: dealname, to: D-1}]}", "reconciler keys create deals PROPERTY"),
        ("{products: [{by: name, to: P-1}]}", "identify products by hs_sku, or by record_id"),
        ("{contacts: [{by: firstname, to: Ada}]}", "identify contacts by email, or by record_id"),
    ],
)
def test_association_targets_are_advised_alike(tmp_path: Path, associated: str, advice: str) -> None:
    manifest = f"object: companies\nkey: erp_no\nrecords:\n  a: {{name: Acme, $associations: {associated}}}\n"
    made = project(tmp_path, manifest, {"name": "erp_no", "label": "ERP"} | UNIQUE)
    text = said(made)
    assert "companies.yaml:4:" in text
    assert advice in text
    assert "hs_unique_creation_key" not in text


@pytest.mark.parametrize("object_name", ["companies", "deals", "tickets"])
def test_the_creation_key_of_hubspot_tells_no_records_apart(tmp_path: Path, object_name: str) -> None:
    """HubSpot calls it unique, but refuses to read records by it."""
    key = "hs_unique_creation_key"
    manifest = f"object: {object_name}\nkey: {key}\nrecords:\n  a: {{}}\n"
    made = project(tmp_path, manifest)
    assert f"companies.yaml:2:6: {key} of {object_name} is not unique" in said(made)
    associated = f"{{{object_name}: [{{by: {key}, to: x}}]}}"
    made.write(
        "companies.yaml",
        f"object: contacts\nkey: email\nrecords:\n  a@x.example: {{$associations: {associated}}}\n",
    )
    assert f'"{key}" of {object_name} cannot tell records apart' in said(made)


def test_a_record_is_not_created_under_a_key_that_cannot_be_written(tmp_path: Path) -> None:
    manifest = "object: companies\nkey: fixed_no\nrecords: {acme: {name: Acme}}\n"
    fixed = {"name": "fixed_no", "label": "Fixed", "modificationMetadata": {"readOnlyValue": True}} | UNIQUE
    made = project(tmp_path, manifest, fixed)
    assert "cannot be given its key: fixed_no is read-only" in said(made)
    assert made.run("apply", "--auto-approve").code == 1


def test_nothing_hidden_or_read_only_is_a_key_for_people() -> None:
    plain = definition("plain", Kind.TEXT, is_unique=True)
    known = {
        each.name: each
        for each in (
            plain,
            replace(plain, name="hidden", is_hidden=True),
            replace(plain, name="fixed", is_read_only=True),
            replace(plain, name="worked_out", is_calculated=True),
            definition("common"),
        )
    }
    schema = ObjectSchema("machines", "2-1", known, default_key="common")
    assert schema.advisable_keys() == ["common", "plain"]
