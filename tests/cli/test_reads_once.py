"""A command reads nothing of the portal twice: the recorded calls of each command."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from reconciler.emulator.inprocess import EmulatorTransport
from tests.support.projects import PORTAL, Project, Recorder
from tests.support.served import served

SEED = {
    "version": 1,
    "owners": [{"id": "71", "email": "ada@acme.example"}],
    "properties": {
        "companies": [
            {
                "name": "erp_no",
                "label": "ERP",
                "type": "string",
                "fieldType": "text",
                "groupName": "companyinformation",
                "hasUniqueValue": True,
            }
        ]
    },
    "records": {"companies": [{"id": "901", "properties": {"erp_no": "old", "name": "Old"}}]},
}
COMPANIES = """\
object: companies
key: erp_no
records:
  old: {name: New, hubspot_owner_id: ada@acme.example}
  acme: {name: Acme}
"""
ACCOUNT = "GET /account-info/v3/details"
PROPERTIES = "GET /crm/v3/properties/companies"
OWNERS = "GET /crm/v3/owners"
READ = "POST /crm/v3/objects/companies/batch/read"
UPDATE = "POST /crm/v3/objects/companies/batch/update"


@pytest.fixture
def applied(tmp_path: Path) -> Iterator[tuple[Project, Recorder]]:
    """Yield an applied project; since then, another person changed a record and removed its owner."""
    with served(tmp_path, {"companies.yaml": COMPANIES}, SEED) as (project, portal):
        assert project.run("apply", "--auto-approve").code == 0
        transport = EmulatorTransport(portal, PORTAL)
        with httpx.Client(transport=transport, base_url="https://api.hubapi.com") as http:
            body = {"properties": {"name": "Others", "hubspot_owner_id": ""}}
            http.patch("/crm/v3/objects/companies/901", json=body).raise_for_status()
        yield project, portal


def calls(project: Project, portal: Recorder, *command: str) -> dict[str, int]:
    """Return how many calls a command made, by method and path."""
    portal.requests.clear()
    done = project.run(*command)
    assert done.code in {0, 2}, done.out + done.err
    return Counter(f"{request.method} {request.path}" for request in portal.requests)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("validate",), {}),
        (("validate", "--online"), {ACCOUNT: 1, PROPERTIES: 1, OWNERS: 1, READ: 2}),
        (("plan",), {ACCOUNT: 1, PROPERTIES: 1, OWNERS: 1, READ: 2}),
        (("drift",), {ACCOUNT: 1, PROPERTIES: 1, OWNERS: 1, READ: 2}),
        (("drift", "--accept", "companies/old#name"), {ACCOUNT: 1, PROPERTIES: 1, OWNERS: 1, READ: 3}),
        (("explain", "companies/old"), {ACCOUNT: 1, PROPERTIES: 1, OWNERS: 1, READ: 2}),
        (("explain", "companies/old#name"), {ACCOUNT: 1, PROPERTIES: 1, OWNERS: 1, READ: 2}),
        (("rollback", "last", "--allow", "archive=1"), {ACCOUNT: 1, PROPERTIES: 1, READ: 1}),
        (("runs", "list"), {}),
        (("state", "list"), {}),
    ],
    ids=lambda of: " ".join(of) if isinstance(of, tuple) else "",
)
def test_account_definitions_and_owners_are_read_once(
    applied: tuple[Project, Recorder], command: tuple[str, ...], expected: dict[str, int]
) -> None:
    assert calls(*applied, *command) == expected


def test_apply_reads_account_and_definitions_once_for_a_saved_plan(
    applied: tuple[Project, Recorder],
) -> None:
    calls(*applied, "plan", "--out", "plan.json")
    assert calls(*applied, "apply", "plan.json") == {ACCOUNT: 1, PROPERTIES: 1, READ: 1, UPDATE: 1}


def test_apply_without_a_plan_and_without_a_question_reads_everything_once(
    applied: tuple[Project, Recorder],
) -> None:
    made = calls(*applied, "apply", "--auto-approve")
    assert made == {ACCOUNT: 1, PROPERTIES: 1, OWNERS: 1, READ: 2, UPDATE: 1}
