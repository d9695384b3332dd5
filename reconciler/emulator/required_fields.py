"""Required fields of request bodies. All missing fields are reported at once, before anything is done.

Source: github.com/HubSpot/HubSpot-public-api-spec-collection, as far as HubSpot's API really requires the
fields.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.emulator import api_associations, api_associations_v3, api_definitions, api_records, refusals

_IDS = ("inputs[].id",)
_ASSOCIATION = ("to.id", "types[].associationCategory", "types[].associationTypeId")
_ENDS = ("inputs[].from.id", "inputs[].to.id")
_STAGE = ("label", "displayOrder")
_PIPELINE = ("label", "displayOrder", *(f"stages[].{field}" for field in _STAGE))
_OPTIONS = ("options[].label", "options[].value")
_LIMIT = ("inputs[].category", "inputs[].typeId")

_REQUIRED: Mapping[Callable[..., Any], tuple[str, ...]] = {
    api_records.create_record: tuple(f"associations[].{field}" for field in _ASSOCIATION),
    api_records.merge_records: ("primaryObjectId", "objectIdToMerge"),
    api_records.erase_record: ("objectId",),
    api_records.batch_read: _IDS,
    api_records.batch_create: tuple(f"inputs[].associations[].{field}" for field in _ASSOCIATION),
    api_records.batch_update: _IDS,
    api_records.batch_upsert: _IDS,
    api_records.batch_archive: _IDS,
    api_records.search_records: (
        "filterGroups[].filters[].propertyName",
        "filterGroups[].filters[].operator",
        "filters[].propertyName",
        "filters[].operator",
    ),
    api_records.read_splits: _IDS,
    api_records.upsert_splits: (*_IDS, "inputs[].splits[].ownerId", "inputs[].splits[].percentage"),
    api_definitions.create_property: ("name", "label", "type", "fieldType", "groupName", *_OPTIONS),
    api_definitions.update_property: _OPTIONS,
    api_definitions.batch_read_properties: ("inputs[].name",),
    api_definitions.batch_archive_properties: ("inputs[].name",),
    api_definitions.create_group: ("name", "label"),
    api_definitions.create_pipeline: _PIPELINE,
    api_definitions.replace_pipeline: _PIPELINE,
    api_definitions.create_stage: _STAGE,
    api_definitions.replace_stage: _STAGE,
    api_definitions.create_schema: ("name", "labels.singular", "labels.plural"),
    api_definitions.create_schema_association: ("toObjectTypeId",),
    api_associations.batch_create: _ENDS,
    api_associations.batch_default: _ENDS,
    api_associations.batch_read: _IDS,
    api_associations.batch_archive: ("inputs[].from.id", "inputs[].to[].id"),
    api_associations.batch_archive_labels: _ENDS,
    api_associations.create_label: ("name", "label"),
    api_associations.rename_label: ("associationTypeId", "label"),
    api_associations_v3.batch_create: (*_ENDS, "inputs[].type"),
    api_associations_v3.batch_read: _IDS,
    api_associations_v3.batch_archive: (*_ENDS, "inputs[].type"),
    api_associations.write_limits: (*_LIMIT, "inputs[].maxToObjectIds"),
    api_associations.purge_limits: _LIMIT,
}
"""Required fields by endpoint.

``a.b`` is a field of an object, ``a[].b`` a field of all objects in a list.
"""


def check(endpoint: Callable[..., Any], body: object) -> None:
    """Refuse a body without required fields; endpoints themselves refuse a body with a wrong shape."""
    missing = {
        name: None for path in _REQUIRED.get(endpoint, ()) for name in _missing(body, path.split("."), "")
    }
    if missing:
        raise refusals.missing_fields(missing)


def _missing(value: object, path: list[str], place: str) -> Iterator[str]:
    """Yield the full names of the fields on ``path`` that ``value`` lacks.

    ``place`` is the path to ``value``, with a dot at its end. Each full name begins with this path. In a
    batch, the path begins inside the input, so it does not contain ``inputs``.
    """
    if not isinstance(value, dict):
        return
    field, *rest = path
    name = field.removesuffix("[]")
    found = value.get(name)
    if found is None:
        if name == field or not rest:
            yield f"{place}{name}"
    elif name != field:
        for item in found if isinstance(found, list) else ():
            yield from _missing(item, rest, "" if name == "inputs" else f"{place}{name}.")
    elif rest:
        yield from _missing(found, rest, f"{place}{name}.")
