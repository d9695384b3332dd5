"""``explain`` shows that a record will get another value because the definition of its value is removed.

This also applies to records that no manifest names.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.projects import Project

SETTINGS = "version: 1\ndefault: local\nenvironments:\n  local: {portal: emulator, seed: portal.json}\n"
IN_GROUP = {"groupName": "companyinformation"}
TEXT = {"type": "string", "fieldType": "text"} | IN_GROUP


def _choice(name: str, field_type: str, *values: str) -> dict[str, Any]:
    options = [
        {"value": each, "label": each.title(), "displayOrder": place} for place, each in enumerate(values)
    ]
    return {"name": name, "label": name, "type": "enumeration", "fieldType": field_type, "options": options}


def _stage(name: str, place: int) -> dict[str, Any]:
    return {"id": name, "label": name.title(), "displayOrder": place, "metadata": {"probability": "0.2"}}


SEED = {
    "search_lag_ms": 0,
    "properties": {
        "companies": [
            {"name": "number", "label": "Number", "hasUniqueValue": True} | TEXT,
            {"name": "former", "label": "Former"} | TEXT,
            {"name": "newer", "label": "Newer"} | TEXT,
            _choice("tier", "select", "standard", "gold") | IN_GROUP,
            _choice("tags", "checkbox", "a", "b", "c") | IN_GROUP,
        ]
    },
    "pipelines": {
        "deals": [
            {
                "id": "renewals",
                "label": "Renewals",
                "displayOrder": 1,
                "stages": [_stage("open", 0), _stage("old", 1)],
            },
            {"id": "legacy", "label": "Legacy", "displayOrder": 2, "stages": [_stage("first", 0)]},
        ]
    },
    "records": {
        "companies": [
            {"properties": {"number": "c-1", "name": "One", "tier": "standard"}},
            {
                "properties": {
                    "number": "c-2",
                    "name": "Two",
                    "tier": "standard",
                    "tags": "b;c",
                    "former": "x",
                }
            },
            {"properties": {"number": "c-3", "name": "Three", "tier": "gold", "tags": "a"}},
        ],
        "deals": [
            {"properties": {"dealname": "D", "pipeline": "legacy", "dealstage": "first"}},
            {"properties": {"dealname": "E", "pipeline": "renewals", "dealstage": "old"}},
            {"properties": {"dealname": "F", "pipeline": "renewals", "dealstage": "open"}},
        ],
    },
}
MANIFESTS = """\
object: companies
properties:
  tier: {options: {basic: {label: Basic, $renamed_from: standard}, gold: Gold}}
  tags: {options_include: {c: {$absent: true, $moves_to: b}}}
  former: {$absent: true, $moves_to: newer}
key: number
ownership: {tier: initial}
records:
  c-1: {name: One, tier: basic}
---
object: deals
pipelines:
  Renewals: {stages: {Open: {probability: 0.2}, Old: {$absent: true, $moves_to: Open}}}
  Legacy: {$absent: true, $moves_to: Renewals}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    made.write("portal.json", json.dumps(SEED))
    made.write("a.yaml", "object: companies\nkey: number\nrecords: {c-1: {name: One}}\n")
    assert made.run("apply", "--auto-approve").code == 0
    made.write("a.yaml", MANIFESTS)
    return made


def id_of(project: Project, path: str, name: str, value: str) -> str:
    with project.portal() as http:
        found = http.get(f"/crm/v3/objects/{path}", params={"properties": name}).json()["results"]
    return next(str(each["id"]) for each in found if each["properties"][name] == value)


def writes(project: Project, address: str) -> dict[str, tuple[str | None, str]]:
    done = project.run("explain", address, "--json")
    assert done.code == 0, done.out + done.err
    explained = json.loads(done.out)
    steps = {name: each["next"] for name, each in explained["properties"].items()}
    return {
        name: (step.get("after"), step["reason"]) for name, step in steps.items() if step["action"] == "write"
    }


def test_a_named_record_moves_with_its_change_although_the_property_is_left_to_people(
    project: Project,
) -> None:
    assert writes(project, "companies/c-1") == {"tier": ("basic", "migrated")}
    assert "writes Basic; migrated" in project.run("explain", "companies/c-1").out


def test_a_record_that_nobody_names_moves(project: Project) -> None:
    two = f"companies/={id_of(project, 'companies', 'name', 'Two')}"
    assert writes(project, two) == {
        "newer": ("x", "migrated"),
        "tags": ("b", "migrated"),
        "tier": ("basic", "migrated"),
    }
    assert writes(project, f"{two}#tier") == {"tier": ("basic", "migrated")}


@pytest.mark.parametrize(
    ("deal", "expected"),
    [
        ("D", {"pipeline": ("renewals", "migrated"), "dealstage": ("open", "migrated")}),
        ("E", {"dealstage": ("open", "migrated")}),
    ],
)
def test_a_deal_moves_with_its_stage_or_pipeline(
    project: Project, deal: str, expected: dict[str, Any]
) -> None:
    assert writes(project, f"deals/={id_of(project, 'deals', 'dealname', deal)}") == expected


@pytest.mark.parametrize(
    ("path", "name", "value"), [("companies", "name", "Three"), ("deals", "dealname", "F")]
)
def test_a_record_that_nobody_names_and_that_stays_is_unknown(
    project: Project, path: str, name: str, value: str
) -> None:
    address = f"{path}/={id_of(project, path, name, value)}"
    done = project.run("explain", address)
    assert done.code == 1
    assert f"no manifest names {address}, and it is not in the state" in done.err


def test_one_record_is_explained_without_looking_at_all_that_move(project: Project) -> None:
    address = f"companies/={id_of(project, 'companies', 'name', 'Two')}"
    with project.portal() as http:
        more = [{"properties": {"name": f"M{each}", "tier": "standard"}} for each in range(100)]
        for _ in range(5):
            assert (
                http.post("/crm/v3/objects/companies/batch/create", json={"inputs": more}).status_code == 201
            )
        before = http.get("/account-info/v3/api-usage/daily/private-apps").json()
    assert writes(project, address)["tier"] == ("basic", "migrated")
    with project.portal() as http:
        after = http.get("/account-info/v3/api-usage/daily/private-apps").json()
    used = after["results"][0]["currentUsage"] - before["results"][0]["currentUsage"]
    assert used < 40
