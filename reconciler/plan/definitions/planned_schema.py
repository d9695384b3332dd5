"""The planned schema: the portal's definitions, with the changes of this plan added.

Records are checked against this schema. It does not include changes that a selection, a problem or a review
leaves out. The planned schema marks a property as sensitive if it is sensitive before or after the plan.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.addresses import DefinitionAddress, RecordId, Section
from reconciler.model.definition_attributes import FORMULA, OPTIONS, list_of, option_path
from reconciler.model.definitions import (
    Kind,
    ObjectSchema,
    Option,
    Pipeline,
    PipelineStage,
    PortalSchema,
    PropertyDef,
)
from reconciler.model.object_types import object_type
from reconciler.model.portal_definitions import LiveDefinition
from reconciler.model.property_kinds import kind_of_property
from reconciler.plan.change import Action, Change
from reconciler.plan.definitions.changes import details_of
from reconciler.plan.definitions.context import own_id
from reconciler.plan.definitions.declared import with_declared
from reconciler.plan.definitions.not_made import all_not_made
from reconciler.plan.definitions.planner import DecidedDefinitions

_OF_EVERY_TYPE = (
    PropertyDef("hs_object_id", "Record ID", Kind.NUMBER, is_unique=True, is_read_only=True),
    PropertyDef("hs_createdate", "Object create date/time", Kind.DATETIME, is_read_only=True),
    PropertyDef("hs_lastmodifieddate", "Object last modified date/time", Kind.DATETIME, is_read_only=True),
    PropertyDef("hubspot_owner_id", "Owner", Kind.OWNER),
    PropertyDef("hs_pipeline", "Pipeline", Kind.PIPELINE),
    PropertyDef("hs_pipeline_stage", "Pipeline stage", Kind.STAGE),
)
"""Properties that HubSpot itself adds to a new custom object type and that manifests may name."""

_OF_PIPELINES = frozenset({Kind.PIPELINE, Kind.STAGE})


def planned_schema(
    portal: PortalSchema, decided: Iterable[DecidedDefinitions], kept: Collection[Change] | None = None
) -> PortalSchema:
    """Return the portal's schema after the changes of definitions that are in ``kept`` (None: all)."""
    objects = dict(portal.objects)
    for each in decided:
        name = each.matched.known.object
        changes = [change for change in each.changes if kept is None or change in kept]
        schema = objects.get(name) or _new_type(portal, name, changes)
        if schema is None:
            continue
        planned = _Planned(schema, {live.id: live for live in each.matched.known.live})
        for change in changes:
            planned.add(change)
        after = with_declared(planned.result(), each, changes)
        after = replace(after, not_made=all_not_made(each, changes, after))
        objects |= {called: after for called, known in objects.items() if known is schema} | {name: after}
    return replace(portal, objects=objects)


def schema_with(
    portal: PortalSchema, live: Mapping[str, Mapping[RecordId, LiveDefinition]], changes: Iterable[Change]
) -> PortalSchema:
    """Return the portal's schema with ``changes`` of definitions; ``live`` is by object type."""
    objects = dict(portal.objects)
    by_type: dict[str, list[Change]] = {}
    for change in changes:
        by_type.setdefault(change.object_type, []).append(change)
    for name, of_type in by_type.items():
        if name in objects:
            planned = _Planned(objects[name], live.get(name, {}))
            for change in of_type:
                planned.add(change)
            objects[name] = replace(planned.result(), new_properties=frozenset())
    return replace(portal, objects=objects)


def _new_type(portal: PortalSchema, name: str, changes: Iterable[Change]) -> ObjectSchema | None:
    """Return the bare schema of the type ``name`` if ``changes`` create it; else None."""
    schemas = [change for change in changes if change.definition.section is Section.SCHEMA]
    is_made = any(change.action is Action.CREATE for change in schemas)
    return bare_schema(portal, name) if is_made else None


def bare_schema(portal: PortalSchema, name: str) -> ObjectSchema:
    """Return the schema of a new custom object type with only the properties that HubSpot adds itself."""
    return ObjectSchema(
        name=name,
        path=f"p{portal.account.portal_id}_{name}",
        properties={each.name: each for each in _OF_EVERY_TYPE},
        has_upsert=object_type(name).has_upsert(portal.api_version),
        is_new=True,
    )


