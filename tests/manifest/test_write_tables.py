"""New tables are read back as the records that were written, in every format, whatever the values are."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.manifest.load import load_manifests
from reconciler.manifest.tables.write import Row, appended_pieces, table_pieces
from reconciler.model.desired_records import ManifestValue
from reconciler.model.tables import Format, TableForm
from tests.manifest.test_write import AWKWARD

COLUMNS = ("external_id", "name", "tier", "description")
TEXTS = st.sampled_from(AWKWARD) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1
)
CHOICES = st.lists(st.text("abc", min_size=1), min_size=1, max_size=3).map(tuple)
ROWS = st.lists(
    st.tuples(TEXTS, TEXTS | st.none(), CHOICES | st.none(), TEXTS | st.none()),
    min_size=1,
    max_size=5,
    unique_by=lambda row: row[0],
)


def read(folder: Path, format_: Format) -> Mapping[str, Mapping[str, ManifestValue]]:
    document = f"object: companies\nkey: external_id\nsource: {{{format_}: rows.{format_}}}\n"
    (folder / "companies.yaml").write_text(document)
    desired = load_manifests(folder, ["."], "local", ["local"])
    records = desired.groups[0].records
    return {record.key: dict(zip(record.names, record.values, strict=True)) for record in records}


def meant(rows: list[Row]) -> Mapping[str, Mapping[str, ManifestValue]]:
    return {
        str(key): {
            name: ";".join(value) if isinstance(value, tuple) else value
            for name, value in zip(COLUMNS[1:], values, strict=True)
            if value is not None
        }
        for key, *values in rows
    }


@pytest.mark.parametrize("format_", list(Format))
@settings(max_examples=12, deadline=None)
@given(rows=ROWS)
@example(rows=[(text, text, ("a", "b"), text) for text in AWKWARD])
def test_a_table_is_read_as_it_was_written(format_: Format, rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / f"rows.{format_}").write_bytes(b"".join(table_pieces(format_, COLUMNS, rows)))
        assert read(folder, format_) == meant(rows)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_rows_are_appended_with_the_line_ends_of_the_file(tmp_path: Path, ending: str) -> None:
    rows: list[Row] = [("a", "A", ("x", "y"), None), ("b", None, None, "B")]
    path = tmp_path / "rows.csv"
    text = b"".join(table_pieces(Format.CSV, COLUMNS, rows[:1])).decode().rstrip("\n")
    path.write_bytes((text.replace("\n", ending or "\n") + ending).encode())
    path.write_bytes(b"".join(appended_pieces(path, rows[1:], TableForm(Format.CSV))))
    assert read(tmp_path, Format.CSV) == meant(rows)
