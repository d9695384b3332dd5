"""Merging documents and folders into one group: conflicts, shared values, and no losses."""

from pathlib import Path

import pytest

from reconciler.model.desired_records import Ownership, Prune, RecordDirectives, Write
from tests.manifest.reading import HEAD, load, project, properties, refused, reported, wanted

ONE = HEAD + "source: {csv: one.csv}\n"
TWO = HEAD + "source: {csv: two.csv}\n"
DEALS = "object: deals\nkey: external_id\n"


def test_two_tables_alone_in_a_group_lose_no_row(tmp_path: Path) -> None:
    files = {
        "a.yaml": ONE,
        "b.yaml": TWO,
        "one.csv": "external_id,name\na,A\n",
        "two.csv": "external_id\nc\nb\n",
    }
    desired = load(project(tmp_path, files))
    assert wanted(desired) == {"companies/a": {"name": "A"}, "companies/b": {}, "companies/c": {}}
    (group,) = desired.groups
    assert (len(group.records), desired.record_count) == (3, 3)


def test_a_table_alone_in_its_group_loses_no_row(tmp_path: Path) -> None:
    files = {"a.yaml": ONE, "one.csv": "external_id,name\nb,B\na,A\n"}
    desired = load(project(tmp_path, files))
    assert wanted(desired) == {"companies/a": {"name": "A"}, "companies/b": {"name": "B"}}
    assert desired.record_count == 2


def test_two_tables_alone_in_a_group_name_a_record_once(tmp_path: Path) -> None:
    files = {"a.yaml": ONE, "b.yaml": TWO, "one.csv": "external_id\na\nb\n", "two.csv": "external_id\nb\n"}
    assert reported(refused(project(tmp_path, files))) == [
        "two.csv:2:1: companies/b is declared twice: here and in one.csv:3:1"
    ]


def test_one_table_beside_records_names_a_record_once(tmp_path: Path) -> None:
    files = {"a.yaml": ONE, "b.yaml": HEAD + "records: {b: {}}\n", "one.csv": "external_id\na\nb\n"}
    assert reported(refused(project(tmp_path, files))) == [
        "one.csv:3:1: companies/b is declared twice: here and in b.yaml:3:11"
    ]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"a.yaml": "records: {a: {}, b: {$renamed_from: a}}\n"}, ["b@a.yaml:3:18@a.yaml:3:11"]),
        (
            {"a.yaml": "records: {a: {$renamed_from: b}, b: {$renamed_from: a}}\n"},
            ["a@a.yaml:3:11@a.yaml:3:34", "b@a.yaml:3:34@a.yaml:3:11"],
        ),
        (
            {"a.yaml": "records: {c: {$renamed_from: b}}\n", "b.yaml": "source: {csv: one.csv}\n"},
            ["c@a.yaml:3:11@one.csv:3:1"],
        ),
        ({"a.yaml": "records: {a: {$absent: true}, b: {$renamed_from: a}}\n"}, []),
        ({"a.yaml": "records: {a: {$renamed_from: old}, b: {$renamed_from: older}}\n"}, []),
    ],
    ids=["another line", "a circle", "a row of a table", "an absent record", "keys that nobody names"],
)
def test_a_record_is_not_renamed_from_a_key_that_is_named_as_well(
    tmp_path: Path, files: dict[str, str], told: list[str]
) -> None:
    """Such manifests are refused, because apply would create two records, one for each key.

    Every later plan would report that the old and the new key belong to two records.
    """
    made = {name: HEAD + text for name, text in files.items()} | {"one.csv": "external_id\na\nb\n"}
    folder = project(tmp_path, made)
    if not told:
        assert load(folder).record_count == 2
        return
    said = "{}: companies/{} is renamed, but another line still has the old key: {}"
    parts = [each.split("@") for each in told]
    assert reported(refused(folder)) == [said.format(place, key, other) for key, place, other in parts]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("prune: true\n", "prune: false\n", "`prune: false` here, and `prune: true` in a.yaml:1:1"),
        ("prune: all\n", "prune: true\n", "`prune: true` here, and `prune: all` in a.yaml:1:1"),
        ("prune: false\n", "prune: all\n", "`prune: all` here, and `prune: false` in a.yaml:1:1"),
    ],
)
def test_documents_that_disagree_about_pruning_are_told(
    tmp_path: Path, first: str, second: str, said: str
) -> None:
    files = {
        "a.yaml": HEAD + first + "records: {a: {}}\n",
        "b.yaml": HEAD + "records: {b: {}}\n",
        "c.yaml": HEAD + second + "records: {c: {}}\n",
    }
    (problem,) = refused(project(tmp_path, files))
    assert reported([problem]) == [f"c.yaml:1:1: {said}"]
    assert problem.advice == "documents about one object type and key must have the same `prune:`"


def test_documents_of_two_folders_that_disagree_about_pruning_are_told(tmp_path: Path) -> None:
    files = {
        "base/a.yaml": HEAD + "prune: true\nrecords: {a: {}}\n",
        "over/b.yaml": HEAD + "prune: all\nrecords: {b: {}}\n",
    }
    assert reported(refused(project(tmp_path, files), ("base", "over"))) == [
        "over/b.yaml:1:1: `prune: all` here, and `prune: true` in base/a.yaml:1:1"
    ]


