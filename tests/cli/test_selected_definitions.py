"""If a selection, a problem or a review leaves a definition out, changes that need it are left out, too."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_definitions_and_records import MACHINES
from tests.support.projects import Project

SETTINGS = "version: 1\ndefault: local\nenvironments:\n  local: {portal: emulator, seed: portal.json}\n"
COMPANIES = """\
object: companies
groups: {erp: {label: ERP}}
properties:
  number: {label: Number, type: string, fieldType: text, groupName: erp, hasUniqueValue: true}
  rank: {label: Rank, type: number, fieldType: number, groupName: erp}
  twice:
    {label: Twice, type: number, fieldType: calculation_equation, groupName: erp,
     calculationFormula: rank * 2}
key: number
records:
  C-1: {name: One, rank: 1}
  C-2: {name: Two}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    made.write("portal.json", '{"search_lag_ms": 0}')
    made.write("manifests/companies.yaml", COMPANIES)
    return made


def planned(project: Project, *flags: str) -> tuple[list[str], dict[str, str]]:
    """Plan, and return the addresses of the changes, and the advice of each problem by its address."""
    found: Any = json.loads(project.run("plan", "--json", *flags).out)
    advice = {problem["address"]: problem["advice"] for problem in found["problems"]}
    return [change["why"]["address"] for change in found["changes"]], advice


def test_what_an_excluded_definition_would_hold_says_which_to_add(project: Project) -> None:
    changes, advice = planned(project, "--exclude", "companies:properties/rank")
    assert changes == [
        *("companies:groups/erp", "companies:properties/number", "companies/C-2"),
    ]
    assert advice == dict.fromkeys(
        ["companies:properties/twice", "companies/C-1#rank"],
        "--exclude leaves it out: do not exclude companies:properties/rank",
    )


def test_nothing_of_an_excluded_object_type_is_made(project: Project) -> None:
    project.write(
        "manifests/machines.yaml", MACHINES + "  m-1: {power: 1, $associations: {companies: [C-2]}}\n"
    )
    changes, advice = planned(project, "--exclude", "machines:schema")
    assert {address.partition(":")[0].partition("/")[0] for address in changes} == {"companies"}
    needed = {each for each, text in advice.items() if text.endswith(": do not exclude machines:schema")}
    assert {"machines:groups/plant", "machines:properties/power", "machines:pipelines/Maintenance"} <= needed


def test_invalid_definitions_and_what_needs_them_are_skipped_and_the_rest_is_applied(
    project: Project,
) -> None:
    project.replace(
        "manifests/companies.yaml",
        "type: number, fieldType: number, groupName: erp}",
        "type: number, groupName: nowhere, fieldType: number}",
    )
    done = project.run("apply", "--auto-approve", "--skip-invalid", "--allow", "create=9")
    assert done.code == 3, done.out + done.err
    changes, advice = planned(project)
    assert changes == []
    of_rank = {"companies:properties/rank#groupName", "companies/C-1#rank"}
    assert set(advice) == {"companies:properties/twice", *of_rank}
    assert project.run("state", "show", "companies/C-2").code == 0


def test_only_reviewed_definitions_are_made_and_what_needs_others_is_a_problem(project: Project) -> None:
    whole = (project.folder / "manifests/companies.yaml").read_text()
    few = whole[: whole.index("  rank:")] + whole[whole.index("key:") :]
    project.write("manifests/companies.yaml", few.replace(", rank: 1", ""))
    assert project.run("plan", "--out", "reviewed.json").code == 0
    project.write("manifests/companies.yaml", whole)

    changes, advice = planned(project, "--reviewed", "reviewed.json")

    assert changes == ["companies:groups/erp", "companies:properties/number", "companies/C-2"]
    needed = "the reviewed plan does not create it: have companies:properties/rank reviewed, too"
    assert advice == {"companies/C-1#rank": needed}


def test_stages_of_a_pipeline_that_nobody_has_reviewed_so_are_left_out_with_it(project: Project) -> None:
    deals = "object: deals\npipelines:\n  Renewals: {{stages: {{Open: {{probability: 0.2}}{}}}}}\n"
    project.write("manifests/deals.yaml", deals.format(""))
    assert project.run("plan", "--out", "reviewed.json").code == 0
    project.write("manifests/deals.yaml", deals.format(", Signed: {probability: 1.0}"))

    changes, advice = planned(project, "--reviewed", "reviewed.json", "--target", "deals:*")

    assert changes == []
    assert advice == {
        "deals:pipelines/Renewals/stages/Open": (
            "the reviewed plan does not create it: have deals:pipelines/Renewals reviewed, too"
        ),
    }


