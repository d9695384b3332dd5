"""Definitions in reports: their values, by path, and their former addresses."""

from dataclasses import replace

from reconciler.model.addresses import Section
from reconciler.plan.change import Change, ValueChange
from reconciler.plan.definitions.changes import details_of, losing_records
from reconciler.report.definition_lists import list_shown
from reconciler.sentences import counted


def display_values(change: Change) -> tuple[ValueChange, ...]:
    """Return the value changes to show, with lists in readable form."""
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
    former, losing, target = change.moved_from, losing_records(change), details_of(change).moves_to
    return [
        *([f"its records move to {target} first"] if target is not None else []),
        *([f"its address was {former.text} until now"] if former is not None else []),
        *([_losing(change, losing)] if losing else []),
    ]


def _losing(change: Change, count: int) -> str:
    if change.definition.section is Section.LABELS:
        return f"{counted(count, 'association')} {'loses' if count == 1 else 'lose'} this label"
    what = "loses its value" if count == 1 else "lose their values"
    return f"{counted(count, 'record')} {what}"
