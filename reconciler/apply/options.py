"""Options of a run, and its callbacks."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.progress import Progress, ignore_progress


class OnStale(StrEnum):
    """Choices for stale changes, whose records somebody changed since the plan was made."""

    SKIP = "skip"  # do not send them, apply the other changes
    FAIL = "fail"  # do not send them, and stop the run
    OVERWRITE = "overwrite"  # send them nevertheless


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """The options of a run."""

    parallelism: int = 16  # maximum number of parallel calls
    rereads_before_write: bool = False  # whether to read records again before writing to them
    on_stale: OnStale = OnStale.SKIP
    fail_fast: bool = False  # stop at the first change that HubSpot rejects
    calls_afterwards: int = 0  # number of calls that verifying needs after the apply
    should_stop: Callable[[], bool] = lambda: False  # whether to stop; called before batches
    progress: Progress = ignore_progress  # called with counts of changes: finished, all
    tell: Callable[[str], None] = lambda _message: None  # called with the reason whenever we wait
    index_s: float | None = None  # seconds of delay of the search index; None: HubSpot's usual delay
