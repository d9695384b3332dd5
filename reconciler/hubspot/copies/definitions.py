"""Reading the definitions of a portal for a copy, as JSON that the emulator can read.

Client and emulator share no code; ``docs/emulator.md`` ("Copies") describes the JSON.
"""

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from reconciler.errors import NotAllowed, RequestRejected
from reconciler.hubspot.copies.room import read_room
from reconciler.hubspot.copies.verbatim import VerbatimReader
from reconciler.hubspot.definitions.read import DefinitionsOfPortal
from reconciler.hubspot.definitions.reader import SENSITIVITIES
from reconciler.hubspot.reader import PortalReader
from reconciler.json_values import Json
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.object_references import Direction

_THREADS = 8
_ACCOUNT = (
    *("accountType", "timeZone", "companyCurrency", "additionalCurrencies", "uiDomain"),
    "dataHostingLocation",
)
_CALLS_OF_PORTAL = 9
"""Number of calls for a portal: one for the account, two for owners, one for schemas, five for limits."""
_CALLS_OF_TYPE = 2 + 2 * len(SENSITIVITIES)
"""Number of calls for an object type: groups, rules, and properties, active and archived, by sensitivity."""
_CALLS_OF_DIRECTION = 3
"""Assumed number of calls for one direction of associations: its labels, the opposite labels, its limits."""
_ACCOUNT_TYPES = {"STANDARD", "DEVELOPER_TEST", "SANDBOX", "APP_DEVELOPER"}


def read_definitions_part(
    reader: PortalReader, portal: PortalSchema, directions: Collection[Direction]
) -> Json:
    """Read account, limits, owners, and all definitions of the types in ``portal``, as one part of a copy.

    ``directions`` are pairs of object types; for these, types of association and their limits are read as
    well, in both directions.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    verbatim = reader.verbatim
    types = {schema.path: schema for schema in portal.objects.values()}
    both = sorted({each for one in directions for each in (one, one.back)})
    with ThreadPoolExecutor(_THREADS) as pool:
        account = pool.submit(verbatim.account)
        owners = [pool.submit(verbatim.owners, is_archived=each) for each in (False, True)]
        schemas = pool.submit(verbatim.schemas)
        by_type = {path: pool.submit(_type_part, verbatim, schema) for path, schema in types.items()}
        between = [pool.submit(_association_types, reader, portal, each) for each in both]
        limits = [pool.submit(_limits, verbatim, portal, each) for each in both]
        room = pool.submit(
            read_room, verbatim, [number for schema in types.values() if (number := schema.path)]
        )
        return {
            "settings": {"account": _account(account.result())},
            "owners": [owner for reading in owners for owner in reading.result()],
            "schemas": schemas.result(),
            "definitions": {path: reading.result() for path, reading in by_type.items()},
            "association_types": [reading.result() for reading in between],
            "association_limits": [limit for reading in limits for limit in reading.result()],
            "room": room.result(),
        }


def calls_of_definitions(portal: PortalSchema, directions: Collection[Direction]) -> int:
    """Return roughly how many calls it takes to read all definitions of a portal for a copy.

    The number is right if each list of definitions has only one page.
    """
    both = {each for one in directions for each in (one, one.back)}
    types = {schema.path: schema for schema in portal.objects.values()}
    by_type = sum(_CALLS_OF_TYPE + bool(schema.pipelines) for schema in types.values())
    return _CALLS_OF_PORTAL + by_type + _CALLS_OF_DIRECTION * len(both)


def _account(body: Mapping[str, Any]) -> Json:
    account = {key: body[key] for key in _ACCOUNT if body.get(key) is not None}
    if account.get("accountType") not in _ACCOUNT_TYPES:
        account.pop("accountType", None)
    return account


def _type_part(verbatim: VerbatimReader, schema: ObjectSchema) -> Json:
    """Read groups, properties of every sensitivity, pipelines and rules of one type."""
    active: dict[str, Json] = {}
    archived: dict[str, Json] = {}
    for sensitivity in SENSITIVITIES:
        for found, is_archived in ((active, False), (archived, True)):
            bodies = verbatim.properties(schema.path, sensitivity, is_archived=is_archived)
            found |= {str(body["name"]): body for body in bodies}
    part: Json = {
        "groups": verbatim.groups(schema.path),
        "properties": list((archived | active).values()),
        "validations": verbatim.validations(schema.path),
    }
    if schema.pipelines:
        part["pipelines"] = verbatim.pipelines(schema.path)
    return part


def _association_types(reader: PortalReader, portal: PortalSchema, direction: Direction) -> Json:
    """Read the types of association in one direction, each with its number in the opposite direction."""
    one, other = portal.schemas_of(direction)
    there = reader.definitions.labels(one.path, other.path)
    back = there if one.path == other.path else reader.definitions.labels(other.path, one.path)
    try:
        live = DefinitionsOfPortal(reader.definitions, portal).labels(direction)
    except (NotAllowed, RequestRejected):
        live = ()
    known = {_numbers(each.id): (each.values.get("name"), _inverse(each.id)) for each in live}
    plain_back = {body.category: body.type_id for body in back if not body.label}
    types: list[Json] = []
    for body in there:
        name, inverse = known.get((body.category, body.type_id), (None, 0))
        if not body.label:
            inverse = plain_back.get(body.category, 0)
        types.append(
            {
                "category": body.category,
                "typeId": body.type_id,
                "label": body.label,
                "inverseId": inverse or body.type_id,
                "name": name,
            }
        )
    return {"from": one.path, "to": other.path, "types": types}


def _numbers(definition_id: str) -> tuple[str, int]:
    _, category, number, *_ = definition_id.split("/")
    return category, int(number)


def _inverse(definition_id: str) -> int:
    return int(definition_id.split("/")[3])


def _limits(verbatim: VerbatimReader, portal: PortalSchema, direction: Direction) -> Iterable[Json]:
    one, other = portal.schemas_of(direction)
    ends: Json = {"fromObjectTypeId": one.path, "toObjectTypeId": other.path}
    return list(map(partial(_with_ends, ends), verbatim.association_limits(one.path, other.path)))


def _with_ends(ends: Json, limit: Json) -> Json:
    return {**limit, **ends}
