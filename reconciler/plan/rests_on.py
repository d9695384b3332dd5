"""Values that a change does not write, but depends on: if they change in HubSpot, it becomes stale. Pure.

- An update or an adoption depends on the live key of its record: if the key has changed, the manifest may
  mean another record.
- An archive also depends on all values and associations of the record in state: a person who has changed one
  of them may want to keep the record.
- If state does not have the record, or in a rollback, an archive also depends on the time of the last change,
  because nothing is known about its other values.
"""

from collections.abc import Collection, Iterable

from reconciler.model.addresses import RECORD_ID, RecordAddress, RecordId, split_address
from reconciler.model.associations import ASSOCIATED
from reconciler.model.definitions import ObjectSchema
from reconciler.model.labels import Label
from reconciler.model.live import LiveRecord
from reconciler.model.owned import OwnedRecord
from reconciler.model.references import RecordIdentity
from reconciler.plan.change import Change, Reason, ValueChange

_LAST_CHANGE = ("hs_lastmodifieddate", "lastmodifieddate")
"""HubSpot's properties for the time of a record's last change; contacts have the second one."""


def names_rested_on(schema: ObjectSchema, owned: Iterable[OwnedRecord]) -> set[str]:
    """Return the properties on which the archiving of ``owned`` records may depend.

    They are the properties that the state has for these records, and the time of the last change.
    """
    held = {name for record in owned for name in record.sent}
    return held.union(_LAST_CHANGE) & schema.properties.keys()


def key_rests_on(by: str, live: LiveRecord) -> tuple[ValueChange, ...]:
    """Return the live key of a record: an update or an adoption of the record becomes stale if it changes.

    The result is empty if the key property was not read.
    """
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
    """Return the live values that a change which archives a record depends on.

    If one of them changes in HubSpot, the change becomes stale. They are the values of the properties that
    state has for the record, of ``others``, and of the key.

    The time of the last change is included if ``owned`` is None or ``last_change`` is True.
    """
    names = {*others, *(owned.sent if owned else ()), *(() if by == RECORD_ID else (by,))}
    if owned is None or last_change:
        names.update(_LAST_CHANGE)
    known = names & schema.properties.keys() & live.properties.keys()
    return tuple(_as_read(name, live.properties[name]) for name in sorted(known))


def association_rested_on(other: str, other_id: RecordId, labels: Collection[Label] | None) -> ValueChange:
    """Return an association as an entry of ``rests_on``. The entry's name is the other record's address."""
    name = RecordAddress(other, RECORD_ID, other_id).text
    return _as_read(name, associated_as(labels))


def other_end(name: str) -> RecordIdentity | None:
    """Return the other record if ``name`` is from ``association_rested_on``; None if it is a property.

    ``name`` is the name of an entry of ``rests_on``.
    """
    try:
        object_name, is_by_record_id, value, _ = split_address(name)
    except ValueError:
        return None
    return RecordIdentity(object_name, RecordId(value)) if is_by_record_id else None


def objects_rested_on(changes: Iterable[Change]) -> set[str]:
    """Return the object types of records whose associations must not change before ``changes`` are sent.

    These are the records at the other end: the records of ``changes`` themselves are not included.
    """
    ends = (other_end(value.name) for change in changes for value in change.rests_on)
    return {end[0] for end in ends if end is not None}


def associated_as(labels: Collection[Label] | None) -> str | None:
    """Return an association as text; None if ``labels`` is None, because there is no association.

    The label "Primary" is left out, because HubSpot itself moves it to another association.
    """
    if labels is None:
        return None
    types = sorted((label.type, label.text) for label in labels if not label.is_flag)
    return "; ".join([ASSOCIATED, *(f"{text} ({category} {number})" for (category, number), text in types)])


def _as_read(name: str, text: str | None) -> ValueChange:
    return ValueChange(name, text, text, Reason.IN_STEP)
