"""Parsing YAML text to nodes: every value keeps its text and its place.

This module does not use PyYAML's loaders: they would turn 12.10 into 12.1 and
+15551234567 into a number before the definition of the property is known. The events of PyYAML's C parser
keep the text; building nodes from the events takes half as long as reading the events.

YAML allows some things that are refused here: tags, merge keys, keys that are not text, duplicate keys,
aliases that contain themselves or expand too far, and deep nesting.
"""

import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from yaml._yaml import CParser
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from reconciler.errors import Problem
from reconciler.manifest.yaml.anchors import MAX_DEPTH, Anchors, BadAlias
from reconciler.manifest.yaml.character_check import BYTE_ORDER_MARK, unfit_characters, without_unfit
from reconciler.manifest.yaml.error_recovery import Salvage
from reconciler.manifest.yaml.nodes import Blank, DocumentNode, MappingNode, Node, SequenceNode, picker
from reconciler.manifest.yaml.parser_errors import NESTING, NO_TAGS, TAB, complaint
from reconciler.source import Place, SourceFiles, SourceRef, place_of

_BLANKS: dict[str, Node] = {
    "null": None,
    **{blank.value: blank for blank in (Blank.EMPTY, Blank.TILDE, Blank.NULL_TITLE, Blank.NULL_UPPER)},
}
_MERGE = "<<"
_OF_DOCUMENT = 2  # the depth of a document's values
_NO_MERGE = "merge keys (<<) are not supported"
_USE_ALL = "put shared values under `all:`, or repeat them"
# A place is a number: one more column adds 1 to it, one more line adds ``_LINE_STEP``.
# So a column above ``_LINE_STEP`` has no place.
_LINE_STEP = place_of(0, 2, 1) - place_of(0, 1, 1)
_MAX_LINE = (place_of(1, 1, 1) - place_of(0, 1, 1)) // _LINE_STEP - 1


_MOST_FAULTS = 50
"""Reading a file stops after this number of reported errors."""


class _Abandoned(Exception):
    """Raised to stop reading a file, because continuing is not safe."""


class _Mark(NamedTuple):
    line: int  # from 0, as libyaml counts
    column: int


class _Shape(NamedTuple):
    """Facts about all mappings that write the same names in the same order."""

    names: tuple[str, ...]  # sorted
    sort: Callable[[Sequence[Any]], tuple[Any, ...]]  # puts the values of a mapping in the order of ``names``


@dataclass(frozen=True, slots=True)
class Reading:
    """The documents of one file, as far as they can be read, and all problems with its text."""

    documents: tuple[DocumentNode, ...]
    problems: tuple[Problem, ...]


def read_nodes(
    data: bytes,
    files: SourceFiles,
    number: int,
    *,
    name_depth: int = MAX_DEPTH,
    whole: Collection[str] = (),
) -> Reading:
    """Read the documents of one file.

    Args:
        data: its content.
        files: gives the file its name.
        number: its number in ``files``.
        name_depth: mappings below this depth do not keep the places of their names, which saves a tenth of
            the time. The document itself has depth 1.
        whole: names of top-level values; mappings in these keep the places of their names at every depth.
    """
    file = files.names[number]
    faults = list(unfit_characters(data, file))
    if faults:
        data = without_unfit(data)
    left: Salvage | None = None
    while True:
        builder = _Builder(left.text if left else data, file, number, name_depth, whole)
        documents: list[DocumentNode] = []
        try:
            builder.read_into(documents)
        except MarkedYAMLError as error:
            fault = _syntax_problem(error, left.text if left else data, file)
            left = left or Salvage(data.split(b"\n"))
            if left.leave_out(fault.source.line - 1 if fault.source else 0):
                faults.append(fault)
            if left.text.strip() and len(faults) < _MOST_FAULTS:
                continue
        except _Abandoned:
            pass
        if left is None:
            return Reading(tuple(documents), (*builder.problems, *faults))
        sound = (document for document in documents if left.is_sound(files.ref(document.place).line - 1))
        return Reading(tuple(sound), (*builder.problems, *faults))


