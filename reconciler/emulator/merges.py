"""Merging two records into one, and erasing a record for good.

When contacts or companies are merged, the surviving record gets a new id, and both old ids lead to it:
developers.hubspot.com/changelog/updated-merge-functionality-for-contacts-and-companies
"""

from reconciler.emulator import associations, calculated, identity, records, refusals, response_format
from reconciler.emulator.clock import iso
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.record_rows import Record
from reconciler.emulator.request_context import Source, Work
from reconciler.emulator.response_format import Json

MAX_IDENTITIES = 250
MERGED_IDS = "hs_merged_object_ids"
NEW_ID_TYPES = frozenset({"contacts", "companies"})


def merge(work: Work, object_type: ObjectType, given: Json) -> Json:
    """Serve ``POST /{type}/merge``: keep the primary record's values, and fill gaps from the other record."""
    ids = [
        response_format.as_text(given.get(field), field) for field in ("primaryObjectId", "objectIdToMerge")
    ]
    if ids[0] == ids[1]:
        raise refusals.invalid_request("a record cannot be merged with itself")
    primary, other = (_live(work, object_type, record_id) for record_id in ids)
    merged = _ids(primary.properties) + _ids(other.properties) + [str(other.id)]
    gets_new_id = object_type.path in NEW_ID_TYPES
    if gets_new_id:
        merged.append(str(primary.id))
    if len(merged) > MAX_IDENTITIES:
        raise refusals.invalid_request(f"a record cannot hold more than {MAX_IDENTITIES} merged identities")
    properties = {**other.properties, **primary.properties, MERGED_IDS: ";".join(dict.fromkeys(merged))}
    _join_addresses(object_type, properties, other)
    survivor_id = work.next_id() if gets_new_id else primary.id
    survivor = Record(survivor_id, properties, min(primary.created_ms, other.created_ms), work.at_ms)
    properties["hs_object_id"] = str(survivor.id)
    for gone in (primary, other):
        if gone.id != survivor.id:
            _move(work, object_type, gone.id, survivor.id)
    _store(work, object_type, primary, survivor)
    return response_format.record_body(object_type, survivor, object_type.default_properties)


def _live(work: Work, object_type: ObjectType, record_id: str) -> Record:
    record = identity.find(work, object_type, record_id, None) or identity.follow(
        work, object_type, record_id
    )
    if record is None:
        raise refusals.not_found()
    return record


def _ids(properties: dict[str, str]) -> list[str]:
    return [part for part in properties.get(MERGED_IDS, "").split(";") if part]


def _join_addresses(object_type: ObjectType, properties: dict[str, str], other: Record) -> None:
    """Add the e-mail addresses of ``other`` to ``properties`` as secondary addresses."""
    if object_type.type_id != identity.CONTACTS:
        return
    addresses = [properties.get(identity.SECONDARY_EMAILS, "")]
    addresses += [other.properties.get(name, "") for name in (identity.EMAIL, identity.SECONDARY_EMAILS)]
    parts = [part for text in addresses for part in text.split(";") if part]
    secondary = [part for part in dict.fromkeys(parts) if part != properties.get(identity.EMAIL)]
    if secondary:
        properties[identity.SECONDARY_EMAILS] = ";".join(secondary)


def _move(work: Work, object_type: ObjectType, old_id: int, new_id: int) -> None:
    """Move history and associations of ``old_id`` to ``new_id``, and make the old id lead to the new one."""
    type_id = object_type.type_id
    work.storage.run(
        "UPDATE edits SET id = ? WHERE portal_id = ? AND object_type = ? AND id = ?",
        new_id,
        work.portal_id,
        type_id,
        old_id,
    )
    for end in ("from", "to"):
        work.storage.run(
            f"UPDATE OR IGNORE associations SET {end}_id = ? "
            f"WHERE portal_id = ? AND {end}_type = ? AND {end}_id = ?",
            new_id,
            work.portal_id,
            type_id,
            old_id,
        )
    associations.drop_all(work, object_type, old_id)
    rows = work.rows(object_type)
    rows.erase(old_id)
    rows.forward(old_id, new_id)


def _store(work: Work, object_type: ObjectType, primary: Record, survivor: Record) -> None:
    definitions = work.definitions(object_type)
    calculated.derive(object_type, definitions, survivor)
    changes = {
        name: value for name, value in survivor.properties.items() if primary.properties.get(name) != value
    }
    survivor.properties[records.CREATED[0]] = iso(survivor.created_ms)
    work.rows(object_type).release(survivor.id)
    identity.claim_unique_values(work, object_type, survivor, set(survivor.properties))
    work.source = Source("MERGE_OBJECTS", str(survivor.id))
    records.touch(work, object_type, survivor, changes)


def erase(work: Work, object_type: ObjectType, given: Json) -> None:
    """Serve ``POST /{type}/gdpr-delete``: delete the record for good, with its history."""
    record_id = response_format.as_text(given.get("objectId"), "objectId")
    record = identity.find(
        work, object_type, record_id, response_format.as_optional_text(given.get("idProperty"), "idProperty")
    )
    if record is None:
        raise refusals.not_found()
    work.rows(object_type).erase(record.id)
    associations.drop_all(work, object_type, record.id)
