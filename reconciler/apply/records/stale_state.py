"""Records whose entry in state was written by another run since a plan was made."""

from collections.abc import Iterable, Iterator
from itertools import islice

from reconciler.model.addresses import RecordId
from reconciler.model.object_references import GroupKey
from reconciler.plan.records.changes import replaced_by
from reconciler.plan.stages import Entry
from reconciler.state.store import Store

WHAT = "this record's entry in state"

_STATE_READ = 900
"""Maximum number of changes whose keys or record ids are looked up by one read of state."""


def overtaken(entries: Iterable[Entry], store: Store, serial: int) -> Iterator[int]:
    """Return the numbers of the changes whose records another run has written to state since ``serial``.

    ``serial`` is the number of the last run that the plan knows. Records are looked up by key and by id. A
    record that was owned when it was planned, and is not owned any more, counts, too.
    """
    remaining = iter(entries)
    while some := list(islice(remaining, _STATE_READ)):
        yield from _overtaken(some, store, serial)


def _overtaken(entries: Iterable[Entry], store: Store, serial: int) -> Iterator[int]:
    by_key: dict[GroupKey, dict[str, list[int]]] = {}
    by_id: dict[str, dict[RecordId, list[int]]] = {}
    known: dict[str, dict[RecordId, list[int]]] = {}
    for number, change in entries:
        keys = by_key.setdefault(change.record.group, {})
        keys.setdefault(change.record.value, []).append(number)
        record_id = replaced_by(change) or change.remote.id
        if record_id is not None:
            by_id.setdefault(change.object_type, {}).setdefault(record_id, []).append(number)
        if change.owned_before is not None:
            known.setdefault(change.object_type, {}).setdefault(change.known_id, []).append(number)
    for (object_name, by), numbers in by_key.items():
        for key in store.moved_since(serial, object_name, by, list(numbers)):
            yield from numbers[key]
    for object_name, numbers_of in by_id.items():
        for record_id in store.ids_moved_since(serial, object_name, list(numbers_of)):
            yield from numbers_of[record_id]
    for object_name, numbers_of in known.items():
        for record_id in numbers_of.keys() - store.owned_by_id(object_name, list(numbers_of)).keys():
            yield from numbers_of[record_id]
