"""A definition as HubSpot has it now.

The definition is read immediately before or after the call that writes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.hubspot.definitions.live import live_property
from reconciler.hubspot.definitions.read import DefinitionsOfPortal
from reconciler.hubspot.definitions.reader import NOT_SENSITIVE, SENSITIVITIES
from reconciler.hubspot.definitions.responses import SchemaDefinition
from reconciler.hubspot.reader import PortalReader
from reconciler.model.addresses import Section
from reconciler.model.definitions import PortalSchema
from reconciler.model.object_references import Direction
from reconciler.model.portal_definitions import LiveDefinition, definition_id
from reconciler.plan.change import Action, Change

_SENSITIVITY = "dataSensitivity"

_ALONE = frozenset({Section.PROPERTIES, Section.OPTIONS})
"""Sections whose definitions are read one by one; of other sections, all definitions of the type are read."""


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """A definition, and all definitions of the same section, as HubSpot has them now."""

    live: LiveDefinition | None
    siblings: tuple[LiveDefinition, ...] = ()
    """All definitions of the section, with the definition itself; empty for properties and options."""
    schemas: tuple[SchemaDefinition, ...] = ()
    """All custom object types, if the definition is a custom object type."""


def read_definition_again(
    reader: PortalReader, portal: PortalSchema, change: Change, known: LiveDefinition | None = None
) -> ReadAgain:
    """Read the definition of ``change`` as it is now; for an option, read its property.

    ``known`` is the definition as it was read a moment ago; it gives the property's sensitivity.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    address = change.definition
    schema = portal.objects.get(address.object)
    if address.section in _ALONE:
        asked = schema.path if schema else "", address.names[0], _sensitivities(change, known)
        body = reader.definitions.property(*asked) if schema else None
        return ReadAgain(live_property(address.object, body) if body else None)
    asking = DefinitionsOfPortal(reader.definitions, portal)
    if address.section is Section.SCHEMA:
        schemas = reader.definitions.schemas()
        found = asking.schema_among(schemas, schema) if schema else ()
        return ReadAgain(_one_of(change, found), found, schemas)
    if address.section is Section.LABELS:
        found = asking.labels(Direction(address.object, address.names[0]))
    else:
        found = asking.of_section(address.object, address.section)
    siblings = tuple(each for each in found if each.address.section is address.section) or found
    if address.section is Section.PIPELINES:
        siblings = found
    return ReadAgain(_one_of(change, found), siblings)


def _sensitivities(change: Change, known: LiveDefinition | None) -> Sequence[str]:
    """Return the sensitivities that the property may have: one call finds properties of one sensitivity."""
    if known is not None:
        return (known.values.get(_SENSITIVITY) or NOT_SENSITIVE,)
    if change.action is not Action.CREATE:
        return SENSITIVITIES
    return (next((v.after for v in change.values if v.name == _SENSITIVITY), None) or NOT_SENSITIVE,)


def _one_of(change: Change, found: Sequence[LiveDefinition]) -> LiveDefinition | None:
    address = change.definition
    if change.remote.id is not None:
        return next((each for each in found if each.id == change.remote.id), None)
    if address.section is Section.LABELS:  # a new label has no numbers yet, so its id is unknown
        label = next((value.after for value in change.values if value.name == "label"), address.name)
        ours = [each for each in found if not each.is_hubspot_defined]
        return next((each for each in ours if each.values.get("label") == label), None)
    return next((each for each in found if each.id == definition_id(address.section, *address.names)), None)
