"""Applying changes of associations between two object types.

Stale changes are found before the call. If the answer is lost, the outcomes are read from the portal.
"""

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from reconciler.apply.batch_run import BatchRun
from reconciler.apply.definitions.made import Made
from reconciler.errors import HubSpotError
from reconciler.hubspot.associations.read import LivePairs, read_pairs
from reconciler.hubspot.associations.write import PairRow, write_pairs
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.prefetch import read_by_keys
from reconciler.hubspot.writer import PortalWriter
from reconciler.model.addresses import RECORD_ID, RecordAddress, RecordId, ThingAddress
from reconciler.model.associations import is_so
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.labels import Label
from reconciler.model.outcomes import Applied, Outcome, Skipped, Stale
from reconciler.plan.associations.changes import is_whole
from reconciler.plan.change import Action, Change, Remote
from reconciler.plan.stages import Entry
from reconciler.state.run_types import Sent

Entries: TypeAlias = Sequence[Entry]
"""Entries of changes between the same two object types; HubSpot's ids of all their records are known."""


def with_ids(change: Change, made: Made) -> Change | Skipped:
    """Return ``change`` with the ids of new records, and the new label, that this run created for it.

    Return ``Skipped`` instead if the run failed to create one of them.
    """
    addresses = change.address.records
    ids = [known or made.ids.get(address) for known, address in zip(change.remote, addresses, strict=True)]
    for found, address in zip(ids, addresses, strict=True):
        if found is None:
            return Skipped(f"not attempted: {address.text} was not created by this run")
    label = made.label_of(change.association.label)
    if isinstance(label, Skipped):
        return label
    association = replace(change.association, label=label)
    return replace(change, address=association, remote=Remote(*ids))


def creates(_change: Change) -> RecordAddress | None:
    """Return None: associations do not create records."""
    return None


def takes_two_calls(_change: Change, _portal: PortalSchema) -> bool:
    """Return False: every association takes one call."""
    return False


def stale_associations(
    reader: PortalReader, portal: PortalSchema, entries: Entries, created: Collection[ThingAddress] = ()
) -> Mapping[int, Stale]:
    """Return the stale changes in ``entries``: their associations or keys changed in HubSpot since the plan.

    ``created`` are records that this run has created: their keys are not read again.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    moved = _batch(reader, portal, entries).moved(entries, created)
    return {number: Stale(message) for number, message in moved.items()}


def send_associations(run: BatchRun, entries: Entries) -> None:
    """Send ``entries`` and add their outcomes to ``run``."""
    batch = _batch(run.to.reader, run.to.portal, entries)
    run.outcomes |= batch.send(run.to.writer, entries, partial(run.record_sending, 1))


def settle_sent(run: BatchRun) -> Mapping[int, Outcome]:
    """Return the outcomes of unanswered changes of ``run`` that HubSpot carried out nevertheless.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    return settle_later(run.to.reader, run.to.portal, run.pending, run.sent)


