"""Plans, drift and runs as CSV: one value in each row, and no cell that a spreadsheet would execute."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.drift import DriftFound
from reconciler.model.imports import UnnamedRecord, UnnamedRecords
from reconciler.model.object_references import ObjectProperty
from reconciler.model.runs import RunDetail
from reconciler.plan.change import Reason, ValueChange
from reconciler.plan.plan import Plan
from reconciler.report.csv_report import drift_as_csv, plan_as_csv, run_as_csv, unnamed_as_csv
from reconciler.report.mask import SHOW, Masking
from reconciler.report.view import SourceLinks, View
from reconciler.source import SourceRef
from tests.report.test_masked_when_shown import DRIFT, RUNS
from tests.support.example_plan import EVERYTHING, UPDATES
from tests.support.plans import plans

VIEW = View(SHOW)


def rows(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    assert text.count("\n") >= text.count("\r\n") > 0
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


def with_values(*values: ValueChange) -> Plan:
    return replace(
        EVERYTHING, changes=(replace(UPDATES[0], values=values),), held=(), problems=(), review=None
    )


def value(after: str | None, before: str | None = None) -> ValueChange:
    return ValueChange("name", before, after, Reason.CHANGED, SourceRef("a.yaml", 14, 3))


def test_a_row_says_all_about_one_value() -> None:
    text = plan_as_csv(with_values(value("Acme AG", "Acme")), VIEW)
    (row,) = rows(text)
    change = UPDATES[0]
    assert row == {
        "address": change.thing.text,
        "name": "Acme GmbH & Co. KG",
        "link": f"https://app-eu1.hubspot.com/contacts/{EVERYTHING.portal_id}/record/0-2/{change.remote.id}",
        "property": "name",
        "property label": "Name",
        "before": "Acme",
        "after": "Acme AG",
        "action": "update",
        "verdict": "changed",
        "who": "",
        "when (UTC)": "",
        "file and line": "a.yaml:14:3",
        "link to the line": "",
        "note": "",
    }


def test_the_plan_of_an_emulator_has_no_links() -> None:
    plan = replace(with_values(value("x")), names=replace(EVERYTHING.names, pages=None))
    (row,) = rows(plan_as_csv(plan, VIEW))
    assert row["link"] == ""


def test_a_job_links_each_line_at_the_commit_of_the_plan() -> None:
    links = SourceLinks("https://github.com/acme/crm/blob/", "sales & co/")
    (row,) = rows(plan_as_csv(with_values(value("x")), replace(VIEW, links=links)))
    commit = EVERYTHING.manifests.git
    where = f"https://github.com/acme/crm/blob/{commit}/sales%20%26%20co/a.yaml#L14"
    assert row["link to the line"] == where


def test_choices_and_stages_have_their_labels() -> None:
    stage = ValueChange("dealstage", "appointmentscheduled", "closedwon", Reason.CHANGED)
    deal = next(change for change in UPDATES if change.object_type == "deals")
    (row,) = rows(plan_as_csv(replace(with_values(), changes=(replace(deal, values=(stage,)),)), VIEW))
    assert (row["property"], row["property label"]) == ("dealstage", "Deal stage")
    assert (row["before"], row["after"]) == ("Appointment scheduled", "Closed (closedwon)")


@pytest.mark.parametrize(
    ("after", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+4930", "'+4930"),
        ("-5", "-5"),
        ("-1200000.50", "-1200000.50"),
        ("-5-cmd", "'-5-cmd"),
        ("-5%", "'-5%"),
        ("--5", "'--5"),
        ("-5\n-6", "'-5\n'-6"),
        ("-\u0665", "'-\u0665"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "\\t=1"),
        ("\r=1", "\\r=1"),
        (" =1", "' =1"),
        ("\uff1d1", "'\uff1d1"),
        ("a;=1", "a;'=1"),
        ("a\n=1", "a\n'=1"),
        ("1-1", "1-1"),
        ('say "=hi"', 'say "=hi"'),
        ("two\r\nlines", "two\nlines"),
        (None, ""),
    ],
)
def test_no_cell_is_a_formula(after: str | None, cell: str) -> None:
    (row,) = rows(plan_as_csv(with_values(value(after, "x")), VIEW))
    assert row["after"] == cell


@given(st.lists(st.text() | st.text("=+-@\t\r\n;,\" '1"), max_size=3))
def test_no_spreadsheet_of_any_country_finds_a_formula(texts: Sequence[str]) -> None:
    text = plan_as_csv(with_values(*map(value, texts)), VIEW).removeprefix("\ufeff")
    for delimiter in ",;":
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            texts = [cell for cell in cells if not re.fullmatch(r"-[0-9]+(\.[0-9]+)?", cell)]
            assert not [cell for cell in texts if re.match(r"\s*[=+\-@\t\r]", cell)]


def test_changes_without_values_have_a_row_too() -> None:
    found = rows(plan_as_csv(EVERYTHING, VIEW))
    assert {change.thing.text for change in EVERYTHING.changes} <= {row["address"] for row in found}
    assert len(found) >= len(EVERYTHING.changes) + len(EVERYTHING.held) + len(EVERYTHING.problems)


def test_personal_values_are_masked_as_everywhere() -> None:
    ada = RecordAddress("contacts", "email", "ada@acme.example")
    change = replace(UPDATES[0], address=ada, values=(value("Ada", "Eve"),))
    plan = replace(
        EVERYTHING,
        changes=(change,),
        held=(),
        problems=(),
        masked_properties=(ObjectProperty("contacts", "email"), ObjectProperty("contacts", "name")),
    )
    text = plan_as_csv(plan, View(Masking(b"key")))
    assert not re.search("ada|eve", text, re.IGNORECASE)
    assert "\u2039" in text


def test_records_that_no_manifest_names_are_listed() -> None:
    record = UnnamedRecord(RecordId("9"), "K-9", "=Acme", "https://x", "2026-11-22T10:00:00Z", "Ada Lindner")
    both = (record, replace(record, key=None))
    found = UnnamedRecords("companies", "external_id", 2, 2, 1, both, key_label="External id")
    first, second = rows(unnamed_as_csv(found, VIEW))
    assert (first["address"], first["name"], first["verdict"]) == ("companies/K-9", "'=Acme", "unnamed")
    assert (first["who"], first["when (UTC)"]) == ("Ada Lindner", "2026-11-22 10:00:00")
    assert (first["property"], first["property label"], first["before"]) == (
        "external_id",
        "External id",
        "K-9",
    )
    assert (first["link"], first["before"]) == ("https://x", "K-9")
    assert (second["address"], second["before"]) == ("companies/=9", "")
    assert second["note"] == "it has no external_id, so manifests cannot name it"


@given(plans)
def test_any_plan_is_a_table(plan: Plan) -> None:
    assert len(rows(plan_as_csv(plan, VIEW))) >= len(plan.changes) + len(plan.held) + len(plan.problems)


@given(DRIFT, RUNS)
def test_drift_and_runs_are_tables(found: DriftFound, run: RunDetail) -> None:
    assert len(rows(drift_as_csv(found, VIEW))) == len(found.differences)
    assert len(rows(run_as_csv(run, VIEW))) >= len(run.rows)
