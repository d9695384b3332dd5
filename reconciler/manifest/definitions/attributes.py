"""Reading the attributes of a definition as canonical texts.

An attribute has the same name as in HubSpot's API; ``model/definition_attributes.py`` lists them all.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from reconciler.manifest.definitions.context import About
from reconciler.manifest.definitions.declared import Statement
from reconciler.manifest.definitions.refusals import refusal_within
from reconciler.manifest.yaml.nodes import Blank, EntryNode, SequenceNode
from reconciler.model.addresses import DefinitionAddress
from reconciler.model.definition_attributes import Attribute, Form, canonical_text, list_text
from reconciler.suggestions import suggest

_LISTS: Final = frozenset({Form.LIST, Form.SET})
_CLEAR: Final = "write null to clear it in HubSpot, or remove the line to leave it alone"
_LEAVE: Final = "write a value, or remove the line to leave it alone"
_BOOLEAN: Final = "write true or false"
_BLANK: Final = {Blank.EMPTY: "has no value", Blank.QUOTED: "is an empty text"}


def read_attributes(
    entries: Iterable[EntryNode],
    attributes: Mapping[str, Attribute],
    about: About,
    address: DefinitionAddress,
    prefix: str = "",
) -> dict[str, Statement]:
    """Read the entries that are in the table of attributes; report all others.

    Args:
        entries: the lines of the definition, without directives and nested lines.
        attributes: the table, by path.
        about: the document, which collects the problems.
        address: address of the definition.
        prefix: beginning of the entries' paths, such as ``labels/``.
    """
    found = {}
    for entry in entries:
        attribute = attributes.get(prefix + entry.name)
        if attribute is None:
            _report_unknown(entry, [path.removeprefix(prefix) for path in attributes], about, address)
        elif entry.value is not Blank.REFUSED:
            text = _read(entry, attribute, about, address)
            if text is not None or entry.value is None:
                found[prefix + entry.name] = (text, entry.place)
    return found


def _report_unknown(entry: EntryNode, known: Iterable[str], about: About, address: DefinitionAddress) -> None:
    refused = refusal_within(entry.name)
    if refused is not None:
        message = f'"{entry.name}": {refused.message}'
        about.report(message, refused.advice, entry.name_place, address)
    elif entry.name == "metadata":
        advice = "write the lines below `metadata` one level higher, beside `label`"
        about.report('"metadata" cannot be used here', advice, entry.name_place, address)
    elif entry.name == "displayOrder":
        message = "the order of the file is the order of display"
        about.report(message, "remove `displayOrder`, and put the lines in order", entry.name_place, address)
    else:
        names = {path.partition("/")[0] for path in known}
        about.report(f'unknown key "{entry.name}"', suggest(entry.name, names), entry.name_place, address)


def _read(entry: EntryNode, attribute: Attribute, about: About, address: DefinitionAddress) -> str | None:
    """Return the canonical text of a value; None if it is cleared, or wrong and reported."""
    name, value = entry.name, entry.value
    if attribute.form in _LISTS:
        return _read_list(entry, attribute, about, address)
    if value is None:
        if not _can_be_cleared(attribute):
            about.report(f'"{name}" cannot be cleared', _LEAVE, entry.place, address)
        return None
    if isinstance(value, Blank):
        fault = _BLANK.get(value, f"is set to {value.value}, but only null clears a value")
        about.report(
            f'"{name}" {fault}', _CLEAR if _can_be_cleared(attribute) else _LEAVE, entry.place, address
        )
        return None
    if not isinstance(value, str):
        about.report(f'"{name}" must be a text', _LEAVE, entry.place, address)
        return None
    return _checked(entry, value, attribute, about, address)


def _checked(
    entry: EntryNode, value: str, attribute: Attribute, about: About, address: DefinitionAddress
) -> str | None:
    text = canonical_text(attribute.form, value)
    message = f'"{entry.name}" cannot be "{value}"'
    if attribute.form is Form.BOOLEAN and text not in {"true", "false"}:
        about.report(message, _BOOLEAN, entry.place, address)
    elif attribute.form is Form.NUMBER and not _is_number(value):
        about.report(message, "write a number, such as 3 or 0.5", entry.place, address)
    elif entry.name == "probability" and not 0 <= Decimal(value) <= 1:
        about.report(message, "write a number from 0 to 1, such as 0.2", entry.place, address)
    elif attribute.words and value not in attribute.words:
        refused = refusal_within(value)
        advice = refused.advice if refused else suggest(value, attribute.words)
        message = f"{message}: {refused.message}" if refused else message
        about.report(message, advice, entry.place, address)
    else:
        return text
    return None


def _can_be_cleared(attribute: Attribute) -> bool:
    is_plain = attribute.form is Form.TEXT and not attribute.words
    return is_plain and not attribute.is_needed and not attribute.is_fixed


def _is_number(text: str) -> bool:
    try:
        return text.isascii() and Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _read_list(
    entry: EntryNode, attribute: Attribute, about: About, address: DefinitionAddress
) -> str | None:
    if not isinstance(entry.value, SequenceNode):
        advice = "write it as [one, other], or [] for none"
        about.report(f'"{entry.name}" must be a list', advice, entry.place, address)
        return None
    items: list[str] = []
    for item, place in zip(entry.value.items, entry.value.places, strict=True):
        if not isinstance(item, str):
            if item is not Blank.REFUSED:
                about.report(f'an item of "{entry.name}" must be a text', "remove it", place, address)
        elif item in items:
            about.report(f'"{item}" is listed twice', "keep one of the two", place, address)
        else:
            items.append(item)
    return list_text(items, attribute.form)
