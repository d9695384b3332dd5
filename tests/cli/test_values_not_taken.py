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
    "options": [{"label": value.title(), "value": value} for value in ("gold", "silver")],
}
SEED: Mapping[str, Any] = {
    "properties": {"companies": [{"groupName": "companyinformation"} | each for each in (KEY, TIER)]},
    "records": {
        "companies": [{"id": "701", "properties": {"external_id": "old", "name": "Old", "tier": "silver"}}]
    },
}
HEAD = "object: companies\nkey: external_id\nprune: true\nrecords:\n  stays: {name: Stays}\n"


class Overruling(Recorder):
    """A portal with a rule that replaces the value gold by silver."""

    def answer(self, request: Request) -> Answer:
        if "/companies/batch/" in request.path and not request.path.endswith("read"):
            request = replace(request, body=request.body.replace(b'"gold"', b'"silver"'))
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
    assert "another value of tier" in row["detail"]["message"]
    assert owned(project)["old"]["sent"] == {"name": "New", "tier": "silver"}
    planned = project.run("plan", "--json").document
    assert [list(change["properties"]) for change in planned["changes"]] == [["tier"]]
    assert project.run("drift").code == ExitCode.OK


def test_a_new_record_is_ours_all_the_same(world: tuple[Project, Recorder]) -> None:
    project, portal = world
    project.write("companies.yaml", HEAD + "  new: {name: New, tier: gold}\n")

    assert rows(project)["companies/new"]["outcome"] == "rejected"

    entry = owned(project)["new"]
    assert (entry["origin"], entry["sent"]) == ("created", {"name": "New"})
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
