"""What became of records that are no longer found by their key: archived, merged, rekeyed or erased."""

from collections.abc import Mapping, Sequence

from reconciler.hubspot.client import Reader
from reconciler.hubspot.live import read_records
from reconciler.model.objects import RECORD_ID
from reconciler.model.records import Fate, FateKind, RecordId
from reconciler.model.schema import ObjectSchema
from reconciler.model.writes import BATCH_SIZE


def read_fates(
    reader: Reader, schema: ObjectSchema, by: str, record_ids: Sequence[RecordId]
) -> Mapping[RecordId, Fate]:
    """The fate of each of ``record_ids``, whose key is property ``by``.

    Costs a call for each hundred of them, another for those not found, and one each for those that
    are not among the archived either: only reading a single record follows a merge.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    fates: dict[RecordId, Fate] = {}
    for start in range(0, len(record_ids), BATCH_SIZE):
        fates |= _read(reader, schema, by, record_ids[start : start + BATCH_SIZE])
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
