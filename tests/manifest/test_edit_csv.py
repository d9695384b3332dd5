"""Edits of a CSV file change the text of the edited cells, and no other byte."""

import csv
import io
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.manifest.edit.edit_csv import EditedTable, edit_csv
from reconciler.model.acceptance import Edit
from reconciler.model.addresses import RecordAddress
from reconciler.model.desired_records import ManifestValue
from reconciler.model.tables import Format, TableForm
from reconciler.source import SourceRef

PLAIN = TableForm(Format.CSV)
GERMAN = TableForm(Format.CSV, "-", ";", "cp1252", ",")


def edit(
    line: int,
    column: int,
    before: ManifestValue,
    after: ManifestValue,
    form: TableForm = PLAIN,
    key: str = "a",
) -> Edit:
    record = RecordAddress("companies", "external_id", key)
    return Edit(record, f"column_{column}", before, after, SourceRef("rows.csv", line, column), form)


def edited(folder: Path, data: bytes, *edits: Edit, form: TableForm = PLAIN) -> tuple[bytes, EditedTable]:
    path = folder / "rows.csv"
    path.write_bytes(data)
    done = edit_csv(path, form, edits)
    return b"".join(done.pieces()), done


@pytest.mark.parametrize(
    ("row", "change", "result"),
    [
        ("a,Old,x", (2, "Old", "New"), "a,New,x"),
        ('a,"Old",x', (2, "Old", "New"), 'a,"New",x'),
        ("a,Old,x", (2, "Old", "New, and"), 'a,"New, and",x'),
        ("a,Old,x", (2, "Old", 'say "hi"'), 'a,"say ""hi""",x'),
        ('a,"say ""hi""",x', (2, 'say "hi"', "no"), 'a,"no",x'),
        ("a,,x", (2, "for all", "New"), "a,New,x"),
        ('a,"",x', (2, "for all", "New"), 'a,"New",x'),
        ("a,Old,x", (3, "x", " y"), 'a,Old," y"'),
        ("a,Old,", (3, "for all", "y"), "a,Old,y"),
        ("x;y,Old,a", (1, "x;y", "z"), "z,Old,a"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_quotes_of_a_cell_stay(
    tmp_path: Path, row: str, change: tuple[int, str, str], result: str, end: str
) -> None:
    data = f"external_id,name,city{end}{row}{end}b, B ,{end}"
    found, done = edited(tmp_path, data.encode(), edit(2, *change))
    assert found.decode() == data.replace(row, result)
    assert done.problems == ()


def test_a_german_file_keeps_its_form(tmp_path: Path) -> None:
    data = 'sep=;\r\nexternal_id;name;revenue\r\na;"Müller";12,50\r\nb;;'.encode("cp1252")
    changes = (edit(3, 2, "Müller", "Köhler; Söhne", GERMAN), edit(3, 3, "12,50", None, GERMAN))
    found, done = edited(tmp_path, data, *changes, form=GERMAN)
    assert found.decode("cp1252") == ('sep=;\r\nexternal_id;name;revenue\r\na;"Köhler; Söhne";-\r\nb;;')
    assert not done.problems


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_stays(tmp_path: Path, encoding: str) -> None:
    form = TableForm(Format.CSV, encoding=encoding)
    data = "external_id,name\r\na,Ö\r\n".encode(encoding)
    found, _ = edited(tmp_path, data, edit(2, 2, "Ö", "Ü", form), form=form)
    assert found == "external_id,name\r\na,Ü\r\n".encode(encoding)


def test_new_lines_in_a_cell_move_the_places_below(tmp_path: Path) -> None:
    data = b'external_id,name\na,"1\n2"\nb,3\n'
    first, second = edit(2, 2, "1\n2", "1\n2\n3"), edit(4, 2, "3", "4", key="b")
    found, done = edited(tmp_path, data, first, second)
    assert found == b'external_id,name\na,"1\n2\n3"\nb,4\n'
    assert [done.places[each].line for each in (first, second)] == [2, 5]


@pytest.mark.parametrize(
    ("change", "form", "message"),
    [
        (edit(2, 2, "Other", "New"), PLAIN, "the file has changed since it was read"),
        (edit(2, 2, "Old", "New", key="z"), PLAIN, "the file has changed since it was read"),
        (edit(2, 9, "Old", "New"), PLAIN, "the file has changed since it was read"),
        (edit(9, 2, "Old", "New"), PLAIN, "the file has changed since it was read"),
        (edit(2, 2, "Old", "Łódź", TableForm(Format.CSV, encoding="cp1252")), None, "cp1252 has no 'Ł'"),
        (edit(2, 2, "Old", "a\0"), PLAIN, "a cell of a CSV file cannot hold the live value"),
    ],
)
def test_what_is_not_sure_is_left_alone(
    tmp_path: Path, change: Edit, form: TableForm | None, message: str
) -> None:
    data = b"external_id,name\na,Old\nb,B\n"
    found, done = edited(tmp_path, data, change, form=form or change.table or PLAIN)
    assert (found, dict(done.places)) == (data, {})
    assert [problem.message for problem in done.problems] == [message]


def test_bytes_that_would_not_stay_the_same_are_not_touched(tmp_path: Path) -> None:
    form = TableForm(Format.CSV, encoding="cp932")
    data = b"external_id,name\na,Old\nb,\xfa\x40\n"  # decoded and encoded again, this becomes \xee\xef
    found, done = edited(tmp_path, data, edit(2, 2, "Old", "New", form), form=form)
    assert not done.places
    assert "decoding and encoding the file as cp932" in done.problems[0].message
    assert found != data.replace(b"Old", b"New")


CELLS = st.text(
    st.characters(codec="cp1252", exclude_characters="\0\r", exclude_categories=["Cc"]), max_size=8
) | st.text('",;\n\t |x', max_size=6)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5),
    st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 1)), CELLS.filter(bool), max_size=4),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["cp1252", "utf-8", "utf-16"]),
    st.booleans(),
)
def test_any_edits_say_what_is_meant_and_nothing_else(
    rows: Sequence[tuple[str, str]],
    changes: Mapping[tuple[int, int], str],
    delimiter: str,
    end: str,
    encoding: str,
    quote_all: bool,
) -> None:
    form = TableForm(Format.CSV, "\\N", delimiter, encoding)
    table = [["key", "one", "two"], *([f"k{number}", *row] for number, row in enumerate(rows))]
    text = io.StringIO()
    quoting: Literal[0, 1] = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(
        text,
        delimiter=delimiter,
        lineterminator=end,
        quoting=quoting,
    )
    lines = []
    for cells in table:
        lines.append(text.getvalue().count("\n") + 1)
        writer.writerow(cells)
    edits = []
    for (number, column), new in changes.items():
        if number < len(rows):
            before = rows[number][column] or "from all"
            edits.append(edit(lines[number + 1], column + 2, before, new, form, f"k{number}"))
            table[number + 1][column + 1] = new
    with tempfile.TemporaryDirectory() as folder:
        data, done = edited(Path(folder), text.getvalue().encode(encoding), *edits, form=form)
    assert done.problems == ()
    decoded = data.decode(encoding)
    assert list(csv.reader(io.StringIO(decoded, newline=""), delimiter=delimiter, strict=True)) == table
    if not edits:
        assert data == text.getvalue().encode(encoding)
