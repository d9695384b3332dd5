"""Proof that no record holds what is to be removed: HubSpot removes an option that records hold.

The search index lags behind. So two looks in a row must find nobody, some seconds apart, and whoever it finds
is read by id: the index may still show what records held before this run moved them.
"""

from collections.abc import Callable, Sequence

from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.read import read_records
from reconciler.model.addresses import RECORD_ID, Section
from reconciler.model.definitions import ObjectSchema
from reconciler.plan.change import Change

INDEX_S = 15.0
"""Seconds between two looks."""

_LOOKS = 6
_LOOKS_IN_A_ROW = 2

_HELD = "records"
"""Name of the number of records whose values may be lost, as the plan was allowed."""


def holder_left(
    reader: PortalReader, schema: ObjectSchema, change: Change, sleep: Callable[[float], None]
) -> str | None:
    """Return a sentence if records still hold what ``change`` removes; None if nobody does.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    held = what_records_hold(schema, change)
    if held is None:
        return None
    name, value = held
    accepted = next((int(each.before or 0) for each in change.rests_on if each.name == _HELD), 0)
    free, count = 0, 0
    for look in range(_LOOKS):
        if look:
            sleep(INDEX_S)
        found = reader.find_holders(schema.path, name, value)
        count = found.total
        if count <= accepted:
            free += 1
            if free == _LOOKS_IN_A_ROW or accepted:
                return None
            continue
        free = 0
        holding = _still_holding(reader, schema, name, value, [record.id for record in found.results])
        if len(holding) > accepted or (accepted and count > accepted):
            return (
                f"{_counted(len(holding))} of {schema.name} hold{'s' if len(holding) == 1 else ''} it by now"
            )
    return f"HubSpot's search still finds {_counted(count)} of {schema.name} that hold it: apply again later"


def what_records_hold(schema: ObjectSchema, change: Change) -> tuple[str, str | None] | None:
    """Return property and value that records hold of a definition; None if they hold nothing of it."""
    address = change.definition
    own_id = (change.remote.id or "").partition("/")[2]
    names = schema.pipeline_and_stage
    match address.section:
        case Section.OPTIONS:
            return address.names[0], address.name
        case Section.PROPERTIES:
            return address.name, None
        case Section.PIPELINES if names:
            return names[0], own_id
        case Section.STAGES if names:
            return names[1], own_id
        case Section.SCHEMA:
            return "hs_object_id", None
        case _:
            return None


def _still_holding(
    reader: PortalReader, schema: ObjectSchema, name: str, value: str | None, ids: Sequence[str]
) -> list[str]:
    """Return those of some records that really hold the value."""
    live = read_records(reader, schema, RECORD_ID, ids, [name])
    holding: list[str] = []
    for record_id, record in live.items():
        text = record.properties.get(name)
        if text is not None and (value is None or value == text or value in text.split(";")):
            holding.append(record_id)
    return holding


def _counted(count: int) -> str:
    return f"{count:,} record" if count == 1 else f"{count:,} records"
