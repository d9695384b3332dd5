"""Which hands a value went through since we last applied it, and whether one of them will not let go.

Such a list begins where the value last was as applied while a run of ours was under way: the run wrote
it, or saw that there was nothing to write. Where the journal no longer knows of such a run, it begins
where the value last was as applied, and says so.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.model.drift import Since, Trail
from reconciler.model.history import Hand, History
from reconciler.model.runs import RunHeader
from reconciler.model.schema import Kind
from reconciler.plan.diff import same_value

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
    following = [*(run.started_at for run in ordered[1:]), now]
    return OurRuns(
        tuple((run.started_at, run.finished_at or end) for run, end in zip(ordered, following, strict=True))
    )


def trail_of(
    history: History | None, kind: Kind, last_applied: str | None, live: str | None, runs: OurRuns
) -> Trail:
    """The hands since we last applied ``last_applied``, up to the one that made the value ``live``."""
    hands = _until(history.hands if history else (), kind, live)
    if history is None or not hands:
        return Trail()
    alike = [index for index, hand in enumerate(hands) if same_value(kind, hand.value, last_applied)]
    ends = [hand.at for hand in hands[1:]]
    applied = [index for index in alike if index < len(ends) and runs.met(hands[index].at, ends[index])]
    if applied:
        return Trail(hands[applied[-1] + 1 :], Since.APPLIED)
    if alike:
        return Trail(hands[alike[-1] + 1 :], Since.SEEN)
    return Trail(hands, Since.CUT if history.is_cut else Since.UNKNOWN)


def contender(
    history: History | None, kind: Kind, last_applied: str | None, live: str | None, runs: OurRuns
) -> Hand | None:
    """The automation that fights for the property: it had the last word after two writes of ours.

    Both times with the value that is live now, after a write of the value that we last applied. What
    others did in between makes no difference.
    """
    hands = _until(history.hands if history else (), kind, live)
    last = hands[-1] if hands else None
    if last is None or not last.via.is_automatic:
        return None
    ours = [
        index
        for index, hand in enumerate(hands)
        if same_value(kind, hand.value, last_applied) and runs.cover(hand.at)
    ]
    ends = [*ours[1:], len(hands)]
    answers = [hands[end - 1] for start, end in zip(ours, ends, strict=False) if end - start > 1]
    alike = [
        hand
        for hand in answers
        if (hand.via, hand.by) == (last.via, last.by) and same_value(kind, hand.value, live)
    ]
    return last if len(alike) >= _FIGHT and answers[-1] == last else None


def _until(hands: Sequence[Hand], kind: Kind, live: str | None) -> tuple[Hand, ...]:
    """Up to the change that made the value what was read; all, where it is not among them."""
    made = [index for index, hand in enumerate(hands) if same_value(kind, hand.value, live)]
    return tuple(hands[: made[-1] + 1]) if made else tuple(hands)
