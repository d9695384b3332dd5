"""HubSpot's property definitions, converted to ours: above all, the kind of each value. Pure.

Source: https://developers.hubspot.com/docs/guides/api/crm/properties (types and field types).
"""

from reconciler.hubspot.portal.responses import PipelineBody, PropertyBody
from reconciler.model.definitions import Kind, Option, Pipeline, PropertyDef, Stage
from reconciler.model.object_types import object_type

_BY_NAME_ANYWHERE = {"hs_email": Kind.EMAIL, "hubspot_owner_id": Kind.OWNER}
_PIPELINE_NAMES = {"hs_pipeline": Kind.PIPELINE, "hs_pipeline_stage": Kind.STAGE}

_BY_TYPE = {
    "number": Kind.NUMBER,
    "bool": Kind.BOOLEAN,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
    "phone_number": Kind.PHONE,
    "json": Kind.JSON,
    "object_coordinates": Kind.JSON,
}
_BY_FIELD_TYPE = {"html": Kind.HTML, "phonenumber": Kind.PHONE, "file": Kind.FILES}
_TRUTH = frozenset({"true", "false"})


def property_def(object_name: str, body: PropertyBody) -> PropertyDef:
    """Convert one property definition of the type ``object_name``."""
    kind = _kind(object_name, body)
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


def _kind(object_name: str, body: PropertyBody) -> Kind:
    row = object_type(object_name)
    if named := row.kinds.get(body.name) or _BY_NAME_ANYWHERE.get(body.name):
        return named
    if body.name in _PIPELINE_NAMES and row.has_pipelines:
        return _PIPELINE_NAMES[body.name]
    if body.type == "enumeration":
        return _enumeration(body)
    if body.type == "string":
        return _BY_FIELD_TYPE.get(body.field_type or "", Kind.TEXT)
    return _BY_TYPE.get(body.type, Kind.TEXT)


def _enumeration(body: PropertyBody) -> Kind:
    is_about_owners = body.referenced_object_type == "OWNER"
    if body.field_type == "checkbox":
        return Kind.OWNERS if is_about_owners else Kind.CHOICES
    if is_about_owners:
        return Kind.OWNER
    if {option.value for option in body.options or ()} == _TRUTH:
        return Kind.BOOLEAN
    return Kind.CHOICE


def pipeline(body: PipelineBody) -> Pipeline:
    """Convert one pipeline, without archived stages."""
    stages = tuple(Stage(stage.id, stage.label) for stage in body.stages if not stage.archived)
    return Pipeline(body.id, body.label, stages)
