"""Two records that are associated, perhaps with a label."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from reconciler.model.addresses import AssociationAddress, RecordId, RecordKey
from reconciler.model.desired import Record
from reconciler.model.labels import Label
from reconciler.model.owned import Origin


def is_so(labels: Collection[Label] | None, label: Label | None) -> bool:
    """Whether two records that bear ``labels`` (None: are not associated) are associated as ``label`` says.

    Every label brings the plain association along.
    """
    if labels is None or label is None:
        return labels is not None
    return any(label.type == live.type for live in labels)


class PairIdentity(NamedTuple):
    """What tells associations apart: keys of records and texts of labels may change, these do not."""

    object: str
    record_id: RecordId
    to_object: str
    to_id: RecordId
    category: str  # of the label; empty: the plain association
    type_id: int  # 0: likewise


@dataclass(frozen=True, slots=True)
class OwnedPair:
    """An association that state says is ours, from the record whose manifest names it.

    A label brings the plain association along. ``is_whole``: the two were not associated at all before us,
    so nothing is to be left of it when the last label goes.
    """

    key: RecordKey
    record_id: RecordId
    target: RecordKey
    target_id: RecordId
    label: Label | None  # None: the plain association
    origin: Origin
    is_whole: bool

    @property
    def ends(self) -> tuple[Record, Record]:
        """The two records, from the one whose manifest names it."""
        return (self.key.object, self.record_id), (self.target.object, self.target_id)

    def called(self, keys: Mapping[Record, RecordKey]) -> Self:
        """The same with those of its records that ``keys`` has by other keys known by these."""
        key, target = (keys.get(end) for end in self.ends)
        if key is None and target is None:
            return self
        return replace(self, key=key or self.key, target=target or self.target)

    @property
    def identity(self) -> PairIdentity:
        """What tells it from others."""
        return identity_of(self.address, self.record_id, self.target_id)

    @property
    def address(self) -> AssociationAddress:
        """What a change of it is about."""
        return AssociationAddress(self.key, self.target, self.label)


def identity_of(address: AssociationAddress, record_id: RecordId, target_id: RecordId) -> PairIdentity:
    """What tells the association of two records from others."""
    of_label = address.label.type if address.label else ("", 0)
    return PairIdentity(address.record.object, record_id, address.target.object, target_id, *of_label)


class PairsAfter(NamedTuple):
    """What state is to hold and to forget of associations after some changes."""

    owned: Sequence[OwnedPair] = ()
    disowned: Sequence[PairIdentity] = ()
    ended: Sequence[tuple[str, RecordId]] = ()  # records that are gone, with all their associations


NO_PAIRS = PairsAfter()
"""After changes that have nothing to do with associations."""
