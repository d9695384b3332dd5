"""Plan files as texts, for tests that change them."""

import json
from typing import Any

from reconciler.plan.file.format import plan_lines, read_plan
from reconciler.plan.plan import Plan


def plan_to_text(plan: Plan) -> str:
    """Return the text of the file of ``plan``."""
    return b"".join(plan_lines(plan)).decode()


def plan_from_text(text: str) -> Plan:
    """Return the plan in the text of a file."""
    return read_plan([text.encode()])


def parts_of(text: str) -> dict[str, Any]:
    """Return the parsed lines of a plan file, by their role."""
    header, *lines, end = map(json.loads, text.splitlines())
    return {
        "header": header,
        "changes": [line for line in lines if "do" in line],
        "held": [line["held"] for line in lines if "held" in line],
        "end": end["end"],
    }


def line_of(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def file_of(parts: dict[str, Any]) -> str:
    """Return the text of the plan file with these parts."""
    held = [{"held": entry} for entry in parts["held"]]
    return "".join(map(line_of, [parts["header"], *parts["changes"], *held, {"end": parts["end"]}]))
