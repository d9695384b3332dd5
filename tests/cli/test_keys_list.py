"""``keys list`` shows which properties can recognise records, and how many records have a value in them."""

from pathlib import Path

import pytest

from tests.support.projects import Project, example


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = example(tmp_path)
    made.run("emulator", "seed")
    with made.portal() as portal:
        for name in ("Twin", "Twin", "Nobody"):
            body = {"properties": {"name": name, "domain": "twin.example" if name == "Twin" else ""}}
            assert portal.post("/crm/v3/objects/companies", json=body).status_code == 201
    return made


def test_unique_properties_and_named_ones_are_counted(project: Project) -> None:
    listed = project.run("keys", "list", "companies", "--properties", "domain")
    assert listed.code == 0, listed.err
    assert listed.out.splitlines() == [
        "companies: 20 records",
        "",
        "  property     filled  empty  repeated",
        "  external_id      13      7         0  can be a key",
        "  domain           17      3         2  not unique in HubSpot",
    ]
    assert listed.err == ""
    assert "--properties " in project.run("keys", "list", "companies").err


def test_json_has_the_same_counts(project: Project) -> None:
    found = project.run("keys", "list", "0-2", "--json").document
    assert (found["object"], found["records"]) == ("companies", 20)
    (candidate,) = found["candidates"]
    assert (candidate["name"], candidate["is_usable"], candidate["empty"]) == ("external_id", True, 7)


def test_a_type_without_a_key_is_told_of(project: Project) -> None:
    listed = project.run("keys", "list", "notes")
    assert listed.code == 0
    assert "has no property that can be a key" in listed.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["companys"], 'the portal has no object type "companys"\n    did you mean "companies"?'),
        (
            ["companies", "--properties", "domian"],
            'companies has no property "domian"\n    did you mean "domain"?',
        ),
    ],
)
def test_a_wrong_name_is_explained(project: Project, arguments: list[str], says: str) -> None:
    refused = project.run("keys", "list", *arguments)
    assert refused.code == 1
    assert says in refused.err
