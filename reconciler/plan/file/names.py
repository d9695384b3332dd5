"""The JSON forms of names: labels of properties and values in the header, display names with each change.

Decoding checks the URL of HubSpot's pages: anybody may have written the plan file, and reports link to this
URL.
"""

from reconciler.json_values import (
    Json,
    Wrong,
    as_flag,
    as_mapping,
    as_object,
    as_text,
    as_tuple,
    or_null,
    part,
)
from reconciler.model.names import PAGES, TYPE_NUMBER, DisplayNames, Names, ObjectNames, PropertyNames
from reconciler.plan.file.forms import Form, if_there


def encode_names(names: Names) -> Json:
    """Encode the names of object types, properties and values."""
    return {
        "objects": {name: _object(known) for name, known in names.objects.items()},
        "pages": names.pages,
    }


def decode_names(found: object) -> Names:
    """Decode the result of ``encode_names``."""
    names = as_object(found)
    return Names(part(names, "pages", or_null(_as_pages)), part(names, "objects", as_mapping(_as_object)))


def encode_display_names(names: DisplayNames) -> Json:
    """Encode the display names that are known."""
    return {name: text for name, text in names._asdict().items() if text is not None}


def decode_display_names(found: object) -> DisplayNames:
    """Decode the result of ``encode_display_names``."""
    names = as_object(found)
    return DisplayNames(if_there(names, "record", as_text), if_there(names, "target", as_text))


DISPLAY_NAMES = Form(encode_display_names, decode_display_names, {"$ref": "#/$defs/display_names"})


def _object(known: ObjectNames) -> Json:
    return {
        "display": list(known.display),
        "properties": {name: _property(of) for name, of in known.properties.items()},
        "type_number": known.type_number,
    }


def _property(of: PropertyNames) -> Json:
    values: Json = {"values": dict(of.values)} if of.values else {}
    return {"label": of.label, "list": of.is_list} | values


def _as_object(found: object) -> ObjectNames:
    known = as_object(found)
    return ObjectNames(
        part(known, "type_number", or_null(_as_type_number)),
        part(known, "display", as_tuple(as_text)),
        part(known, "properties", as_mapping(_as_property)),
    )


def _as_property(found: object) -> PropertyNames:
    of = as_object(found)
    values = if_there(of, "values", as_mapping(as_text)) or {}
    return PropertyNames(part(of, "label", as_text), values, part(of, "list", as_flag))


def _as_pages(found: object) -> str:
    text = as_text(found)
    if not PAGES.fullmatch(text):
        raise Wrong("", "is no address of HubSpot's pages")
    return text


def _as_type_number(found: object) -> str:
    text = as_text(found)
    if not TYPE_NUMBER.fullmatch(text):
        raise Wrong("", "is not an object type id, such as 0-2 or 2-123")
    return text
