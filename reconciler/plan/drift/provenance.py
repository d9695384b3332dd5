"""The changes of a value since we last applied it, and automations that keep changing it back.

The list begins at the last time when, during one of our runs, the value was as we applied it: the run wrote
it or found it unchanged. If the journal no longer has such a run, the list begins at the last time when the
value was equal to the applied value, also outside our runs. ``HistoryStart`` tells how the list begins.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, pairwise

from reconciler.model.definitions import Kind
from reconciler.model.drift import DriftHistory, HistoryStart
from reconciler.model.property_history import PropertyHistories, PropertyHistory, ValueVersion
from reconciler.model.references import PropertyRef
from reconciler.model.runs import RunHeader
from reconciler.plan.values.equality import same_value

SKEW = timedelta(minutes=2)
"""Maximum difference between HubSpot's clock and ours."""

_FIGHT = 2
"""A value is contested if an automation has overwritten it after this many of our writes."""


@dataclass(frozen=True, slots=True)
class OurRuns:
    """Start and end times of this program's runs, sorted, with time zones."""

    spans: Sequence[tuple[datetime, datetime]] = ()

    def overlap(self, start: datetime, end: datetime) -> bool:
        """Return whether a run was under way at some time between ``start`` and ``end``."""
        index = bisect_right(self.spans, end + SKEW, key=lambda span: span[0]) - 1
        return index >= 0 and start <= self.spans[index][1] + SKEW

    def cover(self, at: datetime) -> bool:
        """Return whether a change at the time ``at`` may have been made by one of our runs."""
        return self.overlap(at, at)


def our_runs(runs: Iterable[RunHeader], now: datetime) -> OurRuns:
    """Collect the times of runs; one without a recorded end lasts until the next one, or until ``now``."""
    ordered = sorted(runs, key=lambda run: run.started_at)
    next_starts = chain((run.started_at for run in ordered[1:]), [now])
    return OurRuns(
        tuple(
            (run.started_at, run.finished_at or end) for run, end in zip(ordered, next_starts, strict=False)
        )
    )


@dataclass(frozen=True, slots=True)
class LatestEdit:
    """The last change of a value that is no longer as we applied it."""

    by: ValueVersion | None = None  # None if unknown
    rounds: int = 0  # number of our writes that the same automation overwrote with this value

    @property
    def is_contested(self) -> bool:
        """Whether an automation would overwrite the value again and again."""
        return self.rounds >= _FIGHT


@dataclass(frozen=True, slots=True)
class Edits:
    """The known changes of values in HubSpot, and the times of our runs."""

    histories: PropertyHistories
    runs: OurRuns

    def edit(self, spot: PropertyRef, kind: Kind, last_applied: str | None, live: str | None) -> LatestEdit:
        """Return the last change of a drifted value, and how often its author has overwritten our writes."""
        history = self.histories.get(spot)
        versions = _until(history.versions, kind, live) if history else ()
        if not versions:
            return LatestEdit()
        return LatestEdit(replace(versions[-1], value=live), _rounds(versions, kind, last_applied, self.runs))


NOBODY_KNOWS = Edits({}, OurRuns())


def trail_of(
    history: PropertyHistory | None, kind: Kind, last_applied: str | None, live: str | None, runs: OurRuns
) -> DriftHistory:
    """Return the changes since we applied ``last_applied``, up to the change that set ``live``."""
    versions = _until(history.versions if history else (), kind, live)
    if history is None or not versions:
        return DriftHistory()
    alike = [index for index, version in enumerate(versions) if same_value(kind, version.value, last_applied)]
    ends = [version.at for version in versions[1:]]
    applied = [
        index for index in alike if index < len(ends) and runs.overlap(versions[index].at, ends[index])
    ]
    if applied:
        return DriftHistory(versions[applied[-1] + 1 :], HistoryStart.APPLIED)
    if alike:
        return DriftHistory(versions[alike[-1] + 1 :], HistoryStart.SEEN)
    return DriftHistory(versions, HistoryStart.CUT if history.is_truncated else HistoryStart.UNKNOWN)


def _rounds(versions: Sequence[ValueVersion], kind: Kind, last_applied: str | None, runs: OurRuns) -> int:
    """Count our writes that an automation has overwritten with the present live value.

    Only the automation that made the last change counts. If the last change is not from an automation, the
    count is 0. Between our write and the automation's change, others may have changed the value.
    """
    last = versions[-1]
    if not last.via.is_automatic:
        return 0
    ours = [
        index
        for index, version in enumerate(versions)
        if same_value(kind, version.value, last_applied) and runs.cover(version.at)
    ]
    answers = [versions[end - 1] for start, end in pairwise([*ours, len(versions)]) if end - start > 1]
    return sum(
        (version.via, version.by) == (last.via, last.by) and same_value(kind, version.value, last.value)
        for version in answers
    )


def _until(versions: Sequence[ValueVersion], kind: Kind, live: str | None) -> tuple[ValueVersion, ...]:
    """Return the changes up to the change that set the live value; all changes if none did."""
    made = [index for index, version in enumerate(versions) if same_value(kind, version.value, live)]
    return tuple(versions[: made[-1] + 1]) if made else tuple(versions)
