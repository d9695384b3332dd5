"""The fields of record changes, for the plan file and the journal."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from reconciler.json_values import Json, as_object, part
from reconciler.model.addresses import Address, RecordAddress, RecordId
from reconciler.model.calls import Call
from reconciler.plan.change import Action, Change, Details, Reason, RecordDetails
from reconciler.plan.file.forms import KEY_SCHEMA, Form, as_record_id, decode_key, encode_key
from reconciler.plan.records.changes import replaced_by


class _Shape(NamedTuple):
    """The requirements for every change with a certain action."""

    calls: frozenset[Call] = frozenset()  # allowed calls; empty: no call, only state changes
    has_id: bool = True
    is_ours: bool = True  # whether the record is owned afterwards


_SHAPES: Mapping[Action, _Shape] = {
    Action.CREATE: _Shape(frozenset({Call.UPSERT, Call.CREATE}), has_id=False),
    Action.UPDATE: _Shape(frozenset({Call.UPDATE, Call.UPSERT})),
    Action.ADOPT: _Shape(),
    Action.ARCHIVE: _Shape(frozenset({Call.ARCHIVE}), is_ours=False),
    Action.RELEASE: _Shape(is_ours=False),
}


def _encode_address(address: Address) -> Json:
    """Encode the address of a record."""
    return encode_key(_record(address))


def _decode_address(found: object) -> RecordAddress:
    """Decode the result of ``_encode_address``."""
    return decode_key(found)


def _encode_details(details: RecordDetails) -> Json:
    """Encode the id of the lost record that a created record replaces."""
    return {"replaces": details.replaces}


def _decode_details(found: object) -> RecordDetails:
    """Decode the result of ``_encode_details``."""
    return RecordDetails(part(as_object(found), "replaces", as_record_id))


def address_cells(address: Address) -> Mapping[str, object]:
    """Return the value of each journal column that stores ``address``."""
    key = _record(address)
    return {"object": key.object, "by": key.by, "key": key.value}


def address_in(cells: Mapping[str, Any]) -> RecordAddress:
    """Read an address from columns of the journal."""
    return RecordAddress(cells["object"], cells["by"], cells["key"])


def _record(address: Address) -> RecordAddress:
    if not isinstance(address, RecordAddress):
        raise TypeError(f"{address} is no record")
    return address


def details_cells(change: Change) -> Mapping[str, object]:
    """Return the value of each journal column that stores details of ``change``."""
    return {"replaces": replaced_by(change)}


def details_in(cells: Mapping[str, Any]) -> Details | None:
    """Read details from columns of the journal."""
    return RecordDetails(RecordId(cells["replaces"])) if cells["replaces"] else None


ADDRESS = Form(_encode_address, _decode_address, KEY_SCHEMA)
DETAILS = Form(_encode_details, _decode_details, {"$ref": "#/$defs/record_details"})


_OURS_OR_NOT = frozenset({Reason.FILLED, Reason.MIGRATED, Reason.ROLLED_BACK})
"""Reasons of updates after which we may own the record or not own it: both are correct."""


def flaw(change: Change) -> str | None:
    """Return why ``change`` cannot be a change of a record; None if it can."""
    shape = _SHAPES[change.action]
    if (change.operation.call if change.operation else None) not in (shape.calls or {None}):
        how = f"the call {' or '.join(sorted(shape.calls))}" if shape.calls else "no call"
        return f'a change of a record with the action "{change.action}" must have {how}'
    if change.action is Action.ARCHIVE and change.sent_by.id_property is not None:
        return 'the call of a change with the action "archive" must name the record by record id'
    if shape.has_id is not (change.remote.id is not None):
        must = "must" if shape.has_id else "must not"
        return f'a change of a record with the action "{change.action}" {must} have a record id'
    if shape.is_ours is not (change.owned is not None) and change.reason not in _OURS_OR_NOT:
        must = "must" if shape.is_ours else "must not"
        return f'a change of a record with the action "{change.action}" {must} have `owned`'
    return None