def settle_later(
    reader: PortalReader, portal: PortalSchema, entries: Entries, _sent: Sent
) -> Mapping[int, Outcome]:
    """Return the outcomes of those ``entries`` of an ended run that HubSpot carried out.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    return _batch(reader, portal, entries).settled(entries) if entries else {}


def not_sent(_run: BatchRun, entries: Entries, error: HubSpotError) -> Mapping[int, Outcome]:
    """Return the outcomes of changes that were not sent because of ``error``."""
    return {number: Skipped(f"not sent: {error.summary}") for number, _ in entries}


@dataclass(frozen=True, slots=True)
class AssociationBatch:
    """The associations of two object types; manifests declare them on records of the first type (``one``)."""

    reader: PortalReader
    one: ObjectSchema
    other: ObjectSchema

    def moved(self, entries: Entries, made: Collection[ThingAddress] = ()) -> Mapping[int, str]:
        """Return the reasons of stale changes: somebody changed a record or an association since the plan.

        ``made`` are records that this run has created: their keys are not read again.
        """
        left = self._moved_keys(entries, made)
        entries = [entry for entry in entries if entry[0] not in left]
        return {**left, **self._moved_pairs(entries)} if entries else left

    def _moved_keys(self, entries: Entries, made: Collection[ThingAddress]) -> Mapping[int, str]:
        """Return a message for each change with a record whose key is gone or unknown.

        The key of a record is unknown if HubSpot leaves the record out of its answers.
        """
        moved: dict[RecordAddress, str] = {}
        for schema, ends in ((self.one, _ones(entries)), (self.other, _others(entries))):
            of_property: dict[str, dict[str, RecordId]] = {}
            for key, record_id in ends.items():
                if key.by != RECORD_ID and key not in made:
                    of_property.setdefault(key.by, {})[key.value] = record_id
            for by, wanted in of_property.items():
                live = read_by_keys(self.reader, schema, by, tuple(wanted))
                for value, record_id in wanted.items():
                    key, now = RecordAddress(schema.name, by, value), live.get(value)
                    if value in live.unanswered:
                        moved[key] = (
                            f"HubSpot leaves {key.text} out of its answers: it is unknown whether the record "
                            "still has this key"
                        )
                    elif now is None or now.id != record_id:
                        has_it = f"; record {now.id} has it now" if now else ""
                        moved[key] = f"record {record_id} no longer has the key of {key.text}{has_it}"
        found = {
            number: next((moved[key] for key in change.address.records if key in moved), None)
            for number, change in entries
        }
        return {number: message for number, message in found.items() if message}

    def _moved_pairs(self, entries: Entries) -> Mapping[int, str]:
        live = self._read(entries)
        removed: dict[tuple[RecordId, RecordId], set[Label]] = {}
        for _, change in entries:
            if change.association.label:
                removed.setdefault(_ids(change), set()).add(change.association.label)
        found = {number: _moved(change, live, removed.get(_ids(change), set())) for number, change in entries}
        return {number: message for number, message in found.items() if message}

    def send(
        self, writer: PortalWriter, entries: Entries, before_sending: Callable[[Sequence[int]], None]
    ) -> Mapping[int, Outcome]:
        """Call ``before_sending``, then send all changes: in one call if HubSpot takes them together."""
        rows = [PairRow(number, *_ids(change), change.association.label) for number, change in entries]
        call = entries[0][1].sent_by.call
        return write_pairs(
            writer,
            self.one,
            self.other,
            call,
            rows,
            before_sending=lambda sent: before_sending([row.number for row in sent]),
        )

    def settled(self, entries: Entries) -> Mapping[int, Outcome]:
        """Return the outcomes of changes whose answer was lost, but which HubSpot carried out."""
        live = self._read(entries)
        return {number: Applied(_ids(change)[0], {}) for number, change in entries if _is_done(change, live)}

    def _read(self, entries: Entries) -> LivePairs:
        return read_pairs(self.reader, self.one, self.other, [_ids(change)[0] for _, change in entries])


def _batch(reader: PortalReader, portal: PortalSchema, entries: Entries) -> AssociationBatch:
    """Return the batch of ``entries`` with their two object types."""
    types = (portal.objects[address.object] for address in entries[0][1].address.records)
    return AssociationBatch(reader, *types)


def _ones(entries: Entries) -> Mapping[RecordAddress, RecordId]:
    return {change.record: _ids(change)[0] for _, change in entries}


def _others(entries: Entries) -> Mapping[RecordAddress, RecordId]:
    return {change.association.target: _ids(change)[1] for _, change in entries}


def _moved(change: Change, live: LivePairs, removed: Container[Label]) -> str | None:
    target = change.association.target
    if _is_done(change, live):
        now = "already associated" if change.action is Action.CREATE else "no longer associated"
        return f"it is {now} with {target.text}"
    if change.action is Action.ARCHIVE and is_whole(change):
        labels = _labels(change, live) or ()
        if any(label not in removed and not label.is_flag for label in labels):
            return f"its association with {target.text} got a label since the plan was made"
    return None


def _is_done(change: Change, live: LivePairs) -> bool:
    """Return whether the portal already is as it should be after ``change``."""
    labels = _labels(change, live)
    label = change.association.label
    if change.action is Action.CREATE:
        return is_so(labels, label)
    return labels is None if is_whole(change) else not is_so(labels, label)


def _labels(change: Change, live: LivePairs) -> frozenset[Label] | None:
    record_id, target_id = _ids(change)
    return live.get(record_id, {}).get(target_id)


def _ids(change: Change) -> tuple[RecordId, RecordId]:
    record_id, target_id = change.remote
    if record_id is None or target_id is None:
        raise ValueError(f"{change.record.text} was to be associated before it had an id")
    return record_id, target_id
