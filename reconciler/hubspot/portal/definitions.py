"""HubSpot's definitions of properties and pipelines, converted to ``PropertyDef`` and ``Pipeline``. Pure.

Source: https://developers.hubspot.com/docs/guides/api/crm/properties (types and field types).
"""

from reconciler.hubspot.portal.responses import PipelineBody, PropertyBody
from reconciler.model.definitions import Kind, Option, Pipeline, PipelineStage, PropertyDef
from reconciler.model.property_kinds import kind_of_property


def property_def(object_name: str, body: PropertyBody) -> PropertyDef:
    """Convert the definition of a property of the object type ``object_name``."""
    values = [option.value for option in body.options or ()]
    kind = kind_of_property(
        object_name,
        body.name,
        type_=body.type,
        field_type=body.field_type,
        referenced_type=body.referenced_object_type,
        options=values,
    )
    return PropertyDef(
        name=body.name,
        label=body.label,
        kind=kind,
        options=() if kind is Kind.BOOLEAN else _options(body),
        is_unique=bool(body.has_unique_value),
        is_read_only=body.modification_metadata is not None and body.modification_metadata.read_only_value,
        is_calculated=bool(body.calculated) or body.field_type == "calculation_equation",
        is_hidden=bool(body.hidden),
        is_custom=not body.hubspot_defined and not body.name.startswith("hs_"),
        is_sensitive=body.data_sensitivity not in {None, "non_sensitive"},
    )


def _options(body: PropertyBody) -> tuple[Option, ...]:
    return tuple(Option(option.value, option.label) for option in body.options or ())


def pipeline(body: PipelineBody) -> Pipeline:
    """Convert one pipeline, without archived stages."""
    stages = tuple(PipelineStage(stage.id, stage.label) for stage in body.stages if not stage.archived)
    return Pipeline(body.id, body.label, stages)
