"""Whether it was us who made a record, where no answer says so. Pure.

A key was missing when its create was intended, and is there now. That may be our call, or somebody who was
quicker. It counts as ours on evidence only: HubSpot says that the record was made while our call was under
way, and every value that we sent is there, or what HubSpot makes of it.
"""

from datetime import UTC, datetime, timedelta

from reconciler.hubspot.transport.connection import DEADLINE_S
from reconciler.model.canonical import parse_instant
from reconciler.model.definitions import ObjectSchema
from reconciler.model.live import LiveRecord
from reconciler.model.outcomes import Applied
from reconciler.plan.change import Change, ValueChange
from reconciler.plan.values.equality import may_be_spelling, same_value

NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands where HubSpot tells no time: it proves nothing."""

_BEFORE = timedelta(seconds=2)
"""Clocks of HubSpot differ a little, and its headers tell whole seconds."""

_AFTER = timedelta(seconds=DEADLINE_S) + timedelta(minutes=2)
"""How long after a call was handed to a connection HubSpot may still act on it."""


def found_as_created(
    schema: ObjectSchema, change: Change, live: LiveRecord, sent_at: datetime | None
) -> Applied:
    """What came of a create whose answer was lost, and whose key is there."""
    values = change.values
    written = {
        value.name: value.after
        for value in values
        if _is_sent(schema, value, live.properties.get(value.name))
    }
    is_whole = len(written) == len(values)
    is_ours = is_whole and _was_made_by(live.created_at, sent_at)
    answered = {value.name: live.properties.get(value.name) for value in values}
    return Applied(live.id, answered, is_ours, None if is_whole else written)


def is_ours_as_made(
    schema: ObjectSchema, change: Change, made: LiveRecord | None, sent_at: datetime | None
) -> bool:
    """Whether our call of ``sent_at`` created the record that ``made`` tells, as it was created."""
    return made is not None and found_as_created(schema, change, made, sent_at).is_new is True


def is_there(schema: ObjectSchema, value: ValueChange, now: str | None) -> bool:
    """Whether ``now`` is what ``value`` was to become, or HubSpot's spelling of it, and not what it was."""
    definition = schema.properties.get(value.name)
    if definition is None:
        return False
    if same_value(definition.kind, now, value.before):
        return same_value(definition.kind, now, value.after)
    return may_be_spelling(definition.kind, value.after, now)


def _is_sent(schema: ObjectSchema, value: ValueChange, now: str | None) -> bool:
    """The same of a new record, which had no value before: of some HTML, HubSpot keeps nothing at all."""
    definition = schema.properties.get(value.name)
    return definition is not None and may_be_spelling(definition.kind, value.after, now)


def _was_made_by(created_at: str | None, sent_at: datetime | None) -> bool:
    made = parse_instant(created_at or "")
    return made is not None and sent_at is not None and sent_at - _BEFORE <= made <= sent_at + _AFTER
