"""Proof that no record has a value that is to be removed: HubSpot removes options even if records have them.

HubSpot's search index lags behind. So two searches in a row must find no record, with a pause between them.
Records that a search finds are read by id, because the index may still show old values of records that this
run changed. The first searches for all removals of a run are made together, so the run waits only once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.prefetch import in_chunks
from reconciler.hubspot.records.read import read_records
from reconciler.model.addresses import RECORD_ID, DefinitionAddress, RecordId
from reconciler.model.calls import BATCH_SIZE, MOST_FOUND
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.plan.change import Change, Reason
from reconciler.plan.definitions.changes import losing_records
from reconciler.plan.definitions.held_values import SEPARATOR, HeldByRecords, what_records_hold

INDEX_S = 15.0
"""Seconds between two searches, in which HubSpot's search index can catch up: it is a few seconds behind."""

_LOOKS = 6
_LOOKS_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class FirstLooks:
    """Results of the first searches for records that have a value which the plan will remove.

    These searches come before the first removal.
    """

    free: frozenset[DefinitionAddress] = frozenset()
    """Some definitions that the plan will remove: the first search found their values in no record."""
    moved: Mapping[DefinitionAddress, Sequence[RecordId]] = field(default_factory=dict)
    """Ids of the records that get another value, for each definition that the plan will remove.

    Definitions with few records are left out: a single search can return all records of such a definition.
    """

    @property
    def takes_time(self) -> bool:
        """Whether a second search is needed, after a pause."""
        return bool(self.free)


_Written: TypeAlias = tuple[str, str, str | None]
"""Object type, a property that the plan writes in records, and the old value of this property.

The old value is None if the new value comes from another property, which the plan removes.
"""


def look_first(
    reader: PortalReader, portal: PortalSchema, removals: Sequence[Change], changes: Sequence[Change]
) -> FirstLooks:
    """Search for records that have a value which ``removals`` (changes of definitions) remove.

    Return which of the removed definitions no record uses, and which records get another value. ``changes``
    are all changes of the plan.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    free: list[DefinitionAddress] = []
    moving: dict[_Written, DefinitionAddress] = {}
    for change in removals:
        schema = portal.objects.get(change.object_type)
        held = what_records_hold(schema, change) if schema else None
        if schema is None or held is None or losing_records(change):
            # No first search: no record can have the value, or the plan accepts that records lose the value.
            continue
        if change.reason is Reason.MIGRATED:
            moving[change.object_type, held.lacking or held.name, held.value] = change.definition
        if not reader.searches.find_holders(schema.path, *held[1:]).total:
            free.append(change.definition)
    return FirstLooks(frozenset(free), _moved(moving, changes) if moving else {})


def _moved(
    moving: Mapping[_Written, DefinitionAddress], changes: Iterable[Change]
) -> Mapping[DefinitionAddress, Sequence[RecordId]]:
    """Return the ids of the records that get another value, by removed definition.

    Leave out a definition if a single search can return all records with the definition's value.
    """
    found: dict[DefinitionAddress, list[RecordId]] = {address: [] for address in moving.values()}
    for change in changes:
        for value in change.values:
            if value.reason is not Reason.MIGRATED or change.remote.id is None:
                continue
            for text in [None] if value.before is None else value.before.split(SEPARATOR):
                of = moving.get((change.object_type, value.name, text))
                if of is not None:
                    found[of].append(change.remote.id)
    return {address: ids for address, ids in found.items() if len(ids) > MOST_FOUND}


@dataclass(frozen=True, slots=True)
class Looking:
    """A search for the records that have a value of one definition, right before it is removed."""

    reader: PortalReader
    schema: ObjectSchema
    sleep: Callable[[float], None]
    index_s: float  # seconds between two searches, in which the search index can catch up
    first: FirstLooks = field(default_factory=FirstLooks)

    def holder_left(self, change: Change) -> str | None:
        """Return a sentence if too many records still have a value that ``change`` removes; otherwise None.

        Raises:
            HubSpotError: the portal cannot be read.
        """
        held = what_records_hold(self.schema, change)
        if held is None:
            return None
        holding = list(self._holding(held, self.first.moved.get(change.definition, ())))
        if holding:
            return self._sentence(len(holding))
        accepted = losing_records(change)
        count, free = 0, int(change.definition in self.first.free)
        for look in range(_LOOKS):
            if look:
                self.sleep(self.index_s)
            found = self.reader.searches.find_holders(self.schema.path, *held[1:])
            count = found.total
            if count <= accepted:
                free += 1
                if free == _LOOKS_IN_A_ROW or accepted:
                    return None
                continue
            free = 0
            holding = list(self._holding(held, [RecordId(record.id) for record in found.results]))
            if len(holding) > accepted:
                return self._sentence(len(holding))
        return (
            f"HubSpot's search still finds {_counted(count)} of {self.schema.name} with this "
            "value: apply again later"
        )

    def _holding(self, held: HeldByRecords, ids: Sequence[RecordId]) -> Iterator[RecordId]:
        """Return those of the records ``ids`` that really have the value: the search index may be late."""
        for chunk in in_chunks(ids, BATCH_SIZE):
            live = read_records(self.reader, self.schema, RECORD_ID, chunk, held.names)
            for record_id, record in live.items():
                if held.is_in(record.properties):
                    yield RecordId(record_id)

    def _sentence(self, count: int) -> str:
        return f"{_counted(count)} of {self.schema.name} {'has' if count == 1 else 'have'} this value now"


def _counted(count: int) -> str:
    return f"{count:,} record" if count == 1 else f"{count:,} records"
