"""Reading and writing single stages of a pipeline.

Source: developers.hubspot.com/docs/api-reference/crm-pipelines-v3/guide
"""

from reconciler.emulator import audits, pipeline_checks, pipelines, refusals, response_format, stage_fields
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json
from reconciler.emulator.standard import Body, full_stage


def get(work: Work, object_type: ObjectType, pipeline_id: str, stage_id: str) -> Body:
    """Return one stage; if it does not exist, refuse with 404 and no body."""
    stages: list[Body] = pipelines.get(work, object_type, pipeline_id)["stages"]
    for stage in stages:
        if stage["id"] == stage_id:
            return stage
    raise refusals.Refusal(404, f"Stage {stage_id} does not exist", empty=True)


def create(work: Work, object_type: ObjectType, pipeline_id: str, given: Json) -> Body:
    """Create a stage at its position in the pipeline. Return the answer, which repeats the request."""
    pipeline = pipelines.get(work, object_type, pipeline_id)
    stage = stage_fields.build(work, object_type, given, {})
    pipeline_checks.check_new_stage(work, object_type, stage["id"])
    _save(work, object_type, pipeline, stage)
    audits.add(work, object_type, stage["id"], "CREATE", stage)
    return stage_fields.echoed(stage, given)


def replace(work: Work, object_type: ObjectType, pipeline_id: str, stage_id: str, given: Json) -> Body:
    """Replace all fields of a stage (PUT), but keep metadata that the request omits."""
    return _change(work, object_type, (pipeline_id, stage_id), given, given)


def update(work: Work, object_type: ObjectType, pipeline_id: str, stage_id: str, given: Json) -> Body:
    """Change the given fields of a stage (PATCH), and keep metadata that the request omits."""
    before = get(work, object_type, pipeline_id, stage_id)
    return _change(work, object_type, (pipeline_id, stage_id), {**before, **given}, given)


def _change(work: Work, object_type: ObjectType, ids: tuple[str, str], wanted: Json, given: Json) -> Body:
    pipeline_id, stage_id = ids
    before = get(work, object_type, pipeline_id, stage_id)
    metadata = {**before["metadata"], **response_format.as_object(given.get("metadata") or {}, "metadata")}
    body = {
        "id": stage_id,
        "label": response_format.as_text(wanted.get("label"), "label"),
        "displayOrder": stage_fields.display_order(wanted),
        "metadata": stage_fields.metadata(object_type, metadata),
        "createdAt": before["createdAt"],
    }
    stage = full_stage(body, since=work.now)
    _save(work, object_type, pipelines.get(work, object_type, pipeline_id), stage)
    audits.add(work, object_type, stage_id, "UPDATE", stage)
    return stage_fields.echoed({**before, "updatedAt": work.now}, given)


def _save(work: Work, object_type: ObjectType, pipeline: Body, stage: Body) -> None:
    before = {other["id"]: other for other in pipeline["stages"]}
    others = [other for stage_id, other in before.items() if stage_id != stage["id"]]
    is_moved = before.get(stage["id"], {}).get("displayOrder") != stage["displayOrder"]
    stages = stage_fields.place(others, stage) if is_moved else [*others, stage]
    stages = sorted(stages, key=lambda item: item["displayOrder"])
    pipeline_checks.check_stages(object_type, stages, alone=True)
    pipelines.save(work, object_type, {**pipeline, "stages": stages, "updatedAt": work.now})


def delete(work: Work, object_type: ObjectType, pipeline_id: str, stage_id: str) -> None:
    """Delete a stage for good; do nothing if this pipeline does not have it."""
    pipeline = work.definitions(object_type).pipelines.get(pipeline_id)
    if pipeline is None:
        return
    stages = [stage for stage in pipeline["stages"] if stage["id"] != stage_id]
    if len(stages) == len(pipeline["stages"]):
        return
    pipeline_checks.refuse_in_use(work, object_type, [stage_id])
    pipeline_checks.check_stages(object_type, stages, alone=True)
    pipelines.save(work, object_type, {**pipeline, "stages": stages, "updatedAt": work.now})
    audits.add(work, object_type, stage_id, "DELETE", {"id": stage_id})
