"""References: the identities of records, groups of records, and properties."""

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


class GroupKey(NamedTuple):
    """The records of one object type that are recognised by one key property."""

    object: str
    by: str


class ObjectProperty(NamedTuple):
    """A property of an object type."""

    object: str
    name: str
