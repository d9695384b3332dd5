"""Comparing the associations that manifests name with live ones and with those that reconciler owns.

The cases:

- named and existing: owned from now on;
- named, missing, and unknown to state: created;
- named, missing, and known to state: people removed it, so it is created again, or held;
- owned and not named any more: without ``prune``, left alone; with it, removed if reconciler created it and
  it still exists, otherwise released. No ``prune`` setting removes adopted associations, which existed before
  reconciler managed them;
- owned, and the manifests contain the record under which it was written, but only for other environments:
  released.

Two records with a label also have the unlabelled association. So if manifests name a label, they need not
name the unlabelled association. If reconciler created both, both are removed.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.associations import ASSOCIATED, OwnedAssociation, is_so
from reconciler.model.desired import Desired
from reconciler.model.desired_records import Drift, Prune
from reconciler.model.facts import Fact, FactKind
from reconciler.model.labels import Label
from reconciler.model.object_references import Direction, GroupKey
from reconciler.model.owned import Origin
from reconciler.model.references import RecordIdentity
from reconciler.model.selection import Selection
from reconciler.plan.associations.changes import (
    adopt_association,
    associate,
    dissociate,
    release_association,
)
from reconciler.plan.associations.endpoints import Presence
from reconciler.plan.associations.label_limits import Limits, LivePairs, Room, no_room_problem
from reconciler.plan.associations.labels import Type
from reconciler.plan.associations.resolve import AssociationResolver, DesiredLink, Identity, Side
from reconciler.plan.associations.single_labels import Once
from reconciler.plan.change import Action, Change, Reason, Remote
from reconciler.plan.plan import Held
from reconciler.plan.records.policy import Policy

_Sides: TypeAlias = tuple[Side, Side]

NO_LIMITS: Limits = {}
"""No limits on the portal's labels."""


@dataclass(frozen=True, slots=True)
class AssociationContext:
    """Settings that decide about associations."""

    policy: Policy
    selection: Selection
    desired: Desired
    prune: Mapping[GroupKey, Prune]  # by group of the record that names the association
    # Records that manifests name by another key than the state does. A record is not among them if this plan
    # writes its new key.
    named_otherwise: Container[RecordIdentity] = frozenset()
    # for each record in state that HubSpot does not have under its key in the manifests: this key
    missing: Mapping[RecordIdentity, RecordAddress] = field(default_factory=dict)


