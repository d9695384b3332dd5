"""Options of a run, and its callbacks."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.progress import Progress, ignore_progress


class OnStale(StrEnum):
    """Choices for records that changed between plan and apply."""

    SKIP = "skip"  # leave them, apply the others
    FAIL = "fail"  # leave them and stop
    OVERWRITE = "overwrite"  # write them anyway


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """The options of a run."""

    parallelism: int = 16  # maximum number of parallel calls
    rereads_before_write: bool = False  # somebody had time to edit since the plan was made
    on_stale: OnStale = OnStale.SKIP
    fail_fast: bool = False  # stop at the first change that HubSpot rejects
    calls_afterwards: int = 0  # number of calls to verify after the apply
    should_stop: Callable[[], bool] = lambda: False  # called before every call
    progress: Progress = ignore_progress  # changes that have an outcome, and all changes
    tell: Callable[[str], None] = lambda _message: None  # told the reason for waiting
    index_s: float | None = None  # seconds by which the search index is late; None: HubSpot's usual delay
