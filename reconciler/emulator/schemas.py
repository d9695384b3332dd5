"""Custom object schemas: object types that a portal defines itself.

Source: developers.hubspot.com/docs/api-reference/crm-schemas-v3/guide. Behaviour that it does not document is
taken from the HubSpot notes of github.com/scopiousdigital/kalup.
"""

from collections.abc import Mapping

from reconciler.emulator import (
    association_types,
    guesses,
    properties,
    refusals,
    response_format,
    settling,
)
from reconciler.emulator.clock import parse_iso
from reconciler.emulator.object_types import ObjectType, standard_types
from reconciler.emulator.request_context import NO_TYPE, SCHEMA, Work, is_addressed
from reconciler.emulator.response_format import Json
from reconciler.emulator.standard import STANDARD_SINCE, Body

MAX_NAME = 50
MAX_SECONDARY = 2
CHANGEABLE = (
    "labels",
    "requiredProperties",
    "searchableProperties",
    "primaryDisplayProperty",
    "secondaryDisplayProperties",
    "description",
    "restorable",
    "allowsSensitiveProperties",
)
LISTS = ("requiredProperties", "searchableProperties", "secondaryDisplayProperties")


def listing(work: Work, *, archived: bool, with_properties: bool) -> list[Json]:
    """List the active schemas in order of creation; with ``archived``, list archived ones, too."""
    found = [
        _late(work, _body(work, schema)) for schema in _shown(work) if archived or not schema["archived"]
    ]
    return found if with_properties else [{**body, "properties": []} for body in found]


def _shown(work: Work) -> list[Body]:
    """Return the stored schemas; while they settle, every second read returns an older version."""
    lag_ms = settling.lag(work, "schemas_ms")
    if lag_ms and next(work.cache.reads) % 2 == 0:
        return [body for _type, _name, body in settling.as_of(work, SCHEMA, lag_ms)]
    return list(work.stored(SCHEMA, NO_TYPE).values())


def read(work: Work, address: str) -> Json:
    """Return one schema as ``GET`` shows it, by number or qualified name.

    Standard types have a schema, too.
    """
    if address.lower() in standard_types():
        return _late(work, get(work, address))
    for schema in _shown(work):
        if is_addressed(schema, address) and not schema["archived"]:
            return _late(work, _body(work, schema))
    raise refusals.not_found(f"object type {address} does not exist")


def _late(work: Work, body: Json) -> Json:
    """Leave out new association types: HubSpot shows their names only after a delay."""
    since = work.at_ms - settling.lag(work, "names_ms")
    return {**body, "associations": [a for a in body["associations"] if parse_iso(a["createdAt"]) <= since]}


def get(work: Work, address: str) -> Json:
    """Return one schema with everything that is stored, by number, name or qualified name."""
    standard = standard_types().get(address.lower())
    return _standard_body(work, standard) if standard else _body(work, stored_schema(work, address))


def stored_schema(work: Work, address: str, *, archived: bool = False) -> Body:
    """Return the stored schema with this number or qualified name; refuse the call if there is none."""
    for schema in work.stored(SCHEMA, NO_TYPE).values():
        if is_addressed(schema, address) and schema["archived"] == archived:
            return schema
    if address.lower() in standard_types():
        raise refusals.invalid_request(f"{address} is defined by HubSpot and cannot be changed")
    raise refusals.not_found(f"object type {address} does not exist")


def _body(work: Work, schema: Body) -> Json:
    """Return the schema as the API shows it; only an active one has properties and associations."""
    if schema["archived"]:
        return {**schema, "properties": [], "associations": []}
    return {**schema, **_parts(work, work.custom_type(schema))}


def _parts(work: Work, object_type: ObjectType) -> Json:
    bodies = work.definitions(object_type).bodies.values()
    return {
        "properties": [properties.in_this_version(work, body) for body in bodies if not body["archived"]],
        "associations": association_types.schema_associations(work, object_type),
    }


def _standard_body(work: Work, object_type: ObjectType) -> Json:
    """Return the schema of a standard type; it cannot be changed and has no creation date."""
    displayed = guesses.display_properties(work.guesses, object_type)
    return {
        "id": object_type.type_id,
        "objectTypeId": object_type.type_id,
        "fullyQualifiedName": object_type.error_name,
        "name": object_type.error_name,
        "labels": {"singular": object_type.label, "plural": object_type.plural_label},
        "archived": False,
        "createdAt": STANDARD_SINCE,
        "updatedAt": STANDARD_SINCE,
        "allowsSensitiveProperties": bool(work.settings["sensitive_data"]),
        "requiredProperties": [group[0] for group in object_type.required if len(group) == 1],
        "primaryDisplayProperty": displayed[0],
        "secondaryDisplayProperties": list(displayed[1:]),
        "searchableProperties": list(displayed),
        **_parts(work, object_type),
    }


