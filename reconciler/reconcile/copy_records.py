"""Reading the records of a portal for a copy, step by step. An interrupted copy can be continued.

A step reads one list of records. The place of a step says how far the list has been read. The same
``CopyRequest`` always leads to the same steps.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement, islice
from types import MappingProxyType
from typing import NamedTuple

from reconciler.hubspot.copies.records import (
    WantedPairs,
    WantedRecords,
    read_association_parts,
    read_record_chunks,
)
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.prefetch import in_chunks
from reconciler.json_values import Json
from reconciler.model.addresses import RECORD_ID, RecordId
from reconciler.model.calls import BATCH_SIZE, PAIRS_READ
from reconciler.model.copies import Copied, CopyRequest
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.desired import Desired
from reconciler.model.desired_records import DesiredRecord
from reconciler.model.object_references import GroupKey, ObjectProperty
from reconciler.model.selection import Selection
from reconciler.plan.associations.endpoints import endpoints_of
from reconciler.state.store import Store

FINISHED = "finished"
"""The text that the checkpoint has for a finished step.

For an unfinished step, the checkpoint has the position that the step has reached in its list of records.
"""

Declared = Mapping[str, DesiredRecord]
"""Desired records by key; their values need not be replaced by pseudonyms."""


NOTHING_DECLARED: Declared = MappingProxyType({})
"""An empty mapping, for records that were read without keys from manifests."""


NamedElsewhere = Mapping[GroupKey, Sequence[str]]
"""Keys in manifests other than the keys of their records, by object type and key property.

