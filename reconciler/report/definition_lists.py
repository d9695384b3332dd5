"""Formatting lists among the values of definitions, and the changes of such lists."""

import json
from collections.abc import Sequence

from reconciler.model.addresses import DefinitionAddress, ThingAddress
from reconciler.model.definition_attributes import Form, attribute_of

_LISTS = frozenset({Form.LIST, Form.SET})


def list_shown(key: ThingAddress, name: str | None, text: str | None) -> str | None:
    """Return the names in the list ``text``, with commas (None if it is empty); other values unchanged."""
    names = None if text is None else _names(key, name, text)
    return text if names is None else ", ".join(map(_shown, names)) or None


def change_of_list(key: ThingAddress, name: str, before: str | None, after: str | None) -> str:
    """Describe the changes of a list in words; empty for other values."""
    was, now = _names(key, name, before), _names(key, name, after)
    if was is None or now is None:
        return ""
    added = [each for each in now if each not in was]
    removed = [each for each in was if each not in now]
    is_moved = [each for each in was if each in now] != [each for each in now if each in was]
    return "; ".join(
        [
            *([f"added: {', '.join(map(_shown, added))}"] if added else []),
            *([f"removed: {', '.join(map(_shown, removed))}"] if removed else []),
            *(["in another order"] if is_moved and not _is_set(key, name) else []),
        ]
    )


def _names(key: ThingAddress, name: str | None, text: str | None) -> Sequence[str] | None:
    """Return the names in a list; None if the value is not a list, or is masked."""
    if not isinstance(key, DefinitionAddress) or name is None:
        return None
    attribute = attribute_of(key.section, name)
    if attribute is None or attribute.form not in _LISTS:
        return None
    try:
        names = json.loads(text or "[]")
    except ValueError:
        return None
    return [str(each) for each in names] if isinstance(names, list) else None


def _is_set(key: ThingAddress, name: str) -> bool:
    attribute = attribute_of(key.section, name) if isinstance(key, DefinitionAddress) else None
    return attribute is not None and attribute.form is Form.SET


def _shown(name: str) -> str:
    """Return a name, in quotes if it could be mistaken for several names."""
    return json.dumps(name, ensure_ascii=False) if "," in name or name != name.strip() or not name else name
