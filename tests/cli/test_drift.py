"""``drift``: the changes of people in HubSpot, their authors, and an empty report without drift."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.cli.exits import ExitCode
from tests.support.edits import ADA, FILLER, company, edit
from tests.support.projects import Project, applied_example


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The example project, applied."""
    return applied_example(tmp_path)


def merge(project: Project, primary: str, other: str) -> None:
    with project.portal() as http:
        ids = {"primaryObjectId": company(http, primary), "objectIdToMerge": company(http, other)}
        assert http.post("/crm/v3/objects/companies/merge", json=ids).status_code == 200


def recreate(project: Project, key: str) -> None:
    edit(project, key, archive=True)
    with project.portal() as http:
        body = {"properties": {"external_id": key, "name": "Made anew"}}
        assert http.post("/crm/v3/objects/companies", json=body).status_code == 201


def test_right_after_an_apply_there_is_none(project: Project) -> None:
    done = project.run("drift")
    assert done.code == ExitCode.OK
    assert done.out.startswith(
        "No drift.\nlocal, portal 1000000: 71 owned records and 30 owned definitions checked\n"
    )


def test_a_value_shows_all_hands_that_it_went_through_since_the_apply(project: Project) -> None:
    edit(project, "K-10012", source=FILLER, properties={"name": "ALPENRAND"})
    edit(project, "K-10012", source=ADA, properties={"name": "Alpenrand AG"})
    done = project.run("drift", "--json", "--values", "show")
    assert done.code == ExitCode.CHANGES
    (value,) = done.document["values"]
    assert value["address"] == "companies/K-10012#name"
    assert (value["last_applied"], value["live"]) == ("Alpenrand Molkerei GmbH", "Alpenrand AG")
    assert [(hand["via"], hand["by"], hand["value"]) for hand in value["versions"]] == [
        ("workflow", "Fill names (55)", "ALPENRAND"),
        ("person", "Ada Lindner <ada@inntal-sensorik.example>", "Alpenrand AG"),
    ]
    assert value["since"] == "applied"


@pytest.mark.parametrize(
    ("happens", "fate"),
    [
        (lambda project: edit(project, "K-10012", archive=True), "archived"),
        (lambda project: merge(project, "K-10017", "K-10012"), "merged"),
        (lambda project: edit(project, "K-10012", properties={"external_id": "X"}), "rekeyed"),
        (lambda project: edit(project, "K-10012", purge=True), "erased"),
        (lambda project: recreate(project, "K-10012"), "archived"),
    ],
    ids=["archived", "merged", "rekeyed", "erased", "recreated"],
)
def test_a_record_that_people_took_away_counts(
    project: Project, happens: Callable[[Project], None], fate: str
) -> None:
    happens(project)
    done = project.run("drift", "--json")
    assert done.code == ExitCode.CHANGES
    lost = {record["address"]: (record["reason"], record["display_name"]) for record in done.document["lost"]}
    assert lost["companies/K-10012"] == (fate, "Alpenrand Molkerei GmbH")


def test_manifests_that_are_broken_or_absent_make_no_difference(project: Project) -> None:
    edit(project, "K-10012", source=ADA, properties={"name": "Alpenrand AG"})
    before = project.run("drift", "--json").document
    project.write("companies.yaml", "object: [")
    (project.folder / "deals.yaml").unlink()
    after = project.run("drift", "--json").document
    assert after["summary"] == before["summary"] == {"lost": 0, "pairs": 0, "values": 1}


def test_values_that_manifests_leave_to_people_are_no_drift(project: Project) -> None:
    project.write(
        "new.yaml",
        "object: companies\nkey: external_id\nownership: {phone: initial}\n"
        "records: {K-99999: {name: New One, phone: +49 30 1}}\n",
    )
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    edit(project, "K-99999", source=ADA, properties={"phone": "+49 30 2"})
    assert project.run("drift").code == ExitCode.OK


def test_a_line_that_left_the_manifest_enforces_nothing_any_more(project: Project) -> None:
    project.replace("companies.yaml", "    name: Alpenrand Molkerei GmbH\n", "")
    plan = project.run("plan", "--json").document
    assert [(change["address"], change["action"], change["reason"]) for change in plan["changes"]] == [
        ("companies/K-10012", "adopt", "unmanaged")
    ]
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    assert project.run("plan").out.startswith("No changes.")
    edit(project, "K-10012", source=ADA, properties={"name": "Alpenrand AG"})
    assert project.run("drift").code == ExitCode.OK


