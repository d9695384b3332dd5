"""Reading property history: who changed which values of which records."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain

from reconciler.hubspot.portal.users import Users, user_id_of
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.prefetch import READERS, in_chunks
from reconciler.hubspot.records.responses import Record, VersionBody
from reconciler.hubspot.transport.limits import BATCH_WITH_HISTORY
from reconciler.model.addresses import RecordId
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.live import LiveRecord
from reconciler.model.object_types import object_type
from reconciler.model.property_history import ChangeSource, PropertyHistories, PropertyHistory, ValueVersion
from reconciler.model.references import PropertyRef

_VIA = {
    "CRM_UI": ChangeSource.PERSON,
    "CRM_UI_BULK_ACTION": ChangeSource.PERSON,
    "BCC_TO_CRM": ChangeSource.PERSON,
    "MOBILE_IOS": ChangeSource.PERSON,
    "MOBILE_ANDROID": ChangeSource.PERSON,
    "WORKFLOW": ChangeSource.WORKFLOW,
    "WORKFLOWS": ChangeSource.WORKFLOW,
    "AUTOMATION_PLATFORM": ChangeSource.WORKFLOW,
    "INTEGRATION": ChangeSource.INTEGRATION,
    "INTEGRATIONS_PLATFORM": ChangeSource.INTEGRATION,
    "API": ChangeSource.API,
    "IMPORT": ChangeSource.IMPORT,
    "FORM": ChangeSource.FORM,
    "CALCULATED": ChangeSource.CALCULATION,
    "MERGE_OBJECTS": ChangeSource.MERGE,
    "MERGE_CONTACTS": ChangeSource.MERGE,
    "MERGE_COMPANIES": ChangeSource.MERGE,
}
"""How HubSpot's ``sourceType`` values are shown; HubSpot may add more of them.

Source: https://knowledge.hubspot.com/properties/understand-source-properties.
"""


def read_histories(
    reader: PortalReader, portal: PortalSchema, spots: Iterable[PropertyRef]
) -> PropertyHistories:
    """Read the history of the properties in ``spots``; leave out unknown properties.

    This takes one call for each fifty records of a type, and a few for the names of people.

    Raises:
        HubSpotError: HubSpot does not answer, or refuses the call.
    """
    wanted: dict[str, dict[RecordId, set[str]]] = {}
    for object_name, record_id, name in spots:
        if name in portal.objects[object_name].properties:
            wanted.setdefault(object_name, {}).setdefault(record_id, set()).add(name)
    people = Users(reader)
    histories: dict[PropertyRef, PropertyHistory] = {}
    for object_name, names in wanted.items():
        histories |= _read_type(reader, portal.objects[object_name], names, people)
    return histories


def read_as_made(
    reader: PortalReader,
    schema: ObjectSchema,
    by: str,
    record_ids: Iterable[RecordId],
    names: Collection[str],
) -> Mapping[RecordId, LiveRecord]:
    """Read the values that the properties ``names`` got when each record was created.

    HubSpot's history has the same time for all values of one call. So the first value of a property counts
    if its time is the time of the first value of the property ``by``. Otherwise, the value is None.

    Raises:
        HubSpotError: HubSpot does not answer, or refuses the call.
    """
    wanted = {record_id: {by, *names} for record_id in record_ids}
    return {
        RecordId(record.id): _as_made(record, by, names)
        for some in in_chunks(wanted, BATCH_WITH_HISTORY)
        for record in _read(reader, schema, wanted, some)
    }


def _as_made(record: Record, by: str, names: Collection[str]) -> LiveRecord:
    first = {
        name: min(reversed(versions), key=lambda version: version.timestamp)
        for name, versions in record.properties_with_history.items()
        if versions
    }
    values = {
        name: first[name].value or None
        if name in first and by in first and first[name].timestamp == first[by].timestamp
        else None
        for name in names
    }
    return LiveRecord(RecordId(record.id), values, record.created_at)


def _read_type(
    reader: PortalReader, schema: ObjectSchema, names: Mapping[RecordId, Collection[str]], people: Users
) -> PropertyHistories:
    with ThreadPoolExecutor(READERS) as pool:
        answers = pool.map(partial(_read, reader, schema, names), in_chunks(names, BATCH_WITH_HISTORY))
        found = {
            PropertyRef(schema.name, RecordId(record.id), name): versions
            for record in chain.from_iterable(answers)
            for name, versions in record.properties_with_history.items()
            if name in names.get(RecordId(record.id), ())
        }
    people.load(filter(None, map(user_id_of, chain.from_iterable(found.values()))))
    kept = object_type(schema.name).versions_kept
    return {
        spot: PropertyHistory(_oldest_first(versions, people), is_truncated=len(versions) >= kept)
        for spot, versions in found.items()
    }


def _read(
    reader: PortalReader,
    schema: ObjectSchema,
    names: Mapping[RecordId, Collection[str]],
    ids: Sequence[RecordId],
) -> Sequence[Record]:
    asked = sorted({name for record_id in ids for name in names[record_id]})
    return reader.batch_read(schema.path, ids, properties=(), with_history=asked).records


def _oldest_first(versions: Sequence[VersionBody], people: Users) -> tuple[ValueVersion, ...]:
    """Sort versions from oldest to newest; HubSpot returns the newest first, even among equal times."""
    read = [version_of(version, people) for version in reversed(versions)]
    return tuple(sorted(read, key=lambda version: version.at))


def version_of(version: VersionBody, people: Users) -> ValueVersion:
    """Convert one version of a property, with its author.

    A person is shown with name and e-mail address, any other author with a label and an id, so that two
    workflows with the same name can be distinguished.
    """
    source_type = version.source_type or ""
    user_id = user_id_of(version)
    via = _VIA.get(source_type, ChangeSource.OTHER)
    parts = [version.source_label, version.source_id]
    if via is ChangeSource.PERSON and user_id:
        by = people.name_of(user_id, version.source_label)
    elif all(parts) and version.source_label != version.source_id:
        by = f"{version.source_label} ({version.source_id})"
    else:
        by = version.source_label or version.source_id or ""
    if via is ChangeSource.OTHER:
        by = " ".join(part for part in (source_type and f"source {source_type}", by) if part)
    return ValueVersion(via, by, version.timestamp, version.value or None)