@dataclass(slots=True)
class _Planned:
    """The schema of one type, to which changes are added one by one."""

    schema: ObjectSchema
    live: Mapping[RecordId, LiveDefinition]  # live definitions by identity
    properties: dict[str, PropertyDef] = field(init=False)
    pipelines: dict[str, Pipeline] = field(init=False)  # by id
    new: set[str] = field(default_factory=set)
    removed: dict[str, PropertyDef] = field(default_factory=dict)
    required: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.properties = dict(self.schema.properties)
        self.pipelines = {each.id: each for each in self.schema.pipelines}
        self.required = self.schema.required

    def add(self, change: Change) -> None:
        """Add one change."""
        match change.definition.section:
            case Section.PROPERTIES:
                self._add_property(change)
            case Section.OPTIONS if change.action is Action.ARCHIVE:
                self._remove_option(*change.definition.names)
            case Section.PIPELINES:
                self._add_pipeline(change)
            case Section.STAGES:
                self._add_stage(change)
            case Section.SCHEMA:
                named = [value.after for value in change.values if value.name == "requiredProperties"]
                self.required = tuple(list_of(named[0])) if named else self.required
            case _:
                pass

    def result(self) -> ObjectSchema:
        """Return the schema with all changes, and with the properties that HubSpot adds for pipelines."""
        if self.pipelines and not any(each.kind is Kind.PIPELINE for each in self.properties.values()):
            self.properties |= {each.name: each for each in _OF_EVERY_TYPE if each.kind in _OF_PIPELINES}
        return replace(
            self.schema,
            properties=self.properties,
            pipelines=tuple(self.pipelines.values()),
            required=self.required,
            new_properties=frozenset(self.new),
            removed=self.removed,
        )

    def _add_property(self, change: Change) -> None:
        name = change.definition.name
        before = self.properties.get(name)
        live = self.live.get(change.remote.id) if change.remote.id else None
        if change.action is Action.ARCHIVE:
            self.properties.pop(name, None)
            values = live.values if live else {}
            self.removed[name] = _property(self.schema.name, change.definition, values, before)
            return
        if change.action not in {Action.CREATE, Action.UPDATE}:
            return
        is_new = change.action is Action.CREATE
        values = {} if live is None or is_new else dict(live.values)
        values |= {value.name: value.after for value in change.values}
        self.properties[name] = _property(self.schema.name, change.definition, values, before)
        if is_new:
            self.new.add(name)

    def _remove_option(self, name: str, option: str) -> None:
        known = self.properties.get(name)
        if known is not None:
            kept = tuple(each for each in known.options if each.value != option)
            leaving = known.leaving | {option}
            self.properties[name] = replace(known, options=kept, leaving=leaving)

    def _add_pipeline(self, change: Change) -> None:
        of = own_id(change.known_id) if change.remote.id else ""
        if change.action is Action.ARCHIVE:
            self.pipelines.pop(of, None)
            return
        known = self.pipelines.get(of)
        label = _label_after(change) or (known.label if known else change.definition.name)
        if known is not None:
            self.pipelines[of] = replace(known, label=label)
        elif change.action is Action.CREATE:
            self.pipelines[of] = Pipeline(of, label, ())

    def _add_stage(self, change: Change) -> None:
        parent = details_of(change).parent_id or ""
        of = own_id(change.known_id) if change.remote.id else ""
        known = self.pipelines.get(parent) or next(
            (each for each in self.pipelines.values() if any(stage.id == of for stage in each.stages)), None
        )
        if known is None:
            if change.action is not Action.CREATE:
                return
            known = Pipeline(parent, change.definition.names[0], ())
        label = _label_after(change)
        stages = tuple(
            replace(stage, label=label) if stage.id == of and label else stage
            for stage in known.stages
            if stage.id != of or change.action is not Action.ARCHIVE
        )
        if change.action is Action.CREATE:
            stages = (*stages, PipelineStage(of, label or change.definition.name))
        self.pipelines[known.id] = replace(known, stages=stages)


def _property(
    object_name: str,
    address: DefinitionAddress,
    values: Mapping[str, str | None],
    before: PropertyDef | None,
) -> PropertyDef:
    names = list_of(values.get(OPTIONS))
    kind = kind_of_property(
        object_name,
        address.name,
        type_=values.get("type") or "string",
        field_type=values.get("fieldType"),
        referenced_type=values.get("referencedObjectType"),
        options=names,
    )
    options = tuple(Option(name, values.get(option_path(name, "label")) or name) for name in names)
    is_sensitive = values.get("dataSensitivity") not in {None, "non_sensitive"}
    planned = PropertyDef(
        name=address.name,
        label=values.get("label") or address.name,
        kind=kind,
        options=() if kind is Kind.BOOLEAN else options,
        is_unique=values.get("hasUniqueValue") == "true",
        is_calculated=values.get("fieldType") == "calculation_equation" or bool(values.get(FORMULA)),
        is_sensitive=is_sensitive,
        is_hidden=values.get("hidden") == "true",
        is_custom=True,
    )
    if before is None:
        return planned
    return replace(
        planned,
        is_unique=before.is_unique or planned.is_unique,
        is_read_only=before.is_read_only,
        is_calculated=before.is_calculated or planned.is_calculated,
        is_sensitive=before.is_sensitive or planned.is_sensitive,
        is_custom=before.is_custom,
    )


def _label_after(change: Change) -> str | None:
    return next((value.after for value in change.values if value.name == "label"), None)
