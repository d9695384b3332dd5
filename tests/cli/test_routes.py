"""The call that sends each change.

It must not change another record or create a second one; if it does, or is not allowed, this is reported.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.emulator.calls import Answer, Request
from tests.support.projects import Project, Recorder
from tests.support.served import served

CONTACTS = "object: contacts\nkey: email\nwrite: {write}\nrecords:\n  ada@acme.example: {{firstname: Ada}}\n"
SEED = {"records": {"contacts": [{"id": "501", "properties": {"email": "ada@acme.example"}}]}}


@pytest.mark.parametrize("write", ["auto", "upsert", "update"])
def test_existing_contacts_by_email_always_go_by_record_id(tmp_path: Path, write: str) -> None:
    with served(tmp_path, {"contacts.yaml": CONTACTS.format(write=write)}, SEED) as (project, portal):
        assert project.run("apply", "--auto-approve").code == 0
        ((_, body),) = portal.asked("/contacts/batch/update")
        (row,) = body["inputs"]
        assert row["id"] == "501"
        assert "idProperty" not in row
        assert not portal.asked("/contacts/batch/upsert")


def test_a_new_contact_by_email_is_upserted(tmp_path: Path) -> None:
    with served(tmp_path, {"contacts.yaml": CONTACTS.format(write="auto")}, {}) as (project, portal):
        assert project.run("apply", "--auto-approve").code == 0
        ((_, body),) = portal.asked("/contacts/batch/upsert")
        assert body["inputs"][0]["idProperty"] == "email"


class Rekeying(Recorder):
    """A portal in which another person changes a key just before the upsert arrives."""

    def answer(self, request: Request) -> Answer:
        if request.path.endswith("/products/batch/upsert"):
            body = b'{"properties": {"hs_sku": "A-2"}}'
            path = "/crm/v3/objects/products/7001"
            patch = replace(request, method="PATCH", path=path, body=body)
            super().answer(patch)
        return super().answer(request)


def test_an_upsert_that_makes_a_new_record_of_an_update_is_rejected_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.support.served.Recorder", Rekeying)
    manifest = "object: products\nkey: hs_sku\nwrite: upsert\nrecords:\n  A-1: {name: New name}\n"
    seed = {"records": {"products": [{"id": "7001", "properties": {"hs_sku": "A-1", "name": "Old"}}]}}
    with served(tmp_path, {"products.yaml": manifest}, seed) as (project, _):
        done = project.run("apply", "--auto-approve", "--json")
    assert done.code == 3
    (row,) = done.document["changes"]
    assert row["outcome"] == "rejected"
    assert "instead of updating 7001" in row["detail"]["message"]


class Handing(Rekeying):
    """A portal in which another person moves the key to another record just before the write arrives."""

    def answer(self, request: Request) -> Answer:
        if request.path.endswith(("/products/batch/upsert", "/products/batch/update")):
            for record_id, sku in (("7001", "A-2"), ("7002", "A-1")):
                body = b'{"properties": {"hs_sku": "%s"}}' % sku.encode()
                path = f"/crm/v3/objects/products/{record_id}"
                Recorder.answer(self, replace(request, method="PATCH", path=path, body=body))
        return Recorder.answer(self, request)


@pytest.mark.parametrize("write", ["upsert", "update"])
def test_an_update_that_reached_another_record_is_rejected_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    monkeypatch.setattr("tests.support.served.Recorder", Handing)
    manifest = f"object: products\nkey: hs_sku\nwrite: {write}\nrecords:\n  A-1: {{name: New name}}\n"
    skus = {"7001": "A-1", "7002": "B"}
    products = [{"id": id_, "properties": {"hs_sku": sku, "name": "Old"}} for id_, sku in skus.items()]
    with served(tmp_path, {"products.yaml": manifest}, {"records": {"products": products}}) as (project, _):
        done = project.run("apply", "--auto-approve", "--json")
        assert project.run("state", "list", "--json").document == []
    assert done.code == 3
    (row,) = done.document["changes"]
    assert row["outcome"] == "rejected"
    assert "record 7002 instead of 7001" in row["detail"]["message"]


def test_a_lifecycle_stage_goes_back_by_two_ordered_writes(tmp_path: Path) -> None:
    manifest = "object: contacts\nkey: email\nrecords:\n  ada@acme.example: {{lifecyclestage: {stage}}}\n"
    with served(tmp_path, {"contacts.yaml": manifest.format(stage="customer")}, SEED) as (project, portal):
        assert project.run("apply", "--auto-approve").code == 0
        project.write("contacts.yaml", manifest.format(stage="lead"))
        portal.requests.clear()
        assert project.run("apply", "--auto-approve").code == 0
        sent = [body["inputs"][0]["properties"] for _, body in portal.asked("/contacts/batch/update")]
        assert sent == [{"lifecyclestage": ""}, {"lifecyclestage": "lead"}]
        assert project.run("plan").out.startswith("No changes.")


def test_missing_scopes_are_named(tmp_path: Path) -> None:
    manifest = "object: products\nkey: hs_sku\nrecords:\n  A-1: {name: New name}\n"
    read_only = ("crm.objects.products.read", "crm.objects.owners.read", "crm.schemas.products.read")
    with served(tmp_path, {"products.yaml": manifest}, {}, scopes=read_only) as (project, _):
        planned = project.run("plan")
        assert planned.code == 0
        assert "crm.objects.products.write" in planned.out
        refused = project.run("apply", "--auto-approve")
    assert refused.code == 3
    assert "crm.objects.products.write" in refused.err
    with served(tmp_path, {}, {}, scopes=("crm.objects.deals.read",)) as (project, _):
        blind = project.run("plan")
    assert blind.code == 1
    assert "crm.objects.products.read" in blind.err


def test_a_type_that_the_portal_has_not_enabled(tmp_path: Path) -> None:
    manifest = "object: services\nkey: hs_name\nrecords:\n  A-1: {}\n"
    with served(tmp_path, {"services.yaml": manifest}, {"enablement": {"0-162": False}}) as (project, _):
        done = project.run("plan")
    assert done.code == 1
    assert "services.yaml:1:1: the portal has not activated services\n    activate it" in done.out


def outputs_of(project: Project) -> str:
    """Return everything that commands print and write to files."""
    printed = []
    for arguments in (
        ["plan", "--out", "plan.json"],
        ["show", "plan.json", "--json"],
        ["apply", "plan.json"],
        ["plan", "--json"],
        ["runs", "list"],
        ["state", "list", "--json"],
        ["validate", "--online"],
        ["emulator", "serve"],
    ):
        done = project.run(*arguments)
        printed += [done.out, done.err]
    files = (path.read_bytes() for path in project.folder.rglob("*") if path.is_file())
    return "".join(printed) + "".join(content.decode("latin-1") for content in files)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_the_token_is_nowhere(tmp_path: Path, log_format: str) -> None:
    manifest = "object: products\nkey: hs_sku\nrecords:\n  A-1: {name: New name}\n"
    with served(tmp_path, {"products.yaml": manifest}, {}) as (project, portal):
        portal.add_fault_text("drop_after:path=*/batch/upsert,count=1")
        token = project.environ["HUBSPOT_ACCESS_TOKEN"]
        noisy = {**project.environ, "RECONCILER_LOG": "debug", "RECONCILER_LOG_FORMAT": log_format}
        everything = outputs_of(Project(project.folder, noisy))
    assert "batch/upsert" in everything  # the log contains calls
    assert token not in everything
    assert token.rpartition("-")[2] not in everything
