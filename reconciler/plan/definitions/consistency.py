"""The subjects, removals and needs of changes of definitions, and the changes of one call."""

from collections.abc import Hashable, Iterator

from reconciler.model.addresses import Section, definition_address
from reconciler.plan.change import Action, Change
from reconciler.plan.definitions.changes import details_of


def subject(change: Change) -> Hashable | None:
    """Return the definition, which may have one change a step."""
    return change.address, change.step


def removes(change: Change) -> Iterator[Hashable]:
    """Return the archived definition."""
    if change.action is Action.ARCHIVE:
        yield change.address


def needs(change: Change) -> Iterator[Hashable]:
    """Return the definition itself, and the pipeline of a stage, unless it is removed."""
    if change.action in {Action.ARCHIVE, Action.RELEASE}:
        return
    yield change.address
    if change.definition.section is Section.STAGES:
        yield definition_address(change.object_type, Section.PIPELINES, change.definition.names[0])


def goes_with(change: Change) -> Hashable:
    """Return the definition whose call carries the change; a new pipeline carries its stages."""
    if details_of(change).is_carried:
        return definition_address(change.object_type, Section.PIPELINES, change.definition.names[0])
    return change.definition