def test_records_alone_are_told_once_which_definitions_to_add(project: Project) -> None:
    alone = project.run("plan", "--target", "companies/*")
    assert "This plan needs 2 definitions that it leaves out. Add:" in alone.out
    assert "--target companies:properties/rank" in alone.out
    assert "or all definitions: --target 'companies:*'" in alone.out
    planned_json: Any = json.loads(project.run("plan", "--json", "--target", "companies/*").out)
    needed = {problem.get("needs") for problem in planned_json["problems"]}
    assert needed == {"companies:properties/number", "companies:properties/rank"}

    whole = project.run("plan", "--target", "companies/*", "--target", "companies:*")
    assert whole.code == 0, whole.out + whole.err
    assert project.run("apply", "--auto-approve").code == 0
    assert project.run("plan", "--target", "companies/*").out.startswith("No changes.")


def test_a_problem_of_another_type_refuses_no_partial_plan(project: Project) -> None:
    project.write(
        "manifests/deals.yaml",
        "object: deals\nproperties: {x: {label: X, type: string, fieldType: text, groupName: nowhere}}\n"
        "key: dealname\nrecords:\n  X: {y: 1}\n",
    )
    assert project.run("plan").code == 1
    assert project.run("plan", "--target", "companies/*", "--target", "companies:*").code == 0


def test_a_record_is_explained_with_the_definitions_that_it_needs(project: Project) -> None:
    project.write("manifests/machines.yaml", MACHINES + "  m-1: {power: 1}\n")
    for address in ("companies/C-1#rank", "machines/m-1"):
        explained = project.run("explain", address)
        assert explained.code == 0, explained.out + explained.err
        assert "next apply    create" in explained.out


def test_a_stage_of_a_pipeline_that_is_left_out_needs_the_pipeline(project: Project) -> None:
    project.write(
        "manifests/deals.yaml",
        "object: deals\npipelines:\n  Renewals: {stages: {Open: {probability: 0.2}}}\n"
        "properties: {number: {label: N, type: string, fieldType: text, groupName: dealinformation,"
        " hasUniqueValue: true}}\n"
        "key: number\nrecords:\n  D-1: {dealname: X, pipeline: renewals, dealstage: Open}\n",
    )
    needed = "this plan leaves it out: add --target deals:pipelines/Renewals"
    _, advice = planned(project, "--target", "deals/*", "--target", "deals:properties/number")
    assert advice == {"deals/D-1#pipeline": needed, "deals/D-1#dealstage": needed}


def test_both_ends_may_name_a_label_of_the_same_plan(project: Project) -> None:
    project.write(
        "manifests/contacts.yaml",
        "object: contacts\nassociation_labels:\n"
        "  companies:\n    billing: {label: Billing contact, inverseLabel: Bills to}\n"
        "  contacts:\n    boss: {label: Boss, inverseLabel: Report}\n"
        "key: email\nrecords:\n"
        "  a@x.example: {$associations: {companies: [{to: C-2, label: Billing contact}]}}\n"
        "  b@x.example: {$associations: {contacts: [{to: a@x.example, label: Report}]}}\n",
    )
    one_end = "  C-2: {name: Two, $associations: {contacts: [{to: a@x.example, label: Bills to}]}}\n"
    other = "  C-3: {name: Three, $associations: {contacts: [{to: a@x.example, label: Bills to}]}}\n"
    project.replace("manifests/companies.yaml", "  C-2: {name: Two}\n", one_end + other)
    needed = "this plan leaves it out: add --target contacts:association_labels/companies/billing"
    _, advice = planned(project, "--values", "show", "--target", "*/*", "--target", "companies:*")
    assert advice["contacts/a@x.example#companies/C-2"] == needed

    done = project.run("apply", "--auto-approve")
    assert done.code == 0, done.out + done.err
    assert "3 to associate" in done.out  # two records declare the same association, one on each side
    assert project.run("plan").out.startswith("No changes.")
