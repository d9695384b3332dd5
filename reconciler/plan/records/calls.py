"""HubSpot's calls for changes of records."""

from reconciler.model.addresses import RECORD_ID
from reconciler.model.calls import Call, Operation
from reconciler.model.definitions import ObjectSchema
from reconciler.model.desired_records import Document, Write
from reconciler.model.object_types import object_type

BY_RECORD_ID = Operation(Call.UPDATE, None)
"""Updates by record id: this call cannot create records, and still works if a key changes."""


def operation_to_create(schema: ObjectSchema, document: Document) -> Operation:
    """Return the call to create a record: upsert, or create for types without upsert.

    Upsert makes one record even if it is sent twice.
    """
    return Operation(Call.UPSERT if schema.has_upsert else Call.CREATE, document.key)


def operation_to_update(schema: ObjectSchema, document: Document) -> Operation:
    """Return the call to update a record: by key if the document's ``write:`` asks for it, else by record id.

    Contacts with e-mail keys are always updated by record id: HubSpot refuses or ignores partial writes by
    e-mail. Source: https://github.com/HubSpot/hubspot-api-nodejs/issues/548
    """
    if document.key == RECORD_ID or document.key in object_type(schema.name).by_id_only:
        return BY_RECORD_ID
    if document.write is Write.UPDATE:
        return Operation(Call.UPDATE, document.key)
    if document.write is Write.UPSERT and schema.has_upsert:
        return Operation(Call.UPSERT, document.key)
    return BY_RECORD_ID
