"""Reading records, merged with ``all``."""

import pytest

from reconciler.model.desired_records import ManifestValue
from tests.manifest.reading import FILES, HEAD, manifest, properties

CLEAR = "write null to clear it in HubSpot, or remove the line to leave it alone"


def records(text: str) -> dict[str, dict[str, ManifestValue]]:
    read = manifest(HEAD + text)
    assert read.problems == ()
    (document,) = read.documents
    return {record.key: properties(record) for record in document.records}


def test_values_are_texts_nulls_and_lists_of_texts() -> None:
    text = "records:\n  acme:\n    b: 12.10\n    a: null\n    d: 'null'\n    c: [PRINT, CLOUD]\n"
    assert records(text) == {"acme": {"a": None, "b": "12.10", "c": ("PRINT", "CLOUD"), "d": "null"}}


def test_a_record_may_set_nothing() -> None:
    assert records("records:\n  acme: {}\n") == {"acme": {}}


def test_records_and_names_are_sorted_and_know_their_places() -> None:
    text = "records:\n  b: {y: 1}\n  B: {}\n  acme:\n    z: 1\n    a: 2\n"
    (document,) = manifest(HEAD + text).documents
    assert [record.key for record in document.records] == ["B", "acme", "b"]
    acme = document.records[1]
    assert acme.names == ("a", "z")
    assert [str(FILES.ref(place)) for place in (acme.place, *acme.places)] == [
        "a.yaml:6:3",
        "a.yaml:8:8",
        "a.yaml:7:8",
    ]


def test_records_of_one_shape_share_their_names() -> None:
    text = "all: {c: 0}\nrecords:\n  x: {b: 1, a: 2}\n  y: {b: 3, a: 4}\n"
    (document,) = manifest(HEAD + text).documents
    first, second = document.records
    assert first.names is second.names
    assert (first.values, second.values) == (("2", "1", "0"), ("4", "3", "0"))


def test_all_fills_in_what_a_record_does_not_say() -> None:
    text = (
        "all: {country: Germany, tier: [a, b], note: null}\n"
        "records:\n  a: {}\n  b: {country: Austria, name: B}\n  c: {country: null}\n"
    )
    assert records(text) == {
        "a": {"country": "Germany", "note": None, "tier": ("a", "b")},
        "b": {"country": "Austria", "name": "B", "note": None, "tier": ("a", "b")},
        "c": {"country": None, "note": None, "tier": ("a", "b")},
    }


def test_a_shared_value_stands_where_it_is_shared() -> None:
    (document,) = manifest(HEAD + "all:\n  b: x\nrecords:\n  k: {a: 1}\n").documents
    assert [str(FILES.ref(place)) for place in document.records[0].places] == ["a.yaml:6:10", "a.yaml:4:6"]


def test_all_does_not_fill_in_what_a_record_leaves_unmanaged() -> None:
    text = (
        "all: {country: Germany, tier: gold}\n"
        "records:\n  a: {$unmanaged: [country], name: A}\n  b: {name: B}\n"
        "  c: {$unmanaged: [tier, country], name: C}\n"
    )
    assert records(text) == {
        "a": {"name": "A", "tier": "gold"},
        "b": {"country": "Germany", "name": "B", "tier": "gold"},
        "c": {"name": "C"},
    }


def test_a_record_may_repeat_its_key() -> None:
    text = "all: {z: 1}\nrecords:\n  acme: {external_id: acme, name: A}\n  b: {external_id: b}\n"
    assert records(text) == {"acme": {"name": "A", "z": "1"}, "b": {"z": "1"}}


