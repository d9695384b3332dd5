"""Outcomes of planned changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from reconciler.model.addresses import RecordId


@dataclass(frozen=True, slots=True)
class Applied:
    """HubSpot applied the change."""

    record_id: RecordId
    answered: Mapping[str, str | None]  # properties in the answer; not a complete read
    is_new: bool | None = None  # whether an upsert created the record; other calls do not say
    written: Mapping[str, str | None] | None = None  # sent values that HubSpot accepted; None: all of them
    word: ClassVar[str] = "applied"


@dataclass(frozen=True, slots=True)
class Rejected:
    """HubSpot refused the change; the record is as before, except for ``done``."""

    message: str
    category: str | None = None
    correlation_id: str | None = None
    record_id: RecordId | None = None  # the record id in the refusal, if it names one
    done: Applied | None = None  # the part of the change that was applied all the same
    word: ClassVar[str] = "rejected"


@dataclass(frozen=True, slots=True)
class Stale:
    """The record in HubSpot or the entry in state changed between plan and apply; nothing was sent."""

    message: str
    found: RecordId | None = None  # id of an existing thing that equals what the change would create
    word: ClassVar[str] = "stale"


@dataclass(frozen=True, slots=True)
class Unknown:
    """The change was sent and no answer arrived; reading from HubSpot shows whether it was carried out."""

    message: str
    word: ClassVar[str] = "unknown"


@dataclass(frozen=True, slots=True)
class Skipped:
    """The change was not attempted."""

    message: str
    word: ClassVar[str] = "skipped"


Outcome: TypeAlias = Applied | Rejected | Stale | Unknown | Skipped


def done_of(outcome: Outcome | None) -> Applied | None:
    """Return what HubSpot applied of a change; None if it applied nothing, or the outcome is unknown."""
    match outcome:
        case Applied():
            return outcome
        case Rejected():
            return outcome.done
        case _:
            return None


OUTCOME_WORDS: tuple[str, ...] = tuple(kind.word for kind in (Applied, Rejected, Stale, Skipped, Unknown))
"""The words for outcomes, in the order in which reports of a run count them."""
