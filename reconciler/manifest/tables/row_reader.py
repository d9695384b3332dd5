"""Converting rows of a table to desired records: an empty cell gets its value from ``all:``, if there is one.

Many rows have the same cells filled, so positions of values are computed once for each such set of cells.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from reconciler.manifest.yaml.nodes import picker
from reconciler.model.desired_records import DesiredRecord, Document, ManifestValue
from reconciler.source import Place, place_of


class Shared(NamedTuple):
    """The properties under ``all:``, with their values and places."""

    names: tuple[str, ...]
    values: tuple[ManifestValue, ...]
    places: tuple[Place, ...]


class _Shape(NamedTuple):
    """Facts that are computed once for all rows in which the same cells are filled."""

    names: tuple[str, ...]  # managed properties, sorted
    # gets the filled cells of a row, followed by the values under ``all:``; returns the values of ``names``
    pick: Callable[[Sequence[Any]], tuple[Any, ...]]
    columns: tuple[int, ...]  # column numbers of the filled cells


class RowReader:
    """Reads rows of one file as records of one document."""

    def __init__(
        self, document: Document, shared: Shared, clear: str | None, file: int, columns: Mapping[str, int]
    ) -> None:
        """Create a reader for file number ``file``; ``columns`` maps properties to column numbers, from 1."""
        self._document = document
        self._shared = shared
        self._clear = clear
        self._file = file
        self._columns = columns
        self._shapes: dict[tuple[str, ...], _Shape] = {}

    def of(self, document: Document) -> "RowReader":
        """Return a reader of the same rows for another document."""
        return RowReader(document, self._shared, self._clear, self._file, self._columns)

    def record(
        self, line: int, key: str, names: tuple[str, ...], cells: tuple[ManifestValue, ...]
    ) -> DesiredRecord:
        """Build the record of one row.

        An empty cell is None in ``cells``: the row does not set this property. A cell with the text for
        clearing becomes None in the record, which clears the property in HubSpot.
        """
        if None in cells:
            names = tuple(name for name, cell in zip(names, cells, strict=True) if cell is not None)
            cells = tuple(cell for cell in cells if cell is not None)
        if self._clear is not None and self._clear in cells:
            cells = tuple(None if cell == self._clear else cell for cell in cells)
        shape = self._shapes.get(names)
        if shape is None:
            shape = self._shapes[names] = self._shape(names)
        place = place_of(self._file, line, 0)
        places = tuple(map(place.__add__, shape.columns))
        return DesiredRecord(
            key,
            shape.names,
            shape.pick(cells + self._shared.values),
            shape.pick(places + self._shared.places),
            Place(place + 1),
            self._document,
        )

    def _shape(self, own: tuple[str, ...]) -> _Shape:
        positions = {name: len(own) + index for index, name in enumerate(self._shared.names)}
        positions |= {name: index for index, name in enumerate(own)}
        names = tuple(sorted(positions))
        columns = tuple(self._columns.get(name, 1) for name in own)
        return _Shape(names, picker([positions[name] for name in names]), columns)
