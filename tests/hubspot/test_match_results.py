"""Answers are matched to rows by their content, in any order and even if incomplete."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.hubspot.records.match_results import RowOutcome, join
from reconciler.hubspot.records.responses import BatchBody
from reconciler.model.calls import Call, InputRow, Operation
from reconciler.model.outcomes import Applied, Rejected, Unknown
from tests.hubspot.doubles import Result, batch

BY_KEY = Operation(Call.UPSERT, "external_id")
BY_ID = Operation(Call.UPDATE, None)
BY_EMAIL = Operation(Call.UPSERT, "email")


def rows_of(*ids: str) -> list[InputRow]:
    return [InputRow(f"t{number}", id_, {"name": id_}) for number, id_ in enumerate(ids)]


def joined(operation: Operation, rows: list[InputRow], answer: Mapping[str, Any]) -> Mapping[str, RowOutcome]:
    return join(operation, rows, BatchBody.read(orjson.dumps(answer)))


def result(record_id: str, trace_id: str | None = None, **properties: str | None) -> Result:
    return {"id": record_id, "properties": properties, "objectWriteTraceId": trace_id}


def error(message: str = "no", **context: list[str]) -> Result:
    return {"status": "error", "category": "VALIDATION_ERROR", "message": message, "context": context}


def test_results_are_joined_by_trace_id_whatever_their_order() -> None:
    rows = rows_of("a", "b")

    outcomes = joined(BY_KEY, rows, batch([result("2", "t1"), result("1", "t0")]))

    assert outcomes == {"t0": Applied("1", {}), "t1": Applied("2", {})}  # type: ignore[arg-type]


def test_results_without_trace_ids_are_joined_by_key() -> None:
    outcomes = joined(
        BY_KEY, rows_of("a", "b"), batch([result("2", external_id="b"), result("1", external_id="a")])
    )

    assert [getattr(outcome, "record_id", None) for outcome in outcomes.values()] == ["1", "2"]


def test_results_without_trace_ids_are_joined_by_record_id() -> None:
    outcomes = joined(BY_ID, rows_of("11", "12"), batch([result("12"), result("11")]))

    assert [getattr(outcome, "record_id", None) for outcome in outcomes.values()] == ["11", "12"]


def test_email_keys_are_joined_in_lower_case_and_other_keys_are_not() -> None:
    by_email = joined(BY_EMAIL, rows_of("Ada@Acme.example"), batch([result("1", email="ada@acme.example")]))
    by_key = joined(BY_KEY, rows_of("A", "b"), batch([result("1", external_id="a")]))

    assert isinstance(by_email["t0"], Applied)
    assert isinstance(by_key["t0"], Unknown)


def test_a_result_that_could_be_either_of_two_rows_is_given_to_none() -> None:
    outcomes = joined(BY_KEY, rows_of("twin", "twin"), batch([result("1", external_id="twin")]))

    assert [outcome.word for outcome in outcomes.values()] == ["unknown", "unknown"]


def test_an_answer_says_what_it_holds_and_whether_it_created() -> None:
    body = result("1", "t0", name="A", phone="") | {"new": True}

    assert joined(BY_KEY, rows_of("a"), batch([body])) == {
        "t0": Applied("1", {"name": "A", "phone": None}, is_new=True)  # type: ignore[arg-type]
    }


@pytest.mark.parametrize(
    "said",
    [
        error(objectWriteTraceId=["t1"]),
        error(ids=["b"]),
        error("the record b is locked"),
        error("input t1 is wrong"),
    ],
)
def test_errors_are_joined_by_trace_id_then_id_then_message(said: Result) -> None:
    outcomes = joined(BY_KEY, rows_of("a", "b"), batch([result("1", "t0")], [said]))

    assert isinstance(outcomes["t0"], Applied)
    assert isinstance(outcomes["t1"], Rejected)
    assert outcomes["t1"].category == "VALIDATION_ERROR"


def test_one_error_may_concern_many_rows() -> None:
    outcomes = joined(BY_ID, rows_of("1", "2", "3"), batch([result("2")], [error(ids=["1", "3"])]))

    assert [outcome.word for outcome in outcomes.values()] == ["rejected", "applied", "rejected"]


def test_an_error_that_names_nobody_leaves_the_missing_row_unknown_and_is_quoted() -> None:
    outcomes = joined(BY_KEY, rows_of("a", "b", "c"), batch([result("1", "t0")], [error("something is off")]))

    assert [outcome.word for outcome in outcomes.values()] == ["applied", "unknown", "unknown"]
    assert outcomes["t1"] == Unknown(
        "HubSpot's answer does not mention this record; HubSpot reports: something is off"
    )


def test_a_batch_of_one_needs_no_name() -> None:
    assert joined(BY_KEY, rows_of("a"), batch([], [error("off")])) == {
        "t0": Rejected("off", category="VALIDATION_ERROR")
    }


def test_a_row_left_out_of_the_answer_is_unknown() -> None:
    outcomes = joined(BY_ID, rows_of("1", "2"), batch([result("1", "t0")]))

    assert outcomes["t1"] == Unknown("HubSpot's answer does not mention this record")


def test_a_row_with_result_and_error_is_unknown() -> None:
    outcomes = joined(
        BY_ID, rows_of("1", "2"), batch([result("1", "t0")], [error(objectWriteTraceId=["t0"])])
    )

    assert outcomes["t0"] == Unknown("HubSpot wrote the record, but also reported: no")


def test_an_empty_answer_to_an_archive_is_success() -> None:
    archive = Operation(Call.ARCHIVE, None)
    rows = rows_of("1", "2")

    assert join(archive, rows, BatchBody.read_or_empty(b"")) == {
        "t0": Applied("1", {}),  # type: ignore[arg-type]
        "t1": Applied("2", {}),  # type: ignore[arg-type]
    }
    assert [outcome.word for outcome in joined(archive, rows, batch([], [error(ids=["2"])])).values()] == [
        "applied",
        "rejected",
    ]


def test_an_archive_that_says_no_of_nobody_in_particular_proves_nothing() -> None:
    archive = Operation(Call.ARCHIVE, None)
    outcomes = joined(archive, rows_of("1", "2"), batch([], [error("something is off")]))

    assert [outcome.word for outcome in outcomes.values()] == ["unknown", "unknown"]


def test_the_first_of_two_results_and_of_two_errors_counts() -> None:
    rows = rows_of("1", "2")
    twice = batch(
        [result("1", "t0"), result("9", "t0")],
        [error("first", objectWriteTraceId=["t1"]), error("second", objectWriteTraceId=["t1"])],
    )
    outcomes = joined(BY_KEY, rows, twice)

    assert outcomes["t0"] == Applied("1", {})  # type: ignore[arg-type]
    assert outcomes["t1"] == Rejected("first", category="VALIDATION_ERROR")


def test_a_row_that_was_answered_takes_no_second_result_and_leaves_it_to_its_twin() -> None:
    twins = rows_of("twin", "twin")
    outcomes = joined(
        BY_KEY, twins, batch([result("1", "t0", external_id="twin"), result("2", external_id="twin")])
    )
    assert [getattr(outcome, "record_id", None) for outcome in outcomes.values()] == ["1", "2"]

    alone = joined(
        BY_KEY, rows_of("a", "b"), batch([result("1", "t0", external_id="a"), result("9", external_id="a")])
    )
    assert [getattr(outcome, "record_id", None) for outcome in alone.values()] == ["1", None]


def test_an_error_whose_words_could_mean_two_rows_is_given_to_none() -> None:
    outcomes = joined(
        BY_KEY, rows_of("a", "b", "c"), batch([], [error("a and b clash"), error("a and b clash")])
    )

    assert outcomes["t0"] == Unknown(
        "HubSpot's answer does not mention this record; HubSpot reports: a and b clash"
    )
    assert [outcome.word for outcome in outcomes.values()] == ["unknown"] * 3


def test_an_error_is_not_given_to_a_row_that_was_answered() -> None:
    outcomes = joined(BY_KEY, rows_of("a", "b"), batch([result("1", "t0")], [error("a and b clash")]))

    assert isinstance(outcomes["t0"], Applied)
    assert isinstance(outcomes["t1"], Rejected)


@pytest.mark.parametrize("name", ["email", "hs_email"])
def test_addresses_are_joined_in_the_spelling_that_was_sent_first(name: str) -> None:
    operation = Operation(Call.UPSERT, name)
    rows = rows_of("Ada@acme.example", "ada@acme.example", " Bob@acme.example ")
    outcomes = joined(
        operation,
        rows,
        batch([result("1", **{name: "ada@acme.example"}), result("2", **{name: "bob@acme.example"})]),
    )

    assert [getattr(outcome, "record_id", None) for outcome in outcomes.values()] == [None, "1", "2"]


def test_a_result_without_the_key_belongs_to_nobody() -> None:
    outcomes = joined(BY_KEY, rows_of("a", "1"), batch([result("1"), result("1", external_id=None)]))

    assert [outcome.word for outcome in outcomes.values()] == ["unknown", "unknown"]


def test_a_result_with_a_trace_id_of_no_row_is_joined_by_its_key() -> None:
    outcomes = joined(BY_KEY, rows_of("a", "b"), batch([result("1", "elsewhere", external_id="b")]))

    assert [outcome.word for outcome in outcomes.values()] == ["unknown", "applied"]


def test_a_refusal_without_words_says_so() -> None:
    assert joined(BY_KEY, rows_of("a", "b"), batch([], [{"status": "error", "context": {"ids": ["a"]}}]))[
        "t0"
    ] == Rejected("HubSpot gives no reason")


SIZE = 12


@given(
    st.sampled_from([BY_KEY, BY_ID, BY_EMAIL]),
    st.permutations(range(SIZE)),
    st.lists(st.sampled_from("rreeo"), min_size=SIZE, max_size=SIZE),
    st.booleans(),
    st.booleans(),
)
def test_every_row_gets_the_one_outcome_that_the_answer_proves(
    operation: Operation, order: list[int], fates: list[str], traces_in_results: bool, traces_in_errors: bool
) -> None:
    """In ``fates``, r is a result in the answer, e an error, and o a row that the answer omits."""
    rows = rows_of(*(f"k{number}x@acme.example" for number in range(SIZE)))
    results: list[Result] = []
    errors: list[Result] = []
    for number in order:
        row = rows[number]
        if fates[number] == "r":
            key = {operation.id_property: row.id} if operation.id_property else {}
            record_id = row.id if operation.id_property is None else f"9{number}"
            results.append(result(record_id, row.trace_id if traces_in_results else None, **key))
        elif fates[number] == "e":
            named = {"objectWriteTraceId": [row.trace_id]} if traces_in_errors else {"ids": [row.id]}
            errors.append(error(f"row {number}", **named))

    outcomes = joined(operation, rows, batch(results, errors))

    kinds = {"r": Applied, "e": Rejected, "o": Unknown}
    assert list(outcomes) == [row.trace_id for row in rows]
    assert [type(outcome) for outcome in outcomes.values()] == [kinds[fate] for fate in fates]
    for number, outcome in enumerate(outcomes.values()):
        if isinstance(outcome, Rejected):
            assert outcome.message == f"row {number}"
        if isinstance(outcome, Applied):
            assert outcome.record_id == (rows[number].id if operation.id_property is None else f"9{number}")


ODD_IDS = st.sampled_from(["1", "2", "t0", "t1", "", "a@b.c"])


@given(
    st.sampled_from([BY_KEY, BY_ID, BY_EMAIL, Operation(Call.ARCHIVE, None)]),
    st.lists(ODD_IDS, min_size=1, max_size=6),
    st.lists(st.tuples(ODD_IDS, st.none() | ODD_IDS), max_size=8),
    st.lists(st.tuples(st.lists(ODD_IDS, max_size=3), st.lists(ODD_IDS, max_size=3), ODD_IDS), max_size=6),
)
def test_no_answer_however_odd_leaves_a_row_without_outcome(
    operation: Operation,
    ids: list[str],
    results: list[tuple[str, str | None]],
    errors: list[tuple[list[str], list[str], str]],
) -> None:
    rows = rows_of(*ids)
    answer = batch(
        [result(id_, trace_id, email=id_, external_id=id_) for id_, trace_id in results],
        [error(text, objectWriteTraceId=traces, ids=named) for traces, named, text in errors],
    )

    outcomes = joined(operation, rows, answer)

    assert set(outcomes) == {row.trace_id for row in rows}
    assert sum(isinstance(outcome, Applied) for outcome in outcomes.values()) <= max(
        len(results), len(rows) if operation.call is Call.ARCHIVE else 0
    )
