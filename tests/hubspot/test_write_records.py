"""Every row of a batch gets its outcome, and good rows are written, whatever form HubSpot's refusal has."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import NotAllowed, Unavailable
from reconciler.hubspot.records.write import write_rows
from reconciler.model.addresses import RecordId
from reconciler.model.calls import Call, InputRow, Operation
from reconciler.model.outcomes import Applied, Rejected, Unknown
from tests.hubspot.doubles import Result, batch, body_of, reply, writer_of

UPSERT = Operation(Call.UPSERT, "external_id")
UPDATE = Operation(Call.UPDATE, None)
Naming = Callable[[Sequence[Mapping[str, Any]]], Mapping[str, Any]]


def rows_of(count: int, **properties: str) -> list[InputRow]:
    return [
        InputRow(f"trace-{number}", f"key-{number}", {"name": f"N{number}"} | properties)
        for number in range(count)
    ]


class StrictHubSpot:
    """Refuses a whole batch because of one bad key, despite trace ids; remembers the rows that it wrote."""

    def __init__(self, bad: Collection[str], *, status: int = 400, naming: Naming = lambda _: {}) -> None:
        self._bad = bad
        self._status = status
        self._naming = naming
        self.calls = 0
        self.written: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        inputs = body_of(request)["inputs"]
        bad = [input_ for input_ in inputs if input_["id"] in self._bad]
        if bad:
            error = {"category": "VALIDATION_ERROR", "message": "no", "correlationId": "c-1"}
            return reply(self._status, error | dict(self._naming(bad)))
        self.written += [input_["id"] for input_ in inputs]
        return reply(200, batch([echo(input_) for input_ in reversed(inputs)]))


def echo(input_: Mapping[str, Any]) -> Result:
    return {
        "id": f"id-{input_['id']}",
        "properties": {"external_id": input_["id"], **input_["properties"]},
        "objectWriteTraceId": input_["objectWriteTraceId"],
    }


def written_by(
    hubspot: Callable[[httpx.Request], httpx.Response], rows: Sequence[InputRow]
) -> dict[str, Any]:
    return dict(write_rows(writer_of(hubspot), "companies", UPSERT, rows))


# ---- requests


@pytest.mark.parametrize(
    ("route", "input_"),
    [
        (
            UPSERT,
            {
                "id": "acme",
                "idProperty": "external_id",
                "properties": {"name": "A", "phone": ""},
                "objectWriteTraceId": "7",
            },
        ),
        (UPDATE, {"id": "acme", "properties": {"name": "A", "phone": ""}, "objectWriteTraceId": "7"}),
        (
            Operation(Call.UPDATE, "external_id"),
            {
                "id": "acme",
                "idProperty": "external_id",
                "properties": {"name": "A", "phone": ""},
                "objectWriteTraceId": "7",
            },
        ),
        (
            Operation(Call.CREATE, "external_id"),
            {
                "properties": {"external_id": "acme", "name": "A", "phone": ""},
                "associations": [],
                "objectWriteTraceId": "7",
            },
        ),
        (Operation(Call.ARCHIVE, None), {"id": "acme"}),
    ],
)
def test_each_call_takes_its_inputs_as_hubspot_documents_them(route: Operation, input_: Result) -> None:
    seen: list[tuple[str, Any]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.path, body_of(request)))
        return reply(204)

    write_rows(writer_of(handler), "0-3", route, [InputRow("7", "acme", {"name": "A", "phone": ""})])

    assert seen == [(f"/crm/v3/objects/0-3/{route.call}", {"inputs": [input_]})]


def test_no_rows_are_no_call() -> None:
    hubspot = StrictHubSpot(())

    assert written_by(hubspot, []) == {}
    assert hubspot.calls == 0


@pytest.mark.parametrize("rows", [rows_of(101), [InputRow("same", "a", {}), InputRow("same", "b", {})]])
def test_more_than_a_batch_and_repeated_trace_ids_are_bugs(rows: list[InputRow]) -> None:
    with pytest.raises(ValueError, match="distinct trace ids"):
        written_by(StrictHubSpot(()), rows)


# ---- answers


@pytest.mark.parametrize("status", [200, 201, 207])
def test_every_success_is_read_from_its_body(status: int) -> None:
    error = {"category": "VALIDATION_ERROR", "message": "no", "context": {"objectWriteTraceId": ["trace-1"]}}

    def handler(request: httpx.Request) -> httpx.Response:
        return reply(status, batch([echo(body_of(request)["inputs"][0])], [error]))

    outcomes = written_by(handler, rows_of(2))

    assert isinstance(outcomes["trace-0"], Applied)
    assert outcomes["trace-1"] == Rejected("no", category="VALIDATION_ERROR")


def test_a_204_to_an_archive_is_applied() -> None:
    outcomes = write_rows(
        writer_of(lambda _: reply(204)), "tickets", Operation(Call.ARCHIVE, None), [InputRow("1", "77", {})]
    )

    assert outcomes == {"1": Applied(RecordId("77"), {})}


def test_a_silent_no_op_is_unknown() -> None:
    outcomes = written_by(lambda _: reply(200, batch([])), rows_of(2))

    assert all(isinstance(outcome, Unknown) for outcome in outcomes.values())


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: httpx.Response(200, content=b'{"results":[{"id":"1"'),
        lambda _: httpx.Response(200, content=b"<html/>"),
        lambda _: httpx.Response(204),
        lambda _: reply(500, {"message": "boom"}),
        lambda _: reply(524),
    ],
)
def test_rows_of_a_call_without_an_answer_are_unknown_and_sent_once(
    answer: Callable[[httpx.Request], httpx.Response],
) -> None:
    calls: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return answer(request)

    outcomes = written_by(handler, rows_of(3))

    assert [outcome.word for outcome in outcomes.values()] == ["unknown"] * 3
    assert "the write may have happened" in outcomes["trace-0"].message
    assert len(calls) == 1


# ---- refused batches


@pytest.mark.parametrize("position", range(100))
def test_one_bad_row_that_nothing_names_costs_at_most_fifteen_calls(position: int) -> None:
    hubspot = StrictHubSpot({f"key-{position}"})

    outcomes = written_by(hubspot, rows_of(100))

    assert outcomes.pop(f"trace-{position}") == Rejected("no", "VALIDATION_ERROR", "c-1")
    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())
    assert len(outcomes) == 99
    assert hubspot.calls <= 15


def test_the_half_that_must_hold_the_culprit_is_not_sent_whole() -> None:
    hubspot = StrictHubSpot({"key-99"})

    written_by(hubspot, rows_of(100))

    assert hubspot.calls == 9


def by_trace_id(bad: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {"context": {"objectWriteTraceId": [bad[0]["objectWriteTraceId"]]}}


def by_id(bad: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {"context": {"ids": [bad[0]["id"]]}}


def by_message(bad: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {"message": f"Contact already exists: {bad[0]['id']}. Existing ID: 42"}


def by_value(bad: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    array = f'[{{"message":"{bad[0]["properties"]["name"]} is no option","error":"X","name":"name"}}]'
    return {"message": f"Property values were not valid: {array}"}


@pytest.mark.parametrize("naming", [by_trace_id, by_id, by_message, by_value])
@pytest.mark.parametrize("status", [400, 409])
def test_a_bad_row_that_the_error_names_costs_three_calls(naming: Naming, status: int) -> None:
    hubspot = StrictHubSpot({"key-41"}, status=status, naming=naming)

    outcomes = written_by(hubspot, rows_of(100))

    assert isinstance(outcomes["trace-41"], Rejected)
    assert len(hubspot.written) == 99
    assert hubspot.calls == 3


def test_rows_that_share_a_property_named_are_asked_among_themselves() -> None:
    hubspot = StrictHubSpot(
        {"key-3"}, naming=lambda _: {"errors": [{"message": "no", "context": {"propertyName": ["tier"]}}]}
    )
    rows = [
        *rows_of(95),
        InputRow("x", "key-3", {"tier": "gold"}),
        InputRow("y", "key-300", {"tier": "silver"}),
    ]
    rows = [row for row in rows if row.trace_id != "trace-3"]

    outcomes = written_by(hubspot, rows)

    assert isinstance(outcomes["x"], Rejected)
    assert len(hubspot.written) == 95
    assert hubspot.calls <= 5


def test_a_wrong_hint_condemns_nobody() -> None:
    hubspot = StrictHubSpot({"key-70"}, naming=lambda _: {"context": {"ids": ["key-1"]}})

    outcomes = written_by(hubspot, rows_of(100))

    assert [trace for trace, outcome in outcomes.items() if isinstance(outcome, Rejected)] == ["trace-70"]
    assert hubspot.calls <= 20


def test_a_conflict_says_which_record_is_in_the_way() -> None:
    hubspot = StrictHubSpot({"key-0"}, status=409, naming=by_message)

    assert written_by(hubspot, rows_of(2))["trace-0"].record_id == "42"


@given(st.sets(st.integers(0, 39)), st.sampled_from([by_trace_id, by_id, by_message, by_value, lambda _: {}]))
def test_all_good_rows_land_once_and_all_bad_rows_are_rejected(bad: set[int], naming: Naming) -> None:
    hubspot = StrictHubSpot({f"key-{number}" for number in bad}, naming=naming)

    outcomes = written_by(hubspot, rows_of(40))

    assert {trace for trace, outcome in outcomes.items() if isinstance(outcome, Rejected)} == {
        f"trace-{number}" for number in bad
    }
    assert sorted(hubspot.written) == sorted(f"key-{number}" for number in range(40) if number not in bad)
    assert len(outcomes) == 40
    assert hubspot.calls <= 2 * 40


def test_twins_that_hubspot_refuses_together_are_sent_apart() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        inputs = body_of(request)["inputs"]
        ids = [input_["id"] for input_ in inputs]
        if len(set(ids)) < len(ids):
            return reply(400, {"message": "Duplicate IDs", "context": {"ids": ["twin"]}})
        return reply(200, batch([echo(input_) for input_ in inputs]))

    rows = [*rows_of(50), InputRow("a", "twin", {}), InputRow("b", "twin", {})]
    outcomes = written_by(handler, rows)

    assert all(isinstance(outcome, Applied) for outcome in outcomes.values())
    assert len(outcomes) == 52


@pytest.mark.parametrize("status", [302, 405, 415])
def test_a_refusal_that_is_no_rows_fault_is_not_searched_for_culprits(status: int) -> None:
    calls: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return reply(status, {"message": "not like this"})

    outcomes = written_by(handler, rows_of(100))

    assert all(isinstance(outcome, Rejected) for outcome in outcomes.values())
    assert len(calls) == 1


# ---- calls that cannot be sent any more


def test_a_missing_scope_stops_the_run_and_is_named() -> None:
    error = {
        "category": "MISSING_SCOPES",
        "message": "This app hasn't been granted all required scopes.",
        "errors": [{"message": "m", "context": {"requiredGranularScopes": ["crm.objects.companies.write"]}}],
    }

    with pytest.raises(NotAllowed, match=r"the token lacks a scope: crm\.objects\.companies\.write"):
        written_by(lambda _: reply(403, error), rows_of(2))


def test_a_spent_day_stops_the_run_before_anything_is_written() -> None:
    with pytest.raises(Unavailable, match="no API calls left today"):
        written_by(lambda _: reply(429, {"policyName": "DAILY"}), rows_of(2))


def test_a_stop_halfway_keeps_what_is_known() -> None:
    strict = StrictHubSpot({"key-7"})

    def handler(request: httpx.Request) -> httpx.Response:
        return reply(429, {"policyName": "DAILY"}) if strict.written else strict(request)

    outcomes = written_by(handler, rows_of(8))

    words = [outcome.word for outcome in outcomes.values()]
    assert words == ["applied"] * 4 + ["unknown"] * 4
    assert "the run stopped before it made this change" in outcomes["trace-7"].message
