"""An edit replaces a value in the text of a manifest, and changes nothing else."""

from difflib import unified_diff

import pytest

from reconciler.manifest.edit.edit_manifest import Edited, edit_manifest
from reconciler.model.acceptance import Edit
from reconciler.model.addresses import RecordAddress
from reconciler.model.desired_records import ManifestValue
from tests.manifest.reading import FILES, HEAD, manifest, properties


def edit_of(data: bytes, key: str, name: str, after: ManifestValue) -> Edit:
    """Return the request to change property ``name`` of record ``key`` in ``data`` to ``after``."""
    read = manifest(data)
    assert read.problems == ()
    (record,) = (record for document in read.documents for record in document.records if record.key == key)
    index = record.names.index(name)
    source = FILES.ref(record.places[index])
    return Edit(record.address, name, record.values[index], after, source)


def edited(records: str, *wishes: tuple[str, ManifestValue], key: str = "acme", head: str = HEAD) -> Edited:
    data = (head + records).encode()
    return edit_manifest(data, [edit_of(data, key, name, after) for name, after in wishes])


def diff(before: str, done: Edited) -> list[str]:
    """Return the removed and the added lines."""
    lines = unified_diff((HEAD + before).splitlines(), done.data.decode().splitlines(), n=0, lineterm="")
    return [line for line in lines if line[:3] not in {"---", "+++"} and not line.startswith("@@")]


@pytest.mark.parametrize(
    ("written", "after", "expected"),
    [
        ("Acme GmbH", "Acme AG", "Acme AG"),
        ("Acme GmbH  # as in the register", "Acme AG", "Acme AG  # as in the register"),
        ("'Acme GmbH'", "Acme AG", "'Acme AG'"),
        ("'Acme GmbH'", "it's", "'it''s'"),
        ('"Acme GmbH"', 'say "hi"', '"say \\"hi\\""'),
        ("Acme\t# tabbed", "Acme AG", "Acme AG\t# tabbed"),
        ("Acme   ", "Acme AG", "Acme AG   "),
        ("null", "Acme AG", "Acme AG"),
        ("Acme", None, "null"),
        ("'Acme'", None, "null"),
        ("Acme", "null", '"null"'),
        ("Acme", "~", '"~"'),
        ("Acme", "12.10", "12.10"),
        ("Acme", "+4930123", "+4930123"),
        ("Acme", "a: b", '"a: b"'),
        ("Acme", "a #b", '"a #b"'),
        ("Acme", "-", '"-"'),
        ("Acme", "- C:\\x", "'- C:\\x'"),
        ("Acme", "two\nlines", '"two\\nlines"'),
        ("Acme", " padded ", '" padded "'),
        ("Acme", "👩\u200d🚒 Müller", "👩\u200d🚒 Müller"),
        ("Acme", "hard\u00a0space", '"hard\\u00A0space"'),
        ("[A, 'B']", ("A", "B", "C"), "[A, 'B', 'C']"),
        ("[ A , B ]  # two", ("B",), "[ B ]  # two"),
        ("[A, B]", "A", "A"),
        ("[A, B]", None, "null"),
        ("A", ("A", "B, C"), '[A, "B, C"]'),
    ],
)
def test_a_value_is_replaced_in_its_own_style(written: str, after: ManifestValue, expected: str) -> None:
    records = f"records:\n  acme:\n    # a comment\n    name: {written}\n\n    city: Berlin\n"
    done = edited(records, ("name", after))
    assert done.problems == ()
    assert done.data.decode() == (HEAD + records).replace(f"name: {written}", f"name: {expected}")


def test_the_line_of_a_replaced_value_is_told() -> None:
    done = edited("records:\n  acme:\n    name: Acme\n", ("name", "X"))
    assert [str(source) for source in done.places.values()] == ["a.yaml:5:1"]