class _Builder:
    """Builds nodes from the events of one file."""

    def __init__(self, data: bytes, file: str, number: int, name_depth: int, whole: Collection[str]) -> None:
        next_event = CParser(data).get_event
        self._next: Callable[[], Any] = _within_reach(next_event) if _has_far_places(data) else next_event
        self._file = file
        self._origin = place_of(number, 1, 1)
        self._name_depth = name_depth
        self._whole = frozenset(whole)
        # whether the parser is inside the value of a name in ``whole``; there, `<<` is an ordinary name
        self._is_whole = False
        self._shapes: dict[tuple[str, ...], _Shape] = {}
        self._anchors = Anchors()
        self.problems: list[Problem] = []

    def read_into(self, documents: list[DocumentNode]) -> None:
        """Append each document to ``documents``, which keeps the finished ones if an error is raised."""
        while type(event := self._next()) is not StreamEndEvent:
            if type(event) is DocumentStartEvent:
                self._anchors.clear()
                event = self._next()
                documents.append(DocumentNode(self._node(event, 1), self._place(event.start_mark)))

    def _node(self, event: Any, depth: int) -> Node:
        if type(event) is AliasEvent:
            return self._alias(event, depth)
        if event.tag:
            self.problems.append(NO_TAGS.at(self._source(event.start_mark)))
        if event.anchor:
            self._anchors.begin(event.anchor)
        node: Node
        if type(event) is ScalarEvent:
            node = self._quoted(event) if event.style else _BLANKS.get(event.value, event.value)
        elif depth > MAX_DEPTH:
            self.problems.append(NESTING.at(self._source(event.start_mark)))
            raise _Abandoned
        elif type(event) is SequenceStartEvent:
            node = self._sequence(depth)
        else:
            node = self._mapping(depth)
        if event.anchor:
            self._anchors.end(event.anchor, node)
        return node

    def _mapping(self, depth: int) -> MappingNode:
        # Nearly all of the time is spent here, so names and texts without anchor or tag are read inline.
        next_event, origin, keeps_names = self._next, self._origin, depth <= self._name_depth
        names: list[str] = []
        values: list[Node] = []
        places: list[int] = []
        name_places: list[int] = []
        name: str | None
        value: Node
        while True:
            event = next_event()
            if type(event) is ScalarEvent and not event.anchor and not event.tag:
                name = event.value
            elif type(event) is MappingEndEvent:
                break
            else:
                name = self._name(event, depth)
            name_mark = event.start_mark
            event = next_event()
            if type(event) is ScalarEvent and not event.anchor and not event.tag:
                value = event.value
                if event.style:
                    value = self._quoted(event)
                elif value in _BLANKS:
                    value = _BLANKS[value]
            else:
                value = self._value(name, event, depth + 1)
            if name is None:
                continue
            names.append(name)
            values.append(value)
            mark = event.start_mark
            places.append(origin + mark.line * _LINE_STEP + mark.column)
            if keeps_names:
                name_places.append(origin + name_mark.line * _LINE_STEP + name_mark.column)
        written = tuple(names)
        sorted_names, sort = self._shapes.get(written) or self._shape(written, name_places or places)
        return MappingNode(sorted_names, sort(values), sort(places), sort(name_places) if keeps_names else ())

    def _value(self, name: str | None, event: Any, depth: int) -> Node:
        """Return the node of a value that has an anchor or tag, is an alias, or is not a text."""
        if depth == _OF_DOCUMENT and name in self._whole:
            return self._whole_node(event, depth)
        if name == _MERGE and self._is_whole and type(event) is AliasEvent:
            self._report(event.start_mark, _NO_MERGE, _USE_ALL)
            return Blank.REFUSED
        return self._node(event, depth)

    def _whole_node(self, event: Any, depth: int) -> Node:
        """Return a node whose mappings keep the places of their names at every depth."""
        usual, self._name_depth = self._name_depth, MAX_DEPTH
        self._is_whole = True
        node = self._node(event, depth)
        self._name_depth, self._is_whole = usual, False
        return node

    def _name(self, event: Any, depth: int) -> str | None:
        """Return the text of a key that has an anchor or a tag, or that is the alias of a text.

        Any other key, such as a list, is an error: report it, and return None.
        """
        node = self._node(event, depth + 1)
        if type(event) is ScalarEvent:
            return str(event.value)
        if isinstance(node, str):
            return node
        if node is not Blank.REFUSED:
            self._report(
                event.start_mark, "a name must be a text, not a list or mapping", "put the text in quotes"
            )
        return None

    def _shape(self, written: tuple[str, ...], places: Sequence[int]) -> _Shape:
        """Sort the names of a mapping. Report invalid names, and leave them out.

        If all names are valid, keep the result for other mappings that write the same names.
        """
        first: dict[str, int] = {}
        for index, name in enumerate(written):
            if not name or name in first or (name == _MERGE and not self._is_whole) or "\0" in name:
                self._report_name(name, places, index, first.get(name))
            else:
                first[name] = index
        names = tuple(map(sys.intern, sorted(first)))
        indexes = tuple(first[name] for name in names)
        shape = _Shape(names, tuple if indexes == tuple(range(len(written))) else picker(indexes))
        if len(names) == len(written) and _MERGE not in first:
            self._shapes[written] = shape
        return shape

    def _report_name(self, name: str, places: Sequence[int], index: int, first: int | None) -> None:
        if name == _MERGE and not self._is_whole:
            message, advice = _NO_MERGE, _USE_ALL
        elif not name:  # also `&x: 1`, which parsers read in different ways
            message, advice = "a name cannot be empty", "write the name before the colon"
        elif first is None:
            message, advice = "a name cannot contain NUL", "remove the \\0"
        else:
            earlier = self._ref(places[first])
            message = f'"{name}" is declared twice'
            advice = f"the first one is in line {earlier.line}, column {earlier.column}: keep one of them"
        self.problems.append(Problem(message, advice, self._ref(places[index])))

    def _sequence(self, depth: int) -> SequenceNode:
        items: list[Node] = []
        places: list[Place] = []
        while type(event := self._next()) is not SequenceEndEvent:
            items.append(self._node(event, depth + 1))
            places.append(self._place(event.start_mark))
        return SequenceNode(tuple(items), tuple(places))

    def _quoted(self, event: ScalarEvent) -> Node:
        if "\0" in event.value:
            self._report(event.start_mark, "a text cannot contain NUL", "remove the \\0")
        return event.value or Blank.QUOTED

    def _alias(self, event: AliasEvent, depth: int) -> Node:
        try:
            return self._anchors.resolve(event.anchor or "", depth)
        except BadAlias as bad:
            self.problems.append(bad.at(self._source(event.start_mark)))
            if bad.is_fatal:
                raise _Abandoned from bad
            return Blank.REFUSED

    def _report(self, mark: Any, message: str, advice: str) -> None:
        self.problems.append(Problem(message, advice, self._source(mark)))

    def _source(self, mark: Any) -> SourceRef:
        return SourceRef(self._file, mark.line + 1, mark.column + 1)

    def _place(self, mark: Any) -> Place:
        return Place(self._origin + mark.line * _LINE_STEP + mark.column)

    def _ref(self, place: int) -> SourceRef:
        line, column = divmod(place - self._origin, _LINE_STEP)
        return SourceRef(self._file, line + 1, column + 1)


