"""Pipelines and stages: creating, changing, replacing and deleting them.

Behaviour beyond developers.hubspot.com/docs/api-reference/crm-pipelines-v3/guide as observed and published in
the HubSpot notes of github.com/scopiousdigital/kalup.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.emulator import audits, refusals, response_format
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.standard import Body, full_pipeline, full_stage, standard_definitions

PIPELINE = "pipeline"
MAX_ID = 36
MAX_STAGE_ID = 100
MAX_PIPELINES = {"orders": 50}
MAX_STAGES = {"deals": 100, "tickets": 100}
DEFAULT_MAX_PIPELINES = 100
DEFAULT_MAX_STAGES = 30


def listing(work: Work, object_type: ObjectType) -> list[Body]:
    """List the pipelines in display order; contacts and companies have their lifecycle stages."""
    definitions = work.definitions(object_type)
    if object_type.path in {"contacts", "companies"}:
        return [_lifecycle(object_type, definitions.bodies.get("lifecyclestage", {}))]
    return list(definitions.pipelines.values())


def _lifecycle(object_type: ObjectType, definition: Body) -> Body:
    since = definition.get("createdAt", "1970-01-01T00:00:00.000Z")
    stages = [
        {"id": option["value"], "label": option["label"], "displayOrder": order, "metadata": {}}
        for order, option in enumerate(definition.get("options", ()))
    ]
    body = {
        "id": f"{object_type.path}-lifecycle-pipeline",
        "label": "Lifecycle Stage Pipeline",
        "displayOrder": 0,
    }
    return full_pipeline({**body, "stages": stages}, since=since)


def get(work: Work, object_type: ObjectType, pipeline_id: str) -> Body:
    """Return one pipeline; 404 if it does not exist."""
    for pipeline in listing(work, object_type):
        if pipeline["id"] == pipeline_id:
            return pipeline
    raise refusals.not_found(f"Pipeline {pipeline_id} does not exist")


def create(work: Work, object_type: ObjectType, given: Json) -> Body:
    """Create a pipeline; keep ids that the client chose."""
    _check_type(object_type)
    pipelines = work.definitions(object_type).pipelines
    maximum = MAX_PIPELINES.get(object_type.path, DEFAULT_MAX_PIPELINES)
    if len(pipelines) >= maximum:
        raise refusals.invalid_request(f"there are {maximum} pipelines already, which is the limit")
    pipeline_id = (
        response_format.as_text(given["pipelineId"], "pipelineId")
        if given.get("pipelineId")
        else str(work.next_id())
    )
    if len(pipeline_id) > MAX_ID:
        raise refusals.invalid_request(f"pipelineId is longer than {MAX_ID} characters")
    if _id_taken(work, pipeline_id):
        raise refusals.Refusal(
            409, f"Pipeline {pipeline_id} already exists", category="OBJECT_ALREADY_EXISTS"
        )
    body = _pipeline(work, object_type, pipeline_id, given, {})
    save(work, object_type, body)
    audits.add(work, object_type, pipeline_id, "CREATE", body)
    return body


def _check_type(object_type: ObjectType) -> None:
    if object_type.pipeline_properties is None and not object_type.is_custom:
        raise refusals.invalid_request(f"Pipelines are not supported for object type {object_type.type_id}")


def _id_taken(work: Work, pipeline_id: str) -> bool:
    """Return whether a pipeline id is used; deals and tickets share one namespace."""
    return any(
        pipeline_id in work.definitions(work.object_type(address)).pipelines
        for address in ("deals", "tickets")
    ) or bool(
        work.storage.row(
            "SELECT 1 FROM definitions WHERE portal_id = ? AND kind = ? AND name = ?",
            work.portal_id,
            PIPELINE,
            pipeline_id,
        )
    )


def _pipeline(
    work: Work, object_type: ObjectType, pipeline_id: str, given: Json, known: Mapping[str, Body]
) -> Body:
    """Build a whole pipeline from its input; ``known`` are its previous stages."""
    inputs = [
        response_format.as_object(item, "stages")
        for item in response_format.as_list(given.get("stages"), "stages")
    ]
    stages = [new_stage(work, object_type, pipeline_id, item, known) for item in inputs]
    body = full_pipeline(
        {
            "id": pipeline_id,
            "label": response_format.as_text(given.get("label"), "label"),
            "displayOrder": display_order(given),
            "stages": stages,
        },
        since=work.now,
    )
    _check_label(work, object_type, body)
    check_stages(object_type, body["stages"])
    return body


def display_order(given: Json) -> int:
    """Return ``displayOrder``, which must be a number from 0 on."""
    order = given.get("displayOrder")
    if isinstance(order, bool) or not isinstance(order, int):
        raise refusals.missing_fields(["displayOrder"])
    if order < 0:
        raise refusals.invalid_request("displayOrder must not be negative")
    return order


def _check_label(work: Work, object_type: ObjectType, body: Body) -> None:
    for other in work.definitions(object_type).pipelines.values():
        if other["id"] != body["id"] and _same_label(other, body):
            raise refusals.invalid_request(f'a pipeline labelled "{body["label"]}" exists already')


def _same_label(one: Body, other: Body) -> bool:
    return bool(one["label"].strip().casefold() == other["label"].strip().casefold())


def check_stages(object_type: ObjectType, stages: Sequence[Body]) -> None:
    """Refuse stages that cannot be in one pipeline together."""
    if not stages:
        raise refusals.invalid_request("a pipeline needs at least one stage")
    maximum = DEFAULT_MAX_STAGES if not object_type.is_custom else DEFAULT_MAX_PIPELINES
    maximum = MAX_STAGES.get(object_type.path, maximum)
    if len(stages) > maximum:
        raise refusals.invalid_request(f"a pipeline holds at most {maximum} stages")
    for index, stage in enumerate(stages):
        if any(_same_label(stage, other) for other in stages[:index]):
            raise _refused("PipelineError.STAGE_LABEL_EXISTS", f'two stages are labelled "{stage["label"]}"')
    if object_type.path == "tickets" and not any(
        s["metadata"].get("ticketState") == "CLOSED" for s in stages
    ):
        raise _refused("PipelineError.MISSING_CLOSED_STAGE", "a ticket pipeline needs a stage that is CLOSED")


def _refused(sub_category: str, message: str, **context: Sequence[str]) -> refusals.Refusal:
    return refusals.Refusal(400, message, sub_category=sub_category, context=context)


def new_stage(
    work: Work, object_type: ObjectType, pipeline_id: str, given: Json, known: Mapping[str, Body]
) -> Body:
    """Build a stage from its input: a known stage keeps its id and its age, any other gets an id."""
    stage_id = given.get("stageId") or given.get("id")
    stage_id = response_format.as_text(stage_id, "stageId") if stage_id else str(work.next_id())
    if len(stage_id) > MAX_STAGE_ID:
        raise refusals.Refusal(500, "internal error", category="INTERNAL_ERROR")
    owner = work.definitions(object_type).stage_pipeline(stage_id)
    if owner is not None and owner != pipeline_id:
        raise _refused(
            "STAGE_ID_EXISTS_IN_ANOTHER_PIPELINE",
            f"stage {stage_id} belongs to pipeline {owner}",
            stageId=[stage_id],
        )
    body = {
        "id": stage_id,
        "label": response_format.as_text(given.get("label"), "label"),
        "displayOrder": display_order(given),
        "metadata": stage_metadata(
            object_type, response_format.as_object(given.get("metadata") or {}, "metadata")
        ),
    }
    if stage_id in known:
        body["createdAt"] = known[stage_id]["createdAt"]
    return full_stage(body, since=work.now)


def stage_metadata(object_type: ObjectType, given: Json) -> dict[str, str]:
    """Return the metadata that stages of the type have besides their label; ignore unknown keys."""
    if object_type.path == "deals":
        probability = _probability(given.get("probability"))
        return {"isClosed": str(probability in {"0.0", "1.0"}).lower(), "probability": probability}
    field = "ticketState" if object_type.path == "tickets" else "state"
    state = str(given.get(field) or "OPEN").upper()
    if state not in {"OPEN", "CLOSED"}:
        raise _refused("INVALID_PIPELINE_STAGE_METADATA", f"{field} is OPEN or CLOSED, not {state}")
    return {field: state, "isClosed": str(state == "CLOSED").lower()}


def _probability(value: Any) -> str:
    """Format a probability as HubSpot does: ``0.50`` becomes ``0.5``, ``1`` becomes ``1.0``."""
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1:
        raise _refused("INVALID_PIPELINE_STAGE_METADATA", f"probability is a number from 0 to 1, not {value}")
    return str(number)


def save(work: Work, object_type: ObjectType, body: Body) -> None:
    """Store a pipeline; if it takes the place of another one, move the others on."""
    siblings = [p for p in work.definitions(object_type).pipelines.values() if p["id"] != body["id"]]
    moved = make_room(siblings, body["displayOrder"])
    for sibling in moved:
        work.store(PIPELINE, object_type.type_id, sibling["id"], sibling)
    stages = sorted(body["stages"], key=lambda stage: stage["displayOrder"])
    work.store(PIPELINE, object_type.type_id, body["id"], {**body, "stages": stages})


def make_room(siblings: Sequence[Body], order: int) -> list[Body]:
    """Return the siblings that move because one of them takes the place ``order``, with their new places."""
    if all(sibling["displayOrder"] != order for sibling in siblings):
        return []
    return [
        {**sibling, "displayOrder": sibling["displayOrder"] + 1}
        for sibling in siblings
        if sibling["displayOrder"] >= order
    ]


def replace(work: Work, object_type: ObjectType, pipeline_id: str, given: Json) -> Body:
    """Replace a pipeline (PUT); delete stages that are left out."""
    before = get(work, object_type, pipeline_id)
    _check_type(object_type)
    known = {stage["id"]: stage for stage in before["stages"]}
    body = _pipeline(work, object_type, pipeline_id, given, known)
    kept = {stage["id"] for stage in body["stages"]}
    refuse_in_use(work, object_type, [stage_id for stage_id in known if stage_id not in kept])
    body = {**body, "createdAt": before["createdAt"]}
    save(work, object_type, body)
    audits.add(work, object_type, pipeline_id, "UPDATE", body)
    return body


def update(work: Work, object_type: ObjectType, pipeline_id: str, given: Json) -> Body:
    """Update label and order (PATCH)."""
    before = get(work, object_type, pipeline_id)
    _check_type(object_type)
    body = {**before, "updatedAt": work.now}
    if "label" in given:
        body["label"] = response_format.as_text(given["label"], "label")
    if "displayOrder" in given:
        body["displayOrder"] = display_order(given)
    _check_label(work, object_type, body)
    save(work, object_type, body)
    audits.add(work, object_type, pipeline_id, "UPDATE", body)
    return body


def delete(work: Work, object_type: ObjectType, pipeline_id: str) -> None:
    """Delete a pipeline for good; 400 while records are in it."""
    body = get(work, object_type, pipeline_id)
    _check_type(object_type)
    refuse_in_use(work, object_type, [stage["id"] for stage in body["stages"]])
    if pipeline_id in standard_definitions(object_type)["pipeline"]:
        # Without a stored marker, HubSpot's own pipeline would appear again.
        work.store(PIPELINE, object_type.type_id, pipeline_id, {**body, "archived": True})
    else:
        work.unstore(PIPELINE, object_type.type_id, pipeline_id)
    audits.add(work, object_type, pipeline_id, "DELETE", body)


def refuse_in_use(work: Work, object_type: ObjectType, stage_ids: Sequence[str]) -> None:
    """Refuse to delete stages that live records are in, whatever flags the request has."""
    if object_type.pipeline_properties is None or not stage_ids:
        return
    stage_property = object_type.pipeline_properties[1]
    inside = [
        str(record.id)
        for record in work.rows(object_type).live()
        if record.properties.get(stage_property) in stage_ids
    ]
    if inside:
        raise _refused("STAGE_ID_IN_USE", "records are in a stage that would be deleted", objectIds=inside)