def test_a_value_from_all_is_overridden_below_the_last_property() -> None:
    records = """\
all: {country: Germany, city: Berlin}   # of them all
records:
  acme:
    name: Acme   # a name
    # about nothing

    $protect: true
  globex: {name: x}
"""
    done = edited(records, ("country", "Austria"), ("city", "Wien"))
    assert diff(records, done) == ["+    country: Austria", "+    city: Wien"]
    assert done.data.decode().index("country: Austria") < done.data.decode().index("# about nothing")
    assert sorted(source.line for source in done.places.values()) == [7, 8]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("acme: {}", "acme: {country: Austria, city: Wien}"),
        ("acme: {  }  # none", "acme: {country: Austria, city: Wien  }  # none"),
        ("acme: {name: x}", "acme: {name: x, country: Austria, city: Wien}"),
        ("acme: {name: x,}", "acme: {name: x, country: Austria, city: Wien,}"),
        ("acme: &it {}", "acme: &it {country: Austria, city: Wien}"),
        (
            "acme: {\n    name: 'x'  # so\n  }",
            "acme: {\n    name: 'x', country: Austria, city: Wien  # so\n  }",
        ),
    ],
)
def test_a_value_from_all_is_overridden_between_braces(record: str, expected: str) -> None:
    records = f"all: {{country: Germany, city: Berlin}}\nrecords:\n  {record}\n  globex: {{name: y}}\n"
    done = edited(records, ("country", "Austria"), ("city", "Wien"))
    assert done.problems == ()
    assert done.data.decode() == (HEAD + records).replace(record, expected)


def test_a_record_with_special_lines_alone_gets_its_first_property_below_them() -> None:
    records = "all:\n  country: Germany\nrecords:\n  acme:\n    $protect: true"
    done = edited(records, ("country", None))
    assert done.data.decode() == f"{HEAD}{records}\n    country: null"


def test_values_that_override_and_values_that_are_replaced_go_together() -> None:
    records = (
        "all:\n  country: Germany\nrecords:\n  acme:\n    name: Acme\n    city: Bonn\n  globex: {city: x}\n"
    )
    done = edited(records, ("city", "Wien"), ("country", "Austria"), ("name", "Acme AG"))
    assert diff(records, done) == [
        "-    name: Acme",
        "-    city: Bonn",
        "+    name: Acme AG",
        "+    city: Wien",
        "+    country: Austria",
    ]


@pytest.mark.parametrize(
    ("written", "after", "expected"),
    [
        ("|\n      one\n      two\n", "one\nthree\n", "|\n      one\n      three\n"),
        ("|  # why\n      one\n\n\n", "one\n\nthree", "|-  # why\n      one\n\n      three\n\n\n"),
        (">-\n      one\n      two\n", "one two three", ">-\n      one two three\n"),
        (">\n      one\n      two\n", "one\ntwo\n", ">\n      one\n\n      two\n"),
        ("|\n      one\n", "  indented\n", '"  indented\\n"\n'),
        ("|\n      one\n", "ends in blanks  ", "|-\n      ends in blanks  \n"),
        ("|2\n        one\n", "two", "two\n"),
        ("|\n      one\n", None, "null\n"),
        ("one\n      two\n", "three", "three\n"),
        ('"one\n      two"  # x\n', "three", '"three"  # x\n'),
    ],
)
def test_a_text_of_several_lines_is_replaced_as_a_whole(
    written: str, after: ManifestValue, expected: str
) -> None:
    records = f"records:\n  acme:\n    name: {written}    # below\n    city: Bonn\n"
    done = edited(records, ("name", after))
    assert done.problems == ()
    assert done.data.decode() == (HEAD + records).replace(f"name: {written}", f"name: {expected}")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (("A", "C"), "lines:\n      - A\n      - 'C'\n"),
        (("A", "B", "D"), "lines:\n      - A\n      - 'B'\n      - 'D'\n"),
        (None, "lines: null\n"),
        ("A", "lines: A\n"),
    ],
)
def test_a_list_of_lines_stays_one(after: ManifestValue, expected: str) -> None:
    written = "lines:\n      - A\n      - 'B'\n"
    records = f"records:\n  acme:\n    {written}    city: Bonn\n"
    done = edited(records, ("lines", after))
    assert done.problems == ()
    assert done.data.decode() == (HEAD + records).replace(written, expected)


def test_a_list_of_one_line_gets_more_of_them() -> None:
    records = "records:\n  acme:\n    lines:\n    -   A\n    city: Bonn\n"
    assert diff(records, edited(records, ("lines", ("A", "B")))) == ["+    -   B"]


