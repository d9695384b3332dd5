"""What a change rests on: read, not written. Where live moved away from it, the change is stale. Pure.

- An update rests on the key that its record has in the portal: without it, it is another record's change.
- An archive rests on that too, on every value that state holds of the record, and on its associations that
  state knows: whoever changed one of them since may not want it to go.
- Where no state knows the record, or where a run is rolled back, an archive rests on the time of the last
  change as well: of its other values nobody has an idea.
"""

from collections.abc import Collection, Iterable

from reconciler.model.addresses import RECORD_ID, RecordId, RecordKey, split_address
from reconciler.model.definitions import ObjectSchema
from reconciler.model.labels import Label
from reconciler.model.live import LiveRecord
from reconciler.model.owned import OwnedRecord
from reconciler.plan.change import Change, Reason, ValueChange
from reconciler.plan.plan import ASSOCIATED

_LAST_CHANGE = ("hs_lastmodifieddate", "lastmodifieddate")
"""What HubSpot calls the time of a record's last change; contacts have a name of their own for it."""


def names_rested_on(schema: ObjectSchema, owned: Iterable[OwnedRecord]) -> set[str]:
    """Properties to read of records that may have to be archived, those of ``owned`` among them."""
    held = {name for record in owned for name in record.sent}
    return held.union(_LAST_CHANGE) & schema.properties.keys()


def update_rests_on(by: str, live: LiveRecord) -> tuple[ValueChange, ...]:
    """The key that a record has while it is updated."""
    return (_as_read(by, live.properties[by]),) if by in live.properties else ()


def archive_rests_on(
    schema: ObjectSchema,
    by: str,
    live: LiveRecord,
    owned: OwnedRecord | None,
    others: Iterable[str] = (),
    *,
    last_change: bool = False,
) -> tuple[ValueChange, ...]:
    """Values of a record that is to be archived, by name; ``others`` are properties besides those of state.

    ``last_change``: rest on the time of it although state knows the record.
    """
    names = {*others, *(owned.sent if owned else ()), *(() if by == RECORD_ID else (by,))}
    if owned is None or last_change:
        names.update(_LAST_CHANGE)
    known = names & schema.properties.keys() & live.properties.keys()
    return tuple(_as_read(name, live.properties[name]) for name in sorted(known))


def association_rested_on(other: str, other_id: RecordId, labels: Collection[Label] | None) -> ValueChange:
    """An association of a record that is to be archived, named by the address of the other record."""
    name = RecordKey(other, RECORD_ID, other_id).address
    return _as_read(name, associated_as(labels))


def other_end(name: str) -> tuple[str, RecordId] | None:
    """Object type and id of the other record, where ``name`` is that of an association; else None."""
    try:
        object_name, is_by_record_id, value, _ = split_address(name)
    except ValueError:
        return None
    return (object_name, RecordId(value)) if is_by_record_id else None


def objects_rested_on(changes: Iterable[Change]) -> set[str]:
    """Object types at the other end of the associations that ``changes`` rest on."""
    ends = (other_end(value.name) for change in changes for value in change.rests_on)
    return {end[0] for end in ends if end is not None}


def associated_as(labels: Collection[Label] | None) -> str | None:
    """How two records are associated, as text; None where they are not. HubSpot moves flags by itself."""
    if labels is None:
        return None
    types = sorted((label.type, label.text) for label in labels if not label.is_flag)
    return "; ".join([ASSOCIATED, *(f"{text} ({category} {number})" for (category, number), text in types)])


def _as_read(name: str, text: str | None) -> ValueChange:
    return ValueChange(name, text, text, Reason.IN_STEP)
