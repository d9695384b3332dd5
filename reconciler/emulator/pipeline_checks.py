"""Checks of pipelines: ids, labels, the number of stages, and whether records are in a stage.

Source: developers.hubspot.com/docs/api-reference/crm-pipelines-v3/guide. Behaviour that it does not document
is taken from the HubSpot notes of github.com/scopiousdigital/kalup.
"""

from collections.abc import Iterable, Sequence

from reconciler.emulator import guesses, refusals, stage_fields
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.request_context import Work
from reconciler.emulator.standard import Body

PIPELINE = "pipeline"
MAX_ID = 36
MAX_STAGES = {"deals": 100, "tickets": 100}
MAX_STAGES_OF_CUSTOM, MAX_STAGES_OF_OTHERS = 100, 30
STAGE_EXISTS = "PipelineError.STAGE_ID_EXISTS_IN_ANOTHER_PIPELINE"


def check_type(object_type: ObjectType) -> None:
    """Refuse a write of pipelines for an object type that does not support pipelines.

    Contacts and companies are such types: their lifecycle stages are a pipeline that can only be read.
    """
    if object_type.pipeline_properties is None and not object_type.is_custom:
        raise refusals.invalid_request(f"Pipelines are not supported for object type {object_type.type_id}")


def check_new_id(work: Work, object_type: ObjectType, pipeline_id: str) -> None:
    """Refuse a pipeline id that is too long or in use; the refusal depends on the type that uses it."""
    if len(pipeline_id) > MAX_ID:
        raise stage_fields.too_long()
    if pipeline_id in work.definitions(object_type).pipelines:
        raise refusals.invalid_request(
            f"There's another pipeline in this portal with pipelineId {pipeline_id}"
        )
    shares_ids = not object_type.is_custom or work.guesses.custom_pipeline_ids == "shared"
    if shares_ids and _is_elsewhere(work, pipeline_id):
        raise _stages_exist(guesses.phantom_stages(work.guesses, pipeline_id))


def _is_elsewhere(work: Work, pipeline_id: str) -> bool:
    standard = (work.object_type(address) for address in ("deals", "tickets"))
    if any(pipeline_id in work.definitions(other).pipelines for other in standard):
        return True
    rows = work.storage.rows(
        "SELECT json_extract(body, '$.archived') FROM definitions "
        "WHERE portal_id = ? AND kind = ? AND name = ?",
        work.portal_id,
        PIPELINE,
        pipeline_id,
    )
    return any(not archived for (archived,) in rows)


def _stages_exist(stage_ids: Iterable[str]) -> refusals.Refusal:
    return refusals.Refusal(
        409,
        "There's another pipeline in this portal with one of the same stages",
        category="OBJECT_ALREADY_EXISTS",
        sub_category=STAGE_EXISTS,
        context={"stageIds": [bracketed(stage_ids)]},
    )


def bracketed(ids: Iterable[str]) -> str:
    """Return several ids as one text, as HubSpot writes them in ``context``."""
    return f"[{', '.join(ids)}]"


def check_new_stages(work: Work, object_type: ObjectType, pipeline_id: str, stages: Sequence[Body]) -> None:
    """Refuse new stages with an id that another pipeline of the type uses, or with one id twice."""
    definitions = work.definitions(object_type)
    ids = [stage["id"] for stage in stages]
    elsewhere = [
        stage_id for stage_id in ids if definitions.stage_pipeline(stage_id) not in {None, pipeline_id}
    ]
    is_put = pipeline_id in definitions.pipelines
    if elsewhere and is_put and work.guesses.stage_taken_in_put == "400":
        check_new_stage(work, object_type, elsewhere[0])
    if elsewhere:
        raise _stages_exist(elsewhere)
    twice = sorted({stage_id for stage_id in ids if ids.count(stage_id) > 1})
    if twice:
        raise guesses.stage_id_twice(work.guesses, twice[0])


def check_new_stage(work: Work, object_type: ObjectType, stage_id: str) -> None:
    """Refuse a single new stage with an id that any pipeline of the type has."""
    owner = work.definitions(object_type).stage_pipeline(stage_id)
    if owner is not None:
        raise refusals.Refusal(400, f"Pipeline {owner} is already using stage id {stage_id}", category=None)


def check_label(work: Work, object_type: ObjectType, body: Body) -> None:
    """Refuse a pipeline with a label that another pipeline of the type has."""
    for other in work.definitions(object_type).pipelines.values():
        if other["id"] != body["id"] and _same_label(other, body):
            raise refusals.invalid_request(f"An active pipeline with label {body['label']} already exists.")


def _same_label(one: Body, other: Body) -> bool:
    return bool(one["label"].strip().casefold() == other["label"].strip().casefold())


def check_stages(object_type: ObjectType, stages: Sequence[Body], *, alone: bool = False) -> None:
    """Refuse stages that cannot be in one pipeline together; ``alone``: the request writes a single stage."""
    if not stages:
        raise refusals.invalid_request("Pipeline must have at least one stage")
    others = MAX_STAGES_OF_CUSTOM if object_type.is_custom else MAX_STAGES_OF_OTHERS
    maximum = MAX_STAGES.get(object_type.path, others)
    if len(stages) > maximum:
        raise refusals.invalid_request(f"a pipeline holds at most {maximum} stages")
    for index, stage in enumerate(stages):
        if any(_same_label(stage, other) for other in stages[:index]):
            raise refusals.Refusal(
                400,
                f"Another stage of the pipeline has the label {stage['label']}",
                sub_category="PipelineError.STAGE_LABEL_EXISTS" if alone else None,
            )
    states = [stage["metadata"].get("ticketState") for stage in stages]
    if object_type.path == "tickets" and "CLOSED" not in states:
        raise refusals.Refusal(
            400,
            "a ticket pipeline needs a stage that is CLOSED",
            sub_category="PipelineError.MISSING_CLOSED_STAGE",
        )


def refuse_in_use(work: Work, object_type: ObjectType, stage_ids: Sequence[str]) -> None:
    """Refuse to delete stages if live records are in them, whatever query parameters the request has."""
    if object_type.pipeline_properties is None or not stage_ids:
        return
    stage_property = object_type.pipeline_properties[1]
    inside = {
        str(record.id): record.properties[stage_property]
        for record in work.rows(object_type).live()
        if record.properties.get(stage_property) in stage_ids
    }
    if inside:
        raise refusals.Refusal(
            400,
            "records are in a stage that would be deleted",
            sub_category="PipelineError.STAGE_ID_IN_USE",
            context={
                "stageIds": [
                    bracketed(guesses.ids_in_use(work.guesses, list(dict.fromkeys(inside.values()))))
                ],
                "objectIds": [bracketed(guesses.ids_in_use(work.guesses, list(inside)))],
            },
        )
