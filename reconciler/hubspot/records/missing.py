"""Finding out what happened to owned records that are not found by their key any more.

A record counts as gone only with evidence: HubSpot reports that its id does not exist, or the record is
archived, is merged, or has another key. If HubSpot's answers leave the record out, the record is unanswered.
A record is also unanswered if HubSpot does not find it by its key, but finds it by its id with this key.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.prefetch import READERS, in_chunks
from reconciler.hubspot.records.read import read_records
from reconciler.model.addresses import RECORD_ID, RecordId
from reconciler.model.calls import BATCH_SIZE
from reconciler.model.canonical import canonical
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.live import GONE_ASKED_ALONE, MissingReason, MissingRecord
from reconciler.model.object_references import GroupKey
from reconciler.model.owned import OwnedRecord


def find_missing_records(
    reader: PortalReader, portal: PortalSchema, missing: Iterable[OwnedRecord]
) -> Mapping[RecordId, MissingRecord]:
    """Find out what happened to each record in ``missing``; return the findings by record id in the state.

    The calls for the records of one object type and key property:

    - one for each hundred records, by record id
    - one for each hundred records that were not found, to search the archived records
    - one for each record that was not found, to find merges; these calls are left out if more than
      ``GONE_ASKED_ALONE`` records were not found

    Raises:
        HubSpotError: the portal cannot be read.
    """
    groups: dict[GroupKey, list[OwnedRecord]] = {}
    for owned in missing:
        groups.setdefault(owned.key.group, []).append(owned)
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
    """Find the records that still exist, under their key or another, and those that the answers leave out."""
    names = [] if by == RECORD_ID else [by]
    answers = read_records(reader, schema, RECORD_ID, [owned.record_id for owned in group], names)
    kind = schema.kind_of(by)
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
    """Find the archived records among ``ids``."""
    found = reader.batch_read(schema.path, ids, properties=(), is_archived=True)
    return {RecordId(record.id) for record in found.records}


def _survivor(
    reader: PortalReader, schema: ObjectSchema, by: str, record_id: RecordId
) -> tuple[RecordId, MissingRecord] | None:
    """Return ``record_id`` and why it is missing; None if HubSpot has no record for this id.

    If HubSpot returns another record, the record was merged into it. If HubSpot returns the record itself,
    the record exists, although earlier answers left it out: the reason is then ``UNANSWERED``.
    """
    survivor = reader.record(schema.path, record_id, [] if by == RECORD_ID else [by])
    if survivor is None:
        return None
    if survivor.id == record_id:
        return record_id, MissingRecord(MissingReason.UNANSWERED, record_id, None)
    return record_id, MissingRecord(MissingReason.MERGED, RecordId(survivor.id), survivor.properties.get(by))
