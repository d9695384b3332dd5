"""Which texts are the same value, for each kind of property."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.canonical import canonical, instant_text, parse_date, parse_instant
from reconciler.model.definitions import Kind

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

FORMS = [
    (Kind.TEXT, "a\r\nb\rc\n", "a\nb\rc\n"),
    (Kind.HTML, "<p>a</p>\r\n", "<p>a</p>\n"),
    (Kind.JSON, '{"a": 1}\r\n', '{"a": 1}\r\n'),
    (Kind.PHONE, " +49 (30) 123-45 ", "+493012345"),
    (Kind.PHONE, "030/12.34 x7", "0301234x7"),
    (Kind.PHONE, "030 1234 EXT 89", "0301234x89"),
    (Kind.PHONE, "030 1234 ext. 7 ", "0301234x7"),
    (Kind.PHONE, "030 1234 desk 7", "030 1234 desk 7"),
    (Kind.PHONE, "+", "+"),
    (Kind.EMAIL, " Ada@Acme.Example ", "ada@acme.example"),
    (Kind.EMAIL, "  ", None),
    (Kind.DOMAIN, " https://ada:pw@Acme.Example:8443/about?x=1#y ", "acme.example"),
    (Kind.DOMAIN, "HTTP://Acme.Example", "acme.example"),
    (Kind.DOMAIN, "Acme.Example", "acme.example"),
    (Kind.DOMAIN, "/", "/"),
    (Kind.NUMBER, " 12.10 ", "12.1"),
    (Kind.NUMBER, "-12.50", "-12.5"),
    (Kind.NUMBER, "100", "100"),
    (Kind.NUMBER, "1e2", "100"),
    (Kind.NUMBER, "0.0", "0"),
    (Kind.NUMBER, "-0.00", "0"),
    (Kind.NUMBER, "nan", "nan"),
    (Kind.NUMBER, "inf", "inf"),
    (Kind.NUMBER, "-Infinity", "-Infinity"),
    (Kind.NUMBER, "twelve", "twelve"),
    (Kind.NUMBER, "1e400", "1" + "0" * 400),
    (Kind.NUMBER, "1e401", "1e401"),
    (Kind.NUMBER, "1e-400", "0." + "0" * 399 + "1"),
    (Kind.NUMBER, "1e-401", "1e-401"),
    (Kind.BOOLEAN, " TRUE ", "true"),
    (Kind.CHOICES, "b; a;;b", "a;b"),
    (Kind.CHOICES, " ; ", None),
    (Kind.OWNERS, "2;1", "1;2"),
    (Kind.FILES, "9; 8", "8;9"),
    (Kind.CHOICE, "b;a", "b;a"),
    (Kind.DATE, " 2026-11-22 ", "2026-11-22"),
    (Kind.DATE, "1795305600000", "2026-11-22"),
    (Kind.DATE, "2026-11-22T23:30:00-01:00", "2026-11-23"),
    (Kind.DATE, "20261122", "1970-01-01"),  # milliseconds, not the short form of a date
    (Kind.DATE, "2026-W47-7", "2026-W47-7"),
    (Kind.DATE, "2026-02-30", "2026-02-30"),
    (Kind.DATE, "soon", "soon"),
    (Kind.DATETIME, " 2026-11-22T09:30:00+01:00 ", "2026-11-22T08:30:00.000Z"),
    (Kind.DATETIME, "-1", "1969-12-31T23:59:59.999Z"),
    (Kind.DATETIME, "0", "1970-01-01T00:00:00.000Z"),
    (Kind.DATETIME, "2026-11-22T08:30:00.123456Z", "2026-11-22T08:30:00.123Z"),
    (Kind.DATETIME, "2026-11-22T08:30:00", "2026-11-22T08:30:00"),  # without time zone: not a point in time
    (Kind.DATETIME, "100000000000000", "5138-11-16T09:46:40.000Z"),
    (Kind.DATETIME, "999999999999999", "999999999999999"),  # later than the last date of Python's calendar
    (Kind.DATETIME, "1000000000000000", "1000000000000000"),
    (Kind.DATETIME, "9999-12-31T23:59:59-23:00", "9999-12-31T23:59:59-23:00"),
    (Kind.DATETIME, "soon", "soon"),
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


@pytest.mark.parametrize(("kind", "text", "form"), FORMS)
def test_the_canonical_form_is_just_this(kind: Kind, text: str, form: str | None) -> None:
    assert canonical(kind, text) == form


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-22", date(2026, 11, 22)),
        (" 2026-11-22 ", date(2026, 11, 22)),
        ("2026-02-30", None),
        ("20261122", None),
        ("2026-W47-7", None),
        ("2026-11-22T00:00:00Z", None),
        ("", None),
    ],
)
def test_a_date_is_written_in_one_way(text: str, day: date | None) -> None:
    assert parse_date(text) == day


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
