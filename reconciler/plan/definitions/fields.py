"""The fields of changes of definitions, for the plan file and the journal."""

import json
from collections.abc import Mapping
from typing import Any

from reconciler.json_values import Json, Wrong, as_flag, as_object, as_text, part
from reconciler.model.addresses import Address, DefinitionAddress, thing_address
from reconciler.plan.change import Action, Change, DefinitionDetails, Details, Reason
from reconciler.plan.definitions.changes import OPERATIONS
from reconciler.plan.file.forms import Form, if_there


def _encode_address(address: Address) -> Json:
    """Encode object type, section and names."""
    key = _definition(address)
    return {"object": key.object, "section": key.by, "name": key.value}


def _decode_address(found: object) -> DefinitionAddress:
    """Decode the result of ``_encode_address``."""
    address = as_object(found)
    parts = (part(address, name, as_text) for name in ("object", "section", "name"))
    try:
        return _definition(thing_address(*parts))
    except (TypeError, ValueError) as error:
        raise Wrong("", f"is not the address of a definition: {error}") from None


def _encode_details(details: DefinitionDetails) -> Json:
    """Encode only the details that are set."""
    encoded: Json = {} if details.parent_id is None else {"parent_id": details.parent_id}
    encoded |= {"carried": True} if details.is_carried else {}
    encoded |= {} if details.moves_to is None else {"moves_to": details.moves_to}
    return encoded | ({"options_include": True} if details.includes_options else {})


def _decode_details(found: object) -> DefinitionDetails:
    """Decode the result of ``_encode_details``."""
    details = as_object(found)
    return DefinitionDetails(
        if_there(details, "parent_id", as_text),
        if_there(details, "carried", as_flag) or False,
        if_there(details, "options_include", as_flag) or False,
        if_there(details, "moves_to", as_text),
    )


def address_cells(address: Address) -> Mapping[str, object]:
    """Return the value of each journal column that stores ``address``."""
    key = _definition(address)
    return {"object": key.object, "by": key.by, "key": key.value}


def address_in(cells: Mapping[str, Any]) -> DefinitionAddress:
    """Read an address from columns of the journal."""
    return DefinitionAddress(cells["object"], cells["by"], cells["key"])


def details_cells(change: Change) -> Mapping[str, object]:
    """Return the value of each journal column that stores details of ``change``."""
    if not isinstance(change.details, DefinitionDetails):
        return {"details": None}
    return {"details": json.dumps(_encode_details(change.details), separators=(",", ":"))}


def details_in(cells: Mapping[str, Any]) -> Details | None:
    """Read details from columns of the journal."""
    return _decode_details(json.loads(cells["details"])) if cells["details"] else None


def _definition(address: Address) -> DefinitionAddress:
    if not isinstance(address, DefinitionAddress):
        raise TypeError(f"{address} is no definition")
    return address


ADDRESS = Form(_encode_address, _decode_address, {"$ref": "#/$defs/definition"})
DETAILS = Form(_encode_details, _decode_details, {"$ref": "#/$defs/definition_details"})


def flaw(change: Change) -> str | None:
    """Return why ``change`` cannot be a change of a definition; None if it can."""
    expected = OPERATIONS.get(change.action)
    if change.operation != expected:
        how = f"the call {expected.call}" if expected else "no call"
        return f'a change of a definition with the action "{change.action}" must have {how}'
    if change.action is not Action.CREATE and change.remote.id is None:
        return f'a change of a definition with the action "{change.action}" must have its id'
    if change.action in _OURS and change.owned is None and not _comes_back(change):
        return f'a change of a definition with the action "{change.action}" must have `owned`'
    if change.action in _NOT_OURS and change.owned is not None:
        return f'a change of a definition with the action "{change.action}" must not have `owned`'
    return None


def _comes_back(change: Change) -> bool:
    """Return whether ``change`` is a rollback that creates a definition again."""
    return change.action is Action.CREATE and change.reason is Reason.ROLLED_BACK


_OURS = frozenset({Action.CREATE, Action.ADOPT})
_NOT_OURS = frozenset({Action.ARCHIVE, Action.RELEASE})
