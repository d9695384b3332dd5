"""Property definitions: creating, changing, archiving and restoring them.

Behaviour beyond developers.hubspot.com/docs/api-reference/crm-properties-v3/guide as observed and published
in the HubSpot notes of github.com/scopiousdigital/kalup.
"""

import re
from collections.abc import Mapping
from contextlib import suppress

from reconciler.emulator import formulas, refusals, response_format
from reconciler.emulator.batches import one_by_one
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import NO_TYPE, SCHEMA, Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.standard import DISPLAY_HINTS, OPTIONAL_FIELDS, Body, full_property

PROPERTY = "property"
MAX_UNIQUE = 10
MAX_CUSTOM = 1000
FIELD_TYPES: Mapping[str, frozenset[str]] = {
    "bool": frozenset({"booleancheckbox", "calculation_equation"}),
    "enumeration": frozenset({"select", "radio", "checkbox", "booleancheckbox", "calculation_equation"}),
    "date": frozenset({"date"}),
    "datetime": frozenset({"date"}),
    "number": frozenset({"number", "calculation_equation"}),
    "string": frozenset({"text", "textarea", "html", "file", "phonenumber", "calculation_equation"}),
    "phone_number": frozenset({"phonenumber"}),
}
"""The ``fieldType`` values that each ``type`` allows."""
TYPE_CHANGES = frozenset({("string", "phone_number")})
CREATABLE = (
    *("name", "label", "type", "fieldType", "groupName", "description", "options", "displayOrder", "hidden"),
    *("formField", "hasUniqueValue", "dataSensitivity", "externalOptions"),
    *OPTIONAL_FIELDS,
)
"""Fields that a client may set in a new definition.

All other fields are ignored, because HubSpot sets them.
"""
CHANGEABLE = ("label", "description", "displayOrder", "hidden", "formField", "groupName", "fieldType", "type")
_REQUIRED = ("name", "label", "type", "fieldType", "groupName")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


def get(work: Work, object_type: ObjectType, name: str, *, archived: bool, sensitivity: str) -> Body:
    """Return one definition; 404 if it does not exist, or is hidden as archived or sensitive."""
    body = work.definitions(object_type).bodies.get(name)
    if body is None or body["archived"] != archived or body["dataSensitivity"] != sensitivity:
        raise _no_property(name)
    return body


def _no_property(name: str) -> refusals.Refusal:
    return refusals.not_found(f'Property "{name}" does not exist')


def in_this_version(work: Work, body: Body) -> Body:
    """Return a definition in the form of this version of the API."""
    if work.version.display_hints:
        return body
    return {field: value for field, value in body.items() if field not in DISPLAY_HINTS}


def create(work: Work, object_type: ObjectType, given: Json) -> Body:
    """Create a definition; an archived one of the same name comes back, with its values and their history."""
    given = {field: given[field] for field in CREATABLE if field in given}
    check_shape(given)
    name = given["name"]
    if not _NAME.fullmatch(name):
        raise refusals.invalid_request(
            f'"{name}" is not a property name: lower-case letters, digits and underscores, a letter first'
        )
    if name.startswith("hs_"):
        raise refusals.invalid_request(f'"{name}" begins with "hs_", which is reserved for HubSpot')
    bodies = work.definitions(object_type).bodies
    if name in bodies and not bodies[name]["archived"]:
        raise refusals.Refusal(
            409,
            f'A property named "{name}" already exists.',
            category="OBJECT_ALREADY_EXISTS",
            sub_category="Properties.PROPERTY_WITH_NAME_EXISTS",
            context={"name": [name]},
        )
    check_content(work, object_type, given)
    _check_room(bodies, given)
    return save(work, object_type, full_property(given, hubspot_defined=False, since=work.now))


def check_shape(given: Json) -> None:
    """Refuse a definition that lacks a required field."""
    missing = [field for field in _REQUIRED if not isinstance(given.get(field), str) or not given[field]]
    if missing:
        raise refusals.missing_fields(missing)
    for option in response_format.as_list(given.get("options"), "options"):
        for field in ("label", "value"):
            response_format.as_text(
                response_format.as_object(option, "options").get(field), f"options.{field}"
            )


def check_content(work: Work, object_type: ObjectType, given: Json) -> None:
    """Refuse a definition whose fields contradict each other."""
    if given["fieldType"] not in FIELD_TYPES.get(given["type"], ()):
        raise refusals.invalid_request(
            f"type {given['type']} and fieldType {given['fieldType']} do not go together"
        )
    group = work.definitions(object_type).groups.get(given["groupName"])
    if group is None or group["archived"]:
        raise refusals.invalid_request(f'property group "{given["groupName"]}" does not exist')
    _check_options(given)
    sensitivity = given.get("dataSensitivity") or "non_sensitive"
    if sensitivity != "non_sensitive" and not work.settings["sensitive_data"]:
        raise _refused(
            "PORTAL_NOT_ENABLED_FOR_SENSITIVE_DATA", "the portal is not enabled for sensitive data"
        )
    if given.get("calculationFormula"):
        _settle_formula(work, object_type, given)


def _check_options(given: Json) -> None:
    values = [option["value"] for option in given.get("options") or ()]
    if given["type"] == "bool" and sorted(values) != ["false", "true"]:
        raise _refused("INVALID_BOOLEAN_OPTION", "a bool has exactly the options true and false")
    if given["type"] == "enumeration" and not values and not given.get("externalOptions"):
        raise refusals.invalid_request("an enumeration needs options")
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise refusals.invalid_request(f"options must differ in value: [{', '.join(twice)}]")


