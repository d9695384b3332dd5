"""``emulator edit``: editing the embedded portal as a person does."""

from pathlib import Path

import pytest

from tests.support.projects import Project, applied_example


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return applied_example(tmp_path)


def test_an_edit_is_drift_with_the_name_of_the_person(project: Project) -> None:
    edited = project.run("emulator", "edit", "companies/K-10012", "city=Bremen", "--as", "mira")
    assert (edited.code, edited.out) == (0, "companies/K-10012: city changed\n"), edited.err
    drift = project.run("drift", "--values", "show")
    assert drift.code == 2
    assert "Bremen" in drift.out
    assert "Mira" in drift.out


def test_labels_and_addresses_of_owners_are_understood(project: Project) -> None:
    with project.portal() as portal:
        stages = portal.get("/crm/v3/pipelines/deals").json()["results"][0]["stages"]
        deal = portal.get("/crm/v3/objects/deals", params={"limit": 1}).json()["results"][0]["id"]
        owner = portal.get("/crm/v3/owners").json()["results"][-1]
    values = (f"dealstage={stages[-1]['label'].upper()}", f"hubspot_owner_id={owner['email']}")
    assert project.run("emulator", "edit", f"deals/={deal}", *values).code == 0
    with project.portal() as portal:
        path = f"/crm/v3/objects/deals/{deal}?properties=dealstage,hubspot_owner_id"
        now = portal.get(path).json()["properties"]
    assert (now["dealstage"], now["hubspot_owner_id"]) == (stages[-1]["id"], owner["id"])


def test_a_record_is_archived(project: Project) -> None:
    assert (
        project.run("emulator", "edit", "companies/K-10012", "--archive").out
        == "companies/K-10012: archived\n"
    )
    assert "archived" in project.run("drift").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["companies/K-10012"], "give a change"),
        (["companies/K-10012", "--archive", "city=X"], "give a change"),
        (["companies/K-10012", "city"], "'city' is no NAME=VALUE"),
        (["companies/K-10012#city", "city=X"], "the address of the record without the property"),
        (["acme", "city=X"], "is not an address"),
        (["companies/nobody", "city=X"], "no record of companies has the value nobody in "),
        (["companies/K-10012", "industry=WRONG"], "companies/K-10012: WRONG was not one of"),
        (["companies/=1", "city=X"], "resource not found"),
    ],
)
def test_a_wrong_edit_is_explained(project: Project, arguments: list[str], says: str) -> None:
    refused = project.run("emulator", "edit", *arguments)
    assert refused.code == 1
    assert says in refused.err
