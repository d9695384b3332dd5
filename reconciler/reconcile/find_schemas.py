"""Reading what a schema for editors names: object types with their definitions, and the owners."""

from collections.abc import Collection

from reconciler.errors import NotAllowed
from reconciler.hubspot.portal.owners import read_owners
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.model.definitions import ObjectSchema, Owner


def find_schemas(
    reader: PortalReader, portal_id: int, objects: Collection[str]
) -> tuple[tuple[ObjectSchema, ...], tuple[Owner, ...]]:
    """Read the object types; and the owners, where the token may.

    Raises:
        UsageError: the token belongs to another portal.
        ManifestError: the portal lacks one of the types.
        HubSpotError: the portal cannot be read.
    """
    portal = read_portal(reader, objects, portal_id)
    try:
        owners = read_owners(reader, ())
    except NotAllowed:
        owners = ()  # owners have a scope of their own
    return tuple({schema.name: schema for schema in portal.objects.values()}.values()), owners
