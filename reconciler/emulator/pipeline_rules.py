"""Rules for the pipeline and the stage of a record: a stage belongs to one pipeline.

Both can be changed in one write: developers.hubspot.com/docs/api-reference/crm-pipelines-v3/guide
"""

from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.refusals import BadValue
from reconciler.emulator.schema import Definitions


def settle_stage(
    object_type: ObjectType, definitions: Definitions, properties: dict[str, str], written: set[str]
) -> list[BadValue]:
    """List the errors in pipeline and stage of ``properties``; ``written`` names the properties just set.

    A stage without a pipeline puts the record into the default pipeline, the first in display order.
    """
    if object_type.pipeline_properties is None or written.isdisjoint(object_type.pipeline_properties):
        return []
    pipeline_property, stage_property = object_type.pipeline_properties
    stage_id = properties.get(stage_property)
    if stage_id and pipeline_property not in properties and definitions.pipelines:
        properties[pipeline_property] = next(iter(definitions.pipelines))
        written.add(pipeline_property)
    pipeline_id = properties.get(pipeline_property)
    pipeline = definitions.pipelines.get(pipeline_id) if pipeline_id else None
    if pipeline is None or stage_id is None:
        return []
    stages = [stage["id"] for stage in pipeline["stages"]]
    if stage_id in stages:
        return []
    message = f"{stage_id} is not a stage of pipeline {pipeline_id}: [{', '.join(stages)}]"
    return [BadValue(stage_property, "INVALID_OPTION", message)]
