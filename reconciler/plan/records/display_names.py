"""Adding the display names of records to changes and held differences."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from reconciler.model.definitions import ObjectSchema
from reconciler.model.display_names import display_name, display_properties, remembered_name
from reconciler.model.live import LiveRecord
from reconciler.model.names import DisplayNames
from reconciler.model.owned import OwnedRecord
from reconciler.plan.change import Action, Change
from reconciler.plan.plan import Held
from reconciler.plan.records.compare import RecordDecision

EntryT = TypeVar("EntryT", bound=Change | Held)


def with_display_name(
    entry: EntryT, schema: ObjectSchema, live: LiveRecord | None, owned: OwnedRecord | None = None
) -> EntryT:
    """Return ``entry`` with the display name of its record; a new record has the name that it will get.

    A record that HubSpot no longer has gets the name from the values that we last applied.
    """
    values: Mapping[str, str | None] = live.properties if live else {}
    if live is None and isinstance(entry, Change) and entry.action is Action.CREATE:
        values = {value.name: value.after for value in entry.values}
    name = display_name(display_properties(schema), values)
    if name is None and live is None:
        name = remembered_name(schema, owned)
    return entry if name is None else replace(entry, display_names=DisplayNames(name))


def decision_with_display_name(
    decision: RecordDecision,
    schema: ObjectSchema,
    live: LiveRecord | None,
    owned: OwnedRecord | None = None,
) -> RecordDecision:
    """Return ``decision`` with the display name of its record."""
    return decision._replace(
        change=decision.change and with_display_name(decision.change, schema, live, owned),
        held=tuple(with_display_name(held, schema, live, owned) for held in decision.held),
    )
