"""Creating, changing and archiving one definition, from its values by path.

HubSpot takes lists only as a whole. So a change of options starts from the options that were just read, which
keeps options that people added. Positions of stages are written in one request for each stage, and only if
the order differs. Sources: https://developers.hubspot.com/docs/api-reference/crm-pipelines-v3/guide, and for
the behaviour of lists, positions and schemas https://github.com/scopiousdigital/kalup.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.hubspot.definitions import bodies
from reconciler.hubspot.definitions.live import live_group, live_property
from reconciler.hubspot.definitions.live_labels import USER_DEFINED
from reconciler.hubspot.definitions.responses import SchemaDefinition
from reconciler.hubspot.definitions.stage_order import moves_to_order
from reconciler.hubspot.definitions.writer import DefinitionWriter, Done
from reconciler.hubspot.transport.call_result import ErrorResponse
from reconciler.model.addresses import DefinitionAddress, RecordId, Section
from reconciler.model.definition_attributes import OPTIONS, STAGE_NAMES, list_of, option_of
from reconciler.model.portal_definitions import LiveDefinition, definition_id

_BARE_DISPLAY = "hs_object_id"
"""The property that HubSpot shows as the name of records, while a new type has no other properties."""

_SCHEMA_MEMBERS = (
    "labels/singular",
    "labels/plural",
    "description",
    "primaryDisplayProperty",
    "secondaryDisplayProperties",
    "requiredProperties",
    "searchableProperties",
)


@dataclass(frozen=True, slots=True)
class DefinitionWrite:
    """One definition to write, with the live definitions as they were read right before."""

    address: DefinitionAddress
    id: RecordId | None  # None if HubSpot has yet to give one
    values: Mapping[str, str | None]  # values to write, by path
    path: str  # path of its object type
    other_path: str = ""  # for a label: path of the other object type
    parent_id: str = ""  # for a stage: id of the pipeline
    live: LiveDefinition | None = None  # the definition, read right before the write; None if it is new
    # all definitions of the section, read right before the write
    siblings: tuple[LiveDefinition, ...] = ()
    carried: tuple["DefinitionWrite", ...] = ()  # for a new pipeline: the writes of its stages
    schema: SchemaDefinition | None = None  # for a custom object: its schema, read right before the write
    numbers: Mapping[str, str] = field(default_factory=dict)  # numbers of custom object types, by name

    @property
    def own_id(self) -> str:
        """The part of ``id`` after the section: the id or name that HubSpot knows."""
        return (self.id or "").partition("/")[2]


@dataclass(frozen=True, slots=True)
class Written:
    """HubSpot's answer to a write of a definition."""

    id: RecordId
    answered: Mapping[str, str | None] = field(
        default_factory=dict
    )  # values that HubSpot stored, as far as it tells


Answer: TypeAlias = Written | ErrorResponse


def create_definition(writer: DefinitionWriter, write: DefinitionWrite) -> Answer:
    """Create a definition."""
    return _CREATES[write.address.section](writer, write)


def update_definition(writer: DefinitionWriter, write: DefinitionWrite) -> Answer:
    """Change a definition."""
    return _UPDATES[write.address.section](writer, write)


def archive_definition(writer: DefinitionWriter, write: DefinitionWrite) -> Answer:
    """Archive a definition, or delete it if HubSpot cannot archive it.

    An option is removed from its property.
    """
    return _ARCHIVES[write.address.section](writer, write)


def _written(write: DefinitionWrite, done: Done) -> Answer:
    return done or Written(_known(write))


def _known(write: DefinitionWrite) -> RecordId:
    if write.id is None:
        raise ValueError(f"{write.address} has no id yet")
    return write.id


def _create_group(writer: DefinitionWriter, write: DefinitionWrite) -> Answer:
    body = {"name": write.address.name, **bodies.members(Section.GROUPS, write.values)}
    answer = writer.create_group(write.path, body)
    if isinstance(answer, ErrorResponse):
        return answer
    return Written(_known(write), live_group(write.address.object, answer).values)


def _update_group(writer: DefinitionWriter, write: DefinitionWrite) -> Answer:
    body = bodies.members(Section.GROUPS, write.values)
    answer = writer.update_group(write.path, write.address.name, body)
    if isinstance(answer, ErrorResponse):
        return answer
    return Written(_known(write), live_group(write.address.object, answer).values)


def _create_property(writer: DefinitionWriter, write: DefinitionWrite) -> Answer:
    body = {"name": write.address.name, **bodies.members(Section.PROPERTIES, write.values)}
    if write.values.get("type") == "bool":
        body["options"] = bodies.yes_and_no(_options_after(write), write.values)
    elif names := _options_after(write):
        body["options"] = bodies.options(names, write.values)
    answer = writer.create_property(write.path, body)
    if isinstance(answer, ErrorResponse):
        return answer
    return Written(_known(write), live_property(write.address.object, answer).values)


