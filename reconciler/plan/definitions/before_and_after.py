"""One schema with the definitions before and after a plan, because reports show names of both. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.definitions import ObjectSchema, Pipeline, PortalSchema, PropertyDef


def before_and_after(before: PortalSchema, after: PortalSchema) -> PortalSchema:
    """Return the schema ``after`` a plan, plus pipelines, stages and options that only ``before`` has."""
    objects = {
        name: _with_removed(before.objects[name], schema) if name in before.objects else schema
        for name, schema in after.objects.items()
    }
    return replace(after, objects=objects)


def _with_removed(before: ObjectSchema, after: ObjectSchema) -> ObjectSchema:
    if before.pipelines == after.pipelines and before.properties is after.properties:
        return after
    return replace(
        after,
        pipelines=_pipelines(before, after),
        properties={**after.properties, **_with_options(before.properties, after.properties)},
    )


def _pipelines(before: ObjectSchema, after: ObjectSchema) -> tuple[Pipeline, ...]:
    kept = {each.id: each for each in after.pipelines}
    for each in before.pipelines:
        known = kept.get(each.id, each)
        ids = {stage.id for stage in known.stages}
        removed = tuple(stage for stage in each.stages if stage.id not in ids)
        kept[each.id] = replace(known, stages=known.stages + removed)
    return tuple(kept.values())


def _with_options(
    before: Mapping[str, PropertyDef], after: Mapping[str, PropertyDef]
) -> Mapping[str, PropertyDef]:
    changed: dict[str, PropertyDef] = {}
    for name, known in after.items():
        values = {option.value for option in known.options}
        earlier = before[name].options if name in before else ()
        removed = tuple(option for option in earlier if option.value not in values)
        if removed:
            changed[name] = replace(known, options=known.options + removed)
    return changed
