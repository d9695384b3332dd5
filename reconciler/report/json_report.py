"""JSON reports in a documented, versioned format; the same values always give the same text.

A plan has the format of the plan file. A masked plan contains ``"masked": true`` and cannot be applied; its
digest is that of the unmasked plan.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.errors import HubSpotError, Locked, PlanRefused, Problem, ReconcilerError, StateError
from reconciler.json_values import Json
from reconciler.model.acceptance import Acceptance, Edit
from reconciler.model.addresses import ThingAddress
from reconciler.model.desired_records import ManifestValue
from reconciler.model.drift import DriftedValue, DriftFound, MissingOwnedRecord, RemovedAssociation
from reconciler.model.explanation import ApplyRun, Explanation, NextAction, PairExplained, PropertyExplained
from reconciler.model.property_history import ValueVersion
from reconciler.model.runs import RunDetail, RunHeader, RunRow, RunSummary
from reconciler.plan.file.encode import problem_as_document, source_as_document, text_of, text_pieces
from reconciler.plan.file.format import digests_of, plan_as_document
from reconciler.plan.file.names import encode_display_names, encode_names
from reconciler.plan.kinds import verb_of
from reconciler.plan.plan import Plan
from reconciler.report.fact_sentences import facts_text
from reconciler.report.mask import (
    SHOW,
    Masking,
    masked_acceptance,
    masked_drift,
    masked_explanation,
    masked_plan,
    masked_problems,
    masked_run,
)
from reconciler.report.view import View

FORMAT_VERSION = "1.0"
"""Version of run and problem reports. A higher minor version adds keys; a higher major changes old ones."""


def plan_as_json(plan: Plan, view: View) -> str:
    """Render the plan in the format of the plan file."""
    if not view.masking.is_on:
        return plan_as_document(plan, further=_rehearsed(plan))
    shown = masked_plan(plan, view.masking)
    return plan_as_document(shown, digests_of(plan), _rehearsed(shown))


def _rehearsed(plan: Plan) -> Json:
    """Return the member ``rehearsal``, if the plan was rehearsed; else an empty object."""
    rehearsal = plan.rehearsal
    if rehearsal is None:
        return {}
    run = rehearsal.run
    return {
        "rehearsal": {
            "accounting": dict(run.accounting()) if run else {},
            "calls": rehearsal.calls,
            "changes": list(map(_row, run.rows if run else ())),
            "complete": rehearsal.is_complete,
            "findings": list(map(problem_as_document, rehearsal.findings)),
            "interrupted": rehearsal.is_interrupted,
            "left": [
                {"action": str(verb_of(change)), "address": str(change.address)} for change in rehearsal.left
            ],
            "not_imitated": list(rehearsal.untold),
            "not_planned_again": rehearsal.unplanned or None,
            "seconds": round(rehearsal.seconds, 3),
            "stopped_by": str(rehearsal.stopped_by) if rehearsal.stopped_by else None,
        }
    }


def drift_as_json(found: DriftFound, view: View) -> str:
    """Render the drift: changed values with their authors, lost records, and removed associations."""
    shown = masked_drift(found, view.masking)
    document: Json = {
        "created_at": _time(shown.created_at),
        "environment": shown.environment,
        "looked_at": shown.looked_at,
        "looked_at_definitions": shown.looked_at_definitions,
        "lost": map(_lost, shown.lost),
        "pairs": map(_lost_pair, shown.pairs),
        "masked_properties": [
            {"object": object_name, "property": name} for object_name, name in shown.masked_properties
        ],
        "names": encode_names(shown.names),
        "portal": {"id": shown.portal_id},
        "read_calls": shown.read_calls,
        "state": {"lineage": shown.state.lineage, "serial": shown.state.serial},
        "summary": {"lost": len(shown.lost), "pairs": len(shown.pairs), "values": len(shown.values)},
        "tool_version": shown.tool_version,
        "values": map(_drifted, shown.values),
    }
    return _text(document, view.masking)


def acceptance_as_json(acceptance: Acceptance, view: View) -> str:
    """Render accepted drift: written values, values that the manifests had already, and problems."""
    shown = masked_acceptance(acceptance, view.masking)
    document: Json = {
        "accepted": map(_edit, shown.edits),
        "agreed": map(_edit, shown.agreed),
        "problems": map(problem_as_document, shown.problems),
        "summary": {
            "accepted": len(shown.edits),
            "agreed": len(shown.agreed),
            "problems": len(shown.problems),
        },
        "names": encode_names(shown.names),
    }
    return _text(document, view.masking)


def explanation_as_json(explained: Explanation, view: View) -> str:
    """Render everything about one record or property."""
    shown = masked_explanation(explained, view.masking)
    document: Json = {
        "address": shown.key.property_address(shown.name) if shown.name else shown.key.text,
        "associations": map(_pair, shown.pairs),
        "declared": [source_as_document(source) for source in shown.declared],
        "display_name": shown.display_name,
        "environment": shown.environment,
        "is_live": shown.is_live,
        "key": _key(shown.key),
        "moves_from": _key(shown.moves_from) if shown.moves_from else None,
        **({} if shown.moves_to is None else {"moves_to": shown.moves_to}),
        "names": encode_names(shown.names),
        "next": _step(shown.step, shown.key, shown.key.text),
        "object": shown.key.object,
        "origin": shown.origin,
        "portal": {"id": shown.portal_id},
        "problems": map(problem_as_document, shown.problems),
        "properties": {of.name: _explained(of, shown.key) for of in shown.properties},
        "protected": shown.is_protected,
        "prune": shown.prune,
        "record_id": shown.record_id,
    }
    return _text(document, view.masking)


def problems_as_json(problems: Iterable[Problem], view: View) -> str:
    """Render problems in the same format as in a plan."""
    shown = masked_problems(problems, view.masking)
    return _text({"problems": map(problem_as_document, shown)}, view.masking)


def error_as_json(error: ReconcilerError, message: str, code: int) -> str:
    """Render the error of a failed command, with ``message`` and exit code."""
    kind = next(name for of, name in _KINDS.items() if isinstance(error, of))
    document: Json = {"exit_code": code, "kind": kind, "message": message}
    if isinstance(error, PlanRefused):
        document["refusal"] = str(error.refusal)
    if isinstance(error, HubSpotError):
        document["category"] = error.category
        document["correlation_id"] = error.correlation_id
        document["status"] = error.status
    return text_of({"error": document, "format_version": FORMAT_VERSION})


_KINDS = {
    PlanRefused: "plan refused",
    HubSpotError: "hubspot",
    Locked: "locked",
    StateError: "state",
    ReconcilerError: "usage",
}
"""Names of error classes for programs; the first class that matches an error is used."""


def run_as_json(detail: RunDetail, view: View) -> str:
    """Render the run: its actor, the outcome of each planned change, and the accounting."""
    shown = masked_run(detail, view.masking)
    return "".join(run_pieces(shown, shown.rows, masking=view.masking))


def run_pieces(shown: RunDetail, rows: Iterable[RunRow], *, masking: Masking = SHOW) -> Iterator[str]:
    """Render a run with its ``rows``, piece by piece.

    Nothing is masked here. ``masking`` only decides whether the document says that its values are masked.
    """
    document: Json = {
        "accounting": dict(shown.accounting_so_far()),
        "changes": map(_row, rows),
        "masked_properties": [
            {"object": object_name, "property": name}
            for object_name, name in sorted(shown.header.masked_properties)
        ],
        "names": encode_names(shown.header.names),
        "planned": dict(shown.header.planned),
        **_header(shown.header),
    }
    return text_pieces(_marked(document, masking))


def runs_as_json(runs: Iterable[RunSummary]) -> str:
    """Render past runs, each with the numbers of its planned changes and outcomes."""
    documents = (
        {
            "accounting": dict(run.accounting_so_far()),
            "planned": dict(run.header.planned),
            **_header(replace(run.header, state=run.header.state and run.header.state.brief)),
        }
        for run in runs
    )
    return json.dumps(list(documents), indent=2, sort_keys=True) + "\n"


def _header(header: RunHeader) -> Json:
    return {
        "actor": dict(header.actor),
        "commit": header.commit,
        "environment": header.environment,
        "finished_at": _time(header.finished_at) if header.finished_at else None,
        "id": header.id,
        "plan_digest": header.plan_digest,
        "portal": {"id": header.portal_id},
        "started_at": _time(header.started_at),
        "state": header.state and {"lineage": header.state.lineage, "serial": header.state.serial},
        "status": header.status,
        "tool_version": header.tool_version,
        "rolls_back": header.rolls_back,
    }


def _drifted(value: DriftedValue) -> Json:
    return {
        "address": value.address,
        "defined": value.is_defined,
        "display_name": value.display_name,
        "versions": [_version(version) for version in value.trail.versions],
        "key": _key(value.key),
        "last_applied": value.last_applied,
        "live": value.live,
        "object": value.key.object,
        "property": value.name,
        "record_id": value.record_id,
        "since": value.trail.since,
    }


def _version(version: ValueVersion) -> Json:
    return {"at": _time(version.at), "by": version.by, "value": version.value, "via": version.via}


def _lost_pair(pair: RemovedAssociation) -> Json:
    return {
        "address": pair.address,
        "display_names": encode_display_names(pair.display_names),
        "key": _key(pair.key),
        "last_applied": pair.last_applied,
        "live": pair.live,
        "object": pair.key.object,
        "record_id": pair.record_id,
        "target": pair.target.text,
    }


def _lost(record: MissingOwnedRecord) -> Json:
    return {
        "address": record.address,
        "display_name": record.display_name,
        "reason": record.reason,
        "key": _key(record.key),
        "new_key": record.new_key,
        "note": facts_text(record.facts, record.key),
        "object": record.key.object,
        "record_id": record.record_id,
    }


def _edit(edit: Edit) -> Json:
    return {
        "address": edit.address,
        "after": _written(edit.after),
        "before": _written(edit.before),
        "display_name": edit.display_name,
        "key": _key(edit.key),
        "object": edit.key.object,
        "property": edit.name,
        "source": source_as_document(edit.source),
    }


def _explained(of: PropertyExplained, key: ThingAddress) -> Json:
    last = of.last
    return {
        "versions": [_version(version) for version in of.versions],
        "last_applied": last and {"kept": last.kept, "run": _applying(last.by), "sent": last.sent},
        "live": of.live,
        "next": _step(of.step, key, key.property_address(of.name)),
        "ownership": of.ownership,
        "statements": [
            {
                "all": said.is_shared,
                "source": source_as_document(said.source),
                "value": _written(said.value),
            }
            for said in of.statements
        ],
        "unmanaged": source_as_document(of.unmanaged_at),
    }


def _applying(by: ApplyRun | None) -> Json | None:
    if by is None:
        return None
    return {"actor": dict(by.actor), "at": _time(by.at), "commit": by.commit, "id": by.run_id}


def _pair(pair: PairExplained) -> Json:
    return {
        "label": pair.label,
        "next": _step(pair.step, pair.target, pair.target.text),
        "origin": pair.origin,
        "target": pair.target.text,
    }


def _step(step: NextAction, key: ThingAddress, address: str) -> Json:
    note = facts_text(step.facts, key, address)
    return {
        "action": step.action,
        "after": step.after,
        "note": note,
        "reason": step.reason,
        "steps": [{"name": of.name, "number": of.number, "of": of.count} for of in step.stages],
    }


def _written(written: ManifestValue) -> object:
    return list(written) if isinstance(written, tuple) else written


def _row(row: RunRow) -> Json:
    return {
        "action": row.action,
        "address": row.address,
        "detail": dict(row.detail),
        "display_names": encode_display_names(row.display_names),
        "key": _key(row.key),
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
    } | _association(row)


def _association(row: RunRow) -> Json:
    """Return the other record and the label of an association; for other rows, an empty object."""
    if row.target is None:
        return {}
    key: Json = {"property": row.target.by, "value": row.target.value}
    other: Json = {"address": row.target.text, "key": key, "object": row.target.object}
    return {"association": other | {"label": row.label}}


def _key(key: ThingAddress) -> Json:
    return {"property": key.by, "value": key.value}


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _text(document: Json, masking: Masking) -> str:
    return text_of(_marked(document, masking))


def _marked(document: Json, masking: Masking) -> Json:
    marks: Json = {"masked": True} if masking.is_on else {}
    return document | marks | {"format_version": FORMAT_VERSION}
