"""A definition as HubSpot holds it now, read right before or after its call."""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.hubspot.definitions.live import live_property
from reconciler.hubspot.definitions.read import DefinitionsOfPortal
from reconciler.hubspot.reader import PortalReader
from reconciler.model.addresses import Section
from reconciler.model.definitions import PortalSchema
from reconciler.model.object_references import Direction
from reconciler.model.portal_definitions import LiveDefinition, definition_id
from reconciler.plan.change import Change

_ALONE = frozenset({Section.PROPERTIES, Section.OPTIONS})
"""Sections of which one definition is read, instead of all of the type."""


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """A definition, and those beside it, as they are now."""

    live: LiveDefinition | None
    siblings: tuple[LiveDefinition, ...] = ()  # those of its section; empty for a property


def read_definition_again(reader: PortalReader, portal: PortalSchema, change: Change) -> ReadAgain:
    """Read the definition of ``change`` as it is now; an option is read as its property.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    address = change.definition
    if address.section in _ALONE:
        schema = portal.objects.get(address.object)
        body = reader.definitions.property(schema.path, address.names[0]) if schema else None
        return ReadAgain(live_property(address.object, body) if body else None)
    asking = DefinitionsOfPortal(reader.definitions, portal)
    if address.section is Section.LABELS:
        found = asking.labels(Direction(address.object, address.names[0]))
    else:
        found = asking.of_section(address.object, address.section)
    siblings = tuple(each for each in found if each.address.section is address.section) or found
    if address.section is Section.PIPELINES:
        siblings = found
    return ReadAgain(_one_of(change, found), siblings)


def _one_of(change: Change, found: Sequence[LiveDefinition]) -> LiveDefinition | None:
    address = change.definition
    if change.remote.id is not None:
        return next((each for each in found if each.id == change.remote.id), None)
    if address.section is Section.LABELS:  # its numbers are unknown until HubSpot has answered
        label = next((value.after for value in change.values if value.name == "label"), address.name)
        ours = [each for each in found if not each.is_hubspot_defined]
        return next((each for each in ours if each.values.get("label") == label), None)
    return next((each for each in found if each.id == definition_id(address.section, *address.names)), None)
