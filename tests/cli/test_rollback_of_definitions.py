"""Rolling back runs that changed definitions, and the records that use them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.projects import Project

SETTINGS = """version: 1
guards: {update: 100%, clear: 100%}
environments: {local: {portal: emulator, seed: portal.json}}
"""
SEED = {
    "version": 1,
    "search_lag_ms": 0,
    "properties": {
        "companies": [
            {
                "name": "external_id",
                "label": "Key",
                "type": "string",
                "fieldType": "text",
                "hasUniqueValue": True,
                "groupName": "companyinformation",
            }
        ]
    },
    "records": {
        "companies": [{"properties": {"external_id": f"c{number}", "name": "C"}} for number in range(3)]
    },
}
BEFORE = """object: companies
groups:
  erp: {label: ERP}
properties:
  tier:
    label: Tier
    type: enumeration
    fieldType: select
    groupName: erp
    options: {gold: Gold, standard: Standard}
  note: {label: Note, type: string, fieldType: text, groupName: erp, description: Free text}
key: external_id
records:
  c0: {tier: standard, note: one}
  c1: {tier: gold}
---
object: deals
pipelines:
  Renewals:
    stages:
      Open: {probability: 0.2}
      Won: {probability: 1.0}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project whose definitions and records are applied."""
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    made.write("portal.json", json.dumps(SEED))
    apply(made, BEFORE)
    return made


def apply(project: Project, text: str, *allow: str) -> str:
    project.write("manifests.yaml", text)
    done = project.run("apply", "--auto-approve", *allow)
    assert done.code == 0, done.out + done.err
    return done.out


def take_back(project: Project, *arguments: str) -> Mapping[str, Any]:
    """Plan the rollback of the last run, apply it, and return the plan."""
    done = project.run("rollback", "last", *arguments, "--out", "back.json", "--json", "--values", "show")
    assert done.code == 0, done.out + done.err
    applied = project.run("apply", "back.json", "--auto-approve")
    assert applied.code == 0, applied.out + applied.err
    found: Mapping[str, Any] = json.loads(done.out)
    return found


def owned_by(project: Project) -> Any:
    return json.loads(project.run("state", "list", "--json").out)


def snapshot(project: Project) -> Mapping[str, Any]:
    """Return properties, groups, pipelines and values of the portal."""
    with project.portal() as portal:
        named = {
            name: portal.get(f"/crm/v3/{name}").raise_for_status().json()["results"]
            for name in (
                "properties/companies",
                "properties/companies/groups",
                "pipelines/deals",
            )
        }
        params = {"properties": "external_id,tier,note,grade", "limit": "100"}
        records = portal.get("/crm/v3/objects/companies", params=params).json()["results"]
    values = {
        each["properties"]["external_id"]: {
            name: each["properties"].get(name) for name in ("tier", "note", "grade")
        }
        for each in records
    }
    found = {name: sorted(map(_plain, bodies), key=str) for name, bodies in named.items()}
    return {**found, "values": values}


def _plain(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``body`` without times, and without numbers that only determine the order."""
    left_out = {"createdAt", "updatedAt", "archivedAt", "updatedUserId", "createdUserId", "displayOrder"}
    kept = {name: value for name, value in body.items() if name not in left_out}
    for name in ("options", "stages"):
        if name in kept:
            ordered = sorted(kept[name], key=lambda each: each.get("displayOrder", 0))
            kept[name] = [_plain(each) for each in ordered]
    return kept


CHANGES = {
    "labels, order of options and stages": BEFORE.replace("label: Tier", "label: Level")
    .replace("{gold: Gold, standard: Standard}", "{standard: Basic, gold: Gold}")
    .replace("probability: 0.2", "probability: 0.3")
    .replace(
        "      Open: {probability: 0.3}\n      Won: {probability: 1.0}\n",
        "      Signed: {probability: 1.0, $renamed_from: Won}\n      Open: {probability: 0.3}\n",
    ),
    "an option is added and used": BEFORE.replace(
        "{gold: Gold, standard: Standard}", "{gold: Gold, new: New, standard: Standard}"
    ).replace("c1: {tier: gold}", "c1: {tier: new}"),
    "a group, a property and a value in it": BEFORE.replace(
        "  erp: {label: ERP}\n", "  erp: {label: ERP}\n  own: {label: Own}\n"
    )
    .replace(
        "key: external", "  grade: {label: G, type: string, fieldType: text, groupName: own}\nkey: external"
    )
    .replace("c1: {tier: gold}", "c1: {tier: gold, grade: A}"),
    "a pipeline, and a stage in another": BEFORE
    + "      Late: {probability: 0.5}\n  Other:\n    stages:\n      First: {probability: 0.1}\n",
    "pipeline renamed": BEFORE.replace("  Renewals:\n", "  Again:\n    $renamed_from: Renewals\n"),
}


