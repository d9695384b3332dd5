"""The portal's definitions for one object type: properties, groups, pipelines, validation rules.

A portal stores only its differences from HubSpot's standard definitions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from reconciler.emulator import formulas
from reconciler.emulator.formulas import Formula
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.standard import Body, standard_definitions

MULTIPLE = "checkbox"


@dataclass(frozen=True, slots=True)
class Property:
    """A property definition, prepared for checking values; ``body`` is the definition as the API shows it."""

    body: Body
    name: str
    type: str
    field_type: str
    options: frozenset[str]
    read_only: bool
    unique: bool
    external: str | None
    """Where the options come from if the definition does not list them; None if it does.

    ``OWNER`` means the ids of owners, "" any value.
    """
    rules: Mapping[str, Body]
    """Validation rules of the property, by rule type."""

    @property
    def is_multiple(self) -> bool:
        """Whether a value is a set of options, written as ``a;b``."""
        return self.type == "enumeration" and self.field_type == MULTIPLE


@dataclass(frozen=True, slots=True)
class Definitions:
    """All definitions of a portal for one object type."""

    object_type: ObjectType
    properties: Mapping[str, Property]
    bodies: Mapping[str, Body]
    """All property definitions by name, including archived ones."""
    groups: Mapping[str, Body]
    pipelines: Mapping[str, Body]
    """Pipelines that are not archived, by id, in display order."""
    unique_names: tuple[str, ...]
    formulas: Mapping[str, Formula]
    """Formulas of calculated properties in order of creation, because a formula may use earlier ones."""

    def stage_pipeline(self, stage_id: str) -> str | None:
        """Return the id of the pipeline that has this stage; None if there is none."""
        for pipeline_id, pipeline in self.pipelines.items():
            if any(stage["id"] == stage_id for stage in pipeline["stages"]):
                return pipeline_id
        return None

    def stage(self, stage_id: str) -> Body | None:
        """Return the stage as the API shows it; None if there is none."""
        for pipeline in self.pipelines.values():
            stages: list[Body] = pipeline["stages"]
            for stage in stages:
                if stage["id"] == stage_id:
                    return stage
        return None


def build_definitions(
    object_type: ObjectType,
    stored: Iterable[tuple[str, str, Body]],
) -> Definitions:
    """Merge the standard definitions of the type with the portal's own, given as (kind, name, body)."""
    standard = standard_definitions(object_type)
    bodies = dict(standard["property"])
    groups = dict(standard["group"])
    pipelines = dict(standard["pipeline"])
    rules: dict[str, Body] = {}
    kinds = {"property": bodies, "group": groups, "pipeline": pipelines, "validation": rules}
    for kind, name, body in stored:
        kinds[kind][name] = body
    pipelines = {
        name: body
        for name, body in sorted(pipelines.items(), key=lambda item: (item[1]["displayOrder"], item[0]))
        if not body["archived"]
    }
    if object_type.pipeline_properties:
        pipeline_property, stage_property = object_type.pipeline_properties
        stages = [stage for pipeline in pipelines.values() for stage in pipeline["stages"]]
        for name, items in ((pipeline_property, pipelines.values()), (stage_property, stages)):
            if name in bodies:
                bodies[name] = {**bodies[name], "options": [_as_option(item) for item in items]}
    properties = {
        name: _property(body, object_type, rules.get(name, {}))
        for name, body in bodies.items()
        if not body["archived"]
    }
    return Definitions(
        object_type=object_type,
        properties=properties,
        bodies=bodies,
        groups=groups,
        pipelines=pipelines,
        unique_names=tuple(name for name, definition in properties.items() if definition.unique),
        formulas={
            name: formulas.parse(definition.body["calculationFormula"])
            for name, definition in properties.items()
            if "calculationFormula" in definition.body
        },
    )


def with_property(known: Definitions, body: Body) -> Definitions | None:
    """Return definitions with one property added or changed; None if all must be built again.

    Building all definitions for each new property would take a minute for a thousand properties.
    """
    name = body["name"]
    is_changed_only = name in known.properties or name not in known.bodies
    if body["archived"] or not is_changed_only or name in (known.object_type.pipeline_properties or ()):
        return None
    before = known.properties.get(name)
    prepared = _property(body, known.object_type, before.rules if before else {})
    properties = {**known.properties, name: prepared}
    unique = known.unique_names
    if prepared.unique != (name in unique):
        unique = tuple(other for other, definition in properties.items() if definition.unique)
    if "calculationFormula" in body or name in known.formulas:
        return None
    return replace(known, properties=properties, bodies={**known.bodies, name: body}, unique_names=unique)


def _as_option(item: Body) -> Body:
    return {
        "label": item["label"],
        "value": item["id"],
        "displayOrder": item["displayOrder"],
        "hidden": False,
    }


def _property(body: Body, object_type: ObjectType, rules: Mapping[str, Body]) -> Property:
    name = body["name"]
    # For HubSpot's own properties, hasUniqueValue does not say whether upsert accepts them; the table of
    # types does.
    unique = name in object_type.upsert_keys if body["hubspotDefined"] else body["hasUniqueValue"]
    return Property(
        body=body,
        name=name,
        type=body["type"],
        field_type=body["fieldType"],
        options=frozenset(option["value"] for option in body["options"]),
        read_only=body["calculated"] or body["modificationMetadata"]["readOnlyValue"],
        unique=unique,
        external=(body.get("referencedObjectType") or "") if body["externalOptions"] else None,
        rules=rules,
    )
