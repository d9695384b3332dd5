"""Which hands a value went through since we last applied it, and whether one of them will not let go.

Such a list begins where the value last was as applied while a run of ours was under way: the run wrote
it, or saw that there was nothing to write. Where the journal no longer knows of such a run, it begins
where the value last was as applied, and says so.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, pairwise

from reconciler.model.definitions import Kind
from reconciler.model.drift import DriftHistory, HistoryStart
from reconciler.model.property_history import PropertyHistories, PropertyHistory, Spot, ValueVersion
from reconciler.model.runs import RunHeader
from reconciler.plan.values.equality import same_value

SKEW = timedelta(minutes=2)
"""By which HubSpot's clock and ours may differ."""

_FIGHT = 2
"""Writes of ours after which the same automation had the last word with the same value."""


@dataclass(frozen=True, slots=True)
class OurRuns:
    """When runs of ours were under way: from start to end, sorted, each of them aware."""

    spans: Sequence[tuple[datetime, datetime]] = ()

    def met(self, start: datetime, end: datetime) -> bool:
        """Whether a run was under way at some time between."""
        index = bisect_right(self.spans, end + SKEW, key=lambda span: span[0]) - 1
        return index >= 0 and start <= self.spans[index][1] + SKEW

    def cover(self, at: datetime) -> bool:
        """Whether a change at that time may have been ours."""
        return self.met(at, at)


def our_runs(runs: Iterable[RunHeader], now: datetime) -> OurRuns:
    """Runs that never said how they ended were under way until the next one began, or until ``now``."""
    ordered = sorted(runs, key=lambda run: run.started_at)
    next_starts = chain((run.started_at for run in ordered[1:]), [now])
    return OurRuns(
        tuple(
            (run.started_at, run.finished_at or end) for run, end in zip(ordered, next_starts, strict=False)
        )
    )


@dataclass(frozen=True, slots=True)
class Edit:
    """The last change of a value that is not as we last applied it."""

    by: ValueVersion | None = None  # None where nobody knows
    rounds: int = 0  # writes of ours after which the same automation had the last word, and the same word

    @property
    def is_contested(self) -> bool:
        """Whether writing the value once more would be fighting."""
        return self.rounds >= _FIGHT


@dataclass(frozen=True, slots=True)
class Edits:
    """What is known of the changes of some values."""

    histories: PropertyHistories
    runs: OurRuns

    def edit(self, spot: Spot, kind: Kind, last_applied: str | None, live: str | None) -> Edit:
        """Who made the value what it is, and whether they fight for it."""
        history = self.histories.get(spot)
        hands = _until(history.hands, kind, live) if history else ()
        if not hands:
            return Edit()
        return Edit(replace(hands[-1], value=live), _rounds(hands, kind, last_applied, self.runs))


NOBODY_KNOWS = Edits({}, OurRuns())


def trail_of(
    history: PropertyHistory | None, kind: Kind, last_applied: str | None, live: str | None, runs: OurRuns
) -> DriftHistory:
    """The hands since we last applied ``last_applied``, up to the one that made the value ``live``."""
    hands = _until(history.hands if history else (), kind, live)
    if history is None or not hands:
        return DriftHistory()
    alike = [index for index, hand in enumerate(hands) if same_value(kind, hand.value, last_applied)]
    ends = [hand.at for hand in hands[1:]]
    applied = [index for index in alike if index < len(ends) and runs.met(hands[index].at, ends[index])]
    if applied:
        return DriftHistory(hands[applied[-1] + 1 :], HistoryStart.APPLIED)
    if alike:
        return DriftHistory(hands[alike[-1] + 1 :], HistoryStart.SEEN)
    return DriftHistory(hands, HistoryStart.CUT if history.is_truncated else HistoryStart.UNKNOWN)


def _rounds(hands: Sequence[ValueVersion], kind: Kind, last_applied: str | None, runs: OurRuns) -> int:
    """After how many writes of ours the automation that had the last word did so.

    Each time with the value that is live now, after a write of the value that we last applied. What
    others did in between makes no difference.
    """
    last = hands[-1]
    if not last.via.is_automatic:
        return 0
    ours = [
        index
        for index, hand in enumerate(hands)
        if same_value(kind, hand.value, last_applied) and runs.cover(hand.at)
    ]
    answers = [hands[end - 1] for start, end in pairwise([*ours, len(hands)]) if end - start > 1]
    return sum(
        (hand.via, hand.by) == (last.via, last.by) and same_value(kind, hand.value, last.value)
        for hand in answers
    )


def _until(hands: Sequence[ValueVersion], kind: Kind, live: str | None) -> tuple[ValueVersion, ...]:
    """Up to the change that made the value what was read; all, where it is not among them."""
    made = [index for index, hand in enumerate(hands) if same_value(kind, hand.value, live)]
    return tuple(hands[: made[-1] + 1]) if made else tuple(hands)
