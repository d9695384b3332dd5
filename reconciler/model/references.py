"""References: the identities of records in HubSpot, and of their properties."""

from typing import NamedTuple

from reconciler.model.addresses import RecordId


class RecordIdentity(NamedTuple):
    """A record that HubSpot has. Its key may change, its id does not."""

    object: str
    id: RecordId


class PropertyRef(NamedTuple):
    """A property of one record."""

    object: str
    record_id: RecordId
    name: str
