"""Values of definitions as HubSpot's API takes them. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from reconciler.model.addresses import Section
from reconciler.model.definition_attributes import (
    ATTRIBUTES,
    OPTION_ATTRIBUTES,
    Attribute,
    Form,
    list_of,
    option_path,
)
from reconciler.model.object_types import object_type

Values = Mapping[str, str | None]

_EMPTY_TEXTS = frozenset({"description", "inverseLabel"})
"""Attributes that are cleared by an empty text instead of ``null``."""

_YES_NO = (("true", "Yes"), ("false", "No"))
_BOTH = frozenset(name for name, _ in _YES_NO)
_LAST = -1


def member(name: str, attribute: Attribute, text: str | None) -> object:
    """Return ``text`` as the JSON value that HubSpot expects for the attribute ``name``."""
    match attribute.form:
        case Form.LIST | Form.SET:
            return list(list_of(text))
        case Form.BOOLEAN if text is not None:
            return text == "true"
        case Form.NUMBER if text is not None:
            return float(text) if "." in text else int(text)
        case _:
            if text is None and name == "displayOrder":
                return _LAST
            return "" if text is None and name in _EMPTY_TEXTS else text


def members(section: Section, values: Values) -> dict[str, object]:
    """Return the attributes among ``values`` that are plain members of HubSpot's JSON.

    Options, stages, metadata of stages and labels of schemas are left out, because HubSpot nests them.
    """
    return {
        name: member(name, attribute, values[name])
        for name, attribute in ATTRIBUTES[section].items()
        if name in values and not attribute.is_metadata and "/" not in name
    }


def metadata(values: Values) -> dict[str, object]:
    """Return the values that HubSpot nests as the ``metadata`` of a stage; there, all of them are texts."""
    return {
        name: values[name]
        for name, attribute in ATTRIBUTES[Section.STAGES].items()
        if attribute.is_metadata and values.get(name) is not None
    }


def options(names: Iterable[str], values: Values) -> list[dict[str, object]]:
    """Return the whole list of options ``names``, in this order, with their attributes from ``values``."""
    listed: list[dict[str, object]] = []
    for order, name in enumerate(names):
        option: dict[str, object] = {"value": name, "label": name, "hidden": False, "displayOrder": order}
        for each, attribute in OPTION_ATTRIBUTES.items():
            text = values.get(option_path(name, each))
            if text is not None:
                option[each] = member(each, attribute, text)
        listed.append(option)
    return listed


def yes_and_no(names: Sequence[str], values: Values) -> list[dict[str, object]]:
    """Return the two options of a boolean property, in the order of ``names`` if it contains both."""
    labels = {option_path(name, "label"): label for name, label in _YES_NO}
    ordered = names if set(names) == _BOTH else [name for name, _ in _YES_NO]
    return options(ordered, labels | {key: text for key, text in values.items() if text})


def schema_members(values: Values) -> dict[str, object]:
    """Return the members of a schema as HubSpot's JSON; it puts the two labels into one object."""
    labels = {name: values[f"labels/{name}"] for name in ("singular", "plural") if f"labels/{name}" in values}
    plain = members(Section.SCHEMA, values)
    plain.pop("associatedObjects", None)
    return plain | ({"labels": labels} if labels else {})


def associated(names: Sequence[str], numbers: Mapping[str, str]) -> list[str]:
    """Return the object types ``names`` as a new schema lists them: some as words, others as numbers.

    Words are, for example, ``CONTACT``. ``numbers`` has the numbers of custom object types, by name.
    """
    found: list[str] = []
    for name in names:
        row = object_type(name)
        by_word = (row.singular or name).upper() if row.has_word_in_schemas else None
        found.append(by_word or row.number or numbers.get(name, name))
    return found
