"""One custom object, which files call by its name, by its number, or by its qualified name."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.state.store import open_state
from tests.support.projects import PORTAL, Done, Project

STATE = "sqlite:///.reconciler/state.db"
SETTINGS = f"""version: 1
guards: {{archive: 100%, empty: 99, update: 100%}}
manifests: [base, later]
environments:
  local: {{portal: emulator, portal_id: {PORTAL}, seed: portal.json}}
  other: {{portal: emulator, portal_id: {PORTAL + 1}, seed: portal.json}}
default: local
"""
SCHEMA = {
    "name": "car",
    "labels": {"singular": "Car", "plural": "Cars"},
    "primaryDisplayProperty": "vin",
    "requiredProperties": ["vin"],
    "properties": [
        {"name": "vin", "label": "VIN", "type": "string", "fieldType": "text", "hasUniqueValue": True},
        {"name": "colour", "label": "Colour", "type": "string", "fieldType": "text"},
    ],
}
HEAD = "object: {}\nkey: vin\nprune: true\n{}records:\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    (tmp_path / "later").mkdir()
    made.write("portal.json", json.dumps({"version": 1, "schemas": [SCHEMA]}))
    return made


@pytest.fixture
def number(project: Project) -> str:
    """Return the number that the portal gives to the custom object."""
    write(project, "base/a.yaml", "car", "  A: {colour: red}\n")
    assert project.run("plan").code in {0, 2}
    with project.portal() as http:
        return str(http.get("/crm/v3/schemas").json()["results"][0]["objectTypeId"])


def write(project: Project, file: str, name: str, records: str, more: str = "") -> None:
    project.write(file, HEAD.format(name, more) + records)


def apply(project: Project, *arguments: str) -> Done:
    done = project.run("apply", "--auto-approve", *arguments)
    assert done.code == 0, done.out + done.err
    return done


def origins(project: Project) -> dict[str, str]:
    with closing(open_state(STATE, project.folder, PORTAL)) as store:
        return {
            entry.key.text: str(entry.origin)
            for object_name, by, count in store.owned_groups()
            for entry in store.owned_in_order(object_name, by, None, count)
        }


@pytest.mark.parametrize("form", ["{}", "p{portal}_car"])
def test_both_are_one_type_and_nothing_flips(project: Project, number: str, form: str) -> None:
    other = form.format(number, portal=PORTAL)
    write(project, "base/b.yaml", other, "  B: {colour: blue}\n")
    apply(project)

    assert origins(project) == {"car/A": "created", "car/B": "created"}
    for _ in range(2):
        assert project.run("plan").out.startswith("No changes."), project.run("plan").out
    write(project, "base/a.yaml", other, "  A: {colour: red}\n")
    assert project.run("plan").out.startswith("No changes.")
    write(project, "base/b.yaml", "car", "  {}\n")
    changes = project.run("plan", "--json").document["changes"]
    assert [(change["action"], change["address"]) for change in changes] == [("archive", "car/B")]


def test_a_record_that_both_declare_is_declared_twice(project: Project, number: str) -> None:
    write(project, "base/b.yaml", number, "  A: {colour: blue}\n")

    done = project.run("plan")

    assert done.code == 1
    assert "car/A is declared twice in this folder: also in base/a.yaml" in done.out + done.err


def test_a_later_folder_overrides_under_whatever_name(project: Project, number: str) -> None:
    write(project, "later/a.yaml", number, "  A: {colour: green}\n")
    apply(project)

    with project.portal() as http:
        (found,) = http.get(f"/crm/v3/objects/{number}?properties=colour").json()["results"]
    assert found["properties"]["colour"] == "green"
    assert project.run("plan").out.startswith("No changes.")


def test_disagreeing_pruning_is_told_under_whatever_name(project: Project, number: str) -> None:
    project.write("base/b.yaml", f"object: {number}\nkey: vin\nprune: all\nrecords:\n  B: {{}}\n")

    done = project.run("plan")

    assert done.code == 1
    assert "documents about one object type and key must have the same `prune:`" in done.out + done.err


def test_a_record_named_here_by_another_document_is_not_for_other_environments(
    project: Project, number: str
) -> None:
    write(project, "base/b.yaml", number, "  A: {}\n", "environments: [other]\n")
    apply(project)

    assert project.run("plan").out.startswith("No changes.")
    assert origins(project) == {"car/A": "created"}


def test_flags_may_use_any_name(project: Project, number: str) -> None:
    changes = project.run("plan", "--json", "--target", f"{number}/A").document["changes"]
    assert [change["address"] for change in changes] == ["car/A"]
