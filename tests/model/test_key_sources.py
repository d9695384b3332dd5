"""Sources of values for a new key: the properties that they need, and the values that they give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.addresses import RecordId
from reconciler.model.key_sources import parse_key_source

names = st.from_regex("[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name not in {"uuid", "record_id"}
)
held = st.dictionaries(names, st.text(max_size=8), max_size=4)


def test_a_template_needs_all_of_its_properties() -> None:
    source = parse_key_source("{domain}-{country}")

    assert source.names == ("domain", "country")
    assert source.value(1, RecordId("7"), {"domain": " acme.de ", "country": "DE"}) == "acme.de-DE"
    assert source.value(1, RecordId("7"), {"domain": "acme.de", "country": " "}) is None


def test_a_template_may_name_what_every_record_has() -> None:
    source = parse_key_source("{country}-{record_id}")

    assert source.names == ("country",)
    assert source.value(1, RecordId("7"), {"country": "DE"}) == "DE-7"
    assert source.value(1, RecordId("7"), {}) is None
    assert source.differs_between_portals
    assert parse_key_source("crm-{uuid}").value(1, RecordId("7"), {}) == (
        f"crm-{parse_key_source('uuid').value(1, RecordId('7'), {})}"
    )


def test_braces_that_are_doubled_are_texts() -> None:
    assert parse_key_source("{{{domain}}}").value(1, RecordId("7"), {"domain": "a"}) == "{a}"


def test_a_uuid_is_the_same_each_time_and_differs_between_records_and_portals() -> None:
    source = parse_key_source("uuid")
    values = [source.value(portal, RecordId(id_), {}) for portal in (1, 2) for id_ in ("7", "8")]

    assert len(set(values)) == 4
    assert source.value(1, RecordId("7"), {}) == values[0]
    assert source.differs_between_portals


@pytest.mark.parametrize("text", ["", "{", "}", "{domain", "{a.b}", "{0}", "{a!r}", "{a:>9}", "{}", "{{x}}"])
def test_a_wrong_source_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"source|template|brace|names"):
        parse_key_source(text)


@given(names, held)
def test_a_property_gives_its_value_without_blanks(name: str, values: dict[str, str]) -> None:
    found = parse_key_source(name).value(1, RecordId("7"), values)

    assert found == (values.get(name, "").strip() or None)


@given(st.text(max_size=12), held)
def test_no_text_crashes(text: str, values: dict[str, str]) -> None:
    try:
        source = parse_key_source(text)
    except ValueError:
        return
    value = source.value(1, RecordId("7"), values)
    assert value is None or value
