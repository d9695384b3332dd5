"""Records are found by key and matched by content, and missing ones are requested again."""

import random
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import RequestRejected
from reconciler.hubspot.records.read import read_records
from reconciler.model.addresses import RECORD_ID, RecordId
from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.live import LiveRecord
from tests.hubspot.doubles import Result, batch, body_of, reader_of, reply, schema_of

COMPANIES = schema_of("companies", "companies", external_id=Kind.TEXT, number=Kind.NUMBER)
CONTACTS = schema_of("contacts", "contacts", email=Kind.EMAIL)


class Portal:
    """Answers batch/read with prepared results and errors, one answer after the other."""

    def __init__(self, *answers: tuple[Sequence[Result], Sequence[Result]]) -> None:
        self._answers = list(answers)
        self.asked: list[Any] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(body_of(request))
        results, errors = self._answers.pop(0)
        return reply(207 if errors else 200, batch(results, errors))


def record(record_id: str, **properties: str | None) -> Result:
    return {"id": record_id, "properties": properties}


def missing(*ids: str) -> Result:
    return {"category": "OBJECT_NOT_FOUND", "message": "gone", "context": {"ids": list(ids)}}


def ids_read(portal: Portal, schema: ObjectSchema, by: str, *keys: str) -> dict[str, str]:
    live = read_records(reader_of(portal), schema, by, keys, ["name"])
    return {key: found.id for key, found in live.items()}


def test_records_come_under_the_key_that_was_asked_for() -> None:
    portal = Portal(
        (
            [record("2", external_id="b", name="B", hs_object_id="2"), record("1", external_id="a", name="")],
            [],
        )
    )

    live = read_records(reader_of(portal), COMPANIES, "external_id", ["a", "b"], ["name", "phone"])

    assert live == {
        "a": LiveRecord(RecordId("1"), {"name": None, "phone": None, "external_id": "a"}),
        "b": LiveRecord(RecordId("2"), {"name": "B", "phone": None, "external_id": "b"}),
    }
    assert portal.asked == [
        {
            "inputs": [{"id": "a"}, {"id": "b"}],
            "properties": ["external_id", "name", "phone"],
            "propertiesWithHistory": [],
            "idProperty": "external_id",
        }
    ]


def test_by_record_id_there_is_no_id_property() -> None:
    portal = Portal(([record("9001", name="A")], [missing("77")]))

    assert ids_read(portal, COMPANIES, RECORD_ID, "77", "9001") == {"9001": "9001"}
    assert "idProperty" not in portal.asked[0]
    assert portal.asked[0]["properties"] == ["name"]


def test_keys_that_hubspot_names_as_missing_are_not_asked_for_again() -> None:
    portal = Portal(([record("1", external_id="a")], [missing("b", "c")]))

    assert ids_read(portal, COMPANIES, "external_id", "a", "b", "c") == {"a": "1"}
    assert len(portal.asked) == 1


def test_a_key_that_is_neither_answered_nor_named_is_asked_for_once_more() -> None:
    portal = Portal(([record("1", external_id="a")], [missing("c")]), ([record("2", external_id="b")], []))

    assert ids_read(portal, COMPANIES, "external_id", "a", "b", "c") == {"a": "1", "b": "2"}
    assert portal.asked[1]["inputs"] == [{"id": "b"}]


def test_a_key_that_stays_unanswered_is_asked_for_alone_and_told() -> None:
    portal = Portal(
        ([record("1", external_id="a")], []), ([], []), ([record("2", external_id="b")], []), ([], [])
    )

    live = read_records(reader_of(portal), COMPANIES, "external_id", ["a", "b", "c"], [])

    assert {key: found.id for key, found in live.items()} == {"a": "1", "b": "2"}
    assert live.unanswered == {"c"}
    assert [len(asked["inputs"]) for asked in portal.asked] == [3, 2, 1, 1]


def test_a_key_that_is_named_missing_where_it_is_asked_for_alone_is_missing() -> None:
    portal = Portal(
        ([], []), ([], []), ([], [{"category": "OBJECT_NOT_FOUND", "message": "no", "context": {}}])
    )

    live = read_records(reader_of(portal), COMPANIES, "external_id", ["a"], [])

    assert (dict(live), live.unanswered) == ({}, frozenset())


def test_a_portal_that_answers_nothing_is_not_asked_for_every_key() -> None:
    portal = Portal(*[([], [])] * 12)

    live = read_records(
        reader_of(portal), COMPANIES, "external_id", [str(number) for number in range(40)], []
    )

    assert len(live.unanswered) == 40
    assert len(portal.asked) == 12


@pytest.mark.parametrize(
    ("status", "body", "found"),
    [
        (404, {"status": "error", "message": "resource not found"}, {}),
        (200, {"id": "2", "properties": {"name": "Survivor"}}, {}),
        (200, {"id": "1", "properties": {"name": "There"}}, {"1": "There"}),
    ],
)
def test_an_id_that_stays_unanswered_is_read_alone_which_always_tells(
    status: int, body: dict[str, object], found: dict[str, str]
) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return reply(200, batch([], [])) if request.method == "POST" else reply(status, body)

    live = read_records(reader_of(handler), COMPANIES, RECORD_ID, ["1"], ["name"])

    assert {key: record.properties["name"] for key, record in live.items()} == found
    assert live.unanswered == frozenset()


