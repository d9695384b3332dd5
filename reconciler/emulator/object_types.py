"""Object types: their names in paths, and the operations that each allows.

The table is ``definitions/types.json``. Its sources are
developers.hubspot.com/docs/guides/crm/understanding-the-crm for the type numbers, and
developers.hubspot.com/docs/guides/crm/using-object-apis for the properties that a new record needs.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

FULL = frozenset(
    {
        "list",
        "get",
        "create",
        "update",
        "archive",
        "search",
        "batch_read",
        "batch_create",
        "batch_update",
        "batch_upsert",
        "batch_archive",
    }
)


NOT_IMITATED = frozenset(
    {
        *("campaigns", "campaign", "0-35", "conversations", "conversation", "0-11"),
        *("deal_splits", "deal_split", "forms", "form"),
        *("marketing_events", "marketing_event", "0-54"),
        *("price_books", "price_book", "price_book_items", "price_book_item"),
    }
)
"""Names and numbers of object types that only HubSpot has."""


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One object type of a portal.

    ``type_id`` is its number (``0-1``), or its path name if HubSpot publishes no number. A new record must
    set at least one property of every group in ``required``.
    """

    type_id: str
    path: str
    singular: str
    operations: frozenset[str]
    upsert_keys: tuple[str, ...]
    required: tuple[tuple[str, ...], ...]
    read_scopes: tuple[str, ...]
    write_scopes: tuple[str, ...]
    default_properties: tuple[str, ...]
    created_property: str
    modified_property: str
    pipeline_properties: tuple[str, str] | None
    """The names of two properties: pipeline and stage; None if the type has no pipelines."""
    label: str
    plural_label: str
    needs_activation: bool = False
    is_custom: bool = False

    @property
    def error_name(self) -> str:
        """The name of the type in error messages, such as ``CONTACT``."""
        return self.singular.upper()


def load_definitions(name: str) -> Any:
    """Load ``definitions/<name>.json``; return None if there is no such file."""
    file = resources.files(__package__).joinpath("definitions", f"{name}.json")
    return json.loads(file.read_bytes()) if file.is_file() else None


@lru_cache(maxsize=1)
def standard_rows() -> tuple[Mapping[str, Any], ...]:
    """Return the rows of ``definitions/types.json``; callers must not change them."""
    return tuple(load_definitions("types"))


@lru_cache(maxsize=1)
def standard_types() -> Mapping[str, ObjectType]:
    """Return every standard type by each of its names in lower case: number, path name, and singular."""
    types: dict[str, ObjectType] = {}
    for row in standard_rows():
        object_type = _from_row(row)
        for address in (row["objectTypeId"], row["path"], row["specPath"], row["singular"]):
            if address:
                types[address] = object_type
    return types


def _from_row(row: Mapping[str, Any]) -> ObjectType:
    operations = set(row["operations"])
    if "full" in operations:
        operations = operations - {"full"} | FULL
    pipeline = row["pipelineProperties"]
    return ObjectType(
        type_id=row["objectTypeId"] or row["path"],
        path=row["path"],
        singular=row["singular"],
        operations=frozenset(operations),
        upsert_keys=tuple(row["upsertKeys"]),
        required=tuple(tuple(group) for group in row["requiredOnCreate"]),
        read_scopes=tuple(row["readScopes"]),
        write_scopes=tuple(row["writeScopes"]),
        default_properties=tuple(row["defaultProperties"]),
        created_property=row["createdProperty"],
        modified_property=row["modifiedProperty"],
        pipeline_properties=(pipeline[0], pipeline[1]) if pipeline else None,
        label=_label(row["singular"]),
        plural_label=_label(row["path"]),
        needs_activation=row["needsActivation"],
    )


def _label(name: str) -> str:
    """Convert ``line_items`` to a readable label: ``Line items``."""
    return name.replace("_", " ").capitalize()


def all_scopes() -> frozenset[str]:
    """Return every scope that the emulator uses."""
    types = set(standard_types().values())
    records = {scope for t in types for scope in (*t.read_scopes, *t.write_scopes)}
    stems = {"custom", *(t.path for t in types)}
    schemas = {f"crm.schemas.{stem}.{access}" for stem in stems for access in ("read", "write")}
    custom = {"crm.objects.custom.read", "crm.objects.custom.write"}
    people = {"crm.objects.owners.read", "settings.users.read", "settings.users.teams.read", "crm.lists.read"}
    # The scopes for sensitive data. HubSpot's list of a token's scopes has them with the ending .v2. Source:
    # the HubSpot notes of github.com/scopiousdigital/kalup.
    sensitive = {
        f"crm.objects.{stem}.{sensitivity}.write.v2"
        for stem in ("companies", "contacts", "custom", "deals", "tickets")
        for sensitivity in ("sensitive", "highly_sensitive")
    }
    return frozenset({"oauth", *people, *records, *schemas, *custom, *sensitive})


def custom_type(schema: Mapping[str, Any], *, has_pipelines: bool) -> ObjectType:
    """Build the object type for a custom object schema, given as the API shows it."""
    return ObjectType(
        type_id=schema["objectTypeId"],
        path=schema["fullyQualifiedName"],
        singular=schema["name"],
        operations=FULL | {"merge"},
        upsert_keys=(),
        required=tuple((name,) for name in schema["requiredProperties"]),
        read_scopes=("crm.objects.custom.read",),
        write_scopes=("crm.objects.custom.write",),
        default_properties=("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
        created_property="hs_createdate",
        modified_property="hs_lastmodifieddate",
        pipeline_properties=("hs_pipeline", "hs_pipeline_stage") if has_pipelines else None,
        label=schema["labels"]["singular"],
        plural_label=schema["labels"]["plural"],
        is_custom=True,
    )
