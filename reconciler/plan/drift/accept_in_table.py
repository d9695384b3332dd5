"""Accepting drift of a record in a row of a table: the cell to write, and the texts that fit in a cell."""

from collections.abc import Iterable, Iterator

from reconciler.errors import UnplacedError
from reconciler.model.definitions import Kind
from reconciler.model.desired_records import DesiredRecord, ManifestValue
from reconciler.model.tables import Format, TableForm
from reconciler.plan.values.numbers import number_as_cell
from reconciler.source import Place, at_column, column_of

_NAMES = {Format.PARQUET: "Parquet", Format.JSONL: "JSON lines"}


def cell_place(record: DesiredRecord, name: str, form: TableForm) -> Place:
    """Return the place of the cell for property ``name``, in the row of ``record``.

    Raises:
        UnplacedError: the file is no CSV file, or has no column for the property.
    """
    if form.format is not Format.CSV:
        why = f"the file is {_NAMES[form.format]}, and only cells of CSV files are written"
        message = f"the table cannot be edited: {why}"
        raise UnplacedError(message, "change the value in the system that produces this file")
    column = record.document.columns.get(name)
    if column is None:
        message = "the value comes from `all:`, and the table has no column for it"
        raise UnplacedError(message, f"add a column {name} to the table, with the value in this row")
    return at_column(record.place, column_of(column))


def cell_texts(ways: Iterable[ManifestValue], kind: Kind, form: TableForm) -> list[ManifestValue]:
    """Convert ``ways``, the possible manifest values, to texts of a cell; None means the text that clears.

    Raises:
        UnplacedError: a cell cannot express the value.
    """
    written = list(dict.fromkeys(_cells(ways, kind, form)))
    if written == [None] and form.clear is None:
        message = "the property is empty in HubSpot, and no text in a cell of this table clears a property"
        advice = r"under `source:`, choose a text that clears a property, such as `clear: '\N'`"
        raise UnplacedError(message, advice)
    found = [text for text in written if text is not None or form.clear is not None]
    if not found:
        message = (
            "the value in HubSpot is the same text as `clear:`, so a cell with this text would clear "
            "the property"
        )
        advice = "choose another text for `clear:`, and replace the old text in all cells that contain it"
        raise UnplacedError(message, advice)
    return found


def _cells(ways: Iterable[ManifestValue], kind: Kind, form: TableForm) -> Iterator[ManifestValue]:
    for way in ways:
        text = ";".join(way) if isinstance(way, tuple) else way
        if text is not None and kind is Kind.NUMBER:
            text = number_as_cell(text, form)
        if text is None or text != form.clear:
            yield text or None
