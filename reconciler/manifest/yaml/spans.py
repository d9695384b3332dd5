"""The positions of the parts of a manifest, for edits.

``parser.py`` reads manifests at every run and keeps only the place of each value. Edits are rare and need
more: where a value ends, how it is written, and which aliases use it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from reconciler.manifest.yaml.pieces import PieceKind, PieceReader, YamlPiece


class Position(NamedTuple):
    """A line and a column, counted from 1; positions compare in the order of the file."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class ScalarSpan:
    """A text, or an empty value. The end of a block of text includes blank lines below it."""

    start: int  # offset in characters; for a value with an anchor, the offset of the anchor
    end: int
    position: Position
    value: str
    style: str  # ' " | > as written; empty for plain text
    anchor: str | None

    @property
    def is_block(self) -> bool:
        """Whether the text is written as a block of lines."""
        return self.style in {"|", ">"}


@dataclass(frozen=True, slots=True)
class AliasSpan:
    """A value that is written elsewhere, under the anchor ``name``."""

    start: int
    end: int
    position: Position
    name: str


@dataclass(frozen=True, slots=True)
class SequenceSpan:
    """A list. A list in block style ends where the next piece of text begins."""

    start: int
    end: int
    position: Position
    items: tuple["Span", ...]
    is_flow: bool
    anchor: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A name and its value."""

    name: str
    name_span: "Span"
    value: "Span"


@dataclass(frozen=True, slots=True)
class MappingSpan:
    """Names and values, in the order of the file."""

    start: int
    end: int
    position: Position
    entries: tuple[Entry, ...]
    is_flow: bool
    anchor: str | None

    def entry(self, name: str) -> Entry | None:
        """Return the entry called ``name``; None if there is none."""
        return next((entry for entry in self.entries if entry.name == name), None)


Span: TypeAlias = ScalarSpan | AliasSpan | SequenceSpan | MappingSpan


@dataclass(frozen=True, slots=True)
class DocumentSpan:
    """One document of a file."""

    position: Position
    root: Span
    used: frozenset[str]  # the anchors that aliases of this document refer to


def read_spans(data: bytes, keys: Collection[str]) -> tuple[DocumentSpan, ...]:
    """Read the spans of a file, which must have no problems; of its records, only those with ``keys``."""
    pieces = PieceReader(data)
    documents = []
    while piece := pieces.read():
        if piece.kind is PieceKind.DOCUMENT:
            builder = _Builder(pieces, keys)
            root = builder.root()
            documents.append(DocumentSpan(_position(piece), root, frozenset(builder.used)))
    return tuple(documents)


class _Builder:
    """Builds the spans of one document."""

    def __init__(self, pieces: PieceReader, keys: Collection[str]) -> None:
        self.used: set[str] = set()
        self._pieces = pieces
        self._keys = keys
        self._texts: dict[str, str] = {}  # the text of each anchor: an alias may stand in place of a name

    def root(self) -> Span:
        """Return the span of the document itself."""
        piece = self._read()
        return (
            self._mapping(piece, self._of_document) if piece.kind is PieceKind.MAPPING else self._span(piece)
        )

    def _span(self, piece: YamlPiece) -> Span:
        """Return the span that begins with ``piece``."""
        position = _position(piece)
        match piece.kind:
            case PieceKind.ALIAS:
                name = piece.anchor or ""
                self.used.add(name)
                return AliasSpan(piece.start, piece.end, position, name)
            case PieceKind.SEQUENCE:
                items: list[Span] = []
                while (part := self._read()).kind is not PieceKind.END:
                    items.append(self._span(part))
                return SequenceSpan(
                    piece.start, part.end, position, tuple(items), piece.is_flow, piece.anchor
                )
            case PieceKind.MAPPING:
                return self._mapping(piece, self._any)
        if piece.anchor:
            self._texts[piece.anchor] = piece.value
        return ScalarSpan(piece.start, piece.end, position, piece.value, piece.style, piece.anchor)

    def _mapping(self, piece: YamlPiece, value_of: Callable[[str], Span | None]) -> MappingSpan:
        """Return the span of a mapping; ``value_of`` reads or skips each value by name."""
        entries: list[Entry] = []
        while (part := self._read()).kind is not PieceKind.END:
            name_span = self._span(part)
            name = self._name(name_span)
            value = value_of(name)
            if value is not None:
                entries.append(Entry(name, name_span, value))
        return MappingSpan(
            piece.start, part.end, _position(piece), tuple(entries), piece.is_flow, piece.anchor
        )

    def _any(self, _name: str) -> Span:
        return self._span(self._read())

    def _of_document(self, name: str) -> Span:
        piece = self._read()
        if name == "records" and piece.kind is PieceKind.MAPPING:
            return self._mapping(piece, self._record)
        return self._span(piece)

    def _record(self, key: str) -> Span | None:
        if key in self._keys:
            return self._span(self._read())
        self.used.update(self._pieces.skip())
        return None

    def _read(self) -> YamlPiece:
        """Return the next piece; the file cannot end before the document is complete."""
        piece = self._pieces.read()
        if piece is None:
            raise EOFError  # impossible in a file without problems
        return piece

    def _name(self, span: Span) -> str:
        if isinstance(span, AliasSpan):
            return self._texts.get(span.name, "")
        return span.value if isinstance(span, ScalarSpan) else ""


def _position(piece: YamlPiece) -> Position:
    return Position(piece.line, piece.column)
