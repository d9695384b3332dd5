"""The members of definitions, by HubSpot's own names: one table for reading, comparing and writing them.

A value of a definition has a path: ``label``, ``labels/plural``, ``options/gold/hidden``. Its text is
canonical: ``true`` and ``false``, numbers without needless digits, lists as JSON. Sources:
https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide,
https://developers.hubspot.com/docs/api-reference/crm-pipelines-v3/guide,
https://developers.hubspot.com/docs/api-reference/crm-schemas-v3/guide.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from urllib.parse import unquote

from reconciler.model.addresses import Section, escaped
from reconciler.model.formulas import names_in_formula


class Form(StrEnum):
    """How the text of a value is written."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"  # true or false
    LIST = "list"  # a JSON list of texts, in a meaningful order
    SET = "set"  # a JSON list of texts, sorted because HubSpot ignores the order


@dataclass(frozen=True, slots=True)
class Attribute:
    """One member of a definition."""

    form: Form = Form.TEXT
    is_needed: bool = False  # a new definition must have the attribute
    is_fixed: bool = False  # HubSpot ignores or refuses later changes
    default: str | None = None  # HubSpot's value if a new definition leaves the attribute out
    words: tuple[str, ...] = ()  # allowed texts; empty: any
    is_metadata: bool = False  # HubSpot nests the attribute under ``metadata``


_FLAG = Attribute(Form.BOOLEAN, default="false")
_LABEL = Attribute(is_needed=True)
_ORDER = Attribute(Form.NUMBER)

OPTION_ATTRIBUTES: Mapping[str, Attribute] = {
    "label": _LABEL,
    "description": Attribute(),
    "hidden": _FLAG,
}
"""Members of one option of a property."""

ATTRIBUTES: Mapping[Section, Mapping[str, Attribute]] = {
    Section.GROUPS: {"label": _LABEL, "displayOrder": _ORDER},
    Section.PROPERTIES: {
        "label": _LABEL,
        "type": Attribute(
            is_needed=True,
            words=("string", "number", "date", "datetime", "enumeration", "bool", "phone_number"),
        ),
        "fieldType": Attribute(
            is_needed=True,
            words=(
                "text",
                "textarea",
                "html",
                "phonenumber",
                "file",
                "number",
                "date",
                "select",
                "radio",
                "checkbox",
                "booleancheckbox",
                "calculation_equation",
            ),
        ),
        "groupName": Attribute(is_needed=True),
        "description": Attribute(),
        "hidden": _FLAG,
        "formField": _FLAG,
        "displayOrder": _ORDER,
        "hasUniqueValue": Attribute(Form.BOOLEAN, is_fixed=True, default="false"),
        "dataSensitivity": Attribute(
            is_fixed=True,
            default="non_sensitive",
            words=("non_sensitive", "sensitive", "highly_sensitive"),
        ),
        "externalOptions": Attribute(Form.BOOLEAN, is_fixed=True, default="false"),
        "referencedObjectType": Attribute(is_fixed=True),
        "calculationFormula": Attribute(),
        "numberDisplayHint": Attribute(),
        "textDisplayHint": Attribute(),
        "showCurrencySymbol": _FLAG,
        "currencyPropertyName": Attribute(),
    },
    Section.PIPELINES: {"label": _LABEL, "displayOrder": _ORDER},
    Section.STAGES: {
        "label": _LABEL,
        "displayOrder": _ORDER,
        "probability": Attribute(Form.NUMBER, is_metadata=True),
        "ticketState": Attribute(words=("OPEN", "CLOSED"), default="OPEN", is_metadata=True),
        "state": Attribute(is_metadata=True),
    },
    Section.SCHEMA: {
        "labels/singular": _LABEL,
        "labels/plural": _LABEL,
        "description": Attribute(),
        "primaryDisplayProperty": Attribute(is_needed=True),
        "secondaryDisplayProperties": Attribute(Form.LIST),
        "requiredProperties": Attribute(Form.SET),
        "searchableProperties": Attribute(Form.SET),
        "associatedObjects": Attribute(Form.SET),
        "allowsSensitiveProperties": Attribute(Form.BOOLEAN, default="false"),
    },
    Section.LABELS: {"label": _LABEL, "inverseLabel": Attribute(), "name": Attribute(is_fixed=True)},
    Section.OPTIONS: OPTION_ATTRIBUTES,
}
"""Members of definitions, by section. Options of a property have paths below ``options/``."""

