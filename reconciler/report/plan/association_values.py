"""Associations in reports: like a property, named by the address of the other record."""

from collections.abc import Iterator

from reconciler.model.labels import Label
from reconciler.plan.associations.changes import is_association_change, is_whole
from reconciler.plan.change import Action, Change, ValueChange
from reconciler.plan.plan import ASSOCIATED


def display_values(change: Change) -> tuple[ValueChange, ...]:
    """Return the value changes to show; equal values before and after are not written."""
    if is_association_change(change):
        before, after = _before_and_after(change)
        name = change.association.target.text
        return (ValueChange(name, before, after, change.reason, change.source),)
    return (*_known_as(change), *change.values)


def _known_as(change: Change) -> Iterator[ValueChange]:
    """Return the previous key of the record, if no written value shows it."""
    former = change.moved_from
    if former is not None and all(value.name != change.record.by for value in change.values):
        before, after = (f"{key.by} {key.value}" for key in (former, change.record))
        yield ValueChange("known as", before, after, change.reason, change.source)


def _before_and_after(change: Change) -> tuple[str | None, str | None]:
    label = change.association.label
    if not change.is_remote:
        text = association_text(label, is_whole=False)
        return text, text
    text = association_text(label, is_whole=is_whole(change))
    return (None, text) if change.action is Action.CREATE else (text, None)


def association_text(label: Label | None, *, is_whole: bool) -> str:
    """Return ``associated``, the label, or both if they are created or removed together."""
    if label is None:
        return ASSOCIATED
    return f"{ASSOCIATED}, {label.text}" if is_whole else label.text