These are the keys of associated records, and former keys (``$renamed_from``).
"""


def named_elsewhere(desired: Desired, portal: PortalSchema) -> NamedElsewhere:
    """Return the keys of associated records, and the former keys of records."""
    found = {
        GroupKey(schema.name, by): list(values)
        for schema, by, values in endpoints_of(desired, portal, Selection()).unknown()
    }
    for group in desired.groups:
        former = [each.special.renamed_from for each in group.records if each.special.renamed_from]
        if former and group.object in portal.objects:
            found.setdefault(GroupKey(group.object, group.key), []).extend(former)
    return found


def declared_values(
    desired: Desired, properties: Collection[ObjectProperty]
) -> Iterator[tuple[str, str, str]]:
    """Return the values of ``properties`` that manifests declare, with object type and name."""
    for group in desired.groups:
        names = {name for of, name in properties if of == group.object}
        for record in group.records if names else ():
            values = {**dict(zip(record.names, record.values, strict=True)), group.key: record.key}
            for name in names & values.keys():
                if isinstance(value := values[name], str):
                    yield group.object, name, value


class Reached(NamedTuple):
    """One part of a copy: records or associations from the list that a step reads.

    ``place`` says how far this list has been read when the part is complete.
    """

    step: str
    place: str
    part: Json
    schema: ObjectSchema | None = None  # type of the records; None for associations
    key: str = RECORD_ID  # the property by which the records were read
    declared: Declared = NOTHING_DECLARED


@dataclass(frozen=True, slots=True)
class CopyingRecords:
    """The data and the methods for the steps that read records and associations."""

    reader: PortalReader
    portal: PortalSchema
    desired: Desired
    request: CopyRequest
    names: Mapping[str, Sequence[str]]  # properties to read, by object type
    done: Mapping[str, str]  # by step: the place that an interrupted copy has reached
    # called with the path of an object type and an id: returns the ids of copied records, beginning with this
    # id, in ascending order
    ids_of: Callable[[str, int], Sequence[int]]
    named_elsewhere: NamedElsewhere = field(default_factory=dict)

    def parts(self, store: Store) -> Iterator[Reached]:
        """Read all parts of the copy: records first, then the associations between them."""
        yield from self._all_named()
        if self.request.records is Copied.OWNED:
            for object_name, by, _ in store.owned_groups():
                if object_name in self.portal.objects and self._is_wanted(object_name):
                    yield from self._owned(store, object_name, by)
        if self.request.records in {Copied.ALL, Copied.SAMPLE}:
            for schema in self._types():
                yield from self._listed(schema)
        for one, other in combinations_with_replacement(self._types(), 2):
            yield from self._associations(one, other)

    def _types(self) -> list[ObjectSchema]:
        schemas = {schema.name: schema for schema in self.portal.objects.values()}
        return [schema for name, schema in sorted(schemas.items()) if self._is_wanted(name)]

    def _is_wanted(self, name: str) -> bool:
        schema = self.portal.objects.get(name)
        return schema is not None and schema.name in self.names

    def _all_named(self) -> Iterator[Reached]:
        for group in self.desired.groups:
            if self._is_wanted(group.object):
                records = ((record.key, record) for record in group.records)
                yield from self._named(f"named {group.object} {group.key}", group.object, group.key, records)
        for (object_name, by), values in sorted(self.named_elsewhere.items()):
            if self._is_wanted(object_name):
                others = ((value, None) for value in values)
                yield from self._named(f"named elsewhere {object_name} {by}", object_name, by, others)

    def _named(
        self, step: str, object_name: str, by: str, keys: Iterable[tuple[str, DesiredRecord | None]]
    ) -> Iterator[Reached]:
        """Read the records that the manifests name by one key property, a hundred at a time."""
        schema = self.portal.objects[object_name]
        place = self.done.get(step, "0")
        if place == FINISHED or not (by == RECORD_ID or schema.can_identify(by)):
            return
        done = int(place)
        chunks = in_chunks(islice(keys, done * BATCH_SIZE, None), BATCH_SIZE)
        for number, chunk in enumerate(chunks, start=done + 1):
            declared = {key: record for key, record in chunk if record is not None}
            wanted = WantedRecords(schema, by, [key for key, _ in chunk], self.names[schema.name])
            for _, records in read_record_chunks(self.reader, [wanted]):
                part: Json = {"records": {schema.path: records}}
                yield Reached(step, str(number), part, schema, by, declared)
        yield Reached(step, FINISHED, {})

    def _owned(self, store: Store, object_name: str, by: str) -> Iterator[Reached]:
        """Read the owned records by their ids."""
        step, schema = f"owned {object_name} {by}", self.portal.objects[object_name]
        after = self.done.get(step)
        if after == FINISHED:
            return
        while entries := store.owned_in_order(object_name, by, after, BATCH_SIZE):
            ids = [entry.record_id for entry in entries]
            after = entries[-1].key.value
            wanted = WantedRecords(schema, RECORD_ID, ids, self.names[schema.name])
            for _, records in read_record_chunks(self.reader, [wanted]):
                yield Reached(step, after, {"records": {schema.path: records}}, schema)
        yield Reached(step, FINISHED, {})

    def _listed(self, schema: ObjectSchema) -> Iterator[Reached]:
        """Read all records of a type, or the first ones, page by page."""
        step = f"listed {schema.name}"
        place = self.done.get(step, "0 ")
        if place == FINISHED:
            return
        text, _, cursor = place.partition(" ")
        count, after = int(text), cursor or None
        is_first = not after
        most = self.request.sample if self.request.records is Copied.SAMPLE else None
        while (is_first or after) and (most is None or count < most):
            page, after = self.reader.verbatim.record_page(schema.path, after or "", self.names[schema.name])
            is_first = False
            records = page if most is None else page[: most - count]
            count += len(records)
            yield Reached(step, f"{count} {after or ''}", {"records": {schema.path: records}}, schema)
        yield Reached(step, FINISHED, {})

    def _associations(self, one: ObjectSchema, other: ObjectSchema) -> Iterator[Reached]:
        """Read the associations of copied records with other copied records."""
        step = f"associations {one.name} {other.name}"
        place = self.done.get(step, "0")
        if place == FINISHED:
            return
        first = int(place)
        while ids := self.ids_of(one.path, first)[:PAIRS_READ]:
            first = ids[-1] + 1
            wanted = WantedPairs(one, other, [RecordId(str(each)) for each in ids])
            parts = list(read_association_parts(self.reader, [wanted]))
            pairs = [each for part in parts for each in _associations_in(part)]
            yield Reached(step, str(first), {"associations": [{**each, "present": True} for each in pairs]})
        yield Reached(step, FINISHED, {})


def _associations_in(part: Json) -> Iterable[Json]:
    found = part["associations"]
    return found if isinstance(found, list) else ()
