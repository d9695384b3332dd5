"""Property definitions: creating, changing, archiving and restoring them.

Source: developers.hubspot.com/docs/api-reference/crm-properties-v3/guide. Behaviour that it does not document
is taken from the HubSpot notes of github.com/scopiousdigital/kalup.
"""

from contextlib import suppress

from reconciler.emulator import property_checks, property_uses, refusals, response_format, tiers
from reconciler.emulator.batches import one_by_one
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.standard import DISPLAY_HINTS, OPTIONAL_FIELDS, Body, full_property

PROPERTY = "property"
CREATABLE = (
    *("name", "label", "type", "fieldType", "groupName", "description", "options", "displayOrder", "hidden"),
    *("formField", "hasUniqueValue", "dataSensitivity", "externalOptions"),
    *OPTIONAL_FIELDS,
)
"""Fields that a client may set in a new definition; HubSpot sets all others, and ignores them in requests."""
CHANGEABLE = (
    *("label", "description", "displayOrder", "hidden", "formField", "groupName", "fieldType", "type"),
    *("calculationFormula", "showCurrencySymbol"),
)
"""Fields that a client may change later; others, such as ``hasUniqueValue``, are ignored."""
KEPT_BY_NULL = ("numberDisplayHint", "textDisplayHint", "currencyPropertyName")
"""Fields that a client may change but not clear: ``null`` leaves them as they are."""


def get(work: Work, object_type: ObjectType, name: str, *, archived: bool, sensitivity: str) -> Body:
    """Return one definition; refuse with 404 if none has this name, sensitivity and archived state."""
    body = work.definitions(object_type).bodies.get(name)
    if body is None or body["archived"] != archived or body["dataSensitivity"] != sensitivity:
        raise _no_property(name)
    return body


def _no_property(name: str) -> refusals.Refusal:
    return refusals.not_found(f'Property "{name}" does not exist')


def in_this_version(work: Work, body: Body) -> Body:
    """Return a definition as the API version of the request shows it."""
    if work.version.display_hints:
        return body
    return {field: value for field, value in body.items() if field not in DISPLAY_HINTS}


def create(work: Work, object_type: ObjectType, given: Json) -> Body:
    """Create a definition, or restore an archived one of the same name, with its values and their history.

    The answer shows the numbers of a formula as they were sent; later reads show them in HubSpot's spelling.
    """
    given = {field: given[field] for field in CREATABLE if field in given}
    property_checks.check_shape(given)
    name = given["name"]
    property_checks.check_name(name)
    bodies = work.definitions(object_type).bodies
    if name in bodies and (not bodies[name]["archived"] or work.guesses.archived_property_name == "refused"):
        raise refusals.Refusal(
            409,
            f'A property named "{name}" already exists.',
            category="OBJECT_ALREADY_EXISTS",
            sub_category="Properties.PROPERTY_WITH_NAME_EXISTS",
            context={"name": [name]},
        )
    sent = given.get("calculationFormula")
    property_checks.check_content(work, object_type, given)
    property_checks.check_external(given)
    property_checks.check_room(work, object_type, bodies, given)
    if name in bodies and work.guesses.archived_property_name == "values_gone":
        work.rows(object_type).forget(name)
    body = save(work, object_type, full_property(given, hubspot_defined=False, since=work.now))
    if not sent:
        return body
    return {**body, "calculationFormula": property_checks.formula_of(work, object_type, sent).echo}


def save(work: Work, object_type: ObjectType, body: Body) -> Body:
    """Store a definition, and return it as it is now."""
    work.store(PROPERTY, object_type.type_id, body["name"], body)
    return work.definitions(object_type).bodies[body["name"]]


def update(work: Work, object_type: ObjectType, name: str, given: Json) -> Body:
    """Change a definition. If ``given`` has ``options``, they replace all options of the definition."""
    body = get(work, object_type, name, archived=False, sensitivity=_sensitivity(work, object_type, name))
    metadata = body["modificationMetadata"]
    given = {field: value for field, value in given.items() if field not in KEPT_BY_NULL or value is not None}
    fields = [
        field
        for field in (*CHANGEABLE, *KEPT_BY_NULL)
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
    property_checks.check_shape(changed)
    change = (body["type"], changed["type"])
    if change[0] != change[1] and change not in property_checks.TYPE_CHANGES:
        raise refusals.invalid_request(f"type {change[0]} cannot become {change[1]}")
    if changed.get("calculationFormula") and not body.get("calculationFormula"):
        tiers.check_calculated(work)
    if not body["hubspotDefined"]:
        property_checks.check_content(work, object_type, changed)
    full = full_property(changed, hubspot_defined=body["hubspotDefined"], since=work.now)
    return save(work, object_type, {**full, "createdAt": body["createdAt"]})


def _sensitivity(work: Work, object_type: ObjectType, name: str) -> str:
    body = work.definitions(object_type).bodies.get(name, {})
    return str(body.get("dataSensitivity", "non_sensitive"))


def archive(work: Work, object_type: ObjectType, name: str) -> None:
    """Archive a definition; refuse a missing one with 404, and one in use or not archivable with 400."""
    body = get(work, object_type, name, archived=False, sensitivity=_sensitivity(work, object_type, name))
    if not body["modificationMetadata"]["archivable"]:
        raise refusals.invalid_request(f'property "{name}" cannot be archived', propertyName=[name])
    property_uses.refuse_in_use(work, object_type, name)
    work.store(PROPERTY, object_type.type_id, name, {**body, "archived": True, "archivedAt": work.now})


def create_batch(work: Work, object_type: ObjectType, inputs: list[Json]) -> tuple[int, Json]:
    """Create definitions; the answer contains an error for each that cannot be created."""
    results, errors = one_by_one(
        work, inputs, lambda given: [in_this_version(work, create(work, object_type, given))]
    )
    status = response_format.batch_status(work, work.version.definitions_created, errors)
    return status, response_format.batch_body(work, results, errors)


def read_batch(
    work: Work, object_type: ObjectType, names: list[str], *, archived: bool, sensitivity: str
) -> tuple[int, Json]:
    """Return definitions by name; the answer contains an error for each that does not exist."""

    def read(name: str) -> list[Body]:
        body = get(work, object_type, name, archived=archived, sensitivity=sensitivity)
        return [in_this_version(work, body)]

    results, errors = one_by_one(work, names, read)
    return response_format.batch_status(work, 200, errors), response_format.batch_body(work, results, errors)


def archive_batch(work: Work, object_type: ObjectType, names: list[str]) -> None:
    """Archive definitions; ignore those that cannot be archived."""
    for name in names:
        with suppress(refusals.Refusal):
            archive(work, object_type, name)
