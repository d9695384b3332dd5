"""What counts as equal, kind by kind."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.schema import Kind
from reconciler.model.values import canonical, instant_text, parse_instant

EQUAL = [
    (Kind.TEXT, "one\r\ntwo", "one\ntwo"),
    (Kind.PHONE, "+49 (30) 123-45", "+493012345"),
    (Kind.PHONE, "030/1234 ext. 7", "0301234x7"),
    (Kind.EMAIL, "Ada@Acme.Example ", "ada@acme.example"),
    (Kind.DOMAIN, "https://Acme.Example/about?x=1", "acme.example"),
    (Kind.NUMBER, "12.10", "12.1"),
    (Kind.NUMBER, "17", "17.00"),
    (Kind.NUMBER, "1E3", "1000"),
    (Kind.NUMBER, ".5", "0.50"),
    (Kind.NUMBER, "-0", "0"),
    (Kind.NUMBER, "123456789012345678901234567890.10", "123456789012345678901234567890.1"),
    (Kind.BOOLEAN, "TRUE", "true"),
    (Kind.CHOICES, "b;a", "a;b"),
    (Kind.CHOICES, ";a;b;", "b; a"),
    (Kind.DATE, "2026-11-22", "1795305600000"),
    (Kind.DATE, "2026-11-22", "2026-11-22T00:00:00Z"),
    (Kind.DATETIME, "2026-11-22T09:30:00+01:00", "2026-11-22T08:30:00.000Z"),
    (Kind.DATETIME, "2026-11-22T08:30:00Z", "1795336200000"),
]

DIFFERENT = [
    (Kind.TEXT, "007", "7"),
    (Kind.TEXT, "12.10", "12.1"),
    (Kind.TEXT, " padded", "padded"),
    (Kind.TEXT, "no", "false"),
    (Kind.PHONE, "+15551234567", "15551234567"),
    (Kind.PHONE, "call the office", "call the offices"),
    (Kind.NUMBER, "12.1", "12.01"),
    (Kind.NUMBER, "0x1F", "31"),
    (Kind.NUMBER, "123456789012345678901234567890", "123456789012345678901234567891"),
    (Kind.BOOLEAN, "false", None),
    (Kind.CHOICE, "Gold", "gold"),
    (Kind.CHOICE, "a;b", "b;a"),
    (Kind.CHOICES, "a;b", "a"),
    (Kind.DATE, "2026-11-22", "2026-11-23"),
    (Kind.DATETIME, "2026-11-22T08:30:00Z", "2026-11-22T08:30:00.001Z"),
]


@pytest.mark.parametrize(("kind", "left", "right"), EQUAL)
def test_spellings_of_one_value_are_equal(kind: Kind, left: str, right: str) -> None:
    assert canonical(kind, left) == canonical(kind, right)


@pytest.mark.parametrize(("kind", "left", "right"), DIFFERENT)
def test_different_values_stay_different(kind: Kind, left: str, right: str | None) -> None:
    assert canonical(kind, left) != canonical(kind, right)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_way_of_being_empty_is_the_same(kind: Kind) -> None:
    assert canonical(kind, "") is None
    assert canonical(kind, None) is None


@given(st.sampled_from(list(Kind)), st.text())
def test_the_canonical_form_of_a_canonical_form_is_itself(kind: Kind, text: str) -> None:
    once = canonical(kind, text)
    assert canonical(kind, once) == once


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_every_spelling_of_a_number_has_one_form(number: Decimal) -> None:
    assert canonical(Kind.NUMBER, f"{number:f}") == canonical(Kind.NUMBER, f"{number:.8f}")


@given(
    st.lists(st.text(alphabet="abcXYZ_0", min_size=1)).flatmap(
        lambda i: st.tuples(st.just(i), st.permutations(i))
    )
)
def test_the_order_of_choices_does_not_matter(orders: tuple[list[str], list[str]]) -> None:
    one, other = orders
    assert canonical(Kind.CHOICES, ";".join(one)) == canonical(Kind.CHOICES, ";".join(other))


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_survives_hubspots_spelling_to_the_millisecond(instant: datetime) -> None:
    again = parse_instant(instant_text(instant))
    assert again == instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def test_a_number_of_absurd_size_stays_text() -> None:
    assert canonical(Kind.NUMBER, "1e999999999") == "1e999999999"
