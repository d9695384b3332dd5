"""Searching records: results are some seconds old, and end at 10,000 records.

Source: developers.hubspot.com/docs/api-reference/search/guide
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.emulator import filters, guesses, refusals, response_format
from reconciler.emulator.batches import read_body
from reconciler.emulator.clock import iso
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.record_rows import Record
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.schema import Property

PAGE = 10
MAX_PAGE = 200
MAX_TOTAL = 10_000
MAX_BODY = 3000
MAX_GROUPS = 5
MAX_FILTERS_IN_GROUP = 6
MAX_FILTERS = 18
ASCENDING, DESCENDING = "ASCENDING", "DESCENDING"


def search(work: Work, object_type: ObjectType, body: object, size: int) -> Json:
    """Serve ``POST /{type}/search``; ``size`` is the number of bytes of the request's body."""
    request = response_format.as_object(body)
    if size > MAX_BODY:
        raise refusals.invalid_request(f"the request is longer than {MAX_BODY} characters")
    limit = _number(request, "limit", PAGE)
    after = _number(request, "after", 0)
    if not 1 <= limit <= MAX_PAGE:
        raise refusals.invalid_request(f"limit must be between 1 and {MAX_PAGE}, but was {limit}")
    if after + limit > MAX_TOTAL:
        raise refusals.invalid_request(f"a search ends after {MAX_TOTAL} results")
    properties = work.definitions(object_type).properties
    wanted = _filters(work, object_type, request)
    found = [record for record in indexed(work, object_type) if wanted(record)]
    found = _matching_query(work, found, properties, request.get("query"))
    found = _sorted(work, found, properties, response_format.as_list(request.get("sorts"), "sorts"))
    names = response_format.as_names(request.get("properties"), "properties")
    page = found[after : after + limit]
    is_last = after + limit >= len(found)
    return {
        "total": len(found),
        **response_format.page_body(
            work,
            [read_body(work, object_type, record, names) for record in page],
            None if is_last else str(after + limit),
        ),
    }


def _number(request: Json, field: str, default: int) -> int:
    value = request.get(field)
    if value is None or value == "":
        return default
    text = str(value)
    if not (text.isascii() and text.isdigit()):
        raise refusals.invalid_request(f"{field} must be a number, but was {text}")
    return int(text)


def _filters(work: Work, object_type: ObjectType, request: Json) -> filters.Test:
    given = response_format.as_list(request.get("filterGroups"), "filterGroups")
    if request.get("filters") is not None:  # a short form for one group
        given = [*given, {"filters": request["filters"]}]
    groups = [
        [
            response_format.as_object(item, "filters")
            for item in response_format.as_list(
                response_format.as_object(group, "filterGroups").get("filters"), "filters"
            )
        ]
        for group in given
    ]
    if len(groups) > MAX_GROUPS:
        raise refusals.invalid_request(f"at most {MAX_GROUPS} filterGroups")
    if any(len(group) > MAX_FILTERS_IN_GROUP for group in groups) or sum(map(len, groups)) > MAX_FILTERS:
        raise refusals.invalid_request(
            f"at most {MAX_FILTERS_IN_GROUP} filters in a group, and {MAX_FILTERS} in all"
        )
    return filters.any_group(work, object_type, groups)


def indexed(work: Work, object_type: ObjectType) -> Iterator[Record]:
    """Yield the live records as they were ``search_lag_ms`` ago: HubSpot's search index lags behind."""
    lag_ms = 0 if work.guesses.search_lag == "at_once" else int(work.settings["search_lag_ms"])
    horizon = work.at_ms - lag_ms
    for record in work.rows(object_type).live():
        if record.updated_ms <= horizon:
            yield record
        elif record.created_ms <= horizon:
            older = _as_of(work, object_type, record, horizon)
            if older is not None:
                yield older


def _as_of(work: Work, object_type: ObjectType, record: Record, horizon: int) -> Record | None:
    """Return the record as it was at ``horizon``; None if it had not been written yet."""
    edits = work.rows(object_type).edits(record.id)
    if not edits or edits[0].at_ms > horizon:
        return None
    properties: dict[str, str] = {
        name: record.properties[name]
        for name in ("hs_object_id", "createdate", "hs_createdate")
        if name in record.properties
    }
    updated_ms = record.created_ms
    for edit in edits:
        if edit.at_ms > horizon:
            break
        properties.update(edit.changes)
        updated_ms = max(updated_ms, edit.at_ms)
    properties = {name: value for name, value in properties.items() if value}
    properties[object_type.modified_property] = iso(updated_ms)
    return Record(record.id, properties, record.created_ms, updated_ms)


def _matching_query(
    work: Work, found: list[Record], properties: Mapping[str, Property], query: Any
) -> list[Record]:
    if not query:
        return found
    words = str(query).lower().split()
    names = [
        name
        for name, definition in properties.items()
        if guesses.searched_by_query(work.guesses, definition.type)
    ]

    def holds(record: Record) -> bool:
        text = " ".join(record.properties[name].lower() for name in names if name in record.properties)
        return all(word in text for word in words)

    return [record for record in found if holds(record)]


def _sorted(
    work: Work, found: list[Record], properties: Mapping[str, Property], sorts: Iterable[Any]
) -> list[Record]:
    """Sort records by the first of ``sorts``, those without a value last; by default, in order of id."""
    chosen = [_sort(item) for item in sorts]
    if len(chosen) > 1 and work.guesses.second_sort == "refused":
        raise refusals.invalid_request("only one sort is possible")
    if not chosen:
        return found
    name, is_descending = chosen[0]
    definition = properties.get(name)
    if definition is None:
        raise refusals.invalid_request(f'Property "{name}" does not exist')
    having = [record for record in found if name in record.properties]
    having.sort(
        key=lambda record: filters.comparable(definition, record.properties[name]), reverse=is_descending
    )
    return having + [record for record in found if name not in record.properties]


def _sort(item: Any) -> tuple[str, bool]:
    if isinstance(item, str):
        return item.removeprefix("-"), item.startswith("-")
    sort = response_format.as_object(item, "sorts")
    direction = response_format.as_text(sort.get("direction") or ASCENDING, "direction")
    if direction not in {ASCENDING, DESCENDING}:
        raise refusals.wrong_shape(f"direction must be {ASCENDING} or {DESCENDING}, but was {direction}")
    return response_format.as_text(sort.get("propertyName"), "propertyName"), direction == DESCENDING
