"""Live records as read in this run, and records that are missing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.addresses import RecordId


@dataclass(frozen=True, slots=True)
class LiveRecord:
    """One record as HubSpot returned it in this run."""

    id: RecordId
    properties: Mapping[str, str | None] = field(default_factory=dict)  # "" is read as None
    created_at: str | None = field(default=None, compare=False)  # text from HubSpot, by HubSpot's clock


class LiveRecords(dict[str, LiveRecord]):
    """Live records, by the key with which they were requested.

    Attributes:
        unanswered: keys that answers left out repeatedly: nobody knows whether these records exist.
    """

    def __init__(self, found: Mapping[str, LiveRecord], unanswered: Iterable[str] = ()) -> None:
        super().__init__(found)
        self.unanswered = frozenset(unanswered)


GONE_ASKED_ALONE = 300
"""Up to this many gone records of one type are read one by one; more were probably deleted together."""


class MissingReason(StrEnum):
    """Reasons why a record is not found by its key any more."""

    ARCHIVED = "archived"
    MERGED = "merged"  # into another record
    REKEYED = "rekeyed"  # the record exists under another key
    ERASED = "erased"  # the record does not exist any more, not even in the archive
    NOT_FOUND = "not found"  # merged or erased: too many are gone to read each one
    UNANSWERED = "unanswered"  # HubSpot's answers leave the record out, so it may exist


@dataclass(frozen=True, slots=True)
class MissingRecord:
    """Findings about one missing record."""

    kind: MissingReason
    record_id: RecordId  # id of the record into which it was merged, or its own id
    key: str | None  # its present key, or that of the record into which it was merged; None: unknown
