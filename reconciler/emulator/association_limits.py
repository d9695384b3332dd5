"""The portal's limits on the number of associated records.

Source of the shapes: developers.hubspot.com/docs/api-reference/crm-associations-v4/guide, "limits
configuration".
"""

from reconciler.emulator import refusals, response_format
from reconciler.emulator.association_types import LIMIT, limit_name, pair_name
from reconciler.emulator.associations import Pair
from reconciler.emulator.batches import take_inputs
from reconciler.emulator.request_context import NO_TYPE, Work
from reconciler.emulator.response_format import Json


def listing(work: Work, pair: Pair | None = None) -> list[Json]:
    """List the limits between the two object types in ``pair``, or all limits if it is None."""
    stored = work.stored(LIMIT, NO_TYPE)
    prefix = f"{pair_name(pair.from_type, pair.to_type)}:" if pair else ""
    return [body for name, body in stored.items() if name.startswith(prefix)]


def _name(pair: Pair, key: tuple[str, int]) -> str:
    return limit_name(pair.from_type, pair.to_type, *key)


def _type(pair: Pair, item: Json) -> tuple[str, int]:
    key = (str(item.get("category")), response_format.as_number(item.get("typeId"), "typeId"))
    if key not in pair.types:
        raise refusals.invalid_request(f"association type {key[0]} {key[1]} does not exist")
    known = pair.types[key]
    return known.category, known.type_id


def write(work: Work, pair: Pair, body: object) -> list[Json]:
    """Set the limits in a request body, and return them."""
    results = []
    for item in take_inputs(work, body):
        category, type_id = _type(pair, item)
        limit = item.get("maxToObjectIds")
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise refusals.invalid_request(f"maxToObjectIds must be 1 or more, but was {limit}")
        result = {
            "category": category,
            "typeId": type_id,
            "fromObjectTypeId": pair.from_type.type_id,
            "toObjectTypeId": pair.to_type.type_id,
            "userEnforcedMaxToObjectIds": limit,
            "label": pair.types[category, type_id].label,
        }
        work.store(LIMIT, NO_TYPE, _name(pair, (category, type_id)), result)
        results.append(result)
    return results


def purge(work: Work, pair: Pair, body: object) -> None:
    """Remove the limits that the request body names."""
    for item in take_inputs(work, body):
        work.unstore(LIMIT, NO_TYPE, _name(pair, _type(pair, item)))
