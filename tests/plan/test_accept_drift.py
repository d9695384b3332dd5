"""Accepting drift: a live value becomes a manifest value, or a message says why it cannot."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reconciler.model.acceptance import Acceptance
from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.definitions import Owner, Pipeline, PipelineStage
from reconciler.model.desired_records import DesiredRecord, ManifestValue, Ownership
from reconciler.model.drift import DriftedValue, DriftFound, MissingOwnedRecord
from reconciler.model.live import MissingReason
from reconciler.model.owned import StateVersion
from reconciler.model.tables import Format, TableForm
from reconciler.plan.drift.accept import AcceptBuilder, DriftedRecord
from reconciler.plan.values.owners import owner_ids
from reconciler.plan.values.resolve import Resolver
from reconciler.source import SourceFiles, SourceRef, place_of
from tests.support.nouns import COMPANIES, FILES, at, definition, desired, document, live

KEY = RecordAddress("companies", "external_id", "acme")
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
OWNERS = [Owner("71", "ada@acme.example"), Owner("72", "Bob@acme.example")]
RESOLVER = Resolver(COMPANIES, FILES, owner_ids(OWNERS, {"eve@old.example": "bob@acme.example"}))


def accept(
    record: DesiredRecord | None,
    now: Mapping[str, str | None] | None,
    *names: str,
    resolver: Resolver = RESOLVER,
    shows_sensitive: bool = False,
    is_elsewhere: bool = False,
) -> Acceptance:
    """Accept the drift of record acme, whose live values are ``now``: of all properties, or of ``names``."""
    values = [
        DriftedValue(KEY, RecordId("9"), name, "before", (now or {}).get(name))
        for name in names or tuple(now or ())
    ]
    found = {"acme": live("9", now)} if now is not None else {}
    builder = AcceptBuilder(shows_sensitive, lambda _: is_elsewhere)
    builder.add_chunk(resolver, [DriftedRecord(record, values)], found)
    now_found = DriftFound("0.1.0", NOW, "local", 1, StateVersion("a", 1), 1, tuple(values), (), read_calls=1)
    return builder.finish(now_found)


def words(before: ManifestValue, name: str, now: str | None, resolver: Resolver = RESOLVER) -> ManifestValue:
    done = accept(desired("acme", {name: before}), {name: now}, resolver=resolver)
    assert done.problems == ()
    (edit,) = (*done.edits, *done.agreed)
    assert (edit.name, edit.before) == (name, before)
    return edit.after


@pytest.mark.parametrize(
    ("name", "before", "now", "after"),
    [
        ("name", "Acme", "Acme AG", "Acme AG"),
        ("name", "Acme", "two\r\nlines", "two\nlines"),
        ("phone", "+49 30 1", "+49 (30) 2", "+49 (30) 2"),
        ("phone", "+49 30 1", None, None),
        ("phone", None, "+49301", "+49301"),
        ("annualrevenue", "12.10", "13", "13"),
        ("founded_on", "2026-11-22", "1795392000000", "2026-11-23"),
        ("closed_at", "2026-11-22T09:30:00+01:00", "2026-11-22T09:30:00Z", "2026-11-22T09:30:00Z"),
        ("closed_at", "2026-11-22T09:30:00+01:00", "1795305600500", "2026-11-22T00:00:00.500Z"),
        ("industry", "SENSORS", "PRINTING", "PRINTING"),
        ("industry", "SENSORS", "an old option", "an old option"),
        ("product_lines", ("EDGE", "CLOUD"), "CLOUD;PRINT;EDGE", ("EDGE", "CLOUD", "PRINT")),
        ("product_lines", "EDGE;CLOUD", "PRINT;CLOUD", "CLOUD;PRINT"),
        ("product_lines", None, "PRINT", ("PRINT",)),
        ("product_lines", ("PRINT",), "CLOUD;OLD", "CLOUD;OLD"),
        ("hubspot_owner_id", "eve@acme.example", "72", "bob@acme.example"),
        ("hubspot_owner_id", "71", "72", "72"),
        ("hubspot_owner_id", None, "71", "ada@acme.example"),
        ("hubspot_owner_id", "bob@acme.example", "99", "99"),  # this owner is no longer in the portal
        ("pipeline", "Sales", "p2", "Renewals"),
        ("pipeline", "p1", "p2", "p2"),
        ("stage", "New", "s4", "Renewed"),
        ("stage", "s1", "s4", "s4"),
        ("extra", '{"a": 1}', '{"a":2}', '{"a":2}'),
    ],
)
def test_the_words_are_those_of_the_manifest(
    name: str, before: ManifestValue, now: str | None, after: ManifestValue
) -> None:
    assert words(before, name, now) == after


def test_a_value_that_the_manifest_says_already_is_no_edit() -> None:
    done = accept(desired("acme", {"annualrevenue": "12.10"}), {"annualrevenue": "12.1"})
    assert done.edits == ()
    assert [edit.after for edit in done.agreed] == ["12.10"]


def test_a_label_that_several_share_gives_way_to_the_id() -> None:
    twins = (Pipeline("p1", "Sales", ()), Pipeline("p2", "Twin", ()), Pipeline("p3", "twin", ()))
    resolver = replace(RESOLVER, schema=replace(COMPANIES, pipelines=twins))
    assert words("Sales", "pipeline", "p3", resolver) == "p3"


def test_a_stage_follows_the_pipeline_that_is_accepted_with_it() -> None:
    record = desired("acme", {"pipeline": "Sales", "stage": "Won"})
    now = {"pipeline": "p2", "stage": "s3"}
    done = accept(record, now)
    assert {edit.name: edit.after for edit in done.edits} == {"pipeline": "Renewals", "stage": "New"}
    alone = accept(record, now, "stage")
    assert alone.edits == ()
    assert "correct pipeline or stage" in str(alone.problems[0].advice) + str(alone.problems)


def test_a_stage_that_the_portal_no_longer_has_is_a_problem() -> None:
    resolver = replace(
        RESOLVER,
        schema=replace(COMPANIES, pipelines=(Pipeline("p1", "Sales", (PipelineStage("s1", "New"),)),)),
    )
    (problem,) = accept(desired("acme", {"stage": "New"}), {"stage": "gone"}, resolver=resolver).problems
    assert problem.message.startswith("no manifest can hold the live value")
    assert problem.source == SourceRef("companies.yaml", 11, 7)


@pytest.mark.parametrize("ownership", [Ownership.INITIAL, Ownership.OBSERVE])
def test_values_left_to_people_are_not_accepted(ownership: Ownership) -> None:
    record = desired("acme", {"name": "Acme"}, document(ownership={"name": ownership}))
    (problem,) = accept(record, {"name": "X"}).problems
    assert "leaves it to people" in problem.message


def test_a_value_that_no_manifest_sets_is_not_accepted() -> None:
    (problem,) = accept(desired("acme", {"name": "Acme"}), {"name": "Acme", "phone": "1"}, "phone").problems
    assert problem.message == "no manifest sets this property, so `apply` does not undo the change"
    (problem,) = accept(None, {"phone": "1"}).problems
    assert problem.message == "no manifest sets the record, so `apply` does not undo the change"
    (problem,) = accept(None, {"phone": "1"}, is_elsewhere=True).problems
    assert problem.message == "manifests name the record for other environments only"


def test_a_record_that_vanished_meanwhile_is_a_problem() -> None:
    (problem,) = accept(desired("acme", {"name": "Acme"}), None, "name").problems
    assert problem.message == "the record is no longer there"


def test_sensitive_values_are_written_only_when_they_may_be_shown() -> None:
    properties = dict(COMPANIES.properties) | {"phone": definition("phone", is_sensitive=True)}
    resolver = replace(RESOLVER, schema=replace(COMPANIES, properties=properties))
    record = desired("acme", {"phone": "1"})
    (problem,) = accept(record, {"phone": "2"}, resolver=resolver).problems
    assert problem.message == "the portal calls this property sensitive"
    assert "2" not in str(problem.advice) + problem.message
    done = accept(record, {"phone": "2"}, resolver=resolver, shows_sensitive=True)
    assert [edit.after for edit in done.edits] == ["2"]


def test_an_owner_who_left_is_written_by_e_mail_too() -> None:
    known = [*OWNERS, Owner("77", "eve@acme.example", is_active=False)]
    resolver = RESOLVER.knowing(known, {})
    assert words("ada@acme.example", "hubspot_owner_id", "77", resolver) == "eve@acme.example"


IN_TABLE = replace(RESOLVER, files=SourceFiles(("companies.yaml", "rows.csv")))
"""A resolver of records in line 5 of a table."""


def row(name: str, before: ManifestValue, form: TableForm, *, is_shared: bool = False) -> DesiredRecord:
    """Build a row whose third column is the property; with ``is_shared``, its value comes from ``all:``."""
    about = replace(document(), table=form, columns={name: place_of(1, 1, 3)})
    record = replace(desired("acme", {name: before}), document=about, place=place_of(1, 5, 1))
    return record if is_shared else replace(record, places=(place_of(1, 5, 3),))


@pytest.mark.parametrize(
    ("name", "before", "now", "after"),
    [
        ("name", "Acme", "Acme AG", "Acme AG"),
        ("phone", "1", None, None),
        ("phone", None, "1", "1"),
        ("annualrevenue", "12,50", "1200.5", "1200,5"),
        ("name", "12,50", "12.5", "12.5"),
        ("product_lines", "EDGE;CLOUD", "CLOUD;PRINT;EDGE", "EDGE;CLOUD;PRINT"),
        ("product_lines", None, "PRINT;EDGE", "PRINT;EDGE"),
        ("hubspot_owner_id", "ada@acme.example", "72", "bob@acme.example"),
    ],
)
def test_a_cell_gets_what_a_cell_can_say(
    name: str, before: ManifestValue, now: str | None, after: ManifestValue
) -> None:
    form = TableForm(Format.CSV, clear="-", decimal=",")
    done = accept(row(name, before, form), {name: now}, resolver=IN_TABLE)
    assert done.problems == ()
    (edit,) = done.edits
    assert (edit.before, edit.after, edit.table) == (before, after, form)
    assert str(edit.source) == "rows.csv:5:3"


def test_a_value_for_all_rows_is_written_into_the_cell_of_one() -> None:
    form = TableForm(Format.CSV, decimal=",")
    record = row("annualrevenue", "12.50", form, is_shared=True)
    (edit,) = accept(record, {"annualrevenue": "13.75"}, resolver=IN_TABLE).edits
    assert (edit.before, edit.after, str(edit.source)) == ("12.50", "13,75", "rows.csv:5:3")
    columnless = replace(record, document=replace(record.document, columns={}))
    (problem,) = accept(columnless, {"annualrevenue": "13.75"}, resolver=IN_TABLE).problems
    assert problem.message == "the value comes from `all:`, and the table has no column for it"


@pytest.mark.parametrize(
    ("form", "now", "message"),
    [
        (TableForm(Format.PARQUET), "X", "the table cannot be edited: the file is Parquet, and only cells"),
        (TableForm(Format.JSONL), "X", "the table cannot be edited: the file is JSON lines, and only cells"),
        (TableForm(Format.CSV), None, "the property is empty in HubSpot, and no text in a cell"),
        (TableForm(Format.CSV, clear="X"), "X", "the value in HubSpot is the same text as `clear:`"),
    ],
)
def test_what_no_cell_can_say_is_a_problem_of_that_value(
    form: TableForm, now: str | None, message: str
) -> None:
    done = accept(row("name", "Acme", form), {"name": now}, resolver=IN_TABLE)
    assert done.edits == ()
    (problem,) = done.problems
    assert problem.message.startswith(message)
    assert problem.advice


def test_a_property_that_the_portal_no_longer_has_is_a_problem() -> None:
    properties = {name: of for name, of in COMPANIES.properties.items() if name != "phone"}
    resolver = replace(RESOLVER, schema=replace(COMPANIES, properties=properties))
    (problem,) = accept(desired("acme", {"phone": "1"}), {"phone": None}, resolver=resolver).problems
    assert problem.advice == "remove the line"


@pytest.mark.parametrize("fate", MissingReason)
def test_a_lost_record_is_told_what_to_write_instead(fate: MissingReason) -> None:
    builder = AcceptBuilder(shows_sensitive=False, is_for_other_environment=lambda _: False)
    builder.add_lost(MissingOwnedRecord(KEY, RecordId("9"), fate, ()), FILES.ref(at(3)))
    (problem,) = builder.problems
    assert problem.message.startswith("the record ")
    assert problem.message.endswith(": there is no value to write back")
    assert problem.advice
    assert problem.address == "companies/acme"
