"""HubSpot's definitions, converted to ``LiveDefinition`` with canonical values. Pure."""

from collections.abc import Iterable, Mapping

from reconciler.hubspot.definitions.responses import (
    GroupDefinition,
    OptionDefinition,
    PipelineDefinition,
    PropertyDefinition,
    SchemaDefinition,
    StageDefinition,
)
from reconciler.model.addresses import Section, definition_address
from reconciler.model.definition_attributes import (
    ATTRIBUTES,
    OPTION_ATTRIBUTES,
    OPTIONS,
    STAGE_NAMES,
    Attribute,
    canonical_text,
    list_text,
    option_path,
)
from reconciler.model.object_types import numbers_with_custom_objects, object_type
from reconciler.model.portal_definitions import LiveDefinition, definition_id

_OF_HUBSPOT = "1970"
"""HubSpot's own pipelines have a date of creation in this year."""

_LIFECYCLE = "lifecyclestage"
"""The options of this property are stages; it is unknown whether HubSpot lets a program change them."""

_FOR_ALL = "CRM_PERMISSIONS_ENFORCEMENT"
"""The permissions of an ordinary stage; only HubSpot changes stages with other permissions."""


def live_property(object_name: str, body: PropertyDefinition) -> LiveDefinition:
    """Convert a property with its options."""
    values = _values(Section.PROPERTIES, body.model_dump(by_alias=True), has_defaults=True)
    rights = body.modification_metadata
    is_ours = not body.hubspot_defined
    can_change = not rights.read_only_definition if rights else is_ours
    is_of_people = body.name == _LIFECYCLE and not object_type(object_name).has_pipelines
    return LiveDefinition(
        definition_address(object_name, Section.PROPERTIES, body.name),
        definition_id(Section.PROPERTIES, body.name),
        values | _option_values(body.options or ()),
        is_hubspot_defined=not is_ours,
        can_change=can_change,
        can_change_options=can_change and not is_of_people and not (rights and rights.read_only_options),
        can_archive=is_ours and not (rights is not None and rights.archivable is False),
        is_archived=bool(body.archived),
        created_at=body.created_at,
        updated_at=body.updated_at,
        updated_by=body.updated_user_id,
    )


def _option_values(options: Iterable[OptionDefinition]) -> dict[str, str | None]:
    ordered = in_display_order(options)
    if not ordered:
        return {}
    values: dict[str, str | None] = {OPTIONS: list_text(option.value for option in ordered)}
    for option in ordered:
        for name, attribute in OPTION_ATTRIBUTES.items():
            text = _text(getattr(option, name), attribute)
            values[option_path(option.value, name)] = text if text is not None else attribute.default
    return values


def in_display_order(options: Iterable[OptionDefinition]) -> list[OptionDefinition]:
    """Return options in the order of display; options without a position, or with -1, come last."""
    return sorted(options, key=lambda option: _place(option.display_order))


def _place(order: int | None) -> tuple[bool, int]:
    is_last = order is None or order < 0
    return is_last, 0 if is_last or order is None else order


def live_group(object_name: str, body: GroupDefinition) -> LiveDefinition:
    """Convert a property group."""
    return LiveDefinition(
        definition_address(object_name, Section.GROUPS, body.name),
        definition_id(Section.GROUPS, body.name),
        _values(Section.GROUPS, body.model_dump(by_alias=True)),
    )


def live_pipeline(object_name: str, body: PipelineDefinition) -> tuple[LiveDefinition, ...]:
    """Convert a pipeline and its stages: first the pipeline, then the stages in the order of display."""
    stages = stages_in_order(body.stages)
    can_change = object_type(object_name).has_pipelines
    is_of_hubspot = (body.created_at or "").startswith(_OF_HUBSPOT)
    pipeline = LiveDefinition(
        definition_address(object_name, Section.PIPELINES, body.label),
        definition_id(Section.PIPELINES, body.id),
        _values(Section.PIPELINES, body.model_dump(by_alias=True))
        | {STAGE_NAMES: list_text(stage.label for stage in stages)},
        is_hubspot_defined=is_of_hubspot,
        can_change=can_change,
        can_archive=can_change and not is_of_hubspot,
        created_at=body.created_at,
        updated_at=body.updated_at,
    )
    return (pipeline, *(_live_stage(object_name, body, stage, can_change=can_change) for stage in stages))


def stages_in_order(stages: Iterable[StageDefinition]) -> list[StageDefinition]:
    """Return the stages that are not archived, in the order of display."""
    return sorted((each for each in stages if not each.archived), key=lambda stage: stage.display_order)


def _live_stage(
    object_name: str, pipeline: PipelineDefinition, body: StageDefinition, *, can_change: bool
) -> LiveDefinition:
    can_change = can_change and body.write_permissions in {None, _FOR_ALL}
    members = body.model_dump(by_alias=True)
    return LiveDefinition(
        definition_address(object_name, Section.STAGES, pipeline.label, body.label),
        definition_id(Section.STAGES, body.id),
        _values(Section.STAGES, members | members["metadata"]),
        parent_id=pipeline.id,
        can_change=can_change,
        can_archive=can_change,
        created_at=body.created_at,
        updated_at=body.updated_at,
    )


def live_schema(object_name: str, body: SchemaDefinition, names: Mapping[str, str]) -> LiveDefinition:
    """Convert the schema of a custom object; ``names`` are the names of object types, by number."""
    members: dict[str, object] = body.model_dump(by_alias=True)
    members |= {"labels/singular": body.labels.singular, "labels/plural": body.labels.plural}
    own = body.object_type_id
    others = {each.to_object_type_id for each in body.associations if each.from_object_type_id == own}
    members["associatedObjects"] = [names.get(each, each) for each in others - _added_by_hubspot(body)]
    return LiveDefinition(
        definition_address(object_name, Section.SCHEMA),
        definition_id(Section.SCHEMA),
        _values(Section.SCHEMA, members, has_defaults=True),
        created_at=body.created_at,
        updated_at=body.updated_at,
    )


def _added_by_hubspot(body: SchemaDefinition) -> set[str]:
    """Return the ids of the object types with which HubSpot itself associates every custom object."""
    return {*numbers_with_custom_objects(), body.object_type_id}


def _values(
    section: Section, members: Mapping[str, object], *, has_defaults: bool = False
) -> dict[str, str | None]:
    """Return the canonical texts of a definition's members, with HubSpot's defaults if ``has_defaults``."""
    values: dict[str, str | None] = {}
    for path, attribute in ATTRIBUTES[section].items():
        text = _text(members.get(path), attribute)
        values[path] = attribute.default if text is None and has_defaults else text
    return values


def _text(value: object, attribute: Attribute) -> str | None:
    if isinstance(value, list | tuple):
        return list_text(map(str, value), attribute.form)
    if value is None or isinstance(value, dict):
        return None
    return canonical_text(attribute.form, str(value))
