"""The names of records, as docs/verdicts.md and docs/pruning.md describe them.

A line names a live record by the present value of its key property, in any spelling, by another of its e-mail
addresses, by its record id, or by one of these under ``$renamed_from``. A line also names a record that is in
the state by its key there, unless another record has this key now. It also names the record by another value
that we wrote into it, unless another line is about the record: then the first line is about a new record.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.addresses import RECORD_ID, RecordId
from reconciler.model.owned import OwnedRecord
from tests.reconcile.whole_world import EMAIL, INVERSE, SECOND, Line, Target, World


@dataclass(frozen=True)
class Naming:
    """The records that lines of a world name."""

    world: World

    def by_live_key(self, record_id: RecordId, lines: Iterable[Line]) -> list[Line]:
        """Return the lines that name a record by a key that it has now."""
        held = self.world.live.get(record_id)
        if held is None:
            return []
        return [line for line in lines if any(_has(record_id, held, line.by, key) for key in line.keys)]

    def by_any_key(self, record_id: RecordId, lines: Iterable[Line]) -> list[Line]:
        """Return the lines that name a record by a key that it has now, or that we wrote."""
        every = list(lines)
        entry = self.world.entry_of(record_id)
        now = self.by_live_key(record_id, every)
        return [
            line
            for line in every
            if line in now or (entry and any(self._is_ours(entry, line.by, key) for key in line.keys))
        ]

    def perhaps(self, record_id: RecordId, lines: Iterable[Line]) -> bool:
        """Return whether a line may name a record, also by a key that another record has now."""
        every, entry = list(lines), self.world.entry_of(record_id)
        wrote = entry is not None and any(_wrote(entry, line.by, key) for line in every for key in line.keys)
        return wrote or bool(self.by_live_key(record_id, every))

    def is_unclear(self, record_id: RecordId) -> bool:
        """Return whether a line has a key that no record has now and that we wrote into this and another one.

        The line then names one of the two.
        """
        entry = self.world.entry_of(record_id)
        keys = [(line.by, key) for line in self.world.here for key in line.keys]
        return entry is not None and any(
            _wrote(entry, *key) and sum(_wrote(each, *key) for each in self.world.entries) > 1 for key in keys
        )

    def wanted(self, record_id: RecordId) -> list[Line]:
        """Return the lines of this environment by which a record shall exist."""
        return [line for line in self.by_any_key(record_id, self.world.here) if not line.is_absent]

    def calls(self, record_id: RecordId, by: str, key: str) -> bool:
        """Return whether a key is one that a record has now, or that we wrote."""
        held, entry = self.world.live.get(record_id), self.world.entry_of(record_id)
        is_live = held is not None and _has(record_id, held, by, key)
        return is_live or (entry is not None and self._is_ours(entry, by, key))

    def targets(self, one: RecordId, other: RecordId) -> Iterator[tuple[Target, str | None]]:
        """Yield the targets by which lines associate two records, with the label as ``one`` sees it."""
        for source, far in ((one, other), (other, one)):
            for line in self.wanted(source):
                for target in line.targets:
                    if self.calls(far, target.by, target.value) or self._will_have(far, target):
                        label = target.label if source == one else INVERSE.get(target.label or "")
                        yield target, label

    def _will_have(self, record_id: RecordId, target: Target) -> bool:
        """Return whether lines about a record give it the value by which ``target`` names it."""
        for line in self.wanted(record_id):
            said: Mapping[str, str | None] = {**dict(line.values), line.by: line.key}
            if (said.get(target.by) or "").casefold() == target.value.casefold():
                return True
        return False

    def _is_ours(self, entry: OwnedRecord, by: str, key: str) -> bool:
        """Return whether no record has a key now, and it is the one of ``entry`` or a value that we wrote."""
        if any(_has(each, held, by, key) for each, held in self.world.live.items()):
            return False
        if _is_key(entry, by, key):
            return True
        known = [each for each in self.world.entries if _wrote(each, by, key)]
        return known == [entry] and not self._is_named_itself(entry)

    def _is_named_itself(self, entry: OwnedRecord) -> bool:
        """Return whether a line of this environment is about the record of ``entry``, without a doubt."""
        here = self.world.here
        names = {(line.by, key) for line in here for key in line.keys}
        return (entry.key.by, entry.key.value) in names or bool(
            self.by_live_key(entry.record_id, self.world.here)
        )


def _is_key(entry: OwnedRecord, by: str, key: str) -> bool:
    return entry.key.by == by and _same(by, entry.key.value, key)


def _wrote(entry: OwnedRecord, by: str, key: str) -> bool:
    return _is_key(entry, by, key) or _same(by, entry.sent.get(by), key)


def _same(by: str, one: str | None, other: str) -> bool:
    """Return whether two values of a key property are equal; case counts except in e-mail addresses."""
    return one == other or (by == EMAIL and one is not None and one.casefold() == other.casefold())


def _has(record_id: RecordId, held: Mapping[str, str], by: str, key: str) -> bool:
    if by == RECORD_ID:
        return record_id == key
    if by != EMAIL:
        return held.get(by) == key
    return key.casefold() in {held.get(EMAIL, "").casefold(), *held.get(SECOND, "").casefold().split(";")}
