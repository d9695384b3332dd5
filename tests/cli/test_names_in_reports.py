"""Plans, explanations and runs show labels, also of removed things, and show nothing twice."""

import csv
import io
import re
from pathlib import Path

import pytest

from tests.support.projects import Project, applied_example

GONE = "products/LS-20-A (Level switch LS-20, float, first series)"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return applied_example(tmp_path)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_what_is_no_longer_there_is_called_by_the_name_that_was_applied(project: Project) -> None:
    project.run("emulator", "edit", "products/LS-20-A", "--archive")
    held = project.run("plan")
    assert f"! {GONE}" in held.out
    assert "only --recreate products/LS-20-A creates it again" in " ".join(held.out.split())
    assert project.run("explain", "products/LS-20-A").out.startswith(f"{GONE}\n")

    pruning(project, "products.yaml", "LS-20-A", "LR-60")
    assert f"= {GONE}" in project.run("plan").out


def pruning(project: Project, name: str, record: str = "", until: str = "") -> None:
    """Make the documents of a file prune, and remove one record from the file."""
    text = re.sub("(?m)^key: .*$", r"\g<0>\nprune: all", (project.folder / name).read_text(), count=1)
    start, end = text.index(f"  {record}:"), text.index(f"  {until}:")
    project.write(name, text[:start] + text[end:])


def test_the_other_record_of_an_association_that_goes_has_its_name(project: Project) -> None:
    project.replace("deals.yaml", "[{to: K-10023, label: Primary}]", "[K-10012]")
    pruning(project, "deals.yaml", "P-2026-041", "P-2026-043")
    done = project.run("plan", "--format", "csv", "--exclude", "companies/*")
    (gone,) = [row for row in rows(done.out) if row["action"] == "dissociate"]
    assert gone["property label"] == "Donau Feinpapier AG"


def test_an_explanation_shows_labels_and_owners_where_values_are_masked(project: Project) -> None:
    told = project.run("explain", "companies/K-10012", "--values", "mask", "--full").out
    in_step = {line[4:].split("  ")[0]: line for line in told.splitlines() if line.startswith("  = ")}
    assert " Dairy " in in_step["industry"]
    assert "ada@inntal-sensorik.example" in told
    assert "+49" not in told
    asked = project.run("explain", "companies/K-10012#hubspot_owner_id", "--values", "mask").out
    assert "  manifest      ada@inntal-sensorik.example" in asked


def test_reports_of_runs_show_lists_and_actions_as_plans_do(project: Project) -> None:
    (report,) = (project.folder / ".reconciler" / "reports").glob("*.json")
    shown = project.run("show", str(report), "--full")
    assert "+ options                    PRESSURE, TEMPERATURE, FLOW, LEVEL, VIBRATION" in shown.out
    assert "products: 6 definitions created" in shown.out
    lines = rows(project.run("show", str(report), "--format", "csv").out)
    assert {"create definition", "update definition"} < {row["action"] for row in lines}
    assert "true, false" in {row["after"] for row in lines if row["property"] == "options"}


def test_the_riskiest_changes_are_the_first_rows_of_a_table_too(project: Project) -> None:
    pruning(project, "companies.yaml", "K-10017", "K-10023")
    project.replace("products.yaml", "price: 45.00", "price: 46.00")
    told = [row["action"] for row in rows(project.run("plan", "--format", "csv").out)]
    assert told[:2] == ["archive", "update"]


def test_a_mistake_that_many_records_share_is_told_once(project: Project) -> None:
    project.replace("products.yaml", "hs_status: active", "hs_status: activ")
    project.replace("tickets.yaml", "hs_ticket_priority: URGENT", "hs_ticket_priority: URGNT")
    refused = project.run("plan")
    assert refused.code == 1
    (told,) = [line for line in refused.out.splitlines() if "hs_status has no option" in line]
    assert told.startswith("products.yaml:9:")
    assert "    in 15 records\n" in refused.out


def test_reviewed_plans_name_what_they_leave_out(project: Project) -> None:
    project.replace("products.yaml", "price: 45.00", "price: 46.00")
    project.run("plan", "--out", "reviewed.json")
    project.replace("products.yaml", "price: 46.00", "price: 47.00")
    told = project.run("plan", "--reviewed", "reviewed.json", "--out", "plan.json")
    assert told.code == 5
    assert "! products/LS-20 (Level switch LS-20, float)" in told.out
    assert "! products/LS-20 (Level switch LS-20, float)" in project.run("show", "plan.json").out
    table = rows(project.run("show", "plan.json", "--format", "csv").out)
    assert ("products/LS-20", "Level switch LS-20, float") in {(row["address"], row["name"]) for row in table}
