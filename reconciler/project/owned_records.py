"""The records, associations and definitions that are owned according to the state of an environment."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from heapq import merge
from typing import NamedTuple

from reconciler.errors import UsageError
from reconciler.model.addresses import (
    DefinitionAddress,
    ThingAddress,
    is_definition_address,
    parse_definition_address,
    split_address,
)
from reconciler.model.associations import OwnedAssociation
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import OwnedDefinition, OwnedRecord, OwnedThing
from reconciler.model.selection import glob_of, is_pattern
from reconciler.project.session import Session
from reconciler.project.state_masking import StateMasking
from reconciler.state.erase import NamedThing, named
from reconciler.state.store import Store

_CHUNK = 1000
"""Number of records that are read from the state at a time."""


class OwnedDetail(NamedTuple):
    """Everything that the state contains about a record or definition."""

    record: OwnedRecord | OwnedDefinition
    pairs: tuple[OwnedAssociation, ...]
    masked_properties: frozenset[ObjectProperty]  # properties whose values should be masked in output


class OwnedRecords:
    """The owned records and definitions of an environment, while its state is open."""

    def __init__(self, store: Store, masking: StateMasking) -> None:
        self._store = store
        self._masking = masking

    def __iter__(self) -> Iterator[OwnedRecord | OwnedDefinition]:
        return merge(self._store.all_definitions(), walk(self._store), key=_address)

    def __len__(self) -> int:
        return self._store.count() + len(self._store.all_definitions())

    @property
    def lineage(self) -> str | None:
        """The lineage of the state; None if nothing was ever applied."""
        return self._store.version().lineage

    def masked_keys(self) -> frozenset[ObjectProperty]:
        """Return the object types and key properties whose keys are masked in output."""
        return self._masking.keys(
            ObjectProperty(object_name, by) for object_name, by, _ in self._store.owned_groups()
        )

    def at(self, address: str) -> Iterator[OwnedDetail]:
        """Yield the facts about the records or the definition at ``address``; nothing if it is not owned.

        Raises:
            UsageError: ``address`` is not the address of a record or definition.
        """
        for record in owned_at(self._store, named_at(address)):
            pairs = tuple(self._store.pairs_of(record)) if isinstance(record, OwnedRecord) else ()
            yield OwnedDetail(
                record, pairs, self._masking.values(record, (pair.target.address for pair in pairs))
            )


@contextmanager
def owned_records(session: Session) -> Iterator[OwnedRecords]:
    """Open the state of an environment to read its owned records and definitions.

    Raises:
        StateError: the state cannot be read.
    """
    with session.state(to_write=False) as store:
        yield OwnedRecords(store, StateMasking(store, session.settings.masks))


def walk(store: Store) -> Iterator[OwnedRecord]:
    """Yield all owned records, sorted by object type, key property and key."""
    for object_name, by, _ in store.owned_groups():
        after: str | None = None
        while chunk := store.owned_in_order(object_name, by, after, _CHUNK):
            yield from chunk
            after = chunk[-1].key.value


def _address(owned: OwnedThing) -> ThingAddress:
    return owned.key


def named_at(address: str) -> NamedThing:
    """Parse the address of a record or definition.

    Raises:
        UsageError: it is no such address, or names only a part of a record or definition.
    """
    try:
        if is_definition_address(address):
            definition, path = parse_definition_address(address)
            whole, word, thing = definition.text, "value", named(definition)
        else:
            object_name, by_record_id, value, path = split_address(address)
            whole, word = address.partition("#")[0], "property"
            thing = NamedThing(object_name, value, by_record_id=by_record_id)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if path is not None:
        raise UsageError(
            f"{address} is the address of a {word}: write the address of its {thing.word}, {whole}"
        )
    return thing


def owned_at(store: Store, thing: NamedThing) -> tuple[OwnedRecord | OwnedDefinition, ...]:
    """Return the owned records or the definition that ``thing`` names.

    There may be several records, if they have different key properties.
    """
    if thing.section is not None:
        return store.find_definition(DefinitionAddress(thing.object, thing.section, thing.value))
    return store.find(thing.object, by_record_id=thing.by_record_id, value=thing.value)


def selected_by(store: Store, address: str) -> tuple[OwnedRecord | OwnedDefinition, ...]:
    """Return the owned things that an address, or a glob over addresses, selects.

    A glob with a ``:`` selects definitions, any other glob selects records.

    Raises:
        UsageError: the text selects properties, or is not an address.
    """
    if not is_pattern(address):
        return owned_at(store, named_at(address))
    if is_definition_address(address):
        return tuple(each for each in store.all_definitions() if fnmatchcase(each.key.text, address))
    glob = glob_of(address)
    if glob.name is not None:
        raise UsageError(
            f"{address} selects properties, but only whole records can be selected here: write "
            f"{address.partition('#')[0]}"
        )
    return tuple(record for record in walk(store) if glob.means(record.key))


def export_lines(session: Session) -> Iterable[str]:
    """Yield everything that is owned, as the lines of one JSON document; nothing is masked."""
    with session.state(to_write=False) as store:
        yield from store.export()
