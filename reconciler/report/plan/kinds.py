"""How changes of each kind are shown: the only table of kinds in reports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.model.addresses import Address, AssociationAddress, DefinitionAddress, RecordAddress
from reconciler.model.names import Names
from reconciler.plan.change import Change, ValueChange
from reconciler.plan.plan import Held
from reconciler.report.named import property_title, record_title
from reconciler.report.plan import association_values, definition_values, record_values


@dataclass(frozen=True, slots=True)
class ShownKind:
    """How changes of one kind are shown."""

    values: Callable[[Change], tuple[ValueChange, ...]]
    notes: Callable[[Change], list[str]]
    has_two_sides: bool  # whether values before and after are both shown
    has_notes_below: bool = False  # whether notes are shown below the values


_SHOWN: Mapping[type[Address], ShownKind] = {
    RecordAddress: ShownKind(record_values.display_values, record_values.notes, has_two_sides=True),
    AssociationAddress: ShownKind(
        association_values.display_values, association_values.notes, has_two_sides=False
    ),
    DefinitionAddress: ShownKind(
        definition_values.display_values, definition_values.notes, has_two_sides=True, has_notes_below=True
    ),
}


def shown_kind(change: Change) -> ShownKind:
    """Return how ``change`` is shown."""
    return _SHOWN[type(change.address)]


def display_values(change: Change) -> tuple[ValueChange, ...]:
    """Return the value changes to show; a value with equal before and after is only shown, not written."""
    return shown_kind(change).values(change)


def notes_below(change: Change) -> list[str]:
    """Return the notes to show below the values of a change."""
    kind = shown_kind(change)
    return kind.notes(change) if kind.has_notes_below else []


def value_title(names: Names, change: Change, name: str) -> str:
    """Return the title of a value in ``display_values``.

    It names the property, or, if the change is about an association, the associated record.
    """
    if isinstance(change.address, AssociationAddress):
        return record_title(change.address.target, change.display_names.target)
    return property_title(names, change.thing, name)


def held_title(names: Names, held: Held) -> str:
    """Return the title of a held difference.

    It names the property, or, if an association is held, the associated record. For a whole record, it is
    empty.
    """
    if held.target is not None:
        return record_title(held.target, held.display_names.target)
    return property_title(names, held.key, held.name) if held.name else ""
