"""Labels of associations: the label that a manifest names, and its name from the other end.

HubSpot has a separate type for each direction of a label, and does not say which two belong together. Two
types with the same name belong together; so do types with consecutive numbers, because HubSpot creates both
at once. If both records have the same object type, these rules do not apply, because both directions have
the same list of types. Then only HubSpot's own labels for parent and child companies are known in advance.
For other labels, existing associations show which types belong together: two records have one label in each
direction.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.errors import UnplacedProblem
from reconciler.model.addresses import RecordId
from reconciler.model.associations import OwnedAssociation
from reconciler.model.desired_records import DesiredAssociation, DesiredRecord
from reconciler.model.labels import REFERENCE, Label, definition_of, inverse_reference
from reconciler.model.not_made import NotMade
from reconciler.model.object_references import Direction
from reconciler.suggestions import did_you_mean

Type: TypeAlias = tuple[str, int]
"""Category and type id of a label."""

_FAMILY = {("HUBSPOT_DEFINED", 13): ("HUBSPOT_DEFINED", 14), ("HUBSPOT_DEFINED", 14): ("HUBSPOT_DEFINED", 13)}
"""HubSpot's two labels between a parent company and a child company, each with its inverse.

Source: https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide (type ids).
"""


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of associations by direction: those that were read, and those that the manifests declare."""

    by_direction: Mapping[Direction, Sequence[Label]] = field(default_factory=dict)
    within_type: Mapping[Type, Type] = field(
        default_factory=dict
    )  # inverses of labels within one object type, found from live associations
    # By direction: the declared texts. Each text has the label that exists after the plan, or the reason why
    # the plan does not create this label.
    planned: Mapping[Direction, Sequence[tuple[str, Label | NotMade]]] = field(default_factory=dict)

    def named(self, direction: Direction, written: str) -> Label | UnplacedProblem:
        """Find the label whose type id or text is ``written``; case does not matter.

        Return a problem if no label or more than one label matches.
        """
        known = self.by_direction.get(direction, ())
        numbered = [label for label in known if str(label.type_id) == written]
        called = [(text, label) for text, label in self._called(direction) if _is_same(text, written)]
        found = {label.type: label for label in numbered or (label for _, label in called)}
        if len(found) == 1:
            return next(iter(found.values()))
        if found:
            return UnplacedProblem(f'"{written}" names more than one label', _which(found.values()))
        message = (
            f'the portal has no label "{written}" for associations of {direction.object} with '
            f"{direction.to_object}"
        )
        for text, lacking in self.planned.get(direction, ()):
            if isinstance(lacking, NotMade) and _is_same(text, written):
                return UnplacedProblem(message, lacking.advice, needs=lacking.to_add)
        texts = sorted({text for text, _ in self._called(direction)})
        advice = (
            f"the labels are {', '.join(texts)}"
            if texts
            else "there are no labels: declare the label under `association_labels:`, or write no label"
        )
        return UnplacedProblem(message, did_you_mean(written, texts) or advice)

    def _made(self, direction: Direction) -> Iterator[tuple[str, Label]]:
        """Return the declared labels that exist after the plan, each with its text."""
        for text, label in self.planned.get(direction, ()):
            if isinstance(label, Label):
                yield text, label

    def _called(self, direction: Direction) -> Sequence[tuple[str, Label]]:
        """Return all labels that exist after the plan, each with its text."""
        declared = [*self._made(direction)]
        types = {label.type for _, label in declared}
        others = [each for each in self.by_direction.get(direction, ()) if each.type not in types]
        return [*declared, *((label.text, label) for label in others)]

    def inverse(self, direction: Direction, type_: Type) -> Type | None:
        """Return the label ``type_`` in ``direction`` as seen from the other end; None if unknown."""
        if type_[0] == REFERENCE:
            made = (label for _, label in self._made(direction) if label.type == type_)
            return next((inverse_reference(label).type for label in made), None)
        if direction == direction.back:
            return _FAMILY.get(type_) or self.within_type.get(type_)
        there, back = (self.by_direction.get(each, ()) for each in (direction, direction.back))
        return _inverses(there, back).get(type_)


def _is_same(text: str, written: str) -> bool:
    return text.strip().casefold() == written.strip().casefold()


def _which(labels: Iterable[Label]) -> str:
    """Return advice for a text that several labels have; labels that the plan creates have no number yet."""
    new = sorted(definition_of(label) for label in labels if label.category == REFERENCE)
    if new:
        return f"change the label of one of these definitions: {', '.join(new)}"
    numbers = ", ".join(f"{each.type_id} ({each.category})" for each in sorted(labels))
    return f"write one of the numbers: {numbers}"


def inverses_within(
    live: Mapping[RecordId, Mapping[RecordId, Collection[Label]]],
) -> Mapping[Type, Type]:
    """Find which labels within one object type belong together, from live associations.

    Two records have equally many labels in both directions. If only one label of each direction still has no
    known inverse, these two labels are inverses of each other. A label in both directions is its own inverse.
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

    Both directions are needed if manifests of both types name labels, or if we own labels that a manifest
    of the other type named.
    """
    wanted = {
        Direction(record.document.object, association.object)
        for record, association in named
        if association.label is not None
    }
    labelled = wanted | {pair.direction for pair in owned if pair.label}
    both_ways = {each for each in labelled if each != each.back and each.back in labelled}
    return frozenset(wanted | both_ways)