def test_a_key_that_differs_in_case_alone_is_joined() -> None:
    portal = Portal(([record("1", external_id="acme")], []))

    assert ids_read(portal, COMPANIES, "external_id", "ACME") == {"ACME": "1"}


def test_keys_that_differ_in_case_alone_may_be_two_records() -> None:
    portal = Portal(([record("1", external_id="acme"), record("2", external_id="ACME")], []))

    assert ids_read(portal, COMPANIES, "external_id", "ACME", "acme") == {"ACME": "2", "acme": "1"}


def test_a_record_asked_for_by_its_own_key_is_not_lent_to_a_missing_one() -> None:
    portal = Portal(([record("1", external_id="acme")], [missing("ACME")]))

    assert ids_read(portal, COMPANIES, "external_id", "ACME", "acme") == {"acme": "1"}


def test_spellings_of_one_number_are_one_key() -> None:
    portal = Portal(([record("1", number="17")], []))

    assert ids_read(portal, COMPANIES, "number", "17.0", "17") == {"17.0": "1", "17": "1"}
    assert [each["id"] for each in portal.asked[0]["inputs"]] == ["17.0", "17"]  # HubSpot may have either


def test_spellings_of_one_number_that_are_two_records_are_told_apart() -> None:
    portal = Portal(([record("1", number="17"), record("2", number="017")], []))

    assert ids_read(portal, COMPANIES, "number", "017", "17") == {"017": "2", "17": "1"}


def test_a_number_that_is_missing_is_asked_for_again_in_its_canonical_form() -> None:
    portal = Portal(([], [missing("17.0"), missing("18")]), ([record("1", number="17")], []))

    assert ids_read(portal, COMPANIES, "number", "17.0", "18") == {"17.0": "1"}
    assert [each["id"] for each in portal.asked[1]["inputs"]] == ["17"]


def test_an_e_mail_address_that_is_missing_is_not_asked_for_again() -> None:
    portal = Portal(([], [missing("eve@acme.example")]))

    assert ids_read(portal, CONTACTS, "email", "Eve@acme.example") == {}
    assert len(portal.asked) == 1


def test_contacts_are_found_by_e_mail_in_any_case_and_by_their_second_addresses() -> None:
    portal = Portal(
        (
            [
                record("1", email="ada@acme.example", hs_additional_emails="a@acme.example;al@acme.example"),
                record("2", email="bob@acme.example", hs_additional_emails=None),
            ],
            [missing("eve@acme.example")],
        )
    )
    keys = ("AL@acme.example", "Ada@Acme.example", "bob@acme.example", "Eve@acme.example")

    assert ids_read(portal, CONTACTS, "email", *keys) == {
        "AL@acme.example": "1",
        "Ada@Acme.example": "1",
        "bob@acme.example": "2",
    }
    assert "hs_additional_emails" in portal.asked[0]["properties"]


def test_a_second_address_is_no_property_that_was_asked_for() -> None:
    portal = Portal(([record("1", email="ada@acme.example", hs_additional_emails="x")], []))

    live = read_records(reader_of(portal), CONTACTS, "email", ["ada@acme.example"], ["firstname"])

    assert live["ada@acme.example"].properties == {"firstname": None, "email": "ada@acme.example"}


def test_archived_records_are_asked_for_by_name() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return reply(200, batch([record("1")]))

    read_records(reader_of(handler), COMPANIES, RECORD_ID, ["1"], [], archived=True)

    assert seen[0].url.params["archived"] == "true"


def test_a_property_that_cannot_identify_is_refused_by_hubspot_and_told() -> None:
    with pytest.raises(RequestRejected, match="non-unique"):
        read_records(
            reader_of(lambda _: reply(400, {"message": "Unable to read by non-unique 0-2 property domain"})),
            COMPANIES,
            "domain",
            ["acme.example"],
            [],
        )


@given(
    st.lists(st.text("abAB1 ", min_size=1, max_size=3), min_size=1, max_size=8, unique=True),
    st.randoms(use_true_random=False),
    st.sets(st.integers(0, 7)),
    st.booleans(),
)
def test_every_existing_record_is_found_whatever_is_left_out_the_first_time(
    keys: list[str], chance: random.Random, left_out: set[int], names_missing: bool
) -> None:
    exists = {key: str(number) for number, key in enumerate(keys) if number % 3}
    hidden = {key for number, key in enumerate(keys) if number in left_out}

    def handler(request: httpx.Request) -> httpx.Response:
        asked = [input_["id"] for input_ in body_of(request)["inputs"]]
        results = [record(exists[key], external_id=key) for key in asked if key in exists.keys() - hidden]
        hidden.clear()
        chance.shuffle(results)
        gone = [key for key in asked if key not in exists]
        return reply(200, batch(results, [missing(*gone)] if gone and names_missing else []))

    live = read_records(reader_of(handler), COMPANIES, "external_id", keys, [])

    assert {key: found.id for key, found in live.items() if key in exists} == exists
    assert not names_missing or live.keys() == exists.keys()
