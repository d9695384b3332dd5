"""Everything there is to know of one record, or of one property of it: who says what, and what follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.errors import Problem
from reconciler.model.addresses import RecordId, RecordKey
from reconciler.model.desired import ManifestValue, Ownership, Prune
from reconciler.model.facts import Fact
from reconciler.model.owned import Origin
from reconciler.model.property_history import ValueVersion
from reconciler.source import SourceRef


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """One line of a manifest that says something of a property."""

    value: ManifestValue
    source: SourceRef
    is_shared: bool = False  # it stands under ``all:``


@dataclass(frozen=True, slots=True)
class RecordTrace:
    """All lines of the manifests that say something of one record."""

    declared: tuple[SourceRef, ...]  # the record's own, in the order in which folders override each other
    statements: Mapping[str, tuple[ManifestLine, ...]]  # by property, likewise: the last one holds
    unmanaged: Mapping[str, SourceRef]  # by property, the last line that takes it out


@dataclass(frozen=True, slots=True)
class ApplyRun:
    """The run that last applied a value, or saw that there was nothing to write."""

    run_id: str
    at: datetime  # when it began; aware, UTC
    actor: Mapping[str, str]  # who ran it: user, host, run URL, as far as known
    commit: str | None  # of the manifests that were applied


@dataclass(frozen=True, slots=True)
class LastApplied:
    """What state remembers of a property."""

    sent: str | None  # None was cleared
    kept: str | None  # what HubSpot made of it
    by: ApplyRun | None  # None where the journal no longer knows


@dataclass(frozen=True, slots=True)
class NextAction:
    """What the next apply would do to a record or a property, and why."""

    action: (
        str  # of the plan; of a property "write", "remember" or "forget"; or "leave", "nothing", "problem"
    )
    reason: str = ""  # why, in one word; empty where nothing is compared
    after: str | None = None  # what is written, where a value is
    facts: tuple[Fact, ...] = ()  # what else to know of it


@dataclass(frozen=True, slots=True)
class PropertyExplained:
    """One property of the record."""

    name: str
    statements: tuple[ManifestLine, ...]  # the last one holds; empty where no manifest sets it
    unmanaged_at: SourceRef | None  # the line that takes out what `all` says
    ownership: Ownership | None  # None where no manifest sets it
    last: LastApplied | None  # None where we never applied it
    live: str | None  # None is empty, also where there is no live record
    hands: tuple[ValueVersion, ...]  # that it went through, oldest first, as far as they were asked for
    step: NextAction


@dataclass(frozen=True, slots=True)
class PairExplained:
    """An association from the record that we own, or that the next apply would make or take away."""

    target: RecordKey
    label: str | None  # None: the plain association
    origin: Origin | None  # how we own it; None where we do not yet
    step: NextAction


@dataclass(frozen=True, slots=True)
class Explanation:
    """One record, seen from manifests, state and portal."""

    key: RecordKey
    name: str | None  # the property that was asked about; None: the whole record
    environment: str
    portal_id: int
    record_id: RecordId | None  # None where there is none, neither live nor in state
    is_live: bool
    origin: Origin | None  # how we own it; None where we do not
    is_protected: bool
    declared: tuple[SourceRef, ...]  # the last one holds; empty where no manifest names it
    prune: Prune
    step: NextAction
    properties: tuple[PropertyExplained, ...]  # sorted by name; one, where one was asked about
    pairs: tuple[PairExplained, ...]
    problems: tuple[Problem, ...]
    moves_from: RecordKey | None = None  # the key under which state knows it, until the next apply
    personal: tuple[tuple[str, str], ...] = ()  # (object, property) whose values are masked when rendered
