"""The kinds of things in a plan: the only table of kinds.

All other code for a kind is in its own package. A new kind is a package and a row here.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reconciler.model.addresses import Address, AssociationAddress, DefinitionAddress, RecordAddress
from reconciler.model.definitions import ObjectSchema
from reconciler.model.facts import Fact
from reconciler.model.scopes import definition_scopes, write_scopes
from reconciler.plan.associations import consistency as consistency_of_associations
from reconciler.plan.associations import costs as costs_of_associations
from reconciler.plan.associations import fields as of_associations
from reconciler.plan.associations import review as review_of_associations
from reconciler.plan.change import Action, Change, Details, Reason
from reconciler.plan.definitions import consistency as consistency_of_definitions
from reconciler.plan.definitions import costs as costs_of_definitions
from reconciler.plan.definitions import fields as of_definitions
from reconciler.plan.definitions import review as review_of_definitions
from reconciler.plan.file.forms import Form
from reconciler.plan.records import consistency as consistency_of_records
from reconciler.plan.records import costs as costs_of_records
from reconciler.plan.records import fields as of_records
from reconciler.plan.records import review as review_of_records


class Verb(StrEnum):
    """Actions as people read them, in the order of the summary."""

    CREATE = "create"
    UPDATE = "update"
    ADOPT = "adopt"
    ARCHIVE = "archive"
    ASSOCIATE = "associate"
    DISSOCIATE = "dissociate"
    RELEASE = "release"
    CREATE_DEFINITION = "create_definition"
    UPDATE_DEFINITION = "update_definition"
    ARCHIVE_DEFINITION = "archive_definition"


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """The words of one kind, and how its own parts are encoded and journaled."""

    name: str
    verbs: Mapping[Action, Verb]  # if people use another word for an action
    address: Form
    details: Form
    address_cells: Callable[[Address], Mapping[str, object]]  # columns of the journal
    address_in: Callable[[Mapping[str, Any]], Address]
    details_cells: Callable[[Change], Mapping[str, object]]
    details_in: Callable[[Mapping[str, Any]], Details | None]
    flaw: Callable[[Change], str | None]  # returns why a change is impossible
    subject: Callable[[Change], Hashable | None]  # may have only one change; None: nothing
    removes: Callable[[Change], Iterable[Hashable]]
    needs: Callable[[Change], Iterable[Hashable]]  # must not be removed
    unreviewed: Callable[[Change, Change], Iterable[Fact]]  # differences from the reviewed change
    shown_in_review: Callable[[Change], Iterable[Fact]]
    adopted_once_done: Action  # becomes an adoption if HubSpot has all of it by now
    is_counted_when_pruned: bool  # by the guard for manifests that name nothing any more
    calls_to_write: Callable[[Sequence[Change], ObjectSchema], int]  # of one batch
    calls_to_read_again: Callable[[Sequence[Change], ObjectSchema, int], int]  # of one batch; records moved
    is_always_read_again: bool  # even if changes of people are overwritten
    goes_with: Callable[[Change], Hashable]  # equal for changes that one call may carry
    write_scopes: Callable[[Iterable[str]], tuple[str, ...]]  # by object types

    def verb(self, action: Action) -> Verb:
        """Return people's word for ``action``."""
        return self.verbs.get(action) or Verb(action)


RECORDS = ChangeKind(
    name="record",
    verbs={},
    address=of_records.ADDRESS,
    details=of_records.DETAILS,
    address_cells=of_records.address_cells,
    address_in=of_records.address_in,
    details_cells=of_records.details_cells,
    details_in=of_records.details_in,
    flaw=of_records.flaw,
    subject=consistency_of_records.subject,
    removes=consistency_of_records.removes,
    needs=consistency_of_records.needs,
    unreviewed=review_of_records.unreviewed,
    shown_in_review=review_of_records.shown_in_review,
    adopted_once_done=Action.UPDATE,
    is_counted_when_pruned=True,
    calls_to_write=costs_of_records.calls_to_write,
    calls_to_read_again=costs_of_records.calls_to_read_again,
    is_always_read_again=False,
    goes_with=consistency_of_records.goes_with,
    write_scopes=write_scopes,
)
ASSOCIATIONS = ChangeKind(
    name="association",
    verbs={Action.CREATE: Verb.ASSOCIATE, Action.ARCHIVE: Verb.DISSOCIATE},
    address=of_associations.ADDRESS,
    details=of_associations.DETAILS,
    address_cells=of_associations.address_cells,
    address_in=of_associations.address_in,
    details_cells=of_associations.details_cells,
    details_in=of_associations.details_in,
    flaw=of_associations.flaw,
    subject=consistency_of_associations.subject,
    removes=consistency_of_associations.removes,
    needs=consistency_of_associations.needs,
    unreviewed=review_of_associations.unreviewed,
    shown_in_review=review_of_associations.shown_in_review,
    adopted_once_done=Action.CREATE,
    is_counted_when_pruned=False,
    calls_to_write=costs_of_associations.calls_to_write,
    calls_to_read_again=costs_of_associations.calls_to_read_again,
    is_always_read_again=False,
    goes_with=consistency_of_associations.goes_with,
    write_scopes=write_scopes,
)

DEFINITIONS = ChangeKind(
    name="definition",
    verbs={
        Action.CREATE: Verb.CREATE_DEFINITION,
        Action.UPDATE: Verb.UPDATE_DEFINITION,
        Action.ARCHIVE: Verb.ARCHIVE_DEFINITION,
    },
    address=of_definitions.ADDRESS,
    details=of_definitions.DETAILS,
    address_cells=of_definitions.address_cells,
    address_in=of_definitions.address_in,
    details_cells=of_definitions.details_cells,
    details_in=of_definitions.details_in,
    flaw=of_definitions.flaw,
    subject=consistency_of_definitions.subject,
    removes=consistency_of_definitions.removes,
    needs=consistency_of_definitions.needs,
    unreviewed=review_of_definitions.unreviewed,
    shown_in_review=review_of_definitions.shown_in_review,
    adopted_once_done=Action.UPDATE,
    is_counted_when_pruned=False,
    calls_to_write=costs_of_definitions.calls_to_write,
    calls_to_read_again=costs_of_definitions.calls_to_read_again,
    is_always_read_again=True,
    goes_with=consistency_of_definitions.goes_with,
    write_scopes=definition_scopes,
)

KINDS: Mapping[type[Address], ChangeKind] = {
    RecordAddress: RECORDS,
    AssociationAddress: ASSOCIATIONS,
    DefinitionAddress: DEFINITIONS,
}

KINDS_BY_NAME: Mapping[str, ChangeKind] = {kind.name: kind for kind in KINDS.values()}


def kind_of(change: Change) -> ChangeKind:
    """Return the kind of ``change``."""
    return KINDS[type(change.address)]


def verb_of(change: Change) -> Verb:
    """Return the action of ``change`` as people read it."""
    return _VERBS[type(change.address), change.action]


def takes_over(change: Change) -> bool:
    """Return whether ``change`` adopts a thing that was not ours; other adoptions let state learn values."""
    return change.action is Action.ADOPT and change.reason not in _LEARNS


_LEARNS = frozenset({Reason.IN_STEP, Reason.RENAMED, Reason.UNMANAGED})
"""Reasons with which something is adopted that is ours already."""

_VERBS = {(address, action): kind.verb(action) for address, kind in KINDS.items() for action in Action}
