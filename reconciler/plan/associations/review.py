"""Comparing changes of associations with the reviewed ones."""

from collections.abc import Iterator

from reconciler.model.facts import Fact, FactKind
from reconciler.plan.change import Change


def shown_in_review(change: Change) -> Iterator[Fact]:
    """Return the label of a change as a fact; no fact if it has no label."""
    if change.association.label:
        yield Fact(FactKind.LABEL, word=change.association.label.text)


def unreviewed(before: Change, now: Change) -> Iterator[Fact]:
    """Return every difference between ``now`` and the reviewed change ``before``, except in the action.

    Records that were new in the review may have ids now.
    """
    ids = zip(before.remote, now.remote, strict=True)
    if any(known is not None and known != found for known, found in ids):
        yield Fact(FactKind.ANOTHER_RECORD_HAS_KEY)
    if before.is_remote and now.is_remote and before.operation != now.operation:
        yield Fact(FactKind.OTHER_CALL)
