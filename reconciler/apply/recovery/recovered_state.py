"""The state as it will be once the unfinished batches of earlier runs are settled; nothing is written."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from typing import TypeAlias

from reconciler.hubspot.reader import PortalReader
from reconciler.model.addresses import DefinitionAddress, RecordAddress, RecordId
from reconciler.model.associations import AssociationIdentity, OwnedAssociation
from reconciler.model.canonical import canonical
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.object_references import Direction, GroupKey
from reconciler.model.outcomes import Applied, Outcome, done_of
from reconciler.model.owned import Origin, OwnedDefinition, OwnedRecord, StateVersion
from reconciler.model.portal_definitions import is_within
from reconciler.model.references import RecordIdentity
from reconciler.plan.change import Change, carried_out
from reconciler.state.kinds import ownership_after
from reconciler.state.run_types import RunStatus, UnfinishedBatch
from reconciler.state.store import Store

_CHUNK = 500


def version_seen(store: Store, now: datetime) -> StateVersion:
    """Return the version of the state for a plan that is made at the time ``now``.

    If another run is under way, the plan sees only a part of that run's changes. In that case, return the
    version before that run, so that every state entry that the run writes counts as changed since the plan.
    """
    version = store.version()
    return StateVersion(version.lineage, version.serial - 1) if run_under_way(store, now) else version


def run_under_way(store: Store, now: datetime) -> str | None:
    """Return the id of the run that is being carried out now; None if there is none."""
    holder, runs = store.lock_holder(), store.runs()
    is_begun = bool(runs) and runs[0].status == RunStatus.RUNNING
    return runs[0].id if is_begun and holder is not None and holder.expires_at > now else None


Settled: TypeAlias = Sequence[tuple[UnfinishedBatch, Mapping[int, Outcome]]]
"""Batches of earlier runs, with the outcomes of their changes by number.

Those runs ended before they stored the outcomes; the outcomes were found out by reading the portal.
"""


def settle_batches(
    reader: PortalReader, portal: PortalSchema, unfinished: Sequence[UnfinishedBatch]
) -> Settled:
    """Return the outcomes of batches whose run has ended, by reading the portal.

    Usually there are no such batches.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    if not unfinished:
        return ()
    from reconciler.apply.recovery.settle import settle_batch  # noqa: PLC0415 - it imports all that writes

    return [(batch, settle_batch(reader, portal, batch)) for batch in unfinished]


def applied_by(run_id: str, settled: Settled) -> list[tuple[Change, Applied]]:
    """Return the changes of the run ``run_id`` that HubSpot applied according to ``settled``, with outcomes.

    The run itself did not store these outcomes: they were found out later, by reading the portal.
    """
    return [
        (carried_out(change, done.written), done)
        for batch, outcomes in settled
        for number, change in batch.entries
        if batch.run_id == run_id and (done := done_of(outcomes.get(number)))
    ]


