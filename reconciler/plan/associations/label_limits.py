"""The portal's limits on the number of associated records, for all associations or for one label.

HubSpot refuses associations beyond a limit, at either end. The planner counts the associations that will
exist after the plan. Removed associations still count, because the plan removes associations after it creates
new ones. Two records with a label also have the unlabelled association, so both limits count them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.errors import Problem
from reconciler.model.addresses import RecordId
from reconciler.model.desired_records import DesiredAssociation, DesiredRecord
from reconciler.model.labels import Label
from reconciler.model.object_references import Direction
from reconciler.plan.associations.labels import Labels, Type
from reconciler.plan.associations.resolve import DesiredLink, Side
from reconciler.plan.associations.single_labels import bears_one
from reconciler.sentences import counted

Limits: TypeAlias = Mapping[Direction, Mapping[Type | None, int]]
"""Maximum number of records of the second object type for one of the first, by direction and label type.

The label type None stands for the unlabelled association.
"""

LivePairs: TypeAlias = Mapping[Direction, Mapping[RecordId, Mapping[RecordId, frozenset[Label]]]]
"""Labels by direction, by record and by associated record."""


def directions_of_limits(
    named: Iterable[tuple[DesiredRecord, DesiredAssociation]],
) -> frozenset[Direction]:
    """Return the pairs of object types whose limits must be read, in both directions."""
    directions = {Direction(record.document.object, association.object) for record, association in named}
    return frozenset(directions | {direction.back for direction in directions})


@dataclass(frozen=True, slots=True)
class NoRoom:
    """A record that would have more associated records than the portal allows."""

    bearer: Side  # the record whose limit is reached
    partner: Side  # the record for which there is no room
    most: int  # the limit
    is_of_label: bool  # True: limit of the label; False: of all associations between the two types


class Room:
    """Counts associated records, live and planned, where the portal limits their number."""

    def __init__(self, labels: Labels, limits: Limits) -> None:
        self._labels = labels
        self._limits = limits
        self._bearing: dict[tuple[Side, str, Type | None], set[Side]] = {}

    def is_limited(self, direction: Direction) -> bool:
        """Return whether the portal limits the number of associations of one record in this direction.

        ``direction`` is the object type of that record, and the object type of its associated records.
        """
        return bool(self._limits.get(direction))

    def question(self, one: Side, other: Side, label: Label | None) -> Iterable[tuple[Direction, RecordId]]:
        """Return each record whose associations must be read to check the limits, with the direction."""
        for _, bearer, partner in self._limited(one, other, label):
            if bearer[1]:
                yield _towards(bearer, partner), RecordId(bearer[1])

    def take(self, one: Side, other: Side, label: Label | None, live: LivePairs) -> NoRoom | None:
        """Count the association of ``one`` and ``other``, or return why the limits have no room for it."""
        limited = tuple(self._limited(one, other, label))
        for type_, bearer, partner in limited:
            others = self._others(type_, bearer, partner[0], live)
            most = self._limits[_towards(bearer, partner)][type_]
            if partner not in others and len(others) >= most:
                return NoRoom(bearer, partner, most, is_of_label=type_ is not None)
        for type_, bearer, partner in limited:
            self._others(type_, bearer, partner[0], live).add(partner)
        return None

    def _limited(
        self, one: Side, other: Side, label: Label | None
    ) -> Iterable[tuple[Type | None, Side, Side]]:
        """Find the limits for two records and for their label: type, limited end, other end."""
        for type_, bearer, partner in (
            (None, one, other),
            (None, other, one),
            *self._of_label(one, other, label),
        ):
            if type_ in self._limits.get(_towards(bearer, partner), {}):
                yield type_, bearer, partner

    def _of_label(self, one: Side, other: Side, label: Label | None) -> Iterable[tuple[Type, Side, Side]]:
        """Return the label's type as seen from each record, unless HubSpot moves that label by itself."""
        if label is None:
            return
        inverse = self._labels.inverse(_towards(one, other), label.type)
        moves = bears_one(one[0], other[0], label) if label.is_flag else (False, False)
        if not moves[0]:
            yield label.type, one, other
        if inverse is not None and not moves[1]:
            yield inverse, other, one

    def _others(self, type_: Type | None, bearer: Side, far: str, live: LivePairs) -> set[Side]:
        """Return the records of type ``far`` that are associated with ``bearer``.

        With ``type_``, return only records whose association has this label.
        """
        others = self._bearing.get((bearer, far, type_))
        if others is None:
            there = live.get(Direction(bearer[0], far), {}).get(RecordId(bearer[1]), {})
            others = {
                (far, other_id, "")
                for other_id, labels in there.items()
                if type_ is None or any(label.type == type_ for label in labels)
            }
            self._bearing[bearer, far, type_] = others
        return others


def _towards(one: Side, other: Side) -> Direction:
    return Direction(one[0], other[0])


def no_room_problem(wanted: DesiredLink, no_room: NoRoom, end: Side) -> Problem:
    """Report why the limits have no room for ``wanted``; ``end`` is the record that names it."""
    bearer, partner = no_room.bearer[0], no_room.partner[0]
    label = f' under the label "{wanted.label.text}"' if wanted.label and no_room.is_of_label else ""
    which = "this record" if no_room.bearer == end else "the other record"
    most = counted(no_room.most, "association")
    message = (
        f"in this portal, one record of {bearer} can have at most {most} with {partner}{label}, and {which} "
        "has reached this limit"
    )
    advice = (
        "remove one of these associations, or raise the limit in HubSpot; if this plan removes one of these "
        "associations, first apply without the manifest line of the new association, because a plan creates "
        "associations before it removes others"
    )
    return Problem(message, advice, wanted.source, wanted.key.property_address(wanted.name))
