"""What apply tells the journal when it begins, and what the journal hands back to be settled."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from reconciler.model.calls import Route
from reconciler.model.outcomes import Applied
from reconciler.model.runs import RunHeader
from reconciler.plan.change import Action, Change, PairWriting, Writing


@dataclass(frozen=True, slots=True)
class Actor:
    """Who runs this, and where."""

    user: str
    host: str
    pid: int  # of the process on ``host``
    run_url: str | None = None  # of the CI job

    def __str__(self) -> str:
        return f"{self.user} on {self.host} (process {self.pid})"


@dataclass(frozen=True, slots=True)
class RunStart:
    """What is known of a run before its first change."""

    environment: str
    plan_digest: str
    tool_version: str
    actor: Actor
    planned: Mapping[Action, int]  # changes by action; actions without any may be left out
    personal: tuple[tuple[str, str], ...] = ()  # (object, property) whose values are masked when shown
    commit: str | None = None  # of the manifests that are applied
    undoes: str | None = None  # the run that is taken back
    project: str | None = None  # the name of the project; None where it has none


class RunStatus(StrEnum):
    """How a run stands or ended."""

    RUNNING = "running"
    FINISHED = "finished"  # every planned change has its entry in the journal
    INTERRUPTED = "interrupted"  # it stopped, or was found dead: what has no entry was never attempted


@dataclass(frozen=True, slots=True)
class PastRun:
    """What a run did, as far as it can be taken back."""

    header: RunHeader
    applied: tuple[tuple[Change, Applied], ...]  # with their values, in the order of the plan
    forgotten: int  # changes that were applied, and whose values were erased since


Sent: TypeAlias = Mapping[tuple[int, int], datetime | None]
"""By change and ordinal of its call, when it was handed to a connection, by HubSpot's clock; None: never."""


@dataclass(frozen=True, slots=True)
class UnfinishedBatch:
    """Changes that were about to be sent, and of which nobody knows yet what became of them."""

    run_id: str
    number: int  # of the batch within its run
    object: str
    route: Route
    intended_at: datetime  # aware, UTC
    entries: tuple[tuple[int, Writing], ...]  # only those without a final outcome, by number
    sent: Sent | None = None  # None: journaled by a version that did not say

    @property
    def objects(self) -> frozenset[str]:
        """The object types of the records that it is about, at both ends of associations."""
        others = {change.target.object for _, change in self.entries if isinstance(change, PairWriting)}
        return frozenset({self.object} | others)
