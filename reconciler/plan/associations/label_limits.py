"""Limits that a portal sets on associations: with how many records another one may have one, or bear a label.

HubSpot refuses what goes beyond. What counts is how many there are once the plan has been applied, from
either end, and what the plan removes counts too: associations are removed after others have been made.
A label brings the plain association along, so it needs room for both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.errors import Problem
from reconciler.model.addresses import RecordId
from reconciler.model.desired import DesiredAssociation, DesiredRecord
from reconciler.model.labels import Label
from reconciler.plan.associations.labels import Labels, Type
from reconciler.plan.associations.resolve import DesiredLink, Side
from reconciler.plan.associations.single_labels import bears_one

Direction: TypeAlias = tuple[str, str]
"""Object types of the record that an association is seen from, and of the other."""

Limits: TypeAlias = Mapping[Direction, Mapping[Type | None, int]]
"""By direction and type of a label (None: the plain association), how many records of the second object
type one of the first may have."""

LivePairs: TypeAlias = Mapping[Direction, Mapping[RecordId, Mapping[RecordId, frozenset[Label]]]]
"""By direction, by record and by record that it is associated with, the labels."""


def directions_of_limits(
    named: Iterable[tuple[DesiredRecord, DesiredAssociation]],
) -> frozenset[Direction]:
    """Between which object types limits have to be read: each is set at one end, and counts from either."""
    directions = {(record.document.object, association.object) for record, association in named}
    return frozenset(directions | {(other, one) for one, other in directions})


@dataclass(frozen=True, slots=True)
class NoRoom:
    """A record that would have more of others than the portal allows."""

    bearer: Side
    partner: Side
    most: int
    is_of_label: bool  # else of all associations between the two object types


class Room:
    """Counts who is associated where that is limited, as live shows it and as the plan makes it."""

    def __init__(self, labels: Labels, limits: Limits) -> None:
        self._labels = labels
        self._limits = limits
        self._bearing: dict[tuple[Side, str, Type | None], set[Side]] = {}

    def is_limited(self, one: str, other: str) -> bool:
        """Whether the portal limits with how many records of ``other`` one of ``one`` is associated."""
        return bool(self._limits.get((one, other)))

    def question(self, one: Side, other: Side, label: Label | None) -> Iterable[tuple[Direction, RecordId]]:
        """Of which records it has to be read what they are associated with, by direction."""
        for _, bearer, partner in self._limited(one, other, label):
            if bearer[1]:
                yield (bearer[0], partner[0]), RecordId(bearer[1])

    def take(self, one: Side, other: Side, label: Label | None, live: LivePairs) -> NoRoom | None:
        """Associate the two, beside all that was associated before, or tell why there is no room."""
        limited = tuple(self._limited(one, other, label))
        for type_, bearer, partner in limited:
            others = self._others(type_, bearer, partner[0], live)
            most = self._limits[bearer[0], partner[0]][type_]
            if partner not in others and len(others) >= most:
                return NoRoom(bearer, partner, most, is_of_label=type_ is not None)
        for type_, bearer, partner in limited:
            self._others(type_, bearer, partner[0], live).add(partner)
        return None

    def _limited(
        self, one: Side, other: Side, label: Label | None
    ) -> Iterable[tuple[Type | None, Side, Side]]:
        """Where the two are limited, by themselves and by the label: at which end, and the other end."""
        for type_, bearer, partner in (
            (None, one, other),
            (None, other, one),
            *self._of_label(one, other, label),
        ):
            if type_ in self._limits.get((bearer[0], partner[0]), {}):
                yield type_, bearer, partner

    def _of_label(self, one: Side, other: Side, label: Label | None) -> Iterable[tuple[Type, Side, Side]]:
        """What the label is from either end, but for an end from which HubSpot moves it."""
        if label is None:
            return
        inverse = self._labels.inverse(one[0], other[0], label.type)
        moves = bears_one(one[0], other[0], label) if label.is_flag else (False, False)
        if not moves[0]:
            yield label.type, one, other
        if inverse is not None and not moves[1]:
            yield inverse, other, one

    def _others(self, type_: Type | None, bearer: Side, far: str, live: LivePairs) -> set[Side]:
        """The records of type ``far`` with which ``bearer`` is associated so far, or bears the label."""
        others = self._bearing.get((bearer, far, type_))
        if others is None:
            there = live.get((bearer[0], far), {}).get(RecordId(bearer[1]), {})
            others = {
                (far, other_id, "")
                for other_id, labels in there.items()
                if type_ is None or any(label.type == type_ for label in labels)
            }
            self._bearing[bearer, far, type_] = others
        return others


def no_room_problem(wanted: DesiredLink, no_room: NoRoom, end: Side) -> Problem:
    """What is wrong with ``wanted``, whose record is ``end``."""
    bearer, partner = no_room.bearer[0], no_room.partner[0]
    label = f' as "{wanted.label.text}"' if wanted.label and no_room.is_of_label else ""
    which = "this one" if no_room.bearer == end else "the other one"
    message = (
        f"the portal lets a record of {bearer} have {no_room.most:,} of {partner}{label} at most, and "
        f"{which} has that many without this"
    )
    advice = (
        "remove one of them, or raise the limit in HubSpot; one that this plan removes goes only after "
        "others were made: apply once without this line"
    )
    return Problem(message, advice, wanted.source, wanted.key.property_address(wanted.name))
