"""Custom object schemas: object types that a portal defines itself.

Behaviour beyond developers.hubspot.com/docs/api-reference/crm-schemas-v3/guide as observed and published in
the HubSpot notes of github.com/scopiousdigital/kalup.
"""

import re
from collections.abc import Iterable, Mapping

from reconciler.emulator import (
    association_labels,
    association_types,
    guesses,
    properties,
    refusals,
    response_format,
)
from reconciler.emulator.object_types import ObjectType, standard_types
from reconciler.emulator.request_context import NO_TYPE, SCHEMA, Work, is_addressed
from reconciler.emulator.response_format import Json
from reconciler.emulator.standard import STANDARD_SINCE, Body

FIRST_NUMBER = 40_000_001
MAX_NAME = 50
MAX_SECONDARY = 2
ACTIVITIES = ("calls", "communications", "emails", "meetings", "notes", "postal_mail", "tasks")
CHANGEABLE = (
    "labels",
    "requiredProperties",
    "searchableProperties",
    "primaryDisplayProperty",
    "secondaryDisplayProperties",
    "description",
    "allowsSensitiveProperties",
)
_LISTS = ("requiredProperties", "searchableProperties", "secondaryDisplayProperties")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def listing(work: Work, *, archived: bool) -> list[Json]:
    """List every schema, oldest first."""
    return [
        _body(work, schema)
        for schema in work.stored(SCHEMA, NO_TYPE).values()
        if schema["archived"] == archived
    ]


def get(work: Work, address: str) -> Json:
    """Return one schema, by type number or qualified name; standard types have one, too."""
    standard = standard_types().get(address.lower())
    return _standard_body(work, standard) if standard else _body(work, _stored(work, address))


def _stored(work: Work, address: str, *, archived: bool = False) -> Body:
    for schema in work.stored(SCHEMA, NO_TYPE).values():
        if is_addressed(schema, address) and schema["archived"] == archived:
            return schema
    if address.lower() in standard_types():
        raise refusals.invalid_request(f"{address} is defined by HubSpot and cannot be changed")
    raise refusals.not_found(f"object type {address} does not exist")


def _body(work: Work, schema: Body) -> Json:
    """Return the schema in the form of the API, with its properties and associations."""
    return {**schema, **_parts(work, work.custom_type(schema))}


def _parts(work: Work, object_type: ObjectType) -> Json:
    bodies = work.definitions(object_type).bodies.values()
    return {
        "properties": [properties.in_this_version(work, body) for body in bodies if not body["archived"]],
        "associations": association_types.schema_associations(work, object_type),
    }


def _standard_body(work: Work, object_type: ObjectType) -> Json:
    """Return the schema of a standard type: it is read only and has no creation date."""
    displayed = guesses.display_properties(object_type)
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


def create(work: Work, given: Json, object_type_id: str | None = None) -> Json:
    """Create a type; an archived type of the same name is purged first."""
    name = response_format.as_text(given.get("name"), "name")
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        raise refusals.invalid_request(
            f'"{name}" is no schema name: letters, digits, underscores, a letter first'
        )
    labels = _labels(given.get("labels"))
    if not given.get("primaryDisplayProperty"):
        raise _refused("PRIMARY_DISPLAY_PROPERTY_REQUIRED", "primaryDisplayProperty is required")
    for schema in work.stored(SCHEMA, NO_TYPE).values():
        if schema["name"].lower() == name.lower() and schema["archived"]:
            purge(work, schema["objectTypeId"])
        elif schema["name"].lower() == name.lower():
            raise refusals.Refusal(
                409, f"object type {name} already exists", category="OBJECT_ALREADY_EXISTS"
            )
    object_type_id = _free_type_id(work, object_type_id) if object_type_id else _next_type_id(work)
    stored: Json = {
        "id": object_type_id.partition("-")[2],
        "objectTypeId": object_type_id,
        "fullyQualifiedName": f"p{work.portal_id}_{name}",
        "name": name,
        "labels": labels,
        "description": given.get("description") or "",
        "archived": False,
        "createdAt": work.now,
        "updatedAt": work.now,
        "allowsSensitiveProperties": bool(given.get("allowsSensitiveProperties")),
        "primaryDisplayProperty": given["primaryDisplayProperty"],
        **{field: list(response_format.as_names(given.get(field), field)) for field in _LISTS},
    }
    work.store(SCHEMA, NO_TYPE, object_type_id, stored)
    object_type = work.custom_type(stored)
    for item in response_format.as_list(given.get("properties"), "properties"):
        _add_property(work, object_type, response_format.as_object(item, "properties"))
    _check_display(work, object_type, stored)
    _associate(
        work, object_type, response_format.as_names(given.get("associatedObjects"), "associatedObjects")
    )
    if given.get("shouldCreateSameObjectAssociation"):
        _add_association(work, object_type, object_type, f"{name}_to_{name}")
    return get(work, object_type_id)


def _free_type_id(work: Work, given: str) -> str:
    if not re.fullmatch(r"2-[0-9]+", given) or given in work.stored(SCHEMA, NO_TYPE):
        raise refusals.invalid_request(f"{given} is no number of a custom object type, or another one has it")
    return given


