"""The main workflow on the example project: plan, apply, plan again, change a line, see drift."""

import json
from pathlib import Path

import pytest

from tests.support.projects import Project, applied_example, example

ADOPTED = 30
CREATED = 31
ASSOCIATED = 1
UPDATED = 14
DEFINED = 26


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return example(tmp_path)


@pytest.fixture
def applied(tmp_path: Path) -> Project:
    return applied_example(tmp_path)


def test_the_first_plan_creates_updates_and_adopts_and_changes_nothing(project: Project) -> None:
    first = project.run("plan", "--json")
    assert first.code == 0, first.err
    summary = first.document["summary"]
    assert (summary["create"], summary["update"], summary["adopt"]) == (CREATED, UPDATED, ADOPTED)
    assert first.document["problems"] == []
    assert project.run("plan", "--json").document["digest"] == first.document["digest"]
    assert not (project.folder / ".reconciler" / "state.db").exists()


def test_after_an_apply_there_is_nothing_left_to_do(applied: Project) -> None:
    again = applied.run("plan")
    assert again.code == 0
    assert again.out.startswith("No changes.")
    assert applied.run("plan", "--detailed-exitcode").code == 0
    assert applied.run("plan", "--json").document["changes"] == []


def test_every_planned_change_is_accounted_for_in_the_report(applied: Project) -> None:
    (path,) = (applied.folder / ".reconciler" / "reports").glob("*.json")
    report = json.loads(path.read_text())
    planned = CREATED + UPDATED + ADOPTED + ASSOCIATED + DEFINED
    assert report["accounting"]["planned"] == planned
    assert report["accounting"]["applied"] == planned
    assert path.stat().st_mode & 0o777 == 0o600


def test_state_knows_every_record_by_address(applied: Project) -> None:
    listed = applied.run("state", "list", "--json").document
    assert len(listed) == CREATED + UPDATED + ADOPTED + DEFINED
    addresses = {entry["address"] for entry in listed}
    assert {"deals/P-2026-031", "deals:pipelines/Renewals/stages/Offer sent"} <= addresses
    shown = applied.run("state", "show", "deals/P-2026-031")
    assert shown.code == 0
    assert shown.out.startswith("deals/P-2026-031  ")


def test_one_changed_line_is_one_update_with_before_after_and_place(applied: Project) -> None:
    applied.replace("products.yaml", "price: 189.00", "price: 199.00")
    line = 1 + next(
        number
        for number, text in enumerate((applied.folder / "products.yaml").read_text().splitlines())
        if "price: 199.00" in text
    )
    planned = applied.run("plan", "--detailed-exitcode")
    assert planned.code == 2
    assert "189.00" in planned.out
    assert "199.00" in planned.out
    assert "products.yaml:" in planned.out
    assert planned.out.splitlines()[-1] == "Plan: 0 to create, 1 to update, 0 to archive."
    (change,) = applied.run("plan", "--json").document["changes"]
    assert change["reason"] == "changed"
    assert change["properties"]["price"]["source"]["line"] == line
    assert applied.run("apply", "--auto-approve").code == 0
    assert applied.run("plan").out.startswith("No changes.")
    assert '"199.00"' in applied.run("state", "show", "products/PT-100").out


def test_an_edit_by_somebody_else_is_drift_and_is_written_back(applied: Project) -> None:
    with applied.portal() as http:
        found = http.get("/crm/v3/objects/products/PT-100", params={"idProperty": "hs_sku"}).json()
        http.patch(f"/crm/v3/objects/products/{found['id']}", json={"properties": {"price": "1.00"}})
    (change,) = applied.run("plan", "--json").document["changes"]
    assert (change["address"], change["reason"]) == ("products/PT-100", "drift")
    assert change["properties"]["price"]["before"] == "1.00"
    assert applied.run("apply", "--auto-approve").code == 0
    with applied.portal() as http:
        found = http.get("/crm/v3/objects/products/PT-100", params={"idProperty": "hs_sku"}).json()
    assert float(found["properties"]["price"]) == 189.0


