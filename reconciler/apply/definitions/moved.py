"""Comparing the definition that a plan read with the same definition as it is in HubSpot now. Pure."""

from collections.abc import Collection

from reconciler.model.addresses import Section, ThingAddress
from reconciler.model.definition_attributes import (
    FORMULA,
    OPTIONS,
    STAGE_NAMES,
    Attribute,
    attribute_of,
    list_of,
    same_text,
)
from reconciler.model.portal_definitions import LiveDefinition
from reconciler.plan.change import Action, Change, ValueChange

_REWRITTEN = frozenset({FORMULA})
"""Names of values that HubSpot stores in another spelling than was sent."""

_TEXT = Attribute()


def has_moved(
    change: Change, live: LiveDefinition | None, written: Collection[ThingAddress] = ()
) -> str | None:
    """Describe how a definition changed in HubSpot since the plan was made; None if it did not change.

    ``written`` are definitions that this run has written: values that HubSpot added to them do not count.
    """
    address = change.definition
    if change.action is Action.CREATE:
        return "it exists in HubSpot now" if live else None
    if live is None or not _has_option(change, live):
        return "it is no longer there"
    names = [
        value.name
        for value in change.values
        if not (value.before is None and address in written)
        and not _is(change, live, value.name, value.before)
    ]
    return f"{', '.join(sorted(names))} changed in HubSpot since the plan was made" if names else None


def is_done(change: Change, live: LiveDefinition | None) -> bool:
    """Return whether the portal already is as it should be after ``change``."""
    if change.action is Action.ARCHIVE:
        return live is None or not _has_option(change, live)
    return live is not None and all(
        _is(change, live, value.name, value.after) or value.name in _REWRITTEN for value in change.values
    )


def not_taken(change: Change, live: LiveDefinition) -> list[ValueChange]:
    """Return the values of ``change`` that HubSpot has not stored as they were sent."""
    return [
        value
        for value in change.values
        if value.name not in _REWRITTEN and not _is(change, live, value.name, value.after)
    ]


def _has_option(change: Change, live: LiveDefinition) -> bool:
    """Return whether a property has the option that ``change`` removes; True for all other changes."""
    if change.definition.section is not Section.OPTIONS:
        return True
    return change.definition.name in list_of(live.values.get(OPTIONS))


def _is(change: Change, live: LiveDefinition, path: str, text: str | None) -> bool:
    section = change.definition.section
    if path == STAGE_NAMES and section is Section.PIPELINES:
        return True  # only manifests give the order of stage names; HubSpot has no such value
    if path == "name" and section is Section.LABELS and live.values.get(path) is None:
        return True  # HubSpot shows the name only some minutes after the label is created
    attribute = attribute_of(section, path) or _TEXT
    return same_text(attribute, live.values.get(path), text)