def _next_type_id(work: Work) -> str:
    serial = int(work.settings.get("custom_types", 0))
    work.save_settings({"custom_types": serial + 1})
    return f"2-{FIRST_NUMBER + serial}"


def _labels(given: object) -> Json:
    labels = response_format.as_object(given, "labels")
    checked = {
        field: response_format.as_text(labels.get(field), f"labels.{field}")
        for field in ("singular", "plural")
    }
    if any(len(label) > MAX_NAME for label in checked.values()):
        raise refusals.invalid_request(f"labels are at most {MAX_NAME} characters long")
    return checked


def _refused(sub_category: str, message: str) -> refusals.Refusal:
    return refusals.Refusal(400, message, sub_category=sub_category)


def _add_property(work: Work, object_type: ObjectType, given: Json) -> None:
    group = f"{object_type.singular}_information"
    properties.create(work, object_type, {"type": "string", "fieldType": "text", "groupName": group, **given})


def _check_display(work: Work, object_type: ObjectType, stored: Mapping[str, object]) -> None:
    """Refuse display, required and searchable lists that name unknown properties."""
    defined = work.definitions(object_type).properties
    names = [response_format.as_text(stored["primaryDisplayProperty"], "primaryDisplayProperty")]
    for field in _LISTS:
        names += response_format.as_names(stored[field], field)
    unknown = sorted({name for name in names if name not in defined})
    if unknown:
        raise refusals.invalid_request(
            f"the schema names properties that do not exist: [{', '.join(unknown)}]"
        )
    if (
        len(response_format.as_list(stored["secondaryDisplayProperties"], "secondaryDisplayProperties"))
        > MAX_SECONDARY
    ):
        raise refusals.invalid_request(f"secondaryDisplayProperties are at most {MAX_SECONDARY}")


def _associate(work: Work, object_type: ObjectType, addresses: Iterable[str]) -> None:
    others = [work.object_type(address.lower()) for address in addresses]
    for other in dict.fromkeys([*others, *(standard_types()[path] for path in ACTIVITIES)]):
        _add_association(work, object_type, other, f"{object_type.singular}_to_{other.singular}")


def _add_association(work: Work, from_type: ObjectType, to_type: ObjectType, name: str) -> int:
    known = association_labels.add(work, from_type, to_type, {"name": name, "label": ""})
    return known[0].type_id


def update(work: Work, address: str, given: Json) -> Json:
    """Change the fields that may change; replace lists that are named."""
    before = _stored(work, address)
    stored = {
        **before,
        **{field: given[field] for field in CHANGEABLE if field in given},
        "updatedAt": work.now,
    }
    stored["labels"] = _labels(
        {**before["labels"], **response_format.as_object(given.get("labels") or {}, "labels")}
    )
    if given.get("clearDescription"):
        stored["description"] = ""
    object_type = work.object_type(stored["objectTypeId"])
    _check_display(work, object_type, stored)
    work.store(SCHEMA, NO_TYPE, stored["objectTypeId"], stored)
    return get(work, stored["objectTypeId"])


def archive(work: Work, address: str) -> None:
    """Archive a type that has no live records."""
    stored = _stored(work, address)
    if work.rows(work.object_type(stored["objectTypeId"])).count():
        raise _refused("EXISTING_OBJECT_RECORDS", "the object type still has records")
    work.store(SCHEMA, NO_TYPE, stored["objectTypeId"], {**stored, "archived": True})


def purge(work: Work, address: str) -> None:
    """Remove an archived type for good, with everything that belongs to it."""
    type_id = _stored(work, address, archived=True)["objectTypeId"]
    for kind in ("property", "group", "pipeline", "validation"):
        for name in work.stored(kind, type_id):
            work.unstore(kind, type_id, name)
    association_types.drop_type(work, type_id)
    for table in ("records", "edits", "unique_values", "forwards"):
        work.storage.run(
            f"DELETE FROM {table} WHERE portal_id = ? AND object_type = ?", work.portal_id, type_id
        )
    work.unstore(SCHEMA, NO_TYPE, type_id)


def add_association(work: Work, address: str, given: Json) -> Json:
    """Serve ``POST /{type}/associations``: create an unlabelled association type with another type."""
    from_type = work.object_type(str(given.get("fromObjectTypeId") or address))
    to_type = work.object_type(response_format.as_text(given.get("toObjectTypeId"), "toObjectTypeId"))
    name = given.get("name") or f"{from_type.singular}_to_{to_type.singular}"
    type_id = _add_association(work, from_type, to_type, name)
    own = work.object_type(_stored(work, address)["objectTypeId"])
    return next(a for a in association_types.schema_associations(work, own) if a["id"] == str(type_id))


def remove_association(work: Work, address: str, identifier: str) -> None:
    """Serve ``DELETE /{type}/associations/{id}``: delete the type with all its associations."""
    own = work.object_type(_stored(work, address)["objectTypeId"])
    for known in association_types.schema_associations(work, own):
        if identifier in {known["id"], known["name"]}:
            ends = (work.object_type(known["fromObjectTypeId"]), work.object_type(known["toObjectTypeId"]))
            association_labels.delete(work, *ends, known["id"])
            return
    raise refusals.not_found(f"association {identifier} does not exist")