def _settle_formula(work: Work, object_type: ObjectType, given: Json) -> None:
    properties = work.definitions(object_type).properties
    try:
        formula = formulas.parse(given["calculationFormula"])
    except formulas.FormulaError as error:
        raise refusals.invalid_request(f"calculationFormula: {error}") from None
    for name in formula.names:
        if name not in properties:
            raise _no_property(name)
    given["calculationFormula"] = formula.text
    given["fieldType"] = "calculation_equation"


def _refused(sub_category: str, message: str) -> refusals.Refusal:
    return refusals.Refusal(400, message, sub_category=sub_category)


def _check_room(bodies: Mapping[str, Body], given: Json) -> None:
    custom = [body for body in bodies.values() if not body["hubspotDefined"] and not body["archived"]]
    if len(custom) >= MAX_CUSTOM:
        raise refusals.invalid_request(
            f"there are {MAX_CUSTOM} custom properties already, which is the limit"
        )
    if given.get("hasUniqueValue") and sum(body["hasUniqueValue"] for body in custom) >= MAX_UNIQUE:
        raise refusals.invalid_request(
            f"there are {MAX_UNIQUE} unique properties already, which is the limit"
        )


def save(work: Work, object_type: ObjectType, body: Body) -> Body:
    """Store a definition and return its new form."""
    work.store(PROPERTY, object_type.type_id, body["name"], body)
    return work.definitions(object_type).bodies[body["name"]]


def update(work: Work, object_type: ObjectType, name: str, given: Json) -> Body:
    """Change a definition. ``options`` replaces the whole list; ``hasUniqueValue`` is ignored."""
    body = get(work, object_type, name, archived=False, sensitivity=_sensitivity(work, object_type, name))
    metadata = body["modificationMetadata"]
    fields = [
        field
        for field in (*CHANGEABLE, *OPTIONAL_FIELDS)
        if given.get(field, body.get(field)) != body.get(field)
    ]
    if fields and metadata["readOnlyDefinition"]:
        raise refusals.invalid_request(
            f'the definition of property "{name}" is read only', propertyName=[name]
        )
    if "options" in given and metadata.get("readOnlyOptions"):
        raise refusals.invalid_request(f'the options of property "{name}" are read only', propertyName=[name])
    changed = {**body, **{field: given[field] for field in fields}}
    if "options" in given:
        changed["options"] = given["options"]
    check_shape(changed)
    if changed["type"] != body["type"] and (body["type"], changed["type"]) not in TYPE_CHANGES:
        raise refusals.invalid_request(f"type {body['type']} cannot become {changed['type']}")
    if not body["hubspotDefined"]:
        check_content(work, object_type, changed)
    full = full_property(changed, hubspot_defined=body["hubspotDefined"], since=work.now)
    return save(work, object_type, {**full, "createdAt": body["createdAt"]})


def _sensitivity(work: Work, object_type: ObjectType, name: str) -> str:
    body = work.definitions(object_type).bodies.get(name, {})
    return str(body.get("dataSensitivity", "non_sensitive"))


def archive(work: Work, object_type: ObjectType, name: str) -> None:
    """Archive a definition; 404 if it does not exist, 400 if something depends on it."""
    body = get(work, object_type, name, archived=False, sensitivity=_sensitivity(work, object_type, name))
    if not body["modificationMetadata"]["archivable"]:
        raise refusals.invalid_request(f'property "{name}" cannot be archived', propertyName=[name])
    uses = _uses(work, object_type, name)
    if uses:
        raise refusals.Refusal(
            400,
            f'Property "{name}" is in use and cannot be deleted.',
            sub_category="PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE",
            context=uses,
        )
    work.store(PROPERTY, object_type.type_id, name, {**body, "archived": True, "archivedAt": work.now})


def _uses(work: Work, object_type: ObjectType, name: str) -> dict[str, list[str]]:
    formulas_using = [
        body["name"]
        for body in work.definitions(object_type).bodies.values()
        if not body["archived"]
        and body.get("calculationFormula")
        and name in formulas.parse(body["calculationFormula"]).names
    ]
    schema = work.stored(SCHEMA, NO_TYPE).get(object_type.type_id, {})
    displayed = [
        field
        for field in ("primaryDisplayProperty", "secondaryDisplayProperties", "requiredProperties")
        if name in (schema.get(field) or ()) and (field != "primaryDisplayProperty" or schema[field] == name)
    ]
    uses = {"calculatedProperties": formulas_using, "schema": displayed}
    return {use: places for use, places in uses.items() if places}


def create_batch(work: Work, object_type: ObjectType, inputs: list[Json]) -> tuple[int, Json]:
    """Create the definitions that can be created; return errors for the others."""
    results, errors = one_by_one(
        work, inputs, lambda given: [in_this_version(work, create(work, object_type, given))]
    )
    status = response_format.batch_status(work, work.version.definitions_created, errors)
    return status, response_format.batch_body(work, results, errors)


def read_batch(
    work: Work, object_type: ObjectType, names: list[str], *, archived: bool, sensitivity: str
) -> tuple[int, Json]:
    """Return the definitions that exist; the others are errors."""

    def read(name: str) -> list[Body]:
        body = get(work, object_type, name, archived=archived, sensitivity=sensitivity)
        return [in_this_version(work, body)]

    results, errors = one_by_one(work, names, read)
    return response_format.batch_status(work, 200, errors), response_format.batch_body(work, results, errors)


def archive_batch(work: Work, object_type: ObjectType, names: list[str]) -> None:
    """Archive the definitions that can be archived, and ignore the others."""
    for name in names:
        with suppress(refusals.Refusal):
            archive(work, object_type, name)
