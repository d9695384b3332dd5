"""Reading the records of one document, merging them with ``all:``, and reporting their problems.

Many records of a document name the same properties. So the names of properties are checked only once for all
records that name the same ones.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from reconciler.errors import Problem
from reconciler.manifest.associations import Associations
from reconciler.manifest.property_names import _is_property_name, name_fault
from reconciler.manifest.tables.row_reader import Shared
from reconciler.manifest.yaml.nodes import Blank, MappingNode, Node, SequenceNode, picker
from reconciler.model.addresses import RECORD_ID, RecordAddress
from reconciler.model.desired_records import (
    NO_DIRECTIVES,
    DesiredRecord,
    Document,
    ManifestValue,
    RecordDirectives,
)
from reconciler.sentences import Sentence, Value, sentence
from reconciler.source import Place, SourceFiles
from reconciler.suggestions import suggest

_UNMANAGED: Final = "$unmanaged"
_ASSOCIATIONS: Final = "$associations"
_ABSENT: Final = "$absent"
_PROTECT: Final = "$protect"
_RENAMED_FROM: Final = "$renamed_from"
_TRUE: Final = "true"
_SPECIAL: Final = {
    _ABSENT: re.compile("true"),
    _PROTECT: re.compile("true|false"),
    _RENAMED_FROM: re.compile(".+", re.DOTALL),
}
_SPECIAL_ADVICE: Final = {
    _ABSENT: "write `$absent: true`, or remove the line",
    _PROTECT: "write `$protect: true` or `$protect: false`",
    _RENAMED_FROM: "write the key that the record had before",
}
_REMOVE_KEY: Final = "remove the line, or write the same key in both places"
_CLEAR: Final = "write null to clear it in HubSpot, or remove the line to leave it alone"
_BLANK: Final = {Blank.EMPTY: "has no value", Blank.QUOTED: "is an empty text"}
_is_record_id = re.compile("[1-9][0-9]*").fullmatch


class _Shape(NamedTuple):
    """Facts that are computed once for all records that name the same properties."""

    names: tuple[str, ...]  # managed properties, sorted
    # Function that takes the values of a record, followed by the values under ``all:``, and returns the
    # values of ``names``. It is None if the record's values are exactly those of ``names``, in order.
    pick: Callable[[Sequence[Any]], tuple[Any, ...]] | None
    special: tuple[int, ...]  # positions of a record's lines that set no managed property: ``$absent``


class RecordReader:
    """Reads the records of one document.

    Attributes:
        problems: all problems with the records.
        unmanaged: key -> properties in ``$unmanaged``, with their places.
        associations: key -> ``$associations``.
    """

    def __init__(self, document: Document, shared: MappingNode, files: SourceFiles) -> None:
        """Create a reader for the records of ``document``; ``shared`` is its ``all:``."""
        self.problems: list[Problem] = []
        self.unmanaged: dict[str, Mapping[str, Place]] = {}
        self.associations: dict[str, Associations] = {}
        self._document = document
        self._files = files
        self._shapes: dict[tuple[str, ...], _Shape] = {}
        self._shared_names = shared.names
        self._shared_places = shared.places
        self._shared_values = self._written(None, shared.names, shared.values, shared.places)
        for index, name in enumerate(shared.names):
            if not self._is_managed(name):
                self._report_shared_name(name, shared.name_place(index))

    @property
    def filled(self) -> Shared:
        """The values from ``all:`` that are added to records."""
        managed = [index for index, name in enumerate(self._shared_names) if self._is_managed(name)]
        pick = picker(managed)
        return Shared(pick(self._shared_names), pick(self._shared_values), pick(self._shared_places))

    def read(self, records: MappingNode) -> tuple[DesiredRecord, ...]:
        """Return the records in the order of ``records``; leave out entries that are not mappings."""
        found = []
        for index, (key, node) in enumerate(zip(records.names, records.values, strict=True)):
            self._check_key(key, records.name_place(index))
            if type(node) is MappingNode:
                found.append(self._record(key, node, records.name_place(index)))
            elif node is not Blank.REFUSED:
                self._report_no_mapping(key, node, records.places[index])
        return tuple(found)

    def _record(self, key: str, node: MappingNode, place: Place) -> DesiredRecord:
        shape = self._shapes.get(node.names)
        if shape is None:
            shape = self._shapes[node.names] = self._shape(node.names, ())
        special = NO_DIRECTIVES
        if shape.special:
            unmanaged, special = self._read_special(key, node, shape.special)
            if unmanaged:
                shape = self._shape(node.names, unmanaged)
        values: tuple[Any, ...] = node.values
        places = node.places
        if shape.pick:
            values = shape.pick(values + self._shared_values)
            places = shape.pick(places + self._shared_places)
        for value in values:
            if type(value) is not str and value is not None:
                values = self._written(key, shape.names, values, places)
                break
        associations = self.associations[key].found if key in self.associations else ()
        return DesiredRecord(
            key, shape.names, values, places, place, self._document, special, tuple(associations)
        )

    def _shape(self, own: tuple[str, ...], unmanaged: Collection[str]) -> _Shape:
        """Compute the managed properties of records that have the properties ``own``.

        Properties from ``all:`` are added, except ``unmanaged`` ones.
        """
        positions = {
            name: len(own) + index
            for index, name in enumerate(self._shared_names)
            if self._is_managed(name) and name not in unmanaged
        }
        positions |= {name: index for index, name in enumerate(own) if self._is_managed(name)}
        special = tuple(index for index, name in enumerate(own) if not self._is_managed(name))
        names = tuple(sorted(positions))
        if names == own:
            return _Shape(own, None, ())
        return _Shape(names, picker([positions[name] for name in names]), special)

    def _is_managed(self, name: str) -> bool:
        return name != self._document.key and _is_property_name(name) is not None

    def _read_special(
        self, key: str, node: MappingNode, special: tuple[int, ...]
    ) -> tuple[Collection[str], RecordDirectives]:
        """Read the ``$`` keys and other names that are not managed properties."""
        unmanaged: Collection[str] = ()
        said: dict[str, str] = {}
        for index in special:
            name, value, place = node.names[index], node.values[index], node.places[index]
            if name == _UNMANAGED:
                unmanaged = self._read_unmanaged(key, node, value, place)
            elif name == _ASSOCIATIONS:
                self._read_associations(key, value, place)
            elif name in _SPECIAL:
                if isinstance(value, str) and _SPECIAL[name].fullmatch(value):
                    said[name] = value
                else:
                    self._report(f'"{name}" cannot have this value', _SPECIAL_ADVICE[name], place, key)
            elif name.startswith("$"):
                known = (_UNMANAGED, _ASSOCIATIONS, *_SPECIAL)
                self._report(f'unknown key "{name}"', suggest(name, known), node.name_place(index), key)
            elif fault := name_fault(name):
                self._report(fault.message, fault.advice, node.name_place(index), key)
            elif value != key:
                self._report(self._two_keys(name, value, key), _REMOVE_KEY, place, key)
        return unmanaged, self._special(key, node, said)

    def _special(self, key: str, node: MappingNode, said: Mapping[str, str]) -> RecordDirectives:
        """Build the directives of record ``key`` from ``said``, the values of its ``$`` keys by name."""
        is_absent = said.get(_ABSENT) == _TRUE
        if is_absent and len(node.names) > 1:
            advice = "a record that must not exist can have no other lines"
            self._report(
                f"`{_ABSENT}: true` cannot be combined with other lines",
                advice,
                node.place_of(_ABSENT),
                key,
            )
        if _RENAMED_FROM in said and self._document.key == RECORD_ID:
            advice = "HubSpot's own ids never change: remove the line"
            self._report(f"{_RENAMED_FROM} needs a key", advice, node.place_of(_RENAMED_FROM), key)
        if said.get(_RENAMED_FROM) == key:
            advice = "write the key that the record had before, or remove the line"
            self._report(f"{_RENAMED_FROM} is the present key", advice, node.place_of(_RENAMED_FROM), key)
        protect = said[_PROTECT] == _TRUE if _PROTECT in said else None
        return RecordDirectives(is_absent, protect, said.get(_RENAMED_FROM))

    def _read_associations(self, key: str, value: Node, place: Place) -> None:
        associations = self.associations[key] = Associations()
        associations.read(value, place)
        for problem, where in associations.problems:
            self._report(problem.message, problem.advice, where, key)

    def _read_unmanaged(self, key: str, node: MappingNode, value: Node, place: Place) -> Collection[str]:
        if not isinstance(value, SequenceNode):
            self._report(
                f"{_UNMANAGED} must be a list of properties", "write it as [country, city]", place, key
            )
            return ()
        names: dict[str, Place] = {}
        for item, item_place in zip(value.items, value.places, strict=True):
            if not isinstance(item, str) or not _is_property_name(item):
                self._report(f"{_UNMANAGED} can name properties only", "remove this", item_place, key)
            elif item in node.names:
                message = f'the record sets "{item}", and also lists it under `$unmanaged`'
                self._report(message, "remove one of the two", item_place, key)
            else:
                names[item] = item_place
        self.unmanaged[key] = names
        return names

    def _written(
        self, key: str | None, names: Sequence[str], values: Sequence[Any], places: Sequence[Place]
    ) -> tuple[ManifestValue, ...]:
        """Convert nodes to manifest values; report impossible values, which become None."""
        return tuple(
            value
            if value is None or type(value) is str or type(value) is tuple
            else self._read_value(value, place, name, key)
            for name, value, place in zip(names, values, places, strict=True)
        )

    def _read_value(self, value: Node, place: Place, name: str, key: str | None) -> ManifestValue:
        if value is Blank.REFUSED or name.startswith("$"):  # reported already
            return None
        if isinstance(value, Blank):
            fault = _BLANK.get(value, f"is set to {value.value}, but only null clears a value")
            quoted = "" if value in _BLANK else f', or "{value.value}" in quotes if this text is meant'
            self._report(f'"{name}" {fault}', _CLEAR + quoted, place, key, name)
        if isinstance(value, MappingNode):
            advice = "if this is a text that begins with {, put it in quotes"
            self._report(
                f'"{name}" is a mapping; only texts, null and lists are allowed', advice, place, key, name
            )
        if isinstance(value, SequenceNode):
            return self._read_choices(value, place, name, key)
        return None

    def _read_choices(self, node: SequenceNode, place: Place, name: str, key: str | None) -> ManifestValue:
        if not node.items:
            self._report(f'"{name}" is an empty list', _CLEAR, place, key, name)
        for item, item_place in zip(node.items, node.places, strict=True):
            if not isinstance(item, str) and item is not Blank.REFUSED:
                message = f'an item in the list of "{name}" must be text'
                self._report(message, "write the option's value, or remove it", item_place, key, name)
        return tuple(item for item in node.items if isinstance(item, str))

    def _check_key(self, key: str, place: Place) -> None:
        if not key:
            self._report("a record needs a key", f"write its {self._document.key}", place, None)
        elif self._document.key == RECORD_ID and not _is_record_id(key):
            message = sentence('"{key}" is not a record id', key=Value(key, self._document.object or "", ""))
            self._report(message, "write digits without leading zeros, such as 9001", place, None)

    def _report_no_mapping(self, key: str, node: Node, place: Place) -> None:
        advice = f"write `{key}: {{}}` for a record that sets no properties, or remove the line"
        if node is None or isinstance(node, Blank):
            message = sentence('the record "{key}" is empty', key=self._value_of_key(key))
            self._report(message, advice, place, key)
        else:
            advice = "write `property: value` lines below it"
            message = sentence(
                'the record "{key}" must be a mapping of properties', key=self._value_of_key(key)
            )
            self._report(message, advice, place, key)

    def _two_keys(self, name: str, value: Node, key: str) -> Sentence:
        said = (
            sentence('says "{it}"', it=self._value_of_key(value))
            if isinstance(value, str)
            else "is not a text"
        )
        called = self._value_of_key(key)
        return sentence('"{name}" {said}, but the record is called "{key}"', name=name, said=said, key=called)

    def _value_of_key(self, text: str) -> Value:
        return Value(text, self._document.object, self._document.key)

    def _report_shared_name(self, name: str, place: Place) -> None:
        if name == self._document.key:
            self._report(f'`all` cannot set the key "{name}"', "remove the line", place, None)
        elif name.startswith("$"):
            self._report(f'"{name}" is not allowed under `all`', "remove the line", place, None)
        elif fault := name_fault(name):
            self._report(fault.message, fault.advice, place, None)

    def _report(
        self, message: str, advice: str | None, place: Place, key: str | None, name: str | None = None
    ) -> None:
        address = None
        if key and self._document.object:
            whole = RecordAddress(self._document.object, self._document.key, key)
            address = whole.property_address(name) if name else whole.text
        self.problems.append(Problem(message, advice, self._files.ref(place), address))
