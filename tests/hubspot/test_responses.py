"""HubSpot's JSON is read tolerantly, because the shape of errors is not guaranteed."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.hubspot.portal.responses import OwnerPage
from reconciler.hubspot.records.responses import BatchBody
from reconciler.hubspot.transport.error_details import (
    existing_record,
    mentions,
    message_of,
    missing_scopes,
    named_properties,
    named_trace_ids,
)
from reconciler.hubspot.transport.responses import ErrorBody, InvalidResponse, read_error

ARRAY = (
    'Property values were not valid: [{"isValid":false,"message":"Foo was not one of the allowed options",'
    '"error":"INVALID_OPTION","name":"tier"}]'
)


def error_of(**body: object) -> ErrorBody:
    return read_error(orjson.dumps(body))


def test_details_are_read_from_errors_first() -> None:
    error = error_of(
        message=ARRAY, errors=[{"message": "no", "code": "X", "context": {"propertyName": ["industry"]}}]
    )

    assert [(detail.code, detail.properties) for detail in error.details] == [("X", ("industry",))]


def test_details_are_read_from_the_array_inside_the_message_where_there_are_no_errors() -> None:
    error = error_of(message=ARRAY)

    assert [(detail.code, detail.properties) for detail in error.details] == [("INVALID_OPTION", ("tier",))]
    assert named_properties(error) == {"tier"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"message": "Plain words"}, "Plain words"),
        (
            {"message": ARRAY},
            "Property values were not valid: tier: Foo was not one of the allowed options",
        ),
        ({"message": "Broken: [{not json]"}, "Broken: [{not json]"),
        ({"message": "Two\nlines", "errors": [{"message": "and why"}]}, "Two lines: and why"),
        ({"errors": [{"code": "INVALID_EMAIL", "in": "email"}]}, "email: INVALID_EMAIL"),
        ({"message": "Said twice", "errors": [{"message": "Said twice"}]}, "Said twice"),
        ({"message": '{"message":"Inside","category":"VALIDATION_ERROR"}'}, "Inside"),
        ({"message": '{"message":""}'}, '{"message":""}'),
        ({"message": "{not json}"}, "{not json}"),
        ({}, ""),
    ],
)
def test_an_error_is_explained_in_one_line(body: dict[str, object], says: str) -> None:
    assert message_of(error_of(**body)) == says


@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b"null", b"[]", b'"no"', b'{"message":'])
def test_a_body_that_is_no_error_object_says_nothing(body: bytes) -> None:
    assert read_error(body) == ErrorBody()


def test_fields_of_wrong_types_do_not_hide_the_rest() -> None:
    error = error_of(
        message={"deep": 1},
        category=7,
        correlationId=None,
        context={"objectWriteTraceId": "row-1", "ids": [12, None]},
        errors=["text", {"message": ["x"], "context": "none"}],
        identityProfile="?",
        links=3,
    )

    assert (error.message, error.category) == ('{"deep":1}', "7")
    assert named_trace_ids(error) == ("row-1",)
    assert error.context["ids"] == ("12", "")
    assert len(error.errors) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
ERROR_KEYS = ("message", "category", "correlationId", "context", "errors", "identityProfile", "policyName")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(ERROR_KEYS, JSON)))
def test_any_json_object_can_be_read_as_an_error(body: dict[str, object]) -> None:
    try:
        raw = orjson.dumps(body)
    except TypeError:  # orjson cannot write integers beyond 64 bits and lone surrogates
        return
    error = BatchBody.read(b'{"results":[],"errors":[' + raw + b"]}").errors[0]

    assert isinstance(message_of(error), str)
    assert isinstance(missing_scopes(error), tuple)
    existing_record(error)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"results":[{"id":"1","properties":{"a":', b'{"results":[{}]}', b"<html/>", b"[]"]
)
def test_an_answer_of_another_shape_is_unreadable(body: bytes) -> None:
    with pytest.raises(InvalidResponse):
        BatchBody.read(body)


def test_an_unreadable_answer_is_described_without_quoting_it() -> None:
    with pytest.raises(InvalidResponse, match=r"^dict_type at results\.0\.properties$"):
        BatchBody.read(b'{"results":[{"id":"1","properties":"secret"}]}')


def test_numbers_where_text_is_meant_are_taken_as_text() -> None:
    record = BatchBody.read(b'{"results":[{"id":9001,"properties":{"amount":17}}]}').results[0]

    assert (record.id, record.properties) == ("9001", {"amount": "17"})


def test_the_cursor_is_taken_and_the_link_is_not() -> None:
    page = OwnerPage.read(b'{"results":[],"paging":{"next":{"after":"41","link":"https://elsewhere"}}}')

    assert page.after == "41"
    assert OwnerPage.read(b'{"results":[]}').after is None


@pytest.mark.parametrize(
    ("body", "record_id"),
    [
        ({"message": "Contact already exists. Existing ID: 8801"}, "8801"),
        ({"message": "Contact already exists", "identityProfile": {"vid": 8801}}, "8801"),
        ({"message": "Conflict", "errors": [{"message": "Existing ID: 8801"}]}, "8801"),
        ({"message": "Something with 8801 in it"}, None),
    ],
)
def test_the_record_in_the_way_is_found(body: dict[str, object], record_id: str | None) -> None:
    assert existing_record(error_of(**body)) == record_id


@pytest.mark.parametrize(
    ("text", "word", "is_there"),
    [
        ("Duplicate IDs found in batch input: [acme]. IDs must be unique", "acme", True),
        ("Duplicate IDs found in batch input: [acme-2]", "acme", False),
        ("id 90011 is bad", "9001", False),
        ("ada@acme.example.", "ada@acme.example", True),
        ("bada@acme.example", "ada@acme.example", False),
        ("anything", "", False),
    ],
)
def test_a_word_is_mentioned_only_by_itself(text: str, word: str, is_there: bool) -> None:
    assert mentions(text, word) is is_there
