"""JSON types of fields in definitions: HubSpot refuses a body if it cannot convert one of its values.

Source of the types: github.com/HubSpot/HubSpot-public-api-spec-collection. HubSpot's API converts texts and
numbers into each other where this is possible.
"""

from collections.abc import Mapping
from typing import Any

from reconciler.emulator import refusals

_NUMBER, _SWITCH, _TEXT = "a number", "true or false", "a string"
_TYPES: Mapping[str, str] = {
    "displayOrder": _NUMBER,
    **dict.fromkeys(
        ("hidden", "formField", "hasUniqueValue", "externalOptions", "showCurrencySymbol"), _SWITCH
    ),
    **dict.fromkeys(("restorable", "allowsSensitiveProperties", "clearDescription"), _SWITCH),
    **dict.fromkeys(("name", "label", "type", "fieldType", "groupName", "description", "value"), _TEXT),
    **dict.fromkeys(("singular", "plural", "primaryDisplayProperty", "inverseLabel"), _TEXT),
}
_SWITCHES = {"true": True, "false": False}


def converted(body: Any) -> Any:
    """Return a copy of a body with values of the right types; refuse a value that cannot be converted."""
    if isinstance(body, dict):
        return {
            field: _value(field, value) if field in _TYPES else converted(value)
            for field, value in body.items()
        }
    return [converted(item) for item in body] if isinstance(body, list) else body


def _value(field: str, value: Any) -> Any:
    wanted = _TYPES[field]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is None:
        return None
    if wanted == _TEXT and (isinstance(value, str) or is_number):
        return str(value)
    if wanted == _NUMBER and isinstance(value, int) and is_number:
        return value
    if wanted == _NUMBER and isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
        return int(value)
    if wanted == _SWITCH and isinstance(value, bool):
        return value
    if wanted == _SWITCH and isinstance(value, str) and value.lower() in _SWITCHES:
        return _SWITCHES[value.lower()]
    raise refusals.wrong_shape(f"{field} must be {wanted}")
