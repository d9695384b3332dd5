"""Endpoints older than v3 that some programs still use: they only read definitions of properties.

Source: legacydocs.hubspot.com/docs/methods/crm-properties/get-properties
"""

from reconciler.emulator.calls import Call, Reply
from reconciler.emulator.clock import parse_iso
from reconciler.emulator.object_types import NOT_IMITATED, ObjectType, standard_types
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.standard import Body

_AS_IT_IS = (
    *("name", "label", "description", "groupName", "type", "fieldType", "displayOrder", "calculated"),
    *("externalOptions", "hasUniqueValue", "hidden", "hubspotDefined", "formField"),
)


def list_properties(work: Work, call: Call) -> Reply:
    """Serve ``GET /properties/v1/{type}/properties``, and v2: the answer is a bare list.

    The list has only the record id for types that only HubSpot has: readers such as airbyte-source-hubspot
    ask for some of them before they read anything, and stop at an empty list.
    """
    if call.args["object_type"].lower() in NOT_IMITATED:
        listing = _listing(work, standard_types()["contacts"])
        return Reply(200, [body for body in listing if body["name"] == "hs_object_id"])
    return Reply(200, _listing(work, work.object_type(call.args["object_type"])))


def list_company_properties(work: Work, call: Call) -> Reply:
    """Serve ``GET /companies/v2/properties``."""
    del call
    return Reply(200, _listing(work, standard_types()["companies"]))


def _listing(work: Work, object_type: ObjectType) -> list[Json]:
    bodies = work.definitions(object_type).bodies.values()
    return [
        _body(body) for body in bodies if not body["archived"] and body["dataSensitivity"] == "non_sensitive"
    ]


def _body(body: Body) -> Json:
    metadata = body["modificationMetadata"]
    return {
        **{field: body[field] for field in _AS_IT_IS},
        "options": [{**option, "readOnly": False} for option in body["options"]],
        "referencedObjectType": body.get("referencedObjectType"),
        "showCurrencySymbol": bool(body.get("showCurrencySymbol")),
        "numberDisplayHint": body.get("numberDisplayHint"),
        "textDisplayHint": body.get("textDisplayHint"),
        "createdAt": parse_iso(body["createdAt"]),
        "updatedAt": parse_iso(body["updatedAt"]),
        "deleted": False,
        "readOnlyValue": metadata["readOnlyValue"],
        "readOnlyDefinition": metadata["readOnlyDefinition"],
        "mutableDefinitionNotDeletable": not metadata["archivable"] and not metadata["readOnlyDefinition"],
    }
