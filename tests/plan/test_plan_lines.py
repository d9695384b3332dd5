"""A plan file is lines of JSON; one that was cut off, damaged or rearranged is refused in one sentence."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import PlanRefused, Refusal, UsageError
from reconciler.plan.file.lines import (
    ChangeLine,
    End,
    HeldLine,
    RunningDigest,
    change_line,
    json_line,
    lines_of,
    read_entries,
    read_header,
    split_lines,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
OBJECTS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    TEXTS,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)
CHANGES = st.lists(st.tuples(OBJECTS, OBJECTS), max_size=5)
HEADER = {"format_version": "2.0", "environment": "production"}


def digest_of(lines: Iterable[ChangeLine]) -> str:
    digest = RunningDigest()
    for line in lines:
        digest.add(line.does)
    return digest.with_header(HEADER)


def file_of(
    changes: Iterable[tuple[object, object]] = (({"a": 1}, {}), ({"b": 2}, {}), ({"c": 3}, {})),
    held: Iterable[object] = ({"x": 1},),
) -> bytes:
    lines, entries = [change_line(*change) for change in changes], list(held)
    end = End(len(lines), len(entries), digest_of(lines), "sha256:0")
    return b"".join(lines_of(HEADER, [each.line for each in lines], entries, end))


def read(data: bytes, size: int = 1 << 16) -> tuple[Any, list[Any]]:
    lines = split_lines(data[start : start + size] for start in range(0, len(data), size))
    return read_header(lines), list(read_entries(lines))


@given(CHANGES, st.lists(OBJECTS, max_size=3), st.integers(1, 200))
def test_a_plan_is_read_from_pieces_of_any_size(
    changes: list[tuple[Any, Any]], held: list[Any], size: int
) -> None:
    header, entries = read(file_of(changes, held), size)

    *middle, end = entries
    assert header == HEADER
    found = [entry for entry in middle if isinstance(entry, ChangeLine)]
    assert [json.loads(each.line) for each in found] == [{"do": does, "why": why} for does, why in changes]
    assert [json.loads(each.does) for each in found] == [does for does, _ in changes]
    assert [json.loads(each.held) for each in middle if isinstance(each, HeldLine)] == held
    assert isinstance(end, End)
    assert (end.changes, end.held) == (len(changes), len(held))
    assert end.digest == digest_of(found)


@given(CHANGES, st.lists(OBJECTS, max_size=3))
def test_every_line_is_one_json_object_with_sorted_keys(changes: list[Any], held: list[Any]) -> None:
    data = file_of(changes, held)

    lines = data.decode().split("\n")
    assert lines.pop() == ""
    assert len(lines) == 2 + len(changes) + len(held)
    for line in lines:
        assert list(json.loads(line)) == sorted(json.loads(line))


@given(CHANGES)
def test_equal_plans_are_equal_files(changes: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    turned = [(dict(reversed(does.items())), dict(reversed(why.items()))) for does, why in changes]

    assert file_of(changes) == file_of(turned)


@given(OBJECTS, OBJECTS, OBJECTS)
def test_the_digest_covers_what_is_done_and_not_why(does: Any, why: Any, other: Any) -> None:
    line = change_line(does, why)

    assert digest_of([line]) == digest_of([change_line(does, other)])
    assert (digest_of([line]) == digest_of([change_line(other, why)])) is (
        json_line(does) == json_line(other)
    )


def test_invisible_characters_are_escaped() -> None:
    line = json_line({"a": "müller\u202e\x7f\x01"})

    assert line.decode() == '{"a":"müller\\u202e\\u007f\\u0001"}'
    assert json.loads(line) == {"a": "müller\u202e\x7f\x01"}


FILE = file_of()
LINES = FILE.splitlines(keepends=True)


@pytest.mark.parametrize("kept", [1, 2, 4, 5])
def test_a_file_without_its_last_line_was_cut_off(kept: int) -> None:
    with pytest.raises(PlanRefused, match="was cut off: its last line, the end, is missing") as refused:
        read(b"".join(LINES[:kept]))

    assert refused.value.refusal is Refusal.ALTERED


@given(st.integers(1, len(FILE) - 2))
def test_no_file_that_was_cut_anywhere_is_read(length: int) -> None:
    with pytest.raises((PlanRefused, UsageError)):
        read(FILE[:length])


def test_the_newline_of_the_last_line_may_be_missing() -> None:
    assert read(FILE[:-1]) == read(FILE)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([*LINES[:2], *LINES[3:]], id="a change is missing"),
        pytest.param([*LINES[:2], *LINES[1:]], id="a change is repeated"),
        pytest.param([*LINES[:4], *LINES[5:]], id="what is held is missing"),
        pytest.param([*LINES, LINES[1]], id="something behind the end"),
        pytest.param([*LINES, *LINES], id="two files"),
    ],
)
def test_lines_that_are_missing_or_too_many_are_noticed(lines: list[bytes]) -> None:
    with pytest.raises(PlanRefused, match="was altered: the counts in its last line do not match its lines"):
        read(b"".join(lines))


def test_changes_in_another_order_have_another_digest() -> None:
    _, entries = read(b"".join([LINES[0], LINES[2], LINES[1], *LINES[3:]]))

    *middle, end = entries
    assert digest_of(entry for entry in middle if isinstance(entry, ChangeLine)) != end.digest


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"do":{},"why":', "line 3: it is not JSON"),
        (b"", "line 3: it is not JSON"),
        (b"[1]", "line 3: it does not have the form of a line of a plan"),
        (b'{"do":{}}', "line 3: it is not a change, a held value or the end"),
        (b'{"do":{},"why":{}}\n{"held":{}}\n{"do":{},"why":{}}', "line 5: a change comes after the held"),
        (b'{"end":{"changes":1}}', "line 3: it does not have the form of a line of a plan"),
        (b'{"end":{"changes":"1","held":0,"digest":"","content":""}}', "line 3: it does not have the form"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "line 3: "),
    ],
)
def test_a_line_that_is_none_of_a_plan_is_told_with_its_number(line: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        read(b"".join([*LINES[:2], line + b"\n", *LINES[2:]]))

    assert "it was damaged: plan again" in str(refused.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "this is no plan file: it is not JSON"),
        (b"name,phone\n", "this is no plan file: it is not JSON"),
        (b"[]\n", "this is no plan file: it does not have the form of a line of a plan"),
        (b"\xff\xfe", "this is no plan file: it is not JSON"),
        (b'{\n  "changes": [\n  ],\n  "format_version": "1.1",\n', "has the form of an older version, which"),
        (b'{\n  "changes": [\n  ],\n  "masked": true,\n', "this plan is masked: it is for reading"),
        (b'{"format_version":"2.0","masked":true}\n', "this plan is masked: it is for reading"),
        (b'{\n  "accounting": {}\n}\n', "this is no plan file: it is not JSON"),
    ],
)
def test_other_files_are_refused_in_one_sentence(data: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read(data)
