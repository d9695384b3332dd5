"""One table defines the fields of a change: how each is written, read, digested, stored and masked."""

import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.json_values import Wrong
from reconciler.plan.change import Action, Change, Reason, Remote
from reconciler.plan.file.fields import (
    COLUMNS,
    FIELDS,
    Content,
    change_cells,
    change_in,
    decode_change,
    encode_change,
)
from reconciler.plan.kinds import KINDS
from reconciler.state.tables import changes
from tests.support.journals import create, update, value
from tests.support.plans import plans

OF_THE_JOURNAL = {"portal_id", "run_id", "number", "outcome", "answer"}
"""Columns of the journal for the place of a change in its run, and for its outcome."""


def any_change() -> st.SearchStrategy[Change]:
    return plans.filter(lambda plan: bool(plan.changes)).map(lambda plan: plan.changes[0])


def test_every_field_of_a_change_is_a_row_of_the_table() -> None:
    assert [field.name for field in FIELDS] == [
        "address",
        "action",
        "reason",
        "values",
        "remembered",
        "forgotten",
        "rests_on",
        "moved_from",
        "remote",
        "operation",
        "owned",
        "owned_before",
        "source",
        "details",
        "step",
        "display_names",
    ]
    assert [field.name for field in FIELDS] == [field.name for field in fields(Change)]


def test_every_field_is_digested_or_tells_why() -> None:
    for kind in KINDS.values():
        assert [field.name for field in FIELDS if field.form(kind) is None and field.why is None] == []


def test_every_column_of_a_change_is_kept_by_a_field() -> None:
    assert {column.name for column in changes.columns} == {*COLUMNS, *OF_THE_JOURNAL}
    assert len(COLUMNS) == len(set(COLUMNS))
    assert [field.name for field in FIELDS if field.kept is None] == ["rests_on"]


def test_fields_with_texts_of_properties_or_keys_are_masked() -> None:
    masked = {field.name for field in FIELDS if field.content is not Content.NOTHING}

    assert masked == {
        "address",
        "values",
        "remembered",
        "forgotten",
        "rests_on",
        "moved_from",
        "display_names",
    }


@given(any_change())
def test_a_change_is_read_as_it_was_written(change: Change) -> None:
    does, why = json.loads(json.dumps(encode_change(change)))

    assert decode_change(does, why) == change


@given(any_change())
def test_what_the_journal_keeps_of_a_change_is_all_but_what_it_rests_on(change: Change) -> None:
    cells = change_cells(change)

    assert cells.keys() == set(COLUMNS)
    reported = change.source
    in_file = tuple(
        tuple(replace(each, changed=None) for each in values)
        for values in (change.values, change.remembered, change.forgotten)
    )
    assert change_in(cells) == replace(
        change,
        rests_on=(),
        source=reported,
        values=in_file[0],
        remembered=in_file[1],
        forgotten=in_file[2],
    )


def test_reasons_places_and_people_make_no_difference_to_what_is_digested() -> None:
    change = update("acme", "9001", value("phone", "1", "2"))
    other = replace(
        change, reason=Reason.DRIFT, source=None, values=(value("phone", "1", "2", Reason.DRIFT),)
    )

    assert encode_change(other)[0] == encode_change(change)[0]
    assert encode_change(other)[1] != encode_change(change)[1]


def test_what_says_nothing_is_left_out() -> None:
    does, why = encode_change(create("acme"))

    assert does.keys() == {"action", "address", "kind", "operation", "owned"}
    assert why.keys() == {"address", "reason", "source"}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (replace(update("acme", "9001"), remote=Remote()), '"update" must have a record id'),
        (replace(create("acme"), operation=None), '"create" must have the call batch/create or batch/upsert'),
        (replace(create("acme"), owned=None), '"create" must have `owned`'),
        (replace(update("acme", "9001"), action=Action.RELEASE), '"release" must have no call'),
    ],
)
def test_a_change_that_no_planner_makes_is_refused(change: Change, what: str) -> None:
    with pytest.raises(Wrong, match=what):
        decode_change(*encode_change(change))
