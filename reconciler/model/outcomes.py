"""What became of each change that was to be applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from reconciler.model.addresses import RecordId


@dataclass(frozen=True, slots=True)
class Applied:
    """HubSpot did it."""

    record_id: RecordId
    answered: Mapping[str, str | None]  # properties as the answer holds them; not a full read
    is_new: bool | None = None  # an upsert's answer says whether it created; other calls do not
    written: Mapping[str, str | None] | None = None  # what was sent and is there; None: all of it
    word: ClassVar[str] = "applied"


@dataclass(frozen=True, slots=True)
class Rejected:
    """HubSpot said no; the record is as it was, but for what is ``done``."""

    message: str
    category: str | None = None
    correlation_id: str | None = None
    record_id: RecordId | None = None  # where the answer names one although it is a refusal
    done: Applied | None = None  # as much of it as was carried out all the same
    word: ClassVar[str] = "rejected"


@dataclass(frozen=True, slots=True)
class Stale:
    """Live, or the entry in state, moved between plan and apply; nothing was sent."""

    message: str
    word: ClassVar[str] = "stale"


@dataclass(frozen=True, slots=True)
class Unknown:
    """It was sent and no answer came; reading live settles it."""

    message: str
    word: ClassVar[str] = "unknown"


@dataclass(frozen=True, slots=True)
class Skipped:
    """It was not attempted."""

    message: str
    word: ClassVar[str] = "skipped"


Outcome: TypeAlias = Applied | Rejected | Stale | Unknown | Skipped


def done_of(outcome: Outcome | None) -> Applied | None:
    """What HubSpot did, in whole or in part; None where it did nothing, or nobody knows."""
    match outcome:
        case Applied():
            return outcome
        case Rejected():
            return outcome.done
        case _:
            return None


OUTCOME_WORDS: tuple[str, ...] = tuple(kind.word for kind in (Applied, Rejected, Stale, Skipped, Unknown))
"""The words for outcomes in their fixed order; an accounting names each of them."""
