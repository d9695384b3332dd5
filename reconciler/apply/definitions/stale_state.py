"""Definitions whose entry in state was written by another run since a plan was made."""

from collections.abc import Iterable, Iterator

from reconciler.model.references import RecordIdentity
from reconciler.plan.change import Action
from reconciler.plan.stages import Entry
from reconciler.state.store import Store

WHAT = "this definition's entry in state"


def overtaken(entries: Iterable[Entry], store: Store, serial: int) -> Iterator[int]:
    """Return the numbers of changes whose definition was written to state after serial ``serial``."""
    written = store.definitions_written_since(serial)
    owned = store.all_definitions() if written else ()
    names = {each.key for each in owned if RecordIdentity(each.key.object, each.record_id) in written}
    for number, change in entries:
        if change.action is Action.CREATE:
            continue  # the read before its call shows whether the definition exists
        known = change.remote.id
        is_written = known is not None and RecordIdentity(change.object_type, known) in written
        if is_written or change.definition in names:
            yield number
