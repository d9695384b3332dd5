"""How a run behaves: what the person chose, and whom it tells and asks on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many changes have an outcome, of how many."""


class OnStale(StrEnum):
    """What is done with records that moved between plan and apply."""

    SKIP = "skip"  # leave them, apply the others
    FAIL = "fail"  # leave them and stop
    OVERWRITE = "overwrite"  # write them all the same


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How a run behaves."""

    parallelism: int = 16  # calls in flight at the most
    rereads_before_write: bool = False  # somebody had time to edit since the plan was made
    on_stale: OnStale = OnStale.SKIP
    fail_fast: bool = False  # stop at the first change that HubSpot rejects
    calls_afterwards: int = 0  # that are made once all is applied, to verify it
    should_stop: Callable[[], bool] = lambda: False  # asked before every call
    progress: Progress = lambda _done, _total: None
