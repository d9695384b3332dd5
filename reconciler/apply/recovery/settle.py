"""Finding out which changes of an interrupted run HubSpot carried out.

This only reads the portal; it never sends a call again.
"""

from collections.abc import Mapping

from reconciler.apply.kinds import calls_for
from reconciler.hubspot.reader import PortalReader
from reconciler.model.definitions import PortalSchema
from reconciler.model.outcomes import Outcome, Skipped
from reconciler.state.run_types import UnfinishedBatch


def settle_batch(reader: PortalReader, portal: PortalSchema, batch: UnfinishedBatch) -> Mapping[int, Outcome]:
    """Return the final outcome of each change in ``batch``; the run of the batch has ended.

    ``batch`` contains only changes without a final outcome in the journal.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    never = Skipped("not sent: the run ended before the call")
    found: dict[int, Outcome] = dict.fromkeys((number for number, _ in batch.entries), never)
    entries = [entry for entry in batch.entries if batch.sent.get((entry[0], 1))]
    if not entries:
        return found
    not_written = Skipped("not written: the run ended before HubSpot carried out the change")
    found |= dict.fromkeys((number for number, _ in entries), not_written)
    return {**found, **calls_for(entries[0][1]).settle_later(reader, portal, entries, batch.sent)}
