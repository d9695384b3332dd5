"""Copying a portal into an emulator: the request and its result."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Copied(StrEnum):
    """The choices of records to copy."""

    NAMED = "named"  # records that the manifests name
    OWNED = "owned"  # the named records, and the owned records in state
    ALL = "all"  # all records of the requested object types
    SAMPLE = "sample"  # the named records, and the first records of each object type


@dataclass(frozen=True, slots=True)
class CopyRequest:
    """A request for a copy."""

    records: Copied = Copied.NAMED
    sample: int = 0  # number of records of each object type, with ``SAMPLE``
    objects: tuple[str, ...] = ()  # object types; none: the object types of the manifests
    is_masked: bool = True  # personal values become pseudonyms

    def document(self) -> Mapping[str, object]:
        """Return the request as JSON for a checkpoint: only an equal request can continue from it."""
        return {
            "is_masked": self.is_masked,
            "objects": list(self.objects),
            "records": str(self.records),
            "sample": self.sample,
        }


@dataclass(frozen=True, slots=True)
class CopyResult:
    """A portal that was copied."""

    environment: str  # the environment that has the copy
    portal_id: int  # the copy has the same portal id as the original
    records: Mapping[str, int]  # number of copied records, by object type
    associations: int  # number of copied pairs of associated records
    calls: int  # number of calls in this run that read the portal
    masked: tuple[str, ...]  # properties with pseudonyms, as ``contacts#email``
    owned: int  # number of records and definitions that the copied state owns
    untold: tuple[str, ...]  # parts that the emulator does not imitate
    is_resumed: bool  # whether this copy continued an earlier one that was interrupted
    # the settings file to which the environment was added; None if the settings had the environment already
    written: str | None = field(default=None)


DOES_NOT_TRAVEL = (
    "lists, workflows, forms, files, e-mails and the history of values",
    "rules of admins that no API shows, and permissions of users",
    "the journal of runs, so runs of the original portal cannot be rolled back in the copy",
)
"""Parts of a portal that are never copied, as texts for the user."""
