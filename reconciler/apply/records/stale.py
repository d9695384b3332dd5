"""Stale changes of records: somebody changed the records since the plan. They are found before the call."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from reconciler.apply.records.settle import holds, identity, read_again
from reconciler.hubspot.associations.read import read_pairs
from reconciler.hubspot.reader import PortalReader
from reconciler.model.addresses import RecordId, ThingAddress
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.live import LiveRecord
from reconciler.model.outcomes import Stale
from reconciler.plan.change import Action, Change
from reconciler.plan.rests_on import associated_as, other_end
from reconciler.plan.stages import Entry

Associated: TypeAlias = Mapping[tuple[RecordId, str], str | None]
"""Associations as text (None: no association), by record id and address of the other record."""


_UNANSWERED = "HubSpot leaves the record out of its answers: its present values are unknown"


def stale_records(
    reader: PortalReader,
    portal: PortalSchema,
    entries: Sequence[Entry],
    _created: Collection[ThingAddress] = (),
) -> Mapping[int, Stale]:
    """Return the stale changes in ``entries``, by number: their records changed in HubSpot since the plan.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    schema = portal.objects[entries[0][1].object_type]
    live = read_again(reader, schema, entries)
    associated = _read_associated(reader, portal, schema, [change for _, change in entries])
    found = {
        number: _UNANSWERED
        if identity(change) in live.unanswered
        else has_moved(schema, change, live.get(identity(change)), associated)
        for number, change in entries
    }
    return {number: Stale(message) for number, message in found.items() if message}


def has_moved(
    schema: ObjectSchema, change: Change, live: LiveRecord | None, associated: Associated
) -> str | None:
    """Describe how a record changed in HubSpot since the plan was made; None if it did not change."""
    if change.action is Action.CREATE:
        return f"record {live.id} has this key now" if live else None
    if live is None:
        return f"record {change.known_id} is no longer there"
    names = [value.name for value in change.values if not holds(schema, live, value.name, value.before)]
    for value in change.rests_on:
        if other_end(value.name) is None:
            is_so = holds(schema, live, value.name, value.before)
        else:
            is_so = associated.get((change.known_id, value.name)) == value.before
        names += [] if is_so else [value.name]
    return f"{', '.join(sorted(names))} changed in HubSpot since the plan was made" if names else None


def _read_associated(
    reader: PortalReader, portal: PortalSchema, schema: ObjectSchema, changes: Sequence[Change]
) -> Associated:
    """Read the associations that ``changes`` depend on, as they are in HubSpot now."""
    wanted: dict[str, list[tuple[RecordId, RecordId, str]]] = {}
    for change in changes:
        for value in change.rests_on:
            end = other_end(value.name)
            if end is not None:
                wanted.setdefault(end[0], []).append((change.known_id, end[1], value.name))
    associated: dict[tuple[RecordId, str], str | None] = {}
    for other, ends in wanted.items():
        live = read_pairs(reader, schema, portal.objects[other], [record_id for record_id, *_ in ends])
        for record_id, other_id, name in ends:
            associated[record_id, name] = associated_as(live.get(record_id, {}).get(other_id))
    return associated