def test_records_that_no_manifest_names_are_left_alone(project: Project) -> None:
    assert project.run("emulator", "seed").code == 0
    with project.portal() as http:
        before = http.get("/crm/v3/objects/contacts").json()
    assert project.run("apply", "--auto-approve").code == 0
    with project.portal() as http:
        assert http.get("/crm/v3/objects/contacts").json() == before


def test_a_saved_plan_is_shown_and_applied(project: Project) -> None:
    assert project.run("plan", "--out", "plan.json").code == 0
    assert (project.folder / "plan.json").stat().st_mode & 0o777 == 0o600
    assert project.run("show", "plan.json").out == project.run("plan").out
    assert project.run("apply", "plan.json").code == 0
    assert project.run("plan").out.startswith("No changes.")


def test_a_saved_plan_leaves_out_what_moved_meanwhile(project: Project) -> None:
    project.run("plan", "--out", "plan.json")
    with project.portal() as http:
        found = http.get("/crm/v3/objects/products/PT-100", params={"idProperty": "hs_sku"}).json()
        http.patch(f"/crm/v3/objects/products/{found['id']}", json={"properties": {"price": "5.00"}})
    done = project.run("apply", "plan.json", "--json")
    assert done.code == 3
    stale = [row for row in done.document["changes"] if row["outcome"] == "stale"]
    assert [row["address"] for row in stale] == ["products/PT-100"]
    assert done.document["accounting"]["stale"] == 1


def test_a_stale_record_can_stop_everything_or_be_overwritten(project: Project) -> None:
    project.run("plan", "--out", "plan.json")
    with project.portal() as http:
        found = http.get("/crm/v3/objects/products/PT-100", params={"idProperty": "hs_sku"}).json()
        http.patch(f"/crm/v3/objects/products/{found['id']}", json={"properties": {"price": "5.00"}})
    assert project.run("apply", "plan.json", "--on-stale", "fail").code == 5
    project.run("plan", "--out", "plan.json")
    with project.portal() as http:
        http.patch(f"/crm/v3/objects/products/{found['id']}", json={"properties": {"price": "6.00"}})
    assert project.run("apply", "plan.json", "--on-stale", "overwrite").code == 0


def test_an_altered_plan_is_refused(project: Project) -> None:
    project.run("plan", "--out", "plan.json")
    project.replace("plan.json", '"189.00"]', '"1.00"]')
    refused = project.run("apply", "plan.json")
    assert refused.code == 5
    assert "the plan file was altered: its changes do not match its digest" in refused.err


def test_nobody_to_ask_is_an_error_and_nothing_is_written(project: Project) -> None:
    refused = project.run("apply")
    assert refused.code == 1
    assert "--auto-approve" in refused.err
    assert project.run("state", "list", "--json").document == []


def test_reset_starts_over(applied: Project) -> None:
    assert "71 owned records" in applied.run("emulator", "reset").out
    assert applied.run("plan", "--json").document["summary"]["create"] == CREATED


def test_runs_are_listed_and_shown(applied: Project) -> None:
    (run,) = applied.run("runs", "list", "--json").document
    assert run["status"] == "finished"
    shown = applied.run("runs", "show", run["id"])
    assert "102 planned = 102 applied + 0 rejected + 0 stale + 0 skipped + 0 unknown" in shown.out


def test_without_state_everything_works_and_nothing_is_adopted(project: Project) -> None:
    project.replace("reconciler.yaml", "default: local", "state: none\ndefault: local")
    summary = project.run("plan", "--json").document["summary"]
    assert (summary["create"], summary["update"], summary["adopt"]) == (CREATED, UPDATED, 0)
    assert summary["no_op"] == ADOPTED
    assert project.run("apply", "--auto-approve").code == 0
    again = project.run("plan")
    assert again.out.startswith("No changes. 101 in step.")
    assert "Without state" in again.out
    assert not (project.folder / ".reconciler" / "state.db").exists()
    for command in (("runs", "list"), ("state", "list")):
        assert project.run(*command).err == "`state: none` keeps nothing\n"