def _update_property(writer: DefinitionWriter, write: DefinitionWrite) -> Answer:
    body = bodies.members(Section.PROPERTIES, write.values)
    if OPTIONS in write.values or any(option_of(path) is not None for path in write.values):
        body["options"] = bodies.options(_options_after(write), _merged(write))
    return _patch_property(writer, write, body)


def _remove_option(writer: DefinitionWriter, write: DefinitionWrite) -> Answer:
    left = [name for name in _live_options(write) if name != write.address.name]
    return _patch_property(writer, write, {"options": bodies.options(left, _merged(write))})


def _patch_property(writer: DefinitionWriter, write: DefinitionWrite, body: Mapping[str, object]) -> Answer:
    answer = writer.update_property(write.path, write.address.names[0], body)
    if isinstance(answer, ErrorResponse):
        return answer
    return Written(_known(write), live_property(write.address.object, answer).values)


def _options_after(write: DefinitionWrite) -> list[str]:
    """Return the names of the options to write: first the wanted options, in order.

    Then come the other options in HubSpot, which stay. Last come options that occur only in a path of
    ``write.values``, such as ``options/gold/label``.
    """
    live = _live_options(write)
    wanted = list_of(write.values.get(OPTIONS)) if write.values.get(OPTIONS) else live
    named = [name for path in write.values if (name := option_of(path)) is not None]
    return list(dict.fromkeys((*wanted, *live, *named)))


def _live_options(write: DefinitionWrite) -> tuple[str, ...]:
    return list_of(write.live.values.get(OPTIONS)) if write.live and not write.live.is_archived else ()


def _merged(write: DefinitionWrite) -> Mapping[str, str | None]:
    return {**(write.live.values if write.live else {}), **write.values}


def _create_pipeline(writer: DefinitionWriter, write: DefinitionWrite) -> Answer:
    names = list_of(write.values.get(STAGE_NAMES))
    place = {name: number for number, name in enumerate(names)}
    ordered = sorted(write.carried, key=lambda stage: place.get(stage.address.name, len(place)))
    stages = [_stage_body(stage, number) for number, stage in enumerate(ordered)]
    body = {"displayOrder": len(write.siblings), **bodies.members(Section.PIPELINES, write.values)}
    body |= {"pipelineId": write.own_id, "stages": stages}
    return _written(write, writer.create_pipeline(write.path, body))


def _stage_body(stage: DefinitionWrite, order: int) -> dict[str, object]:
    members = bodies.members(Section.STAGES, stage.values)
    return {
        **members,
        "displayOrder": order,
        "stageId": stage.own_id,
        "metadata": bodies.metadata(stage.values),
    }


def _update_pipeline(writer: DefinitionWriter, write: DefinitionWrite) -> Answer:
    body = bodies.members(Section.PIPELINES, write.values)
    if body and (refusal := writer.update_pipeline(write.path, write.own_id, body)):
        return refusal
    if STAGE_NAMES not in write.values:
        return Written(_known(write))
    stages = [each for each in write.siblings if each.parent_id == write.own_id]
    for stage_id, order in moves_to_order(stages, list_of(write.values[STAGE_NAMES])):
        refusal = writer.update_stage(write.path, write.own_id, stage_id, {"displayOrder": order})
        if refusal is not None:
            return refusal
    return Written(_known(write))


def _create_stage(writer: DefinitionWriter, write: DefinitionWrite) -> Answer:
    orders = [
        int(each.values.get("displayOrder") or 0)
        for each in write.siblings
        if each.parent_id == write.parent_id
    ]
    body = _stage_body(write, max(orders, default=-1) + 1)
    if write.values.get("displayOrder") is not None:
        body |= bodies.members(Section.STAGES, {"displayOrder": write.values["displayOrder"]})
    return _written(write, writer.create_stage(write.path, write.parent_id, body))


def _update_stage(writer: DefinitionWriter, write: DefinitionWrite) -> Answer:
    nested = bodies.metadata(write.values)
    body = {**bodies.members(Section.STAGES, write.values), **({"metadata": nested} if nested else {})}
    return _written(write, writer.update_stage(write.path, write.parent_id, write.own_id, body))


