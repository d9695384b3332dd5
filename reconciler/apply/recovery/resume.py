"""Storing the outcomes of changes that earlier runs left without one, after reading them from the portal.

Only the run that holds the lock does this.
"""

from reconciler.apply.recovery.settle import settle_batch
from reconciler.hubspot.reader import PortalReader
from reconciler.model.definitions import PortalSchema
from reconciler.state.kinds import ownership_after
from reconciler.state.run_types import RunStatus
from reconciler.state.store import Store
from reconciler.state.writer import StateWriter


def is_anything_open(store: Store) -> bool:
    """Return whether an earlier run was killed, or has changes whose outcome is unknown."""
    return bool(store.unfinished()) or any(run.status == RunStatus.RUNNING for run in store.runs())


def settle_earlier(store: Store, journal: StateWriter, reader: PortalReader, portal: PortalSchema) -> None:
    """Read and store the outcomes of batches that earlier runs left unfinished.

    Mark those runs as interrupted.

    Raises:
        HubSpotError: the portal cannot be read.
        StateError: state or lock was lost during the work.
    """
    for batch in store.unfinished():
        outcomes = settle_batch(reader, portal, batch)
        after = ownership_after(batch.entries, outcomes, store)
        journal.record(batch.run_id, batch.number, outcomes, after)
    for run in store.runs():
        if run.status == RunStatus.RUNNING:
            journal.finish_run(run.id, RunStatus.INTERRUPTED)
