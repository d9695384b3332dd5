"""Contents of a new portal: HubSpot's standard contents and the data of a seed, in the shapes of the API.

Values in a seed are checked and converted like values that are written by the API. ``docs/emulator.md``
describes the format.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from reconciler.emulator import (
    association_labels,
    lists,
    owners,
    pipelines,
    properties,
    property_checks,
    property_groups,
    records,
    refusals,
    response_format,
    schema_creation,
    validations,
)
from reconciler.emulator.associations import Pair
from reconciler.emulator.clock import parse_iso
from reconciler.emulator.errors import SeedError
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.record_rows import Edit
from reconciler.emulator.request_context import NO_TYPE, OWNER, Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.settings import SETTINGS, settings_from
from reconciler.emulator.standard import full_property

VERSION = 1
DIFFERENT_STARTS = 1_000_000
IDS_APART = 10_000
SEEDED_AGE_MS = 86_400_000
"""Default age of a record in a seed, in milliseconds: old enough for a search to find it."""
KEYS = (
    "version",
    *SETTINGS,
    "numbers_by_portal",
    "owners",
    "schemas",
    "groups",
    "properties",
    "validations",
    "pipelines",
    "association_labels",
    "records",
    "associations",
    "lists",
)
_FIRST_OWNER: Json = {
    "id": "1",
    "email": "owner@example.com",
    "firstName": "Olivia",
    "lastName": "Owner",
    "userId": 1,
}


def plant(work: Work, seed: Mapping[str, object]) -> None:
    """Write the data of the seed into a new portal. Raises SeedError."""
    unknown = sorted(set(seed) - set(KEYS))
    if unknown:
        raise SeedError(f"{unknown[0]}: a seed has no such key; its keys are {', '.join(KEYS)}")
    if seed.get("version", VERSION) != VERSION:
        raise SeedError(f"version must be {VERSION}, not {seed['version']!r}")
    work.save_settings(settings_from(seed))
    _number_by_portal(work, seed)
    for place, owner in _items(seed, "owners", [_FIRST_OWNER]):
        with _placed(place):
            full = owners.full_owner(_object(owner))
            work.store(OWNER, NO_TYPE, full["id"], full)
    for place, schema in _items(seed, "schemas"):
        with _placed(place):
            given = _object(schema)
            number = given.get("objectTypeId")
            schema_creation.create(
                work, given, None if number is None else response_format.as_text(number, "objectTypeId")
            )
    for key, carry_out in _BY_TYPE:
        for place, address, item in _items_by_type(seed, key):
            with _placed(place):
                carry_out(work, work.object_type(address), _object(item))
    _plant_validations(work, seed)
    for place, label in _items(seed, "association_labels"):
        with _placed(place):
            _plant_label(work, _object(label))
    _reserve_ids(work, seed)
    for place, address, item in _items_by_type(seed, "records"):
        with _placed(place):
            _plant_record(work, work.object_type(address), _object(item))
    for place, item in _items(seed, "associations"):
        with _placed(place):
            _plant_association(work, _object(item))
    _plant_lists(work, seed)


def _reserve_ids(work: Work, seed: Mapping[str, object]) -> None:
    """Reserve ids for all records of the seed, unless the seed itself gives the id of a record.

    A reserved id could be equal to an id that the seed gives.
    """
    items = [item for _, _, item in _items_by_type(seed, "records")]
    if not any(isinstance(item, Mapping) and "id" in item for item in items):
        work.reserve_ids(len(items))


def _number_by_portal(work: Work, seed: Mapping[str, object]) -> None:
    """Start the numbering of new ids at a number computed from the portal's id, if the seed asks for it."""
    wanted = seed.get("numbers_by_portal", False)
    if not isinstance(wanted, bool):
        raise SeedError(f"numbers_by_portal must be true or false, not {wanted!r}")
    if not wanted:
        return
    digest = hashlib.blake2b(str(work.portal_id).encode(), digest_size=8).digest()
    start = 1 + int.from_bytes(digest) % DIFFERENT_STARTS
    work.save_settings({"custom_types": start, "association_types": start})
    work.skip_ids(work.next_id() + start * IDS_APART)


@contextmanager
def _placed(place: str) -> Iterator[None]:
    """Put ``place``, the position in the seed, before messages of refusals raised in the block."""
    try:
        yield
    except refusals.Refusal as refusal:
        details = "; ".join(
            f"{'.'.join(error['context']['propertyName'])}: {error['message']}"
            for error in refusal.errors
            if "propertyName" in error.get("context", {})
        )
        separator = ".properties." if details else ": "
        raise SeedError(
            f"{place}{separator}{details or refusal.message.removeprefix(refusals.JSON_PREFIX)}"
        ) from None
    except SeedError as error:
        raise SeedError(f"{place}.{error}") from None
    except KeyError as error:
        raise SeedError(f"{place}: {error.args[0]} is missing") from None
    except (TypeError, ValueError) as error:
        raise SeedError(f"{place}: {error}") from None


def _items(
    seed: Mapping[str, object], key: str, default: Sequence[object] = ()
) -> Iterator[tuple[str, object]]:
    items = seed.get(key, default)
    if not isinstance(items, Sequence) or isinstance(items, str):
        raise SeedError(f"{key}: a list is expected")
    for index, item in enumerate(items):
        yield f"{key}[{index}]", item


