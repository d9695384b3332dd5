"""Reading the definitions that we own, for drift and rollback."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from reconciler.apply.recovery.recovered_state import RecoveredState
from reconciler.hubspot.definitions.read import read_definitions
from reconciler.hubspot.reader import PortalReader
from reconciler.model.addresses import DefinitionAddress, RecordId, Section
from reconciler.model.definition_attributes import list_of
from reconciler.model.definitions import PortalSchema
from reconciler.model.object_references import Direction
from reconciler.model.owned import OwnedDefinition
from reconciler.model.portal_definitions import LiveDefinition
from reconciler.model.selection import Selection
from reconciler.plan.change import Change
from reconciler.plan.targeting import UnmatchedGlobs
from reconciler.reconcile.plan_definitions import SETTLING, distinct, sections_of
from reconciler.state.store import Store

LiveById = Mapping[RecordId, LiveDefinition]
"""The live definitions of one object type, by id."""


def types_of(owned: OwnedDefinition) -> Collection[str]:
    """Return the object types of an owned definition, and those that it names."""
    return (*owned.key.objects, *list_of(owned.sent.get("associatedObjects")))


def recent_writes(store: Store, now: datetime) -> Mapping[DefinitionAddress, Change]:
    """Return the changes of definitions that reconciler made during the last few minutes.

    HubSpot may not show these changes yet.
    """
    return {address: change for address, (change, _) in store.definition_writes(now - SETTLING).items()}


def live_by_id(
    reader: PortalReader, portal: PortalSchema, addresses: Mapping[str, Collection[DefinitionAddress]]
) -> Mapping[str, LiveById]:
    """Read the live definitions in the sections of ``addresses``, by object type.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    sections = {name: sections_of(each) for name, each in addresses.items()}
    directions = {
        Direction(name, address.names[0])
        for name, each in addresses.items()
        for address in each
        if address.section is Section.LABELS
    }
    live = read_definitions(reader, portal, sections, directions) if sections else {}
    return {name: {each.id: each for each in distinct(live.get(name, ()))} for name in addresses}


def owned_definitions(
    reader: PortalReader,
    portal: PortalSchema,
    memory: RecoveredState,
    objects: Collection[str],
    *,
    selection: Selection,
    unmatched: UnmatchedGlobs,
) -> Iterator[tuple[OwnedDefinition, LiveById]]:
    """Yield the selected owned definitions (selected values only), each with all live ones of its type."""
    owned: dict[str, list[OwnedDefinition]] = {}
    for name in sorted(objects):
        for each in memory.owned_definitions(name):
            unmatched.check(each.key, each.sent)
            kept = {path: text for path, text in each.sent.items() if selection.has(each.key, path)}
            if kept or selection.has_record(each.key):
                owned.setdefault(name, []).append(replace(each, sent=kept))
    live = live_by_id(reader, portal, {name: [each.key for each in of] for name, of in owned.items()})
    for name, entries in owned.items():
        for each in entries:
            yield each, live[name]
