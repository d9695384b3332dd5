"""Records as the portal holds them in this run, and what became of records that it no longer holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.addresses import RecordId


@dataclass(frozen=True, slots=True)
class LiveRecord:
    """One record as HubSpot answered it in this run."""

    id: RecordId
    properties: Mapping[str, str | None] = field(default_factory=dict)  # "" is read as None
    created_at: str | None = field(default=None, compare=False)  # as HubSpot writes it, by its clock


class LiveRecords(dict[str, LiveRecord]):
    """Records by the key that was asked for.

    Attributes:
        unanswered: keys that answers left out, again and again: nobody knows whether there is such a record.
    """

    def __init__(self, found: Mapping[str, LiveRecord], unanswered: Iterable[str] = ()) -> None:
        super().__init__(found)
        self.unanswered = frozenset(unanswered)


GONE_ASKED_ALONE = 300
"""Gone records of one type that are asked about one by one; where more are gone, somebody emptied it."""


class MissingReason(StrEnum):
    """What became of a record that is no longer found by its key."""

    ARCHIVED = "archived"
    MERGED = "merged"  # into another record
    REKEYED = "rekeyed"  # it is there, under another key
    ERASED = "erased"  # the portal knows nothing of it
    NOT_FOUND = "not found"  # merged or erased: too many are gone to ask about each
    UNANSWERED = "unanswered"  # HubSpot leaves it out of its answers: it may be there


@dataclass(frozen=True, slots=True)
class MissingRecord:
    """What became of one record."""

    kind: MissingReason
    record_id: RecordId  # under which it lives on; its own where it does not
    key: str | None  # the key it has now
