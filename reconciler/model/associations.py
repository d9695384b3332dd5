"""Two records that are associated, perhaps with a label."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from reconciler.model.addresses import RecordId, RecordKey
from reconciler.model.desired import Record
from reconciler.model.owned import Origin


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """What two records are to each other, seen from the first: a type of association that has a name."""

    category: str  # HUBSPOT_DEFINED, USER_DEFINED, …
    type_id: int
    text: str

    @property
    def type(self) -> tuple[str, int]:
        """What tells it from others: its text may change."""
        return self.category, self.type_id

    @property
    def is_flag(self) -> bool:
        """Whether it only marks one of several associations, as "Primary" does, and HubSpot moves it."""
        return (self.category, self.text) == ("HUBSPOT_DEFINED", "Primary")


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
        return identity_of(self.key, self.record_id, self.target, self.target_id, self.label)


def identity_of(
    key: RecordKey, record_id: RecordId, target: RecordKey, target_id: RecordId, label: Label | None
) -> PairIdentity:
    """What tells the association of two records from others."""
    of_label = label.type if label else ("", 0)
    return PairIdentity(key.object, record_id, target.object, target_id, *of_label)


class PairsAfter(NamedTuple):
    """What state is to hold and to forget of associations after some changes."""

    owned: Sequence[OwnedPair] = ()
    disowned: Sequence[PairIdentity] = ()
    ended: Sequence[tuple[str, RecordId]] = ()  # records that are gone, with all their associations


NO_PAIRS = PairsAfter()
"""After changes that have nothing to do with associations."""