OPTIONS = "options"
"""Path of the list with the names of a property's options, in the order of display."""

STAGE_NAMES = "stages"
"""Path of the list with the names of a pipeline's stages, in the order of display."""

GROUP = "groupName"
"""Path of a property's group."""

FORMULA = "calculationFormula"
"""Path of the formula of a calculated property."""

_PRIMARY_DISPLAY = "primaryDisplayProperty"
_DISPLAY_FIELDS = frozenset({"secondaryDisplayProperties", "requiredProperties", "searchableProperties"})
"""Lists in a schema that name properties."""


def made_group(object_type: str) -> str:
    """Return the name of the property group that HubSpot creates together with a custom object type.

    Source: https://github.com/scopiousdigital/kalup.
    """
    return f"{object_type}_information"


def named_properties(path: str, text: str | None) -> Iterable[str]:
    """Return the properties of the same object type that the value at ``path`` names, each once."""
    if text is None:
        return ()
    if path == FORMULA:
        return names_in_formula(text)
    if path == _PRIMARY_DISPLAY:
        return (text,)
    return dict.fromkeys(list_of(text)) if path in _DISPLAY_FIELDS else ()


def attribute_of(section: Section, path: str) -> Attribute | None:
    """Return the attribute at ``path`` of definitions in ``section``; None if there is none."""
    parts = path.split("/")
    if section is Section.PROPERTIES and parts[0] == OPTIONS:
        if len(parts) == 1:
            return Attribute(Form.LIST)
        return OPTION_ATTRIBUTES.get(parts[2]) if len(parts) == _OPTION_PARTS else None
    if section is Section.PIPELINES and path == STAGE_NAMES:
        return Attribute(Form.LIST)
    return ATTRIBUTES[section].get(path)


_OPTION_PARTS = 3
"""Parts of ``options/gold/label``."""


def option_path(option: str, attribute: str) -> str:
    """Return the path of a member of an option: ``options/gold/label``."""
    return f"{OPTIONS}/{escaped(option)}/{attribute}"


def option_of(path: str) -> str | None:
    """Return the option whose member has this path; None for other paths."""
    parts = path.split("/")
    return unquote(parts[1]) if parts[0] == OPTIONS and len(parts) == _OPTION_PARTS else None


def canonical_text(form: Form, text: str | None) -> str | None:
    """Return the canonical text of a value in ``form``; None for None, and for an empty text.

    An empty text of a list or set does not become None. A text that is not a valid number or boolean stays
    as it is: validation reports it.
    """
    if text is None or (text == "" and form is not Form.LIST and form is not Form.SET):
        return None
    if form is Form.BOOLEAN:
        return text.lower() if text.lower() in {"true", "false"} else text
    if form is Form.NUMBER:
        return _plain_number(text)
    return text


def list_text(items: Iterable[str], form: Form = Form.LIST) -> str:
    """Return the canonical text of a list; a set is sorted, and has no item twice."""
    listed = list(items) if form is Form.LIST else sorted(set(items))
    return json.dumps(listed, ensure_ascii=False, separators=(",", ":"))


def list_of(text: str | None) -> tuple[str, ...]:
    """Return the items of a list from its canonical text; an empty text or None has no items."""
    return tuple(json.loads(text)) if text else ()


def same_text(attribute: Attribute, left: str | None, right: str | None) -> bool:
    """Return whether two texts of an attribute are equal; None counts as the attribute's default."""
    one, other = (canonical_text(attribute.form, text) for text in (left, right))
    if attribute.form in {Form.LIST, Form.SET}:
        items = list_of(one), list_of(other)
        return items[0] == items[1] if attribute.form is Form.LIST else set(items[0]) == set(items[1])
    return (one or attribute.default) == (other or attribute.default)


def _plain_number(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite():
        return text
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
