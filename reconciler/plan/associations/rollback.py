"""What a run did to associations becomes what takes it back. Pure.

The cases, in words:

- one that it made is removed, but for labels that others gave it since;
- one that it removed is made again;
- one that it adopted is released, and one that it released is ours again while it is still there;
- what is as it was already is forgotten, or known again, without a call;
- what goes with a record that is archived needs nothing;
- one for which the portal leaves no room stays removed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.model.addresses import RecordId, RecordKey
from reconciler.model.associations import Label, OwnedPair, PairIdentity, identity_of, is_so
from reconciler.model.desired import Record
from reconciler.model.facts import Fact, FactKind
from reconciler.model.owned import Origin
from reconciler.model.selection import Selection
from reconciler.plan.associations.label_limits import Direction, LivePairs, Room
from reconciler.plan.change import AdoptPair, Associate, Change, Dissociate, PairChange, Reason, ReleasePair
from reconciler.plan.plan import ASSOCIATED, Held
from reconciler.plan.targeting import UnmatchedGlobs

_Ends: TypeAlias = tuple[RecordKey, RecordId, RecordKey, RecordId, Label | None]


def applied_association_changes(
    changes: Iterable[Change], selection: Selection, unmet: UnmatchedGlobs
) -> Mapping[Direction, list[PairChange]]:
    """What of ``changes`` is about associations and selected; ``unmet`` gets to see all of them."""
    done: dict[Direction, list[PairChange]] = {}
    for change in changes:
        if isinstance(change, PairChange):
            unmet.meet(change.key, [change.target.address])
            if selection.has(change.key, change.target.address):
                done.setdefault((change.key.object, change.target.object), []).append(change)
    return done


def ids_of(done: Iterable[PairChange]) -> set[RecordId]:
    """The records of which it has to be read what they are associated with."""
    return {change.record_id for change in done if change.record_id}


@dataclass(frozen=True, slots=True)
class AssociationRollback:
    """Associations in one direction, as they are now."""

    live: Mapping[RecordId, Mapping[RecordId, frozenset[Label]]]
    owned: Mapping[PairIdentity, OwnedPair]
    archived: Collection[Record]  # records that go, with all their associations
    keys: Mapping[Record, RecordKey]  # that records have once the others of the plan are done
    room: Room
    around: LivePairs  # what counts where associations are limited, by direction

    def undo(self, done: Iterable[PairChange]) -> Iterator[PairChange | Held]:
        """What takes each of ``done`` back; nothing where all is as it was already."""
        done = list(done)
        made = {
            (change.record_id, change.target_id, change.label.type)
            for change in done
            if isinstance(change, Associate) and change.label
        }
        whole = {frozenset({pair.record_id, pair.target_id}) for pair in self.owned.values() if pair.is_whole}
        for change in done:
            record_id, target_id = change.record_id, change.target_id
            if record_id is None or target_id is None:
                continue  # it was never made
            if self._is_archived(change, record_id, target_id):
                continue
            labels = self.live.get(record_id, {}).get(target_id)
            key = self.keys.get((change.key.object, record_id), change.key)
            target = self.keys.get((change.target.object, target_id), change.target)
            ends = (key, record_id, target, target_id, change.label)
            pair = self.owned.get(identity_of(*ends))
            match change:
                case Associate():
                    others = sorted(
                        label.text
                        for label in labels or ()
                        if (record_id, target_id, label.type) not in made and not label.is_flag
                    )
                    yield from _unmade(change, ends, others, pair, is_there=is_so(labels, change.label))
                case Dissociate():
                    is_whole = change.is_whole or frozenset({record_id, target_id}) in whole
                    yield from self._made_again(ends, labels, pair, is_whole=is_whole)
                case AdoptPair() if pair is not None and change.reason in {Reason.ADOPT, Reason.UNDONE}:
                    yield _released(pair, Reason.UNDONE)
                case ReleasePair() if pair is None and change.reason is not Reason.IN_STEP:
                    yield from _owned_again(change, labels)
                case _:
                    pass

    def _made_again(
        self, ends: _Ends, labels: frozenset[Label] | None, pair: OwnedPair | None, *, is_whole: bool
    ) -> Iterator[PairChange | Held]:
        """What is there again already is ours again: the run before had made it."""
        key, record_id, target, target_id, label = ends
        if is_so(labels, label):
            if pair is None:
                yield AdoptPair(*ends, Reason.UNDONE, None, Origin.CREATED, is_whole)
            return
        sides = (key.object, record_id, ""), (target.object, target_id, "")
        no_room = self.room.take(*sides, label, self.around)
        if no_room is None:
            yield Associate(*ends, Reason.UNDONE, None, is_whole)
            return
        there = ASSOCIATED if labels is not None else None
        text = label.text if label else ASSOCIATED
        facts = (Fact(FactKind.NO_ROOM, count=no_room.most),)
        yield Held(key, None, Reason.SUPERSEDED, there, text, None, facts, target)

    def _is_archived(self, change: PairChange, record_id: RecordId, target_id: RecordId) -> bool:
        ends = ((change.key.object, record_id), (change.target.object, target_id))
        return any(end in self.archived for end in ends)


def _unmade(
    change: Associate, ends: _Ends, others: Sequence[str], pair: OwnedPair | None, *, is_there: bool
) -> Iterator[PairChange | Held]:
    """``others`` are labels that the run did not give; one of them keeps the two associated."""
    if not is_there:
        if pair is not None:
            yield _released(pair, Reason.IN_STEP)
    elif others and change.label is None:
        text = ", ".join([ASSOCIATED, *others])
        facts = (Fact(FactKind.LABELLED_NOW),)
        yield Held(change.key, None, Reason.SUPERSEDED, text, None, None, facts, change.target)
    else:
        yield Dissociate(*ends, Reason.UNDONE, None, change.is_whole and not others)


def _owned_again(change: ReleasePair, labels: frozenset[Label] | None) -> Iterator[PairChange | Held]:
    """As one that was there before us, which nothing ever removes: nobody kept how it was ours."""
    if is_so(labels, change.label):
        ends = (change.key, change.record_id, change.target, change.target_id, change.label)
        yield AdoptPair(*ends, Reason.UNDONE, None, Origin.ADOPTED, is_whole=False)
        return
    text = change.label.text if change.label else ASSOCIATED
    there = ASSOCIATED if labels is not None else None
    facts = (Fact(FactKind.NOT_ASSOCIATED_SO),)
    yield Held(change.key, None, Reason.SUPERSEDED, there, text, None, facts, change.target)


def _released(pair: OwnedPair, reason: Reason) -> ReleasePair:
    return ReleasePair(pair.key, pair.record_id, pair.target, pair.target_id, pair.label, reason, None)
