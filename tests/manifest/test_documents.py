"""The settings of a document for all of its records."""

import pytest

from reconciler.model.desired_records import Ownership, Write
from tests.manifest.reading import FILES, HEAD, manifest, properties, reported


def test_a_document_says_how_its_records_are_recognised_and_written() -> None:
    text = (
        "object: 0-3\nkey: external_id\nwrite: upsert\nenvironments: [prod*, local]\n"
        "ownership: {a: initial, b: observe, c: enforce}\nrecords:\n  acme: {a: x}\n"
    )
    read = manifest(text)
    (found,) = read.documents
    document = found.document
    assert read.problems == ()
    assert (document.object, document.key, document.write) == ("deals", "external_id", Write.UPSERT)
    assert document.ownership == {"a": Ownership.INITIAL, "b": Ownership.OBSERVE}
    assert (document.ownership_of("c"), found.ownership["c"]) == (Ownership.ENFORCE, Ownership.ENFORCE)
    assert found.environments == ("prod*", "local")
    assert [str(FILES.ref(place)) for place in (document.place, found.key_place)] == [
        "a.yaml:1:1",
        "a.yaml:2:6",
    ]
    assert [record.document for record in found.records] == [document]


def test_missing_keys_of_a_document_have_defaults() -> None:
    (found,) = manifest(HEAD + "records: {}\n").documents
    assert (found.document.write, found.write, found.environments) == (Write.AUTO, None, ())
    assert (found.document.ownership, found.records) == ({}, ())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("companies", "companies"),
        ("company", "companies"),
        ("0-2", "companies"),
        ("2-345", "2-345"),
        ("p_Car", "p_Car"),
    ],
)
def test_object_types_have_one_name(written: str, meant: str) -> None:
    (found,) = manifest(f"object: {written}\nkey: k\nrecords: {{}}\n").documents
    assert found.document.object == meant


def test_a_file_may_hold_several_documents_and_empty_ones() -> None:
    one = HEAD + "records: {a: {}}\n"
    read = manifest(f"{one}---\n# nothing\n---\n{one}")
    assert [len(document.records) for document in read.documents] == [1, 1]
    assert read.problems == ()


