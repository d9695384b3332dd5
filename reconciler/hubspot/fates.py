"""What became of records that are no longer found by their key: archived, merged, rekeyed or erased."""

from collections.abc import Iterable, Mapping, Sequence

from reconciler.hubspot.ahead import in_chunks
from reconciler.hubspot.client import Reader
from reconciler.hubspot.live import read_records
from reconciler.model.objects import RECORD_ID
from reconciler.model.owned import OwnedRecord
from reconciler.model.records import Fate, FateKind, RecordId
from reconciler.model.schema import ObjectSchema, PortalSchema
from reconciler.model.writes import BATCH_SIZE


def read_fates(
    reader: Reader, portal: PortalSchema, missing: Iterable[OwnedRecord]
) -> Mapping[RecordId, Fate]:
    """The fate of each of ``missing``, by the record id that we knew it by.

    Costs a call for each hundred of one type and key, another for those not found, and one each for
    those that are not among the archived either: only reading a single record follows a merge.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    wanted: dict[tuple[str, str], list[RecordId]] = {}
    for owned in missing:
        wanted.setdefault((owned.key.object, owned.key.by), []).append(owned.record_id)
    fates: dict[RecordId, Fate] = {}
    for (object_name, by), record_ids in wanted.items():
        for chunk in in_chunks(record_ids, BATCH_SIZE):
            fates |= _read(reader, portal.objects[object_name], by, chunk)
    return fates


def _read(
    reader: Reader, schema: ObjectSchema, by: str, record_ids: Sequence[RecordId]
) -> Mapping[RecordId, Fate]:
    names = [] if by == RECORD_ID else [by]
    there = read_records(reader, schema, RECORD_ID, record_ids, names)
    fates = {
        RecordId(asked): Fate(FateKind.REKEYED, record.id, record.properties.get(by))
        for asked, record in there.items()
    }
    missing = [record_id for record_id in record_ids if record_id not in fates]
    if missing:
        archived = read_records(reader, schema, RECORD_ID, missing, [], archived=True)
        fates |= {RecordId(asked): Fate(FateKind.ARCHIVED, RecordId(asked), None) for asked in archived}
    for record_id in missing:
        if record_id not in fates or fates[record_id].kind is FateKind.ARCHIVED:
            survivor = reader.record(schema.path, record_id, names)
            if survivor is not None and survivor.id != record_id:
                key = survivor.properties.get(by)
                fates[record_id] = Fate(FateKind.MERGED, RecordId(survivor.id), key)
    return fates | {
        record_id: Fate(FateKind.ERASED, record_id, None) for record_id in missing if record_id not in fates
    }
