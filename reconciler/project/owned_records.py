"""The records and associations that the state of an environment knows as owned."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from reconciler.errors import UsageError
from reconciler.model.addresses import split_address
from reconciler.model.associations import OwnedAssociation
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import OwnedRecord
from reconciler.model.selection import glob_of, is_pattern
from reconciler.project.session import Session
from reconciler.project.state_masking import StateMasking
from reconciler.state.store import Store

_CHUNK = 1000
"""Records that are read from the state at once."""


class RecordName(NamedTuple):
    """A record as an address names it."""

    object_name: str
    by_record_id: bool
    value: str  # of the key property, or the record id

    def find(self, store: Store) -> tuple[OwnedRecord, ...]:
        """Return the owned records of this name; several if they have different key properties."""
        return store.find(self.object_name, by_record_id=self.by_record_id, value=self.value)


class OwnedDetail(NamedTuple):
    """Everything that the state knows of a record."""

    record: OwnedRecord
    pairs: tuple[OwnedAssociation, ...]
    masked_properties: frozenset[ObjectProperty]  # properties whose values should be masked in output


class OwnedRecords:
    """The owned records of an environment, while its state is open."""

    def __init__(self, store: Store, masking: StateMasking) -> None:
        self._store = store
        self._masking = masking

    def __iter__(self) -> Iterator[OwnedRecord]:
        return walk(self._store)

    def __len__(self) -> int:
        return self._store.count()

    def masked_keys(self) -> frozenset[ObjectProperty]:
        """Return the pairs of object type and key property whose keys should be masked."""
        return self._masking.keys(
            ObjectProperty(object_name, by) for object_name, by, _ in self._store.owned_groups()
        )

    def at(self, address: str) -> Iterator[OwnedDetail]:
        """Return what is known of the records at ``address``; nothing if they are not owned.

        Raises:
            UsageError: it is no address of a record.
        """
        for record in record_name(address).find(self._store):
            pairs = tuple(self._store.pairs_of(record))
            yield OwnedDetail(
                record, pairs, self._masking.values(record, (pair.target.address for pair in pairs))
            )


@contextmanager
def owned_records(session: Session) -> Iterator[OwnedRecords]:
    """Open the state of an environment to look at its owned records.

    Raises:
        StateError: the state cannot be read.
    """
    with session.state(to_write=False) as store:
        yield OwnedRecords(store, StateMasking(store, session.settings.masks))


def walk(store: Store) -> Iterator[OwnedRecord]:
    """Iterate over all owned records, by object type, key property and key."""
    for object_name, by, _ in store.owned_groups():
        after: str | None = None
        while chunk := store.owned_in_order(object_name, by, after, _CHUNK):
            yield from chunk
            after = chunk[-1].key.value


def record_name(address: str) -> RecordName:
    """Parse the address of a record.

    Raises:
        UsageError: it is not the address of a record.
    """
    try:
        object_name, by_record_id, value, property_name = split_address(address)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if property_name is not None:
        raise UsageError(f"{address} names a property: name its record, {address.partition('#')[0]}")
    return RecordName(object_name, by_record_id, value)


def selected_by(store: Store, address: str) -> tuple[OwnedRecord, ...]:
    """Return the owned records that an address, or a glob over addresses, selects.

    Raises:
        UsageError: it selects properties, or is no address.
    """
    if not is_pattern(address):
        return record_name(address).find(store)
    glob = glob_of(address)
    if glob.name is not None:
        raise UsageError(f"{address} names properties: name their records, {address.partition('#')[0]}")
    return tuple(record for record in walk(store) if glob.means(record.key))


def export_lines(session: Session) -> Iterable[str]:
    """Return all that is owned as the lines of one JSON document; nothing is masked."""
    with session.state(to_write=False) as store:
        yield from store.export()
