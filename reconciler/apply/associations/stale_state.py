"""Associations whose entry in state was written by another run since a plan was made."""

from collections.abc import Iterable, Iterator

from reconciler.plan.associations.changes import identity_of_association
from reconciler.plan.stages import Entry
from reconciler.state.store import Store

WHAT = "this association's entry in state"


def overtaken(entries: Iterable[Entry], store: Store, serial: int) -> Iterator[int]:
    """Return the numbers of changes whose association was written to state after serial ``serial``."""
    written = {association.identity for association in store.pairs_written_since(serial)}
    for number, change in entries:
        if identity_of_association(change) in written:
            yield number
