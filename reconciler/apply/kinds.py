"""The table of kinds in this package: functions that send and settle the changes of each kind."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.apply.associations import batch as of_associations
from reconciler.apply.associations import stale_state as state_of_associations
from reconciler.apply.batch_run import BatchRun, Connections
from reconciler.apply.definitions import batch as of_definitions
from reconciler.apply.definitions import stale_state as state_of_definitions
from reconciler.apply.definitions.made import Made
from reconciler.apply.records import rows, send, settle, stale
from reconciler.apply.records import stale_state as state_of_records
from reconciler.errors import HubSpotError
from reconciler.hubspot.reader import PortalReader
from reconciler.model.addresses import (
    Address,
    AssociationAddress,
    DefinitionAddress,
    RecordAddress,
    ThingAddress,
)
from reconciler.model.definitions import PortalSchema
from reconciler.model.outcomes import Outcome, Skipped, Stale
from reconciler.plan.change import Change
from reconciler.plan.stages import Entry
from reconciler.state.run_types import Sent
from reconciler.state.store import Store


@dataclass(frozen=True, slots=True)
class KindCalls:
    """Functions for the changes of one kind. All changes of one call are of one kind and action."""

    entry_in_state: str
    """What messages call the entry of a thing: for example "this record's entry in state"."""
    overtaken: Callable[[Iterable[Entry], Store, int], Iterable[int]]
    """Finds the changes whose record, association or definition another run has written to the state.

    The number is a serial of the state: only entries that were written after this serial count.
    """
    with_ids: Callable[[Change, Made], Change | Skipped]
    """Adds the ids of records and definitions that this run has created."""
    creates: Callable[[Change], ThingAddress | None]
    """Returns the record or definition that a change creates or changes, if any: others may need its id."""
    takes_two_calls: Callable[[Change, PortalSchema], bool]
    stale: Callable[[Connections, Sequence[Entry], Collection[ThingAddress]], Mapping[int, Stale]]
    """Finds stale changes: their values in HubSpot changed since the plan was made."""
    send: Callable[[BatchRun, Sequence[Entry]], None]
    """Sends changes, and adds their outcomes to the run."""
    settle: Callable[[BatchRun], Mapping[int, Outcome]]
    """Returns the outcomes of unanswered changes of the run that HubSpot carried out nevertheless."""
    settle_later: Callable[[PortalReader, PortalSchema, Sequence[Entry], Sent], Mapping[int, Outcome]]
    """Returns the outcomes of those changes of an ended run that HubSpot carried out."""
    not_sent: Callable[[BatchRun, Sequence[Entry], HubSpotError], Mapping[int, Outcome]]
    """Returns the outcomes of changes that were not sent because of an error."""


_CALLS: Mapping[type[Address], KindCalls] = {
    RecordAddress: KindCalls(
        entry_in_state=state_of_records.WHAT,
        overtaken=state_of_records.overtaken,
        with_ids=rows.with_ids,
        creates=rows.creates,
        takes_two_calls=rows.takes_two_calls,
        stale=lambda to, entries, made: stale.stale_records(to.reader, to.portal, entries, made),
        send=send.send_records,
        settle=send.settle_sent,
        settle_later=settle.settle_later,
        not_sent=send.not_sent,
    ),
    AssociationAddress: KindCalls(
        entry_in_state=state_of_associations.WHAT,
        overtaken=state_of_associations.overtaken,
        with_ids=of_associations.with_ids,
        creates=of_associations.creates,
        takes_two_calls=of_associations.takes_two_calls,
        stale=lambda to, entries, made: of_associations.stale_associations(
            to.reader, to.portal, entries, made
        ),
        send=of_associations.send_associations,
        settle=of_associations.settle_sent,
        settle_later=of_associations.settle_later,
        not_sent=of_associations.not_sent,
    ),
    DefinitionAddress: KindCalls(
        entry_in_state=state_of_definitions.WHAT,
        overtaken=state_of_definitions.overtaken,
        with_ids=of_definitions.with_ids,
        creates=of_definitions.creates,
        takes_two_calls=of_definitions.takes_two_calls,
        stale=of_definitions.stale_definitions,
        send=of_definitions.send_definitions,
        settle=of_definitions.settle_sent,
        settle_later=of_definitions.settle_later,
        not_sent=of_definitions.not_sent,
    ),
}


def calls_for(change: Change) -> KindCalls:
    """Return the functions for the kind of ``change``."""
    return _CALLS[type(change.address)]


def by_kind(changes: Sequence[Change]) -> Iterator[tuple[KindCalls, Iterator[Entry]]]:
    """Return, for each kind, its functions and its changes with their numbers."""
    for kind, calls in _CALLS.items():
        yield calls, (entry for entry in enumerate(changes) if type(entry[1].address) is kind)
