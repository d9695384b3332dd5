"""The JSON schema (draft-07) of ``reconciler.yaml``, for editors."""

from typing import Any, Final

from reconciler.manifest.manifest_schema import DRAFT, TEXT
from reconciler.model.desired_records import Drift
from reconciler.plan.plan import Guard

_NAME: Final = "[A-Za-z0-9][A-Za-z0-9._-]*"
_FOLDERS: Final = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_DRIFT: Final = {
    "enum": [str(word) for word in Drift],
    "description": (
        "Values that people changed in HubSpot: revert overwrites the new values, hold keeps the new values."
    ),
}
_GUARDS: Final = {
    "type": "object",
    "propertyNames": {"enum": [str(guard) for guard in Guard]},
    "additionalProperties": {"type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]{1,9}%?$"},
    "description": "Limits that refuse a whole plan, such as `update: 50%` or `archive: 500`.",
}
_MASKS: Final = {"type": "object", "additionalProperties": {"type": "array", "items": TEXT}}


def settings_schema() -> dict[str, Any]:
    """Return the schema of ``reconciler.yaml``."""
    return {
        "$schema": DRAFT,
        "title": "The project file of reconciler",
        "type": "object",
        "required": ["version", "environments"],
        "additionalProperties": False,
        "properties": {
            "version": {"enum": [1, "1"], "description": "The version of the format of this file."},
            "project": {
                **TEXT,
                "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
                "description": "The name is saved in the state, so that no other project can use this state.",
            },
            "manifests": {
                **_FOLDERS,
                "description": "Folders with *.yaml; later ones override earlier ones.",
            },
            "state": {
                "type": "string",
                "description": "sqlite:///FILE, git:refs/reconciler, postgresql+psycopg://HOST/NAME or none.",
            },
            "drift": _DRIFT,
            "notify": {
                "type": "string",
                "pattern": r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$",
                "description": "The variable with the webhook of notices: ${RECONCILER_NOTIFY_URL}.",
            },
            "default": {**TEXT, "description": "The environment that is used without -e."},
            "guards": _GUARDS,
            "values": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"mask": _MASKS, "show": _MASKS},
                "description": "For each object type: the properties whose values are masked, or shown.",
            },
            "environments": {
                "description": "The settings of each environment, by its name.",
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"pattern": f"^{_NAME}$"},
                "additionalProperties": {"$ref": "#/definitions/environment"},
            },
        },
        "definitions": {"environment": _environment()},
    }


def _environment() -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "portal": {"enum": ["emulator"], "description": "An embedded HubSpot, kept in .reconciler/."},
            "portal_id": {
                "type": ["integer", "string"],
                "minimum": 1,
                "pattern": "^[1-9][0-9]{0,17}$",
                "description": "The ID of the account; the token must belong to it.",
            },
            "token": {
                "type": "string",
                "description": "The variable with the token: ${HUBSPOT_ACCESS_TOKEN}.",
            },
            "seed": {"type": "string", "description": "The first contents of an emulator: a JSON file."},
            "copy_of": {
                "type": "string",
                "description": "For an emulator: the environment whose portal is copied into it.",
            },
            "observations": {
                "type": "string",
                "description": "Observations of HubSpot, for an emulator and rehearsals: a JSON file.",
            },
            "api_version": {"enum": ["v3", "2025-09", "2026-03", "2026-09"]},
            "base_url": {
                "type": "string",
                "description": ("The address of the API; https://api.hubapi.com is the default."),
            },
            "protected": {
                "enum": [True, False, "true", "false"],
                "description": "true: apply accepts only a saved plan.",
            },
            "drift": _DRIFT,
            "manifests": _FOLDERS,
            "owners": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "description": (
                    "Owners to replace in this environment: their e-mail addresses, each with the address to "
                    "use instead."
                ),
            },
        },
    }
