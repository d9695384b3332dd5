"""Values keep their text, and every node has its place in the file."""

import pytest

from reconciler.manifest.yaml.nodes import Blank, MappingNode, SequenceNode
from reconciler.manifest.yaml.parser import read_nodes
from reconciler.source import SourceFiles, place_of
from tests.manifest.reading import FILES, only, read

NUMBERS = [
    "12.10",
    "007",
    "+15551234567",
    "1e3",
    "0x1F",
    "0o17",
    "1_000",
    "2026-11-22",
    "12:30:45",
    ".inf",
    "-1",
]
WORDS = ["no", "on", "true", "=", "nUll", "null null", "😀 ß", "a#b", "http://x", "C:\\dir", "100 %", "a\tb"]


@pytest.mark.parametrize("text", [*NUMBERS, *WORDS])
def test_a_plain_value_keeps_its_text(text: str) -> None:
    assert only(f"a: {text}\n") == {"a": text}


def test_a_plain_null_is_not_a_text_and_a_quoted_one_is() -> None:
    assert only("a: null\nb: 'null'\nc: \"null\"\nd: |-\n  null\n") == {
        "a": None,
        "b": "null",
        "c": "null",
        "d": "null",
    }


def test_the_other_ways_to_write_nothing_are_told_apart() -> None:
    assert only("a:\nb: ~\nc: Null\nd: NULL\ne: ''\nf: \"\"\ng: |\nh: '~'\n") == {
        "a": Blank.EMPTY,
        "b": Blank.TILDE,
        "c": Blank.NULL_TITLE,
        "d": Blank.NULL_UPPER,
        "e": Blank.QUOTED,
        "f": Blank.QUOTED,
        "g": Blank.QUOTED,
        "h": "~",
    }


def test_a_name_is_text_whatever_it_looks_like() -> None:
    assert only("null: a\n~: b\n007: c\n1e3: d\n") == {
        "null": "a",
        "~": "b",
        "007": "c",
        "1e3": "d",
    }


def test_spaces_in_quotes_survive() -> None:
    assert only("a: '  x '\nb: \" y  \"\n' c ': z\n") == {"a": "  x ", "b": " y  ", " c ": "z"}


def test_windows_line_ends_stay_out_of_values() -> None:
    assert only(b"a: x\r\nb: |\r\n  1\r\n  2\r\nc: y\r\n") == {"a": "x", "b": "1\n2\n", "c": "y"}


def test_blocks_of_text_keep_what_their_headers_say() -> None:
    text = "a: |\n  1\n\n  2\n\n\nb: |+\n  1\n\n\nc: |-\n  1\n\nd: >\n  1\n  2\n\n  3\n"
    assert only(text) == {"a": "1\n\n2\n", "b": "1\n\n\n", "c": "1", "d": "1 2\n3\n"}


def test_a_byte_order_mark_at_the_start_is_not_part_of_the_text() -> None:
    reading = read(b"\xef\xbb\xbfa: x\n")
    node = reading.documents[0].node
    assert isinstance(node, MappingNode)
    assert (node.names, node.values, node.places, node.name_places) == (
        ("a",),
        ("x",),
        (place_of(0, 1, 4),),
        (place_of(0, 1, 1),),
    )


def test_anchors_and_aliases_stand_for_their_values() -> None:
    text = "a: &one x\nb: *one\nc: &two {d: *one, e: [*one]}\nf: *two\n&three g: h\ni: *three\n*one : j\n"
    shared = {"d": "x", "e": ["x"]}
    assert only(text) == {"a": "x", "b": "x", "c": shared, "f": shared, "g": "h", "i": "g", "x": "j"}


def test_names_are_sorted_by_code_point() -> None:
    node = read("b: 1\nB: 2\né: 3\na: 4\n😀: 5\n").documents[0].node
    assert isinstance(node, MappingNode)
    assert (node.names, node.values) == (("B", "a", "b", "é", "😀"), ("2", "4", "1", "3", "5"))


