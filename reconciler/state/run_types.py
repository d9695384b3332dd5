"""Values that apply gives to the journal when a run begins, and reads from the journal to settle a run."""

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
    """The person or job that runs the program, and the machine."""

    user: str
    host: str
    pid: int  # process id on ``host``
    run_url: str | None = None  # URL of the CI job

    def __str__(self) -> str:
        return f"{self.user} on {self.host} (process {self.pid})"


@dataclass(frozen=True, slots=True)
class RunStart:
    """Facts about a run that are known before its first change."""

    environment: str
    plan_digest: str
    tool_version: str
    actor: Actor
    planned: Mapping[Verb, int]  # number of changes by verb; verbs without changes may be missing
    masked_properties: tuple[
        ObjectProperty, ...
    ] = ()  # properties, as (object type, name), whose values are masked when they are shown
    commit: str | None = None  # commit of the applied manifests
    rolls_back: str | None = None  # id of the run that this one rolls back
    project: str | None = None  # name of the project; None if it has none
    names: Names = NO_NAMES  # display names of properties and of values in the run's changes


class RunStatus(StrEnum):
    """Status of a run."""

    RUNNING = "running"
    FINISHED = "finished"  # every planned change has its entry in the journal
    # the run stopped early, or its process was killed; changes without an entry were never attempted
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class PastRun:
    """The applied changes of a run, from which it can be rolled back."""

    header: RunHeader
    applied: tuple[tuple[Change, Applied], ...]  # with their values, in the order of the plan
    forgotten: int  # number of applied changes whose values were erased


Sent: TypeAlias = Mapping[tuple[int, int], datetime | None]
"""When each call was handed to a connection, on HubSpot's clock, by (change, ordinal); None: never."""


@dataclass(frozen=True, slots=True)
class UnfinishedBatch:
    """A batch that was about to be sent, with those changes that have no final outcome yet."""

    run_id: str
    number: int  # number of the batch within its run
    object: str
    operation: Operation
    intended_at: datetime  # aware, UTC
    entries: tuple[tuple[int, Change], ...]  # each change with its number in the plan
    sent: Sent = field(default_factory=dict)

    @property
    def objects(self) -> frozenset[str]:
        """The object types of the batch, including those at both ends of associations."""
        return frozenset(
            {self.object} | {name for _, change in self.entries for name in change.address.objects}
        )
