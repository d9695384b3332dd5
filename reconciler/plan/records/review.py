"""Comparing changes of records with the reviewed ones."""

from collections.abc import Callable, Iterator
from operator import attrgetter

from reconciler.model.facts import Fact, FactKind
from reconciler.plan.change import Action, Change, properties_fact
from reconciler.plan.records.changes import replaced_by

_COMPARED: tuple[tuple[Callable[[Change], object], FactKind], ...] = (
    (attrgetter("remote"), FactKind.ANOTHER_RECORD_HAS_KEY),
    (attrgetter("moved_from"), FactKind.OTHER_FORMER_KEY),
    (attrgetter("is_protected"), FactKind.OTHER_PROTECTION),
    (replaced_by, FactKind.ANOTHER_RECORD_LOST),
)
"""Parts of a change that must equal the reviewed ones, each with the fact that reports a difference."""


def shown_in_review(change: Change) -> Iterator[Fact]:
    """Return a fact with the properties that a change writes, without values; no fact if it writes none."""
    if change.values:
        yield properties_fact(change.values)


def unreviewed(before: Change, now: Change) -> Iterator[Fact]:
    """Return every difference between ``now`` and the reviewed change ``before``, except in the action."""
    for part, kind in _COMPARED:
        if part(before) != part(now):
            yield Fact(kind)
    if before.action is now.action and before.operation != now.operation:
        yield Fact(FactKind.OTHER_CALL)
    yield from _differing_values(before, now)
    if now.action is Action.ARCHIVE:
        seen = {value.name: value.before for value in before.rests_on}
        changed = [value.name for value in now.rests_on if value.before != seen.get(value.name, value.before)]
        yield from (Fact(FactKind.EDITED_SINCE, names=(name,)) for name in changed)


def _differing_values(before: Change, now: Change) -> Iterator[Fact]:
    written = {value.name: value for value in before.values}
    known = {(value.name, value.after) for value in (*before.values, *before.remembered, *before.forgotten)}
    for value in now.values:
        seen = written.get(value.name)
        if seen is None:
            yield Fact(FactKind.WRITE_NOT_REVIEWED, names=(value.name,))
        elif seen.after != value.after:
            yield Fact(FactKind.OTHER_VALUE, names=(value.name,))
        elif seen.before != value.before:
            yield Fact(FactKind.EDITED_SINCE, names=(value.name,))
    forgotten = () if now.action is Action.RELEASE else now.forgotten  # a release removes all of them
    for value in sorted((*now.remembered, *forgotten), key=attrgetter("name")):
        if (value.name, value.after) not in known:
            yield Fact(FactKind.MEMORY_NOT_REVIEWED, names=(value.name,))
    if now.action is Action.CREATE:
        missing = sorted(written.keys() - {value.name for value in now.values})
        yield from (Fact(FactKind.VALUE_MISSING, names=(name,)) for name in missing)
