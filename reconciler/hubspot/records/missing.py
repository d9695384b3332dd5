"""What became of records that are no longer found by their key: archived, merged, rekeyed or erased.

Gone needs evidence: not found by its id, archived, merged, or there under another key. What HubSpot leaves
out of its answers, and a record that bears the very key under which it was not found, is unanswered.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from reconciler.hubspot.client import PortalReader
from reconciler.hubspot.records.prefetch import READERS, in_chunks
from reconciler.hubspot.records.read import read_records
from reconciler.model.addresses import RECORD_ID, RecordId
from reconciler.model.calls import BATCH_SIZE
from reconciler.model.canonical import canonical
from reconciler.model.definitions import Kind, ObjectSchema, PortalSchema
from reconciler.model.live import GONE_ASKED_ALONE, MissingReason, MissingRecord
from reconciler.model.owned import OwnedRecord


def find_missing_records(
    reader: PortalReader, portal: PortalSchema, missing: Iterable[OwnedRecord]
) -> Mapping[RecordId, MissingRecord]:
    """The fate of each of ``missing``, by the record id that we knew it by.

    Costs a call for each hundred of one type and key, and another for those not found. Only reading a single
    record follows a merge: up to ``GONE_ASKED_ALONE`` of one type, that is one call more for each.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    groups: dict[tuple[str, str], list[OwnedRecord]] = {}
    for owned in missing:
        groups.setdefault((owned.key.object, owned.key.by), []).append(owned)
    fates: dict[RecordId, MissingRecord] = {}
    with ThreadPoolExecutor(READERS) as pool:
        for (object_name, by), group in groups.items():
            schema = portal.objects[object_name]
            for found in pool.map(partial(_by_id, reader, schema, by), in_chunks(group, BATCH_SIZE)):
                fates |= found
            gone = [owned.record_id for owned in group if owned.record_id not in fates]
            archived: set[RecordId] = set()
            for ids in pool.map(partial(_archived, reader, schema), in_chunks(gone, BATCH_SIZE)):
                archived |= ids
            if len(gone) <= GONE_ASKED_ALONE:
                fates |= filter(None, pool.map(partial(_survivor, reader, schema, by), gone))
            for record_id in gone:
                kind = MissingReason.ARCHIVED if record_id in archived else MissingReason.ERASED
                if record_id not in archived and len(gone) > GONE_ASKED_ALONE:
                    kind = MissingReason.NOT_FOUND
                fates.setdefault(record_id, MissingRecord(kind, record_id, None))
    return fates


def _by_id(
    reader: PortalReader, schema: ObjectSchema, by: str, group: Sequence[OwnedRecord]
) -> Mapping[RecordId, MissingRecord]:
    """Those that are there under another key, and those of which nobody knows anything."""
    names = [] if by == RECORD_ID else [by]
    answers = read_records(reader, schema, RECORD_ID, [owned.record_id for owned in group], names)
    definition = schema.properties.get(by)
    kind = definition.kind if definition else Kind.TEXT
    fates: dict[RecordId, MissingRecord] = {}
    for owned in group:
        record = answers.get(owned.record_id)
        if record is not None:
            key = record.id if by == RECORD_ID else record.properties.get(by)
            is_same = key is not None and canonical(kind, key) == canonical(kind, owned.key.value)
            fate = MissingReason.UNANSWERED if is_same else MissingReason.REKEYED
            fates[owned.record_id] = MissingRecord(fate, record.id, key)
        elif owned.record_id in answers.unanswered:
            fates[owned.record_id] = MissingRecord(MissingReason.UNANSWERED, owned.record_id, None)
    return fates


def _archived(reader: PortalReader, schema: ObjectSchema, ids: Sequence[RecordId]) -> set[RecordId]:
    """Those that are among the archived."""
    found = reader.batch_read(schema.path, ids, properties=(), is_archived=True)
    return {RecordId(record.id) for record in found.records}


def _survivor(
    reader: PortalReader, schema: ObjectSchema, by: str, record_id: RecordId
) -> tuple[RecordId, MissingRecord] | None:
    """The record that this one was merged into; None where it was not.

    One that is there after all was left out of the answers before.
    """
    survivor = reader.record(schema.path, record_id, [] if by == RECORD_ID else [by])
    if survivor is None:
        return None
    if survivor.id == record_id:
        return record_id, MissingRecord(MissingReason.UNANSWERED, record_id, None)
    return record_id, MissingRecord(MissingReason.MERGED, RecordId(survivor.id), survivor.properties.get(by))
