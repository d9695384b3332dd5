"""Splitting YAML text into pieces, with start, end and style of each value, for editing."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)


class PieceKind(Enum):
    """Kinds of pieces of a text."""

    DOCUMENT = "document"
    SCALAR = "scalar"
    ALIAS = "alias"
    SEQUENCE = "sequence"  # the start of a list; its items follow, then an END
    MAPPING = "mapping"  # the start of a mapping; names and values follow in turn, then an END
    END = "end"  # end of the innermost list or mapping


class YamlPiece(NamedTuple):
    """One piece of the text, with its place."""

    kind: PieceKind
    start: int  # characters from the start of the text, without a byte order mark
    end: int
    line: int  # line of the start, from 1, like the column
    column: int
    value: str = ""
    style: str = ""  # style of a scalar as written: ' " | >
    is_flow: bool = False
    anchor: str | None = None  # the anchor of the value; for an alias, the anchor it refers to


_PIECE_KINDS: Mapping[type, PieceKind] = {
    DocumentStartEvent: PieceKind.DOCUMENT,
    ScalarEvent: PieceKind.SCALAR,
    AliasEvent: PieceKind.ALIAS,
    SequenceStartEvent: PieceKind.SEQUENCE,
    MappingStartEvent: PieceKind.MAPPING,
    SequenceEndEvent: PieceKind.END,
    MappingEndEvent: PieceKind.END,
}


class PieceReader:
    """Reads a file, which must have no problems, piece by piece.

    This is slower than reading nodes, but gives the ends and the styles of values, which editing needs.
    """

    def __init__(self, data: bytes) -> None:
        self._next: Callable[[], Any] = CParser(data).get_event

    def read(self) -> YamlPiece | None:
        """Return the next piece, or None at the end of the file."""
        while (kind := _PIECE_KINDS.get(type(event := self._next()))) is None:
            if type(event) is StreamEndEvent:
                return None
        start, end = event.start_mark, event.end_mark
        piece = YamlPiece(kind, start.index, end.index, start.line + 1, start.column + 1)
        match kind:
            case PieceKind.SCALAR:
                return piece._replace(value=event.value, style=event.style or "", anchor=event.anchor)
            case PieceKind.ALIAS:
                return piece._replace(anchor=event.anchor)
            case PieceKind.SEQUENCE | PieceKind.MAPPING:
                return piece._replace(is_flow=bool(event.flow_style), anchor=event.anchor)
        return piece

    def skip(self) -> Sequence[str]:
        """Skip the next value; return the names of the anchors to which this value refers."""
        depth = 0
        referred: list[str] = []
        while True:
            kind = _PIECE_KINDS.get(type(event := self._next()))
            if kind is PieceKind.ALIAS:
                referred.append(event.anchor)
            elif kind is PieceKind.END:
                depth -= 1
            elif kind is not PieceKind.SCALAR:
                depth += 1
            if not depth:
                return referred