@pytest.mark.parametrize(
    ("records", "name", "message"),
    [
        ("records:\n  b: {x: &a y}\n  acme: {name: *a}\n", "name", "the value is an alias, *a"),
        ("records:\n  acme: {name: &a y}\n  b: {x: *a}\n", "name", "the value has the anchor &a"),
        ("records:\n  acme: &a {name: y}\n  b: *a\n", "name", "the record has the anchor &a"),
        ("records:\n  b: &a {name: y}\n  acme: *a\n", "name", "the record is an alias, *a"),
        ("all: &a {name: y}\nrecords:\n  acme: *a\n", "name", "the record is an alias, *a"),
        ("records:\n  acme:\n    name:\n      - A # 1\n      - B\n", "name", "there is a comment inside"),
        ("records:\n  acme:\n    name: # c\n      - A\n", "name", "there is a comment between the name and"),
        ("records:\n  acme:\n    name: |2 # c\n        A\n", "name", "there is a comment at the beginning"),
        ("records:\n  b: {x: &a A}\n  acme: {name: [*a, B]}\n", "name", "an item of the list is shared"),
    ],
)  # fmt: skip
def test_shared_values_and_comments_are_left_to_the_person(records: str, name: str, message: str) -> None:
    done = edited(records, (name, "new"))
    assert done.data.decode() == HEAD + records
    (problem,) = done.problems
    assert problem.message.startswith(message)
    assert problem.advice == "write the value by hand"
    assert problem.address == "companies/acme#name"
    assert problem.source


def test_one_unsafe_value_does_not_stop_the_others() -> None:
    records = "records:\n  b: {x: &a y}\n  acme: {name: *a, city: Bonn}\n"
    done = edited(records, ("name", "new"), ("city", "Wien"))
    assert diff(records, done) == [
        "-  acme: {name: *a, city: Bonn}",
        "+  acme: {name: *a, city: Wien}",
    ]
    assert [problem.address for problem in done.problems] == ["companies/acme#name"]


@pytest.mark.parametrize("text", ["\x00", "\ud800"])
def test_values_that_yaml_cannot_write_are_refused(text: str) -> None:
    done = edited("records:\n  acme: {name: x}\n", ("name", text))
    assert [problem.message for problem in done.problems] == ["YAML cannot write the live value"]


@pytest.mark.parametrize(
    "now", ["records:\n  acme:\n    name: Other\n", "records:\n  b: {}\n", "records: {}\n", "all: {}\n"]
)
def test_a_file_that_changed_meanwhile_is_left_alone(now: str) -> None:
    wish = edit_of((HEAD + "records:\n  acme:\n    name: Acme\n").encode(), "acme", "name", "X")
    data = (HEAD + now).encode()
    done = edit_manifest(data, [wish])
    assert done.data == data
    assert [problem.message for problem in done.problems] == ["the file has changed since it was read"]


def test_a_file_that_is_broken_meanwhile_is_left_alone() -> None:
    wish = edit_of((HEAD + "records:\n  acme:\n    name: Acme\n").encode(), "acme", "name", "X")
    done = edit_manifest(b"records: [", [wish])
    assert done.data == b"records: ["
    assert done.problems


def test_the_document_that_sets_the_value_is_the_one_that_changes() -> None:
    one = HEAD + "records:\n  acme: {name: One}\n"
    other = "---\n# another\nobject: contacts\nkey: email\nrecords:\n  acme: {name: Two}\n"
    data = f"\ufeff{one}{other}".replace("\n", "\r\n").encode()
    places = [document.records[0].places[0] for document in manifest(data).documents]
    key = RecordAddress("contacts", "email", "acme")
    done = edit_manifest(data, [Edit(key, "name", "Two", "Drei", FILES.ref(places[1]))])
    assert done.data == data.replace(b"Two", b"Drei")


def test_the_text_that_a_record_says_is_what_was_asked_for() -> None:
    text = "}, # \\ 'q' \"d\" \t: "
    done = edited("records:\n  acme: {name: x}\n", ("name", text))
    (document,) = manifest(done.data).documents
    assert properties(document.records[0]) == {"name": text}
