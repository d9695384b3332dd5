"""Values that apply passes to the journal at the start of a run, and values that it reads to settle."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from reconciler.model.calls import Operation
from reconciler.model.names import NO_NAMES, Names
from reconciler.model.object_references import ObjectProperty
from reconciler.model.outcomes import Applied
from reconciler.model.runs import RunHeader
from reconciler.plan.change import Change
from reconciler.plan.kinds import Verb


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or job that runs us, and the machine."""

    user: str
    host: str
    pid: int  # process id on ``host``
    run_url: str | None = None  # URL of the CI job

    def __str__(self) -> str:
        return f"{self.user} on {self.host} (process {self.pid})"


@dataclass(frozen=True, slots=True)
class RunStart:
    """Facts about a run before its first change."""

    environment: str
    plan_digest: str
    tool_version: str
    actor: Actor
    planned: Mapping[Verb, int]  # changes by action; actions without changes may be missing
    masked_properties: tuple[
        ObjectProperty, ...
    ] = ()  # (object type, property) whose values are masked when shown
    commit: str | None = None  # commit of the applied manifests
    rolls_back: str | None = None  # the run that is rolled back
    project: str | None = None  # name of the project; None if it has none
    names: Names = NO_NAMES  # display names of the properties and values of its changes


class RunStatus(StrEnum):
    """Status of a run."""

    RUNNING = "running"
    FINISHED = "finished"  # every planned change has its entry in the journal
    # it stopped, or was found dead: changes without an entry were never attempted
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class PastRun:
    """The changes of a run that can be rolled back."""

    header: RunHeader
    applied: tuple[tuple[Change, Applied], ...]  # with their values, in the order of the plan
    forgotten: int  # number of applied changes whose values were erased since


Sent: TypeAlias = Mapping[tuple[int, int], datetime | None]
"""By change and ordinal of its call: when it was handed to a connection, by HubSpot's clock; None: never."""


@dataclass(frozen=True, slots=True)
class UnfinishedBatch:
    """Changes that were about to be sent and have no outcome yet."""

    run_id: str
    number: int  # number of the batch within its run
    object: str
    operation: Operation
    intended_at: datetime  # aware, UTC
    entries: tuple[tuple[int, Change], ...]  # only changes without a final outcome, by number
    sent: Sent = field(default_factory=dict)

    @property
    def objects(self) -> frozenset[str]:
        """The object types of its records and definitions, at both ends of associations."""
        return frozenset(
            {self.object} | {name for _, change in self.entries for name in change.address.objects}
        )
