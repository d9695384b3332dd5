"""Globs over addresses, and the records and properties that they match."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.addresses import RECORD_ID, RecordAddress
from reconciler.model.desired_records import DesiredRecord, RecordDirectives
from reconciler.model.selection import Selection, glob_of, renamed
from tests.support.definitions import address
from tests.support.nouns import desired

ACME = RecordAddress("companies", "external_id", "acme")

objects = st.sampled_from(["companies", "deals", "car"])
texts = st.text("ab=/#*?[]%!-é ", min_size=1, max_size=8)
keys = st.builds(RecordAddress, objects, st.just("external_id"), texts) | st.builds(
    RecordAddress, objects, st.just(RECORD_ID), st.integers(1, 999).map(str)
)


def selection(target: str = "", exclude: str = "") -> Selection:
    targets, excludes = (tuple(map(glob_of, text.split())) for text in (target, exclude))
    return Selection(targets, excludes)


def names_of(record: DesiredRecord | None) -> tuple[str, ...] | None:
    return record.names if record else None


@pytest.mark.parametrize(
    "glob",
    [
        "companies/acme",
        "companies/a*",
        "companies/????",
        "0-2/acme",
        "company/acme",
        "*acme",
        "*",
        "c*/[a-b]*",
    ],
)
def test_a_glob_of_records_means_the_record_and_all_its_properties(glob: str) -> None:
    assert glob_of(glob).means(ACME)
    assert glob_of(glob).means(ACME, "phone")


@pytest.mark.parametrize("glob", ["companies/acme#phone", "companies/a*#ph*", "*#phone", "0-2/*#phone"])
def test_a_glob_of_properties_means_them_alone(glob: str) -> None:
    assert glob_of(glob).means(ACME, "phone")
    assert not glob_of(glob).means(ACME, "name")
    assert not glob_of(glob).means(ACME)


@pytest.mark.parametrize(
    "glob", ["companies", "companies/ACME", "deals/acme", "companies/a*e#", "companies/=acme", "*phone", ""]
)
def test_a_glob_does_not_match(glob: str) -> None:
    assert not glob_of(glob).means(ACME)
    assert not glob_of(glob).means(ACME, "phone")


@given(keys, st.sampled_from(["phone", "name"]))
def test_an_address_means_what_it_names_and_nothing_else(key: RecordAddress, name: str) -> None:
    assert glob_of(key.text).means(key, name)
    assert glob_of(key.property_address(name)).means(key, name)
    assert not glob_of(key.property_address(name)).means(key)


@given(keys, keys)
def test_the_address_of_one_record_never_means_another(key: RecordAddress, other: RecordAddress) -> None:
    if key.text != other.text:
        assert not glob_of(key.text).means(other)


@pytest.mark.parametrize(
    ("glob", "key"),
    [
        ("companies/a%2fb", "a/b"),
        ("companies/a%20b", "a b"),
        ("companies/%C3%A9", "é"),
        ("companies/50%", "50%"),
        ("companies/%3Da", "=a"),
        ("companies/a%3Da", "a=a"),
        ("companies/%2A", "*"),
        ("companies/*%23b", "a#b"),
    ],
)
def test_percent_encoding_is_respected_however_much_is_encoded(glob: str, key: str) -> None:
    assert glob_of(glob).means(RecordAddress("companies", "external_id", key))
    assert not glob_of(glob).means(RecordAddress("companies", "external_id", f"{key}x"))


def test_a_record_id_is_no_key() -> None:
    by_id = RecordAddress("companies", RECORD_ID, "9001")
    by_key = RecordAddress("companies", "external_id", "9001")
    assert glob_of("companies/=9001").means(by_id)
    assert not glob_of("companies/=9001").means(by_key)
    assert not glob_of("companies/9001").means(by_id)


@pytest.mark.parametrize(
    ("target", "exclude", "names"),
    [
        ("", "", ("name", "phone")),
        ("companies/acme", "", ("name", "phone")),
        ("companies/globex", "", None),
        ("companies/globex companies/a*", "", ("name", "phone")),
        ("companies/acme#phone", "", ("phone",)),
        ("companies/acme#fax", "", None),
        ("", "companies/acme", None),
        ("", "companies/globex", ("name", "phone")),
        ("", "*#phone", ("name",)),
        ("", "*#*", ()),
        ("companies/*", "companies/acme", None),
        ("companies/acme#*", "*#name", ("phone",)),
        ("companies/acme#phone", "*#phone", None),
    ],
)
def test_selected_means_targeted_and_not_excluded(
    target: str, exclude: str, names: tuple[str, ...] | None
) -> None:
    record = desired("acme", {"name": "Acme", "phone": "1"})
    assert names_of(selection(target, exclude).narrowed(record)) == names


def test_single_properties_leave_the_record_itself_alone() -> None:
    record = desired("acme", {"name": "Acme", "phone": "1"})
    alone = selection("companies/acme#phone").narrowed(record)
    assert alone is not None
    assert alone.special.is_partial
    without = selection("", "companies/acme#phone").narrowed(record)
    assert without is not None
    assert not without.special.is_partial


@given(st.permutations(["companies/a*", "*#phone", "deals/x"]))
def test_the_order_of_globs_does_not_matter(globs: list[str]) -> None:
    record = desired("acme", {"name": "Acme", "phone": "1"})
    assert selection(" ".join(globs)).narrowed(record) == record
    assert selection("", " ".join(globs)).narrowed(record) is None


def test_a_record_that_must_not_exist_is_selected_as_a_whole_or_not_at_all() -> None:
    record = replace(desired("acme", {"name": "Acme"}), special=RecordDirectives(is_absent=True))
    assert selection("companies/acme#name").narrowed(record) is None
    assert selection("companies/acme").narrowed(record) == record


@pytest.mark.parametrize(
    ("pattern", "definition", "path", "is_meant"),
    [
        ("companies:properties/tier", "companies:properties/tier", None, True),
        ("0-2:properties/tier", "companies:properties/tier", None, True),
        ("companies:properties/*", "companies:properties/tier", None, True),
        ("*:*", "machines:schema", None, True),
        ("companies*", "companies:properties/tier", None, False),
        ("*", "companies:properties/tier", None, False),
        ("*#label", "companies:properties/tier", "label", False),
        ("companies:properties/tier#label", "companies:properties/tier", "label", True),
        ("companies:properties/tier#label", "companies:properties/tier", "hidden", False),
        ("companies:properties/tier#options", "companies:properties/tier", "options/gold/label", True),
        ("companies:properties/tier#options/gold", "companies:properties/tier#options/gold", None, True),
        ("companies:properties/tier", "companies:properties/tier#options/gold", None, True),
        ("deals:pipelines/Renewals", "deals:pipelines/Renewals/stages/Won", None, True),
        ("deals:pipelines/Renewals/stages/W*", "deals:pipelines/Renewals", None, False),
    ],
)
def test_a_glob_with_a_colon_means_definitions(
    pattern: str, definition: str, path: str | None, is_meant: bool
) -> None:
    assert glob_of(pattern).means(address(definition), path) is is_meant


def test_a_glob_of_definitions_never_means_a_record() -> None:
    record = RecordAddress("companies", "external_id", "a:b")
    assert not glob_of("companies:*").means(record)
    assert not glob_of("*:*#name").means(record, "name")
    assert glob_of("companies/a:*").means(record)
    of_definitions = Selection(target=(glob_of("companies:properties/*"),))
    assert not of_definitions.may_have("companies")
    assert of_definitions.may_define("companies")
    assert not Selection(target=(glob_of("companies/a"),)).may_define("companies")


def test_object_types_of_globs_of_definitions_are_renamed() -> None:
    (found,) = renamed([glob_of("2-77:properties/tier")], {"2-77": "machines"})
    assert found.record == "machines:properties/tier"
