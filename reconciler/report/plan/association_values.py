"""Associations in reports: shown like a property whose name is the address of the other record."""

from reconciler.invisible_characters import visible
from reconciler.model.addresses import parse_definition_address
from reconciler.model.associations import ASSOCIATED
from reconciler.model.labels import REFERENCE, Label
from reconciler.plan.associations.changes import is_whole
from reconciler.plan.change import Action, Change, ValueChange


def display_values(change: Change) -> tuple[ValueChange, ...]:
    """Return the association as one value that is added or removed.

    If the change makes no call, the value is the same before and after.
    """
    before, after = _before_and_after(change)
    name = change.association.target.text
    return (ValueChange(name, before, after, change.reason, change.source),)


def notes(change: Change) -> list[str]:
    """Return the association as a note if the change makes no call; otherwise nothing."""
    address = change.association
    text = association_text(address.label, is_whole=False)
    return [] if change.is_remote else [visible(f"{address.target.text}: {text}")]


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
    text = _label_text(label)
    return f"{ASSOCIATED}, {text}" if is_whole else text


def _label_text(label: Label) -> str:
    """Return the text of a label; for a label that the plan creates, the name of its definition."""
    if label.category != REFERENCE:
        return label.text
    return f"{parse_definition_address(label.text)[0].name} (new label)"
