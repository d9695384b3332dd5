"""Pipelines: creating, changing, replacing and deleting them.

Source: developers.hubspot.com/docs/api-reference/crm-pipelines-v3/guide. Behaviour that it does not document
is taken from the HubSpot notes of github.com/scopiousdigital/kalup.
"""

from collections.abc import Mapping
from contextlib import suppress

from reconciler.emulator import audits, pipeline_checks, refusals, response_format, stage_fields, tiers
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.pipeline_checks import PIPELINE
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.standard import Body, full_pipeline, standard_definitions


def listing(work: Work, object_type: ObjectType) -> list[Body]:
    """List pipelines, oldest first; for contacts and companies, list their lifecycle stages as a pipeline."""
    definitions = work.definitions(object_type)
    if object_type.path in {"contacts", "companies"}:
        return [_lifecycle(object_type, definitions.bodies.get("lifecyclestage", {}))]
    return sorted(definitions.pipelines.values(), key=lambda body: (body["createdAt"], body["id"][::-1]))


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
    """Return one pipeline; if it does not exist, refuse with 404 and no body."""
    for pipeline in listing(work, object_type):
        if pipeline["id"] == pipeline_id:
            return pipeline
    raise no_pipeline(pipeline_id, empty=True)


def no_pipeline(
    pipeline_id: str, *, empty: bool = False, category: str | None = "OBJECT_NOT_FOUND"
) -> refusals.Refusal:
    """Return the refusal for a pipeline that does not exist; the shape of the 404 depends on the endpoint."""
    return refusals.Refusal(404, f"Pipeline {pipeline_id} does not exist", category=category, empty=empty)


def stages_of(work: Work, object_type: ObjectType, pipeline_id: str) -> list[Body]:
    """Return the stages of one pipeline; if it does not exist, refuse with 404 and no category."""
    with suppress(refusals.Refusal):
        return list(get(work, object_type, pipeline_id)["stages"])
    raise no_pipeline(pipeline_id, category=None)


def create(work: Work, object_type: ObjectType, given: Json) -> Body:
    """Create a pipeline; keep ids that the client chose. Return the answer, which repeats the request."""
    pipeline_checks.check_type(object_type)
    tiers.check_pipeline(work, object_type)
    pipeline_id = (
        response_format.as_text(given["pipelineId"], "pipelineId")
        if given.get("pipelineId")
        else str(work.next_id())
    )
    pipeline_checks.check_new_id(work, object_type, pipeline_id)
    body, answer = _pipeline(work, object_type, pipeline_id, given, {})
    save(work, object_type, body)
    audits.add(work, object_type, pipeline_id, "CREATE", body)
    return answer


def _pipeline(
    work: Work, object_type: ObjectType, pipeline_id: str, given: Json, known: Mapping[str, Body]
) -> tuple[Body, Body]:
    """Build a pipeline from a request.

    Return it, and the answer to send. ``known`` are its previous stages.
    """
    inputs = [
        response_format.as_object(item, "stages")
        for item in response_format.as_list(given.get("stages"), "stages")
    ]
    stages = [stage_fields.build(work, object_type, item, known) for item in inputs]
    body = full_pipeline(
        {
            "id": pipeline_id,
            "label": response_format.as_text(given.get("label"), "label"),
            "displayOrder": stage_fields.display_order(given),
            "stages": stage_fields.place_all(stages),
        },
        since=work.now,
    )
    pipeline_checks.check_label(work, object_type, body)
    pipeline_checks.check_stages(object_type, body["stages"])
    pipeline_checks.check_new_stages(work, object_type, pipeline_id, stages)
    echoes = (
        stage_fields.echoed(known.get(stage["id"], stage), item)
        for stage, item in zip(stages, inputs, strict=True)
    )
    return body, {**body, "stages": list(echoes)}


def save(work: Work, object_type: ObjectType, body: Body) -> None:
    """Store a pipeline. Several pipelines may have the same ``displayOrder``."""
    work.store(PIPELINE, object_type.type_id, body["id"], body)


def replace(work: Work, object_type: ObjectType, pipeline_id: str, given: Json) -> Body:
    """Replace a pipeline (PUT), and delete omitted stages. Return the answer, which repeats the request."""
    before = get(work, object_type, pipeline_id)
    pipeline_checks.check_type(object_type)
    known = {stage["id"]: stage for stage in before["stages"]}
    body, answer = _pipeline(work, object_type, pipeline_id, given, known)
    kept = {stage["id"] for stage in body["stages"]}
    pipeline_checks.refuse_in_use(work, object_type, [known_id for known_id in known if known_id not in kept])
    body = {**body, "createdAt": before["createdAt"]}
    save(work, object_type, body)
    audits.add(work, object_type, pipeline_id, "UPDATE", body)
    return {**answer, "createdAt": before["createdAt"]}


def update(work: Work, object_type: ObjectType, pipeline_id: str, given: Json) -> Body:
    """Change label and order (PATCH); this also changes ``updatedAt`` of every stage."""
    before = get(work, object_type, pipeline_id)
    pipeline_checks.check_type(object_type)
    stages = [{**stage, "updatedAt": work.now} for stage in before["stages"]]
    body = {**before, "updatedAt": work.now, "stages": stages}
    if "label" in given:
        body["label"] = response_format.as_text(given["label"], "label")
    if "displayOrder" in given:
        body["displayOrder"] = stage_fields.display_order(given)
    pipeline_checks.check_label(work, object_type, body)
    save(work, object_type, body)
    audits.add(work, object_type, pipeline_id, "UPDATE", body)
    return body


def delete(work: Work, object_type: ObjectType, pipeline_id: str) -> None:
    """Delete a pipeline so that no user can restore it; refuse with 400 if records are in it."""
    body = work.definitions(object_type).pipelines.get(pipeline_id)
    if body is None:
        raise no_pipeline(pipeline_id)
    pipeline_checks.check_type(object_type)
    pipeline_checks.refuse_in_use(work, object_type, [stage["id"] for stage in body["stages"]])
    if pipeline_id in standard_definitions(object_type)["pipeline"] or object_type.is_custom:
        # The pipeline stays stored as archived. If it were removed, a pipeline of HubSpot would be generated
        # again, and a custom object would lose the properties that its first pipeline added.
        work.store(PIPELINE, object_type.type_id, pipeline_id, {**body, "archived": True})
    else:
        work.unstore(PIPELINE, object_type.type_id, pipeline_id)
    audits.add(work, object_type, pipeline_id, "DELETE", body)
