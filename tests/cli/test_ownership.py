"""Ownership of properties: no request ever contains a value that the rule forbids."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.projects import Done, Project, Recorder
from tests.support.served import served

UNIQUE = {
    "name": "external_id",
    "label": "External id",
    "type": "string",
    "fieldType": "text",
    "groupName": "companyinformation",
    "hasUniqueValue": True,
}
SEED = {
    "properties": {"companies": [UNIQUE]},
    "records": {
        "companies": [
            {
                "id": "9001",
                "properties": {"external_id": "there", "name": "Old", "lifecyclestage": "customer"},
            },
            {
                "id": "9002",
                "properties": {"external_id": "before", "name": "Old", "lifecyclestage": "customer"},
            },
        ]
    },
}
RULES = {"name": "enforce", "city": "initial", "lifecyclestage": "initial", "industry": "observe"}
VALUES = [("A", "Bonn", "lead", "BANKING"), ("B", "Ulm", "subscriber", "INSURANCE")]


def manifest(write: str, values: tuple[str, ...], *, creates: bool) -> str:
    record = "{" + ", ".join(f"{name}: {text}" for name, text in zip(RULES, values, strict=True))
    new = f"  new: {record}}}\n" if creates else ""
    rules = ", ".join(f"{name}: {rule}" for name, rule in RULES.items())
    return (
        f"object: companies\nkey: external_id\nwrite: {write}\nownership: {{{rules}}}\nrecords:\n{new}"
        f"  there: {record}}}\n  renamed: {record}, $renamed_from: before}}\n"
    )


def rows(portal: Recorder) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield every row that was sent in a write, with its call, its record and its values."""
    for request in portal.requests:
        assert request.method in {"GET", "POST"}, request.path
    for call in ("update", "upsert", "create"):
        for path, body in portal.asked(f"/batch/{call}"):
            yield from ((path.rpartition("/")[2], row["id"], row["properties"]) for row in body["inputs"])


def ok(done: Done) -> Done:
    assert done.code == 0, done.out + done.err
    return done


@pytest.mark.parametrize("drift", ["revert", "hold"])
@pytest.mark.parametrize("write", ["auto", "upsert", "update"])
def test_no_request_carries_a_property_that_the_rule_forbids(tmp_path: Path, write: str, drift: str) -> None:
    creates = write != "update"
    first, second = (manifest(write, values, creates=creates) for values in VALUES)
    more = f"    drift: {drift}\n"
    with served(tmp_path, {"companies.yaml": first}, SEED, more=more) as (project, portal):
        ok(project.run("apply", "--auto-approve", "--take", "companies/*"))
        made = {who: set(properties) for call, who, properties in rows(portal) if call == "upsert"}
        assert made.get("new") == ({"name", "city", "lifecyclestage"} if creates else None)

        edit(project, name="Theirs", city="Kiel", lifecyclestage="opportunity", industry="APPAREL_FASHION")
        portal.requests.clear()
        project.write("companies.yaml", second.replace(", $renamed_from: before", ""))
        ok(project.run("apply", "--auto-approve", "--take", "companies/*"))
        written = [set(properties) - {"external_id"} for _, _, properties in rows(portal)]
        assert written == [{"name"}] * (3 if creates else 2)
        assert project.run("plan").out.startswith("No changes.")


def edit(project: Project, **values: str) -> None:
    """Change a record in HubSpot, as another person."""
    headers = {"Authorization": f"Bearer {project.environ['HUBSPOT_ACCESS_TOKEN']}"}
    url = (project.folder / "reconciler.yaml").read_text().partition("base_url: ")[2].split()[0]
    httpx.patch(
        f"{url}/crm/v3/objects/companies/9001", headers=headers, json={"properties": values}
    ).raise_for_status()


def test_a_step_back_of_the_lifecycle_stage_carries_nothing_else(tmp_path: Path) -> None:
    text = (
        "object: companies\nkey: external_id\nownership: {city: initial, industry: observe}\nrecords:\n"
        "  there: {name: New, lifecyclestage: lead, city: Bonn, industry: BANKING}\n"
    )
    with served(tmp_path, {"companies.yaml": text}, SEED) as (project, portal):
        assert project.run("plan", "--json").document["budget"]["write_calls"] == 2
        ok(project.run("apply", "--auto-approve"))
        assert [properties for _, _, properties in rows(portal)] == [
            {"lifecyclestage": ""},
            {"lifecyclestage": "lead", "name": "New"},
        ]


@pytest.mark.parametrize("rule", ["initial", "observe"])
def test_a_stage_that_is_peoples_is_never_stepped_back(tmp_path: Path, rule: str) -> None:
    text = (
        f"object: companies\nkey: external_id\nownership: {{lifecyclestage: {rule}}}\nrecords:\n"
        "  there: {name: New, lifecyclestage: lead}\n"
    )
    with served(tmp_path, {"companies.yaml": text}, SEED) as (project, portal):
        assert project.run("plan", "--json").document["budget"]["write_calls"] == 1
        ok(project.run("apply", "--auto-approve"))
        assert [properties for _, _, properties in rows(portal)] == [{"name": "New"}]
