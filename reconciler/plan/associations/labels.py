"""Labels of associations: the one that a manifest means, and what it is called from the other end.

HubSpot gives a label a type for each direction and does not say which two belong together. What two
object types call alike belongs together; of the others those whose numbers follow each other, since
HubSpot makes both at once. Between records of one type only the associations themselves tell, where two
records bear one label each way, but for parent and child.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.model.addresses import RecordId
from reconciler.model.associations import OwnedPair
from reconciler.model.desired import DesiredAssociation, DesiredRecord
from reconciler.model.labels import Label
from reconciler.plan.associations.endpoints import UnplacedProblem
from reconciler.suggestions import did_you_mean

Type: TypeAlias = tuple[str, int]
"""Category and number of a label."""

_FAMILY = {("HUBSPOT_DEFINED", 13): ("HUBSPOT_DEFINED", 14), ("HUBSPOT_DEFINED", 14): ("HUBSPOT_DEFINED", 13)}
"""Parent and child company.
Source: https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide (type ids)."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels between two object types, by direction; only those that had to be read."""

    by_direction: Mapping[tuple[str, str], Sequence[Label]] = field(default_factory=dict)
    within_type: Mapping[Type, Type] = field(
        default_factory=dict
    )  # between records of one type, as live shows

    def named(self, one: str, other: str, written: str) -> Label | UnplacedProblem:
        """The label of ``one`` with ``other`` that ``written`` names, in whatever case."""
        known = self.by_direction.get((one, other), ())
        folded = written.strip().casefold()
        found = [label for label in known if str(label.type_id) == written]
        found = found or [label for label in known if label.text.strip().casefold() == folded]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(f"{label.type_id} ({label.category})" for label in found)
            return UnplacedProblem(
                f'"{written}" names more than one label', f"write one of the numbers: {ids}"
            )
        texts = sorted({label.text for label in known})
        told = f"it has {', '.join(texts)}" if texts else "it has none: make one in HubSpot, or leave it out"
        return UnplacedProblem(
            f'the portal has no label "{written}" for associations of {one} with {other}',
            did_you_mean(written, texts) or told,
        )

    def inverse(self, one: str, other: str, type_: Type) -> Type | None:
        """What the label ``type_`` of ``one`` with ``other`` is from the other end; None: not known."""
        if one == other:
            return _FAMILY.get(type_) or self.within_type.get(type_)
        there, back = self.by_direction.get((one, other), ()), self.by_direction.get((other, one), ())
        return _inverses(there, back).get(type_)


def inverses_within(
    live: Mapping[RecordId, Mapping[RecordId, Collection[Label]]],
) -> Mapping[Type, Type]:
    """Which labels of one object type belong together, as far as associations show it.

    Two records bear as many labels one way as the other; once all but one are known, so is the last. A
    label that both bear both ways belongs to itself.
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
    named: Iterable[tuple[DesiredRecord, DesiredAssociation]], owned: Iterable[OwnedPair]
) -> frozenset[tuple[str, str]]:
    """Between which object types, from which, labels have to be read.

    Where both ends name some, or we own some that the other end named, both have to be known.
    """
    wanted = {
        (record.document.object, association.object)
        for record, association in named
        if association.label is not None
    }
    labelled = wanted | {(pair.key.object, pair.target.object) for pair in owned if pair.label}
    both_ways = {(one, other) for one, other in labelled if one != other and (other, one) in labelled}
    return frozenset(wanted | both_ways)