class RecoveredState:
    """The records, associations and definitions that reconciler owns after the batches in ``settled``.

    The store itself does not contain the outcomes of these batches yet.
    """

    def __init__(self, store: Store, settled: Settled) -> None:
        self._store = store
        self._owned: dict[RecordIdentity, OwnedRecord | None] = {}  # None: not owned any more
        self._keys: set[RecordAddress] = set()  # keys of records that ``settled`` adds or changes
        self._pairs: dict[AssociationIdentity, OwnedAssociation | None] = {}
        self._ended: set[RecordIdentity] = set()
        self._definitions: dict[RecordIdentity, OwnedDefinition | None] = {}
        self._ended_definitions: list[DefinitionAddress] = []
        self._once: dict[GroupKey, Mapping[str, RecordId]] = {}
        for batch, outcomes in settled:
            records, pairs, definitions = ownership_after(batch.entries, outcomes, store)
            self._owned |= dict.fromkeys(records.disowned) | {
                RecordIdentity(record.key.object, record.record_id): record for record in records.owned
            }
            self._keys.update(record.key for record in records.owned)
            self._pairs |= dict.fromkeys(pairs.disowned) | {pair.identity: pair for pair in pairs.owned}
            self._ended.update(pairs.ended)
            self._ended_definitions += definitions.ended
            self._definitions |= dict.fromkeys(definitions.disowned) | {
                RecordIdentity(each.key.object, each.record_id): each for each in definitions.owned
            }

    def owned(self, object_name: str, by: str, keys: Sequence[str]) -> dict[str, OwnedRecord]:
        """Return the owned records with ``keys``, by key."""
        found = self._store.owned(object_name, by, keys)
        if not self._owned:
            return found
        wanted = set(keys)
        unsettled = {key: record for key, record in found.items() if not self._is_settled(record)}
        return unsettled | {
            record.key.value: record
            for record in self._settled(object_name, by)
            if record.key.value in wanted
        }

    def owned_by_id(self, object_name: str, ids: Sequence[RecordId]) -> dict[RecordId, OwnedRecord]:
        """Return the owned records whose record id is in ``ids``, by record id; their keys do not matter."""
        found = self._store.owned_by_id(object_name, ids)
        for record_id in ids if self._owned else ():
            if (object_name, record_id) in self._owned:
                found.pop(record_id, None)
                settled = self._owned[RecordIdentity(object_name, record_id)]
                found |= {record_id: settled} if settled else {}
        return found

    def once_known_as(self, schema: ObjectSchema, by: str, keys: Collection[str]) -> dict[str, OwnedRecord]:
        """Return records that the state has under another key property, by their value of ``by``.

        A record is returned if its last applied value of ``by`` is one of ``keys``. So a record is recognised
        when manifests change its key property to ``by``. All records under other key properties are loaded.
        """
        definition = schema.properties.get(by)
        if not keys or definition is None:
            return {}
        group = GroupKey(schema.name, by)
        if group not in self._once:
            self._once[group] = {
                canonical(definition.kind, text) or "": entry.record_id
                for other in self._other_keys(group)
                for entry in self.in_order(schema.name, other)
                if (text := entry.sent.get(by))
            }
        once = self._once[group]
        ids = {key: once[text] for key in keys if (text := canonical(definition.kind, key) or "") in once}
        entries = self.owned_by_id(schema.name, sorted(set(ids.values())))
        return {key: entries[record_id] for key, record_id in ids.items() if record_id in entries}

    def _other_keys(self, group: GroupKey) -> list[str]:
        """Return the other key properties under which records of the type are owned."""
        settled = {record.key.group for record in self._owned.values() if record is not None}
        stored = {GroupKey(object_name, by) for object_name, by, _ in self._store.owned_groups()}
        return sorted(each.by for each in stored | settled if each.object == group.object and each != group)

    def owned_definitions(self, object_name: str) -> tuple[OwnedDefinition, ...]:
        """Return the owned definitions of an object type, sorted by address."""
        stored = self._store.owned_definitions(object_name)
        if not (self._definitions or self._ended_definitions):
            return stored
        known: dict[RecordIdentity, OwnedDefinition | None] = {
            RecordIdentity(object_name, each.record_id): each for each in stored
        }
        settled = {each: after for each, after in self._definitions.items() if each.object == object_name}
        left = (each for each in (known | settled).values() if each and not self._is_gone(each))
        return tuple(sorted(left, key=_address))

    def _is_gone(self, definition: OwnedDefinition) -> bool:
        return any(is_within(definition.key, ended) for ended in self._ended_definitions)

    def created(self, object_name: str, ids: Sequence[RecordId]) -> frozenset[RecordId]:
        """Return those of ``ids`` that belong to records created by reconciler.

        This includes creates whose outcome was found out only now, after their run was interrupted.
        """
        made = {
            record_id
            for (of_type, record_id), owned in self._owned.items()
            if of_type == object_name and owned is not None and owned.origin is Origin.CREATED
        }
        return self._store.created(object_name, ids) | made.intersection(ids)

    def in_order(self, object_name: str, by: str) -> Iterator[OwnedRecord]:
        """Return all owned records of a group, sorted by key (by code point)."""
        unsettled = (record for record in self._stored(object_name, by) if not self._is_settled(record))
        return merge(unsettled, self._settled(object_name, by), key=_key_value)

    def paired_types(self) -> frozenset[Direction]:
        """Return the pairs of object types with owned associations; the first type declares them."""
        return self._store.paired_types() | {pair.direction for pair in self._pairs.values() if pair}

    def pairs(self, object_name: str, other: str) -> list[OwnedAssociation]:
        """Return the owned associations between two object types, whichever of the two declares them."""
        types = {object_name, other}
        keys = {record: owned.key for record, owned in self._owned.items() if owned}
        stored = {pair.identity: pair.renamed(keys) for pair in self._store.pairs(object_name, other)}
        settled = {
            identity: pair
            for identity, pair in self._pairs.items()
            if {identity.object, identity.to_object} == types
        }
        return [pair for pair in (stored | settled).values() if pair and self._ended.isdisjoint(pair.records)]

    def _stored(self, object_name: str, by: str) -> Iterator[OwnedRecord]:
        after: str | None = None
        while chunk := self._store.owned_in_order(object_name, by, after, _CHUNK):
            yield from chunk
            after = chunk[-1].key.value

    def _settled(self, object_name: str, by: str) -> list[OwnedRecord]:
        """Return those records of a group whose entries ``settled`` adds or replaces, sorted by key."""
        group = (record for record in self._owned.values() if record is not None)
        return sorted(
            (record for record in group if record.key.group == (object_name, by)),
            key=_key_value,
        )

    def _is_settled(self, record: OwnedRecord) -> bool:
        """Return whether an outcome in ``settled`` replaces the entry of ``record`` in the store.

        This is also true if such an outcome gives the key of ``record`` to another record.
        """
        return (record.key.object, record.record_id) in self._owned or record.key in self._keys


def _address(definition: OwnedDefinition) -> DefinitionAddress:
    return definition.key


def _key_value(record: OwnedRecord) -> str:
    return record.key.value