def _items_by_type(seed: Mapping[str, object], key: str) -> Iterator[tuple[str, str, object]]:
    by_type = seed.get(key, {})
    if not isinstance(by_type, Mapping):
        raise SeedError(f"{key}: an object with a list for each object type is expected")
    for address in by_type:
        for place, item in _items(by_type, address):
            yield f"{key}.{place}", address, item


def _object(item: object) -> Json:
    if not isinstance(item, Mapping):
        raise TypeError("an object is expected")
    return dict(item)


def _type(work: Work, given: Json, key: str) -> ObjectType:
    return work.object_type(response_format.as_text(given.get(key), key))


def _plant_group(work: Work, object_type: ObjectType, given: Json) -> None:
    property_groups.create(work, object_type, given)


def _plant_property(work: Work, object_type: ObjectType, given: Json) -> None:
    """Create a definition; if HubSpot has one of this name, change the given fields of it."""
    standard = work.definitions(object_type).bodies.get(given.get("name", ""))
    if standard is None and not given.keys() & {"modificationMetadata", "hubspotDefined"}:
        properties.create(work, object_type, given)
        return
    metadata = {**(standard or {}).get("modificationMetadata", {}), **given.get("modificationMetadata", {})}
    merged = {**(standard or {}), **given, "modificationMetadata": metadata}
    property_checks.check_shape(merged)
    property_checks.check_content(work, object_type, merged)
    is_standard = bool(standard and standard["hubspotDefined"])
    hubspot_defined = given.get("hubspotDefined", is_standard)
    full = full_property(merged, hubspot_defined=hubspot_defined, since=work.now)
    properties.save(work, object_type, full)


def _plant_pipeline(work: Work, object_type: ObjectType, given: Json) -> None:
    """Create a pipeline with the ids that the seed gives; replace an existing pipeline."""
    pipeline_id = response_format.as_text(given.get("id"), "id")
    given = {"displayOrder": 0, **given, "pipelineId": pipeline_id}
    given["stages"] = [
        {"displayOrder": order, "metadata": {}, **_object(stage)}
        for order, stage in enumerate(given.get("stages", ()))
    ]
    if pipeline_id in work.definitions(object_type).pipelines:
        pipelines.replace(work, object_type, pipeline_id, given)
    else:
        pipelines.create(work, object_type, given)


_BY_TYPE: tuple[tuple[str, Callable[[Work, ObjectType, Json], None]], ...] = (
    ("groups", _plant_group),
    ("properties", _plant_property),
    ("pipelines", _plant_pipeline),
)


def _plant_label(work: Work, given: Json) -> None:
    if given.get("label") and "name" not in given:
        given["name"] = association_labels.name_of(str(given["label"]))
    association_labels.add(work, _type(work, given, "from"), _type(work, given, "to"), given)


def _plant_validations(work: Work, seed: Mapping[str, object]) -> None:
    by_type = seed.get("validations", {})
    if not isinstance(by_type, Mapping):
        raise SeedError('validations: must be a JSON object by object type, such as {"companies": {…}}')
    for address, by_property in by_type.items():
        for name in by_property:
            for place, rule in _items(by_property, name):
                with _placed(f"validations.{address}.{place}"):
                    given = _object(rule)
                    rule_type = response_format.as_text(given.get("ruleType"), "ruleType")
                    validations.put(work, work.object_type(address), name, rule_type, given)


def _plant_lists(work: Work, seed: Mapping[str, object]) -> None:
    for place, item in _items(seed, "lists"):
        with _placed(place):
            lists.plant(work, _object(item))


def _plant_record(work: Work, object_type: ObjectType, given: Json) -> None:
    unknown = sorted(
        set(given) - {"id", "properties", "archived", "archivedAt", "createdAt", "updatedAt", "history"}
    )
    if unknown:
        raise SeedError(f"{unknown[0]}: a record has no such key")
    record_id = response_format.as_text(given["id"], "id") if "id" in given else None
    created_ms = parse_iso(given["createdAt"]) if "createdAt" in given else work.at_ms - SEEDED_AGE_MS
    written = records.create(
        work,
        object_type,
        response_format.as_object(given.get("properties", {}), "properties"),
        records.Origin(record_id, created_ms, tuple(_history(given.get("history", {})))),
    )
    if given.get("archived"):
        records.archive(work, object_type, str(written.record.id))


def _history(given: Any) -> Iterator[Edit]:
    """Yield older versions of properties, given in the shape of ``propertiesWithHistory``."""
    for name, versions in response_format.as_object(given, "history").items():
        for item in response_format.as_list(versions, f"history.{name}"):
            version = _object(item)
            source = {key: version[key] for key in version if key not in {"value", "timestamp"}}
            yield Edit(
                parse_iso(version["timestamp"]),
                {"sourceType": "CRM_UI", **source},
                {name: response_format.as_text(version["value"], "value")},
            )


def _plant_association(work: Work, given: Json) -> None:
    ends = [response_format.as_object(given.get(key), key) for key in ("from", "to")]
    from_type, to_type = (_type(work, end, "type") for end in ends)
    pair = Pair(work, from_type, to_type)
    types = pair.choose(given.get("types"))
    from_id, to_id = (
        pair.record_id(object_type, response_format.as_text(end.get("id"), "id"))
        for object_type, end in zip((from_type, to_type), ends, strict=True)
    )
    pair.add(from_id, to_id, types)
