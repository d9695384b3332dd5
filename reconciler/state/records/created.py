"""Which records were created by a run, according to the journal."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from reconciler.model.addresses import RecordId
from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin
from reconciler.plan.change import Action
from reconciler.plan.kinds import RECORDS
from reconciler.state.row_codec import done_in
from reconciler.state.tables import changes


def created_by_runs(
    connection: Connection, portal_id: int, object_name: str, ids: Sequence[RecordId]
) -> frozenset[RecordId]:
    """Return those records in ``ids`` that a run created.

    A record is left out if the journal no longer contains HubSpot's answer to the call that created it.
    """
    query = select(changes).where(
        changes.c.portal_id == portal_id,
        changes.c.object == object_name,
        changes.c.record_id.in_(ids),
        changes.c.kind == RECORDS.name,
        changes.c.action == Action.CREATE.value,
        changes.c.outcome == Applied.word,
        changes.c.answer.is_not(None),
        changes.c.origin == Origin.CREATED.value,
    )
    found = ((row.record_id, done_in(row)) for row in connection.execute(query))
    return frozenset(RecordId(record_id) for record_id, done in found if done and done.is_new is not False)
