"""Endpoints about the use of the portal's limits.

The form of the answers is from github.com/HubSpot/HubSpot-public-api-spec-collection, "Limits Tracking".
The HubSpot notes of github.com/scopiousdigital/kalup say what counts towards a limit.
"""

from reconciler.emulator import tiers
from reconciler.emulator.calls import Call, Reply
from reconciler.emulator.object_types import ObjectType, standard_types
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json

MAX_RECORDS = 15_000_000
MAX_CUSTOM_RECORDS = 1_500_000
MAX_CUSTOM_OVERALL = 10_000


def _labels(object_type: ObjectType) -> Json:
    return {
        "objectTypeId": object_type.type_id,
        "singularLabel": object_type.label,
        "pluralLabel": object_type.plural_label,
    }


def _used(usage: int, limit: int) -> Json:
    return {"usage": usage, "limit": limit, "percentage": _percentage(usage, limit)}


def _percentage(usage: int, limit: int) -> float:
    return usage / limit * 100 if limit else 0.0


def _overall(limit: int, by_type: list[Json]) -> Json:
    usage = sum(int(item["usage"]) for item in by_type)
    return {
        "overallUsage": usage,
        "overallLimit": limit,
        "overallPercentage": _percentage(usage, limit),
        "byObjectType": by_type,
    }


def records(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/limits/records``."""
    del call
    standard = [
        {**_labels(object_type), **_used(work.rows(object_type).count(), MAX_RECORDS)}
        for object_type in dict.fromkeys(standard_types().values())
    ]
    custom = [{**_labels(t), "usage": work.rows(t).count()} for t in tiers.custom_types(work)]
    body = {
        "hubspotDefinedObjectTypes": standard,
        "customObjectTypes": _overall(MAX_CUSTOM_RECORDS, custom),
    }
    return Reply(200, body)


def custom_properties(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/limits/custom-properties``."""
    del call
    by_type = [
        {**_labels(object_type)}
        | _used(
            len(tiers.custom_bodies(work, object_type)),
            tiers.limit(work, tiers.CUSTOM_PROPERTIES, object_type.type_id),
        )
        for object_type in tiers.all_types(work)
    ]
    return Reply(200, _overall(MAX_CUSTOM_OVERALL, by_type))


def calculated_properties(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/limits/calculated-properties``."""
    del call
    by_type = [
        {**_labels(object_type), "usage": tiers.calculated(tiers.custom_bodies(work, object_type))}
        for object_type in tiers.all_types(work)
    ]
    return Reply(200, _overall(tiers.limit(work, tiers.CALCULATED), by_type))


def custom_object_types(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/limits/custom-object-types``."""
    del call
    return Reply(200, _used(len(tiers.custom_types(work)), tiers.limit(work, tiers.CUSTOM_TYPES)))


def pipelines(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/limits/pipelines``: HubSpot's own pipelines do not count."""
    del call
    standard = [
        {**_labels(object_type)}
        | _used(tiers.pipelines_used(work, object_type), tiers.pipelines_allowed(work, object_type))
        for object_type in dict.fromkeys(standard_types().values())
        if object_type.pipeline_properties
    ]
    custom = [{**_labels(t), "usage": tiers.pipelines_used(work, t)} for t in tiers.custom_types(work)]
    body = {
        "hubspotDefinedObjectTypes": standard,
        "customObjectTypes": _overall(tiers.limit(work, tiers.PIPELINES), custom),
    }
    return Reply(200, body)


def association_labels(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/limits/associations/labels``: one entry for each direction that has a label.

    If the call names a direction without labels, it gets an entry, too; this is a guess.
    """
    wanted = (call.text("fromObjectTypeId"), call.text("toObjectTypeId"))
    limit = tiers.limit(work, tiers.LABELS)
    found = tiers.labels(work)
    if wanted[0] and wanted[1] and work.guesses.label_limits == "asked_too":
        asked = (work.object_type(wanted[0]).type_id, work.object_type(wanted[1]).type_id)
        found.setdefault(asked, [])
    results = [
        {
            **_used(len(texts), limit),
            "fromObjectType": _labels(work.object_type(start)),
            "toObjectType": _labels(work.object_type(end)),
            "allLabels": texts,
        }
        for (start, end), texts in found.items()
        if wanted[0] in {None, start} and wanted[1] in {None, end}
    ]
    return Reply(200, {"results": results})
