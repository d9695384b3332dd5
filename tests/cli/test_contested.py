"""A workflow that overwrites our writes: we overwrite it once, then only report it until a person decides."""

from pathlib import Path

import pytest

from reconciler.cli.exits import ExitCode
from tests.support.edits import ADA, FILLER, edit
from tests.support.projects import Project, example

ADDRESS = "companies/K-10012#name"


@pytest.fixture
def fought(tmp_path: Path) -> Project:
    """Return the example project after two applies; after each, a workflow overwrote the applied value."""
    project = example(tmp_path)
    project.replace("companies.yaml", "name: Alpenrand Molkerei GmbH", "name: Alpenrand Dairy")
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    edit(project, "K-10012", source=FILLER, properties={"name": "ALPENRAND"})
    assert written(project) == {ADDRESS: "drift"}
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    edit(project, "K-10012", source=FILLER, properties={"name": "ALPENRAND"})
    return project


def written(project: Project, *arguments: str) -> dict[str, str]:
    """Return the values that a plan would write, and the reasons."""
    changes = project.run("plan", "--json", *arguments).document["changes"]
    return {
        f"{change['address']}#{name}": value["reason"]
        for change in changes
        for name, value in change["properties"].items()
    }


def test_the_second_time_it_is_held_and_says_which_workflow_it_is(fought: Project) -> None:
    done = fought.run("plan", "--json", "--detailed-exitcode")
    assert done.code == ExitCode.OK
    assert done.document["changes"] == []
    (held,) = done.document["held"]
    assert (held["address"], held["reason"]) == (ADDRESS, "contested")
    assert (held["changed_by"], held["changed_via"]) == ("Fill names (55)", "workflow")
    assert held["facts"] == [{"kind": "contested", "count": 2}]
    assert fought.run("apply", "--auto-approve").code == ExitCode.OK
    assert fought.run("plan", "--json").document["held"] == done.document["held"]


def test_a_glob_that_takes_everything_does_not_go_on_fighting(fought: Project) -> None:
    assert written(fought, "--take", "companies/*", "--take", "*#name") == {}


def test_its_exact_address_writes_it_once_more(fought: Project) -> None:
    assert written(fought, "--take", ADDRESS) == {ADDRESS: "drift"}
    assert fought.run("apply", "--auto-approve", "--take", ADDRESS).code == ExitCode.OK
    assert fought.run("plan").out.startswith("No changes.")
    edit(fought, "K-10012", source=FILLER, properties={"name": "ALPENRAND"})
    assert written(fought) == {}


def test_a_new_value_in_the_manifest_is_tried(fought: Project) -> None:
    fought.replace("companies.yaml", "name: Alpenrand Dairy", "name: Alpenrand Molkerei")
    assert written(fought) == {ADDRESS: "conflict"}


def test_a_person_who_edits_it_afterwards_is_overwritten_as_ever(fought: Project) -> None:
    edit(fought, "K-10012", source=ADA, properties={"name": "Alpenrand"})
    assert written(fought) == {ADDRESS: "drift"}
