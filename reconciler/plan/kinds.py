"""The kinds of things in a plan: the only table of kinds.

All other code for a kind is in its own package. A new kind is a package and a row here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reconciler.model.addresses import Address, AssociationAddress, RecordAddress
from reconciler.plan.associations import fields as of_associations
from reconciler.plan.change import Action, Change, Details, Reason
from reconciler.plan.file.forms import Form
from reconciler.plan.records import fields as of_records


class Verb(StrEnum):
    """Actions as people read them, in the order of the summary."""

    CREATE = "create"
    UPDATE = "update"
    ADOPT = "adopt"
    ARCHIVE = "archive"
    ASSOCIATE = "associate"
    DISSOCIATE = "dissociate"
    RELEASE = "release"


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
)

KINDS: Mapping[type[Address], ChangeKind] = {RecordAddress: RECORDS, AssociationAddress: ASSOCIATIONS}

KINDS_BY_NAME: Mapping[str, ChangeKind] = {kind.name: kind for kind in KINDS.values()}


def kind_of(change: Change) -> ChangeKind:
    """Return the kind of ``change``."""
    return KINDS[type(change.address)]


def verb_of(change: Change) -> Verb:
    """Return the action of ``change`` as people read it."""
    return _VERBS[type(change.address), change.action]


def takes_over(change: Change) -> bool:
    """Return whether ``change`` adopts what was not ours; other adoptions let state learn values."""
    return change.action is Action.ADOPT and change.reason not in _LEARNS


_LEARNS = frozenset({Reason.IN_STEP, Reason.RENAMED, Reason.UNMANAGED})
"""Reasons with which something is adopted that is ours already."""

_VERBS = {(address, action): kind.verb(action) for address, kind in KINDS.items() for action in Action}
