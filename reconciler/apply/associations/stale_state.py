"""Associations whose entry in state was written by another run since a plan was made."""

from collections.abc import Iterable, Iterator

from reconciler.model.associations import AssociationIdentity
from reconciler.plan.associations.changes import identity_of_association
from reconciler.plan.stages import Entry
from reconciler.state.store import Store

WHAT = "this association's entry in state"


def overtaken(entries: Iterable[Entry], store: Store, serial: int) -> Iterator[int]:
    """Return the numbers of changes whose association was written to state after serial ``serial``.

    This includes associations that state contained when the change was planned, and does not contain now.
    """
    written = {association.identity for association in store.pairs_written_since(serial)}
    owned: dict[tuple[str, str], set[AssociationIdentity]] = {}
    for number, change in entries:
        identity = identity_of_association(change)
        if identity in written:
            yield number
        elif change.owned_before is not None:
            types = change.association.direction
            if types not in owned:
                owned[types] = {association.identity for association in store.pairs(*types)}
            if identity not in owned[types]:
                yield number