def _create_schema(writer: DefinitionWriter, write: DefinitionWrite) -> Answer:
    others = bodies.associated(list_of(write.values.get("associatedObjects")), write.numbers)
    body: dict[str, object] = {
        "requiredProperties": [],
        "searchableProperties": [],
        "secondaryDisplayProperties": [],
        "properties": [],
        "primaryDisplayProperty": _BARE_DISPLAY,
        **bodies.schema_members(write.values),
        "name": write.address.object,
        "associatedObjects": others,
    }
    answer = writer.create_schema(body)
    if isinstance(answer, ErrorResponse):
        return answer
    return Written(_known(write), {"objectTypeId": answer.object_type_id, "createdAt": answer.created_at})


def _update_schema(writer: DefinitionWriter, write: DefinitionWrite) -> Answer:
    present = write.live.values if write.live else {}
    values = {path: present.get(path) for path in _SCHEMA_MEMBERS} | {
        path: text for path, text in write.values.items() if path != "associatedObjects"
    }
    body = bodies.schema_members(values)
    body["restorable"] = write.schema is None or write.schema.restorable is not False
    if not values.get("description"):
        body["clearDescription"] = True
    if refusal := writer.update_schema(write.path, body):
        return refusal
    missing = set(list_of(write.values.get("associatedObjects"))) - set(
        list_of(present.get("associatedObjects"))
    )
    own = write.schema.object_type_id if write.schema else write.path
    for other in bodies.associated(sorted(missing), write.numbers):
        name = f"{write.address.object}_to_{other.lower()}"
        body = {"fromObjectTypeId": own, "toObjectTypeId": other, "name": name}
        if refusal := writer.associate_schema(write.path, body):
            return refusal
    return Written(_known(write))


def _create_label(writer: DefinitionWriter, write: DefinitionWrite) -> Answer:
    body = {"name": write.address.name, **_filled(bodies.members(Section.LABELS, write.values))}
    answer = writer.create_label(write.path, write.other_path, body)
    if isinstance(answer, ErrorResponse):
        return answer
    ours = [each for each in answer.results if each.category == USER_DEFINED]
    ours.sort(key=lambda each: each.label != write.values.get("label"))
    if not ours:
        return Written(definition_id(Section.LABELS, USER_DEFINED, "0", "0"))
    there, back = ours[0], ours[-1]
    return Written(definition_id(Section.LABELS, USER_DEFINED, str(there.type_id), str(back.type_id)))


def _update_label(writer: DefinitionWriter, write: DefinitionWrite) -> Answer:
    both = {path: _merged(write).get(path) for path in ("label", "inverseLabel")}
    body = {"associationTypeId": int(_type_id(write)), **_filled(bodies.members(Section.LABELS, both))}
    return _written(write, writer.update_label(write.path, write.other_path, body))


def _filled(body: Mapping[str, object]) -> Mapping[str, object]:
    return {name: value for name, value in body.items() if value not in {None, ""}}


def _type_id(write: DefinitionWrite) -> str:
    return write.own_id.split("/")[1]


_Write: TypeAlias = Callable[[DefinitionWriter, DefinitionWrite], Answer]

_CREATES: Mapping[Section, _Write] = {
    Section.GROUPS: _create_group,
    Section.PROPERTIES: _create_property,
    Section.PIPELINES: _create_pipeline,
    Section.STAGES: _create_stage,
    Section.SCHEMA: _create_schema,
    Section.LABELS: _create_label,
}
_UPDATES: Mapping[Section, _Write] = {
    Section.GROUPS: _update_group,
    Section.PROPERTIES: _update_property,
    Section.PIPELINES: _update_pipeline,
    Section.STAGES: _update_stage,
    Section.SCHEMA: _update_schema,
    Section.LABELS: _update_label,
}
_ARCHIVES: Mapping[Section, _Write] = {
    Section.GROUPS: lambda writer, write: _written(
        write, writer.archive_group(write.path, write.address.name)
    ),
    Section.PROPERTIES: lambda writer, write: _written(
        write, writer.archive_property(write.path, write.address.name)
    ),
    Section.OPTIONS: _remove_option,
    Section.PIPELINES: lambda writer, write: _written(
        write, writer.delete_pipeline(write.path, write.own_id)
    ),
    Section.STAGES: lambda writer, write: _written(
        write, writer.delete_stage(write.path, write.parent_id, write.own_id)
    ),
    Section.SCHEMA: lambda writer, write: _written(write, writer.archive_schema(write.path)),
    Section.LABELS: lambda writer, write: _written(
        write, writer.delete_label(write.path, write.other_path, _type_id(write))
    ),
}


def stages_of(definitions: Sequence[LiveDefinition], pipeline_id: str) -> tuple[LiveDefinition, ...]:
    """Return the stages in ``definitions`` that belong to the pipeline."""
    return tuple(each for each in definitions if each.parent_id == pipeline_id)
