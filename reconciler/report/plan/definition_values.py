"""Definitions in reports: their values, by path, and their former addresses."""

from dataclasses import replace

from reconciler.plan.change import Change, ValueChange
from reconciler.plan.definitions.changes import losing_records
from reconciler.report.definition_lists import list_shown


def display_values(change: Change) -> tuple[ValueChange, ...]:
    """Return the value changes to show; lists are shown as people write them."""
    of = change.definition
    return tuple(
        replace(
            value,
            before=list_shown(of, value.name, value.before),
            after=list_shown(of, value.name, value.after),
        )
        for value in change.values
    )


def notes(change: Change) -> list[str]:
    """Return the notes about a definition, besides its values."""
    former, losing = change.moved_from, losing_records(change)
    return [
        *([f"it was {former.text} until now"] if former is not None else []),
        *([f"{losing:,} records lose what they hold"] if losing else []),
    ]
