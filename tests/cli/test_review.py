"""Plans for reviewers: every form, in files and on stdout, and the outputs for GitHub Actions."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.plan_files import parts_of
from tests.support.plan_json import plan_document
from tests.support.projects import Project

SETTINGS = """\
version: 1
manifests: [.]
environments:
  local: {portal: emulator}
"""
CONTACTS = """\
object: contacts
key: email
records:
  ada@acme.example:
    firstname: Ada
    jobtitle: "@everyone | <b>CTO</b>"
"""
STARTS = {
    "terminal": "local, portal 1000000: 1 record in 1 manifest",
    "markdown": "<!-- reconciler plan local 1000000 -->\n### Plan: 1 to create, 0 to update, 0 to archive\n",
    "json": "{\n",
    "html": "<!doctype html>\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write("reconciler.yaml", SETTINGS)
    project.write("contacts.yaml", CONTACTS)
    return project


@pytest.fixture
def in_actions(project: Project, tmp_path: Path) -> Project:
    """Return the project in a job of GitHub Actions, in which an earlier step has written a summary."""
    (tmp_path / "summary.md").write_text("## An earlier step\n")
    names = {"GITHUB_STEP_SUMMARY": "summary.md", "GITHUB_OUTPUT": "output"}
    return replace(project, environ={name: str(tmp_path / file) for name, file in names.items()})


def text_of(project: Project, name: str) -> str:
    return (project.folder / name).read_text(encoding="utf-8")


def test_a_saved_plan_is_shown_without_the_token_of_its_portal(project: Project) -> None:
    project.run("plan", "--out", "plan.json")
    project.write(
        "reconciler.yaml", SETTINGS.replace("portal: emulator", 'portal_id: 1, token: "${HUBSPOT_TOKEN}"')
    )

    assert project.run("plan").code == 1
    assert project.run("show", "plan.json").code == 0


@pytest.mark.parametrize("form", STARTS)
def test_a_plan_and_a_saved_plan_are_printed_in_every_form(project: Project, form: str) -> None:
    planned = project.run("plan", "--out", "plan.json", "--format", form)
    shown = project.run("show", "plan.json", "--format", form)

    assert (planned.code, shown.code) == (0, 0)
    assert planned.out.startswith(STARTS[form])
    assert shown.out.startswith(STARTS[form])
    assert len(shown.out) == len(planned.out)  # marks differ, but all have the same length


def test_json_is_the_same_by_both_names(project: Project) -> None:
    by_format = project.run("plan", "--format", "json").document
    by_flag = project.run("plan", "--json").document

    assert by_format.keys() == by_flag.keys()
    assert (by_format["digest"], by_format["masked"]) == (by_flag["digest"], True)


def test_problems_of_manifests_are_json_too_where_json_was_asked_for(project: Project) -> None:
    project.write("more.yaml", "object: contacts\nkey: email\nrecords: {bob@acme.example: {phone: ''}}\n")

    refused = project.run("plan", "--format", "json")

    assert refused.code == 1
    assert refused.document["problems"][0]["source"]["file"] == "more.yaml"


def test_contradicting_forms_are_refused(project: Project) -> None:
    refused = project.run("--json", "plan", "--format", "html")

    assert (refused.code, refused.document["error"]["kind"]) == (1, "usage")
    assert "--json and --format html contradict each other" in refused.err


def test_one_run_leaves_every_form_and_the_plan_itself(project: Project) -> None:
    done = project.run(
        *("plan", "--out", "plan.json", "--markdown", "plan.md", "--html", "plan.html"),
        *("--json-into", "masked.json", "--detailed-exitcode"),
    )

    assert done.code == 2
    assert done.out.startswith(STARTS["terminal"])
    assert text_of(project, "plan.md").startswith(STARTS["markdown"])
    assert text_of(project, "plan.html").startswith(STARTS["html"])
    digest = parts_of(text_of(project, "plan.json"))["end"]["digest"]
    assert json.loads(text_of(project, "masked.json"))["digest"] == digest
    assert f"`{digest}`" in text_of(project, "plan.md")
    assert digest in text_of(project, "plan.html")
    for name in ("plan.json", "plan.md", "plan.html", "masked.json"):
        assert (project.folder / name).stat().st_mode & 0o777 == 0o600


def test_personal_values_are_masked_alike_everywhere_but_in_the_plan(project: Project) -> None:
    project.run(
        *("plan", "--out", "plan.json", "--markdown", "plan.md", "--html", "plan.html"),
        *("--json-into", "masked.json"),
    )

    (change,) = plan_document(text_of(project, "masked.json"))["changes"]
    mark = change["properties"]["firstname"]["after"]
    for name in ("masked.json", "plan.md", "plan.html"):
        assert mark in text_of(project, name)
        assert "Ada" not in text_of(project, name)
        assert "ada@acme.example" not in text_of(project, name)
    assert '"Ada"' in text_of(project, "plan.json")


@pytest.mark.parametrize("form", ["markdown", "json", "html"])
def test_personal_values_are_shown_where_somebody_asks_for_them(project: Project, form: str) -> None:
    shown = project.run("plan", "--format", form, "--values", "show", "--markdown", "plan.md")

    assert "Ada" in shown.out
    assert "Ada" in text_of(project, "plan.md")


def test_only_a_saved_plan_can_be_applied_not_its_other_forms(project: Project) -> None:
    project.run("plan", "--out", "plan.json", "--json-into", "masked.json")

    refused = project.run("apply", "masked.json")
    assert refused.code == 1
    assert "reconciler plan --out FILE" in refused.err
    assert project.run("apply", "plan.json").code == 0
    assert project.run("plan", "--format", "markdown").out.splitlines()[1] == "### No changes. 1 in step"


def test_one_file_cannot_hold_two_things(project: Project) -> None:
    refused = project.run("plan", "--out", "plan.json", "--json-into", "./plan.json")

    assert refused.code == 1
    assert "plan.json would be written twice" in refused.err
    assert not (project.folder / "plan.json").exists()


def test_a_missing_folder_is_told(project: Project) -> None:
    refused = project.run("plan", "--html", "missing/plan.html")

    assert refused.code == 1
    assert refused.err.splitlines()[-1].startswith("cannot write missing/plan.html (")


def test_a_job_gets_a_summary_and_outputs(in_actions: Project) -> None:
    done = in_actions.run("plan", "--out", "plan.json")

    assert done.out.startswith(STARTS["terminal"])
    assert text_of(in_actions, "summary.md").startswith(f"## An earlier step\n{STARTS['markdown']}")
    assert "Ada" not in text_of(in_actions, "summary.md")
    plan = parts_of(text_of(in_actions, "plan.json"))["end"]
    assert text_of(in_actions, "output") == (
        f"changes=true\nempty=false\nappliable=true\ncontent={plan['content']}\ndigest={plan['digest']}\n"
        "summary=Plan: 1 to create, 0 to update, 0 to archive\nemulator=true\n"
    )


def test_a_job_without_changes_is_told_so_and_each_plan_adds_to_its_summary(in_actions: Project) -> None:
    in_actions.run("apply", "--auto-approve")
    (in_actions.folder / "output").unlink()

    in_actions.run("plan")
    in_actions.run("plan")

    assert text_of(in_actions, "summary.md").count("### No changes. 1 in step\n") == 2
    assert text_of(in_actions, "output").splitlines()[::7] == ["changes=false", "changes=false"]
    assert text_of(in_actions, "output").splitlines()[1::7] == ["empty=true", "empty=true"]


def test_a_job_that_applies_gets_a_summary_too(in_actions: Project) -> None:
    in_actions.run("apply", "--auto-approve")

    summary = text_of(in_actions, "summary.md")
    assert "### Run: 1 planned = 1 applied\n" in summary, summary
    assert text_of(in_actions, "output") == "emulator=true\n"


def test_showing_a_plan_again_leaves_the_job_alone(in_actions: Project) -> None:
    in_actions.run("plan", "--out", "plan.json")
    before = text_of(in_actions, "summary.md")

    assert in_actions.run("show", "plan.json", "--format", "markdown").code == 0

    assert text_of(in_actions, "summary.md") == before


def test_a_summary_that_cannot_be_written_is_told(project: Project) -> None:
    in_actions = replace(project, environ={"GITHUB_STEP_SUMMARY": str(project.folder / "missing" / "file")})

    refused = in_actions.run("plan")

    assert refused.code == 1
    assert "which GITHUB_STEP_SUMMARY names (No such file or directory)" in refused.err
