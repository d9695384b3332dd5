"""Facts about changes of definitions, for the rules of ``plan/consistency.py``."""

from collections.abc import Hashable, Iterator

from reconciler.model.addresses import Section, definition_address
from reconciler.plan.change import Action, Change
from reconciler.plan.definitions.changes import details_of


def subject(change: Change) -> Hashable | None:
    """Return definition and step: a definition may have only one change in each step."""
    return change.address, change.step


def removes(change: Change) -> Iterator[Hashable]:
    """Return the archived definition."""
    if change.action is Action.ARCHIVE:
        yield change.address


def needs(change: Change) -> Iterator[Hashable]:
    """Return the changed definition and, for a stage, its pipeline; nothing for an archive or a release."""
    if change.action in {Action.ARCHIVE, Action.RELEASE}:
        return
    yield change.address
    if change.definition.section is Section.STAGES:
        yield definition_address(change.object_type, Section.PIPELINES, change.definition.names[0])


def goes_with(change: Change) -> Hashable:
    """Return the definition whose call includes the change: for stages of a new pipeline, the pipeline."""
    if details_of(change).is_carried:
        return definition_address(change.object_type, Section.PIPELINES, change.definition.names[0])
    return change.definition
