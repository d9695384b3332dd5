"""Finding records by record id, or by the value of a unique property.

Source: developers.hubspot.com/docs/guides/crm/using-object-apis, "unique identifiers". An e-mail address can
be primary or secondary for one contact only: github.com/mitodl/mitxpro/issues/2653.
"""

from reconciler.emulator import guesses, refusals
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.record_rows import Record
from reconciler.emulator.request_context import Work

EMAIL = "email"
SECONDARY_EMAILS = "hs_additional_emails"
CONTACTS = "0-1"
_MAX_ID_DIGITS = 18


def check_key(work: Work, object_type: ObjectType, id_property: str, operation: str) -> None:
    """Refuse an ``idProperty`` that does not exist or is not marked as unique.

    ``hs_object_id`` is refused, too: HubSpot does not mark this property as unique.
    """
    definition = work.definitions(object_type).properties.get(id_property)
    if definition is None or not definition.unique:
        raise refusals.non_unique_property(operation, object_type.type_id, id_property, work.portal_id)


def key_form(work: Work, object_type: ObjectType, id_property: str, text: str) -> str:
    """Convert a value of a unique property for comparing: equal results mean equal values."""
    if object_type.type_id == CONTACTS and id_property == EMAIL:
        return text.strip().lower()
    return guesses.unique_form(work.guesses, text)


def find(
    work: Work, object_type: ObjectType, given: str, id_property: str | None, *, archived: bool = False
) -> Record | None:
    """Find the live (or archived) record with this id or unique value; do not follow merges."""
    rows = work.rows(object_type)
    if id_property is None:
        if not is_record_id(given):
            return None
        record = rows.get(int(given))
    else:
        record_id = rows.holder(id_property, key_form(work, object_type, id_property, given))
        record = rows.get(record_id) if record_id is not None else None
    return record if record and (record.archived_ms is not None) == archived else None


def follow(work: Work, object_type: ObjectType, given: str) -> Record | None:
    """Find the live record into which ``given`` was merged; None if there is none.

    Reads and writes of a single record use this; batches do not.
    """
    survivor = forwarded(work, object_type, given)
    record = work.rows(object_type).get(survivor) if survivor is not None else None
    return record if record and record.archived_ms is None else None


def forwarded(work: Work, object_type: ObjectType, given: str) -> int | None:
    """Return the id of the record into which the record ``given`` was merged; None if it was not."""
    return work.rows(object_type).forwarded(int(given)) if is_record_id(given) else None


def is_record_id(text: str) -> bool:
    """Return whether ``text`` can be a record id."""
    return text.isascii() and text.isdigit() and len(text) <= _MAX_ID_DIGITS


def cursor(after: str | None) -> int:
    """Return the id at which a page begins, from its cursor; 0 without a cursor."""
    if after and not is_record_id(after):
        raise refusals.invalid_request(f"`after` must be a cursor that this endpoint returned, not {after}")
    return int(after or 0)


def claim_unique_values(
    work: Work, object_type: ObjectType, record: Record, changed: set[str], *, is_new: bool = False
) -> None:
    """Store the changed unique values of a record; refuse the call if another record has one of them."""
    rows = work.rows(object_type)
    is_contact = object_type.type_id == CONTACTS
    for name in work.definitions(object_type).unique_names:
        is_address = is_contact and name == EMAIL
        if name not in changed and not (is_address and SECONDARY_EMAILS in changed):
            continue
        texts = [record.properties.get(name, "")]
        if is_address:
            texts += record.properties.get(SECONDARY_EMAILS, "").split(";")
        keys = dict.fromkeys(key_form(work, object_type, name, text) for text in texts if text)
        taken = rows.claim(record.id, name, keys, is_new=is_new)
        if taken:
            raise _taken(work, object_type, name, *taken)


def _taken(work: Work, object_type: ObjectType, name: str, key: str, holder: int) -> refusals.Refusal:
    if object_type.type_id == CONTACTS and name == EMAIL:
        record = work.rows(object_type).get(holder)
        return refusals.contact_exists(holder, secondary=bool(record and record.properties.get(EMAIL) != key))
    return refusals.unique_value_taken(name, key, holder)
