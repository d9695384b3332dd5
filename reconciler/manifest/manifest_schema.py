"""The JSON schema (draft-07) of manifests, for editors.

Values in manifests are texts, but editors read them with YAML's types: ``007`` as the number 7, ``true`` as a
boolean. So the schema allows such values wherever a text is allowed. It checks only the form; the command
``validate`` checks more.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from reconciler.manifest.definitions.directives import KNOWN_DIRECTIVES
from reconciler.manifest.property_names import PROPERTY_NAME
from reconciler.model.addresses import Section
from reconciler.model.definition_attributes import (
    ATTRIBUTES,
    OPTION_ATTRIBUTES,
    OPTIONS,
    STAGE_NAMES,
    Attribute,
    Form,
)
from reconciler.model.desired_records import Ownership, Prune, Write
from reconciler.model.tables import Format

Schema: TypeAlias = dict[str, Any]

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
TEXT: Final[Schema] = {"type": ["string", "number", "boolean"]}
VALUE: Final[Schema] = {
    "anyOf": [{"type": ["string", "number", "boolean", "null"]}, {"type": "array", "items": TEXT}]
}
DIRECTIVES: Final[Mapping[str, Schema]] = {
    "$absent": {
        "enum": [True, "true"],
        "description": ("The record or definition must not exist: it is archived."),
    },
    "$protect": {
        "enum": [True, False, "true", "false"],
        "description": "The record or definition is never archived, even if it is removed from the manifest.",
    },
    "$renamed_from": {**TEXT, "description": "Its former key, value or label."},
    "$moves_to": {
        **TEXT,
        "description": "With $absent: the target. Before the definition is archived, its records move there.",
    },
    "$id": {
        **TEXT,
        "description": (
            "HubSpot's id of the pipeline or stage. Write it if the label in HubSpot is not the name in the "
            "manifest."
        ),
    },
    "$unmanaged": {
        "type": "array",
        "items": TEXT,
        "description": "Properties that do not get their value from `all` in this record.",
    },
    "$associations": {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"$ref": "#/definitions/association"}},
        "description": "The associated records: for each object type, a list of their keys.",
    },
}
OF_RECORDS: Final = ("$absent", "$protect", "$renamed_from", "$unmanaged", "$associations")

_FORMS: Final[Mapping[Form, Schema]] = {
    Form.TEXT: {"type": ["string", "number", "boolean", "null"]},
    Form.NUMBER: {"type": ["number", "string"]},
    Form.BOOLEAN: {"enum": [True, False, "true", "false"]},
    Form.LIST: {"type": "array", "items": TEXT},
    Form.SET: {"type": "array", "items": TEXT},
}


def manifest_schema() -> Schema:
    """Return the schema of one document of a manifest, for any portal."""
    sections = {str(section): {"$ref": f"#/definitions/{section}"} for section in _SECTIONS}
    return {
        "$schema": DRAFT,
        "title": "A document of a reconciler manifest",
        "type": "object",
        "required": ["object"],
        "additionalProperties": False,
        "dependencies": {
            name: ["key"] for name in ("records", "source", "all", "ownership", "write", "prune")
        },
        "properties": {**_head(), **sections},
        "definitions": {
            "record": _record(),
            "association": _association(),
            "source": _source(),
            **{str(section): build() for section, build in _SECTIONS.items()},
        },
    }


def _head() -> Schema:
    return {
        "object": {
            **TEXT,
            "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]*$",
            "description": "The object type: a name (companies), a number (0-2) or a custom object's name.",
        },
        "key": {
            "type": "string",
            "pattern": f"^{PROPERTY_NAME}$",
            "description": "The unique property that tells records apart, or record_id for HubSpot's own id.",
        },
        "write": {"enum": [str(word) for word in Write], "description": "Which call writes records."},
        "prune": {
            "enum": _as_editors_read([str(word) for word in Prune]),
            "description": "true: archive records that reconciler created under this object and key and "
            "that no manifest names any more.",
        },
        "ownership": {
            "type": "object",
            "propertyNames": {"pattern": f"^{PROPERTY_NAME}$"},
            "additionalProperties": {"enum": [str(word) for word in Ownership]},
            "description": "Who decides about a property; enforce is the default.",
        },
        "environments": {
            "type": "array",
            "items": TEXT,
            "minItems": 1,
            "description": "Names of environments, or globs: the document applies only there.",
        },
        "all": {
            "type": "object",
            "propertyNames": {"pattern": f"^{PROPERTY_NAME}$"},
            "additionalProperties": VALUE,
            "description": "Values for every record below, unless the record sets its own.",
        },
        "records": {
            "type": "object",
            "additionalProperties": {"$ref": "#/definitions/record"},
            "description": "A mapping from the key of each record to its properties.",
        },
        "source": {"$ref": "#/definitions/source"},
    }


def _record() -> Schema:
    return {
        "type": "object",
        "properties": {name: DIRECTIVES[name] for name in OF_RECORDS},
        "patternProperties": {f"^{PROPERTY_NAME}$": VALUE},
        "additionalProperties": False,
    }


def _association() -> Schema:
    entry = {
        "type": "object",
        "required": ["to"],
        "additionalProperties": False,
        "properties": {
            "to": {**TEXT, "description": "The other record's key."},
            "by": {
                "type": "string",
                "description": "The unique property whose value is in `to`; record_id if it is a record id.",
            },
            "label": {**TEXT, "description": "The label as HubSpot shows it."},
        },
    }
    return {"anyOf": [TEXT, entry]}


def _source() -> Schema:
    path = {"type": "string", "minLength": 1, "description": "A path that starts at the project folder."}
    return {
        "type": "object",
        "description": "The file with the rows.",
        "additionalProperties": False,
        "oneOf": [{"required": [str(format_)]} for format_ in Format],
        "properties": {
            **{str(format_): path for format_ in Format},
            "columns": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
            "clear": {**TEXT, "description": "The text that clears a property."},
            "delimiter": {"enum": [",", ";", "\t", "|"]},
            "encoding": {"type": "string"},
            "decimal": {"enum": [".", ","]},
        },
    }


def _groups() -> Schema:
    return _each(_members(Section.GROUPS, ATTRIBUTES[Section.GROUPS]))


def _properties() -> Schema:
    short = {"anyOf": [TEXT, _members(Section.OPTIONS, OPTION_ATTRIBUTES)]}
    listed = {
        OPTIONS: {
            **_each(short),
            "description": "All options, in the order of display: `value: Label` lines.",
        },
        f"{OPTIONS}_include": {
            **_each(short),
            "minProperties": 1,
            "description": "Some of the options; all other options stay as they are in HubSpot.",
        },
    }
    found = _each(_members(Section.PROPERTIES, ATTRIBUTES[Section.PROPERTIES], listed))
    return {**found, "propertyNames": {"pattern": f"^{PROPERTY_NAME}$"}}


def _pipelines() -> Schema:
    attributes = {name: each for name, each in ATTRIBUTES[Section.STAGES].items() if name != "displayOrder"}
    stages = {**_each(_members(Section.STAGES, attributes)), "minProperties": 1}
    return _each(_members(Section.PIPELINES, ATTRIBUTES[Section.PIPELINES], {STAGE_NAMES: stages}))


def _schema() -> Schema:
    plain = {name: each for name, each in ATTRIBUTES[Section.SCHEMA].items() if "/" not in name}
    labels = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"singular": TEXT, "plural": TEXT},
    }
    return _members(Section.SCHEMA, plain, {"labels": labels})


def _labels() -> Schema:
    return _each(_each(_members(Section.LABELS, ATTRIBUTES[Section.LABELS])))


_SECTIONS: Final = {
    Section.GROUPS: _groups,
    Section.PROPERTIES: _properties,
    Section.PIPELINES: _pipelines,
    Section.SCHEMA: _schema,
    Section.LABELS: _labels,
}


def _each(schema: Schema) -> Schema:
    """Return the schema of a mapping from names to ``schema``."""
    return {"type": "object", "additionalProperties": schema}


def _members(
    section: Section, attributes: Mapping[str, Attribute], others: Mapping[str, Schema] | None = None
) -> Schema:
    ours = {name: DIRECTIVES[name] for name in KNOWN_DIRECTIVES[section]}
    members = {name: _attribute(attribute) for name, attribute in attributes.items()}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {**members, **(others or {}), **ours},
    }


def _attribute(attribute: Attribute) -> Schema:
    return {"enum": list(attribute.words)} if attribute.words else _FORMS[attribute.form]


def _as_editors_read(words: Iterable[str]) -> list[str | bool]:
    """Return ``words``; for ``true`` and ``false`` also the boolean that an editor reads instead."""
    listed: list[str | bool] = []
    for word in words:
        listed += [word == "true", word] if word in {"true", "false"} else [word]
    return listed
