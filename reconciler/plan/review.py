"""Comparing a new plan with the plan that people reviewed.

Between a review and the apply step, manifests and live values may change. Therefore a new plan is made, and
only its reviewed changes are kept. The reviewed plan may come from an untrusted place: it is never applied,
and it lifts no guard. It is only a filter.

A change is kept if the reviewed plan has one with the same record and action, and

1. both have the same record id, operation, former key and protection; 2. every written value was reviewed,
and overwrites the value that the reviewer saw; 3. every value that only state stores or removes was reviewed,
too; 4. the values on which an archive depends are those that the reviewer saw: nobody has edited the record
since.

So an update may have fewer values than the reviewed one: a value that somebody has entered meanwhile is not
written, and an update with nothing left to write becomes an adoption. A create must have all reviewed values,
because an incomplete record was not reviewed. A change that gives a record the key that another record has in
state is kept only if the change that moves the other record is kept. An association is identified by both
records and its label; records that were new in the review may have ids now. The kept change is always the new
one, never the reviewed one.
"""

from collections.abc import Container, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.model.addresses import Address
from reconciler.model.desired_records import PruneRule
from reconciler.model.facts import Fact, FactKind
from reconciler.plan.change import Action, Change, properties_fact
from reconciler.plan.file.format import digests_of
from reconciler.plan.file.sequences import IN_MEMORY, SpooledChanges, Workspace
from reconciler.plan.kinds import kind_of, verb_of
from reconciler.plan.plan import DifferenceKind, Plan, Review, ReviewDifference

_BY_HOW = list(DifferenceKind)


@dataclass(frozen=True, slots=True)
class Kept:
    """The part of a new plan that the reviewed plan contains, and the differences between the two plans."""

    changes: SpooledChanges
    prune_rules: tuple[PruneRule, ...]
    review: Review


def keep_reviewed(
    reviewed: Plan,
    changes: Iterable[Change],
    rules: Iterable[PruneRule],
    workspace: Workspace = IN_MEMORY,
) -> Kept:
    """Keep those ``changes`` and ``rules`` that ``reviewed`` contains, in order, in ``workspace``."""
    seen = _Reviewed(reviewed.changes)
    kept = SpooledChanges(workspace.lines())
    differences: list[ReviewDifference] = []
    staying: set[Address] = set()  # addresses in state that another thing should get
    for change in changes:
        difference = _compared(seen.take(change), change)
        if difference is None or difference.how is DifferenceKind.NO_LONGER_PLANNED:
            kept.append(change)
        elif change.moved_from is not None:
            staying.add(change.moved_from)
        if difference is not None:
            differences.append(difference)
    while waiting := [change for change in kept if _gets_one_of(staying, change)] if staying else []:
        kept = kept.kept(workspace, lambda change: None if _gets_one_of(staying, change) else change)
        fact = Fact(FactKind.ANOTHER_RECORD_HAS_KEY)
        differences += (_difference(DifferenceKind.CHANGED, each, (fact,)) for each in waiting)
        staying.update(each.moved_from for each in waiting if each.moved_from is not None)
    differences += (_difference(DifferenceKind.NO_LONGER_PLANNED, gone) for gone in seen.rest())
    known_rules = set(reviewed.prune_rules)
    rules = tuple(rules)
    digests = digests_of(reviewed)
    review = Review(
        digest=digests.digest,
        content=digests.content,
        git=reviewed.manifests.git,
        differences=tuple(sorted(differences, key=lambda entry: (_BY_HOW.index(entry.how), entry.key))),
        unreviewed_rules=tuple(rule for rule in rules if rule not in known_rules),
    )
    return Kept(kept, tuple(rule for rule in rules if rule in known_rules), review)


def _gets_one_of(addresses: Container[Address], change: Change) -> bool:
    """Return whether a record or definition gets one of ``addresses`` in state."""
    return change.owned is not None and change.address in addresses


class _Reviewed:
    """The reviewed changes by identity, with only a number for each in memory."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._changes = changes
        # by hash of ``_subject``: the number of the change, or a list of numbers if changes have equal hashes
        self._numbers: dict[int, list[int] | int] = {}
        for number, change in enumerate(changes):
            subject = hash(_subject(change))
            others = self._numbers.get(subject)
            if others is None:
                self._numbers[subject] = number
            else:
                self._numbers[subject] = [*(others if isinstance(others, list) else [others]), number]
        self._taken = bytearray(len(changes))

    def take(self, change: Change) -> Change | None:
        """Return the reviewed change with the identity of ``change``, but only once; else None."""
        subject = _subject(change)
        numbers = self._numbers.get(hash(subject), [])
        for number in numbers if isinstance(numbers, list) else [numbers]:
            found = self._changes[number]
            if not self._taken[number] and _subject(found) == subject:
                self._taken[number] = 1
                return found
        return None

    def rest(self) -> Iterator[Change]:
        """Return the reviewed changes that ``take`` has not returned."""
        return (change for number, change in enumerate(self._changes) if not self._taken[number])


def _subject(change: Change) -> Hashable:
    """Return what identifies a change within its plan."""
    return change.address, change.step


def _compared(before: Change | None, now: Change) -> ReviewDifference | None:
    """Compare the new change ``now`` with the reviewed one; return None if they do not differ."""
    if before is None:
        return _difference(DifferenceKind.NOT_REVIEWED, now)
    differences = list(_differences(before, now))
    if differences:
        return _difference(DifferenceKind.CHANGED, now, tuple(differences))
    written = {value.name for value in now.values}
    no_more = [value for value in before.values if value.name not in written]
    return (
        _difference(DifferenceKind.NO_LONGER_PLANNED, before, (properties_fact(no_more),))
        if no_more
        else None
    )


def _difference(
    how: DifferenceKind, change: Change, facts: tuple[Fact, ...] | None = None
) -> ReviewDifference:
    target = next(iter(change.address.records[1:]), None)
    facts = tuple(kind_of(change).shown_in_review(change)) if facts is None else facts
    names = change.display_names
    return ReviewDifference(how, change.thing, verb_of(change), facts, change.source, target, names)


def _differences(before: Change, now: Change) -> Iterator[Fact]:
    """Return every difference between ``now`` and the reviewed change that matters for a review."""
    was, will = verb_of(before), verb_of(now)
    is_done_already = now.action is Action.ADOPT and before.action is kind_of(now).adopted_once_done
    if was is not will and not is_done_already:
        yield Fact(FactKind.REVIEWED_TO, word=was)
    yield from kind_of(now).unreviewed(before, now)
