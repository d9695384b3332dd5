"""``apply --verify`` plans again and shows the remaining changes."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.exits import ExitCode
from reconciler.reconcile.apply import apply_plan
from tests.support.edits import ADA, edit
from tests.support.projects import Project, applied_example


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = applied_example(tmp_path)
    made.replace("companies.yaml", "name: Alpenrand Molkerei GmbH", "name: Alpenrand Dairy")
    return made


@pytest.fixture
def edited_afterwards(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Make another person edit two records after an apply: one that it wrote, and another one."""

    def apply_and_edit(*arguments: Any, **named: Any) -> Any:
        result = apply_plan(*arguments, **named)
        edit(project, "K-10012", source=ADA, properties={"name": "Ours"})
        edit(project, "K-10017", source=ADA, properties={"country": "Austria"})
        return result

    monkeypatch.setattr("reconciler.project.apply_plan.apply_plan", apply_and_edit)
    return project


def test_a_verified_apply_is_one_line(project: Project) -> None:
    done = project.run("apply", "--auto-approve", "--verify")
    assert done.code == ExitCode.OK
    assert done.err.endswith("Verified: HubSpot has all applied values.\n")


def test_only_the_rest_of_the_plan_is_shown(edited_afterwards: Project) -> None:
    done = edited_afterwards.run("apply", "--auto-approve", "--verify")
    assert done.code == ExitCode.NOT_APPLIED
    assert "Company name (name)  Ours → Alpenrand Dairy" in done.out
    assert "K-10017" not in done.out


def test_json_stays_one_document(edited_afterwards: Project) -> None:
    done = edited_afterwards.run("apply", "--auto-approve", "--verify", "--json")
    assert done.code == ExitCode.NOT_APPLIED
    assert json.loads(done.out)["accounting"]["applied"] == 1
    assert "HubSpot does not have all applied values" in done.err


def test_a_saved_plan_is_verified_by_the_manifests_that_are_here(edited_afterwards: Project) -> None:
    assert edited_afterwards.run("plan", "--out", "plan.json").code == ExitCode.OK
    assert edited_afterwards.run("apply", "plan.json", "--verify").code == ExitCode.NOT_APPLIED


def test_a_rollback_cannot_be_verified_and_nothing_is_written(project: Project) -> None:
    project.run("apply", "--auto-approve")
    assert project.run("rollback", "last", "--out", "plan.json").code == ExitCode.OK
    done = project.run("apply", "plan.json", "--verify")
    assert done.code == ExitCode.ERROR
    assert "a rollback restores older values than the manifests have" in done.err
    assert len(project.run("runs", "list", "--json").document) == 2


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_the_run_is_shown_even_if_verifying_fails(
    project: Project, monkeypatch: pytest.MonkeyPatch, form: list[str]
) -> None:
    def apply_and_break(*arguments: Any, **named: Any) -> Any:
        result = apply_plan(*arguments, **named)
        project.write("broken.yaml", "object: [\n")
        return result

    monkeypatch.setattr("reconciler.project.apply_plan.apply_plan", apply_and_break)

    done = project.run("apply", "--auto-approve", "--verify", *form)

    assert done.code == ExitCode.ERROR
    assert "broken.yaml" in done.err
    if form:
        assert done.document["accounting"]["applied"] == 1
    else:
        assert "1 planned = 1 applied" in done.out
