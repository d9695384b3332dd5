"""The key of an owned record is spelled in another way: it stays one record, or the plan says what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.exits import ExitCode
from tests.support.projects import PORTAL, Project

SETTINGS = f"""version: 1
guards: {{update: 100%, archive: 100%, absent: 10}}
environments:
  local: {{portal: emulator, portal_id: {PORTAL}, seed: portal.json}}
default: local
"""
HEAD = "object: companies\nkey: code\nprune: true\n"
KINDS: dict[str, dict[str, Any]] = {
    "text": {"type": "string", "fieldType": "text"},
    "number": {"type": "number", "fieldType": "number"},
    "phone": {"type": "string", "fieldType": "phonenumber"},
    "datetime": {"type": "datetime", "fieldType": "date"},
    "boolean": {
        "type": "bool",
        "fieldType": "booleancheckbox",
        "options": [{"label": "Yes", "value": "true"}, {"label": "No", "value": "false"}],
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    return made


def seed(project: Project, kind: str, *keys: str) -> None:
    code = KINDS[kind] | {
        "name": "code",
        "label": "Code",
        "hasUniqueValue": True,
        "groupName": "companyinformation",
    }
    records = [
        {"id": f"{number}", "properties": {"code": key, "name": "One"}}
        for number, key in enumerate(keys, 7001)
    ]
    portal = {"version": 1, "properties": {"companies": [code]}, "records": {"companies": records}}
    project.write("portal.json", json.dumps(portal))


def named(project: Project, *keys: str, name: str = "One", head: str = HEAD, more: str = "") -> None:
    lines = "".join(f"  {json.dumps(key)}: {{name: {name}{more}}}\n" for key in keys)
    project.write("records.yaml", f"{head}records:\n{lines}")


def applied(project: Project) -> None:
    done = project.run("apply", "--auto-approve")
    assert done.code == ExitCode.OK, done.out + done.err


def live(project: Project) -> dict[str, tuple[str, str]]:
    with project.portal() as http:
        found = http.get("/crm/v3/objects/companies?properties=code,name").json()["results"]
    return {each["id"]: (each["properties"]["code"], each["properties"]["name"]) for each in found}


def owned(project: Project) -> list[tuple[str, str, str]]:
    listed = project.run("state", "list", "--json", "--values", "show").document
    return [(each["address"], each["record_id"], each["origin"]) for each in listed]


EQUAL = [
    ("number", "7", "7.0"),
    ("number", "7", "007"),
    ("number", "1000", "1e3"),
    ("number", "7", "+7"),
    ("number", "7", " 7"),
    ("phone", "+49301234", "+49 (30) 12-34"),
    ("datetime", "2026-01-02T00:00:00Z", "2026-01-02T01:00:00+01:00"),
    ("boolean", "true", "TRUE"),
    ("text", "a\nb", "a\r\nb"),
]


@pytest.mark.parametrize(("kind", "before", "after"), EQUAL)
def test_an_equal_key_in_another_spelling_is_the_same_record(
    project: Project, kind: str, before: str, after: str
) -> None:
    seed(project, kind)
    named(project, before)
    applied(project)
    ((record_id, (text, _)),) = live(project).items()

    named(project, after)
    applied(project)

    assert live(project) == {record_id: (text, "One")}
    assert [(known, origin) for _, known, origin in owned(project)] == [(record_id, "created")]
    assert project.run("plan", "--detailed-exitcode").code == ExitCode.OK


@pytest.mark.parametrize("write", ["auto", "update", "upsert"])
def test_a_value_is_written_to_the_record_whose_key_is_spelled_otherwise(
    project: Project, write: str
) -> None:
    seed(project, "number", "7")
    named(project, "7.0", name="Two", head=f"{HEAD}write: {write}\n")

    applied(project)

    assert live(project) == {"7001": ("7", "Two")}
    assert [known for _, known, _ in owned(project)] == ["7001"]


@pytest.mark.parametrize(("kind", "one", "other"), [*EQUAL, ("phone", "+49 30 1234", "+49301234")])
@pytest.mark.parametrize("is_live", [True, False], ids=["in HubSpot", "new"])
def test_two_lines_with_equal_keys_are_refused(
    project: Project, kind: str, one: str, other: str, is_live: bool
) -> None:
    seed(project, kind, *([one] if is_live else []))
    named(project, one, other)

    done = project.run("plan")

    assert done.code == ExitCode.ERROR
    assert "are the same" in " ".join(done.out.split())
    assert "left out" not in done.out


def test_a_line_whose_spelling_only_hubspot_has_is_found_although_another_spelling_is_asked_too(
    project: Project,
) -> None:
    seed(project, "number", "007")
    named(project, "007", "7")

    done = project.run("plan", "--skip-invalid", "--json").document

    assert [change["action"] for change in done["changes"]] == ["adopt"]


HARDLY_SEEN = [
    ("text", "acme", "ACME"),
    ("text", "acme", " acme"),
    ("text", "acme", "acme\u00a0"),
    ("text", "acme", "ac\u200bme"),
    ("text", "acme", "ac\u3164me"),  # a filler
    ("text", "m\u00fcller", "mu\u0308ller"),
    ("text", "acme ", "acme"),
    ("number", "007", "7"),
    ("phone", "+49 30 1234", "+49301234"),
]


@pytest.mark.parametrize(("kind", "before", "after"), HARDLY_SEEN)
def test_a_key_that_hubspot_tells_apart_but_people_hardly_see_is_a_problem(
    project: Project, kind: str, before: str, after: str
) -> None:
    seed(project, kind)
    named(project, before)
    applied(project)
    known, there = owned(project), live(project)

    named(project, after)
    planned = project.run("plan", "--json", "--values", "show")

    assert planned.code == ExitCode.ERROR
    (problem,) = planned.document["problems"]
    assert "only in its spelling" in problem["message"]
    assert planned.document["changes"] == []
    done = project.run("apply", "--auto-approve", "--skip-invalid")
    assert done.code == ExitCode.NOT_APPLIED
    assert (owned(project), live(project)) == (known, there)


@pytest.mark.parametrize(("kind", "before", "after"), HARDLY_SEEN)
def test_the_advice_gives_the_record_its_new_spelling(
    project: Project, kind: str, before: str, after: str
) -> None:
    seed(project, kind)
    named(project, before)
    applied(project)
    ((record_id, _),) = live(project).items()

    named(project, after, more=f", $renamed_from: {json.dumps(before)}")
    applied(project)

    assert live(project) == {record_id: (after, "One")}
    assert [(known, origin) for _, known, origin in owned(project)] == [(record_id, "created")]
    assert project.run("plan", "--detailed-exitcode").code == ExitCode.OK


def test_a_selection_does_not_prune_a_record_that_an_unselected_line_respells(project: Project) -> None:
    seed(project, "text")
    named(project, "acme", "other")
    applied(project)
    there = live(project)

    named(project, "ACME", "other")
    done = project.run("apply", "--auto-approve", "--target", "companies/acme")

    assert live(project) == there, done.out


def test_a_respelled_key_whose_record_is_gone_is_a_new_record(project: Project) -> None:
    seed(project, "text")
    named(project, "acme")
    applied(project)
    ((record_id, _),) = live(project).items()
    with project.portal() as http:
        assert http.delete(f"/crm/v3/objects/companies/{record_id}").status_code == 204

    named(project, "ACME")
    applied(project)

    assert [name for name, _ in live(project).values()] == ["ACME"]


def test_two_records_that_only_letter_case_tells_apart_may_both_be_named(project: Project) -> None:
    seed(project, "text")
    named(project, "acme")
    applied(project)

    named(project, "acme", "ACME")
    applied(project)

    assert sorted(name for name, _ in live(project).values()) == ["ACME", "acme"]
