"""Reads who changed what: the history of some properties of some records."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain

from reconciler.hubspot.client import Reader
from reconciler.hubspot.portal.users import People, user_id_of
from reconciler.hubspot.records.prefetch import READERS, in_chunks
from reconciler.hubspot.transport.limits import BATCH_WITH_HISTORY
from reconciler.hubspot.transport.responses import Record, VersionBody
from reconciler.model.addresses import RecordId
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.live import LiveRecord
from reconciler.model.object_types import object_type
from reconciler.model.property_history import Hand, Histories, History, Spot, Via

_VIA = {
    "CRM_UI": Via.PERSON,
    "CRM_UI_BULK_ACTION": Via.PERSON,
    "BCC_TO_CRM": Via.PERSON,
    "MOBILE_IOS": Via.PERSON,
    "MOBILE_ANDROID": Via.PERSON,
    "WORKFLOW": Via.WORKFLOW,
    "WORKFLOWS": Via.WORKFLOW,
    "AUTOMATION_PLATFORM": Via.WORKFLOW,
    "INTEGRATION": Via.INTEGRATION,
    "INTEGRATIONS_PLATFORM": Via.INTEGRATION,
    "API": Via.API,
    "IMPORT": Via.IMPORT,
    "FORM": Via.FORM,
    "CALCULATED": Via.CALCULATION,
    "MERGE_OBJECTS": Via.MERGE,
    "MERGE_CONTACTS": Via.MERGE,
    "MERGE_COMPANIES": Via.MERGE,
}
"""HubSpot's ``sourceType``; the list is open.

Source: https://knowledge.hubspot.com/properties/understand-source-properties."""


def read_histories(reader: Reader, portal: PortalSchema, spots: Iterable[Spot]) -> Histories:
    """The history of some properties; those that the portal does not define are left out.

    Costs a call for each fifty records of a type, and a few for people who left.

    Raises:
        HubSpotError: HubSpot does not answer, or not to this question.
    """
    wanted: dict[str, dict[RecordId, set[str]]] = {}
    for object_name, record_id, name in spots:
        if name in portal.objects[object_name].properties:
            wanted.setdefault(object_name, {}).setdefault(record_id, set()).add(name)
    people = People(reader)
    histories: dict[Spot, History] = {}
    for object_name, names in wanted.items():
        histories |= _read_type(reader, portal.objects[object_name], names, people)
    return histories


def read_as_made(
    reader: Reader, schema: ObjectSchema, by: str, record_ids: Iterable[RecordId], names: Collection[str]
) -> Mapping[RecordId, LiveRecord]:
    """Records with the values that came in one call with their first key, of property ``by``.

    What became of them since makes no difference: one call gives all that it writes the same time.

    Raises:
        HubSpotError: HubSpot does not answer, or not to this question.
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
    reader: Reader, schema: ObjectSchema, names: Mapping[RecordId, Collection[str]], people: People
) -> Histories:
    with ThreadPoolExecutor(READERS) as pool:
        answers = pool.map(partial(_read, reader, schema, names), in_chunks(names, BATCH_WITH_HISTORY))
        found = {
            (schema.name, RecordId(record.id), name): versions
            for record in chain.from_iterable(answers)
            for name, versions in record.properties_with_history.items()
            if name in names.get(RecordId(record.id), ())
        }
    people.learn(filter(None, map(user_id_of, chain.from_iterable(found.values()))))
    kept = object_type(schema.name).versions_kept
    return {
        spot: History(_hands(versions, people), is_cut=len(versions) >= kept)
        for spot, versions in found.items()
    }


def _read(
    reader: Reader, schema: ObjectSchema, names: Mapping[RecordId, Collection[str]], ids: Sequence[RecordId]
) -> Sequence[Record]:
    asked = sorted({name for record_id in ids for name in names[record_id]})
    return reader.batch_read(schema.path, ids, properties=(), with_history=asked).records


def _hands(versions: Sequence[VersionBody], people: People) -> tuple[Hand, ...]:
    """Oldest first; HubSpot answers newest first, and of changes at one time the order of its answer."""
    hands = [hand_of(version, people) for version in reversed(versions)]
    return tuple(sorted(hands, key=lambda hand: hand.at))


def hand_of(version: VersionBody, people: People) -> Hand:
    """Who made one version of a property.

    A person is told by name and address, everything else by its label and its id, so that two workflows
    of one name are two.
    """
    source_type = version.source_type or ""
    user_id = user_id_of(version)
    via = _VIA.get(source_type, Via.OTHER)
    parts = [version.source_label, version.source_id]
    if via is Via.PERSON and user_id:
        by = people.name_of(user_id, version.source_label)
    elif all(parts) and version.source_label != version.source_id:
        by = f"{version.source_label} ({version.source_id})"
    else:
        by = version.source_label or version.source_id or ""
    if via is Via.OTHER:
        by = " ".join(part for part in (source_type, by) if part)
    return Hand(via, by, version.timestamp, version.value or None)
