"""Limits that a portal sets on its own labels: with how many records another one may bear such a label.

HubSpot refuses what goes beyond. What counts is how many bear it once the plan has been applied, from either
end, and what the plan removes counts too: associations are removed after others have been made.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from reconciler.errors import Problem
from reconciler.model.addresses import RecordId, RecordKey
from reconciler.model.associations import Label
from reconciler.model.desired import DesiredAssociation, DesiredRecord
from reconciler.plan.associations.endpoints import Endpoint
from reconciler.plan.associations.labels import Labels, Type
from reconciler.plan.associations.resolve import AssociationResolver, DesiredLink, Side

Limits: TypeAlias = Mapping[tuple[str, str], Mapping[Type, int]]
"""By direction and type of a label, how many records of the second type one of the first may have."""

_LivePairs: TypeAlias = Mapping[tuple[str, str], Mapping[RecordId, Mapping[RecordId, frozenset[Label]]]]


def directions_of_limits(
    named: Iterable[tuple[DesiredRecord, DesiredAssociation]], labels: Labels
) -> frozenset[tuple[str, str]]:
    """Between which object types limits have to be read: where a label of the portal's own is named."""
    written = {
        (record.document.object, association.object, association.label)
        for record, association in named
        if association.label is not None
    }
    own = {
        (one, other)
        for one, other, text in written
        if isinstance(label := labels.named(one, other, text), Label) and label.is_own
    }
    return frozenset(own | {(other, one) for one, other in own})


class Room:
    """Counts who bears labels that are limited, as live shows it and as the plan makes it."""

    def __init__(self, resolver: AssociationResolver, limits: Limits) -> None:
        self._resolver = resolver
        self._limits = limits
        self._bearing: dict[tuple[Side, str, Type], set[Side]] = {}

    def question(self, wanted: DesiredLink) -> Iterable[tuple[tuple[str, str], RecordId]]:
        """Of which records it has to be read what they are associated with, by direction."""
        for direction, _, (_, end), _ in self._limited(wanted):
            if end.id is not None:
                yield direction, end.id

    def allows(self, wanted: DesiredLink, live: _LivePairs) -> bool:
        """Whether ``wanted`` can be made beside all that was made before it; if not, that is a problem."""
        for direction, type_, bearer, partner in self._limited(wanted):
            others = self._others(direction, type_, bearer, live) | {self._resolver.side(*partner)}
            if len(others) > self._limits[direction][type_]:
                self._tell(wanted, bearer[0], partner[0], self._limits[direction][type_])
                return False
        for direction, type_, bearer, partner in self._limited(wanted):
            self._others(direction, type_, bearer, live).add(self._resolver.side(*partner))
        return True

    def _limited(
        self, wanted: DesiredLink
    ) -> Iterable[tuple[tuple[str, str], Type, tuple[RecordKey, Endpoint], tuple[RecordKey, Endpoint]]]:
        """The ends of ``wanted`` at which its label is limited, each with the other end."""
        if wanted.label is None:
            return
        one, other = (wanted.key, wanted.end), (wanted.target, wanted.target_end)
        names = (wanted.key.object, wanted.target.object)
        inverse = self._resolver.labels.inverse(*names, wanted.label.type)
        for type_, bearer, partner in ((wanted.label.type, one, other), (inverse, other, one)):
            direction = (bearer[0].object, partner[0].object)
            if type_ is not None and type_ in self._limits.get(direction, {}):
                yield direction, type_, bearer, partner

    def _others(
        self, direction: tuple[str, str], type_: Type, bearer: tuple[RecordKey, Endpoint], live: _LivePairs
    ) -> set[Side]:
        """The records with which ``bearer`` bears the label so far."""
        side = self._resolver.side(*bearer)
        others = self._bearing.get((side, direction[1], type_))
        if others is None:
            record_id = bearer[1].id
            there = live.get(direction, {}).get(record_id, {}) if record_id else {}
            others = {
                (direction[1], other_id, "")
                for other_id, labels in there.items()
                if any(label.type == type_ for label in labels)
            }
            self._bearing[side, direction[1], type_] = others
        return others

    def _tell(self, wanted: DesiredLink, bearer: RecordKey, partner: RecordKey, limit: int) -> None:
        text = wanted.label.text if wanted.label else ""
        end = "this one" if bearer == wanted.key else "the other one"
        message = (
            f'the portal lets a record of {bearer.object} have {limit:,} of {partner.object} as "{text}" at '
            f"most, and {end} has that many without this"
        )
        advice = (
            "remove one of them, or raise the limit in HubSpot; one that this plan removes goes only after "
            "others were made: apply once without this line"
        )
        address = wanted.key.property_address(wanted.name)
        self._resolver.problems.append(Problem(message, advice, wanted.source, address))
