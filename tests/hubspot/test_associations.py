"""Associations over HTTP: every page is read, and every association that is written gets its outcome."""

from collections.abc import Callable, Collection
from typing import Any

import httpx
import pytest

from reconciler.errors import NotAllowed, RequestRejected, Unavailable
from reconciler.hubspot.associations.read import (
    limits_associations,
    read_association_limits,
    read_labels,
    read_pairs,
)
from reconciler.hubspot.associations.write import PairRow, write_pairs
from reconciler.model.addresses import RecordId
from reconciler.model.calls import Call
from reconciler.model.labels import Label
from reconciler.model.outcomes import Applied, Outcome, Rejected, Unknown
from tests.hubspot.doubles import Result, batch, body_of, reader_of, reply, schema_of, writer_of

DEALS, CONTACTS = schema_of("deals", "0-3"), schema_of("contacts", "contacts")
BILLING = Label("USER_DEFINED", 7, "Billing")
PLAIN = {"category": "HUBSPOT_DEFINED", "typeId": 3, "label": None}
LABELLED = {"category": "USER_DEFINED", "typeId": 7, "label": "Billing"}
Handler = Callable[[httpx.Request], httpx.Response]


def page(one: str, others: Collection[int], after: str | None = None, *types: Result) -> Result:
    """Return HubSpot's answer about the record ``one``; ``others`` are the ids of associated records."""
    to = [{"toObjectId": other, "associationTypes": [PLAIN, *types]} for other in others]
    return {"from": {"id": one}, "to": to} | ({"paging": {"next": {"after": after}}} if after else {})


def alone(*ids: str) -> list[Result]:
    context = [{"fromObjectId": [id_]} for id_ in ids]
    return [{"category": "OBJECT_NOT_FOUND", "message": "none", "context": each} for each in context]


def read(handler: Handler, *ids: str) -> dict[str, dict[str, list[str]]]:
    found = read_pairs(reader_of(handler), DEALS, CONTACTS, [RecordId(id_) for id_ in ids])
    return {
        one: {other: sorted(label.text for label in labels) for other, labels in others.items()}
        for one, others in found.items()
    }


def test_labels_are_read_and_the_plain_association_is_set_aside() -> None:
    assert read_labels(reader_of(lambda _: reply(200, {"results": [PLAIN, LABELLED]})), DEALS, CONTACTS) == (
        BILLING,
    )
    assert read(lambda _: reply(200, batch([page("1", [5], None, LABELLED)])), "1") == {
        "1": {"5": ["Billing"]}
    }


def test_pages_are_followed_for_those_that_have_more() -> None:
    asked: list[Any] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(body_of(request)["inputs"])
        if len(asked) == 1:
            return reply(207, batch([page("2", [8]), page("1", [5, 6], "7")], alone("3")))
        return reply(200, batch([page("1", [7])]))

    assert read(handler, "3", "1", "2") == {"1": {"5": [], "6": [], "7": []}, "2": {"8": []}}
    assert asked == [[{"id": "1"}, {"id": "2"}, {"id": "3"}], [{"id": "1", "after": "7"}]]


def test_a_cursor_that_comes_again_ends_it() -> None:
    with pytest.raises(Unavailable, match="never ends"):
        read(lambda _: reply(200, batch([page("1", [5], "7")])), "1")


def test_a_record_of_which_nothing_is_said_is_asked_for_again() -> None:
    answers = [
        reply(200, batch([page("2", [5])])),
        reply(200, batch([])),
        reply(200, batch([page("1", [6])])),
    ]
    assert read(lambda _: answers.pop(0), "1", "2") == {"1": {"6": []}, "2": {"5": []}}
    assert read(lambda _: reply(200, batch([])), "1") == {}


def test_none_at_all_is_an_answer_and_another_error_is_none() -> None:
    assert read(lambda _: reply(404, alone("1")[0]), "1") == {}
    with pytest.raises(RequestRejected):
        read(lambda _: reply(207, batch([], [{"category": "VALIDATION_ERROR", "message": "no"}])), "1")


def test_a_thousand_records_are_read_by_one_call() -> None:
    sizes: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        inputs = body_of(request)["inputs"]
        sizes.append(len(inputs))
        return reply(207, batch([], alone(*(each["id"] for each in inputs))))

    assert read(handler, *(str(number) for number in range(2001))) == {}
    assert sorted(sizes) == [1, 1000, 1000]


def rows(count: int, label: Label | None = None) -> list[PairRow]:
    return [PairRow(number, RecordId(f"1{number}"), RecordId(f"5{number}"), label) for number in range(count)]


def write(handler: Handler, call: Call, sent: list[PairRow]) -> dict[int, Outcome]:
    return dict(write_pairs(writer_of(handler), DEALS, CONTACTS, call, sent))


