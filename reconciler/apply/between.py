"""Associations of two object types: what moved, sending them, and what came of those without an answer."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.hubspot.client import Reader, Writer
from reconciler.hubspot.pairing import PairRow, write_pairs
from reconciler.hubspot.pairs import LivePairs, read_pairs
from reconciler.model.outcomes import Applied, Outcome
from reconciler.model.pairs import Label, is_so
from reconciler.model.records import RecordId
from reconciler.model.schema import ObjectSchema, PortalSchema
from reconciler.plan.changes import Associate, Dissociate, PairWriting

Entries: TypeAlias = Sequence[tuple[int, PairWriting]]
"""Changes between the same two object types, by number; all of their records have ids."""


@dataclass(frozen=True, slots=True)
class Between:
    """Two object types, from the one whose records name the associations."""

    reader: Reader
    one: ObjectSchema
    other: ObjectSchema

    def moved(self, entries: Entries) -> Mapping[int, str]:
        """Those of which somebody else changed something since the plan was made, and what."""
        live = self._read(entries)
        leaving: dict[tuple[RecordId, RecordId], set[tuple[str, int]]] = {}
        for _, change in entries:
            if change.label:
                leaving.setdefault(_ids(change), set()).add(change.label.type)
        found = {number: _moved(change, live, leaving.get(_ids(change), set())) for number, change in entries}
        return {number: message for number, message in found.items() if message}

    def send(
        self, writer: Writer, entries: Entries, leaving: Callable[[Sequence[int]], None]
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


def between(reader: Reader, portal: PortalSchema, change: PairWriting) -> Between:
    """The two object types that ``change`` is about."""
    return Between(reader, portal.objects[change.key.object], portal.objects[change.target.object])


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
