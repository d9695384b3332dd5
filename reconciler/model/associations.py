"""Associations of two records, with or without a label."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from reconciler.model.addresses import AssociationAddress, RecordAddress, RecordId
from reconciler.model.desired import Record
from reconciler.model.labels import Label
from reconciler.model.owned import Origin


def is_so(labels: Collection[Label] | None, label: Label | None) -> bool:
    """Return whether an association with ``labels`` (None: no association) includes ``label``.

    Every label implies the unlabelled association.
    """
    if labels is None or label is None:
        return labels is not None
    return any(label.type == live.type for live in labels)


class PairIdentity(NamedTuple):
    """The identity of an association: keys and label texts may change, these values do not."""

    object: str
    record_id: RecordId
    to_object: str
    to_id: RecordId
    category: str  # category of the label; empty: the unlabelled association
    type_id: int  # 0: the unlabelled association


@dataclass(frozen=True, slots=True)
class OwnedPair:
    """An association that we own, from the record whose manifest names it.

    A label implies the unlabelled association. ``is_whole``: the two records were not associated before us,
    so the whole association is removed with its last label.
    """

    key: RecordAddress
    record_id: RecordId
    target: RecordAddress
    target_id: RecordId
    label: Label | None  # None: the unlabelled association
    origin: Origin
    is_whole: bool

    @property
    def ends(self) -> tuple[Record, Record]:
        """The two records, first the one whose manifest names the association."""
        return (self.key.object, self.record_id), (self.target.object, self.target_id)

    def called(self, keys: Mapping[Record, RecordAddress]) -> Self:
        """Return the association with the keys of its records replaced by ``keys``."""
        key, target = (keys.get(end) for end in self.ends)
        if key is None and target is None:
            return self
        return replace(self, key=key or self.key, target=target or self.target)

    @property
    def identity(self) -> PairIdentity:
        """The identity of the association."""
        return identity_of(self.address, self.record_id, self.target_id)

    @property
    def address(self) -> AssociationAddress:
        """The address of its change."""
        return AssociationAddress(self.key, self.target, self.label)


def identity_of(address: AssociationAddress, record_id: RecordId, target_id: RecordId) -> PairIdentity:
    """Return the identity of the association of two records."""
    of_label = address.label.type if address.label else ("", 0)
    return PairIdentity(address.record.object, record_id, address.target.object, target_id, *of_label)


class PairsAfter(NamedTuple):
    """The owned associations to store and to remove after some changes."""

    owned: Sequence[OwnedPair] = ()
    disowned: Sequence[PairIdentity] = ()
    ended: Sequence[tuple[str, RecordId]] = ()  # records that are gone, with all their associations


NO_PAIRS = PairsAfter()
"""The result of changes without associations."""
