"""The tables of ``reconciler.yaml``, from the schema that editors use."""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.projects import ROOT

_SCHEMA = ROOT / "reconciler" / "project" / "settings.schema.json"


def tables() -> Mapping[str, str]:
    """Return the table of the file and the table of an environment, by name."""
    schema = json.loads(_SCHEMA.read_text())
    return {
        "settings": _table(schema["properties"], set(schema["required"])),
        "environment": _table(schema["definitions"]["environment"]["properties"], set()),
    }


def _table(properties: Mapping[str, Any], required: set[str]) -> str:
    rows = "".join(
        f"| `{name}` | {_values(facts)} | {facts.get('description', '')}"
        f"{' This key is required.' if name in required else ''} |\n"
        for name, facts in properties.items()
    )
    return f"| key | value | means |\n|---|---|---|\n{rows}"


def _values(facts: Mapping[str, Any]) -> str:
    if "enum" in facts:
        texts = dict.fromkeys(json.dumps(value).strip('"') for value in facts["enum"])
        return ", ".join(f"`{text}`" for text in texts)
    kinds = facts.get("type", "")
    if kinds == "array":
        return "a list"
    if kinds == "object":
        return "keys and values"
    return "a whole number" if "integer" in kinds and "pattern" in facts else "text"