@pytest.mark.parametrize(
    ("line", "expected", "advice", "address"),
    [
        (
            "acme:",
            '4:8: the record "acme" is empty',
            "write `acme: {}` for a record that sets no properties, or remove the line",
            "companies/acme",
        ),
        (
            "acme: null",
            '4:9: the record "acme" is empty',
            "write `acme: {}` for a record that sets no properties, or remove the line",
            "companies/acme",
        ),
        (
            "acme: Acme GmbH",
            '4:9: the record "acme" must be a mapping of properties',
            "write `property: value` lines below it",
            "companies/acme",
        ),
        ("'': {}", "4:3: a name cannot be empty", "write the name before the colon", None),
        (
            "a: {b: }",
            '4:10: "b" has no value',
            CLEAR,
            "companies/a#b",
        ),
        (
            "a: {b: ''}",
            '4:10: "b" is an empty text',
            CLEAR,
            "companies/a#b",
        ),
        (
            "a: {b: ~}",
            '4:10: "b" is set to ~, but only null clears a value',
            f'{CLEAR}, or "~" in quotes if this text is meant',
            "companies/a#b",
        ),
        (
            "a: {b: Null}",
            '4:10: "b" is set to Null, but only null clears a value',
            f'{CLEAR}, or "Null" in quotes if this text is meant',
            "companies/a#b",
        ),
        (
            "a: {b: NULL}",
            '4:10: "b" is set to NULL, but only null clears a value',
            f'{CLEAR}, or "NULL" in quotes if this text is meant',
            "companies/a#b",
        ),
        (
            "a: {b: {c: d}}",
            '4:10: "b" is a mapping; only texts, null and lists are allowed',
            "if this is a text that begins with {, put it in quotes",
            "companies/a#b",
        ),
        (
            "a: {b: []}",
            '4:10: "b" is an empty list',
            CLEAR,
            "companies/a#b",
        ),
        (
            "a: {b: [c, null]}",
            '4:14: an item in the list of "b" must be text',
            "write the option's value, or remove it",
            "companies/a#b",
        ),
        (
            "a: {b: [[c]]}",
            '4:11: an item in the list of "b" must be text',
            "write the option's value, or remove it",
            "companies/a#b",
        ),
        (
            "a: {Annual Revenue: 1}",
            '4:7: "Annual Revenue" is a label, not a property name',
            'use the internal name: did you mean "annual_revenue"?',
            "companies/a",
        ),
        (
            "a: {b: 1, 1st: 1}",
            '4:13: "1st" is not a property name',
            "HubSpot's names are lower-case letters, digits and underscores, and begin with a letter",
            "companies/a",
        ),
        ("a: {b:1, c: d}", '4:7: "b:1" is not a property name', "put a space after the colon", "companies/a"),
        (
            "a: {$unmanaged: b}",
            "4:19: $unmanaged must be a list of properties",
            "write it as [country, city]",
            "companies/a",
        ),
        (
            "a: {$unmanaged: [B b]}",
            "4:20: $unmanaged can name properties only",
            "remove this",
            "companies/a",
        ),
        (
            "a: {$unmanaged: [b], b: 1}",
            '4:20: the record sets "b", and also lists it under `$unmanaged`',
            "remove one of the two",
            "companies/a",
        ),
        (
            "a: {external_id: b}",
            '4:20: "external_id" says "b", but the record is called "a"',
            "remove the line, or write the same key in both places",
            "companies/a",
        ),
        (
            "a: {external_id: null}",
            '4:20: "external_id" is not a text, but the record is called "a"',
            "remove the line, or write the same key in both places",
            "companies/a",
        ),
    ],
)
def test_a_wrong_record_is_told_where_and_what_to_write(
    line: str, expected: str, advice: str, address: str | None
) -> None:
    (problem,) = manifest(f"{HEAD}records:\n  {line}\n").problems
    assert (f"{problem.source}: {problem.message!s}", problem.advice, problem.address) == (
        f"a.yaml:{expected}",
        advice,
        address,
    )


@pytest.mark.parametrize(
    ("name", "nearest"), [("$unmanged", 'did you mean "$unmanaged"? '), ("$x", ""), ("$", "")]
)
def test_an_unknown_key_of_ours_gets_the_nearest_one_and_all_that_are_known(name: str, nearest: str) -> None:
    (problem,) = manifest(f"{HEAD}records: {{a: {{b: c, {name}: [d]}}}}\n").problems
    assert f"{problem.source}: {problem.message!s}" == f'a.yaml:3:21: unknown key "{name}"'
    assert (problem.advice or "").startswith(f"{nearest}known here: $")
    assert (problem.advice or "").endswith("$unmanaged")
    assert problem.address == "companies/a"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("external_id: x", '3:7: `all` cannot set the key "external_id"'),
        ("$unmanaged: [a]", '3:7: "$unmanaged" is not allowed under `all`'),
        ("First Name: x", '3:7: "First Name" is a label, not a property name'),
        ("a: ", '3:10: "a" has no value'),
        ("a: {b: c}", '3:10: "a" is a mapping; only texts, null and lists are allowed'),
    ],
)
def test_a_wrong_shared_value_is_told_once(line: str, expected: str) -> None:
    problems = manifest(f"{HEAD}all: {{{line}}}\nrecords: {{a: {{}}, b: {{x: 1}}, c: {{}}}}\n").problems
    assert [f"{problem.source}: {problem.message!s}" for problem in problems] == [f"a.yaml:{expected}"]


@pytest.mark.parametrize("key", ["acme", "007", "0", "1 2", "-1", "1.0", "\u0661"])
def test_a_record_id_is_digits(key: str) -> None:
    (problem,) = manifest(f"object: deals\nkey: record_id\nrecords:\n  9001: {{}}\n  {key}: {{}}\n").problems
    assert f"{problem.source}: {problem.message!s}" == f'a.yaml:5:3: "{key}" is not a record id'


def test_every_wrong_record_is_told() -> None:
    lines = [f"  r{number}: {{Bad: x, ok: , good: y}}" for number in range(10, 60)]
    problems = manifest(f"{HEAD}records:\n" + "\n".join(lines)).problems
    places = sorted((problem.source.line, problem.source.column) for problem in problems if problem.source)
    assert places == [(line, column) for line in range(4, 54) for column in (9, 21)]
