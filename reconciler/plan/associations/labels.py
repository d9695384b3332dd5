"""Labels of associations: the label that a manifest names, and its name from the other end.

HubSpot has a separate type for each direction of a label, and does not say which two belong together. Labels
with the same name at both ends belong together; so do other labels whose numbers follow each other, because
HubSpot creates both at once. Within one object type, parent and child are known. For other labels, only
existing associations tell: two records with one label in each direction.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.errors import UnplacedProblem
from reconciler.model.addresses import RecordId
from reconciler.model.associations import OwnedAssociation
from reconciler.model.desired import DesiredAssociation, DesiredRecord
from reconciler.model.labels import REFERENCE, Label, inverse_reference
from reconciler.model.not_made import NotMade
from reconciler.model.object_references import Direction
from reconciler.suggestions import did_you_mean

Type: TypeAlias = tuple[str, int]
"""Category and number of a label."""

_FAMILY = {("HUBSPOT_DEFINED", 13): ("HUBSPOT_DEFINED", 14), ("HUBSPOT_DEFINED", 14): ("HUBSPOT_DEFINED", 13)}
"""Parent and child company.
Source: https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide (type ids)."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels between two object types that had to be read, by direction."""

    by_direction: Mapping[Direction, Sequence[Label]] = field(default_factory=dict)
    within_type: Mapping[Type, Type] = field(
        default_factory=dict
    )  # within one object type, from live associations
    # those that the plan itself makes or renames, and those that it leaves out, by direction and text
    planned: Mapping[Direction, Mapping[str, Label | NotMade]] = field(default_factory=dict)

    def named(self, direction: Direction, written: str) -> Label | UnplacedProblem:
        """Find the label in ``direction`` that ``written`` names, ignoring case."""
        known = self.by_direction.get(direction, ())
        folded = written.strip().casefold()
        found = [label for label in known if str(label.type_id) == written]
        found = found or [label for label in known if label.text.strip().casefold() == folded]
        planned = {text.strip().casefold(): label for text, label in self.planned.get(direction, {}).items()}
        lacking = planned.get(folded)
        if isinstance(lacking, Label):
            return lacking
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(f"{label.type_id} ({label.category})" for label in found)
            return UnplacedProblem(
                f'"{written}" names more than one label', f"write one of the numbers: {ids}"
            )
        message = (
            f'the portal has no label "{written}" for associations of {direction.object} with '
            f"{direction.to_object}"
        )
        if lacking:
            return UnplacedProblem(message, lacking.advice, needs=lacking.to_add)
        texts = sorted({label.text for label in known})
        advice = (
            f"it has {', '.join(texts)}"
            if texts
            else "it has none: declare it under `association_labels:`, or leave it out"
        )
        return UnplacedProblem(message, did_you_mean(written, texts) or advice)

    def inverse(self, direction: Direction, type_: Type) -> Type | None:
        """Return the label ``type_`` in ``direction`` as seen from the other end; None if unknown."""
        if type_[0] == REFERENCE:
            made = (label for label in self.planned.get(direction, {}).values() if isinstance(label, Label))
            return next((inverse_reference(label).type for label in made if label.type == type_), None)
        if direction == direction.back:
            return _FAMILY.get(type_) or self.within_type.get(type_)
        there, back = (self.by_direction.get(each, ()) for each in (direction, direction.back))
        return _inverses(there, back).get(type_)


def inverses_within(
    live: Mapping[RecordId, Mapping[RecordId, Collection[Label]]],
) -> Mapping[Type, Type]:
    """Find which labels within one object type belong together, from live associations.

    Two records have equally many labels in both directions; if all but one are known, the last one follows. A
    label in both directions is its own inverse.
    """
    known: dict[Type, Type] = dict(_FAMILY)
    sides = [
        (sorted(label.type for label in labels), sorted(label.type for label in back))
        for one, others in live.items()
        for other, labels in others.items()
        if (back := live.get(other, {}).get(one)) is not None
    ]
    is_learning = True
    while is_learning:
        is_learning = False
        for ours, theirs in sides:
            left = [type_ for type_ in ours if type_ not in known]
            right = [type_ for type_ in theirs if type_ not in known]
            if len(left) == len(right) == 1:
                known |= {left[0]: right[0], right[0]: left[0]}
                is_learning = True
    return known


def _inverses(there: Iterable[Label], back: Iterable[Label]) -> Mapping[Type, Type]:
    there, back = list(there), list(back)
    names = [Counter((label.category, label.text) for label in side) for side in (there, back)]
    alike = {
        label.type: other.type
        for label in there
        for other in back
        if (label.category, label.text) == (other.category, other.text)
        and all(count[label.category, label.text] == 1 for count in names)
    }
    sides = [(label.category, label.type_id, 0) for label in there if label.type not in alike]
    sides += [(label.category, label.type_id, 1) for label in back if label.type not in alike.values()]
    followed: dict[Type, Type] = {}
    left = sorted(sides)
    while len(left) > 1:
        (category, number, side), (next_category, next_number, next_side) = left[:2]
        if category == next_category and next_number == number + 1 and side != next_side:
            ends = ((category, number), (category, next_number))
            followed[ends[side]] = ends[1 - side]
            left = left[2:]
        else:
            left = left[1:]
    return alike | followed


def directions_of_labels(
    named: Iterable[tuple[DesiredRecord, DesiredAssociation]], owned: Iterable[OwnedAssociation]
) -> frozenset[Direction]:
    """Return the directions between object types whose labels must be read.

    If both ends name labels, or we own some that the other end named, both directions are needed.
    """
    wanted = {
        Direction(record.document.object, association.object)
        for record, association in named
        if association.label is not None
    }
    labelled = wanted | {pair.direction for pair in owned if pair.label}
    both_ways = {each for each in labelled if each != each.back and each.back in labelled}
    return frozenset(wanted | both_ways)
