"""In any manifest, an edit changes one value and only its lines; a second parser confirms this."""

import io
import re
from typing import Any, NamedTuple

from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode as TheirMapping
from ruamel.yaml.nodes import Node as TheirNode

from reconciler.manifest.edit.edit_manifest import edit_manifest
from reconciler.model.acceptance import Edit
from reconciler.model.desired_records import ManifestValue
from tests.manifest.reading import FILES, manifest, plain, read
from tests.manifest.test_yaml_agrees_with_ruamel import single_quoted, told_by_them

NAMES = ("name", "city", "country", "lines", "phone")
AWKWARD = st.sampled_from(
    [
        "null", "~", "Null", "007", "12.10", "+4930123", "no", "a: b", "a #b", "- x", "-", "-x", "#", "? x",
        ":", "[a", "{a", "a]", "a}", "a, b", "*a", "&a", "!a", "|", ">", "'", '"', "%a", "@a", "`a", "\\",
        "it's", 'say "hi"', "---", "...", "--- a", "= ", " a", "a ", "a\nb", "a\n\n b\n", "\n", "a\tb", "<<",
        "=", "x:", "http://a.b/c?d=e#f", "é", "😀", "\u2028", "\u00a0", "\u200d", "\x07", "a;b", "$a",
        "null # x", "a\r\nb",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    AWKWARD, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
)
LIVE = st.one_of(st.none(), TEXTS, st.lists(TEXTS, min_size=1, max_size=3, unique=True).map(tuple))
WORDS = st.sampled_from(["Acme", "Acme GmbH", "12.10", "007", "a-b", "é😀", "http://a.b/c"])
# For texts that are in a manifest already: written so that every parser accepts them.
QUOTED = st.one_of(
    TEXTS.map(
        lambda text: (
            '"' + "".join(c if c.isalnum() or c in " :#-" else f"\\U{ord(c):08X}" for c in text) + '"'
        )
    ),
    WORDS.map(single_quoted),
    st.just('"two\n            lines"'),
)
SPACES = st.sampled_from(["", " ", "   ", "\t", "  # why: [x]", " #", "\t# tab"])
BETWEEN = st.sampled_from(["", "", "", "\n", "\n\n", "# at the start\n", "      # far: {right\n", " \n"])


@st.composite
def blocks(draw: st.DrawFn, indent: str) -> str:
    lines = draw(st.lists(st.sampled_from(["one", "  two: #", "", "three  ", "# no comment"]), max_size=3))
    header = draw(st.sampled_from(["|", "|-", ">", ">-", "|+", ">+", "|2", "| # why"]))
    inner = indent + "  "
    return header + "".join("\n" + (inner + line if line else "") for line in ["x", *lines])


@st.composite
def lists_of_lines(draw: st.DrawFn, indent: str) -> str:
    inner = indent + draw(st.sampled_from(["", "  "])) + "- "
    items = draw(st.lists(st.one_of(WORDS, QUOTED), min_size=1, max_size=3))
    return "".join(f"\n{inner}{item}{draw(SPACES) if draw(st.booleans()) else ''}" for item in items)


FLOW_LISTS = st.lists(st.one_of(WORDS, QUOTED), min_size=1, max_size=3).flatmap(
    lambda items: st.sampled_from([", ", " ,  ", ",\n            "]).map(lambda gap: f"[{gap.join(items)}]")
)
IN_FLOW = st.one_of(WORDS, QUOTED, FLOW_LISTS, st.just("null"))


@st.composite
def block_records(draw: st.DrawFn, indent: str) -> str:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    text = draw(st.sampled_from(["", " # of it", " &A"]))
    for name in [*names, *draw(st.sampled_from([[], ["$protect"]]))]:
        text += "\n" + draw(BETWEEN) + indent + name + draw(st.sampled_from([":", " :"]))
        if name.startswith("$"):
            text += " true"
            continue
        if draw(st.integers(0, 3)) == 0:
            text += draw(st.one_of(blocks(indent).map(" {}".format), lists_of_lines(indent)))
        else:
            text += (
                " "
                + draw(
                    st.one_of(IN_FLOW, st.sampled_from(["&T Acme", "*T"]), st.just("one\n            two"))
                )
                + draw(SPACES)
            )
    return text


@st.composite
def flow_records(draw: st.DrawFn) -> str:
    names = draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True))
    comma, begin, end = draw(
        st.sampled_from([(", ", "", ""), (" ,\n      ", "\n      ", "\n    "), (", # c\n      ", " ", " ")])
    )
    body = comma.join(f"{name}: {draw(IN_FLOW)}" for name in names)
    return f" {draw(st.sampled_from(['', '&A ']))}{{{begin}{body}{end}}}{draw(SPACES)}"


