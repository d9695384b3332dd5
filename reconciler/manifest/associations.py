"""Reading ``$associations`` of a record."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.errors import UnplacedProblem
from reconciler.manifest.property_names import name_fault
from reconciler.manifest.yaml.nodes import Blank, MappingNode, Node, SequenceNode
from reconciler.model.addresses import RECORD_ID
from reconciler.model.desired_records import DesiredAssociation
from reconciler.model.object_types import object_name
from reconciler.sentences import Value, sentence
from reconciler.source import Place
from reconciler.suggestions import suggest

_TO, _BY, _LABEL = "to", "by", "label"
_EXAMPLE: Final = "`companies: [acme, {to: globex, label: Billing}]`"
_is_object = re.compile("[A-Za-z0-9][A-Za-z0-9_-]*").fullmatch
_is_record_id = re.compile("[1-9][0-9]*").fullmatch


@dataclass(slots=True)
class Associations:
    """The associations of one record, and all problems with them."""

    found: list[DesiredAssociation] = field(default_factory=list)
    types: dict[str, Place] = field(default_factory=dict)  # object types, with the place that names each
    problems: list[tuple[UnplacedProblem, Place]] = field(default_factory=list)

    def read(self, node: Node, place: Place) -> None:
        """Read the value of ``$associations``, which is at ``place``."""
        if not isinstance(node, MappingNode):
            if node is not Blank.REFUSED:
                advice = f"write it as {_EXAMPLE}"
                self._report("$associations must map object types to lists", advice, place)
            return
        for index, (written, value) in enumerate(zip(node.names, node.values, strict=True)):
            self._read_type(written, node.name_place(index), value, node.places[index])
        # The sort is stable, so that associations of one type stay in the order of the manifest.
        self.found.sort(key=lambda association: association.object)

    def _read_type(self, written: str, name_place: Place, value: Node, place: Place) -> None:
        name = object_name(written)
        if not _is_object(written):
            advice = "write the object type: its name (contacts), its number (0-1) or a custom object's name"
            self._report(f'"{written}" is not an object type', advice, name_place)
        elif name in self.types:
            self._report(f"{name} are listed twice", "put them into one list", name_place)
        elif isinstance(value, SequenceNode):
            self.types[name] = name_place
            for item, item_place in zip(value.items, value.places, strict=True):
                self._read_item(name, item, item_place)
        elif value is not Blank.REFUSED:
            self._report(f'"{written}" must be a list', f"write it as {_EXAMPLE}", place)

    def _read_item(self, name: str, item: Node, place: Place) -> None:
        if isinstance(item, str):
            self._add(DesiredAssociation(name, None, item, None, place), place)
        elif isinstance(item, MappingNode):
            said = self._read_parts(item, place)
            if said is not None:
                by, label = said.get(_BY), said.get(_LABEL)
                self._add(DesiredAssociation(name, by, said[_TO], label, place), place)
        elif item is not Blank.REFUSED:
            message = "an association names another record by its key"
            self._report(message, "write a key, or `{to: KEY, label: LABEL}`", place)

    def _read_parts(self, item: MappingNode, place: Place) -> Mapping[str, str] | None:
        """Read ``to``, ``by`` and ``label``; return None if one of them is wrong."""
        said: dict[str, str] = {}
        before = len(self.problems)
        for index, (name, value) in enumerate(zip(item.names, item.values, strict=True)):
            if name not in {_TO, _BY, _LABEL}:
                self._report(
                    f'unknown key "{name}"', suggest(name, (_TO, _BY, _LABEL)), item.name_place(index)
                )
            elif isinstance(value, str):
                said[name] = value
            elif value is not Blank.REFUSED:
                self._report(f'"{name}" must be text', _ADVICE[name], item.places[index])
        self.problems += _faults(said, item)
        if _TO not in item.names:
            self._report("an association needs `to`", _ADVICE[_TO], place)
        return said if len(self.problems) == before and _TO in said else None

    def _add(self, association: DesiredAssociation, place: Place) -> None:
        parts = (association.object, association.by, association.value, association.label)
        if any((a.object, a.by, a.value, a.label) == parts for a in self.found):
            other = Value(association.value, association.object, association.by or "")
            message = sentence("{object}/{key} is listed twice", object=association.object, key=other)
            self._report(message, "keep one of the two", place)
        else:
            self.found.append(association)

    def _report(self, message: str, advice: str | None, place: Place) -> None:
        self.problems.append((UnplacedProblem(message, advice), place))


_ADVICE: Final = {
    _TO: "write the other record's key",
    _BY: f"write the name of the unique property whose value is in `to`, or {RECORD_ID}",
    _LABEL: "write the label as HubSpot shows it, or remove it",
}


def _faults(said: Mapping[str, str], item: MappingNode) -> Iterator[tuple[UnplacedProblem, Place]]:
    by = said.get(_BY)
    if by == "hs_object_id":
        problem = UnplacedProblem("hs_object_id is not a unique property", f"write `by: {RECORD_ID}`")
        yield problem, item.place_of(_BY)
    elif by is not None and (fault := name_fault(by)):
        yield fault, item.place_of(_BY)
    if by == RECORD_ID and _TO in said and not _is_record_id(said[_TO]):
        message = sentence('"{it}" is not a record id', it=Value(said[_TO]))
        yield UnplacedProblem(message, "write digits without leading zeros, such as 9001"), item.place_of(_TO)
