"""Definitions in reports: their values, by path, and their former addresses."""

from dataclasses import replace

from reconciler.model.addresses import Section
from reconciler.model.definition_attributes import Form, attribute_of, list_of
from reconciler.plan.change import Change, ValueChange
from reconciler.plan.definitions.changes import losing_records


def display_values(change: Change) -> tuple[ValueChange, ...]:
    """Return the value changes to show; lists are shown as people write them."""
    section = change.definition.section
    return tuple(
        replace(
            value,
            before=_shown(section, value.name, value.before),
            after=_shown(section, value.name, value.after),
        )
        for value in change.values
    )


def _shown(section: Section, path: str, text: str | None) -> str | None:
    attribute = attribute_of(section, path)
    if text is None or attribute is None or attribute.form not in {Form.LIST, Form.SET}:
        return text
    return ", ".join(list_of(text))


def notes(change: Change) -> list[str]:
    """Return the notes about a definition, besides its values."""
    former, losing = change.moved_from, losing_records(change)
    return [
        *([f"it was {former.text} until now"] if former is not None else []),
        *([f"{losing:,} records lose what they hold"] if losing else []),
    ]
