"""A plan that was made again, held against the one that people reviewed.

Between a review and an apply both sides move: others merge, people work in HubSpot. What production
gets is planned again from what holds now, and of that only what was reviewed is kept. The reviewed
plan may come from anywhere: nothing of it is carried out, nothing of it lifts a guard. It only filters.

A change is kept where the reviewed plan has one of the same record and action, and

1. both mean the same record id, route, former key and protection;
2. every value that is written was reviewed, and overwrites what the reviewer saw being overwritten;
3. every value that is in step by now is the one that was reviewed, whether as a write or in step;
4. an archive rests on what the reviewer saw: nobody has edited the record since.

So an update may have shrunk: a value that somebody has typed in meanwhile is not written any more, and
an update all of whose values are there already becomes an adoption. A create never shrinks: half a
record is another record. An association is recognised by both records and its label, and the ids of
records that were new when it was reviewed may have become known. What is kept is what was planned now,
never the reviewed change itself.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from reconciler.model.desired import PruneRule
from reconciler.model.facts import Fact, FactKind
from reconciler.plan.change import (
    Action,
    Archive,
    Change,
    PairChange,
    PairWriting,
    Release,
    ValueChange,
    in_step_of,
    rests_on_of,
    values_of,
)
from reconciler.plan.file.encode import digested_change
from reconciler.plan.file.format import digests_of
from reconciler.plan.plan import DifferenceKind, Plan, Review, ReviewDifference

_KIND_OF = {
    "record_id": FactKind.ANOTHER_RECORD_HAS_KEY,
    "moved_from": FactKind.OTHER_FORMER_KEY,
    "protected": FactKind.OTHER_PROTECTION,
    "replaces": FactKind.ANOTHER_RECORD_LOST,
    "write": FactKind.OTHER_CALL,
}
"""What has to be equal of all that the digest covers besides action and values, and what is so if not."""

_SHRINKS = {(Action.UPDATE, Action.ADOPT), (Action.ASSOCIATE, Action.ADOPT)}
"""Actions that become others where everything is in HubSpot already: reviewed, and now."""

_BY_HOW = list(DifferenceKind)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is left of a plan, and what departs from the reviewed one."""

    changes: tuple[Change, ...]
    prune_rules: tuple[PruneRule, ...]
    review: Review


def keep_reviewed(reviewed: Plan, changes: Iterable[Change], rules: Iterable[PruneRule]) -> Kept:
    """Those of ``changes`` and ``rules`` that ``reviewed`` has too, in their order."""
    seen = {_subject(change): change for change in reviewed.changes}
    kept: list[Change] = []
    departures: list[ReviewDifference] = []
    for change in changes:
        departure = _departing(seen.pop(_subject(change), None), change)
        if departure is None or departure.how is DifferenceKind.NO_LONGER_PLANNED:
            kept.append(change)
        if departure is not None:
            departures.append(departure)
    departures += (_departure(DifferenceKind.NO_LONGER_PLANNED, gone) for gone in seen.values())
    known_rules = set(reviewed.prune_rules)
    rules = tuple(rules)
    digests = digests_of(reviewed)
    review = Review(
        digest=digests.digest,
        content=digests.content,
        git=reviewed.manifests.git,
        departures=tuple(sorted(departures, key=lambda entry: (_BY_HOW.index(entry.how), entry.key))),
        unreviewed_rules=tuple(rule for rule in rules if rule not in known_rules),
    )
    return Kept(tuple(kept), tuple(rule for rule in rules if rule in known_rules), review)


def _subject(change: Change) -> Hashable:
    """What a change is about: a plan has no two changes about the same."""
    if isinstance(change, PairChange):
        return change.key, change.target, change.label and change.label.type
    return change.key


def _departing(before: Change | None, now: Change) -> ReviewDifference | None:
    """How ``now`` differs from what was reviewed of its subject; None where it does not."""
    if before is None:
        return _departure(DifferenceKind.NOT_REVIEWED, now)
    differences = list(_differences(before, now))
    if differences:
        return _departure(DifferenceKind.CHANGED, now, tuple(differences))
    written = {value.name for value in values_of(now)}
    no_more = [value for value in values_of(before) if value.name not in written]
    return _departure(DifferenceKind.NO_LONGER_PLANNED, before, (_named(no_more),)) if no_more else None


def _departure(
    how: DifferenceKind, change: Change, facts: tuple[Fact, ...] | None = None
) -> ReviewDifference:
    target = change.target if isinstance(change, PairChange) else None
    facts = tuple(_about(change)) if facts is None else facts
    return ReviewDifference(how, change.key, change.action, facts, change.source, target)


def _about(change: Change) -> Iterator[Fact]:
    """Which label, or which properties; never their values."""
    if isinstance(change, PairChange) and change.label:
        yield Fact(FactKind.LABEL, word=change.label.text)
    elif values_of(change):
        yield _named(values_of(change))


def _differences(before: Change, now: Change) -> Iterator[Fact]:
    """Every way in which ``now`` would do what nobody has reviewed."""
    if before.action is not now.action and (before.action, now.action) not in _SHRINKS:
        yield Fact(FactKind.REVIEWED_TO, word=before.action)
    if isinstance(before, PairChange) and isinstance(now, PairChange):
        yield from _differing_pair(before, now)
        return
    was, will = digested_change(before), digested_change(now)
    for part, kind in _KIND_OF.items():
        if was[part] != will[part] and not (part == "write" and before.action is not now.action):
            yield Fact(kind)
    yield from _differing_values(before, now)
    if isinstance(now, Archive):
        seen = {value.name: value.before for value in rests_on_of(before)}
        changed = [value.name for value in now.rests_on if value.before != seen.get(value.name, value.before)]
        yield from (Fact(FactKind.EDITED_SINCE, names=(name,)) for name in changed)


def _differing_pair(before: PairChange, now: PairChange) -> Iterator[Fact]:
    ids = ((before.record_id, now.record_id), (before.target_id, now.target_id))
    if any(was is not None and was != will for was, will in ids):
        yield Fact(FactKind.ANOTHER_RECORD_HAS_KEY)
    if isinstance(before, PairWriting) and isinstance(now, PairWriting) and before.route != now.route:
        yield Fact(FactKind.OTHER_CALL)


def _differing_values(before: Change, now: Change) -> Iterator[Fact]:
    written = {value.name: value for value in values_of(before)}
    known = {(value.name, value.after) for value in (*values_of(before), *in_step_of(before))}
    for value in values_of(now):
        seen = written.get(value.name)
        if seen is None:
            yield Fact(FactKind.WRITE_NOT_REVIEWED, names=(value.name,))
        elif seen.after != value.after:
            yield Fact(FactKind.OTHER_VALUE, names=(value.name,))
        elif seen.before != value.before:
            yield Fact(FactKind.EDITED_SINCE, names=(value.name,))
    learned = () if isinstance(now, Release) else in_step_of(now)  # a release forgets what it names there
    for value in learned:
        if (value.name, value.after) not in known:
            yield Fact(FactKind.MEMORY_NOT_REVIEWED, names=(value.name,))
    if now.action is Action.CREATE:
        missing = sorted(written.keys() - {value.name for value in values_of(now)})
        yield from (Fact(FactKind.VALUE_MISSING, names=(name,)) for name in missing)


def _named(values: Iterable[ValueChange]) -> Fact:
    return Fact(FactKind.PROPERTIES, names=tuple(value.name for value in values))
