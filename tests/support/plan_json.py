"""The JSON of a plan as tests look at it: what a change does and why, side by side."""

import json
from typing import Any

from tests.support.plan_files import parts_of

_VERBS = {
    ("association", "create"): "associate",
    ("association", "archive"): "dissociate",
    **{("definition", action): f"{action}_definition" for action in ("create", "update", "archive")},
}


def plan_document(text: str) -> Any:
    """Read a document, or a plan file; each change of a plan is converted by ``reported``."""
    if '\n{"end":' in text:
        parts = parts_of(text)
        document = parts["header"] | parts["end"] | {name: parts[name] for name in ("changes", "held")}
    else:
        document = json.loads(text)
    if isinstance(document, dict) and document.keys() >= {"changes", "manifests"}:
        document["changes"] = [reported(**change) for change in document["changes"]]
    return document


def reported(do: dict[str, Any], why: dict[str, Any]) -> dict[str, Any]:
    """Return one change: its verb, record and ids, and before, after and reason of each value."""
    address, remote = do["address"], do.get("remote", {})
    record, _, other = why["address"].partition("#")
    change = {
        "action": _VERBS.get((do["kind"], do["action"]), do["action"]),
        "address": record,
        "key": {name: address[name] for name in ("property", "value") if name in address},
        "moved_from": do.get("moved_from"),
        "object": address["object"],
        "properties": {
            name: {"before": before, "after": after} | why["values"][name]
            for name, (before, after) in do.get("values", {}).items()
        },
        "reason": why["reason"],
        "record_id": remote.get("id"),
        "rests_on": do.get("rests_on", {}),
        "source": why.get("source"),
    }
    if do["kind"] == "association":
        change["association"] = {"address": other, "record_id": remote.get("target_id")}
    return change
