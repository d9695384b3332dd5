"""Copies of other portals: what was read there is stored here without the checks of a write.

A copy arrives in parts; ``docs/emulator.md`` describes their format. A copy contains only some definitions of
the other portal. So the emulator cannot count how many more definitions the other portal may have (its room):
the copy contains this number.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.emulator import copied_definitions, copied_records, owners, tiers
from reconciler.emulator.copied_definitions import LeftBehind
from reconciler.emulator.errors import SeedError
from reconciler.emulator.request_context import NO_TYPE, OWNER, SCHEMA, Work
from reconciler.emulator.settings import settings_from

KEYS = (
    *("settings", "owners", "schemas", "definitions", "association_types", "association_limits", "room"),
    *("records", "associations"),
)
"""Keys that a part of a copy may have; each key is optional."""


def plant(work: Work, part: Mapping[str, Any]) -> list[str]:
    """Store one part of another portal; return sentences about things that are not imitated.

    Records that this portal already has keep their values; only their empty properties get values from
    ``part``. Raises SeedError.
    """
    unknown = sorted(set(part) - set(KEYS))
    if unknown:
        raise SeedError(f"{unknown[0]}: a part of a copy has no such key; its keys are {', '.join(KEYS)}")
    try:
        return list(_planted(work, part))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        fault = f"{type(error).__name__} {error}"
        raise SeedError(f"this is not a valid part of a copied portal: {fault}") from error


def _planted(work: Work, part: Mapping[str, Any]) -> Iterator[LeftBehind]:
    if "settings" in part:
        work.save_settings(settings_from(part["settings"]))
    for owner in part.get("owners", ()):
        known = {key: owner[key] for key in owners.KEYS if owner.get(key) is not None}
        work.store(OWNER, NO_TYPE, str(owner["id"]), owners.full_owner(known))
    if "schemas" in part:
        _plant_schemas(work, part["schemas"])
    for address, given in part.get("definitions", {}).items():
        yield from copied_definitions.plant_type(work, work.object_type(address), given)
    for between in part.get("association_types", ()):
        copied_definitions.plant_association_types(work, between)
    for limit in part.get("association_limits", ()):
        copied_definitions.plant_association_limit(work, limit)
    if "room" in part:
        work.save_settings({"allowances": _allowances(work, part["room"])})
    for address, records in part.get("records", {}).items():
        copied_records.plant_records(work, work.object_type(address), records)
    for between in part.get("associations", ()):
        copied_records.plant_associations(work, between)


def _plant_schemas(work: Work, schemas: Sequence[Mapping[str, Any]]) -> None:
    """Store custom object types; types that are created later get higher numbers."""
    kept = ("id", "objectTypeId", "fullyQualifiedName", "name", "labels", "description", "archived")
    lists = ("requiredProperties", "searchableProperties", "secondaryDisplayProperties")
    for schema in schemas:
        body: dict[str, Any] = {key: schema.get(key) for key in (*kept, "primaryDisplayProperty")}
        body |= {key: list(schema.get(key) or ()) for key in lists}
        body |= {
            "id": body["id"] or schema["objectTypeId"].partition("-")[2],
            "description": body["description"] or "",
            "archived": bool(body["archived"]),
            "createdAt": schema.get("createdAt") or work.now,
            "updatedAt": schema.get("updatedAt") or work.now,
            "restorable": bool(schema.get("restorable", True)),
            "allowsSensitiveProperties": bool(schema.get("allowsSensitiveProperties", True)),
        }
        labels = body["labels"] or {}
        name = body["name"]
        body["labels"] = {side: labels.get(side) or name for side in ("singular", "plural")}
        work.store(SCHEMA, NO_TYPE, body["objectTypeId"], body)


def _allowances(work: Work, room: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return limits that allow as many new definitions here as in the other portal.

    Each limit is the number of definitions here, plus the room of the other portal.
    """
    found: dict[str, dict[str, int]] = {}
    for feature, by_scope in room.items():
        used = {scope: tiers.used(work, feature, scope) for scope in by_scope}
        found[feature] = {scope: used[scope] + max(0, int(left)) for scope, left in by_scope.items()}
    return found
