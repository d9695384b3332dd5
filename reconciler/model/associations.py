"""Associations of two records, with or without a label."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from reconciler.model.addresses import AssociationAddress, RecordAddress, RecordId
from reconciler.model.labels import Label
from reconciler.model.object_references import Direction
from reconciler.model.owned import Origin
from reconciler.model.references import RecordIdentity

ASSOCIATED = "associated"
"""The text for an unlabelled association in the places where reports show the value of a property."""


def is_so(labels: Collection[Label] | None, label: Label | None) -> bool:
    """Return whether two records with ``labels`` (None: not associated) are associated with ``label``.

    ``label`` is None for the unlabelled association, which every label implies.
    """
    if labels is None or label is None:
        return labels is not None
    return any(label.type == live.type for live in labels)


class AssociationIdentity(NamedTuple):
    """The identity of an association: keys and label texts may change, these values do not."""

    object: str
    record_id: RecordId
    to_object: str
    to_id: RecordId
    category: str  # category of the label; empty: the unlabelled association
    type_id: int  # 0: the unlabelled association


class RecordRef(NamedTuple):
    """A record that HubSpot has."""

    address: RecordAddress
    id: RecordId

    @property
    def identity(self) -> RecordIdentity:
        """Object type and id: keys may change, these do not."""
        return RecordIdentity(self.address.object, self.id)

    def renamed(self, addresses: Mapping[RecordIdentity, RecordAddress]) -> "RecordRef":
        """Return the record with its address in ``addresses``; without one there, the record itself."""
        return self._replace(address=addresses.get(self.identity, self.address))


class Association(NamedTuple):
    """An association that exists in HubSpot; ``source`` is the record whose manifest names it."""

    source: RecordRef
    target: RecordRef
    label: Label | None = None  # None: the unlabelled association

    @property
    def address(self) -> AssociationAddress:
        """The address of the association."""
        return AssociationAddress(self.source.address, self.target.address, self.label)

    @property
    def identity(self) -> AssociationIdentity:
        """The identity of the association."""
        return identity_of(self.address, self.source.id, self.target.id)


@dataclass(frozen=True, slots=True)
class OwnedAssociation:
    """An association that reconciler owns.

    Two records with a label also have the unlabelled association. ``is_whole``: the two records were not
    associated before reconciler associated them, so the unlabelled association is removed together with the
    last label.
    """

    association: Association
    origin: Origin
    is_whole: bool

    @property
    def source(self) -> RecordRef:
        """The record whose manifest names the association."""
        return self.association.source

    @property
    def target(self) -> RecordRef:
        """The other record."""
        return self.association.target

    @property
    def label(self) -> Label | None:
        """The label; None: the unlabelled association."""
        return self.association.label

    @property
    def records(self) -> tuple[RecordIdentity, RecordIdentity]:
        """The two records, first the record whose manifest names the association."""
        return self.source.identity, self.target.identity

    @property
    def direction(self) -> Direction:
        """The object types of the two records; the manifest of the first one names the association."""
        return self.address.direction

    def renamed(self, addresses: Mapping[RecordIdentity, RecordAddress]) -> "OwnedAssociation":
        """Return the association with the addresses of its records replaced by those in ``addresses``."""
        source, target = (record.renamed(addresses) for record in (self.source, self.target))
        return replace(self, association=Association(source, target, self.label))

    @property
    def identity(self) -> AssociationIdentity:
        """The identity of the association."""
        return self.association.identity

    @property
    def address(self) -> AssociationAddress:
        """The address of the association."""
        return self.association.address


def identity_of(address: AssociationAddress, record_id: RecordId, target_id: RecordId) -> AssociationIdentity:
    """Return the identity of the association at ``address``, whose records have these ids."""
    of_label = address.label.type if address.label else ("", 0)
    return AssociationIdentity(address.record.object, record_id, address.target.object, target_id, *of_label)


class AssociationsAfter(NamedTuple):
    """The updates of state after applied changes: associations that become owned, or cease to be owned."""

    owned: Sequence[OwnedAssociation] = ()
    disowned: Sequence[AssociationIdentity] = ()
    ended: Sequence[RecordIdentity] = ()  # records that are gone: state removes all of their associations


NO_ASSOCIATIONS = AssociationsAfter()
"""The value for changes that store and remove no association."""
