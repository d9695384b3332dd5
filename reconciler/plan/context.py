"""The settings of one plan."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.model.addresses import RecordId
from reconciler.model.personal_data import MaskRules
from reconciler.model.selection import Selection
from reconciler.plan.budget import ALWAYS_LOOKED_AT
from reconciler.plan.file.sequences import IN_MEMORY, Workspace
from reconciler.plan.guards import Guards
from reconciler.plan.kinds import Verb
from reconciler.plan.plan import Plan
from reconciler.plan.records.policy import Policy


@dataclass(frozen=True, slots=True)
class PlanContext:
    """The settings that planning needs besides manifests, portal and state."""

    environment: str
    portal_id: int  # the access token must belong to this portal
    policy: Policy
    selection: Selection
    guards: Guards
    masks: MaskRules  # properties that are masked when shown
    stand_ins: Mapping[str, str]  # e-mail of an absent owner -> e-mail of the replacement
    commit: str | None  # commit of the manifests; None outside git
    has_uncommitted: bool  # whether manifests differ from ``commit``
    created_at: datetime
    keeps_state: bool  # whether a state is kept between runs
    reviewed: Plan | None  # only its changes are planned; None: all
    skips_invalid: bool  # leave records with problems out of the plan instead of stopping
    host: str | None = None  # API host; None: HubSpot's own
    project: str | None = None  # name of the project; None if it has none
    # the apply step reads a record again right before it sends a change with one of these verbs
    looks_again_at: Collection[Verb] = ALWAYS_LOOKED_AT
    # False: the apply step uses the account and the definitions that planning has read
    opens_portal: bool = True
    verifies: bool = False  # whether apply verifies its result by planning again
    has_pages: bool = True  # whether records have pages in HubSpot, unlike in the emulator
    # only this record gets another value in place of a removed option or stage; None: all such records
    moves_only: RecordId | None = None
    workspace: Workspace = IN_MEMORY  # where changes are kept and sorted
