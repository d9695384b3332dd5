"""Manifest names of pipelines and stages: records can use them even after a rename in HubSpot. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from reconciler.model.addresses import DefinitionAddress, Section
from reconciler.model.definitions import Declared, ObjectSchema, Pipeline, PipelineStage
from reconciler.model.portal_definitions import DesiredDefinition
from reconciler.plan.change import Action, Change
from reconciler.plan.definitions.context import own_id
from reconciler.plan.definitions.match import labels_equal
from reconciler.plan.definitions.planner import DecidedDefinitions

_Labelled = TypeVar("_Labelled", Pipeline, PipelineStage)


def with_declared(after: ObjectSchema, decided: DecidedDefinitions, kept: Iterable[Change]) -> ObjectSchema:
    """Return the planned schema ``after`` with the manifest names of its pipelines and stages added."""
    wanted = [each for each in decided.matched.known.wanted if not each.special.is_absent]
    pipelines = [each for each in wanted if each.address.section is Section.PIPELINES]
    if not pipelines:
        return after
    ids = _ids(decided, kept)
    stages = [each for each in wanted if each.address.section is Section.STAGES]
    by_id = {each.id: each for each in after.pipelines}
    for each in pipelines:
        pipeline = _found(each, ids, tuple(by_id.values()))
        if pipeline is None:
            continue
        own = {stage.id: stage for stage in pipeline.stages}
        for stage in stages:
            found = (
                _found(stage, ids, pipeline.stages) if stage.address.names[0] == each.address.name else None
            )
            if found is not None:
                own[found.id] = replace(found, declared=_declared(stage))
        by_id[pipeline.id] = replace(pipeline, stages=tuple(own.values()), declared=_declared(each))
    return replace(after, pipelines=tuple(by_id.values()))


def _declared(wanted: DesiredDefinition) -> Declared:
    return Declared(wanted.value("label") or wanted.address.name, wanted.address.name)


def _ids(decided: DecidedDefinitions, kept: Iterable[Change]) -> Mapping[DefinitionAddress, str]:
    """Return HubSpot's ids of pipelines and stages, from portal, state and plan."""
    known = {each.key: each.record_id for each in decided.matched.known.owned} | dict(decided.matched.present)
    for change in kept:
        if change.action is Action.CREATE and change.remote.id:
            known[change.definition] = change.remote.id
    return {address: own_id(found) for address, found in known.items()}


def _found(
    wanted: DesiredDefinition, ids: Mapping[DefinitionAddress, str], candidates: Iterable[_Labelled]
) -> _Labelled | None:
    """Return the candidate that ``wanted`` means: by its id, else by its label."""
    by_id = ids.get(wanted.address) or wanted.special.id
    label = _declared(wanted).label
    for each in candidates:
        if each.id == by_id or (by_id is None and labels_equal(each.label, label)):
            return each
    return None