@st.composite
def documents(draw: st.DrawFn, number: int) -> str:
    text = draw(BETWEEN) + f"object: companies\nkey: key_{number}{draw(SPACES)}\n"
    if draw(st.booleans()):
        text += f"all: {{country: Germany, city: {draw(IN_FLOW)}}}\n"
    elif draw(st.booleans()):
        text += f"all:\n  country: Germany{draw(SPACES)}\n  phone: '+49 30'\n"
    text += f"records:{draw(st.sampled_from(['', ' # all of them', ' &A']))}\n"
    indent = draw(st.sampled_from(["  ", "    ", " "]))
    for key in draw(
        st.lists(st.sampled_from(["acme", "'globex'", '"a: b"', "007"]), min_size=1, unique=True)
    ):
        record = st.one_of(block_records(indent * 2), flow_records())
        text += f"{draw(BETWEEN)}{indent}{key}:{draw(record)}\n"
    return text


@st.composite
def manifests(draw: st.DrawFn) -> bytes:
    """Return manifests that are read without a problem."""
    count = draw(st.integers(1, 2))
    text = "---\n".join(draw(documents(number)) for number in range(count)) + draw(BETWEEN)
    if draw(st.booleans()):
        text = text.rstrip("\n")
    text = draw(st.sampled_from(["", "\ufeff"])) + _numbered(text)
    if draw(st.booleans()):
        text = text.replace("\t", " ")
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))).encode()


def _numbered(text: str) -> str:
    """Give every anchor its own name; an alias refers to the last anchored text in the same document."""
    known = ""

    def name(found: re.Match[str]) -> str:
        nonlocal known
        if found[0] == "*T":
            return f"*{known}" if known else "Acme"
        if found[0] == "---":
            known = ""
            return "---"
        anchor = f"{found[1]}{found.start()}"
        known = anchor if found[1] == "T" else known
        return f"&{anchor}"

    return re.sub(r"&([AT])\b|\*T\b|^---", name, text, flags=re.MULTILINE)


class Place(NamedTuple):
    """A value in a file, by number of document, key and name."""

    document: int
    key: str
    name: str


def edits_of(data: bytes, after: ManifestValue, pick: Any) -> tuple[Place, Edit] | None:
    """Return the place of any property of any record, and an edit of its value to ``after``."""
    found = manifest(data)
    if found.problems:
        return None
    records = [
        (number, record) for number, document in enumerate(found.documents) for record in document.records
    ]
    places = [
        (Place(number, record.key, name), Edit(record.address, name, value, after, FILES.ref(place)))
        for number, record in records
        for name, value, place in zip(record.names, record.values, record.places, strict=True)
    ]
    return places[pick % len(places)] if places else None


def ours(data: bytes) -> list[Any]:
    reading = read(data)
    assert reading.problems == ()
    return [plain(document.node) for document in reading.documents]


def theirs(data: bytes) -> list[TheirNode] | None:
    """Parse with the second parser; None if it refuses valid YAML, such as tabs at ends of lines."""
    text = data.decode().removeprefix("\ufeff")
    try:
        return list(YAML(typ="safe", pure=True).compose_all(io.StringIO(text)))
    except YAMLError:
        return None


def told_by(nodes: list[TheirNode]) -> list[Any]:
    return [told_by_them(node) for node in nodes]


def changed(said: list[Any], place: Place, after: ManifestValue) -> list[Any]:
    said[place.document]["records"][place.key][place.name] = (
        list(after) if isinstance(after, tuple) else after
    )
    return said


def lines_of(documents: list[TheirNode], place: Place) -> range | None:
    """Return the line numbers, counted from 0, of the value at ``place`` in ``documents``.

    None if its record does not contain the value, for example because it is in ``all``.
    """
    lines, node = None, documents[place.document]
    for name in ("records", place.key, place.name):
        assert isinstance(node, TheirMapping)
        pair = next((pair for pair in node.value if pair[0].value == name), None)
        if pair is None:
            return None
        lines = range(pair[0].start_mark.line, pair[1].end_mark.line + 1)
        node = pair[1]
    return lines


@given(manifests(), LIVE, st.integers(0, 99))
@example(b"object: companies\nkey: k\nrecords:\n  acme:\n    name: |\n      x", "x\ny", 0)
@example(b"object: companies\nkey: k\nall: {city: x}\nrecords:\n  acme:\n    name: |+\n      x\n\n", "y", 0)
def test_one_value_changes_and_nothing_else(data: bytes, after: ManifestValue, pick: int) -> None:
    found = edits_of(data, after, pick)
    if found is None:
        return
    place, edit = found
    done = edit_manifest(data, [edit])
    if done.problems:
        assert done.data == data
        assert done.places == {}
        assert all(problem.advice and problem.source for problem in done.problems)
        return
    assert ours(done.data) == changed(ours(data), place, after)
    before = theirs(data)
    if before is None:
        return
    now = theirs(done.data)
    assert now is not None
    assert told_by(now) == changed(told_by(before), place, after)
    _touches_only(data, done.data, lines_of(before, place))


def _touches_only(before: bytes, after: bytes, lines: range | None) -> None:
    """Check that only ``lines`` changed; None: that one line was inserted."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    above = next(
        (n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )
    below = next(
        (n for n, (a, b) in enumerate(zip(old[above:][::-1], new[above:][::-1], strict=False)) if a != b),
        min(len(old), len(new)) - above,
    )
    removed = range(above, len(old) - below)
    if lines is not None:
        assert set(removed) <= set(lines)
    else:
        assert len(removed) <= 1  # a line in braces, or a last line without line break, is replaced
