"""One run of apply, as the journal tells it afterwards: what reports are made of.

Plain words instead of the plan's own classes: a journal outlives the versions of the plan that
wrote it, and a report must be able to show a run whose actions this version no longer knows.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.model.addresses import RecordId, RecordKey
from reconciler.model.outcomes import OUTCOME_WORDS, Applied, Skipped, Unknown
from reconciler.source import SourceRef

UNDER_WAY = "under way"
"""What is told of changes that a run which goes on has not ended."""

_RUNNING = "running"  # the status of a run that goes on


@dataclass(frozen=True, slots=True)
class RunHeader:
    """Which run it was."""

    id: str
    portal_id: int
    environment: str
    plan_digest: str  # "sha256:…" of the plan that was applied
    tool_version: str
    actor: Mapping[str, str]  # who ran it: user, host, run URL, as far as known
    started_at: datetime  # aware, UTC
    finished_at: datetime | None  # aware, UTC; None where it never said so
    status: str  # one word: how the run stands or ended
    commit: str | None = None  # git commit of the manifests that were applied
    undoes: str | None = None  # id of the run that this one took back
    planned: Mapping[str, int] = field(default_factory=dict)  # changes by action
    personal: tuple[tuple[str, str], ...] = ()  # (object, property) whose values are masked when shown

    @property
    def is_under_way(self) -> bool:
        """Whether it has not ended, as far as the journal knows."""
        return self.status == _RUNNING


@dataclass(frozen=True, slots=True)
class RunRow:
    """One planned change and what became of it."""

    number: int  # its place in the plan, from 0
    key: RecordKey
    action: str
    reason: str
    record_id: RecordId | None  # None until HubSpot has given one
    before: Mapping[str, str | None]  # by property name; None was empty
    after: Mapping[str, str | None]  # by property name; None clears
    outcome: str | None  # one of OUTCOME_WORDS; None where the journal has none
    detail: Mapping[str, str]  # HubSpot's word on it: message, category, correlation_id, where given
    source: SourceRef | None
    target: RecordKey | None = None  # the other record, of an association
    label: str | None = None  # of an association that has one

    @property
    def address(self) -> str:
        """The record's name in flags, plans and reports."""
        return self.key.address


@dataclass(frozen=True, slots=True)
class RunDetail:
    """A run with its rows: with all of them, or without those that were applied, of which only the number."""

    header: RunHeader
    rows: tuple[RunRow, ...]  # in the order of the plan
    unlisted: int = 0  # rows that were applied and are not among ``rows``

    @property
    def never_attempted(self) -> int:
        """How many planned changes the run ended before."""
        return max(sum(self.header.planned.values()) - len(self.rows) - self.unlisted, 0)

    def accounting(self) -> Mapping[str, int]:
        """``planned`` and each word for an outcome, in fixed order; the words add up to ``planned``."""
        return self._summary.accounting()

    def standing(self) -> Mapping[str, int]:
        """The accounting as it is told: see ``RunSummary.standing``."""
        return self._summary.standing()

    @property
    def _summary(self) -> "RunSummary":
        outcomes = Counter(row.outcome for row in self.rows)
        outcomes[Applied.word] += self.unlisted
        return RunSummary(self.header, outcomes)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run and what its rows come to."""

    header: RunHeader
    outcomes: Mapping[str | None, int]  # rows by outcome; None: the journal has none

    def accounting(self) -> Mapping[str, int]:
        """``planned`` and each word for an outcome, in fixed order; the words add up to ``planned``.

        A row without an outcome counts as unknown: nobody can say what became of it. A planned change
        without a row was never attempted, and counts as skipped.
        """
        rows = sum(self.outcomes.values())
        planned = max(rows, sum(self.header.planned.values()))
        counts = {"planned": planned} | {word: self.outcomes.get(word, 0) for word in OUTCOME_WORDS}
        counts[Unknown.word] += self.outcomes.get(None, 0)
        counts[Skipped.word] += planned - rows
        return counts

    def standing(self) -> Mapping[str, int]:
        """The accounting as it is told: what a run that goes on has not ended is under way, not lost."""
        counts = dict(self.accounting())
        if not self.header.is_under_way:
            return counts
        ended = {word: self.outcomes.get(word, 0) for word in OUTCOME_WORDS}
        return counts | ended | {UNDER_WAY: counts["planned"] - sum(ended.values())}
