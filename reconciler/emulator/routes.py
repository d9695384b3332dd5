"""Which path leads to which endpoint, in every version: the address book of the emulator.

Paths: developers.hubspot.com/docs/api-reference, and HubSpot's OpenAPI collection
(github.com/HubSpot/HubSpot-public-api-spec-collection).
"""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.emulator import api_account, api_definitions, api_records
from reconciler.emulator.calls import Call, Reply
from reconciler.emulator.work import Work

Endpoint = Callable[[Work, Call], Reply]
DATED = ("2025-09", "2026-03", "2026-09")

RECORDS = ("/crm/v3/objects", "/crm/objects/v3", "/crm/objects/{dated}")
PROPERTIES = ("/crm/v3/properties", "/crm/properties/v3", "/crm/properties/{dated}")
PIPELINES = ("/crm/v3/pipelines", "/crm/pipelines/v3", "/crm/pipelines/{dated}")
SCHEMAS = ("/crm-object-schemas/v3/schemas", "/crm/v3/schemas", "/crm-object-schemas/{dated}/schemas")
OWNERS = ("/crm/v3/owners", "/crm/owners/{dated}")
ACCOUNT = ("/account-info/v3", "/account-info/{dated}")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API."""

    method: str
    path: str
    endpoint: Endpoint
    operation: str = ""
    """What the object type must allow; "" for what is no operation on records."""
    scopes: str | tuple[str, ...] = ()
    """Any of these scopes, or a rule: ``records.read`` or ``.write``, ``schemas.read`` or ``.write``."""
    writes: bool = False
    is_search: bool = False


def _record_routes() -> list[Route]:
    table: tuple[tuple[str, str, str, Endpoint], ...] = (
        ("GET", "", "list", api_records.list_records),
        ("POST", "", "create", api_records.create_record),
        ("GET", "/<record_id>", "get", api_records.get_record),
        ("PATCH", "/<record_id>", "update", api_records.update_record),
        ("DELETE", "/<record_id>", "archive", api_records.archive_record),
        ("POST", "/batch/read", "batch_read", api_records.batch_read),
        ("POST", "/batch/create", "batch_create", api_records.batch_create),
        ("POST", "/batch/update", "batch_update", api_records.batch_update),
        ("POST", "/batch/upsert", "batch_upsert", api_records.batch_upsert),
        ("POST", "/batch/archive", "batch_archive", api_records.batch_archive),
    )
    readers = {"list", "get", "batch_read", "search"}
    return [
        Route(
            method,
            f"{root}/<object_type>{path}",
            endpoint,
            operation,
            scopes="records.read" if operation in readers else "records.write",
            writes=operation not in readers,
            is_search=operation == "search",
        )
        for root in RECORDS
        for method, path, operation, endpoint in table
    ]


def all_routes() -> list[Route]:
    """Every route, with ``{dated}`` still to be replaced by a version."""
    routes = _record_routes()
    routes += [
        Route("GET", f"{root}/<object_type>", api_definitions.list_properties, scopes="schemas.read")
        for root in PROPERTIES
    ]
    routes += [
        Route(
            "GET",
            f"{root}/<object_type>/<property_name>",
            api_definitions.get_property,
            scopes="schemas.read",
        )
        for root in PROPERTIES
    ]
    routes += [
        Route("GET", f"{root}/<object_type>", api_definitions.list_pipelines, scopes="schemas.read")
        for root in PIPELINES
    ]
    routes += [Route("GET", root, api_definitions.list_schemas) for root in SCHEMAS]
    owner_scope = ("crm.objects.owners.read",)
    routes += [Route("GET", root, api_account.list_owners, scopes=owner_scope) for root in OWNERS]
    routes += [
        Route("GET", f"{root}/<owner_id>", api_account.get_owner, scopes=owner_scope) for root in OWNERS
    ]
    routes += [Route("GET", f"{root}/details", api_account.account_details) for root in ACCOUNT]
    return routes
