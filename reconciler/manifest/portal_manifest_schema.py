"""The JSON schema of manifests for one portal: its properties, options, owners, pipelines and stages."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from reconciler.manifest.manifest_schema import OF_RECORDS, VALUE, Schema, manifest_schema
from reconciler.model.addresses import RECORD_ID
from reconciler.model.definitions import Kind, ObjectSchema, Owner, PropertyDef
from reconciler.model.object_types import names_of

_NUMBER: Final = re.compile(r"[-+]?(0|[1-9][0-9]*|0[0-9]+)(\.[0-9]*)?")
_ID: Final[Schema] = {"type": ["integer", "string"], "pattern": "^[0-9]+$"}
_LISTS: Final = frozenset({Kind.CHOICES, Kind.OWNERS})


def portal_manifest_schema(objects: Iterable[ObjectSchema], owners: Iterable[Owner]) -> Schema:
    """Return the JSON schema with which editors check manifests.

    For the object types in ``objects``, it contains the portal's properties and the values that they allow.
    For other object types, it checks only the form.
    """
    schema = manifest_schema()
    emails = sorted({owner.email for owner in owners if owner.is_active and owner.email})
    rules = []
    for known in sorted(objects, key=lambda each: each.name):
        names = sorted(known.properties)
        values = {name: _property(known, known.properties[name], emails) for name in names}
        schema["definitions"][_values_of(known)] = {"properties": values}
        rules.append(_rule(known, names))
    return {**schema, "allOf": rules} if rules else schema


def _values_of(known: ObjectSchema) -> str:
    return f"{known.name}.values"


def _rule(known: ObjectSchema, names: Sequence[str]) -> Schema:
    """Return the rule for documents of one object type; ``names`` are its properties."""
    values = [{"$ref": f"#/definitions/{_values_of(known)}"}]
    record = {"propertyNames": {"enum": [*names, *OF_RECORDS]}, "allOf": values}
    return {
        "if": {"properties": {"object": {"enum": list(names_of(known.name))}}, "required": ["object"]},
        "then": {
            "properties": {
                "key": {"enum": _keys(known)},
                "all": {"propertyNames": {"enum": names}, "allOf": values},
                "ownership": {"propertyNames": {"enum": names}},
                "records": {"additionalProperties": record},
            }
        },
    }


def _keys(known: ObjectSchema) -> list[str]:
    """Return the possible keys: advisable properties, then the record id, then other unique properties."""
    advisable = known.advisable_keys()
    others = sorted(name for name in known.properties if known.can_identify(name) and name not in advisable)
    return [*advisable, RECORD_ID, *others]


def _property(known: ObjectSchema, definition: PropertyDef, emails: Sequence[str]) -> Schema:
    facts = [str(definition.kind)]
    facts += ["unique"] if definition.is_unique else []
    facts += ["read-only"] if definition.is_read_only or definition.is_calculated else []
    described = {"title": definition.label, "description": f"{definition.label} ({', '.join(facts)})"}
    return {**_values(known, definition, emails), **described}


def _values(known: ObjectSchema, definition: PropertyDef, emails: Sequence[str]) -> Schema:
    match definition.kind:
        case Kind.OWNER | Kind.OWNERS if emails:
            choice: Schema = {"anyOf": [{"enum": [*emails, None]}, _ID]}
        case Kind.PIPELINE if known.pipelines:
            choice = _enum(_by_label([(each.label, each.id, "") for each in known.pipelines]))
        case Kind.STAGE if known.pipelines:
            stages = [(each.label, each.id, one.label) for one in known.pipelines for each in one.stages]
            choice = _enum(_by_label(stages))
        case Kind.CHOICE | Kind.CHOICES | Kind.BOOLEAN if definition.options:
            choice = _enum([(option.value, option.label) for option in definition.options])
        case _:
            return VALUE
    if definition.kind in _LISTS:
        return {"anyOf": [choice, {"type": "array", "items": choice}]}
    return choice


def _by_label(things: Sequence[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """Return labels, then ids, each once, with the text that the editor shows beside them.

    Args:
        things: label, id, and the label of the pipeline of a stage ("" for others).
    """
    labels = {label: f"{id_} of {around}" if around else id_ for label, id_, around in things}
    ids = {id_: f"{label} of {around}" if around else label for label, id_, around in things}
    return [*labels.items(), *((id_, text) for id_, text in ids.items() if id_ not in labels)]


def _enum(choices: Sequence[tuple[str, str]]) -> Schema:
    """Return the schema of a choice of texts with labels.

    For a text such as ``true`` or ``7``, it also allows the boolean or number that an editor reads.
    """
    listed: list[Any] = []
    described: list[str] = []
    for value, label in choices:
        for form in _as_editors_read(value):
            listed.append(form)
            described.append(label)
    return {"enum": [*listed, None], "enumDescriptions": [*described, "clears it"]}


def _as_editors_read(text: str) -> list[Any]:
    if text in {"true", "false"}:
        return [text == "true", text]
    if _NUMBER.fullmatch(text):
        number = float(text)
        return [int(number) if number.is_integer() else number, text]
    return [text]
