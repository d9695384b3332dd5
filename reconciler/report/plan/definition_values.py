"""Definitions in reports: their values, by path, and their former addresses."""

from reconciler.plan.change import Change, ValueChange


def display_values(change: Change) -> tuple[ValueChange, ...]:
    """Return the value changes to show."""
    return change.values


def notes(change: Change) -> list[str]:
    """Return the notes about a definition, besides its values."""
    former = change.moved_from
    return [f"it was {former.text} until now"] if former is not None else []
