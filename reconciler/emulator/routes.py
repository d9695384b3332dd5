"""The table of paths and endpoints, in every version.

Sources of the paths: developers.hubspot.com/docs/api-reference, and HubSpot's OpenAPI collection
(github.com/HubSpot/HubSpot-public-api-spec-collection).
"""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.emulator import (
    api_account,
    api_associations,
    api_associations_v3,
    api_definitions,
    api_legacy,
    api_limits,
    api_lists,
    api_records,
)
from reconciler.emulator.calls import Call, Reply
from reconciler.emulator.request_context import Work

Endpoint = Callable[[Work, Call], Reply]
DATED = ("2025-09", "2026-03", "2026-09")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API; its path begins after the root of its family."""

    method: str
    path: str
    endpoint: Endpoint
    rule: str
    """Name of the rule in ``access`` that returns the required scopes; "" if any token is enough."""
    writes: bool
    operation: str = ""
    """Name of the operation that the object type must allow; "" if it is no operation on records."""


@dataclass(frozen=True, slots=True)
class Family:
    """Operations that are all served below each of several root paths.

    The roots are the same path with different versions of the API (``{dated}`` is a date).
    """

    roots: tuple[str, ...]
    routes: tuple[Route, ...]
    is_partial: bool = False
    """Whether the emulator lacks operations that HubSpot has on these paths.

    If not, all other operations are refused with 405, as HubSpot does.
    """


Row = tuple[str, str, Endpoint]
"""Method, rest of the path, endpoint; a star before the path marks a read that is not a GET."""

_RECORD_ROWS: tuple[tuple[str, str, str, Endpoint], ...] = (
    ("GET", "", "list", api_records.list_records),
    ("POST", "", "create", api_records.create_record),
    ("POST", "/batch/archive", "batch_archive", api_records.batch_archive),
    ("POST", "/batch/create", "batch_create", api_records.batch_create),
    ("POST", "*/batch/read", "batch_read", api_records.batch_read),
    ("POST", "/batch/update", "batch_update", api_records.batch_update),
    ("POST", "/batch/upsert", "batch_upsert", api_records.batch_upsert),
    ("POST", "/gdpr-delete", "gdpr_delete", api_records.erase_record),
    ("POST", "/merge", "merge", api_records.merge_records),
    ("POST", "*/search", "search", api_records.search_records),
    ("DELETE", "/<record_id>", "archive", api_records.archive_record),
    ("GET", "/<record_id>", "get", api_records.get_record),
    ("PATCH", "/<record_id>", "update", api_records.update_record),
)
_PROPERTY_ROWS: tuple[Row, ...] = (
    ("GET", "/<object_type>", api_definitions.list_properties),
    ("POST", "/<object_type>", api_definitions.create_property),
    ("POST", "/<object_type>/batch/archive", api_definitions.batch_archive_properties),
    ("POST", "/<object_type>/batch/create", api_definitions.batch_create_properties),
    ("POST", "*/<object_type>/batch/read", api_definitions.batch_read_properties),
    ("GET", "/<object_type>/groups", api_definitions.list_groups),
    ("POST", "/<object_type>/groups", api_definitions.create_group),
    ("DELETE", "/<object_type>/groups/<group_name>", api_definitions.archive_group),
    ("GET", "/<object_type>/groups/<group_name>", api_definitions.get_group),
    ("PATCH", "/<object_type>/groups/<group_name>", api_definitions.update_group),
    ("DELETE", "/<object_type>/<property_name>", api_definitions.archive_property),
    ("GET", "/<object_type>/<property_name>", api_definitions.get_property),
    ("PATCH", "/<object_type>/<property_name>", api_definitions.update_property),
)
_RULE = "/<object_type>/<property_name>/rule-type/<rule_type>"
_VALIDATION_ROWS: tuple[Row, ...] = (
    ("GET", "/<object_type>", api_definitions.list_validations),
    ("GET", "/<object_type>/<property_name>", api_definitions.get_validations),
    ("GET", _RULE, api_definitions.get_validation),
    ("PUT", _RULE, api_definitions.put_validation),
)
_PIPELINE = "/<object_type>/<pipeline_id>"
_STAGE = "/<object_type>/<pipeline_id>/stages/<stage_id>"
_PIPELINE_ROWS: tuple[Row, ...] = (
    ("GET", "/<object_type>", api_definitions.list_pipelines),
    ("POST", "/<object_type>", api_definitions.create_pipeline),
    ("DELETE", _PIPELINE, api_definitions.delete_pipeline),
    ("GET", _PIPELINE, api_definitions.get_pipeline),
    ("PATCH", _PIPELINE, api_definitions.update_pipeline),
    ("PUT", _PIPELINE, api_definitions.replace_pipeline),
    ("GET", f"{_PIPELINE}/audit", api_definitions.audit_pipeline),
    ("GET", f"{_PIPELINE}/stages", api_definitions.list_stages),
    ("POST", f"{_PIPELINE}/stages", api_definitions.create_stage),
    ("DELETE", _STAGE, api_definitions.delete_stage),
    ("GET", _STAGE, api_definitions.get_stage),
    ("PATCH", _STAGE, api_definitions.update_stage),
    ("PUT", _STAGE, api_definitions.replace_stage),
    ("GET", f"{_STAGE}/audit", api_definitions.audit_stage),
)
_SCHEMA_ROWS: tuple[Row, ...] = (
    ("GET", "", api_definitions.list_schemas),
    ("POST", "", api_definitions.create_schema),
    ("POST", "*/batch/read", api_definitions.batch_read_schemas),
    ("DELETE", "/<object_type>", api_definitions.archive_schema),
    ("GET", "/<object_type>", api_definitions.get_schema),
    ("PATCH", "/<object_type>", api_definitions.update_schema),
    ("POST", "/<object_type>/associations", api_definitions.create_schema_association),
    ("DELETE", "/<object_type>/associations/<identifier>", api_definitions.remove_schema_association),
)
_BETWEEN = "/<object_type>/<to_type>"
_ASSOCIATION_ROWS: tuple[Row, ...] = (
    ("POST", f"{_BETWEEN}/batch/archive", api_associations.batch_archive),
    ("POST", f"{_BETWEEN}/batch/associate/default", api_associations.batch_default),
    ("POST", f"{_BETWEEN}/batch/create", api_associations.batch_create),
    ("POST", f"{_BETWEEN}/batch/labels/archive", api_associations.batch_archive_labels),
    ("POST", f"*{_BETWEEN}/batch/read", api_associations.batch_read),
    ("GET", f"{_BETWEEN}/labels", api_associations.list_labels),
    ("POST", f"{_BETWEEN}/labels", api_associations.create_label),
    ("PUT", f"{_BETWEEN}/labels", api_associations.rename_label),
    ("DELETE", f"{_BETWEEN}/labels/<type_id>", api_associations.delete_label),
    ("GET", f"/definitions/configurations{_BETWEEN}", api_associations.list_limits),
    ("POST", f"/definitions/configurations{_BETWEEN}/batch/create", api_associations.write_limits),
    ("POST", f"/definitions/configurations{_BETWEEN}/batch/update", api_associations.write_limits),
    ("POST", f"/definitions/configurations{_BETWEEN}/batch/purge", api_associations.purge_limits),
)
_ALL_LIMITS: tuple[Row, ...] = (("GET", "/definitions/configurations/all", api_associations.list_all_limits),)
_OF_RECORD = "/<object_type>/<record_id>/associations"
_OF_RECORD_ROWS: tuple[Row, ...] = (
    ("GET", f"{_OF_RECORD}/<to_type>", api_associations.list_of_record),
    ("PUT", f"{_OF_RECORD}/default/<to_type>/<to_id>", api_associations.put_default),
    ("DELETE", f"{_OF_RECORD}/<to_type>/<to_id>", api_associations.delete),
    ("PUT", f"{_OF_RECORD}/<to_type>/<to_id>", api_associations.put),
)
_V3_OF_RECORD_ROWS: tuple[Row, ...] = (
    ("GET", f"{_OF_RECORD}/<to_type>", api_associations_v3.list_of_record),
    ("DELETE", f"{_OF_RECORD}/<to_type>/<to_id>/<type_name>", api_associations_v3.delete),
    ("PUT", f"{_OF_RECORD}/<to_type>/<to_id>/<type_name>", api_associations_v3.put),
)
_V3_ASSOCIATION_ROWS: tuple[Row, ...] = (
    ("POST", f"{_BETWEEN}/batch/archive", api_associations_v3.batch_archive),
    ("POST", f"{_BETWEEN}/batch/create", api_associations_v3.batch_create),
    ("POST", f"*{_BETWEEN}/batch/read", api_associations_v3.batch_read),
    ("GET", f"{_BETWEEN}/types", api_associations_v3.list_types),
)
_OWNER_ROWS: tuple[Row, ...] = (
    ("GET", "", api_account.list_owners),
    ("GET", "/<owner_id>", api_account.get_owner),
)
_ACCOUNT_ROWS: tuple[Row, ...] = (
    ("GET", "/details", api_account.account_details),
    ("GET", "/api-usage/daily/private-apps", api_account.daily_usage),
)
_LIBRARY_ROWS: tuple[Row, ...] = (
    ("GET", "", api_account.enablement_of_all),
    ("GET", "/<object_type>", api_account.enablement_of_type),
)
_LIMIT_ROWS: tuple[Row, ...] = (
    ("GET", "/associations/labels", api_limits.association_labels),
    ("GET", "/calculated-properties", api_limits.calculated_properties),
    ("GET", "/custom-properties", api_limits.custom_properties),
    ("GET", "/pipelines", api_limits.pipelines),
    ("GET", "/records", api_limits.records),
)
_TYPE_LIMIT_ROWS: tuple[Row, ...] = (("GET", "/custom-object-types", api_limits.custom_object_types),)
_LIST_ROWS: tuple[Row, ...] = (
    ("GET", "", api_lists.get_lists),
    ("POST", "*/search", api_lists.search_lists),
    ("GET", "/<int:list_id>", api_lists.get_list),
    ("GET", "/<int:list_id>/memberships", api_lists.list_members),
    ("GET", "/<int:list_id>/memberships/join-order", api_lists.list_members),
    ("GET", "/object-type-id/<object_type>/name/<list_name>", api_lists.get_list_by_name),
    ("GET", "/records/<object_type>/<int:record_id>/memberships", api_lists.lists_of_record),
)
_SPLIT_ROWS: tuple[Row, ...] = (
    ("POST", "*/batch/read", api_records.read_splits),
    ("POST", "/batch/upsert", api_records.upsert_splits),
)

_RECORD_ROOTS = ("/crm/v3/objects", "/crm/objects/v3", "/crm/objects/{dated}")
_ASSOCIATION_ROOTS = ("/crm/v4/associations", "/crm/associations/v4", "/crm/associations/{dated}")
_LEGACY_PROPERTY_ROWS: tuple[Row, ...] = (("GET", "/<object_type>/properties", api_legacy.list_properties),)
_LEGACY_COMPANY_ROWS: tuple[Row, ...] = (("GET", "/properties", api_legacy.list_company_properties),)
_USER_ROOTS = ("/settings/v3/users", "/settings/users/{dated}")
_USER_ROWS: tuple[Row, ...] = (("GET", "", api_account.list_users),)
_TEAM_ROWS: tuple[Row, ...] = (("GET", "/teams", api_account.list_teams),)


def _writes(method: str, path: str) -> bool:
    return method != "GET" and not path.startswith("*")


def _family(rule: str, roots: tuple[str, ...], rows: tuple[Row, ...], *, is_partial: bool = False) -> Family:
    routes = (
        Route(method, path.removeprefix("*"), endpoint, rule, _writes(method, path))
        for method, path, endpoint in rows
    )
    return Family(roots, tuple(routes), is_partial)


_RECORDS = Family(
    _RECORD_ROOTS,
    tuple(
        Route(
            method,
            f"/<object_type>{path.removeprefix('*')}",
            endpoint,
            "records",
            _writes(method, path),
            operation,
        )
        for method, path, operation, endpoint in _RECORD_ROWS
    ),
)
_READ_RECORDS = Family(
    ("/crm/v4/objects", "/crm/objects/v4"),
    tuple(route for route in _RECORDS.routes if route.method == "GET"),
)
FAMILIES = (
    _family(
        "deals",
        ("/crm/v3/objects/deals/splits", "/crm/objects/v3/deals/splits", "/deal-splits/{dated}"),
        _SPLIT_ROWS,
    ),
    _RECORDS,
    _READ_RECORDS,
    _family("records", ("/crm/v4/objects", "/crm/objects/v4", "/crm/objects/{dated}"), _OF_RECORD_ROWS),
    _family("records", ("/crm/v3/objects", "/crm/objects/v3"), _V3_OF_RECORD_ROWS),
    _family("records", ("/crm/v3/associations", "/crm/associations/v3"), _V3_ASSOCIATION_ROWS),
    _family(
        "schemas", ("/crm/v3/properties", "/crm/properties/v3", "/crm/properties/{dated}"), _PROPERTY_ROWS
    ),
    _family(
        "schemas", ("/crm/v3/property-validations", "/crm/property-validations/{dated}"), _VALIDATION_ROWS
    ),
    _family("schemas", ("/crm/v3/pipelines", "/crm/pipelines/v3", "/crm/pipelines/{dated}"), _PIPELINE_ROWS),
    _family(
        "custom",
        ("/crm-object-schemas/v3/schemas", "/crm/v3/schemas", "/crm-object-schemas/{dated}/schemas"),
        _SCHEMA_ROWS,
    ),
    _family("", _ASSOCIATION_ROOTS, _ALL_LIMITS),
    _family("records", _ASSOCIATION_ROOTS, _ASSOCIATION_ROWS),
    _family("owners", ("/crm/v3/owners", "/crm/owners/{dated}"), _OWNER_ROWS),
    _family("lists", ("/crm/v3/lists", "/crm/lists/{dated}"), _LIST_ROWS, is_partial=True),
    _family("", ("/account-info/v3", "/account-info/{dated}"), _ACCOUNT_ROWS),
    _family(
        "", ("/crm/v3/object-library/enablement", "/crm/object-library/{dated}/enablement"), _LIBRARY_ROWS
    ),
    _family("limits", ("/crm/v3/limits", "/crm/limits/{dated}"), _LIMIT_ROWS),
    _family("type_limits", ("/crm/v3/limits", "/crm/limits/{dated}"), _TYPE_LIMIT_ROWS),
    _family("schemas", ("/properties/v1", "/properties/v2"), _LEGACY_PROPERTY_ROWS, is_partial=True),
    _family("companies", ("/companies/v2",), _LEGACY_COMPANY_ROWS, is_partial=True),
    _family("users", _USER_ROOTS, _USER_ROWS, is_partial=True),
    _family("teams", _USER_ROOTS, _TEAM_ROWS),
)
"""All families; if a path fits several roots, the first family that has the path is used."""
