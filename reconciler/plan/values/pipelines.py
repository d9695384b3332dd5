"""Pipelines and stages named in manifests, by label or id."""

from reconciler.model.addresses import Section
from reconciler.model.definitions import ObjectSchema, Pipeline
from reconciler.model.desired_records import DesiredRecord, ManifestValue, Ownership
from reconciler.model.live import LiveRecord
from reconciler.plan.values.not_made import not_made_of
from reconciler.plan.values.wrong_value import WrongValue, find_by_label_or_id
from reconciler.sentences import Value, sentence


def find_pipeline(schema: ObjectSchema, written: str) -> Pipeline:
    """Find the pipeline that ``written`` names.

    Raises:
        WrongValue: no pipeline has this name, or several have it.
    """
    try:
        return find_by_label_or_id(written, schema.pipelines, f"pipeline of {schema.name}")
    except WrongValue as wrong:
        lacking = not_made_of(schema, Section.PIPELINES, written)
        if lacking is None:
            raise
        raise wrong.explained_by(lacking) from wrong


def find_stage(schema: ObjectSchema, written: str, record: DesiredRecord, live: LiveRecord | None) -> str:
    """Find the id of the stage that ``written`` names, in the pipeline that the record will be in.

    That is the pipeline that the manifest of the record names, else the present or the only pipeline. If none
    is known, the stages of all pipelines are searched.

    Raises:
        WrongValue: the pipeline has no such stage.
    """
    pipeline = _pipeline_of(schema, record, live)
    if pipeline is None:
        return _stage_of_any(schema, written, record)
    try:
        what = sentence('stage of pipeline "{pipeline}"', pipeline=Value(pipeline.label))
        return find_by_label_or_id(written, pipeline.stages, what).id
    except WrongValue as wrong:
        if lacking := not_made_of(schema, Section.STAGES, pipeline.label, written):
            raise wrong.explained_by(lacking) from wrong
        for other in schema.pipelines:
            if any(written in (stage.id, stage.label) for stage in other.stages):
                raise WrongValue(
                    sentence(
                        '"{written}" is no stage of pipeline "{pipeline}"',
                        written=Value(written),
                        pipeline=Value(pipeline.label),
                    ),
                    sentence(
                        'the stage belongs to pipeline "{other}": {advice}',
                        other=Value(other.label),
                        advice=_advice_on_pipeline(schema, record),
                    ),
                ) from wrong
        raise


def _stage_of_any(schema: ObjectSchema, written: str, record: DesiredRecord) -> str:
    """Find the id of the stage that ``written`` names in some pipeline."""
    stages = [stage for candidate in schema.pipelines for stage in candidate.stages]
    try:
        return find_by_label_or_id(written, stages, f"stage of {schema.name}").id
    except WrongValue as wrong:
        pipeline = _written_of(record, (schema.pipeline_and_stage or ("",))[0])
        lacking = not_made_of(schema, Section.PIPELINES, pipeline) if isinstance(pipeline, str) else None
        if lacking is None:
            raise
        raise wrong.explained_by(lacking) from wrong


def _pipeline_of(schema: ObjectSchema, record: DesiredRecord, live: LiveRecord | None) -> Pipeline | None:
    """Find the pipeline that the record will be in; None if it is not known."""
    names = schema.pipeline_and_stage
    if names is None:
        return None
    by_pipeline, by_stage = names
    ownership = record.document.ownership_of
    stays = (
        live is not None
        and live.properties.get(by_pipeline) is not None
        and ownership(by_pipeline) is not Ownership.ENFORCE
        and ownership(by_stage) is Ownership.ENFORCE
    )
    written = _written_of(record, by_pipeline)
    if isinstance(written, str) and not stays:
        try:
            return find_pipeline(schema, written)
        except WrongValue:
            return None  # already reported at the line of the pipeline
    if live is not None:
        for pipeline in schema.pipelines:
            if pipeline.id == live.properties.get(by_pipeline):
                return pipeline
    return schema.pipelines[0] if len(schema.pipelines) == 1 else None


def _advice_on_pipeline(schema: ObjectSchema, record: DesiredRecord) -> str:
    """Return advice about a stage that does not belong to the pipeline of the record."""
    name, stage = schema.pipeline_and_stage or ("", "")
    if name in record.names:
        is_left = record.document.ownership_of(name) is not Ownership.ENFORCE
        return f"`ownership` leaves {name} as it is" if is_left else f"correct {name} or {stage}"
    if record.special.is_partial:
        return sentence("--target {record} selects the whole record", record=record.address.display)
    return "set the pipeline in the same record"


def _written_of(record: DesiredRecord, name: str) -> ManifestValue:
    """Return the manifest value of one property; None also if the record does not name the property."""
    return record.values[record.names.index(name)] if name in record.names else None
