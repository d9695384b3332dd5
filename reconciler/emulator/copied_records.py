"""Records of another portal, stored as they were read: with their ids and without checks of their values."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.emulator import identity
from reconciler.emulator.associations import Pair
from reconciler.emulator.clock import parse_iso
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.record_rows import Edit, Record
from reconciler.emulator.request_context import Work

_SOURCE = {"sourceType": "MIGRATION"}


def plant_records(work: Work, object_type: ObjectType, given: Iterable[Mapping[str, Any]]) -> None:
    """Store records; if a record is here already, store only the values that it does not have."""
    rows = work.rows(object_type)
    highest = 0
    for each in given:
        read = _record(work, each)
        here = rows.get(read.id)
        highest = max(highest, read.id)
        if here is not None:
            lacking = {name: text for name, text in read.properties.items() if name not in here.properties}
            here.properties.update(lacking)
            rows.put(here)
            _claim(work, object_type, here, lacking)
            continue
        rows.put(read)
        if read.properties:
            rows.add_edit(read.id, Edit(read.updated_ms, _SOURCE, read.properties))
        _claim(work, object_type, read, read.properties)
    if highest:
        work.skip_ids(highest)


def _record(work: Work, given: Mapping[str, Any]) -> Record:
    created_ms = _ms(given.get("createdAt"), work.at_ms)
    updated_ms = max(created_ms, _ms(given.get("updatedAt"), created_ms))
    properties = {name: str(text) for name, text in given["properties"].items() if text not in {None, ""}}
    archived_ms = _ms(given.get("archivedAt"), updated_ms) if given.get("archived") else None
    return Record(int(given["id"]), properties, created_ms, updated_ms, archived_ms)


def _ms(text: str | None, otherwise: int) -> int:
    return parse_iso(text) if text else otherwise


def _claim(work: Work, object_type: ObjectType, record: Record, names: Iterable[str]) -> None:
    """Store the unique values of a record, except those that another record here has already."""
    if record.archived_ms is not None and work.guesses.archived_unique_values == "free":
        return
    rows, fresh = work.rows(object_type), set(names)
    for name in work.definitions(object_type).unique_names:
        is_address = object_type.type_id == identity.CONTACTS and name == identity.EMAIL
        if name in fresh or (is_address and identity.SECONDARY_EMAILS in fresh):
            texts = [record.properties.get(name, "")]
            if is_address:
                texts += record.properties.get(identity.SECONDARY_EMAILS, "").split(";")
            keys = [identity.key_form(work, object_type, name, text) for text in texts if text]
            rows.claim(record.id, name, [key for key in keys if rows.holder(name, key) is None])


def plant_associations(work: Work, given: Mapping[str, Any]) -> None:
    """Store associations from one object type to another.

    Each association is stored with its own types and with the unlabelled type. If ``given`` sets ``present``,
    skip associations to records that the emulator does not have.
    """
    pair = Pair(work, work.object_type(given["from"]), work.object_type(given["to"]))
    work.storage.run_many(
        "INSERT OR IGNORE INTO associations VALUES (?, ?, ?, ?, ?, ?, ?)", list(_rows(work, pair, given))
    )


def _rows(work: Work, pair: Pair, given: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    start, end = pair.from_type.type_id, pair.to_type.type_id
    others = work.rows(pair.to_type)
    for from_id, to_id, types in given["pairs"]:
        if given.get("present") and others.get(int(to_id)) is None:
            continue
        wanted = [pair.types.get((str(category), int(number))) for category, number in types]
        for known in dict.fromkeys((pair.plain, *filter(None, wanted))):
            ends = int(from_id), int(to_id)
            yield work.portal_id, start, ends[0], end, ends[1], known.category, known.type_id
            yield work.portal_id, end, ends[1], start, ends[0], known.category, known.inverse_id
