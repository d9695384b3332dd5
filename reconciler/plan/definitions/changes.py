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
"""The call of each action; other actions make none."""


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
    """Create a definition. Its id is known before, except where HubSpot alone gives ids (labels)."""
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
    """Write ``values``, which are never empty, to an existing definition."""
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
    """Archive a definition; ``lost`` is how it was, so that a rollback can make it again."""
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
"""Sections whose definitions are the same again if they are made again; others are lost for good.

HubSpot gives a property that is made again its old values. Source:
https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide.
"""


def lost_values(
    live: LiveDefinition, owned: OwnedDefinition | None, option: str | None = None
) -> tuple[ValueChange, ...]:
    """Return a definition before it is archived, or one of its options: its live values, and the sent ones.

    A value that state does not know has the reason ``UNMANAGED``. Nothing is kept of a definition that cannot
    come back.
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
    """Return the details of a change of a property; None for most, and for other definitions."""
    is_part = OPTIONS in wanted.paths and not wanted.has_all_options
    return DefinitionDetails(includes_options=True) if is_part else None


def details_of(change: Change) -> DefinitionDetails:
    """Return the details of the change of a definition; they are empty for most changes."""
    return change.details if isinstance(change.details, DefinitionDetails) else DefinitionDetails()


HELD = "records"
"""Name of the number of records that hold the archived value; the archive rests on it."""


def losing_records(change: Change) -> int:
    """Return the number of records that lose their values by the archive of a definition."""
    return sum(int(value.before or 0) for value in change.rests_on if value.name == HELD)
