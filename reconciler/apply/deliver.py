"""One batch, from the last look at the portal to an outcome for each of its changes.

Runs in a worker thread and touches no state. In order:

1. look again: what moved since the plan was made is stale and is not sent;
2. send the rest;
3. settle what got no answer by reading it; send again only what provably did not happen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reconciler.apply.batches import Batch, row_of, step_back_row
from reconciler.apply.settle import holds, identity, read_again, settled
from reconciler.errors import HubSpotError
from reconciler.hubspot.client import Reader, Writer
from reconciler.hubspot.rows import write_rows
from reconciler.model.outcomes import Applied, Outcome, Rejected, Stale, Unknown
from reconciler.model.records import LiveRecord
from reconciler.model.schema import ObjectSchema, PortalSchema
from reconciler.plan.changes import Create, Update, Writing, values_of

ATTEMPTS = 3
"""How often one change is sent when its answers keep getting lost."""


class OnStale(StrEnum):
    """What is done with records that moved between plan and apply."""

    SKIP = "skip"  # leave them, apply the others
    FAIL = "fail"  # leave them and stop
    OVERWRITE = "overwrite"  # write them all the same


@dataclass(frozen=True, slots=True)
class Courier:
    """Delivers batches; shared by all worker threads."""

    reader: Reader
    writer: Writer
    portal: PortalSchema
    looks_again: bool  # somebody had time to edit since the plan was made
    on_stale: OnStale

    def deliver(self, batch: Batch) -> Mapping[int, Outcome]:
        """An outcome for every change of ``batch``, by number.

        Raises:
            HubSpotError: before anything was sent: credentials, daily limit, unreachable.
        """
        schema = self.portal.objects[batch.object]
        outcomes = self._stale(schema, batch)
        pending = [entry for entry in batch.entries if entry[0] not in outcomes]
        for attempt in range(ATTEMPTS):
            if not pending:
                break
            try:
                outcomes |= self._send(schema, batch, pending)
                pending = [entry for entry in pending if isinstance(outcomes[entry[0]], Unknown)]
                outcomes |= self._settled(schema, pending)
            except HubSpotError:
                if attempt == 0 and not any(number in outcomes for number, _ in pending):
                    raise
                break  # unknown it is for now; the next run settles it
            pending = [entry for entry in pending if isinstance(outcomes[entry[0]], Unknown)]
        return outcomes

    def _stale(self, schema: ObjectSchema, batch: Batch) -> dict[int, Outcome]:
        if not self.looks_again or self.on_stale is OnStale.OVERWRITE:
            return {}
        live = read_again(self.reader, schema, batch.entries)
        moved = {
            number: _moved(schema, change, live.get(identity(change))) for number, change in batch.entries
        }
        return {number: Stale(message) for number, message in moved.items() if message}

    def _send(
        self, schema: ObjectSchema, batch: Batch, entries: Sequence[tuple[int, Writing]]
    ) -> Mapping[int, Outcome]:
        back = [row for number, change in entries if (row := step_back_row(number, change, schema))]
        if back:
            write_rows(self.writer, schema.path, batch.route, back)  # what comes of it shows in the next call
        rows = [row_of(number, change) for number, change in entries]
        answers = write_rows(self.writer, schema.path, batch.route, rows)
        return {number: _judged(change, answers[str(number)]) for number, change in entries}

    def _settled(self, schema: ObjectSchema, entries: Sequence[tuple[int, Writing]]) -> Mapping[int, Outcome]:
        """Those of ``entries`` that turn out to have happened."""
        if not entries:
            return {}
        live = read_again(self.reader, schema, entries)
        found = {number: settled(schema, change, live.get(identity(change))) for number, change in entries}
        return {number: outcome for number, outcome in found.items() if outcome}


def _moved(schema: ObjectSchema, change: Writing, live: LiveRecord | None) -> str | None:
    """How live moved since the plan was made, where that concerns ``change``; else None."""
    if isinstance(change, Create):
        return f"record {live.id} has this key by now" if live else None
    if live is None:
        return f"record {change.record_id} is no longer there"
    moved = [value.name for value in values_of(change) if not holds(schema, live, value.name, value.before)]
    return f"{', '.join(moved)} changed in HubSpot since the plan was made" if moved else None


def _judged(change: Writing, outcome: Applied | Rejected | Unknown) -> Outcome:
    """An update that made a new record went to the wrong place: say so instead of owning it."""
    if isinstance(change, Update) and isinstance(outcome, Applied) and outcome.is_new:
        return Rejected(
            f"HubSpot created record {outcome.record_id} instead of updating {change.record_id}: "
            "the key was gone from it. Archive the new record, or name the old one by its present key",
            record_id=outcome.record_id,
        )
    return outcome
