"""Our own latest writes of definitions, from the journal; HubSpot shows such writes only after a while."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, select

from reconciler.model.addresses import DefinitionAddress
from reconciler.model.outcomes import Applied
from reconciler.plan.change import Change
from reconciler.plan.file.fields import change_in
from reconciler.plan.kinds import DEFINITIONS
from reconciler.state.tables import changes, intents


def definition_writes(
    connection: Connection, portal_id: int, since: datetime
) -> Mapping[DefinitionAddress, tuple[Change, datetime]]:
    """Return the latest applied write of each definition after ``since``, and when its call was sent."""
    query = (
        select(changes, intents.c.sent_at)
        .join(
            intents,
            and_(
                intents.c.portal_id == changes.c.portal_id,
                intents.c.run_id == changes.c.run_id,
                intents.c.change == changes.c.number,
            ),
        )
        .where(
            changes.c.portal_id == portal_id,
            changes.c.kind == DEFINITIONS.name,
            changes.c.outcome == Applied.word,
            changes.c["values"].is_not(None),
            intents.c.sent_at > since,
        )
        .order_by(intents.c.sent_at, changes.c.run_id, changes.c.number)
    )
    found = ((change_in(row._asdict()), row.sent_at) for row in connection.execute(query))
    return {change.definition: (change, sent_at) for change, sent_at in found}
