"""Formatting any manifest keeps its meaning and comments; formatting again changes nothing."""

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.errors import UsageError
from reconciler.manifest.documents import read_manifest
from reconciler.manifest.edit.add_records import add_records
from reconciler.manifest.edit.edit_manifest import edit_manifest
from reconciler.manifest.layout.format_text import format_text
from reconciler.manifest.write import WrittenRecord
from reconciler.model.desired_records import ManifestValue
from tests.manifest.reading import FILES, plain, read
from tests.manifest.test_add_records import NEW
from tests.manifest.test_edit_anything import LIVE, edits_of, manifests

PIECES = st.sampled_from(
    [
        "a", "k: ", "b:\n", "- ", "-\n", "\n", "\n  ", "\n    ", " ", "\t", "\r\n", "# c\n", "  # d\n",
        "# z\n\n\n", "[", "]", "{", "}", ", ", "&x ", "*x", "|\n  t\n", "|2\n    t\n", "|+\n   t\n\n\n",
        ">-\n   t\n   u\n", "|-\n     \n   t\n", "|  # h\n\n  t", '"q\n  r"', '"e\\ \n f"', "'s'",
        "x y\n   z", "? ", ": ", "\n---\n", "null", "~", "é",
        "  k: v\n", "- k: v\n  l: w\n", "- - ", "- # d\n", "  - ", "k: &y\n  ", "k: [", "k:   {", "'a b': ",
        "? [a]\n", "|-2\n", "\t# t\n", "...\n", "%Y 1\n", "\xa0", "\u2028",
    ]
)  # fmt: skip


def laid_out(data: bytes) -> bytes:
    found = format_text(data, "a.yaml")
    assert found.problems == ()
    return found.data


@given(manifests())
def test_a_layout_says_the_same(data: bytes) -> None:
    before, after = read_manifest(data, FILES, 0), read_manifest(laid_out(data), FILES, 0)
    assert said(before) == said(after)


@given(manifests())
def test_a_layout_keeps_every_comment(data: bytes) -> None:
    assert comments(data) == comments(laid_out(data))


@given(manifests())
def test_a_layout_is_left_alone(data: bytes) -> None:
    once = laid_out(data)
    assert laid_out(once) == once


@given(manifests())
def test_a_layout_has_no_tabs_at_the_ends_of_lines_and_no_two_blank_lines_outside_of_texts(
    data: bytes,
) -> None:
    text = laid_out(data).decode()
    assert text.endswith("\n")
    assert "\r" not in text
    assert not text.startswith(("\ufeff", "\n"))
    if not re.search(r"[|>\"']", text):
        assert not re.search(r"[ \t]\n|\n\n\n", text)


@given(st.lists(PIECES, min_size=1, max_size=14).map("".join))
@example("a: |\n  t")
@example("a: |+\n  t\n\n\n")
@example("a:\n- x\n# about b\nb: [x, # c\n  ]\n")
@example("- &x\n  a: 1\n-\n  - - |2\n       t\n")
@example("? a\n# c\n: b\n")
def test_a_layout_of_any_text_is_sound_or_the_text_stays(text: str) -> None:
    if read(text).problems:
        return
    found = format_text(text.encode(), "a.yaml")
    if found.problems:
        assert found.data == text.encode()
        return
    assert [plain(document.node) for document in read(found.data).documents] == [
        plain(document.node) for document in read(text).documents
    ]
    assert format_text(found.data, "a.yaml") == found


@given(manifests(), LIVE, st.integers(0, 99))
@example(
    b"object: companies\nkey: k\nrecords:\n  acme:\n    name: x  # a\n    city: xx # b\n", "much longer", 0
)
def test_an_accepted_change_leaves_a_layout_alone(data: bytes, after: ManifestValue, pick: int) -> None:
    once = laid_out(data)
    found = edits_of(once, after, pick)
    if found is not None:
        edited = edit_manifest(once, [found[1]]).data
        assert laid_out(edited) == edited


@settings(deadline=None)
@given(manifests(), NEW)
def test_added_records_leave_a_layout_alone(data: bytes, new: dict[str, dict[str, ManifestValue]]) -> None:
    once = laid_out(data)
    try:
        added = add_records(once, "a.yaml", 0, [WrittenRecord(*item) for item in new.items()])
    except UsageError:
        return  # nothing is written, and an error is reported
    assert laid_out(added) == added


def said(manifest: object) -> str:
    """Return the contents of a manifest as text, without the places."""
    without_sources = re.sub(r"SourceRef\([^)]*\)", "", repr(manifest))
    return re.sub(r"\b[0-9]{7,}\b", "", without_sources)  # a place is a number of at least seven digits


def comments(data: bytes) -> list[str]:
    """Return the comments, without ``#`` in quoted texts or blocks."""
    return re.findall(r"# (?:why|tab|far|at|of|all|c\b)[^\n\r]*", data.decode())
