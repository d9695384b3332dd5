"""Options, stages, pipelines and groups with names that look like syntax work in every command."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.addresses import parse_definition_address
from reconciler.model.definition_attributes import option_path
from reconciler.reconcile import owned_definitions
from tests.support.projects import Project

NAMES = [
    "true",
    "007",
    "$0-$50k",
    "a:b#c",
    "null",
    "~",
    "$absent",
    "- x",
    "a/b",
    "100%",
    "1.50",
    "<<",
    "*?[x]",
    "Ä ö",
]
SETTINGS = "version: 1\nproject: named\nenvironments:\n  local: {portal: emulator, seed: portal.json}\n"


def manifest() -> str:
    """Return a manifest in which each name is a group, an option, a pipeline and a stage."""
    stages = {name: {"probability": place / 20} for place, name in enumerate(NAMES)}
    return "---\n".join(
        json.dumps(document, ensure_ascii=False) + "\n"
        for document in (
            {
                "object": "companies",
                "groups": {"erp": {"label": "ERP"}},
                "properties": {
                    "tier": {
                        "label": "Tier",
                        "type": "enumeration",
                        "fieldType": "checkbox",
                        "groupName": "erp",
                        "options": {name: f"Label of {name}" for name in NAMES},
                    }
                },
            },
            {"object": "deals", "pipelines": {name: {"stages": stages} for name in ("<<", "a:b#c", "007")}},
        )
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("named"))
    project.write("portal.json", '{"search_lag_ms": 0}')
    project.write("reconciler.yaml", SETTINGS)
    project.write("all.yaml", manifest())
    done = project.run("apply", "--auto-approve")
    assert done.code == 0, done.out + done.err
    return project


def document(project: Project, *command: str) -> Any:
    done = project.run(*command, "--json")
    assert done.code in {0, 2}, done.err
    return json.loads(done.out)


def owned(project: Project) -> list[str]:
    return [each["address"] for each in document(project, "state", "list")]


def test_the_second_plan_is_empty_and_the_portal_has_the_names(project: Project) -> None:
    assert project.run("plan").out.startswith("No changes.")
    with project.portal() as http:
        options = http.get("/crm/v3/properties/companies/tier").json()["options"]
        pipelines = http.get("/crm/v3/pipelines/deals").json()["results"]
    assert [each["value"] for each in sorted(options, key=lambda each: each["displayOrder"])] == NAMES
    made = {each["label"]: [stage["label"] for stage in each["stages"]] for each in pipelines}
    assert made["<<"] == NAMES
    assert made["a:b#c"] == NAMES


def test_every_address_in_state_leads_back_to_its_definition(project: Project) -> None:
    found = owned(project)
    names = {parse_definition_address(address)[0].name for address in found}
    assert names == {*NAMES, "erp", "tier"}
    for address in found:
        assert document(project, "state", "show", address)[0]["address"] == address


def test_targets_and_explanations_take_the_addresses(project: Project) -> None:
    for address in [
        each for each in owned(project) if ("/stages/" in each and "a%3Ab" in each) or "<<" in each
    ][:3]:
        assert project.run("plan", "--target", address).code == 0
        assert project.run("explain", address).code == 0
    for name in ("<<", "a:b#c", "$absent", "*?[x]"):
        address = f"companies:properties/tier#{option_path(name, 'label')}"
        assert project.run("plan", "--target", address).code == 0, address
        text = project.run("explain", f"companies:properties/tier#{option_path(name, 'label')}").out
        assert f"Label of {name}" in text
    text = project.run("explain", "companies:properties/tier#options/%61%3Ab%23c/label").out
    assert "Label of a:b#c" in text  # the label is shown unencoded, although addresses are encoded
    assert "true, 007, $0-$50k, a:b#c" in project.run("explain", "companies:properties/tier").out


def test_what_people_change_is_accepted_line_by_line(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owned_definitions, "SETTLING", timedelta(0))
    with project.portal() as http:
        options = http.get("/crm/v3/properties/companies/tier").json()["options"]
        new = [{**each, "label": f"{each['label']}!"} for each in options if each["value"] != "100%"]
        http.patch(
            "/crm/v3/properties/companies/tier",
            json={"options": [*reversed(new), {"value": "-", "label": "?"}]},
        )
    drift = document(project, "drift")
    assert len(drift["values"]) == len(NAMES)
    done = project.run("drift", "--accept", "companies:properties/tier")
    assert done.code == 0, done.out + done.err
    assert "0 to create, 0 to update, 0 to archive." in " ".join(project.run("plan").out.split())
    assert project.run("apply", "--auto-approve").code == 0


def test_an_import_writes_the_same_names(project: Project, tmp_path: Path) -> None:
    other = Project(tmp_path)
    for name in ("portal.json", "reconciler.yaml"):
        other.write(name, (project.folder / name).read_text())
    (tmp_path / ".reconciler").mkdir()
    (tmp_path / ".reconciler" / "portal.db").write_bytes(
        (project.folder / ".reconciler" / "portal.db").read_bytes()
    )
    for name in ("companies", "deals"):
        done = other.run("import", name, "--definitions")
        assert done.code == 0, done.out + done.err
        assert "nothing is written" in done.out
