"""Reading the live definitions that an import writes."""

from collections.abc import Callable, Collection
from dataclasses import replace

from reconciler.errors import ManifestError, NotAllowed, RequestRejected
from reconciler.hubspot.definitions.read import read_definitions
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.model.addresses import Section
from reconciler.model.definitions import PortalSchema
from reconciler.model.desired import Desired
from reconciler.model.imports import DefinitionsRequest
from reconciler.model.object_references import Direction
from reconciler.plan.definitions.import_choice import ChosenDefinitions, choose_definitions
from reconciler.reconcile.find_keys import check_properties, read_schema

_USUAL = ("companies", "contacts", "deals", "tickets")
"""Object types that are read, too, if possible: an import also finds labels of associations with them."""


def find_definitions(
    reader: PortalReader,
    portal_id: int,
    request: DefinitionsRequest,
    desired_for: Callable[[str], Desired],
) -> tuple[str, ChosenDefinitions]:
    """Read the definitions of an object type, and choose those that manifests do not declare yet.

    Args:
        reader: reads the portal.
        portal_id: the portal to which the token must belong.
        request: the options of the import.
        desired_for: returns the manifests to compare with, given our name of the object type.

    Returns:
        our name of the object type, and the chosen definitions.

    Raises:
        UsageError: the portal has no such object type or property.
        HubSpotError: the portal cannot be read.
    """
    portal, schema = read_schema(reader, portal_id, request.object)
    check_properties(schema, request.properties)
    desired = desired_for(schema.name).renamed({name: known.name for name, known in portal.objects.items()})
    sections = set(request.sections)
    if Section.GROUPS in sections:
        sections.add(Section.PROPERTIES)  # needed to find out which groups are HubSpot's
    others: tuple[str, ...] = ()
    if Section.LABELS in sections:
        portal, others = _with_others(reader, portal, schema.name, {*desired.objects, *request.associations})
    directions = [Direction(schema.name, other) for other in others]
    live = read_definitions(reader, portal, {schema.name: sections - {Section.LABELS}}, directions)
    return schema.name, choose_definitions(live.get(schema.name, ()), request, desired.definitions)


def _with_others(
    reader: PortalReader, portal: PortalSchema, object_name: str, named: Collection[str]
) -> tuple[PortalSchema, tuple[str, ...]]:
    """Read the ``named`` types, and those types in ``_USUAL`` that the token may read.

    Return the portal with these types, and the names of all its types.
    """
    objects = dict(portal.objects)
    for other in sorted({*named, *_USUAL} - objects.keys()):
        try:
            objects |= read_portal(reader, [other]).objects
        except (ManifestError, NotAllowed, RequestRejected):
            if other in named:
                raise
    others = {schema.name for schema in objects.values()} | {object_name}
    return replace(portal, objects=objects), tuple(sorted(others))
