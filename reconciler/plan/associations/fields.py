"""The fields of association changes, for the plan file and the journal."""

import json
from collections.abc import Mapping
from typing import Any

from reconciler.json_values import Json, as_flag, as_object, part
from reconciler.model.addresses import Address, AssociationAddress, RecordAddress
from reconciler.model.labels import Label
from reconciler.plan.associations.changes import is_whole, operation_of
from reconciler.plan.change import Action, AssociationDetails, Change, Details
from reconciler.plan.file.forms import Form, decode_key, decode_label, encode_key, encode_label, if_there


def _encode_address(address: Address) -> Json:
    """Encode the keys of both records, and the label if there is one.

    The key of the record whose manifest entry contains the association comes first; the other is ``target``.
    """
    if not isinstance(address, AssociationAddress):
        raise TypeError(f"{address} is no association")
    label = {"label": encode_label(address.label)} if address.label else {}
    return encode_key(address.record) | {"target": encode_key(address.target)} | label


def _decode_address(found: object) -> AssociationAddress:
    """Decode the result of ``_encode_address``."""
    address = as_object(found)
    return AssociationAddress(
        decode_key(address), part(address, "target", decode_key), if_there(address, "label", decode_label)
    )


def _encode_details(details: AssociationDetails) -> Json:
    """Encode whether the change is about the whole association."""
    return {"whole": details.is_whole}


def _decode_details(found: object) -> AssociationDetails:
    """Decode the result of ``_encode_details``."""
    return AssociationDetails(part(as_object(found), "whole", as_flag))


def address_cells(address: Address) -> Mapping[str, object]:
    """Return the value of each journal column that stores ``address``."""
    if not isinstance(address, AssociationAddress):
        raise TypeError(f"{address} is no association")
    key, target, label = address.record, address.target, address.label
    return {
        "object": key.object,
        "by": key.by,
        "key": key.value,
        "to_object": target.object,
        "to_by": target.by,
        "to_key": target.value,
        "label": label and json.dumps([label.category, label.type_id, label.text], separators=(",", ":")),
    }


def address_in(cells: Mapping[str, Any]) -> AssociationAddress:
    """Read an address from columns of the journal."""
    return AssociationAddress(
        RecordAddress(cells["object"], cells["by"], cells["key"]),
        RecordAddress(cells["to_object"], cells["to_by"], cells["to_key"]),
        Label(*json.loads(cells["label"])) if cells["label"] else None,
    )


def details_cells(change: Change) -> Mapping[str, object]:
    """Return the value of each journal column that stores details of ``change``."""
    return {"whole": int(is_whole(change)) if change.details else None}


def details_in(cells: Mapping[str, Any]) -> Details | None:
    """Read details from columns of the journal; None if an older version stored none."""
    return None if cells["whole"] is None else AssociationDetails(bool(cells["whole"]))


ADDRESS = Form(_encode_address, _decode_address, {"$ref": "#/$defs/association"})
DETAILS = Form(_encode_details, _decode_details, {"$ref": "#/$defs/association_details"})


def flaw(change: Change) -> str | None:
    """Return why ``change`` cannot be a change of an association; None if it can."""
    if change.action is Action.UPDATE:
        return "an association is made or removed, and never updated"
    expected = operation_of(change)
    if change.operation != expected:
        how = f"the call {expected.call}" if expected else "no call"
        return f'a change of this association with the action "{change.action}" must have {how}'
    if change.action is not Action.CREATE and None in change.remote:
        return f'a change of an association with the action "{change.action}" must have both record ids'
    is_ours = change.action in {Action.CREATE, Action.ADOPT}
    if is_ours is not (change.owned is not None):
        must = "must" if is_ours else "must not"
        return f'a change of an association with the action "{change.action}" {must} have `owned`'
    return None
