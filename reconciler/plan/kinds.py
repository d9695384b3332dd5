"""The kinds of things in a plan: the only table of kinds.

All other code of a kind is in its own package. A new kind needs a package and a row here.
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
    """The words for actions in reports, in the order of the summary.

    The word for an action depends on whether a record, an association or a definition changes.
    """

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
    """How changes of records, of associations or of definitions are named, encoded and checked."""

    name: str
    verbs: Mapping[Action, Verb]  # the verbs whose text differs from the text of the action
    address: Form
    details: Form
    address_cells: Callable[[Address], Mapping[str, object]]  # columns of the journal
    address_in: Callable[[Mapping[str, Any]], Address]
    details_cells: Callable[[Change], Mapping[str, object]]
    details_in: Callable[[Mapping[str, Any]], Details | None]
    flaw: Callable[[Change], str | None]  # returns why a change is impossible
    # returns the thing of a change if a plan may have only one change of this thing, otherwise None
    subject: Callable[[Change], Hashable | None]
    removes: Callable[[Change], Iterable[Hashable]]
    needs: Callable[[Change], Iterable[Hashable]]  # things that the same plan must not remove
    unreviewed: Callable[[Change, Change], Iterable[Fact]]  # differences from the reviewed change
    shown_in_review: Callable[[Change], Iterable[Fact]]
    # if HubSpot already has the result of a change with this action, a new plan adopts the thing instead
    adopted_once_done: Action
    is_counted_when_pruned: bool  # whether the guard ``empty`` counts removals
    calls_to_write: Callable[[Sequence[Change], ObjectSchema], int]  # for one batch
    # for one batch; the int parameter is the number of records that get another value by ``$moves_to``
    calls_to_read_again: Callable[[Sequence[Change], ObjectSchema, int], int]
    is_always_read_again: bool  # even if the user asked to overwrite edits
    goes_with: Callable[[Change], Hashable]  # equal for changes that may share a call
    # returns the scopes that a token needs for writing to the given object types
    write_scopes: Callable[[Iterable[str]], tuple[str, ...]]

    def verb(self, action: Action) -> Verb:
        """Return the verb that reports use for ``action`` on things of this kind."""
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
    """Return the verb that reports use for the action of ``change``."""
    return _VERBS[type(change.address), change.action]


def takes_over(change: Change) -> bool:
    """Return whether ``change`` adopts a thing that we did not own before.

    There are also adoptions of things that we own already: they update what state stores.
    """
    return change.action is Action.ADOPT and change.reason not in _LEARNS


_LEARNS = frozenset({Reason.IN_STEP, Reason.RENAMED, Reason.UNMANAGED})
"""Reasons of ``adopt`` changes that only update what the state stores about an owned thing."""

_VERBS = {(address, action): kind.verb(action) for address, kind in KINDS.items() for action in Action}
