"""Creating custom object schemas, with the properties and associations that HubSpot adds.

Source: developers.hubspot.com/docs/api-reference/crm-schemas-v3/guide. Behaviour that it does not document is
taken from the HubSpot notes of github.com/scopiousdigital/kalup.
"""

import re

from reconciler.emulator import properties, refusals, response_format, schema_associations, schemas, tiers
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.property_groups import GROUP
from reconciler.emulator.request_context import NO_TYPE, SCHEMA, Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.schemas import MAX_NAME
from reconciler.emulator.standard import Body

FIRST_NUMBER = 40_000_001
MAX_GLOBAL_SEARCH = 3
ACTIVITIES = ("calls", "communications", "emails", "meetings", "notes", "postal_mail", "tasks")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def create(work: Work, given: Json, object_type_id: str | None = None) -> Json:
    """Create a custom object type; purge an archived type of the same name first.

    If an active type has the name, the setting ``existing_schema`` chooses one of HubSpot's two answers.
    """
    name = _name_of(given)
    labels = schemas.labels_from(given.get("labels"))
    if not given.get("primaryDisplayProperty"):
        raise schemas.refused("PRIMARY_DISPLAY_PROPERTY_REQUIRED", "primaryDisplayProperty is required")
    for schema in work.stored(SCHEMA, NO_TYPE).values():
        if schema["name"].lower() == name.lower() and schema["archived"]:
            schemas.purge(work, schema["objectTypeId"])
        elif schema["name"] == name and work.settings["existing_schema"] == "answered":
            return _merge(work, schema, given)
        elif schema["name"].lower() == name.lower():
            raise refusals.Refusal(
                409, f"object type {name} already exists", category="OBJECT_ALREADY_EXISTS"
            )
    tiers.refuse(work, tiers.CUSTOM_TYPES, len(tiers.custom_types(work)))
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
        "restorable": True,
        "allowsSensitiveProperties": bool(given.get("allowsSensitiveProperties", True)),
        "primaryDisplayProperty": given["primaryDisplayProperty"],
        **{field: list(response_format.as_names(given.get(field), field)) for field in schemas.LISTS},
    }
    stored["searchableProperties"] = stored["searchableProperties"] or ["hs_object_id"]
    work.store(SCHEMA, NO_TYPE, object_type_id, stored)
    object_type = work.custom_type(stored)
    group = {"name": f"{name}_information", "label": f"{labels['singular']} Information"}
    work.store(GROUP, object_type_id, group["name"], {**group, "displayOrder": 0, "archived": False})
    _add_properties(work, object_type, given)
    schemas.check_display(work, object_type, stored)
    schema_associations.associate(work, object_type, (*_associated(given), *ACTIVITIES))
    if given.get("shouldCreateSameObjectAssociation"):
        schema_associations.add_plain(work, object_type, object_type, f"{name}_to_{name}")
    return schemas.get(work, object_type_id)


def _name_of(given: Json) -> str:
    """Return the name in the body of a create; refuse what HubSpot does not accept as a name."""
    name = response_format.as_text(given.get("name"), "name")
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        raise refusals.invalid_request(
            f'"{name}" is not a schema name: a name begins with a letter (a to z, A to Z), contains only '
            f"such letters, digits and underscores, and has at most {MAX_NAME} characters"
        )
    return name


def _merge(work: Work, schema: Body, given: Json) -> Json:
    """Answer a create with the existing type: keep its labels, and add properties that it does not have."""
    object_type = work.custom_type(schema)
    known = work.definitions(object_type).properties
    items = response_format.as_list(given.get("properties"), "properties")
    fresh = [item for item in items if response_format.as_object(item).get("name") not in known]
    _add_properties(work, object_type, {"properties": fresh})
    schema_associations.associate(work, object_type, _associated(given))
    return {**schemas.get(work, schema["objectTypeId"]), "createdAt": work.now}


def _associated(given: Json) -> tuple[str, ...]:
    return response_format.as_names(given.get("associatedObjects"), "associatedObjects")


def _free_type_id(work: Work, given: str) -> str:
    if not re.fullmatch(r"2-[0-9]+", given) or given in work.stored(SCHEMA, NO_TYPE):
        raise refusals.invalid_request(
            f"{given} is not a type number of custom objects (2-…), or another custom object has this number"
        )
    return given


def _next_type_id(work: Work) -> str:
    serial, taken = int(work.settings.get("custom_types", 0)), work.stored(SCHEMA, NO_TYPE)
    while f"2-{FIRST_NUMBER + serial}" in taken:  # skip numbers that a seed or a copied portal uses
        serial += 1
    work.save_settings({"custom_types": serial + 1})
    return f"2-{FIRST_NUMBER + serial}"


def _add_properties(work: Work, object_type: ObjectType, given: Json) -> None:
    group = f"{object_type.singular}_information"
    items = [
        response_format.as_object(item, "properties")
        for item in response_format.as_list(given.get("properties"), "properties")
    ]
    if sum(bool(item.get("searchableInGlobalSearch")) for item in items) > MAX_GLOBAL_SEARCH:
        raise refusals.invalid_request(
            f"searchableInGlobalSearch is for at most {MAX_GLOBAL_SEARCH} properties"
        )
    for item in items:
        full = {"type": "string", "fieldType": "text", "groupName": group, **item}
        properties.create(work, object_type, full)
