"""Rolling back the association changes of a run. Pure.

The cases:

- an association that the run created is removed; labels that others have added since then stay;
- an association that the run removed is created again, if the portal's limits allow it;
- an adopted association is released, and a released association is owned again if it still exists;
- an association that is already as before the run is only released or owned again, without a call;
- an association of a record that this plan archives needs no change.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.model.addresses import AssociationAddress, RecordAddress, RecordId
from reconciler.model.associations import (
    ASSOCIATED,
    AssociationIdentity,
    OwnedAssociation,
    identity_of,
    is_so,
)
from reconciler.model.facts import Fact, FactKind
from reconciler.model.labels import Label
from reconciler.model.object_references import Direction
from reconciler.model.owned import Origin
from reconciler.model.references import RecordIdentity
from reconciler.model.selection import Selection
from reconciler.plan.associations.changes import (
    adopt_association,
    associate,
    dissociate,
    is_association_change,
    is_whole,
    release_association,
)
from reconciler.plan.associations.label_limits import LivePairs, Room
from reconciler.plan.change import Action, Change, Reason
from reconciler.plan.plan import Held
from reconciler.plan.targeting import UnmatchedGlobs


def applied_association_changes(
    changes: Iterable[Change], selection: Selection, unmatched: UnmatchedGlobs
) -> Mapping[Direction, list[Change]]:
    """Return the selected association changes by direction; remove matching globs from ``unmatched``."""
    done: dict[Direction, list[Change]] = {}
    for change in changes:
        if is_association_change(change):
            key, target = change.association.records
            unmatched.check(key, [target.text])
            if selection.has(key, target.text):
                done.setdefault(change.association.direction, []).append(change)
    return done


def ids_of(done: Iterable[Change]) -> set[RecordId]:
    """Return the ids of the records whose associations must be read to roll back the changes ``done``."""
    return {change.remote.id for change in done if change.remote.id}


@dataclass(frozen=True, slots=True)
class AssociationRollback:
    """Rolls back the associations of one direction, given the live ones."""

    live: Mapping[RecordId, Mapping[RecordId, frozenset[Label]]]
    owned: Mapping[AssociationIdentity, OwnedAssociation]
    archived: Collection[RecordIdentity]  # archived records, which lose all their associations
    keys: Mapping[RecordIdentity, RecordAddress]  # keys of records after the other changes of the plan
    room: Room
    around: LivePairs  # live associations that count towards limits, by direction

    def roll_back(self, done: Iterable[Change]) -> Iterator[Change | Held]:
        """Return the changes that roll ``done`` back; none if everything is already as before."""
        done = list(done)
        made = {
            (*change.remote, change.association.label)
            for change in done
            if change.action is Action.CREATE and change.association.label
        }
        whole = {frozenset({pair.source.id, pair.target.id}) for pair in self.owned.values() if pair.is_whole}
        for change in done:
            record_id, target_id = change.remote
            key, target = change.association.records
            label = change.association.label
            if record_id is None or target_id is None:
                continue  # never created, so nothing to roll back
            ends = (RecordIdentity(key.object, record_id), RecordIdentity(target.object, target_id))
            if any(end in self.archived for end in ends):
                continue
            labels = self.live.get(record_id, {}).get(target_id)
            known_as = (self.keys.get(end, of) for end, of in zip(ends, (key, target), strict=True))
            address = AssociationAddress(next(known_as), next(known_as), label)
            pair = self.owned.get(identity_of(address, record_id, target_id))
            match change.action:
                case Action.CREATE:
                    others = sorted(
                        other.text
                        for other in labels or ()
                        if (record_id, target_id, other) not in made and not other.is_flag
                    )
                    is_there = is_so(labels, label)
                    yield from _unmade(change, address, others, pair, is_there=is_there)
                case Action.ARCHIVE:
                    was_whole = is_whole(change) or frozenset({record_id, target_id}) in whole
                    again = replace(change, address=address)
                    yield from self._made_again(again, labels, pair, is_whole=was_whole)
                case Action.ADOPT if pair is not None and change.reason in {Reason.ADOPT, Reason.ROLLED_BACK}:
                    yield release_association(pair, Reason.ROLLED_BACK)
                case Action.RELEASE if pair is None and change.reason is not Reason.IN_STEP:
                    yield from _owned_again(change, labels)
                case _:
                    pass

    def _made_again(
        self,
        removed: Change,
        labels: frozenset[Label] | None,
        pair: OwnedAssociation | None,
        *,
        is_whole: bool,
    ) -> Iterator[Change | Held]:
        """Roll back the removal of an association: create the association again.

        If somebody has already created it again, only restore reconciler's ownership from before the run.
        """
        address, remote = removed.association, removed.remote
        key, target, label = address.record, address.target, address.label
        if is_so(labels, label):
            if pair is None:
                yield adopt_association(
                    address, remote, Reason.ROLLED_BACK, None, Origin.CREATED, is_whole=is_whole
                )
            return
        sides = (key.object, remote.id or "", ""), (target.object, remote.target_id or "", "")
        no_room = self.room.take(*sides, label, self.around)
        if no_room is None:
            yield associate(address, remote, Reason.ROLLED_BACK, None, is_whole=is_whole)
            return
        there = ASSOCIATED if labels is not None else None
        text = label.text if label else ASSOCIATED
        facts = (Fact(FactKind.NO_ROOM, count=no_room.most),)
        yield Held(key, None, Reason.SUPERSEDED, there, text, None, facts, target)


def _unmade(
    change: Change,
    address: AssociationAddress,
    others: Sequence[str],
    pair: OwnedAssociation | None,
    *,
    is_there: bool,
) -> Iterator[Change | Held]:
    """Roll back a creation; if other people added labels (``others``), the two records stay associated."""
    if not is_there:
        if pair is not None:
            yield release_association(pair, Reason.IN_STEP)
    elif others and address.label is None:
        text = ", ".join([ASSOCIATED, *others])
        facts = (Fact(FactKind.LABELLED_NOW),)
        key, target = change.association.records
        yield Held(key, None, Reason.SUPERSEDED, text, None, None, facts, target)
    else:
        is_all = is_whole(change) and not others
        yield dissociate(address, change.remote, Reason.ROLLED_BACK, is_whole=is_all)


def _owned_again(change: Change, labels: frozenset[Label] | None) -> Iterator[Change | Held]:
    """Own a released association again, as it was owned before.

    If it is unknown how it was owned, it counts as adopted: adopted associations are never removed.
    """
    key, target = change.association.records
    label = change.association.label
    if is_so(labels, label):
        origin = change.owned_before.origin if change.owned_before else Origin.ADOPTED
        yield adopt_association(
            change.association,
            change.remote,
            Reason.ROLLED_BACK,
            None,
            origin,
            is_whole=is_whole(change) and change.owned_before is not None,
        )
        return
    text = label.text if label else ASSOCIATED
    there = ASSOCIATED if labels is not None else None
    facts = (Fact(FactKind.NOT_ASSOCIATED_SO),)
    yield Held(key, None, Reason.SUPERSEDED, there, text, None, facts, target)
