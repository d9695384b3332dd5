"""Owners: one or several, deactivated ones, replacements, and the scope that manifests with owners need."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator.calls import Request
from tests.support.projects import PORTAL, Project, Recorder
from tests.support.served import served

PEOPLE = [
    {"id": "71", "email": "ada@acme.example", "userId": 1},
    {"id": "72", "email": "Cyd@acme.example", "userId": 2},
    {"id": "77", "email": "bob@acme.example", "userId": 3, "archived": True},
]
SEVERAL = {
    "name": "account_team",
    "label": "Account team",
    "groupName": "companyinformation",
    "type": "enumeration",
    "fieldType": "checkbox",
    "externalOptions": True,
    "referencedObjectType": "OWNER",
    "hubspotDefined": True,  # only HubSpot can define a property for several owners
}
KEY = {
    "name": "erp_no",
    "label": "ERP",
    "type": "string",
    "fieldType": "text",
    "groupName": "companyinformation",
    "hasUniqueValue": True,
}
SEED = {
    "owners": PEOPLE,
    "properties": {"companies": [SEVERAL, KEY]},
    "records": {
        "companies": [{"id": "901", "properties": {"erp_no": "bobs", "hubspot_owner_id": "77", "name": "B"}}]
    },
}
WITHOUT_OWNERS = (
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.schemas.companies.read",
)


def manifest(*lines: str) -> str:
    return "object: companies\nkey: erp_no\nrecords:\n" + "".join(f"  {line}\n" for line in lines)


@contextmanager
def world(
    folder: Path, text: str, scopes: tuple[str, ...] | None = None, more: str = ""
) -> Iterator[tuple[Project, Recorder]]:
    with served(folder, {"companies.yaml": text}, SEED, scopes=scopes, more=more) as (project, portal):
        yield project, portal


def problems(project: Project, command: str = "plan") -> list[Any]:
    found: list[Any] = project.run(command, "--json").document["problems"]
    return found


def asked_owners(portal: Recorder) -> list[bool]:
    """Return, for each list of owners that was read, whether it was the list of archived owners."""
    return ["archived" in request.query for request in portal.requests if request.path.endswith("/owners")]


def live(portal: Recorder, key: str) -> dict[str, str | None]:
    names = ["account_team", "hubspot_owner_id", "name"]
    body = {"idProperty": "erp_no", "inputs": [{"id": key}], "properties": names}
    answer = Recorder.answer(
        portal,
        Request(
            "POST",
            "/crm/v3/objects/companies/batch/read",
            {},
            {},
            json.dumps(body).encode(),
            portal_id=PORTAL,
        ),
    )
    properties: dict[str, str | None] = json.loads(answer.content)["results"][0]["properties"]
    return properties


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("[ada@acme.example, cyd@acme.example]", "71;72"),
        ("[CYD@acme.example]", "72"),
        ("ada@acme.example;cyd@acme.example", "71;72"),
        ("[71, cyd@acme.example]", "71;72"),
    ],
)
def test_several_owners_are_looked_up_by_e_mail(tmp_path: Path, written: str, stored: str) -> None:
    with world(tmp_path, manifest(f"acme: {{name: A, account_team: {written}}}")) as (project, portal):
        assert project.run("apply", "--auto-approve").code == 0
        assert set((live(portal, "acme")["account_team"] or "").split(";")) == set(stored.split(";"))
        assert "No changes." in project.run("plan").out


def test_all_unknown_owners_of_a_list_are_told_at_once(tmp_path: Path) -> None:
    text = manifest("acme: {name: A, account_team: [adda@acme.example, cyd@acme.example, 99, eve@x.example]}")
    with world(tmp_path, text) as (project, _):
        found = problems(project)
    assert [problem["source"]["line"] for problem in found] == [4] * 3
    assert len({problem["message"] for problem in found}) == 3


@pytest.mark.parametrize("written", ["';'", "' ; '", "';;'"])
def test_separators_alone_name_no_owner_and_clear_nothing(tmp_path: Path, written: str) -> None:
    with world(tmp_path, manifest("acme: {name: A, account_team: [ada@acme.example]}")) as (project, portal):
        assert project.run("apply", "--auto-approve").code == 0
        project.write("companies.yaml", manifest(f"acme: {{name: A, account_team: {written}}}"))
        (problem,) = problems(project)
        assert "contains no option of" in problem["message"]
        assert project.run("apply", "--auto-approve").code == 1
        assert live(portal, "acme")["account_team"] == "71"


@pytest.mark.parametrize("name", ["account_team", "hubspot_owner_id"])
@pytest.mark.parametrize(
    ("owner", "message", "advice"),
    [
        ("eve@acme.example", 'the portal has no owner "eve@acme.example"', None),
        ("adda@acme.example", 'the portal has no owner "adda@acme.example"', "ada@acme.example"),
        ("9999", "the portal has no owner with id 9999", None),
    ],
)
def test_an_unknown_owner_is_refused_in_clear_text(
    tmp_path: Path, name: str, owner: str, message: str, advice: str | None
) -> None:
    with world(tmp_path, manifest(f"acme: {{name: A, {name}: {owner}}}")) as (project, _):
        (problem,) = problems(project)
        assert (problem["message"], problem["severity"]) == (message, "error")
        assert advice is None or advice in problem["advice"]
        assert project.run("apply", "--auto-approve").code == 1


@pytest.mark.parametrize("values", [(), ("--values", "mask"), ("--json",), ("--format", "markdown")])
@pytest.mark.parametrize(
    "line",
    [
        "hubspot_owner_id: bob@acme.example",
        "hubspot_owner_id: 77",
        "account_team: [ada@acme.example, Bob@acme.example]",
    ],
)
def test_a_deactivated_owner_is_told_in_clear_text_with_the_line_to_write(
    tmp_path: Path, line: str, values: tuple[str, ...]
) -> None:
    with world(tmp_path, manifest(f"acme: {{name: A, {line}}}")) as (project, portal):
        done = project.run("plan", *values)
        text = " ".join(done.out.replace("\\@", "@").split())
        assert done.code == 1
        assert "bob@acme.example was deactivated in HubSpot" in text
        assert "owners: {bob@acme.example: ada@acme.example}" in text
        assert asked_owners(portal) == [False, True]


@pytest.mark.parametrize("bob", ["bob@acme.example", "Bob@acme.example", "77"])
def test_the_line_that_is_advised_works(tmp_path: Path, bob: str) -> None:
    text = manifest(f"acme: {{name: A, hubspot_owner_id: {bob}, account_team: [{bob}]}}")
    line = "    owners: {bob@acme.example: ada@acme.example}\n"
    with world(tmp_path, text, more=line) as (project, portal):
        assert project.run("apply", "--auto-approve").code == 0
        assert (live(portal, "acme")["hubspot_owner_id"], live(portal, "acme")["account_team"]) == (
            "71",
            "71",
        )
        assert "No changes." in project.run("plan").out


@pytest.mark.parametrize("written", ["bob@acme.example", '"77"', "BOB@acme.example"])
def test_a_deactivated_owner_that_the_record_has_is_a_warning(tmp_path: Path, written: str) -> None:
    with world(tmp_path, manifest(f"bobs: {{name: Better, hubspot_owner_id: {written}}}")) as (
        project,
        portal,
    ):
        (problem,) = problems(project)
        assert problem["severity"] == "warning"
        assert problem["message"] == "bob@acme.example was deactivated in HubSpot, and still owns the record"
        assert "owners: {bob@acme.example: ada@acme.example}" in problem["advice"]
        assert project.run("apply", "--auto-approve").code == 0
        assert live(portal, "bobs")["name"] == "Better"
        assert live(portal, "bobs")["hubspot_owner_id"] == "77"
        assert project.run("plan", "--detailed-exitcode").code == 0


def test_somebody_who_left_is_given_no_record_that_another_property_of_it_holds(tmp_path: Path) -> None:
    text = manifest(
        "bobs: {name: B, account_team: [bob@acme.example]}",
        "acme: {name: A, account_team: [bob@acme.example]}",
    )
    with world(tmp_path, text) as (project, _):
        found = problems(project)
        assert [problem["severity"] for problem in found] == ["error", "error"]


@pytest.mark.parametrize(
    ("stand_in", "message"),
    [
        ("bob@acme.example", "bob@acme.example, the replacement of dan@acme.example, is not an active owner"),
        ("eve@acme.example", "eve@acme.example, the replacement of dan@acme.example, is not an active owner"),
    ],
)
def test_somebody_who_cannot_stand_in_is_told(tmp_path: Path, stand_in: str, message: str) -> None:
    absent = "dan@acme.example"
    more = f"    owners: {{{absent}: {stand_in}}}\n"
    with world(tmp_path, manifest(f"acme: {{name: A, hubspot_owner_id: {absent}}}"), more=more) as (
        project,
        _,
    ):
        (problem,) = problems(project)
        assert problem["message"] == f"{message} of the portal"


@pytest.mark.parametrize(
    "command", [("plan",), ("validate", "--online"), ("apply", "--auto-approve"), ("drift",)]
)
def test_owners_are_read_and_their_scope_needed_only_where_one_is_named(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    named = manifest("acme: {name: A, hubspot_owner_id: ada@acme.example}")
    others = manifest("acme: {name: A, hubspot_owner_id: null, account_team: null}", "b: {name: B}")
    with world(tmp_path, others, scopes=WITHOUT_OWNERS) as (project, portal):
        assert project.run("apply", "--auto-approve").code == 0
        assert project.run(*command).code == 0
        assert asked_owners(portal) == []
        if command != ("drift",):
            project.write("companies.yaml", named)
            refused = project.run(*command)
            assert refused.code == 1
            assert "crm.objects.owners.read" in refused.err


def test_owners_who_are_named_and_active_are_read_once(tmp_path: Path) -> None:
    lines = (f"c{n}: {{name: A, hubspot_owner_id: ada@acme.example}}" for n in range(250))
    text = manifest(*lines, "last: {name: Z, hubspot_owner_id: cyd@acme.example}")
    with world(tmp_path, text) as (project, portal):
        assert project.run("plan", "--allow", "create=251").code == 0
        assert asked_owners(portal) == [False]


def test_owners_of_rows_of_a_table_are_looked_up_as_they_come_by(tmp_path: Path) -> None:
    rows = [f"c{number:03},A,ada@acme.example,ada@acme.example;cyd@acme.example" for number in range(250)]
    table = "\n".join(["erp_no,name,hubspot_owner_id,account_team", *rows, "d,Z,bob@acme.example,"])
    text = "object: companies\nkey: erp_no\nsource: {csv: companies.csv}\n"
    with world(tmp_path, text) as (project, portal):
        project.write("companies.csv", table + "\n")
        (problem,) = project.run("plan", "--json", "--allow", "create=999").document["problems"]
        assert problem["message"] == "bob@acme.example was deactivated in HubSpot"
        assert asked_owners(portal) == [False, True]
        project.write("companies.csv", table.replace("bob@", "ada@") + "\n")
        assert project.run("apply", "--auto-approve", "--allow", "create=999").code == 0
        assert live(portal, "c249")["account_team"] == "71;72"
        assert "No changes." in project.run("plan").out


def test_drift_of_several_owners_is_accepted_by_e_mail(tmp_path: Path) -> None:
    with world(tmp_path, manifest("acme: {name: A, account_team: [ada@acme.example]}")) as (project, portal):
        assert project.run("apply", "--auto-approve").code == 0
        body = {"inputs": [{"id": "acme", "idProperty": "erp_no", "properties": {"account_team": "71;72"}}]}
        path = "/crm/v3/objects/companies/batch/update"
        Recorder.answer(portal, Request("POST", path, {}, {}, json.dumps(body).encode(), portal_id=PORTAL))

        done = project.run("drift", "--accept", "companies/acme")

        assert done.code == 0, done.out + done.err
        said = (project.folder / "companies.yaml").read_text()
        assert "cyd@acme.example" in said.lower()
        assert "Nothing to write. 1 to record." in project.run("plan").out
