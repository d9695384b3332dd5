"""Reading an export by lines gives the same content, and the same errors, as reading it as a whole."""

import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.errors import StateError
from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.associations import Association, OwnedAssociation, RecordRef
from reconciler.model.desired_records import Prune, PruneRule
from reconciler.model.labels import Label
from reconciler.model.owned import Origin, OwnedRecord, StateVersion
from reconciler.state.export_format import Export, export_lines
from reconciler.state.export_reader import parse_export
from reconciler.state.export_stream import export_by_line
from reconciler.state.store import Store
from tests.support.journals import owned, ownership, start, writer

PORTAL = 7

texts = st.text(max_size=6) | st.sampled_from(["],", "{", "\n],", '"', "\u2028\u0085"])
names = texts.filter(bool)
values = st.dictionaries(names, st.none() | texts, max_size=3)
keys = st.builds(RecordAddress, names, names, names)
ids = names.map(RecordId)
records = st.builds(
    OwnedRecord,
    key=keys,
    record_id=ids,
    origin=st.sampled_from(Origin),
    sent=values,
    answered=values,
    is_protected=st.booleans(),
)
refs = st.builds(RecordRef, keys, ids)
pairs = st.builds(
    OwnedAssociation,
    st.builds(Association, refs, refs, st.none() | st.builds(Label, names, st.integers(), names)),
    origin=st.sampled_from(Origin),
    is_whole=st.booleans(),
)
exports = st.builds(
    lambda *said: "".join(export_lines(PORTAL, *said)),
    st.builds(StateVersion, names, st.integers(min_value=0)),
    st.lists(st.builds(PruneRule, names, names, st.sampled_from(Prune)), max_size=2),
    st.lists(records, max_size=4),
    st.lists(pairs, max_size=2),
)


def said_by(export: Export) -> tuple[Any, ...]:
    return export.portal_id, export.version, export.prune_rules, list(export.owned), list(export.pairs)


def outcome(read: Callable[[], Export | None]) -> object:
    try:
        export = read()
        return export and said_by(export)
    except StateError as error:
        return str(error)


def by_line(text: str) -> object:
    with TemporaryFile() as file:
        file.write(text.encode(errors="surrogatepass"))
        file.seek(0)
        read = outcome(lambda: export_by_line(file))
        assert read is not None or file.tell() == 0
        return read


@given(exports)
def test_our_exports_are_read_line_by_line(text: str) -> None:
    assert by_line(text) == outcome(lambda: parse_export(text)) is not None


PIECES = [
    "",
    ",",
    "\n",
    "],",
    "]",
    "{",
    "}",
    "1",
    "0",
    '"',
    "[",
    ":",
    "null",
    "{}",
    "\t",
    "\x0b",
    "\ufeff",
    "é",
]


@given(
    exports,
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 40), st.sampled_from(PIECES)), max_size=3),
)
@example("{\n", [])
@example("", [])
def test_however_it_is_edited_it_is_read_by_line_as_it_is_as_a_whole(
    text: str, edits: list[tuple[int, int, str]]
) -> None:
    for number, length, piece in edits:
        place = number % (len(text) + 1)
        text = text[:place] + piece + text[place + length :]

    assert by_line(text) in (None, outcome(lambda: parse_export(text)))


@given(exports, st.data())
def test_lines_that_are_repeated_moved_or_taken_away_change_nothing_of_that(
    text: str, data: st.DataObject
) -> None:
    lines = text.splitlines(keepends=True)
    shuffled = data.draw(st.lists(st.sampled_from(lines), max_size=len(lines) + 2) | st.permutations(lines))
    place = data.draw(st.integers(0, len(lines)))
    for edited in ("".join(shuffled), "".join(lines[:place] + lines[place + 1 :])):
        assert by_line(edited) in (None, outcome(lambda edited=edited: parse_export(edited)))  # type: ignore[misc]


def line_form(entries: str, *, serial: str = "1", version: str = "2", end: str = "\n") -> str:
    pairs_field = "" if version == "1" else '"pairs":[\n],\n'
    return (
        f'{{"lineage":"x",\n"owned":[\n{entries}\n],\n{pairs_field}"portal_id":7,\n"prune_rules":[\n],\n'
        f'"serial":{serial},\n"version":{version}}}{end}'
    )


def record(key: str, origin: str = "created") -> str:
    return (
        f'{{"answered":{{}},"by":"b","key":"{key}","object":"o","origin":"{origin}","protected":true,'
        '"record_id":"1","sent":{"name":"A"}}'
    )


@pytest.mark.parametrize(
    "text",
    [
        line_form(f"{record('a')},\n{record('b')}"),
        line_form(f"{record('b')},\n{record('a')}"),
        line_form(f"{record('a')},\n{record('b')}", version="1"),
        line_form(record("a"), version="3"),
        line_form(record("a", "found"), version="3"),
        line_form(record("a", "found")),
        line_form(f"{record('a')},\n{record('b')},\n{record('a')},\n{record('b')}"),
        line_form(record("a"), serial='"1"'),
        line_form(f"  {record('a')} , ".rstrip(", ")),
        line_form(record("a")).replace("\n", "\r\n"),
        line_form("7"),
    ],
)
def test_the_line_form_is_read_by_line_with_the_same_words(text: str) -> None:
    assert by_line(text) == outcome(lambda: parse_export(text)) is not None


@pytest.mark.parametrize(
    "text",
    [
        line_form(f"{record('a')},"),
        line_form(f"{record('a')}\n{record('b')}"),
        line_form(record("a"), end="}"),
        line_form(record("a"), end='"version":1}'),
        line_form(f"{record('a')},{record('b')}"),
        json.dumps(json.loads(line_form(record("a"))), indent=2),
        line_form(record("a"))[:-20],
        line_form(record("a")).replace('"serial"', '"portal_id"'),
    ],
)
def test_any_other_form_is_left_to_be_read_as_a_whole(text: str) -> None:
    assert by_line(text) is None


def test_a_pipe_is_left_to_be_read_as_a_whole() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb"), os.fdopen(reading, "rb") as file:
        assert export_by_line(file) is None


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)  # in git they are in memory
def test_records_stay_in_the_file_until_they_are_written(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    value = "x" * 2_000
    lines = ",\n".join(
        record(f"{number:05}").replace('"A"', f'"{value}"').replace('"1"', f'"{number}"')
        for number in range(15_000)
    )
    path.write_text(line_form(lines).replace('"portal_id":7', '"portal_id":7654321'))

    with path.open("rb") as file, writer(store) as pen:
        tracemalloc.start()
        export = export_by_line(file)
        assert export
        pen.import_state(export)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert store.count() == 15_000
    assert peak < len(lines) / 2


@pytest.mark.parametrize(
    "change",
    [lambda text: text.replace('"9001"', '"9009"'), lambda text: text[:100], lambda text: text + "7"],
    ids=["a value", "cut", "more"],
)
def test_a_file_that_changes_under_the_import_leaves_the_state_as_it_was(
    store: Store, tmp_path: Path, change: Callable[[str], str]
) -> None:
    with writer(store) as pen:
        pen.record_uncalled(
            pen.begin_run(start(0)), [], ownership([owned("acme", "9001"), owned("globex", "9002")])
        )
    before = "".join(store.export())
    path = tmp_path / "state.json"
    path.write_text(before)

    with path.open("rb") as file, writer(store) as pen:
        export = export_by_line(file)
        assert export
        path.write_text(change(before))
        os.utime(path, ns=(1, 1))
        with pytest.raises(StateError, match="was changed while it was read, and nothing was imported"):
            pen.import_state(export)

    assert "".join(store.export()) == before