@pytest.mark.parametrize(
    ("text", "expected", "advice"),
    [
        (
            "- a\n",
            "1:1: a manifest must be a mapping",
            "write `object:`, `key:` and `records:`",
        ),
        (
            "null\n",
            "1:1: a manifest must be a mapping",
            "write `object:`, `key:` and `records:`",
        ),
        (
            "key: k\nrecords: {}\n",
            '1:1: "object" is missing',
            "write the object type: its name (companies), its number (0-2) or a custom object's name",
        ),
        (
            "object: a\nrecords: {}\n",
            '1:1: "key" is missing',
            "write the unique property that tells records apart, or record_id for HubSpot's own id",
        ),
        (
            HEAD,
            '1:1: "records" is missing',
            "write a mapping from each key to its properties, or {} where there are no records",
        ),
        (
            HEAD + "records:\n",
            '3:9: "records" is empty',
            "write a mapping from each key to its properties, or {} where there are no records",
        ),
        (
            HEAD + "records: [a]\n",
            '3:10: "records" must be a mapping',
            "write a mapping from each key to its properties, or {} where there are no records",
        ),
        (
            HEAD + "records: {}\nwrite: create\n",
            '4:8: "write" cannot be "create"',
            "write auto, upsert or update",
        ),
        (
            HEAD + "records: {}\nwrite: [auto]\n",
            '4:8: "write" must be a text',
            "write auto, upsert or update",
        ),
        (HEAD + "records: {}\nwrite:\n", '4:7: "write" is empty', "write auto, upsert or update"),
        (
            HEAD + "records: {}\nownership: {a: enforced}\n",
            '4:16: "ownership.a" cannot be "enforced"',
            "write `property: enforce`, `property: initial` or `property: observe`",
        ),
        (
            HEAD + "records: {}\nownership: {Full Name: observe}\n",
            '4:13: "Full Name" is a label, not a property name',
            'use the internal name: did you mean "full_name"?',
        ),
        (
            HEAD + "records: {}\nenvironments: prod\n",
            '4:15: "environments" must be a list',
            'write a list of names or globs, such as ["prod*"], or remove the line',
        ),
        (
            HEAD + "records: {}\nenvironments: []\n",
            '4:15: "environments" is empty',
            'write a list of names or globs, such as ["prod*"], or remove the line',
        ),
        (
            HEAD + "records: {}\nenvironments: [a, {}]\n",
            '4:19: "environments" must be a text',
            'write a list of names or globs, such as ["prod*"], or remove the line',
        ),
        (
            HEAD + "records: {}\nall:\n",
            '4:5: "all" is empty',
            "write `property: value` lines, or remove the line",
        ),
        (
            "object: a/b\nkey: k\nrecords: {}\n",
            '1:9: "object" cannot be "a/b"',
            "write the object type: its name (companies), its number (0-2) or a custom object's name",
        ),
        (
            "object: a\nkey: External ID\nrecords: {}\n",
            '2:6: "key" cannot be "External ID"',
            "write the unique property that tells records apart, or record_id for HubSpot's own id",
        ),
        (
            "object: a\nkey: hs_object_id\nrecords: {}\n",
            "2:6: hs_object_id is not a unique property",
            "write `key: record_id`",
        ),
        (
            "object: a\nkey: record_id\nwrite: upsert\nrecords: {}\n",
            "3:8: HubSpot cannot upsert by record id",
            "write `write: update`, or remove the line",
        ),
    ],
)
def test_a_wrong_document_is_told_where_and_what_to_write(text: str, expected: str, advice: str) -> None:
    (problem,) = manifest(text).problems
    assert (f"{problem.source}: {problem.message!s}", problem.advice) == (f"a.yaml:{expected}", advice)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("recrods", 'did you mean "records"? '), ("Object", 'did you mean "object"? '), ("x", "")],
)
def test_an_unknown_key_gets_the_nearest_one_and_all_that_are_known(name: str, nearest: str) -> None:
    (problem,) = manifest(f"{HEAD}records: {{}}\n{name}: {{}}\n").problems
    assert reported([problem]) == [f'a.yaml:4:1: unknown key "{name}"']
    advice = problem.advice or ""
    assert advice.startswith(f"{nearest}known here: all, association_labels, environments, ")
    assert advice.endswith("records, schema, source, write")


def test_a_wrong_head_does_not_hide_what_is_wrong_with_the_records() -> None:
    read = manifest("object: companies\nwrite: x\nrecords:\n  acme: {Name: x, phone: }\n")
    assert read.documents == ()
    assert sorted(reported(read.problems)) == [
        'a.yaml:1:1: "key" is missing',
        'a.yaml:2:8: "write" cannot be "x"',
        'a.yaml:4:10: "Name" is a label, not a property name',
        'a.yaml:4:26: "phone" has no value',
    ]


def test_a_refused_alias_causes_no_second_complaint() -> None:
    text = (
        "object: *a\nkey: k\nenvironments: [*b]\nrecords:\n  x: *c\n  y: {n: *d, m: [*e]}\n---\nobject: a\n"
        "key: k\nall: *f\nrecords: *g\n---\n*h\n"
    )
    assert reported(manifest(text).problems) == [
        f"a.yaml:{place}: there is no anchor &{name} before this alias"
        for name, place in zip(
            "abcdefgh", ["1:9", "3:16", "5:6", "6:10", "6:18", "10:6", "11:10", "13:1"], strict=True
        )
    ]


def test_shared_values_may_be_anchored() -> None:
    text = HEAD + "all: &all {city: Bonn}\nrecords:\n  a: *all\n  b: {}\n"
    (found,) = manifest(text).documents
    assert [properties(record) for record in found.records] == [{"city": "Bonn"}, {"city": "Bonn"}]
