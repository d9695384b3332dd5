"""``import OBJECT --definitions`` writes definitions of a portal as manifests with the same meaning."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler import Project as Opened
from reconciler import UsageError
from reconciler.manifest.load import load_manifests
from tests.support.projects import Project

TIER = {
    "name": "tier",
    "label": "Tier",
    "type": "enumeration",
    "fieldType": "select",
    "groupName": "erp",
    "options": [
        {"label": "Silver", "value": "silver", "displayOrder": 2},
        {"label": "Gold", "value": "gold", "displayOrder": 1, "description": "the best", "hidden": True},
        {"label": "5", "value": "$0-$50k", "displayOrder": 3},
    ],
}
SERIAL = {"name": "serial_number", "label": "Serial number", "type": "string", "fieldType": "text"}
SEED: Mapping[str, Any] = {
    "groups": {"companies": [{"name": "erp", "label": "ERP"}, {"name": "empty", "label": "Nothing yet"}]},
    "properties": {
        "companies": [
            TIER,
            {**SERIAL, "name": "own", "label": "Own", "groupName": "companyinformation", "archived": False},
        ]
    },
    "schemas": [
        {
            "name": "machines",
            "objectTypeId": "2-77",
            "labels": {"singular": "Machine", "plural": "Machines"},
            "properties": [SERIAL],
            "primaryDisplayProperty": "serial_number",
            "requiredProperties": ["serial_number"],
            "associatedObjects": ["companies"],
        }
    ],
    "pipelines": {
        "2-77": [
            {
                "id": "77",
                "label": "Service",
                "displayOrder": 0,
                "stages": [
                    {"id": "s2", "label": "Done", "displayOrder": 1, "metadata": {"ticketState": "CLOSED"}},
                    {"id": "s1", "label": "a:b#c", "displayOrder": 0, "metadata": {}},
                ],
            }
        ]
    },
    "association_labels": [
        {
            "from": "contacts",
            "to": "companies",
            "name": "billing",
            "label": "Billing",
            "inverseLabel": "Bills",
        },
        {"from": "companies", "to": "companies", "name": "owner", "label": "Parent", "inverseLabel": "Child"},
    ],
}
SETTINGS = "version: 1\ndrift: hold\nenvironments:\n  local: {portal: emulator, seed: portal.json}\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    made.write("portal.json", json.dumps(SEED))
    return made


def declared(project: Project) -> dict[str, dict[str, str | None]]:
    desired = load_manifests(project.folder, ["."], "local", ["local"])
    return {
        each.address.text: dict(zip(each.paths, each.values, strict=True)) for each in desired.definitions
    }


def test_properties_and_groups_are_written_in_short_forms(project: Project) -> None:
    done = project.run("import", "companies", "--definitions=properties,groups")
    assert (done.code, done.out.splitlines()[0]) == (
        0,
        "companies: 2 groups, 2 properties -> companies-definitions.yaml",
    )
    assert (project.folder / "companies-definitions.yaml").read_text() == (
        "object: companies\n"
        "\n"
        "groups:\n"
        "  empty: {label: Nothing yet}\n"
        "  erp: {label: ERP}\n"
        "\n"
        "properties:\n"
        "  own: {label: Own, type: string, fieldType: text, groupName: companyinformation}\n"
        "  tier:\n"
        "    label: Tier\n"
        "    type: enumeration\n"
        "    fieldType: select\n"
        "    groupName: erp\n"
        "    options:\n"
        "      gold: {label: Gold, description: the best, hidden: true}\n"
        "      silver: Silver\n"
        "      $0-$50k: 5\n"
    )
    assert project.run("validate").out.startswith("0 records and 4 definitions in 1 file: no problems")


def test_a_custom_object_is_written_with_everything_it_has(project: Project) -> None:
    assert project.run("import", "machines", "--definitions").code == 0
    found = declared(project)
    assert found["machines:schema"] == {
        "allowsSensitiveProperties": "true",  # HubSpot's default for a schema that does not set it
        "associatedObjects": '["companies"]',
        "labels/plural": "Machines",
        "labels/singular": "Machine",
        "primaryDisplayProperty": "serial_number",
        "requiredProperties": '["serial_number"]',
        "searchableProperties": '["hs_object_id"]',
    }
    assert found["machines:pipelines/Service"]["stages"] == '["a:b#c","Done"]'
    assert found["machines:pipelines/Service/stages/a:b%23c"]["label"] == "a:b#c"
    assert "machines:properties/serial_number" in found
    assert not any("properties/hs_" in address for address in found)


def test_the_same_folder_makes_a_second_portal_whose_numbers_differ(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("portal.json", json.dumps(SEED))
    project.write("second.json", '{"numbers_by_portal": true}')
    project.write(
        "reconciler.yaml",
        "version: 1\nproject: two\ndefault: local\nenvironments:\n"
        "  local: {portal: emulator, portal_id: 1000000, seed: portal.json}\n"
        "  second: {portal: emulator, portal_id: 1000002, seed: second.json}\n",
    )
    for name in ("companies", "machines"):
        done = project.run("import", name, "--definitions")
        assert done.code == 0
        assert done.out.endswith("will be taken over (state only); nothing is written.\n")
    written = [path.read_bytes() for path in sorted(tmp_path.glob("*-definitions.yaml"))]
    assert "11 planned = 11 applied" in project.run("apply", "--auto-approve").out
    made = project.run("apply", "-e", "second", "--auto-approve")
    assert (made.code, "0 rejected" in made.out) == (0, True)
    for name in ("companies", "machines"):
        again = project.run("import", name, "--definitions", "--replace", "-e", "second")
        assert again.code == 0
        assert "already owned; nothing is written." in " ".join(again.out.split())
    assert [path.read_bytes() for path in sorted(tmp_path.glob("*-definitions.yaml"))] == written
    for environment in ("local", "second"):
        assert project.run("plan", "-e", environment).out.startswith("No changes.")


def test_a_label_is_written_at_one_end_only(project: Project) -> None:
    assert project.run("import", "contacts", "--definitions=association_labels").code == 0
    assert declared(project) == {
        "contacts:association_labels/companies/billing": {"inverseLabel": "Bills", "label": "Billing"}
    }
    done = project.run("import", "companies", "--definitions=association_labels")
    assert "1 definition in manifests already, left as they are" in done.out
    labels = [address for address in declared(project) if address.startswith("companies")]
    assert labels == ["companies:association_labels/companies/owner"]
    assert project.run("validate").code == 0


def test_what_is_hubspots_own_is_written_only_where_it_is_named(project: Project) -> None:
    done = project.run("import", "companies", "--definitions", "--properties", "industry,tier", "--json")
    result = json.loads(done.out)
    assert result["written"] | {"association_labels": 0} == {
        "groups": 1,
        "properties": 2,
        "association_labels": 0,
    }
    assert set(declared(project)) >= {"companies:properties/industry", "companies:properties/tier"}
    assert "companies:properties/own" not in declared(project)


def test_nothing_is_overwritten_unless_told_to(project: Project) -> None:
    command = ("import", "companies", "--definitions=groups")
    assert project.run(*command).code == 0
    again = project.run(*command)
    assert again.code == 1
    assert "companies-definitions.yaml exists already, and nothing is overwritten" in again.err
    replaced = project.run(*command, "--replace")
    assert replaced.code == 0
    assert "copies of the replaced files:" in replaced.out
    elsewhere = project.run(*command, "--out", "other.yaml")
    assert "no definitions to import, nothing was written" in elsewhere.out
    assert "2 definitions in manifests already" in elsewhere.out


def test_what_a_manifest_cannot_say_is_left_out_and_told(project: Project) -> None:
    option = {"label": "Both", "value": "a;b", "displayOrder": 0}
    wrong = {**TIER, "name": "several", "fieldType": "checkbox", "options": [option]}
    project.write("portal.json", json.dumps({**SEED, "properties": {"companies": [TIER, wrong]}}))
    done = project.run("import", "companies", "--definitions=properties")
    assert done.code == 3
    assert 'left out: companies:properties/several: "a;b" contains ";"' in " ".join(done.out.split())
    assert list(declared(project)) == ["companies:properties/tier"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--definitions=propertys"], '"propertys" is not a section of definitions'),
        (
            ["--definitions", "--filter", "city=Bonn"],
            "--definitions writes no records: --filter cannot be used with it",
        ),
        (["--definitions", "--check"], "--definitions writes no records: --check cannot be used with it"),
        (["--definitions", "--properties", "nix"], 'companies has no property "nix"'),
        (["--definitions", "--out", "a.csv"], "--out a.csv: definitions are written as YAML"),
    ],
)
def test_what_makes_no_sense_is_refused(project: Project, options: list[str], message: str) -> None:
    done = project.run("import", "companies", *options)
    assert done.code == 1
    assert message in done.err


def test_python_gets_the_same(project: Project) -> None:
    environment = Opened.open(project.folder).environment("local")
    result = environment.import_definitions("companies", sections=["groups"])
    assert (result.object, dict(result.written), result.is_complete) == ("companies", {"groups": 2}, True)
    with pytest.raises(UsageError, match="is not a section of definitions"):
        environment.import_definitions("companies", sections=["stages"])