@pytest.mark.parametrize("after", CHANGES.values(), ids=CHANGES)
def test_everything_is_as_before_and_can_be_done_again(project: Project, after: str) -> None:
    before, owned = snapshot(project), owned_by(project)
    apply(project, after)
    changed = snapshot(project)
    assert changed != before

    plan = take_back(project)

    assert not plan["held"]
    assert snapshot(project) == before
    assert owned_by(project) == owned
    project.write("manifests.yaml", BEFORE)
    again = project.run("plan", "--detailed-exitcode")
    assert again.code == 0, again.out
    assert project.run("drift").code == 0


def test_a_moved_option_comes_back_with_its_records(project: Project) -> None:
    before = snapshot(project)
    with project.portal() as portal:  # a value of a record that no manifest names
        path = "/crm/v3/objects/companies/c2"
        body = {"properties": {"tier": "standard"}}
        portal.patch(path, params={"idProperty": "external_id"}, json=body).raise_for_status()
    before = snapshot(project)
    text = BEFORE.replace("standard: Standard", "basic: {label: Basic, $renamed_from: standard}")
    apply(project, text.replace("c0: {tier: standard,", "c0: {tier: basic,"), "--allow", "migrate=5")
    assert snapshot(project)["values"]["c2"]["tier"] == "basic"

    plan = take_back(project)

    assert not plan["held"]
    assert snapshot(project) == before
    records = owned_by(project)
    assert not [each for each in records if "c2" in each["address"]]

    take_back(project)  # roll back the rollback
    assert snapshot(project)["values"]["c2"]["tier"] == "basic"


ARCHIVED = BEFORE.replace(
    "note: {label: Note, type: string, fieldType: text, groupName: erp, description: Free text}",
    "note: {$absent: true}",
).replace(", note: one", "")


def test_an_archived_property_comes_back_with_its_values(project: Project) -> None:
    before = snapshot(project)
    apply(project, ARCHIVED, "--allow", "lose=1")

    plan = take_back(project)

    assert not plan["held"]
    assert snapshot(project) == before
    refused = project.run("rollback", "last", "--out", "back.json")
    assert refused.code == 4
    assert "--allow lose=1" in " ".join(refused.out.split()), refused.out
    take_back(project, "--allow", "lose=1")
    with project.portal() as portal:
        assert portal.get("/crm/v3/properties/companies/note").status_code == 404


@pytest.mark.parametrize(
    ("absent", "allow", "kept"),
    [
        ("{$absent: true, $moves_to: city}", "migrate=1", {"note": None, "city": "one"}),
        ("{$absent: true}", "lose=1", {"note": None, "city": None}),
    ],
)
def test_what_was_never_ours_comes_back_and_is_not_ours(
    project: Project, absent: str, allow: str, kept: Mapping[str, str | None]
) -> None:
    project.write("manifests.yaml", "object: companies\nkey: external_id\nrecords: {c1: {tier: gold}}\n")
    assert project.run("apply", "--auto-approve").code == 0
    before, owned = snapshot(project), owned_by(project)
    apply(project, f"object: companies\nproperties: {{note: {absent}}}\n", "--allow", allow)
    with project.portal() as portal:
        path = "/crm/v3/objects/companies/c0?idProperty=external_id&properties=note,city"
        now = portal.get(path).json()["properties"]
        assert {name: now.get(name) for name in kept} == kept

    take_back(project)

    assert snapshot(project) == before
    assert owned_by(project) == owned


NEW = BEFORE.replace(
    "key: external", "  grade: {label: G, type: string, fieldType: text, groupName: erp}\nkey: external"
).replace("c1: {tier: gold}", "c1: {tier: gold, grade: A}")


@pytest.mark.parametrize(
    ("path", "body", "reason", "fact"),
    [
        (
            "/crm/v3/objects/companies/c2",
            {"properties": {"grade": "B"}},
            "superseded",
            "1 record have values that the run did not write",
        ),
        ("/crm/v3/properties/companies/grade", {"label": "Grade"}, "superseded", "label changed since"),
    ],
)
def test_a_new_property_stays_while_others_use_it(
    project: Project, path: str, body: Mapping[str, Any], reason: str, fact: str
) -> None:
    apply(project, NEW)
    with project.portal() as portal:
        params = {"idProperty": "external_id"} if "objects" in path else {}
        portal.patch(path, params=params, json=body).raise_for_status()

    plan = take_back(project)

    (held,) = [each for each in plan["held"] if each["address"] == "companies:properties/grade"]
    assert held["reason"] == reason
    assert fact in project.run("show", "back.json").out
    with project.portal() as portal:
        assert portal.get("/crm/v3/properties/companies/grade").status_code == 200
    assert snapshot(project)["values"]["c1"]["grade"] is None


