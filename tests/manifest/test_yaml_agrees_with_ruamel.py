"""Reconciler's YAML parser reads the same values as ruamel.yaml, and no text makes it crash."""

import io
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode as TheirMapping
from ruamel.yaml.nodes import Node as TheirNode
from ruamel.yaml.nodes import ScalarNode, SequenceNode

from reconciler.manifest.documents import read_manifest
from reconciler.manifest.yaml.nodes import Blank
from tests.manifest.reading import FILES, only, plain, read

BLANKS = {"": Blank.EMPTY, "~": Blank.TILDE, "null": None, "Null": Blank.NULL_TITLE, "NULL": Blank.NULL_UPPER}


def second_opinion(text: str) -> Any:
    """Read the only document with the parser of ruamel.yaml, which is written in Python."""
    return told_by_them(YAML(typ="safe", pure=True).compose(io.StringIO(text)))


def told_by_them(node: TheirNode) -> Any:
    """Convert a node of ruamel.yaml into plain lists and dicts."""
    if isinstance(node, ScalarNode):
        if not node.style:
            return BLANKS.get(node.value, node.value)
        return node.value or Blank.QUOTED
    if isinstance(node, SequenceNode):
        return [told_by_them(item) for item in node.value]
    assert isinstance(node, TheirMapping)
    return {name.value: told_by_them(value) for name, value in node.value}


# Texts as people write them: words, texts that look like numbers, punctuation with a meaning in YAML, emoji.
CHARACTERS = st.characters(
    codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"
)
WORDS = st.sampled_from(
    [
        "12.10",
        "007",
        "+15551234567",
        "no",
        "1e3",
        "0x1F",
        "😀",
        "a b",
        "null",
        "x: y",
        "- z",
        "#",
        "{",
        "'",
        '"',
        "&a",
    ]
)
TEXTS = st.one_of(
    WORDS, st.text(CHARACTERS, max_size=12), st.text("ab \n\t:#-'\"\\[]{},&*!|>%@`~é", max_size=12)
)
SAFE_WORDS = st.text("abcß😀", min_size=1, max_size=4)
PLAIN = st.sampled_from(
    ["12.10", "007", "+15551234567", "no", "1e3", "0x1F", "2026-11-22", "null", "~", "Null", ""]
)


def single_quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def double_quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(c):08X}" if c in '"\\\n\t\r' or ord(c) > 0xFFFF else c for c in text) + '"'


@given(TEXTS)
@example("  both ends  ")
@example("\r\n")
def test_any_text_survives_double_quotes(text: str) -> None:
    assert only(f"a: {double_quoted(text)}\n") == {"a": text or Blank.QUOTED}


@given(st.text(CHARACTERS, max_size=12))
def test_any_line_survives_single_quotes(text: str) -> None:
    assert only(f"a: {single_quoted(text)}\n") == {"a": text or Blank.QUOTED}


@st.composite
def blocks(draw: st.DrawFn, indent: int) -> str:
    """A literal or folded block of text."""
    lines = draw(st.lists(st.one_of(SAFE_WORDS, st.just(""), st.just("a: b # c")), max_size=5))
    header = draw(st.sampled_from("|>")) + draw(st.sampled_from(["", "-", "+"]))
    end = draw(st.sampled_from(["", "\n", "\n\n"]))
    body = "".join("\n" + (" " * indent + line if line else "") for line in ["x", *lines])
    return f"{header}{body}{end}"


@st.composite
def values(draw: st.DrawFn, indent: int, depth: int) -> str:
    """A value behind a colon or dash, in any style."""
    kinds = [PLAIN, SAFE_WORDS, TEXTS.map(double_quoted), SAFE_WORDS.map(single_quoted), blocks(indent)]
    if depth:
        kinds += [flows(depth - 1), mappings(indent, depth - 1), sequences(indent, depth - 1)]
    return draw(st.one_of(kinds))


@st.composite
def flows(draw: st.DrawFn, depth: int) -> str:
    inner = st.one_of(PLAIN.filter(bool), SAFE_WORDS.map(double_quoted))
    if depth:
        inner = st.one_of(inner, flows(depth - 1))
    if draw(st.booleans()):
        return f"[{', '.join(draw(st.lists(inner, max_size=3)))}]"
    pairs = draw(st.dictionaries(SAFE_WORDS, inner, max_size=3))
    return f"{{{', '.join(f'{name}: {value}' for name, value in pairs.items())}}}"


@st.composite
def mappings(draw: st.DrawFn, indent: int, depth: int) -> str:
    names = draw(st.lists(SAFE_WORDS, min_size=1, max_size=4, unique=True))
    lines = [f"\n{' ' * indent}{name}: {draw(values(indent + 2, depth))}" for name in names]
    return "".join(lines)


@st.composite
def sequences(draw: st.DrawFn, indent: int, depth: int) -> str:
    items = draw(st.lists(values(indent + 2, depth), min_size=1, max_size=3))
    return "".join(f"\n{' ' * indent}- {item}" for item in items)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A mapping in which some values are anchored and used again."""
    text = draw(mappings(0, 3)).removeprefix("\n")
    if draw(st.booleans()):
        anchored = draw(st.one_of(flows(1), SAFE_WORDS, TEXTS.map(double_quoted)))
        text += f"\nanchored: &it {anchored}\nagain: *it\nlist: [*it, *it]"
    line_end = draw(st.sampled_from(["\n", "\r\n"]))
    return (text + "\n").replace("\n", line_end)


@given(documents())
@example("a: |\n  x\n\n\nb: >+\n  y\n\n\n")
@example("a: &x |\n  y\n\nb: *x\n")
def test_the_builder_agrees_with_a_second_parser(text: str) -> None:
    assert only(text) == second_opinion(text)


@given(st.text("ab:-?#[]{},&*!|>'\"%@`~<\\ \n\t\r01é😀\u2028", max_size=60))
@example("&0:")
@example("&0: 1")
@example("a: {&0: 1}")
@example("&0: [a]\n")
def test_texts_made_of_punctuation_are_read_or_refused(text: str) -> None:
    reading = read(text)
    if reading.problems:
        assert all(problem.source and problem.advice for problem in reading.problems)
    else:
        _agrees_where_both_accept(text)


def _agrees_where_both_accept(text: str) -> None:
    try:
        theirs = second_opinion(text)
    except (YAMLError, ValueError, IndexError, AssertionError, AttributeError):
        return
    documents = read(text).documents
    if len(documents) == 1:
        assert plain(documents[0].node) == theirs


@given(st.binary(max_size=200))
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbf\xef\xbb\xbf")
@example(b"\xc2")
def test_random_bytes_are_read_or_refused(data: bytes) -> None:
    read_manifest(data, FILES, 0)


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_random_texts_are_read_or_refused(text: str) -> None:
    read_manifest(text.encode(), FILES, 0)
    read_manifest(f"object: companies\nkey: id\nrecords: {{a: {{b: {text}}}}}\n".encode(), FILES, 0)
