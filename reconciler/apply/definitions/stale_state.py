"""Definitions whose entry in state was written by another run since a plan was made."""

from collections.abc import Iterable, Iterator

from reconciler.model.references import RecordIdentity
from reconciler.plan.change import Action
from reconciler.plan.stages import Entry
from reconciler.state.store import Store

WHAT = "this definition's entry in state"


def overtaken(entries: Iterable[Entry], store: Store, serial: int) -> Iterator[int]:
    """Return the numbers of changes whose definition was written to state after serial ``serial``.

    A definition that was owned when it was planned, and is not owned any more, counts, too.
    """
    written = store.definitions_written_since(serial)
    owned = {RecordIdentity(each.key.object, each.record_id): each.key for each in store.all_definitions()}
    names = {key for identity, key in owned.items() if identity in written}
    for number, change in entries:
        if change.action is Action.CREATE:
            continue  # the read before its call shows whether the definition exists
        known = change.remote.id
        identity = RecordIdentity(change.object_type, known) if known is not None else None
        is_left = change.owned_before is not None and identity not in owned
        if is_left or identity in written or change.definition in names:
            yield number