def test_a_removed_stage_cannot_come_back_and_that_is_said_before(project: Project) -> None:
    gone = BEFORE + "      Late: {probability: 0.5}\n"
    apply(project, gone)
    project.write("manifests.yaml", BEFORE + "      Late: {$absent: true}\n")
    warned = project.run("plan")
    assert "HubSpot cannot bring back a stage that is removed" in " ".join(warned.out.split())
    apply(project, BEFORE + "      Late: {$absent: true}\n")

    done = project.run("rollback", "last")

    assert "HubSpot cannot bring it back" in done.out
    assert "deals:pipelines/Renewals/stages/Late" in done.out


def test_only_what_is_targeted_goes_back(project: Project) -> None:
    text = BEFORE.replace("label: Tier", "label: Level").replace("label: Note", "label: Remark")
    apply(project, text)

    plan = take_back(project, "--target", "companies:properties/tier")

    assert [each["why"]["address"] for each in plan["changes"]] == ["companies:properties/tier"]


MACHINES = """---
object: machines
schema:
  labels: {singular: Machine, plural: Machines}
  primaryDisplayProperty: serial_number
  requiredProperties: [serial_number]
  associatedObjects: [companies]
groups:
  machinery: {label: Machinery}
properties:
  serial_number:
    {label: Serial number, type: string, fieldType: text, groupName: machinery, hasUniqueValue: true}
key: serial_number
records:
  m1: {$associations: {companies: [c1]}}
---
object: contacts
association_labels:
  companies:
    billing: {label: Billing contact, inverseLabel: Bills to}
"""


def test_a_new_object_type_goes_with_its_records_and_a_label(project: Project) -> None:
    before, owned = snapshot(project), owned_by(project)
    apply(project, BEFORE + MACHINES)

    plan = take_back(project)

    assert not plan["held"]
    assert (snapshot(project), owned_by(project)) == (before, owned)
    with project.portal() as portal:
        assert portal.get("/crm/v3/schemas").json()["results"] == []
        labels = portal.get("/crm/v4/associations/contacts/companies/labels").json()["results"]
    assert "Billing contact" not in [each["label"] for each in labels]


STOCK = "version: 1\nenvironments: {local: {portal: emulator, seed: portal.json}}\n"
COUNT = 300


def companies(count: int) -> list[dict[str, object]]:
    """Return companies; every tenth has the domain of its neighbour, and every seventh has none."""
    return [
        {
            "id": str(9_000 + number),
            "properties": {
                "name": f"Company {number}",
                "domain": "" if number % 7 == 0 else f"company-{number - (number % 10 == 1)}.example",
                "country": "DE" if number % 2 else "FR",
            },
        }
        for number in range(count)
    ]


@pytest.fixture
def without_key(tmp_path: Path) -> Project:
    """Return a project whose companies have no key."""
    made = Project(tmp_path)
    made.write("reconciler.yaml", STOCK)
    (tmp_path / "manifests").mkdir()
    made.write("portal.json", json.dumps({"records": {"companies": companies(COUNT)}}))
    made.run("emulator", "seed")
    return made


def created(project: Project, *arguments: str) -> str:
    """Make the plan, allowing what its guard asks for; return the printed text."""
    first = project.run("keys", "create", "companies", "erp_no", *arguments, "--out", "key.json")
    assert first.code == 4, first.err + first.out
    count = int(first.out.partition("--allow update=")[2].split()[0])
    done = project.run(
        "keys", "create", "companies", "erp_no", *arguments, "--allow", f"update={count}", "--out", "key.json"
    )
    assert done.code == 0, done.err + done.out
    return done.err


def test_a_new_key_goes_away_again_with_the_values_that_filled_it(without_key: Project) -> None:
    project = without_key
    created(project, "--from", "record_id")
    assert project.run("apply", "key.json", "--auto-approve").code == 0

    back = project.run(
        "rollback", "last", "--allow", "clear=300", "--allow", "update=300", "--out", "back.json"
    )

    assert back.code == 0, back.out + back.err
    assert project.run("apply", "back.json", "--auto-approve").code == 0
    with project.portal() as portal:
        assert portal.get("/crm/v3/properties/companies/erp_no").status_code == 404
