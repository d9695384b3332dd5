"""Evidence that we created a record although no answer says so. Pure.

A key did not exist when its create was planned, and exists now. Our call may have created the record, or
somebody else was faster. The record counts as ours only if HubSpot says that it was created while our call
was under way, and if it has every value that we sent, or the value that HubSpot makes of it.
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
"""The time of a call if HubSpot gave none: so early that it proves nothing."""

_BEFORE = timedelta(seconds=2)
"""Tolerated difference of clocks: those of HubSpot differ a little, and its headers give whole seconds."""

_AFTER = timedelta(seconds=DEADLINE_S) + timedelta(minutes=2)
"""Time after sending in which HubSpot may still act on a call."""


def found_as_created(
    schema: ObjectSchema, change: Change, live: LiveRecord, sent_at: datetime | None
) -> Applied:
    """Return the outcome of a create without an answer; ``live`` is the record that has the wanted key."""
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
    """Return whether our call at ``sent_at`` created the record whose first values are ``made``."""
    return made is not None and found_as_created(schema, change, made, sent_at).is_new is True


def is_there(schema: ObjectSchema, value: ValueChange, now: str | None) -> bool:
    """Return whether the value ``now`` in HubSpot shows that the new value was written.

    HubSpot may spell the new value in another way. If ``now`` is the old value, the result is true only if
    the old value and the new value are equal.
    """
    definition = schema.properties.get(value.name)
    if definition is None:
        return False
    if same_value(definition.kind, now, value.before):
        return same_value(definition.kind, now, value.after)
    return may_be_spelling(definition.kind, value.after, now)


def _is_sent(schema: ObjectSchema, value: ValueChange, now: str | None) -> bool:
    """Return whether ``now`` is the value sent for a new record, or HubSpot's spelling of it.

    The old value does not matter here. HubSpot removes some HTML completely, so ``now`` may be None.
    """
    definition = schema.properties.get(value.name)
    return definition is not None and may_be_spelling(definition.kind, value.after, now)


def _was_made_by(created_at: str | None, sent_at: datetime | None) -> bool:
    made = parse_instant(created_at or "")
    return made is not None and sent_at is not None and sent_at - _BEFORE <= made <= sent_at + _AFTER