def test_a_plan_of_a_part_forgets_nothing_of_the_rest(project: Project) -> None:
    assert project.run("plan", "--exclude", "*#name").out.startswith("No changes. ")
    assert project.run("plan", "--target", "*#city", "--json").document["changes"] == []


@pytest.mark.parametrize("setting", ["state: none", "state: sqlite:///elsewhere.db"])
def test_without_a_state_it_is_an_error_and_not_green(project: Project, setting: str) -> None:
    project.write("reconciler.yaml", f"{setting}\n" + (project.folder / "reconciler.yaml").read_text())
    done = project.run("drift")
    assert done.code == ExitCode.ERROR
    assert "state" in done.err
    assert not done.out


def test_it_is_written_for_an_issue_and_for_the_summary_of_a_job(project: Project) -> None:
    edit(project, "K-10012", source=ADA, properties={"name": "Alpenrand AG"})
    in_actions = replace(project, environ={"GITHUB_STEP_SUMMARY": str(project.folder / "summary.md")})

    done = in_actions.run("drift", "--markdown", "drift.md")

    assert done.code == ExitCode.CHANGES
    written = (project.folder / "drift.md").read_text()
    assert written.startswith("<!-- reconciler drift local 1000000 -->\n### Drift: 1 value of 1 record\n")
    assert (project.folder / "summary.md").read_text().splitlines()[1] == written.splitlines()[1]


def test_an_issue_about_drift_that_is_accepted_is_refused(project: Project) -> None:
    done = project.run("drift", "--markdown", "drift.md", "--accept", "companies/K-10012")

    assert done.code == ExitCode.ERROR
    assert "--markdown reports drift, but --accept writes it into manifests" in done.err


def test_it_comes_in_every_form_and_the_same_in_files(project: Project) -> None:
    edit(project, "K-10012", source=ADA, properties={"name": "Alpenrand AG"})
    done = project.run("drift", "--html", "drift.html", "--json-into", "drift.json", "--format", "markdown")
    assert done.out.startswith("<!-- reconciler drift local 1000000 -->\n")
    page = (project.folder / "drift.html").read_text()
    assert "<h1>Drift for <b>local</b>" in page
    assert "Ada Lindner \\u003cada@inntal-sensorik.example\\u003e" in page
    assert json.loads((project.folder / "drift.json").read_text())["masked"] is True
    printed = project.run("drift", "--format", "json", "--values", "show").document
    assert printed["values"][0]["versions"][0]["by"] == "Ada Lindner <ada@inntal-sensorik.example>"
    twice = project.run("drift", "--html", "x", "--json-into", "x")
    assert twice.code == ExitCode.ERROR
    assert "would be written twice" in twice.err


def test_outputs_tell_later_steps_of_a_job(project: Project) -> None:
    edit(project, "K-10012", source=ADA, properties={"name": "Alpenrand AG"})
    in_actions = replace(project, environ={"GITHUB_OUTPUT": str(project.folder / "outputs")})
    assert in_actions.run("drift").code == ExitCode.CHANGES
    assert (project.folder / "outputs").read_text() == "drift=true\nsummary=1 value of 1 record\n"


def test_only_what_is_selected_is_looked_at(project: Project) -> None:
    edit(project, "K-10012", source=ADA, properties={"name": "Alpenrand AG", "city": "Bonn"})
    edit(project, "K-10017", source=ADA, properties={"name": "Leonhard AG"})

    def addresses(*arguments: str) -> list[str]:
        return [value["address"] for value in project.run("drift", "--json", *arguments).document["values"]]

    name, city, other = "companies/K-10012#name", "companies/K-10012#city", "companies/K-10017#name"
    assert addresses() == [city, name, other]
    assert addresses("--target", "companies/K-10012") == [city, name]
    assert addresses("--exclude", "*#name") == [city]
    assert addresses("--target", "companies/*", "--exclude", "*#city", "--exclude", "*/K-10017") == [name]
    nothing = project.run("drift", "--target", "companies/nobody")
    assert nothing.code == ExitCode.ERROR
    assert "--target companies/nobody matches nothing" in nothing.err