def labels_from(given: object) -> Json:
    """Return the ``labels`` in a request; refuse labels that are missing or too long."""
    labels = response_format.as_object(given, "labels")
    checked = {
        field: response_format.as_text(labels.get(field), f"labels.{field}")
        for field in ("singular", "plural")
    }
    if any(len(label) > MAX_NAME for label in checked.values()):
        raise refusals.invalid_request(f"labels are at most {MAX_NAME} characters long")
    return checked


def refused(sub_category: str, message: str) -> refusals.Refusal:
    """Return a refusal with status 400; ``sub_category`` is the name of the broken rule."""
    return refusals.Refusal(400, message, sub_category=sub_category)


def check_display(work: Work, object_type: ObjectType, stored: Mapping[str, object]) -> None:
    """Refuse a schema that names unknown properties, or too many or repeated secondary display properties."""
    defined = work.definitions(object_type).properties
    names = [response_format.as_text(stored["primaryDisplayProperty"], "primaryDisplayProperty")]
    for field in LISTS:
        names += response_format.as_names(stored[field], field)
    unknown = sorted({name for name in names if name not in defined})
    if unknown:
        raise refusals.invalid_request(
            f"the schema names properties that do not exist: [{', '.join(unknown)}]"
        )
    secondary = response_format.as_names(stored["secondaryDisplayProperties"], "secondaryDisplayProperties")
    if len(secondary) > MAX_SECONDARY or len(set(secondary)) < len(secondary):
        raise refusals.invalid_request(
            f"secondaryDisplayProperties may name at most {MAX_SECONDARY} properties, each of them only once"
        )


def update(work: Work, address: str, given: Json) -> Json:
    """Change the fields that may change; given lists replace the old ones."""
    before = stored_schema(work, address)
    stored = {
        **before,
        **_fallen_back(work, before, given),
        **{field: given[field] for field in CHANGEABLE if field in given},
        "updatedAt": work.now,
    }
    stored["labels"] = labels_from(
        {**before["labels"], **response_format.as_object(given.get("labels") or {}, "labels")}
    )
    if before["allowsSensitiveProperties"] and not stored["allowsSensitiveProperties"]:
        raise refusals.invalid_request("allowsSensitiveProperties cannot be turned off")
    if given.get("clearDescription"):
        stored["description"] = ""
    object_type = work.object_type(stored["objectTypeId"])
    check_display(work, object_type, stored)
    work.store(SCHEMA, NO_TYPE, stored["objectTypeId"], stored)
    return get(work, stored["objectTypeId"])


def _fallen_back(work: Work, before: Body, given: Json) -> Json:
    """Return older values of fields that a change omits: HubSpot sometimes sets fields back to them."""
    lag_ms = settling.lag(work, "left_out_ms")
    for _type, type_id, body in settling.as_of(work, SCHEMA, lag_ms) if lag_ms else ():
        if type_id == before["objectTypeId"]:
            return {field: body[field] for field in CHANGEABLE if field not in given and field in body}
    return {}


def archive(work: Work, address: str) -> None:
    """Archive a type that has no live records; its association types cannot be restored."""
    stored = stored_schema(work, address)
    if work.rows(work.object_type(stored["objectTypeId"])).count():
        raise refused("EXISTING_OBJECT_RECORDS", "the object type still has records")
    work.store(SCHEMA, NO_TYPE, stored["objectTypeId"], {**stored, "archived": True})
    association_types.drop_type(work, stored["objectTypeId"])


def purge(work: Work, address: str) -> None:
    """Delete an archived type for good, with everything that belongs to it."""
    if any(
        is_addressed(schema, address) and not schema["archived"]
        for schema in work.stored(SCHEMA, NO_TYPE).values()
    ):
        raise refusals.invalid_request(f"object type {address} is active; archive it first")
    type_id = stored_schema(work, address, archived=True)["objectTypeId"]
    for kind in ("property", "group", "pipeline", "validation"):
        for name in work.stored(kind, type_id):
            work.unstore(kind, type_id, name)
    association_types.drop_type(work, type_id)
    for table in ("records", "edits", "unique_values", "forwards"):
        work.storage.run(
            f"DELETE FROM {table} WHERE portal_id = ? AND object_type = ?", work.portal_id, type_id
        )
    work.unstore(SCHEMA, NO_TYPE, type_id)