class AssociationPlanner:
    """Plans the associations between records of two object types.

    These are associations that the manifests name, and associations that reconciler owns.
    """

    def __init__(
        self,
        rules: AssociationContext,
        resolver: AssociationResolver,
        named: Mapping[Identity, DesiredLink],
        owned: Sequence[OwnedAssociation],
        limits: Limits = NO_LIMITS,
    ) -> None:
        self._rules = rules
        self._room = Room(resolver.labels, limits)
        self._resolver = resolver
        self._labelled = {identity.sides for identity in named if identity.type}
        self._wanted = {
            identity: wanted
            for identity, wanted in named.items()
            if identity.type or identity.sides not in self._labelled
        }
        self._named = {identity.sides for identity in named}
        self._owned = {resolver.identity_of_owned(pair): pair for pair in owned}
        self._whole = {identity.sides for identity, pair in self._owned.items() if pair.is_whole}
        self._left = [
            (identity, pair)
            for identity, pair in self._owned.items()
            if identity not in named and not (identity.type is None and identity.sides in self._labelled)
        ]

    def question(self) -> Mapping[Direction, set[RecordId]]:
        """Return the records whose associations must be read, by direction."""
        question: dict[Direction, set[RecordId]] = {}
        for wanted in self._wanted.values():
            if wanted.endpoint.id is not None and wanted.target_endpoint.id is not None:
                question.setdefault(wanted.direction, set()).add(wanted.endpoint.id)
            sides = self._resolver.sides(wanted)
            for direction, record_id in self._room.question(*sides, wanted.label):
                question.setdefault(direction, set()).add(record_id)
        for _, pair in self._left:
            if self._is_removed(pair):
                question.setdefault(pair.direction, set()).add(pair.source.id)
        return question

    def decide(self, live: LivePairs) -> Iterator[Change | Held]:
        """Return the changes, and the held associations; add problems to the resolver."""
        once = Once(self._resolver)
        for identity, wanted in self._wanted.items():
            if wanted.endpoint.presence is Presence.INVALID:
                continue  # its record has a problem, which is reported with the record
            decisions = list(self._decide_wanted(identity, wanted, live))
            is_held = any(isinstance(found, Held) for found in decisions)
            is_made = any(isinstance(found, Change) and found.action is Action.CREATE for found in decisions)
            if not is_held and not once.allows(identity, wanted):
                continue
            sides = self._resolver.sides(wanted)
            no_room = self._room.take(*sides, wanted.label, live) if is_made else None
            if no_room is None:
                yield from decisions
            else:
                self._resolver.problems.append(no_room_problem(wanted, no_room, sides[0]))
        removed: dict[_Sides, set[Type]] = {}
        for identity, pair in self._left:
            if pair.label and self._is_removed(pair):
                removed.setdefault(identity.sides, set()).update(self._types(pair, pair.label))
        for identity, pair in self._left:
            yield from self._decide_left(identity, pair, live, removed.get(identity.sides, set()))

    def _decide_wanted(
        self, identity: Identity, wanted: DesiredLink, live: LivePairs
    ) -> Iterator[Change | Held]:
        pair = self._owned.get(identity)
        labels = _labels_of(wanted, live)
        is_whole = identity.sides in self._whole
        if is_so(labels, wanted.label):
            yield from self._adopted(wanted, pair, is_whole=is_whole)
            return
        if pair is not None and self._drift_of(wanted) is Drift.HOLD:
            text = wanted.label.text if wanted.label else ASSOCIATED
            there = ASSOCIATED if labels is not None else None
            yield Held(wanted.key, None, Reason.DRIFT, there, text, wanted.source, (), wanted.target)
            return
        yield associate(
            wanted.association,
            wanted.remote,
            reason=Reason.DRIFT if pair else Reason.MISSING,
            source=wanted.source,
            is_whole=labels is None or is_whole,
        )
        if pair is not None and _is_turned(pair, wanted):
            yield release_association(pair, Reason.IN_STEP)

    def _adopted(
        self, wanted: DesiredLink, pair: OwnedAssociation | None, *, is_whole: bool
    ) -> Iterator[Change]:
        """Adopt an existing association.

        Do nothing if the state has it already, with the two record addresses that the manifests use.
        """
        if pair is not None and (pair.source.address, pair.target.address) == (wanted.key, wanted.target):
            return
        if wanted.endpoint.id is None or wanted.target_endpoint.id is None:
            raise ValueError(f"{wanted.key.text} has an existing association without record ids")
        # ``is_whole``: the records were not associated before we created a labelled association. HubSpot then
        # added the unlabelled association, so it is ours, too.
        made_by_us = is_whole and wanted.label is None
        origin = pair.origin if pair else Origin.CREATED if made_by_us else Origin.ADOPTED
        yield adopt_association(
            wanted.association,
            wanted.remote,
            reason=Reason.IN_STEP if pair else Reason.ADOPT,
            source=wanted.source,
            origin=origin,
            is_whole=pair.is_whole if pair else is_whole,
        )
        if pair is not None and _is_turned(pair, wanted):
            yield release_association(pair, Reason.IN_STEP)

    def _decide_left(
        self, identity: Identity, pair: OwnedAssociation, live: LivePairs, removed: set[Type]
    ) -> Iterator[Change | Held]:
        if not self._is_ours_to_decide(pair):
            return
        if self._rules.desired.is_for_other_environment(pair.source.address):
            yield release_association(pair, Reason.NARROWED)
            return
        if self._prune_of(pair) is Prune.OFF:
            return
        if pair.origin is Origin.ADOPTED:
            yield release_association(pair, Reason.PRUNED)
            return
        labels = live.get(pair.direction, {}).get(pair.source.id, {}).get(pair.target.id)
        if not is_so(labels, pair.label):
            yield release_association(pair, Reason.GONE)
            return
        if pair.label and self._may_be_named_from_there(identity, pair, pair.label):
            facts = (Fact(FactKind.OTHER_LABEL_STAYS),)
            yield Held(
                pair.source.address,
                None,
                Reason.PRUNED,
                pair.label.text,
                None,
                None,
                facts,
                pair.target.address,
            )
            return
        others = [label for label in labels or () if label.type not in removed and not label.is_flag]
        is_whole = pair.is_whole and not others and identity.sides not in self._named
        if pair.label is None and not is_whole:
            text = ", ".join([ASSOCIATED, *sorted(label.text for label in others)])
            facts = (Fact(FactKind.OTHER_LABEL_STAYS),)
            yield Held(pair.source.address, None, Reason.PRUNED, text, None, None, facts, pair.target.address)
            return
        yield dissociate(
            pair.address, Remote(pair.source.id, pair.target.id), Reason.PRUNED, is_whole=is_whole
        )

    def _is_removed(self, pair: OwnedAssociation) -> bool:
        """Return whether ``pair``, which no manifest names, is to be removed if it still exists."""
        return (
            self._is_ours_to_decide(pair)
            and pair.origin is Origin.CREATED
            and self._prune_of(pair) is not Prune.OFF
            and not self._rules.desired.is_for_other_environment(pair.source.address)
        )

    def _is_ours_to_decide(self, pair: OwnedAssociation) -> bool:
        """Return whether this planner may decide about ``pair``, which no manifest seems to name.

        It must be selected. It is left alone if the plan archives one of its records, if the naming record is
        gone, if HubSpot's answers leave a record out, or if a manifest names it outside of this plan.
        """
        selection, archived, endpoints = (
            self._rules.selection,
            self._resolver.archived,
            self._resolver.endpoints,
        )
        presences = {endpoints.of(pair.source.address).presence, endpoints.of(pair.target.address).presence}
        if endpoints.of(pair.source.address).presence is Presence.GONE or Presence.UNANSWERED in presences:
            return False
        if pair.records[0] in self._rules.named_otherwise:
            return False
        sides = self._resolver.identity_of_owned(pair).sides
        if endpoints.are_named(pair.source.address, pair.target.address) and (
            selection.is_partial or sides not in self._named
        ):
            return False
        if sides in self._resolver.faulty or endpoints.may_be_named(pair.source, pair.target):
            return False
        if any(record in archived for record in pair.records):
            return False
        return selection.has(pair.source.address, pair.target.address.text)

    def _may_be_named_from_there(self, identity: Identity, pair: OwnedAssociation, label: Label) -> bool:
        """Return whether manifests possibly name ``label`` as seen from the other record.

        This is unclear if both records have one type, manifests name labels for them, and the inverse of
        ``label`` is unknown.
        """
        if pair.source.address.object != pair.target.address.object or identity.sides not in self._labelled:
            return False
        return self._resolver.labels.inverse(pair.direction, label.type) is None

    def _prune_of(self, pair: OwnedAssociation) -> Prune:
        return self._rules.prune.get(pair.source.address.group, Prune.OFF)

    def _drift_of(self, wanted: DesiredLink) -> Drift:
        return self._rules.policy.drift_of(wanted.record, wanted.name)

    def _types(self, pair: OwnedAssociation, label: Label) -> set[Type]:
        """Return the types of the label as seen from both records."""
        inverse = self._resolver.labels.inverse(pair.direction, label.type)
        return {label.type, *([inverse] if inverse else [])}


def _labels_of(wanted: DesiredLink, live: LivePairs) -> frozenset[Label] | None:
    record_id, target_id = wanted.endpoint.id, wanted.target_endpoint.id
    if record_id is None or target_id is None:
        return None
    return live.get(wanted.direction, {}).get(record_id, {}).get(target_id)


def _is_turned(pair: OwnedAssociation, wanted: DesiredLink) -> bool:
    """Return whether state and manifests name the association from different ends."""
    return pair.source.identity != (wanted.key.object, wanted.endpoint.id)
