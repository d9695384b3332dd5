"""Comparing changes of definitions with the reviewed ones."""

from collections.abc import Iterator

from reconciler.model.facts import Fact
from reconciler.plan.change import Change
from reconciler.plan.records import review as of_records


def shown_in_review(change: Change) -> Iterator[Fact]:
    """Return a fact with the paths that a change writes, without values; no fact if it writes nothing."""
    return of_records.shown_in_review(change)


def unreviewed(before: Change, now: Change) -> Iterator[Fact]:
    """Return every difference between ``now`` and the reviewed change, except in the action."""
    return of_records.unreviewed(before, now)
