"""The definitions that we own after applied changes. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from reconciler.model.addresses import DefinitionAddress, RecordId, Section
from reconciler.model.definition_attributes import OPTIONS, STAGE_NAMES, list_of, list_text, option_of
from reconciler.model.outcomes import Applied
from reconciler.model.owned import OwnedDefinition
from reconciler.model.portal_definitions import definition_id
from reconciler.model.references import RecordIdentity
from reconciler.plan.change import Action, Change
from reconciler.plan.definitions.changes import details_of, is_definition_change
from reconciler.state.owned_values import origin_after, values_after


class DefinitionsAfter(NamedTuple):
    """The owned definitions to store and to remove after some changes."""

    owned: Sequence[OwnedDefinition] = ()
    disowned: Sequence[RecordIdentity] = ()
    ended: Sequence[DefinitionAddress] = ()  # archived; everything inside them is gone, too


DefinitionsById: TypeAlias = Callable[[str, Sequence[RecordId]], Mapping[RecordId, OwnedDefinition]]
"""Reads owned definitions from state, by object type and ids."""


def definitions_after(
    applied: Sequence[tuple[Change, Applied]], owned_by_id: DefinitionsById
) -> DefinitionsAfter:
    """Return the owned definitions after the applied changes."""
    after: dict[RecordIdentity, OwnedDefinition] = {}
    disowned: list[RecordIdentity] = []
    ended: list[DefinitionAddress] = []
    for change, outcome in applied:
        if not is_definition_change(change):
            continue
        identity = RecordIdentity(change.object_type, _id_of(change, outcome))
        before = after.get(identity) or owned_by_id(*_asked(identity)).get(identity.id)
        if change.definition.section is Section.OPTIONS:
            if before is not None:
                after[identity] = without_option(before, change.definition.name)
        elif change.owned is not None:
            after[identity] = _owned_after(change, outcome, before)
        else:
            after.pop(identity, None)
            disowned.append(identity)
            ended += [change.definition] if change.action is Action.ARCHIVE else []
            pipeline = _pipeline_of(change)
            known = pipeline and (after.get(pipeline) or owned_by_id(*_asked(pipeline)).get(pipeline.id))
            if pipeline and known:
                after[pipeline] = _without_stage(known, change.definition.name)
    return DefinitionsAfter(tuple(after.values()), disowned, ended)


def without_option(owned: OwnedDefinition, option: str) -> OwnedDefinition:
    """Return an owned property without one of its options, which HubSpot does not have any more."""
    return replace(owned, sent=_without(owned.sent, option), answered=_without(owned.answered, option))


def _without(values: Mapping[str, str | None], option: str) -> Mapping[str, str | None]:
    return {
        path: list_text(name for name in list_of(text) if name != option) if path == OPTIONS else text
        for path, text in values.items()
        if option_of(path) != option
    }


def _asked(identity: RecordIdentity) -> tuple[str, Sequence[RecordId]]:
    return identity.object, [identity.id]


def _pipeline_of(change: Change) -> RecordIdentity | None:
    """Return the pipeline of a stage that ``change`` archives; None for other changes."""
    parent = details_of(change).parent_id
    if change.action is not Action.ARCHIVE or parent is None:
        return None
    return RecordIdentity(change.object_type, definition_id(Section.PIPELINES, parent))


def _without_stage(owned: OwnedDefinition, stage: str) -> OwnedDefinition:
    """Return the owned pipeline after removing ``stage`` from its list of stages."""
    sent, answered = (
        {
            path: list_text(name for name in list_of(text) if name != stage) if path == STAGE_NAMES else text
            for path, text in values.items()
        }
        for values in (owned.sent, owned.answered)
    )
    return replace(owned, sent=sent, answered=answered)


def _id_of(change: Change, outcome: Applied) -> RecordId:
    """Return the id of the definition whose entry in state changes; for an option, this is its property."""
    if change.definition.section is Section.OPTIONS:
        return definition_id(Section.PROPERTIES, change.definition.names[0])
    return outcome.record_id


def _keep_own_options(
    change: Change,
    sent: dict[str, str | None],
    answered: dict[str, str | None],
    before: OwnedDefinition | None,
) -> None:
    """Remove the options that manifests do not declare from the list in ``sent``.

    HubSpot needs the whole list in a call, but reconciler owns only the declared options. If the manifest may
    declare only some of the options, state stores no list, but only the label of each declared option.
    """
    if OPTIONS not in sent:
        return
    if details_of(change).includes_options:
        del sent[OPTIONS]
        answered.pop(OPTIONS, None)
        return
    ours = {option_of(path) for path in sent} | set(list_of(before.sent.get(OPTIONS)) if before else ())
    for values in (sent, answered):
        if OPTIONS in values:
            values[OPTIONS] = list_text(name for name in list_of(values[OPTIONS]) if name in ours)
    if answered.get(OPTIONS) == sent[OPTIONS]:
        answered.pop(OPTIONS, None)


def _owned_after(change: Change, outcome: Applied, before: OwnedDefinition | None) -> OwnedDefinition:
    sent, answered = values_after(change, outcome, before, None)
    _keep_own_options(change, sent, answered, before)
    return OwnedDefinition(
        change.definition,
        outcome.record_id,
        origin_after(change, outcome),
        sent,
        answered,
        change.is_protected,
    )
