"""State opened by its address, wherever it is: in a file, in PostgreSQL, or in a repository.

In a repository every transaction is pushed, so that it is as durable as in a database; runs push less often.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from reconciler.encryption import keys_from
from reconciler.state import store
from reconciler.state.git.access import access_to
from reconciler.state.git.backend import GitBackend
from reconciler.state.git.place import git_place
from reconciler.state.store import Store


def open_state(url: str, project: Path, portal_id: int, environ: Mapping[str, str] | None = None) -> Store:
    """Open the state at ``url`` for writing, with the keys in ``environ``."""
    place = git_place(url)
    if place is None:
        return store.open_state(url, project, portal_id)
    backend = GitBackend(
        access_to(place.remote, place.ref, os.environ, keys=keys_from(environ or {}), may_be_plain=True),
        portal_id,
    )
    backend.renew_after = timedelta(0)
    return Store(backend, portal_id)


def look_again(store: Store) -> None:
    """Look at the remote again, if there is one: a store shows the lock as it was at the last look."""
    if isinstance(store._backend, GitBackend):
        store._backend._refs = store._backend._remote.fetch()
