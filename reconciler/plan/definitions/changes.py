"""Building the changes of definitions, with one function for each action."""

from collections.abc import Iterable

from reconciler.model.addresses import DefinitionAddress, RecordId, Section
from reconciler.model.calls import Call, Operation
from reconciler.model.definition_attributes import OPTIONS, option_of
from reconciler.model.owned import OwnedDefinition
from reconciler.model.portal_definitions import DesiredDefinition, LiveDefinition
from reconciler.plan.change import (
    Action,
    Change,
    DefinitionDetails,
    Owned,
    Reason,
    Remote,
    ValueChange,
)
from reconciler.source import SourceRef

BY_CREATE = Operation(Call.CREATE_DEFINITION, None)
BY_UPDATE = Operation(Call.UPDATE_DEFINITION, None)
BY_ARCHIVE = Operation(Call.ARCHIVE_DEFINITION, None)

OPERATIONS = {Action.CREATE: BY_CREATE, Action.UPDATE: BY_UPDATE, Action.ARCHIVE: BY_ARCHIVE}
"""The call for each action; other actions need no call."""


def create_definition(
    address: DefinitionAddress,
    definition_id: RecordId | None,
    values: tuple[ValueChange, ...],
    source: SourceRef | None,
    owned: Owned,
    *,
    details: DefinitionDetails | None = None,
    reason: Reason = Reason.MISSING,
) -> Change:
    """Build the change that creates a definition; ``definition_id`` is None if HubSpot chooses the id."""
    return Change(
        address=address,
        action=Action.CREATE,
        reason=reason,
        values=values,
        remote=Remote(definition_id),
        operation=BY_CREATE,
        owned=owned,
        source=source,
        details=details,
    )


def update_definition(
    address: DefinitionAddress,
    definition_id: RecordId,
    values: tuple[ValueChange, ...],
    reason: Reason,
    *,
    source: SourceRef | None,
    owned: Owned | None,
    remembered: tuple[ValueChange, ...] = (),
    forgotten: tuple[ValueChange, ...] = (),
    rests_on: tuple[ValueChange, ...] = (),
    moved_from: DefinitionAddress | None = None,
    details: DefinitionDetails | None = None,
    step: int = 1,
) -> Change:
    """Build the change that writes ``values`` (at least one) to an existing definition."""
    return Change(
        address=address,
        action=Action.UPDATE,
        reason=reason,
        values=values,
        remembered=remembered,
        forgotten=forgotten,
        rests_on=rests_on,
        moved_from=moved_from,
        remote=Remote(definition_id),
        operation=BY_UPDATE,
        owned=owned,
        source=source,
        details=details,
        step=step,
    )


def archive_definition(
    address: DefinitionAddress,
    definition_id: RecordId,
    reason: Reason,
    source: SourceRef | None,
    *,
    owned_before: Owned | None,
    lost: tuple[ValueChange, ...] = (),
    rests_on: tuple[ValueChange, ...] = (),
    details: DefinitionDetails | None = None,
) -> Change:
    """Build the change that archives a definition; a rollback can create it again from ``lost``."""
    return Change(
        address=address,
        action=Action.ARCHIVE,
        reason=reason,
        forgotten=lost,
        rests_on=rests_on,
        remote=Remote(definition_id),
        operation=BY_ARCHIVE,
        owned_before=owned_before,
        source=source,
        details=details,
    )


COMES_BACK = frozenset({Section.PROPERTIES, Section.OPTIONS, Section.GROUPS})
"""Sections whose archived definitions can be restored by creating them again; others are lost for good.

A property that is created again even has its old values in all records. Source:
https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide.
"""


def lost_values(
    live: LiveDefinition, owned: OwnedDefinition | None, option: str | None = None
) -> tuple[ValueChange, ...]:
    """Return the live and the last sent values of a definition to archive, or of one ``option`` to remove.

    A value that state does not have gets the reason ``UNMANAGED``. The result is empty if HubSpot cannot
    restore such a definition.
    """
    if live.address.section not in COMES_BACK:
        return ()
    sent = owned.sent if owned is not None and owned.record_id == live.id else {}
    return tuple(
        ValueChange(path, text, sent.get(path), Reason.IN_STEP if path in sent else Reason.UNMANAGED)
        for path, text in sorted(live.values.items())
        if (option is None or path == OPTIONS or option_of(path) == option)
        and (text is not None or path in sent)
    )


def types_created_by(changes: Iterable[Change]) -> frozenset[str]:
    """Return the custom object types that ``changes`` create."""
    return frozenset(
        change.object_type
        for change in changes
        if change.action is Action.CREATE
        and is_definition_change(change)
        and change.definition.section is Section.SCHEMA
    )


def is_definition_change(change: Change) -> bool:
    """Return whether ``change`` is about a definition."""
    return isinstance(change.address, DefinitionAddress)


def details_of_property(wanted: DesiredDefinition) -> DefinitionDetails | None:
    """Return the details for a property with ``options_include:``; None for every other definition."""
    is_part = OPTIONS in wanted.paths and not wanted.has_all_options
    return DefinitionDetails(includes_options=True) if is_part else None


def details_of(change: Change) -> DefinitionDetails:
    """Return the details of a change of a definition; empty details if it has none."""
    return change.details if isinstance(change.details, DefinitionDetails) else DefinitionDetails()


HELD = "records"
"""The name of an entry of ``Change.rests_on``: its value is how many records use the archived definition."""


def losing_records(change: Change) -> int:
    """Return the number of records that lose a value when the definition of ``change`` is archived."""
    return sum(int(value.before or 0) for value in change.rests_on if value.name == HELD)
