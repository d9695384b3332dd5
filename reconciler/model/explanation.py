"""The explanation of one record or property: manifest lines, state, live value, next action."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.errors import Problem
from reconciler.model.addresses import DefinitionAddress, RecordAddress, RecordId
from reconciler.model.desired_records import ManifestValue, Ownership, Prune
from reconciler.model.facts import Fact
from reconciler.model.names import NO_NAMES, Names
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import Origin
from reconciler.model.property_history import ValueVersion
from reconciler.source import SourceRef


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """One line of a manifest that sets a property."""

    value: ManifestValue
    source: SourceRef
    is_shared: bool = False  # whether the line is under ``all:``


@dataclass(frozen=True, slots=True)
class RecordTrace:
    """All manifest lines about one record."""

    # lines that declare the record, in the order in which manifest folders override each other
    declared: tuple[SourceRef, ...]
    statements: Mapping[str, tuple[ManifestLine, ...]]  # by property, in the same order: the last one wins
    unmanaged: Mapping[str, SourceRef]  # by property, the last line that removes it with ``$unmanaged``


@dataclass(frozen=True, slots=True)
class ApplyRun:
    """The run that last applied a value, or found that HubSpot already had it."""

    run_id: str
    at: datetime  # start of the run, with time zone UTC
    actor: Mapping[str, str]  # user, host, run URL, as far as known
    commit: str | None  # commit of the applied manifests


@dataclass(frozen=True, slots=True)
class LastApplied:
    """The last applied value of a property, from state."""

    sent: str | None  # the value that was sent; None: the property was cleared
    kept: str | None  # the value that HubSpot stored
    by: ApplyRun | None  # None if the journal no longer has the run


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """The stage of a plan in which a change is made."""

    number: int  # from 1
    count: int  # number of stages of the plan
    name: str  # for example: state, records, associations, removals
    makes_calls: bool  # False: the changes of the stage only update state


@dataclass(frozen=True, slots=True)
class NextAction:
    """The next apply's action on a record or a property, and its reason."""

    action: (
        # for a record, an association or a definition: a verb of the plan
        # for a property: "write", "remember" or "forget"
        # for all of them: also "leave", "nothing" or "problem"
        str
    )
    reason: str = ""  # reason in one word; empty if nothing was compared
    after: str | None = None  # the value to write, if any
    facts: tuple[Fact, ...] = ()  # facts that explain the reason
    # the stages of the plan that change the record or property; empty if there are none
    stages: tuple[PlannedStage, ...] = ()


@dataclass(frozen=True, slots=True)
class PropertyExplained:
    """One property of the record."""

    name: str
    statements: tuple[ManifestLine, ...]  # lines that set the value; the last one counts; empty without any
    unmanaged_at: SourceRef | None  # the line with ``$unmanaged`` that cancels the value from ``all:``
    ownership: Ownership | None  # None if no manifest sets the property
    last: LastApplied | None  # None if no value was ever applied
    live: str | None  # None if the value is empty, or if the portal does not have the record
    versions: tuple[ValueVersion, ...]  # changes of the value in HubSpot that were read, oldest first
    step: NextAction


@dataclass(frozen=True, slots=True)
class PairExplained:
    """An association that reconciler owns, or that the next apply would create or remove."""

    target: RecordAddress
    label: str | None  # None: the unlabelled association
    origin: Origin | None  # how it became owned; None if it is not owned yet
    step: NextAction


@dataclass(frozen=True, slots=True)
class Explanation:
    """One record or definition in manifests, state and portal."""

    key: RecordAddress | DefinitionAddress
    name: str | None  # the property or path that is explained; None: the whole record or definition
    environment: str
    portal_id: int
    record_id: RecordId | None  # None if neither the portal nor the state has the record
    is_live: bool
    origin: Origin | None  # how it became owned; None if it is not owned
    is_protected: bool
    declared: tuple[SourceRef, ...]  # manifest lines that declare the thing; the last one counts
    prune: Prune
    step: NextAction
    properties: tuple[PropertyExplained, ...]  # sorted by name; only one if one property is explained
    pairs: tuple[PairExplained, ...]
    problems: tuple[Problem, ...]
    moves_to: str | None = None  # of a removed definition: the value that its records get instead
    # the old address, if the state has the thing under another address; the next apply replaces it
    moves_from: RecordAddress | DefinitionAddress | None = None
    # (object type, property) whose values are masked when rendered
    masked_properties: tuple[ObjectProperty, ...] = ()
    display_name: str | None = None  # the display name of the record
    names: Names = NO_NAMES  # display names of everything else in the explanation
    lineage: str | None = None  # lineage of the state
    commit: str | None = None  # git commit of the manifests; None outside git
    is_of_commit: bool = False  # whether all manifest files are unchanged since that commit
