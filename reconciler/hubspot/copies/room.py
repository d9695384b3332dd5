"""Reading how many more definitions a portal may have: HubSpot's limits minus their present use."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from reconciler.hubspot.copies.verbatim import VerbatimReader
from reconciler.json_values import Json
from reconciler.model.object_types import object_name, type_number

_WHOLE = ""
"""Marks a limit for all object types together; limits of one type are marked with its number instead."""


def read_room(verbatim: VerbatimReader, paths: Collection[str]) -> Json:
    """Read how many more definitions of each sort the portal may have, for the object types at ``paths``.

    Limits that HubSpot does not show are left out.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    numbers = {type_number(object_name(path)) or path for path in paths}
    room: dict[str, dict[str, int]] = {
        "custom object types": dict(_whole(verbatim.usage("custom-object-types"), "usage", "limit")),
        "custom properties": dict(_of_types(verbatim.usage("custom-properties"), numbers)),
        "calculated properties": dict(
            _whole(verbatim.usage("calculated-properties"), "overallUsage", "overallLimit")
        ),
        "pipelines": dict(_pipelines(verbatim.usage("pipelines"), numbers)),
        "association labels": dict(_labels(verbatim.usage("associations/labels"))),
    }
    return {feature: by_scope for feature, by_scope in room.items() if by_scope}


def _whole(body: Json | None, used: str, most: str) -> Iterator[tuple[str, int]]:
    left = _left(body, used, most) if body else None
    if left is not None:
        yield _WHOLE, left


def _left(body: Mapping[str, Any], used: str = "usage", most: str = "limit") -> int | None:
    usage, limit = body.get(used), body.get(most)
    if not isinstance(usage, int) or not isinstance(limit, int):
        return None
    return max(0, limit - usage)


def _of_types(body: Json | None, numbers: Collection[str]) -> Iterator[tuple[str, int]]:
    """Yield how many more definitions each type may have, under its own limit and the limit for all types."""
    if not body:
        return
    overall = _left(body, "overallUsage", "overallLimit")
    for each in _objects(body.get("byObjectType")):
        number, left = str(each.get("objectTypeId")), _left(each)
        rooms = [known for known in (left, overall) if known is not None]
        if number in numbers and rooms:
            yield number, min(rooms)


def _pipelines(body: Json | None, numbers: Collection[str]) -> Iterator[tuple[str, int]]:
    if not body:
        return
    for each in _objects(body.get("hubspotDefinedObjectTypes")):
        number, left = str(each.get("objectTypeId")), _left(each)
        if number in numbers and left is not None:
            yield number, left
    custom = body.get("customObjectTypes")
    if isinstance(custom, dict):
        yield from _whole(custom, "overallUsage", "overallLimit")


def _labels(body: Json | None) -> Iterator[tuple[str, int]]:
    """Yield how many labels two object types may have; HubSpot has the same limit for all pairs of types."""
    limits = [each["limit"] for each in _objects((body or {}).get("results")) if "limit" in each]
    if limits:
        yield _WHOLE, max(limits)


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    yield from (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()