def _has_far_places(data: bytes) -> bool:
    """Return whether the text may have a line number or column number that is too large for a ``Place``."""
    start = 0
    while len(data) - start >= _LINE_STEP:
        line_break = data.rfind(b"\n", start, start + _LINE_STEP - 1)
        if line_break < 0:
            return True
        start = line_break + 1
    return data.count(b"\n") + data.count(b"\r") >= _MAX_LINE


def _within_reach(next_event: Callable[[], Any]) -> Callable[[], Any]:
    """Wrap ``next_event``, limiting lines and columns to the largest that a place can store."""

    def next_within_reach() -> Any:
        event = next_event()
        mark = event.start_mark
        event.start_mark = _Mark(min(mark.line, _MAX_LINE - 1), min(mark.column, _LINE_STEP - 2))
        return event

    return next_within_reach


def _syntax_problem(error: MarkedYAMLError, data: bytes, file: str) -> Problem:
    """Report libyaml's error at the place where the author should look."""
    mark: Any = error.problem_mark  # libyaml always gives it
    context = error.context or ""
    lines = data.decode().removeprefix(BYTE_ORDER_MARK).splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    indentation = line[: len(line) - len(line.lstrip(" \t"))]
    # A tab at the beginning of a line is allowed in flow style and inside quotes. Elsewhere it is the likely
    # cause of libyaml's error.
    if "\t" in indentation and "flow" not in context and "quoted" not in context:
        return TAB.at(SourceRef(file, mark.line + 1, indentation.index("\t") + 1))
    found = complaint(error.problem or "", context, is_at_end=mark.line >= len(lines))
    place = error.context_mark if found.at_start and error.context_mark else mark
    return found.at(SourceRef(file, place.line + 1, place.column + 1))
