"""Comparing two texts of a property is symmetric, transitive and reflexive, whatever the texts are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.canonical import canonical
from reconciler.model.definitions import Kind
from reconciler.plan.values.equality import same_value

kinds = st.sampled_from(Kind)
spellings = st.sampled_from(
    [
        "12.10",
        "12.1",
        "007",
        "7",
        "+15551234567",
        "+1 555 123-4567",
        "no",
        "No",
        "1e3",
        "1000",
        "0x1F",
        "31",
        "true",
        "TRUE",
        "a;b",
        "b;a;a",
        ";a",
        "2026-11-22",
        "1795305600000",
        "2026-11-22T00:00:00Z",
        "2026-11-22T01:00:00+01:00",
        "Ada@Acme.Example",
        " ada@acme.example ",
        "https://Acme.example/x",
        "acme.example",
        "line\r\nline",
        "line\nline",
        '{"a": 1}',
        '{"a": 1.0}',
        '{"a": 1, "b": [2, 1]}',
        "[1]",
        "[1.0]",
        "1" * 30,
        "1" * 30 + ".0",
        "😀",
        " x ",
        "x",
    ]
)
texts = (
    st.none() | st.just("") | spellings | st.text(max_size=8) | st.text("0123456789.-+eE;,: ", max_size=12)
)


@given(kinds, texts, texts)
def test_comparing_is_symmetric(kind: Kind, left: str | None, right: str | None) -> None:
    assert same_value(kind, left, right) is same_value(kind, right, left)


@given(kinds, texts)
def test_every_value_is_the_same_as_itself_and_as_its_canonical_form(kind: Kind, text: str | None) -> None:
    assert same_value(kind, text, text)
    assert same_value(kind, text, canonical(kind, text))


@given(kinds, spellings, spellings, spellings)
def test_equality_is_transitive(kind: Kind, one: str, two: str, three: str) -> None:
    if same_value(kind, one, two) and same_value(kind, two, three):
        assert same_value(kind, one, three)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("true", "1"),
        ('{"a": false}', '{"a": 0}'),
        ("1e400", "2e400"),
        ("123456789012345678901234567890.5", "123456789012345678901234567890.6"),
        ('{"a": 1}', '{"a": "1"}'),
        ("[1, 2]", "[2, 1]"),
        ("{", "{ "),
    ],
)
def test_nested_values_that_differ_stay_different(left: str, right: str) -> None:
    assert not same_value(Kind.JSON, left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [("1", "1.0"), ('{"a": 1e2, "b": [true]}', '{"b": [true], "a": 100}'), ("[]", " []")],
)
def test_spellings_of_one_nested_value_are_the_same(left: str, right: str) -> None:
    assert same_value(Kind.JSON, left, right)