def test_mappings_of_one_shape_share_their_names() -> None:
    node = read("a: {x: 1, y: 2}\nb: {x: 3, y: 4}\nc: {y: 5, x: 6}\n").documents[0].node
    assert isinstance(node, MappingNode)
    first, second, third = node.values
    assert isinstance(first, MappingNode)
    assert isinstance(second, MappingNode)
    assert isinstance(third, MappingNode)
    assert first.names is second.names
    assert third.values == ("6", "5")


def test_every_value_and_name_knows_its_place() -> None:
    node = read("äö: 😀\nb:\n  - x\n  - {c: *d}\n".replace("*d", "'y'")).documents[0].node
    assert isinstance(node, MappingNode)
    listed, text = node.values
    assert isinstance(listed, SequenceNode)
    inner = listed.items[1]
    assert isinstance(inner, MappingNode)
    assert node.name_places == (place_of(0, 2, 1), place_of(0, 1, 1))
    assert node.places == (place_of(0, 3, 3), place_of(0, 1, 5))
    assert listed.places == (place_of(0, 3, 5), place_of(0, 4, 5))
    assert (inner.name_places, inner.places) == ((place_of(0, 4, 6),), (place_of(0, 4, 9),))
    assert text == "😀"


def test_an_alias_stands_where_it_is_written() -> None:
    node = read("a: &x 1\nb: *x\n").documents[0].node
    assert isinstance(node, MappingNode)
    assert node.places == (place_of(0, 1, 4), place_of(0, 2, 4))


def test_names_below_the_depth_asked_for_have_no_place_of_their_own() -> None:
    node = read_nodes(b"a: {b: {c: d}}\n", FILES, 0, name_depth=2).documents[0].node
    assert isinstance(node, MappingNode)
    inner = node.mapping("a").mapping("b")
    assert node.mapping("a").name_place(0) == place_of(0, 1, 5)
    assert inner.name_places == ()
    assert inner.name_place(0) == inner.places[0] == place_of(0, 1, 12)


def test_a_file_holds_any_number_of_documents() -> None:
    reading = read("a: 1\n---\nb: &x 2\n...\n---\n# nothing\n---\nc: 3\n")
    assert reading.problems == ()
    assert [document.place for document in reading.documents] == [
        place_of(0, 1, 1),
        place_of(0, 3, 1),
        place_of(0, 7, 1),
        place_of(0, 8, 1),
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "\ufeff"])
def test_a_file_may_hold_no_document(text: str) -> None:
    reading = read(text)
    assert (reading.documents, reading.problems) == ((), ())


def test_places_carry_the_number_of_their_file() -> None:
    files = SourceFiles(("a.yaml", "b.yaml"))
    node = read_nodes(b"x:\n  y\n", files, 1).documents[0].node
    assert isinstance(node, MappingNode)
    assert str(files.ref(node.places[0])) == "b.yaml:2:3"


def test_a_line_of_fifty_megabytes_is_read_and_the_places_behind_it_stay_in_its_line() -> None:
    long = "x" * 50_000_000
    node = read(f'a: {{b: "{long}", c: d}}\ne: f\n').documents[0].node
    assert isinstance(node, MappingNode)
    inner = node.mapping("a")
    assert inner.values == (long, "d")
    assert FILES.ref(inner.places[1]).line == 1
    assert node.places[1] == place_of(0, 2, 4)


def test_a_file_of_more_lines_than_a_place_can_count_is_read() -> None:
    reading = read(b"\n" * 17_000_000 + b"a: b\n")
    (document,) = reading.documents
    assert FILES.ref(document.place).file == "a.yaml"


def test_aliases_may_stand_for_much() -> None:
    text = "a: &a [" + "x, " * 999 + "x]\nb:\n" + "- *a\n" * 1000
    assert read(text).problems == ()


def test_nesting_may_be_fifty_levels_deep() -> None:
    assert read("a: " + "[" * 49 + "]" * 49).problems == ()
    assert read("a: &a " + "[" * 24 + "]" * 24 + "\nb: " + "[" * 25 + "*a" + "]" * 25).problems == ()
