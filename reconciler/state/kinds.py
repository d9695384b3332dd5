"""What state owns after applied changes of records, associations and definitions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from sqlalchemy import Connection

from reconciler.model.addresses import RecordId
from reconciler.model.associations import NO_ASSOCIATIONS, AssociationsAfter
from reconciler.model.outcomes import Outcome, done_of
from reconciler.model.owned import OwnedDefinition, OwnedRecord
from reconciler.plan.change import Change, carried_out
from reconciler.state.associations.rows import PairRows
from reconciler.state.associations.updates import pairs_after
from reconciler.state.definitions.rows import DefinitionRows
from reconciler.state.definitions.updates import DefinitionsAfter, definitions_after
from reconciler.state.records.rows import OwnedRows
from reconciler.state.records.updates import RecordsAfter, records_after


class OwnershipAfter(NamedTuple):
    """The entries of state to store and to remove after some changes."""

    records: RecordsAfter = RecordsAfter()
    associations: AssociationsAfter = NO_ASSOCIATIONS
    definitions: DefinitionsAfter = DefinitionsAfter()


UNCHANGED = OwnershipAfter()
"""No entries to store or remove: the result of changes that were not applied."""


class OwnedBefore(Protocol):
    """Reads what reconciler owns according to state, before the outcomes of a batch are stored."""

    def owned_by_id(self, object_name: str, ids: Sequence[RecordId]) -> Mapping[RecordId, OwnedRecord]:
        """Return the owned records with these record ids, by id; their keys do not matter."""

    def definitions_by_id(
        self, object_name: str, ids: Sequence[RecordId]
    ) -> Mapping[RecordId, OwnedDefinition]:
        """Return the owned definitions with these ids, by id; their names do not matter."""


def ownership_after(
    entries: Iterable[tuple[int, Change]], outcomes: Mapping[int, Outcome], before: OwnedBefore
) -> OwnershipAfter:
    """Return the changes of state after those ``entries`` that were applied; ``outcomes`` are by number."""
    applied = [
        (carried_out(change, done.written), done)
        for number, change in entries
        if (done := done_of(outcomes.get(number)))
    ]
    return OwnershipAfter(
        records=records_after(applied, before.owned_by_id),
        associations=pairs_after(change for change, _ in applied),
        definitions=definitions_after(applied, before.definitions_by_id),
    )


def write_ownership(connection: Connection, portal_id: int, after: OwnershipAfter) -> None:
    """Store new entries, and remove the entries of what reconciler no longer owns."""
    rows, between = OwnedRows(connection, portal_id), PairRows(connection, portal_id)
    serial = rows.version().serial
    rows.remove_records(after.records.disowned)  # first, because another record may take over a key
    between.call(rows.put(after.records.owned, serial))
    between.remove(after.associations.disowned)
    between.remove_of(after.associations.ended)
    between.put(after.associations.owned, serial)
    rows.remove_records(after.definitions.disowned)
    DefinitionRows(connection, portal_id).remove_within(after.definitions.ended)
    rows.put(after.definitions.owned, serial)
