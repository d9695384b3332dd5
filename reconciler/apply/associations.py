"""Associations of two object types: what moved, sending them, and what came of those without an answer."""

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.hubspot.associations.read import LivePairs, read_pairs
from reconciler.hubspot.associations.write import PairRow, write_pairs
from reconciler.hubspot.client import PortalReader, PortalWriter
from reconciler.hubspot.records.prefetch import read_by_keys
from reconciler.model.addresses import RECORD_ID, RecordId, RecordKey
from reconciler.model.associations import Label, is_so
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.outcomes import Applied, Outcome
from reconciler.plan.change import Associate, Dissociate, PairWriting

Entries: TypeAlias = Sequence[tuple[int, PairWriting]]
"""Changes between the same two object types, by number; all of their records have ids."""


@dataclass(frozen=True, slots=True)
class AssociationBatch:
    """Two object types, from the one whose records name the associations."""

    reader: PortalReader
    one: ObjectSchema
    other: ObjectSchema

    def moved(self, entries: Entries, made: Collection[RecordKey] = ()) -> Mapping[int, str]:
        """Those of which somebody else changed something since the plan was made, and what.

        ``made`` are records that this run has created: their keys are known.
        """
        left = self._moved_keys(entries, made)
        entries = [entry for entry in entries if entry[0] not in left]
        return {**left, **self._moved_pairs(entries)} if entries else left

    def _moved_keys(self, entries: Entries, made: Collection[RecordKey]) -> Mapping[int, str]:
        """Those one of whose records has another key by now."""
        moved: dict[RecordKey, str] = {}
        for schema, ends in ((self.one, _ones(entries)), (self.other, _others(entries))):
            of_property: dict[str, dict[str, RecordId]] = {}
            for key, record_id in ends.items():
                if key.by != RECORD_ID and key not in made:
                    of_property.setdefault(key.by, {})[key.value] = record_id
            for by, wanted in of_property.items():
                live = read_by_keys(self.reader, schema, by, tuple(wanted))
                for value, record_id in wanted.items():
                    key, now = RecordKey(schema.name, by, value), live.get(value)
                    if value in live.unanswered:
                        moved[key] = f"HubSpot leaves {key.address} out of its answers: nobody knows its key"
                    elif now is None or now.id != record_id:
                        has_it = f"; record {now.id} has it by now" if now else ""
                        moved[key] = f"record {record_id} no longer has the key of {key.address}{has_it}"
        found = {number: moved.get(change.key) or moved.get(change.target) for number, change in entries}
        return {number: message for number, message in found.items() if message}

    def _moved_pairs(self, entries: Entries) -> Mapping[int, str]:
        live = self._read(entries)
        leaving: dict[tuple[RecordId, RecordId], set[tuple[str, int]]] = {}
        for _, change in entries:
            if change.label:
                leaving.setdefault(_ids(change), set()).add(change.label.type)
        found = {number: _moved(change, live, leaving.get(_ids(change), set())) for number, change in entries}
        return {number: message for number, message in found.items() if message}

    def send(
        self, writer: PortalWriter, entries: Entries, leaving: Callable[[Sequence[int]], None]
    ) -> Mapping[int, Outcome]:
        """Send all of them, by one call where HubSpot takes them together; ``leaving`` is told before."""
        rows = [PairRow(number, *_ids(change), change.label) for number, change in entries]
        call = entries[0][1].route.call
        return write_pairs(
            writer,
            self.one,
            self.other,
            call,
            rows,
            leaving=lambda sent: leaving([row.number for row in sent]),
        )

    def settled(self, entries: Entries) -> Mapping[int, Outcome]:
        """Those that turn out to have happened."""
        live = self._read(entries)
        return {number: Applied(_ids(change)[0], {}) for number, change in entries if _is_done(change, live)}

    def _read(self, entries: Entries) -> LivePairs:
        return read_pairs(self.reader, self.one, self.other, [_ids(change)[0] for _, change in entries])


def association_batch(reader: PortalReader, portal: PortalSchema, change: PairWriting) -> AssociationBatch:
    """The two object types that ``change`` is about."""
    return AssociationBatch(reader, portal.objects[change.key.object], portal.objects[change.target.object])


def _ones(entries: Entries) -> Mapping[RecordKey, RecordId]:
    return {change.key: _ids(change)[0] for _, change in entries}


def _others(entries: Entries) -> Mapping[RecordKey, RecordId]:
    return {change.target: _ids(change)[1] for _, change in entries}


def _moved(change: PairWriting, live: LivePairs, leaving: Container[tuple[str, int]]) -> str | None:
    if _is_done(change, live):
        now = "associated so" if isinstance(change, Associate) else "no longer associated so"
        return f"it is {now} with {change.target.address} by now"
    if isinstance(change, Dissociate) and change.is_whole:
        labels = _labels(change, live) or ()
        if any(label.type not in leaving and not label.is_flag for label in labels):
            return f"its association with {change.target.address} was given a label since the plan was made"
    return None


def _is_done(change: PairWriting, live: LivePairs) -> bool:
    """Whether the portal is as ``change`` wants it."""
    labels = _labels(change, live)
    if isinstance(change, Associate):
        return is_so(labels, change.label)
    return labels is None if change.is_whole else not is_so(labels, change.label)


def _labels(change: PairWriting, live: LivePairs) -> frozenset[Label] | None:
    record_id, target_id = _ids(change)
    return live.get(record_id, {}).get(target_id)


def _ids(change: PairWriting) -> tuple[RecordId, RecordId]:
    if change.record_id is None or change.target_id is None:
        raise ValueError(f"{change.key.address} was to be associated before it had an id")
    return change.record_id, change.target_id
