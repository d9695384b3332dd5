"""Definitions of another portal, stored as its API shows them.

HubSpot's own definitions differ between portals, so those that the other portal does not show are hidden.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from reconciler.emulator import association_types, formulas, refusals, validations
from reconciler.emulator.association_types import COPIED, HUBSPOT, LABEL, LIMIT, USER
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.pipeline_checks import PIPELINE
from reconciler.emulator.properties import PROPERTY
from reconciler.emulator.property_groups import GROUP
from reconciler.emulator.request_context import NO_TYPE, Work
from reconciler.emulator.standard import Body, full_pipeline, full_property, standard_definitions

LeftBehind: TypeAlias = str
"""A sentence about something that a copy cannot imitate."""


def plant_type(
    work: Work, object_type: ObjectType, given: Mapping[str, Sequence[Body]]
) -> Iterator[LeftBehind]:
    """Store the groups, properties, pipelines and validation rules of a type; yield what cannot be imitated.

    ``given`` contains the definitions as the API of the other portal shows them. HubSpot's own definitions
    that are not among them are hidden.
    """
    standard = standard_definitions(object_type)
    bodies: dict[str, dict[str, Body]] = {GROUP: {}, PROPERTY: {}, PIPELINE: {}}
    for group in given.get("groups", ()):
        bodies[GROUP][group["name"]] = {
            "name": group["name"],
            "label": group.get("label") or group["name"],
            "displayOrder": group.get("displayOrder", -1),
            "archived": bool(group.get("archived")),
        }
    for definition in given.get("properties", ()):
        body, left = _property(work, object_type, definition)
        bodies[PROPERTY][definition["name"]] = body
        yield from left
    for pipeline in given.get("pipelines", ()):
        full = full_pipeline(_with_metadata(pipeline), since=work.now)
        bodies[PIPELINE][pipeline["id"]] = {**full, "archived": bool(pipeline.get("archived"))}
    for kind, key in ((GROUP, "groups"), (PROPERTY, "properties"), (PIPELINE, "pipelines")):
        if key in given:
            hidden = {name: body for name, body in standard[kind].items() if name not in bodies[kind]}
            for name, body in hidden.items():
                bodies[kind][name] = {**body, "archived": True, "archivedAt": work.now}
            work.store_all(kind, object_type.type_id, bodies[kind])
    yield from _plant_rules(work, object_type, given.get("validations", ()))


def _with_metadata(pipeline: Body) -> Body:
    stages = [{"metadata": {}, **stage} for stage in pipeline.get("stages", ())]
    return {"displayOrder": 0, **pipeline, "stages": stages}


def _property(work: Work, object_type: ObjectType, given: Body) -> tuple[Body, Sequence[LeftBehind]]:
    """Return the definition with all fields, and sentences about what was left out.

    A formula that the emulator does not understand is left out; the property is then read-only.
    """
    left: list[LeftBehind] = []
    formula = given.get("calculationFormula")
    if formula:
        try:
            formulas.parse(formula)
        except formulas.FormulaError:
            left.append(f"the formula of {object_type.path}#{given['name']} is not computed")
            given = {**given, "calculationFormula": None, "calculated": True}
    metadata = given.get("modificationMetadata") or {}
    is_standard = bool(given.get("hubspotDefined"))
    full = full_property(
        {**given, "modificationMetadata": metadata}, hubspot_defined=is_standard, since=work.now
    )
    dates = {key: given[key] for key in ("createdAt", "updatedAt", "archivedAt") if given.get(key)}
    return {**full, **dates}, left


def _plant_rules(
    work: Work, object_type: ObjectType, given: Sequence[Mapping[str, Any]]
) -> Iterator[LeftBehind]:
    for each in given:
        name = each["propertyName"]
        for rule in each.get("propertyValidationRules", ()):
            rule_type = str(rule.get("ruleType"))
            try:
                validations.put(work, object_type, name, rule_type, dict(rule))
            except refusals.Refusal:
                yield f"the rule {rule_type} of {object_type.path}#{name} is not enforced"


def plant_association_types(work: Work, given: Mapping[str, Any]) -> None:
    """Store all types of association from one object type to another."""
    from_type, to_type = work.object_type(given["from"]), work.object_type(given["to"])
    bodies: dict[str, dict[str, Body]] = {LABEL: {}, COPIED: {}}
    for each in given["types"]:
        category, type_id, label = str(each["category"]), int(each["typeId"]), each.get("label") or None
        is_hubspots = category == HUBSPOT
        bodies[COPIED if is_hubspots else LABEL][str(type_id)] = {
            "category": category,
            "typeId": type_id,
            "label": label,
            "inverseId": int(each["inverseId"]),
            "name": each.get("name") or "",
            "createdAt": work.now,
            "primaryOf": association_types.primary_of(work, from_type, to_type, label) if is_hubspots else "",
        }
    for kind, stored in bodies.items():
        work.store_all(kind, association_types.pair_name(from_type, to_type), stored)
    highest = max([int(work.settings.get("association_types", 0)), *map(int, bodies[LABEL])])
    work.save_settings({"association_types": highest})


def plant_association_limit(work: Work, given: Mapping[str, Any]) -> None:
    """Store one limit on the number of associated records."""
    from_type, to_type = (
        work.object_type(given["fromObjectTypeId"]),
        work.object_type(given["toObjectTypeId"]),
    )
    category = given.get("category") or USER
    name = association_types.limit_name(from_type, to_type, category, given["typeId"])
    body = {**given, "fromObjectTypeId": from_type.type_id, "toObjectTypeId": to_type.type_id}
    work.store(LIMIT, NO_TYPE, name, body)