@pytest.mark.parametrize("order", [("a.yaml", "b.yaml"), ("b.yaml", "a.yaml")])
def test_one_document_says_for_its_group_whether_it_is_pruned(tmp_path: Path, order: tuple[str, str]) -> None:
    files = {
        order[0]: HEAD + "prune: all\nrecords: {a: {}}\n",
        order[1]: HEAD + "records: {b: {}}\n",
        "z.yaml": DEALS + "records: {d: {}}\n",
    }
    groups = load(project(tmp_path, files)).groups
    assert [(group.object, group.prune) for group in groups] == [
        ("companies", Prune.ALL),
        ("deals", Prune.OFF),
    ]


def test_each_document_is_kept_with_its_group(tmp_path: Path) -> None:
    files = {
        "a.yaml": HEAD + "records: {a: {}}\n---\n" + DEALS + "records: {d: {}}\n",
        "b.yaml": HEAD + "write: upsert\nrecords: {b: {}}\n",
    }
    companies, deals = load(project(tmp_path, files)).groups
    assert [document.write for document in companies.documents] == [Write.AUTO, Write.UPSERT]
    assert len(deals.documents) == 1


def test_records_of_one_shape_share_their_names(tmp_path: Path) -> None:
    files = {
        "base/a.yaml": HEAD + "records:\n  a: {name: A}\n  b: {name: B}\n",
        "over/a.yaml": HEAD + "records:\n  a: {city: Ulm}\n  b: {city: Kiel}\n",
    }
    (group,) = load(project(tmp_path, files), ("base", "over")).groups
    first, second = group.records
    assert properties(first) == {"name": "A", "city": "Ulm"}
    assert first.names is second.names
    assert first.document is second.document


def test_a_property_can_be_enforced_again_in_a_later_folder(tmp_path: Path) -> None:
    files = {
        "base/a.yaml": HEAD
        + "ownership: {name: initial, city: observe}\nrecords:\n  a: {name: A, city: U}\n",
        "over/a.yaml": HEAD + "ownership: {name: enforce}\nrecords:\n  a: {phone: '1'}\n",
    }
    (group,) = load(project(tmp_path, files), ("base", "over")).groups
    (record,) = group.records
    assert record.document.ownership == {"city": Ownership.OBSERVE}
    assert properties(record) == {"name": "A", "city": "U", "phone": "1"}


def test_associations_of_a_later_folder_take_the_place_of_those_of_the_same_type(tmp_path: Path) -> None:
    base = HEAD + "records:\n  a:\n    $associations: {deals: [d1, d2], contacts: [c1]}\n"
    over = HEAD + "records:\n  a:\n    $associations: {deals: [d3]}\n"
    (group,) = load(project(tmp_path, {"base/a.yaml": base, "over/a.yaml": over}), ("base", "over")).groups
    (record,) = group.records
    found = [(wanted.object, wanted.value) for wanted in record.associations]
    assert found == [("contacts", "c1"), ("deals", "d3")]


def test_a_record_that_shall_be_absent_is_associated_with_nothing(tmp_path: Path) -> None:
    base = HEAD + "records:\n  a:\n    $associations: {deals: [d1]}\n"
    over = HEAD + "records:\n  a: {$absent: true}\n"
    (group,) = load(project(tmp_path, {"base/a.yaml": base, "over/a.yaml": over}), ("base", "over")).groups
    (record,) = group.records
    assert record.special.is_absent
    assert record.associations == ()


@pytest.mark.parametrize(
    ("base", "over", "special"),
    [
        ("$protect: true", "name: A", RecordDirectives(protect=True)),
        ("$protect: true", "$protect: false", RecordDirectives(protect=False)),
        ("$protect: true", "$renamed_from: b", RecordDirectives(protect=True, renamed_from="b")),
        ("$renamed_from: b", "$renamed_from: c", RecordDirectives(renamed_from="c")),
        ("$renamed_from: b", "$protect: true", RecordDirectives(protect=True, renamed_from="b")),
        ("name: A", "$protect: true", RecordDirectives(protect=True)),
    ],
)
def test_special_words_are_joined_word_by_word(
    tmp_path: Path, base: str, over: str, special: RecordDirectives
) -> None:
    files = {
        "base/a.yaml": HEAD + f"records: {{a: {{{base}}}}}\n",
        "over/a.yaml": HEAD + f"records: {{a: {{{over}}}}}\n",
    }
    (group,) = load(project(tmp_path, files), ("base", "over")).groups
    (record,) = group.records
    assert record.special == special


def test_objects_told_apart_by_two_keys_name_the_first_place(tmp_path: Path) -> None:
    files = {
        "a.yaml": HEAD + "records: {a: {}}\n",
        "b.yaml": "object: companies\nkey: domain\nrecords: {b: {}}\n",
        "c.yaml": "object: companies\nkey: record_id\nenvironments: [local]\nrecords: {12: {name: x}}\n",
        "d.yaml": DEALS + "records: {d: {}}\n",
    }
    assert reported(refused(project(tmp_path, files))) == [
        'b.yaml:2:6: companies are recognised by "domain" here and by "external_id" in a.yaml:2:6'
    ]
