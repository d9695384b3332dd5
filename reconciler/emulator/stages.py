"""Single stages of a pipeline.

developers.hubspot.com/docs/api-reference/crm-pipelines-v3/guide
"""

from reconciler.emulator import audits, pipelines, refusals, response_format
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.standard import Body, full_stage


def get(work: Work, object_type: ObjectType, pipeline_id: str, stage_id: str) -> Body:
    """Return one stage; 404 if it does not exist."""
    stages: list[Body] = pipelines.get(work, object_type, pipeline_id)["stages"]
    for stage in stages:
        if stage["id"] == stage_id:
            return stage
    raise refusals.not_found(f"Stage {stage_id} does not exist")


def create(work: Work, object_type: ObjectType, pipeline_id: str, given: Json) -> Body:
    """Create a stage at its place in the pipeline."""
    pipeline = pipelines.get(work, object_type, pipeline_id)
    stage = pipelines.new_stage(work, object_type, pipeline_id, given, {})
    if any(other["id"] == stage["id"] for other in pipeline["stages"]):
        raise refusals.Refusal(409, f"Stage {stage['id']} already exists", category="OBJECT_ALREADY_EXISTS")
    _save(work, object_type, pipeline, stage)
    audits.add(work, object_type, stage["id"], "CREATE", stage)
    return stage


def replace(work: Work, object_type: ObjectType, pipeline_id: str, stage_id: str, given: Json) -> Body:
    """Replace all fields of the stage (PUT)."""
    return _change(work, object_type, pipeline_id, stage_id, given)


def update(work: Work, object_type: ObjectType, pipeline_id: str, stage_id: str, given: Json) -> Body:
    """Update the given fields (PATCH); merge given metadata into the existing metadata."""
    before = get(work, object_type, pipeline_id, stage_id)
    metadata = {**before["metadata"], **response_format.as_object(given.get("metadata") or {}, "metadata")}
    return _change(work, object_type, pipeline_id, stage_id, {**before, **given, "metadata": metadata})


def _change(work: Work, object_type: ObjectType, pipeline_id: str, stage_id: str, given: Json) -> Body:
    before = get(work, object_type, pipeline_id, stage_id)
    body = {
        "id": stage_id,
        "label": response_format.as_text(given.get("label"), "label"),
        "displayOrder": pipelines.display_order(given),
        "metadata": pipelines.stage_metadata(
            object_type, response_format.as_object(given.get("metadata") or {}, "metadata")
        ),
        "createdAt": before["createdAt"],
    }
    stage = full_stage(body, since=work.now)
    _save(work, object_type, pipelines.get(work, object_type, pipeline_id), stage)
    audits.add(work, object_type, stage_id, "UPDATE", stage)
    return stage


def _save(work: Work, object_type: ObjectType, pipeline: Body, stage: Body) -> None:
    others = [other for other in pipeline["stages"] if other["id"] != stage["id"]]
    moved = {other["id"]: other for other in pipelines.make_room(others, stage["displayOrder"])}
    stages = [moved.get(other["id"], other) for other in others]
    pipelines.check_stages(object_type, [*stages, stage])
    pipelines.save(work, object_type, {**pipeline, "stages": [*stages, stage], "updatedAt": work.now})


def delete(work: Work, object_type: ObjectType, pipeline_id: str, stage_id: str) -> None:
    """Delete a stage for good; ignore a stage that does not exist."""
    pipeline = work.definitions(object_type).pipelines.get(pipeline_id)
    if pipeline is None:
        return
    stages = [stage for stage in pipeline["stages"] if stage["id"] != stage_id]
    if len(stages) == len(pipeline["stages"]):
        return
    pipelines.refuse_in_use(work, object_type, [stage_id])
    pipelines.check_stages(object_type, stages)
    pipelines.save(work, object_type, {**pipeline, "stages": stages, "updatedAt": work.now})
    audits.add(work, object_type, stage_id, "DELETE", {"id": stage_id})
