"""Reports for machines: JSON of a documented, versioned shape, the same for the same values.

A plan has the shape of its file. Where values were replaced it says ``"masked": true``, and cannot be
applied; its digest is that of the plan it shows.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from reconciler.errors import Problem
from reconciler.model.runs import RunDetail, RunRow
from reconciler.plan.changes import Plan
from reconciler.plan.file import digest_of, masked_plan_to_text, plan_to_text
from reconciler.plan.shapes import Json
from reconciler.plan.writing import problem_as_document, source_as_document, text_of
from reconciler.report.mask import Masking, Personal, masked_plan, masked_problems, masked_run

FORMAT_VERSION = "1.0"
"""Of runs and problems. A newer minor adds keys; a newer major changes the meaning of old ones."""


def plan_as_json(plan: Plan, masking: Masking) -> str:
    """The plan, in the shape of the plan file."""
    if not masking.is_on:
        return plan_to_text(plan)
    return masked_plan_to_text(masked_plan(plan, masking), digest_of(plan))


def problems_as_json(problems: Iterable[Problem], masking: Masking) -> str:
    """Problems, in the shape that they have in a plan."""
    shown = masked_problems(problems, masking)
    return _text({"problems": map(problem_as_document, shown)}, masking)


def run_as_json(detail: RunDetail, masking: Masking, personal: Personal) -> str:
    """The run: whose it was, what became of each planned change, and the accounting."""
    shown = masked_run(detail, masking, personal)
    header = shown.header
    document: Json = {
        "accounting": dict(shown.accounting()),
        "actor": dict(header.actor),
        "changes": map(_row, shown.rows),
        "commit": header.commit,
        "environment": header.environment,
        "finished_at": _time(header.finished_at) if header.finished_at else None,
        "id": header.id,
        "plan_digest": header.plan_digest,
        "portal": {"id": header.portal_id},
        "started_at": _time(header.started_at),
        "status": header.status,
        "tool_version": header.tool_version,
        "undoes": header.undoes,
    }
    return _text(document, masking)


def _row(row: RunRow) -> Json:
    return {
        "action": row.action,
        "address": row.address,
        "detail": dict(row.detail),
        "key": {"property": row.key.by, "value": row.key.value},
        "number": row.number,
        "object": row.key.object,
        "outcome": row.outcome,
        "properties": {
            name: {"after": row.after.get(name), "before": row.before.get(name)}
            for name in row.before.keys() | row.after.keys()
        },
        "reason": row.reason,
        "record_id": row.record_id,
        "source": source_as_document(row.source),
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _text(document: Json, masking: Masking) -> str:
    marks: Json = {"masked": True} if masking.is_on else {}
    return text_of(document | marks | {"format_version": FORMAT_VERSION})
