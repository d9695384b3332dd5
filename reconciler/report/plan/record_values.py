"""Records in reports: their values, and their former keys."""

from collections.abc import Iterator

from reconciler.invisible_characters import visible
from reconciler.plan.change import Change, ValueChange


def display_values(change: Change) -> tuple[ValueChange, ...]:
    """Return the value changes to show; a value with equal before and after is only shown, not written."""
    return (*_known_as(change), *change.values)


def notes(change: Change) -> list[str]:
    """Return the notes about a record, besides its values."""
    former = change.former_record
    if former is None:
        return []
    key = former.value if former.by == change.record.by else f"{former.by} {former.value}"
    return [f"its key was {visible(key)} until now"]


def _known_as(change: Change) -> Iterator[ValueChange]:
    """Return the change of the record's key, if there is one and no written value shows it."""
    former = change.former_record
    if former is not None and all(value.name != change.record.by for value in change.values):
        before, after = (f"{key.by} {key.value}" for key in (former, change.record))
        yield ValueChange("known as", before, after, change.reason, change.source)
