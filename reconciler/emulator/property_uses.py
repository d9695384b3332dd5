"""Uses of a property because of which HubSpot refuses to archive it.

Formulas use the properties that they name. Workflows, active lists and forms are not imitated; the setting
``property_uses`` lists such uses. The form of the answers is from the HubSpot notes of
github.com/scopiousdigital/kalup.
"""

from collections.abc import Iterator

from reconciler.emulator import formulas, refusals
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import NO_TYPE, SCHEMA, Work

IN_USE = "PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE"

Use = tuple[str, str]
"""Type and name of a thing that uses a property, such as ``("WORKFLOW", "Welcome")``."""


def refuse_in_use(work: Work, object_type: ObjectType, name: str) -> None:
    """Refuse to archive a property that is in use; values in records are no such use."""
    uses = list(_uses(work, object_type, name))
    if not uses:
        return
    raise refusals.Refusal(
        400,
        f"Property: {name} of object type {object_type.type_id} is currently used in {len(uses)} places "
        "and cannot be deleted",
        sub_category=IN_USE,
        context={"usageCount": [str(len(uses))]},
        errors=[
            {
                "subCategory": "PropertyValidationError.PROPERTY_USAGE",
                "message": f"{kind} {user}",
                "context": {"parentType": [kind], "parentName": [user]},
            }
            for kind, user in uses
        ],
    )


def _uses(work: Work, object_type: ObjectType, name: str) -> Iterator[Use]:
    for body in work.definitions(object_type).bodies.values():
        is_calculated = not body["archived"] and body.get("calculationFormula")
        if is_calculated and name in formulas.parse(body["calculationFormula"]).names:
            yield "CALCULATED_PROPERTY", f"{object_type.type_id}/{body['name']}"
    is_kept = work.guesses.used_by_schema == "in_use"
    schema = work.stored(SCHEMA, NO_TYPE).get(object_type.type_id, {}) if is_kept else {}
    for field in ("primaryDisplayProperty", "secondaryDisplayProperties", "requiredProperties"):
        named = schema.get(field) or ()
        if name in ((named,) if isinstance(named, str) else named):
            yield "OBJECT_SCHEMA", field
    uses = work.settings["property_uses"]
    for address in dict.fromkeys((object_type.path, object_type.type_id, object_type.singular)):
        for use in uses.get(address, {}).get(name, ()):
            yield use["type"], use["name"]
