"""One batch, from the last look at the portal to an outcome for each of its changes.

Runs in a worker thread and touches no state. In order:

1. look again: what moved since the plan was made is stale and is not sent;
2. send the rest;
3. settle what got no answer by reading it; send again only what provably did not happen.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from reconciler.apply.batches import Batch, row_of, step_back_row
from reconciler.apply.between import between
from reconciler.apply.manner import OnStale
from reconciler.apply.settle import pairs_and_records, settle
from reconciler.apply.stale import stale_changes
from reconciler.errors import HubSpotError
from reconciler.hubspot.client import Reader, Writer
from reconciler.hubspot.rows import write_rows
from reconciler.model.outcomes import Applied, Outcome, Rejected, Unknown
from reconciler.model.schema import PortalSchema
from reconciler.model.writes import Route
from reconciler.plan.changes import Action, RecordWriting, Update, Writing

ATTEMPTS = 3
"""How often one change is sent when its answers keep getting lost."""


@dataclass(frozen=True, slots=True)
class Courier:
    """Delivers batches; shared by all worker threads."""

    reader: Reader
    writer: Writer
    portal: PortalSchema
    looks_again_at: Collection[Action]  # changes whose records are read again right before the call
    on_stale: OnStale

    def deliver(self, batch: Batch) -> Mapping[int, Outcome]:
        """An outcome for every change of ``batch``, by number.

        Raises:
            HubSpotError: before anything was sent: credentials, daily limit, unreachable.
        """
        with self.writer.keeping_place():  # else what was looked at might be written ten seconds later
            return self._deliver(batch)

    def _deliver(self, batch: Batch) -> Mapping[int, Outcome]:
        outcomes = self._stale(batch.entries)
        pending = [entry for entry in batch.entries if entry[0] not in outcomes]
        for attempt in range(ATTEMPTS):
            if not pending:
                break
            try:
                outcomes |= self._send(batch.route, pending)
                pending = [entry for entry in pending if isinstance(outcomes[entry[0]], Unknown)]
                outcomes |= settle(self.reader, self.portal, pending)
            except HubSpotError:
                if attempt == 0 and not any(number in outcomes for number, _ in pending):
                    raise
                break  # unknown it is for now; the next run settles it
            pending = [entry for entry in pending if isinstance(outcomes[entry[0]], Unknown)]
        return outcomes

    def _stale(self, entries: Sequence[tuple[int, Writing]]) -> dict[int, Outcome]:
        if entries[0][1].action not in self.looks_again_at:
            return {}
        return dict(stale_changes(self.reader, self.portal, entries))

    def _send(self, route: Route, entries: Sequence[tuple[int, Writing]]) -> Mapping[int, Outcome]:
        pairs, records = pairs_and_records(entries)
        if pairs:
            return between(self.reader, self.portal, pairs[0][1]).send(self.writer, pairs)
        schema = self.portal.objects[records[0][1].key.object]
        back = [row for number, change in records if (row := step_back_row(number, change, schema))]
        if back:
            write_rows(self.writer, schema.path, route, back)  # what comes of it shows in the next call
        rows = [row_of(number, change) for number, change in records]
        answers = write_rows(self.writer, schema.path, route, rows)
        return {number: _judged(change, answers[str(number)]) for number, change in records}


def _judged(change: RecordWriting, outcome: Applied | Rejected | Unknown) -> Outcome:
    """An update that reached another record went to the wrong place: say so instead of owning that."""
    if not (isinstance(change, Update) and isinstance(outcome, Applied)):
        return outcome
    if outcome.is_new:
        return Rejected(
            f"HubSpot created record {outcome.record_id} instead of updating {change.record_id}: "
            "the key was gone from it. Archive the new record, or name the old one by its present key",
            record_id=outcome.record_id,
        )
    if outcome.record_id != change.record_id:
        return Rejected(
            f"HubSpot wrote to record {outcome.record_id} instead of {change.record_id}: the key moved to "
            "it. Look at both records, and plan again",
            record_id=outcome.record_id,
        )
    return outcome
