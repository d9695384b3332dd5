"""Guards refuse plans, and each can be lifted by name."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.plan_files import file_of, parts_of, plan_from_text, plan_to_text
from tests.support.projects import Project

SETTINGS = "version: 1\nmanifests: [.]\nenvironments:\n  local: {portal: emulator}\n"


NOT_THERE_BEFORE = {
    "address": None,
    "advice": None,
    "message": "no such thing",
    "severity": "error",
    "source": None,
}


def manifest(price: int, count: int = 12) -> str:
    records = "".join(f"  P-{number:02}: {{name: Part, price: {price}}}\n" for number in range(count))
    return f"object: products\nkey: hs_sku\nrecords:\n{records}"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    made.write("products.yaml", manifest(1))
    assert made.run("apply", "--auto-approve").code == 0
    made.write("products.yaml", manifest(2))
    return made


def test_a_plan_that_does_too_much_is_shown_and_refused(project: Project) -> None:
    planned = project.run("plan", "--out", "plan.json")
    assert planned.code == 4
    assert "plan refused: 12 of 12 products would be updated (100 %, limit 30 %)" in planned.out
    assert "if this is intended: --allow update=12" in planned.out
    for arguments in (["apply", "--auto-approve"], ["apply", "plan.json"]):
        refused = project.run(*arguments)
        assert refused.code == 4
        assert "--allow update=12" in refused.err
    assert len(project.run("runs", "list", "--json").document) == 1


def test_an_allowance_is_kept_in_the_plan_and_obeyed(project: Project) -> None:
    assert project.run("plan", "--allow", "update=12", "--out", "plan.json").code == 0
    assert project.run("apply", "plan.json").code == 0
    assert project.run("plan").out.startswith("No changes.")


def test_an_allowance_for_less_is_none(project: Project) -> None:
    assert project.run("plan", "--allow", "update=11").code == 4


@pytest.mark.parametrize(
    "edit",
    [
        lambda plan: plan["header"].update(refusals=[]),
        lambda plan: plan["header"].update(refusals=[], allowances={"update": 12}),
        lambda plan: plan["header"].update(refusals=[], base=[plan["header"]["base"][0] | {"named": 1_000}]),
        lambda plan: plan["header"]["refusals"][0].update(count=1),
        lambda plan: plan["header"].update(problems=plan["header"]["problems"] + [NOT_THERE_BEFORE]),
        lambda plan: plan["header"]["state"].update(serial=plan["header"]["state"]["serial"] + 1),
        lambda plan: [change["do"].update(owned={"origin": "adopted"}) for change in plan["changes"]],
    ],
    ids=["refusals", "allowances", "base", "count", "problems", "serial", "origin"],
)
def test_the_refusals_in_a_plan_file_cannot_be_edited(
    project: Project, edit: Callable[[Any], object]
) -> None:
    project.run("plan", "--out", "plan.json")
    parts = parts_of((project.folder / "plan.json").read_text())
    edit(parts)
    project.write("plan.json", file_of(parts))

    refused = project.run("apply", "plan.json")

    assert refused.code == 5
    assert "was altered" in refused.err
    assert len(project.run("runs", "list", "--json").document) == 1


def test_apply_counts_the_changes_again_whatever_the_plan_says_of_them(project: Project) -> None:
    """A plan file that was edited and given a new digest passes the check, but guards still refuse it."""
    project.run("plan", "--out", "plan.json")
    path = project.folder / "plan.json"
    path.write_text(plan_to_text(replace(plan_from_text(path.read_text()), refusals=())))

    refused = project.run("apply", "plan.json")

    assert refused.code == 4
    assert "plan refused: 12 of 12 products would be updated (100 %, limit 30 %)" in refused.err
    assert len(project.run("runs", "list", "--json").document) == 1


def test_apply_obeys_the_limits_of_today(project: Project) -> None:
    project.write("reconciler.yaml", SETTINGS + "guards: {update: 100%}\n")
    assert project.run("plan", "--out", "plan.json").code == 0
    project.write("reconciler.yaml", SETTINGS + "guards: {update: 50%}\n")

    refused = project.run("apply", "plan.json")

    assert refused.code == 4
    assert "limit 50 %" in refused.err
    assert "--allow update=12" in refused.err


def test_equal_plans_against_another_state_have_equal_content(project: Project) -> None:
    """The state's serial counts all writes to the state, so digests of two runs are usually different."""
    one = project.run("plan", "--json").document
    project.write("exported.json", project.run("state", "export").out)
    assert project.run("state", "import", "exported.json").code == 0
    other = project.run("plan", "--json").document

    assert one["state"] != other["state"]
    assert one["digest"] != other["digest"]
    assert one["content"] == other["content"]


def test_an_allowance_cannot_be_forged_into_a_saved_plan(project: Project) -> None:
    project.run("plan", "--out", "plan.json")
    text = (project.folder / "plan.json").read_text()
    parts = parts_of(text)
    parts["header"] |= {"refusals": [], "allowances": {"update": 12}}
    project.write("plan.json", file_of(parts))
    assert project.run("apply", "plan.json").code == 5


def test_limits_are_set_in_the_project_file(project: Project) -> None:
    project.write("reconciler.yaml", SETTINGS + "guards: {update: 100%}\n")
    assert project.run("plan").code == 0


def test_a_wrong_allowance_lists_the_guards(project: Project) -> None:
    wrong = project.run("plan", "--allow", "everything=1")
    assert wrong.code == 1
    assert "archive" in wrong.err
    assert project.run("plan", "--allow", "update").code == 1


def test_an_emptied_file_is_refused_before_it_empties_the_portal(project: Project) -> None:
    project.write("products.yaml", "object: products\nkey: hs_sku\nprune: true\nrecords: {}\n")
    refused = project.run("plan")
    assert refused.code == 4
    assert "--allow empty=12" in refused.out


def test_advice_after_a_refused_rollback_can_be_followed(project: Project) -> None:
    assert project.run("apply", "--auto-approve", "--allow", "update=12").code == 0
    refused = project.run("rollback", "last", "--out", "undo.json")
    assert refused.code == 4

    for reported in (
        refused.out,
        project.run("apply", "undo.json").err,
        project.run("show", "undo.json").out,
    ):
        found = re.search(
            r"if this is intended: reconciler (rollback .*) --out FILE", " ".join(reported.split())
        )
        assert found, reported
        assert project.run(*found[1].split(), "--out", "advised.json").code == 0
    assert project.run("apply", "advised.json").code == 0
    with project.portal() as http:
        product = http.get("/crm/v3/objects/products/P-00?idProperty=hs_sku&properties=price").json()
    assert product["properties"]["price"] == "1"
