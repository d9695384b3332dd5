"""One run of apply, as the journal recorded it; reports are made from it.

It uses plain texts instead of the classes of the plan: a journal may be older or newer than this version of
the program, and a report must be able to show a run with actions that this version does not know.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.model.addresses import DefinitionAddress, RecordAddress, RecordId
from reconciler.model.names import NO_DISPLAY_NAMES, NO_NAMES, DisplayNames, Names
from reconciler.model.object_references import ObjectProperty
from reconciler.model.outcomes import OUTCOME_WORDS, Applied, Skipped, Unknown
from reconciler.model.owned import StateVersion
from reconciler.source import SourceRef

UNDER_WAY = "under way"
"""The word for a change that has no outcome yet because its run is still running."""

_RUNNING = "running"  # the status of a running run


@dataclass(frozen=True, slots=True)
class RunHeader:
    """Identity and circumstances of a run."""

    id: str
    portal_id: int
    environment: str
    plan_digest: str  # "sha256:…" of the applied plan
    tool_version: str
    actor: Mapping[str, str]  # user, host, run URL, as far as known
    started_at: datetime  # with time zone UTC
    finished_at: datetime | None  # with time zone UTC; None if the end was never recorded
    status: str  # status in one word
    commit: str | None = None  # git commit of the applied manifests
    rolls_back: str | None = None  # id of the run that this one rolled back
    planned: Mapping[str, int] = field(default_factory=dict)  # number of planned changes, by action
    masked_properties: tuple[
        ObjectProperty, ...
    ] = ()  # (object type, property) whose values are masked when shown
    state: StateVersion | None = None  # version of the state after the run; None in reports of older versions
    names: Names = NO_NAMES  # display names for the report; empty after the run's values were erased

    @property
    def is_under_way(self) -> bool:
        """Whether the run has not ended yet, according to the journal."""
        return self.status == _RUNNING


@dataclass(frozen=True, slots=True)
class RunRow:
    """One planned change with its outcome."""

    number: int  # place of the change in the plan, from 0
    key: RecordAddress | DefinitionAddress
    action: str
    reason: str
    record_id: RecordId | None  # None until HubSpot has assigned an id
    before: Mapping[str, str | None]  # values before the change, by property name; None: empty
    after: Mapping[str, str | None]  # by property name; None clears
    outcome: str | None  # one of OUTCOME_WORDS; None if the journal has none
    detail: Mapping[str, str]  # HubSpot's message, category and correlation_id, as far as given
    source: SourceRef | None
    target: RecordAddress | None = None  # the other record of an association
    label: str | None = None  # label of an association, if it has one
    display_names: DisplayNames = NO_DISPLAY_NAMES

    @property
    def address(self) -> str:
        """The address of the record or definition in flags, plans and reports."""
        return self.key.text


@dataclass(frozen=True, slots=True)
class RunDetail:
    """A run with its rows: all rows, or all except applied ones, which are only counted."""

    header: RunHeader
    rows: tuple[RunRow, ...]  # in the order of the plan
    unlisted: int = 0  # number of applied rows that are not in ``rows``

    @property
    def never_attempted(self) -> int:
        """Number of planned changes that were not attempted before the run ended."""
        return max(sum(self.header.planned.values()) - len(self.rows) - self.unlisted, 0)

    def accounting(self) -> Mapping[str, int]:
        """Return ``planned`` and, in fixed order, the counts of all outcomes, which add up to ``planned``."""
        return self._summary.accounting()

    def accounting_so_far(self) -> Mapping[str, int]:
        """Return the accounting for display: see ``RunSummary.accounting_so_far``."""
        return self._summary.accounting_so_far()

    @property
    def _summary(self) -> "RunSummary":
        outcomes = Counter(row.outcome for row in self.rows)
        outcomes[Applied.word] += self.unlisted
        return RunSummary(self.header, outcomes)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run with the counts of its outcomes."""

    header: RunHeader
    outcomes: Mapping[str | None, int]  # number of rows by outcome; None: the journal has no outcome for them

    def accounting(self) -> Mapping[str, int]:
        """Return ``planned`` and, in fixed order, the counts of all outcomes, which add up to ``planned``.

        A row without an outcome counts as unknown. A planned change without a row was never attempted, and
        counts as skipped.
        """
        rows = sum(self.outcomes.values())
        planned = max(rows, sum(self.header.planned.values()))
        counts = {"planned": planned} | {word: self.outcomes.get(word, 0) for word in OUTCOME_WORDS}
        counts[Unknown.word] += self.outcomes.get(None, 0)
        counts[Skipped.word] += planned - rows
        return counts

    def accounting_so_far(self) -> Mapping[str, int]:
        """Return the accounting for display.

        While the run is still running, changes that have no outcome yet are counted as under way.
        """
        counts = dict(self.accounting())
        if not self.header.is_under_way:
            return counts
        ended = {word: self.outcomes.get(word, 0) for word in OUTCOME_WORDS}
        return counts | ended | {UNDER_WAY: counts["planned"] - sum(ended.values())}