class Strict:
    """A HubSpot that refuses associations of the record ``bad``.

    If ``whole``, it refuses every batch that contains such an association; otherwise, only the association.
    ``naming`` returns the fields of the error that name the record, which may be none.
    """

    def __init__(self, bad: str, *, whole: bool, naming: Callable[[str], Result]) -> None:
        self._bad, self._whole, self._naming = bad, whole, naming
        self.calls = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        ends = [(each["from"]["id"], each["to"]["id"]) for each in body_of(request)["inputs"]]
        errors = [
            {"category": "VALIDATION_ERROR", "message": "no"} | self._naming(other)
            for _, other in ends
            if other == self._bad
        ]
        if errors and self._whole:
            return reply(400, errors[0])
        good = [{"fromObjectId": one, "toObjectId": int(other)} for one, other in ends if other != self._bad]
        return reply(207 if errors else 201, batch(good[::-1], errors))


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    "naming",
    [
        lambda _: {},
        lambda other: {"context": {"toObjectId": [other]}},
        lambda other: {"context": {"ids": [other]}},
    ],
)
def test_a_bad_pair_costs_one_pair(whole: bool, naming: Callable[[str], Result]) -> None:
    hubspot = Strict("53", whole=whole, naming=naming)
    outcomes = write(hubspot, Call.ASSOCIATE, rows(8, BILLING))
    assert {number for number, outcome in outcomes.items() if isinstance(outcome, Applied)} == {
        *range(3),
        *range(4, 8),
    }
    assert outcomes[3] == Rejected("no", "VALIDATION_ERROR")
    assert hubspot.calls <= 7


def test_labels_of_the_same_two_records_go_together() -> None:
    asked: list[Any] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(body_of(request)["inputs"])
        return reply(201, batch([{"fromObjectId": 1, "toObjectId": 5}]))

    ends = (RecordId("1"), RecordId("5"))
    other = Label("USER_DEFINED", 8, "Other")
    outcomes = write(handler, Call.ASSOCIATE, [PairRow(0, *ends, BILLING), PairRow(1, *ends, other)])
    assert list(map(type, outcomes.values())) == [Applied, Applied]
    ((each,),) = asked
    assert [kind["associationTypeId"] for kind in each["types"]] == [7, 8]


def test_default_associations_are_told_from_both_ends() -> None:
    results = [{"from": {"id": "10"}, "to": {"id": "50"}}, {"from": {"id": "50"}, "to": {"id": "10"}}]
    outcomes = write(lambda _: reply(200, batch(results)), Call.ASSOCIATE_PLAIN, rows(1))
    assert outcomes == {0: Applied(RecordId("10"), {})}


@pytest.mark.parametrize("call", [Call.DISSOCIATE, Call.UNLABEL])
@pytest.mark.parametrize("answer", [reply(204), reply(200, batch([]))])
def test_a_removal_is_answered_by_nothing(call: Call, answer: httpx.Response) -> None:
    outcomes = write(lambda _: answer, call, rows(2, BILLING))
    assert list(map(type, outcomes.values())) == [Applied, Applied]


def test_a_lost_answer_is_unknown_and_not_sent_again() -> None:
    calls: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        raise httpx.ReadTimeout("late")

    outcomes = write(handler, Call.ASSOCIATE_PLAIN, rows(2))
    assert list(map(type, outcomes.values())) == [Unknown, Unknown]
    assert len(calls) == 1


def test_a_missing_scope_is_raised_before_anything_was_written() -> None:
    with pytest.raises(NotAllowed):
        write(lambda _: reply(403, {"category": "MISSING_SCOPES", "message": "no"}), Call.ASSOCIATE, rows(2))


def test_the_least_of_several_limits_of_plain_associations_counts_and_each_label_has_its_own() -> None:
    limits = [
        PLAIN | {"userEnforcedMaxToObjectIds": 5},
        PLAIN | {"typeId": 4, "userEnforcedMaxToObjectIds": 3},
        LABELLED | {"userEnforcedMaxToObjectIds": 2},
        LABELLED | {"typeId": 8},
    ]
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path.partition("/configurations/")[2])
        return reply(200, {"results": limits})

    reader = reader_of(handler)

    assert limits_associations(reader)
    assert read_association_limits(reader, DEALS, CONTACTS) == {None: 3, ("USER_DEFINED", 7): 2}
    assert asked == ["all", "0-3/contacts"]


@pytest.mark.parametrize("status", [400, 403, 404])
def test_limits_that_hubspot_does_not_tell_limit_nothing(status: int) -> None:
    reader = reader_of(lambda _: reply(status, {"category": "SOMETHING", "message": "no"}))

    assert not limits_associations(reader)
    assert read_association_limits(reader, DEALS, CONTACTS) == {}


def test_a_portal_that_cannot_be_read_is_told_where_limits_are_asked_for() -> None:
    with pytest.raises(Unavailable):
        limits_associations(reader_of(lambda _: reply(503)))
