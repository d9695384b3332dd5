"""HubSpot's own definitions of a type, and complete definitions as the API shows them.

HubSpot's own definitions are read from ``definitions/``, and are the same in every portal.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from reconciler.emulator.object_types import ObjectType, load_definitions, standard_rows

STANDARD_SINCE = "2020-01-01T00:00:00.000Z"
DEFAULT_PIPELINE_SINCE = "1970-01-01T00:00:00.000Z"

Body = Mapping[str, Any]
"""A definition as the API shows it; it must never be changed in place."""


def full_property(given: Body, *, hubspot_defined: bool, since: str) -> dict[str, Any]:
    """Return a property definition with every field that the API returns."""
    body: dict[str, Any] = {
        "updatedAt": since,
        "createdAt": since,
        "name": given["name"],
        "label": given["label"],
        "type": given["type"],
        "fieldType": given["fieldType"],
        "description": given.get("description") or "",
        "groupName": given["groupName"],
        "options": [_full_option(option, order) for order, option in enumerate(given.get("options") or ())],
        "displayOrder": given.get("displayOrder", -1),
        "calculated": bool(given.get("calculated")),
        "externalOptions": bool(given.get("externalOptions")),
        "archived": bool(given.get("archived")),
        "hasUniqueValue": bool(given.get("hasUniqueValue")),
        "hidden": bool(given.get("hidden")),
        "hubspotDefined": hubspot_defined,
        "modificationMetadata": {
            "archivable": not hubspot_defined,
            "readOnlyDefinition": bool(given.get("readOnlyDefinition", hubspot_defined)),
            "readOnlyValue": bool(given.get("readOnlyValue")),
            **({"readOnlyOptions": True} if given.get("readOnlyOptions") else {}),
            **given.get("modificationMetadata", {}),
        },
        "formField": bool(given.get("formField")),
        "dataSensitivity": given.get("dataSensitivity") or "non_sensitive",
    }
    if given.get("calculationFormula"):
        body["calculated"] = True
    for name in OPTIONAL_FIELDS:
        if given.get(name) is not None:
            body[name] = given[name]
    return body


OPTIONAL_FIELDS = (
    "referencedObjectType",
    "calculationFormula",
    "numberDisplayHint",
    "textDisplayHint",
    "showCurrencySymbol",
    "currencyPropertyName",
    "sensitiveDataCategories",
)
DISPLAY_HINTS = frozenset({"numberDisplayHint", "textDisplayHint", "currencyPropertyName"})
"""Fields that some versions accept but do not return."""


def _full_option(option: Body, order: int) -> dict[str, Any]:
    return {
        "label": option["label"],
        "value": option["value"],
        "description": option.get("description") or "",
        "displayOrder": option.get("displayOrder", order),
        "hidden": bool(option.get("hidden")),
    }


@lru_cache(maxsize=256)
def standard_definitions(object_type: ObjectType) -> Mapping[str, Mapping[str, Body]]:
    """Return HubSpot's own definitions of the type, by kind and name.

    Portals share them and do not change them.
    """
    given = (None if object_type.is_custom else load_definitions(object_type.path)) or {}
    groups = list(given.get("groups", ())) or [_generic_group(object_type)]
    properties = {definition["name"]: definition for definition in given.get("properties", ())}
    for definition in _generic_properties(object_type, groups[0]["name"]):
        properties.setdefault(definition["name"], definition)
    pipelines = given.get("pipelines", ())
    if not pipelines and object_type.pipeline_properties and not object_type.is_custom:
        pipelines = [_generic_pipeline(object_type)]
    return {
        "property": {
            name: full_property(definition, hubspot_defined=True, since=STANDARD_SINCE)
            for name, definition in properties.items()
        },
        "group": {
            group["name"]: {
                "name": group["name"],
                "label": group["label"],
                "displayOrder": group.get("displayOrder", order),
                "archived": False,
            }
            for order, group in enumerate(groups)
        },
        "pipeline": {
            pipeline["id"]: full_pipeline(pipeline, since=DEFAULT_PIPELINE_SINCE) for pipeline in pipelines
        },
    }


def full_pipeline(given: Body, *, since: str) -> dict[str, Any]:
    """Return a pipeline with every field that the API returns."""
    return {
        "id": given["id"],
        "label": given["label"],
        "displayOrder": given["displayOrder"],
        "stages": [full_stage(stage, since=since) for stage in given["stages"]],
        "createdAt": given.get("createdAt", since),
        "updatedAt": given.get("updatedAt", since),
        "archived": False,
    }


def full_stage(given: Body, *, since: str) -> dict[str, Any]:
    """Return a stage with every field that the API returns."""
    return {
        "id": given["id"],
        "label": given["label"],
        "displayOrder": given["displayOrder"],
        "metadata": dict(given["metadata"]),
        "createdAt": given.get("createdAt", since),
        "updatedAt": given.get("updatedAt", since),
        "archived": False,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    }


def _generic_group(object_type: ObjectType) -> Body:
    name = f"{object_type.singular}_information"
    return {"name": name, "label": f"{_words(object_type.singular)} information", "displayOrder": 0}


def _generic_pipeline(object_type: ObjectType) -> Body:
    """Return a pipeline with an open and a closed stage, for a type whose own pipeline is not published."""
    path = object_type.path
    stages = [
        {"id": f"{path}-{state.lower()}", "label": _words(state.lower()), "displayOrder": order}
        | {"metadata": {"state": state, "isClosed": str(state == "CLOSED").lower()}}
        for order, state in enumerate(("OPEN", "CLOSED"))
    ]
    label = f"{_words(object_type.singular)} pipeline"
    return {"id": f"{path}-pipeline", "label": label, "displayOrder": 0, "stages": stages}


_COMMON_PROPERTIES: tuple[tuple[str, str, str, bool], ...] = (
    # columns: name, type, fieldType, read-only
    ("hs_object_id", "number", "number", True),
    ("hs_created_by_user_id", "number", "number", True),
    ("hs_updated_by_user_id", "number", "number", True),
    ("hs_merged_object_ids", "enumeration", "checkbox", True),
    ("hs_unique_creation_key", "string", "text", True),
    ("hs_read_only", "bool", "booleancheckbox", True),
    ("hs_was_imported", "bool", "booleancheckbox", True),
    ("hs_object_source_label", "enumeration", "select", True),
    ("hubspot_owner_id", "enumeration", "select", False),
    ("hubspot_owner_assigneddate", "datetime", "date", True),
    ("hubspot_team_id", "enumeration", "select", True),
)


_CUSTOM_PROPERTIES: tuple[tuple[str, str, str, bool], ...] = (
    *(
        (f"hs_all_{name}", "enumeration", "checkbox", True)
        for name in ("accessible_team_ids", "assigned_business_unit_ids", "owner_ids", "team_ids")
    ),
    *(
        (f"hs_user_ids_of_all_{name}", "enumeration", "checkbox", True)
        for name in ("notification_followers", "notification_unfollowers", "owners")
    ),
    *(
        (f"hs_object_source{name}", "string", "text", True)
        for name in ("", "_detail_1", "_detail_2", "_detail_3", "_id")
    ),
    ("hs_object_source_user_id", "number", "number", True),
    ("hs_owning_teams", "enumeration", "checkbox", True),
    ("hs_pinned_engagement_id", "number", "number", False),
    ("hs_shared_team_ids", "enumeration", "checkbox", False),
    ("hs_shared_user_ids", "enumeration", "checkbox", False),
)
"""Definitions that HubSpot adds to every new custom object, besides the common properties."""


def _generic_properties(object_type: ObjectType, group: str) -> Iterable[Body]:
    """Yield the properties that every type has, and those that the table of types names for this one."""
    dates = (
        (name, "datetime", "date", True)
        for name in (object_type.created_property, object_type.modified_property)
    )
    pipelines = ((name, "enumeration", "select", False) for name in object_type.pipeline_properties or ())
    own = _CUSTOM_PROPERTIES if object_type.is_custom else ()
    for name, type_, field_type, read_only in (*_COMMON_PROPERTIES, *own, *dates, *pipelines):
        body: dict[str, Any] = _generic_property(name, type_, field_type, group)
        body["readOnlyValue"] = read_only
        if type_ == "enumeration" and name not in (object_type.pipeline_properties or ()):
            body["externalOptions"] = True
        if name == "hubspot_owner_id":
            body["referencedObjectType"] = "OWNER"
        yield body
    for row in standard_rows():
        if row["path"] == object_type.path:
            for extra in row["genericProperties"]:
                yield _generic_property(extra["name"], extra["type"], extra["fieldType"], group)


def _generic_property(name: str, type_: str, field_type: str, group: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": name,
        "label": _words(name.removeprefix("hs_")),
        "type": type_,
        "fieldType": field_type,
        "groupName": group,
    }
    if type_ == "bool":
        body["options"] = [{"label": "True", "value": "true"}, {"label": "False", "value": "false"}]
    return body


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
