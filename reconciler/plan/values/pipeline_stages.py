"""Checking that pipeline and stage of a record fit together after the write.

A stage belongs to one pipeline, and HubSpot refuses a record with a stage of another pipeline. The check uses
the pipeline and the stage that the record has after the write: the written value of each, or else its live
value. If the record has no pipeline then, HubSpot gives it the first pipeline.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.definitions import ObjectSchema, Pipeline
from reconciler.sentences import Sentence, Value, sentence


@dataclass(frozen=True, slots=True)
class Misfit:
    """A stage of a record that does not belong to the record's pipeline."""

    name: str  # the property whose written value is wrong: the pipeline property or the stage property
    other: str  # the second one of these two properties
    message: str  # one sentence, no full stop
    is_both: bool  # whether both properties are written


def misfit_of(
    schema: ObjectSchema, live: Mapping[str, str | None], written: Mapping[str, str | None]
) -> Misfit | None:
    """Return how pipeline and stage contradict each other when ``written`` has been written; None if not.

    ``live`` has the values before the write; it is empty for a new record.
    """
    names = schema.pipeline_and_stage
    if names is None or written.keys().isdisjoint(names):
        return None
    by_pipeline, by_stage = names
    pipeline_id = written.get(by_pipeline, live.get(by_pipeline))
    stage_id = written.get(by_stage, live.get(by_stage))
    pipeline = _pipeline(schema, pipeline_id)
    if stage_id is None or pipeline is None or any(stage.id == stage_id for stage in pipeline.stages):
        return None
    stage = _stage_text(schema, by_stage, stage_id)
    called = Value(pipeline.label, schema.name, by_pipeline)
    if by_stage not in written:
        message = sentence(
            'pipeline "{pipeline}" has no stage {stage}, which the record would keep',
            pipeline=called,
            stage=stage,
        )
        return Misfit(by_pipeline, by_stage, message, is_both=False)
    if by_pipeline not in written and pipeline_id is not None:
        why = ", in which the record would stay"
    elif pipeline_id is None:
        why = ", which a record without a pipeline gets"
    else:
        why = ""
    message = sentence(
        'stage {stage} is not in pipeline "{pipeline}"{why}', stage=stage, pipeline=called, why=why
    )
    return Misfit(by_stage, by_pipeline, message, is_both=by_pipeline in written and pipeline_id is not None)


def _pipeline(schema: ObjectSchema, pipeline_id: str | None) -> Pipeline | None:
    """Return the pipeline with this id; for None, the first pipeline. None if there is no such pipeline."""
    if pipeline_id is None:
        return schema.pipelines[0] if schema.pipelines else None
    return next((pipeline for pipeline in schema.pipelines if pipeline.id == pipeline_id), None)


def _stage_text(schema: ObjectSchema, by_stage: str, stage_id: str) -> Sentence:
    """Return the labels of a stage and its pipeline as a part of a message."""
    for pipeline in schema.pipelines:
        for stage in pipeline.stages:
            if stage.id == stage_id:
                pipeline_label = Value(pipeline.label, schema.name, by_stage)
                label = Value(stage.label, schema.name, by_stage)
                return sentence('"{stage}" of "{pipeline}"', stage=label, pipeline=pipeline_label)
    return sentence('"{stage}" (no pipeline has this stage)', stage=Value(stage_id, schema.name, by_stage))
