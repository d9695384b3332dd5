"""A portal that stores another value than was sent: this is reported with exit code 3, and planned again."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.exits import ExitCode
from reconciler.emulator.calls import Answer, Request
from tests.support.projects import Project, Recorder
from tests.support.served import served

KEY = {"name": "external_id", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
TIER = {
    "name": "tier",
    "label": "Tier",
    "type": "enumeration",
    "fieldType": "select",
    "options": [{"label": value.title(), "value": value} for value in ("gold", "silver", "tin")],
}
SEED: Mapping[str, Any] = {
    "properties": {"companies": [{"groupName": "companyinformation"} | each for each in (KEY, TIER)]},
    "records": {
        "companies": [{"id": "701", "properties": {"external_id": "old", "name": "Old", "tier": "silver"}}]
    },
}
HEAD = "object: companies\nkey: external_id\nprune: true\nrecords:\n  stays: {name: Stays}\n"


class Overruling(Recorder):
    """A portal that stores another value than was sent: silver instead of gold, or the pair in ``rule``."""

    rule = (b'"gold"', b'"silver"')

    def answer(self, request: Request) -> Answer:
        if "/companies/batch/" in request.path and not request.path.endswith("read"):
            request = replace(request, body=request.body.replace(*self.rule))
        return super().answer(request)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Project, Recorder]]:
    monkeypatch.setattr("tests.support.served.Recorder", Overruling)
    with served(tmp_path, {"companies.yaml": HEAD}, SEED) as made:
        yield made


def rows(project: Project) -> Mapping[str, Any]:
    done = project.run("apply", "--auto-approve", "--json")
    assert done.code == ExitCode.NOT_APPLIED, done.out
    return {row["address"]: row for row in done.document["changes"]}


def owned(project: Project) -> Mapping[str, Any]:
    return {entry["key"]: entry for entry in json.loads(project.run("state", "export").out)["owned"]}


@pytest.mark.parametrize("drift", ["revert", "hold"])
def test_an_update_says_what_was_not_taken_and_it_is_planned_again(
    world: tuple[Project, Recorder], drift: str
) -> None:
    project, _ = world
    project.replace("reconciler.yaml", "manifests: [.]", f"manifests: [.]\ndrift: {drift}")
    project.write("companies.yaml", HEAD + "  old: {name: Old, tier: silver}\n")
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    project.write("companies.yaml", HEAD + "  old: {name: New, tier: gold}\n")

    row = rows(project)["companies/old"]

    assert row["outcome"] == "rejected"
    assert "did not store what reconciler sent for tier" in row["detail"]["message"]
    assert owned(project)["old"]["sent"] == {"name": "New", "tier": "silver"}
    planned = project.run("plan", "--json").document
    assert [list(change["properties"]) for change in planned["changes"]] == [["tier"]]
    assert project.run("drift").code == ExitCode.OK


def test_a_new_record_is_ours_all_the_same(world: tuple[Project, Recorder]) -> None:
    project, portal = world
    project.write("companies.yaml", HEAD + "  new: {name: New, tier: gold}\n")

    assert rows(project)["companies/new"]["outcome"] == "rejected"

    entry = owned(project)["new"]
    assert (entry["origin"], entry["sent"]) == ("created", {"name": "New", "tier": "silver"})
    assert project.run("plan", "--detailed-exitcode").code == ExitCode.CHANGES
    project.write("companies.yaml", HEAD)
    assert project.run("apply", "--auto-approve", "--allow", "archive=1").code == ExitCode.OK
    assert [body["inputs"] for _, body in portal.asked("/companies/batch/archive")] == [
        [{"id": entry["record_id"]}]
    ]


def test_accepted_values_are_rolled_back(world: tuple[Project, Recorder]) -> None:
    project, _ = world
    project.write("companies.yaml", HEAD + "  old: {name: New, tier: gold}\n  new: {name: New, tier: gold}\n")
    project.run("apply", "--auto-approve")

    done = project.run("rollback", "last", "--json", "--values", "show")

    changes = {change["address"]: change for change in done.document["changes"]}
    assert changes["companies/new"]["action"] == "archive"
    assert {name: value["after"] for name, value in changes["companies/old"]["properties"].items()} == {
        "name": "Old"
    }


THIRD: Mapping[str, tuple[str, str, str, bytes]] = {
    "a choice": ("tier", "silver", "gold", b'"tin"'),
    "a choice, emptied": ("tier", "silver", "gold", b'""'),
    "a number": ("annualrevenue", "4", "5", b'"6"'),
    "a number that was empty": ("numberofemployees", "null", "5", b'"6"'),
    "a stage that goes back": ("lifecyclestage", "customer", "lead", b'"opportunity"'),
}


@pytest.mark.parametrize("drift", ["revert", "hold"])
@pytest.mark.parametrize("third", THIRD)
def test_a_third_value_is_our_write_and_no_edit_of_people(
    world: tuple[Project, Recorder], third: str, drift: str
) -> None:
    project, portal = world
    name, before, wanted, stored = THIRD[third]
    project.replace("reconciler.yaml", "manifests: [.]", f"manifests: [.]\ndrift: {drift}")
    project.write("companies.yaml", HEAD + f"  new: {{name: New, {name}: {before}}}\n")
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    project.replace("companies.yaml", f"{name}: {before}", f"{name}: {wanted}")
    assert isinstance(portal, Overruling)
    portal.rule = (f'"{wanted}"'.encode(), stored)

    row = rows(project)["companies/new"]

    assert (row["outcome"], f"reconciler sent for {name}" in row["detail"]["message"]) == ("rejected", True)
    assert "still empty" not in row["detail"]["message"]
    assert owned(project)["new"]["sent"][name] == (json.loads(stored) or None)
    (change,) = project.run("plan", "--json").document["changes"]
    assert change["reason"] == "changed"
    assert project.run("drift").code == ExitCode.OK
    (back,) = project.run("rollback", "last", "--json", "--values", "show").document["changes"]
    assert back["properties"][name]["after"] == (None if before == "null" else before)
    portal.rule = (b"", b"")
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    assert project.run("plan").out.startswith("No changes.")


def test_a_third_value_of_a_new_record_is_set_by_the_next_run(world: tuple[Project, Recorder]) -> None:
    project, portal = world
    project.replace("reconciler.yaml", "manifests: [.]", "manifests: [.]\ndrift: hold")
    project.write("companies.yaml", HEAD + "  new: {name: New, tier: gold}\n")
    assert rows(project)["companies/new"]["outcome"] == "rejected"
    assert isinstance(portal, Overruling)
    portal.rule = (b"", b"")

    assert project.run("apply", "--auto-approve").code == ExitCode.OK

    assert owned(project)["new"]["sent"]["tier"] == "gold"
