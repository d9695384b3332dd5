"""The shape that a plan has as JSON: the one place that names its keys for writing."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple, assert_never

from reconciler.errors import Problem, Severity
from reconciler.invisible_characters import escaped_where_hidden
from reconciler.model.addresses import RecordId, RecordKey
from reconciler.model.associations import Label
from reconciler.model.calls import Route
from reconciler.model.desired import PruneRule
from reconciler.model.facts import Fact
from reconciler.model.owned import Origin
from reconciler.model.property_history import ValueVersion
from reconciler.plan.change import (
    Adopt,
    AdoptPair,
    Archive,
    Associate,
    Change,
    Create,
    Dissociate,
    PairChange,
    Release,
    ReleasePair,
    Update,
    ValueChange,
    in_step_of,
    keys_of,
    rests_on_of,
    values_of,
)
from reconciler.plan.file.json_values import Json
from reconciler.plan.plan import Guard, GuardBase, GuardRefusal, Held, Plan, Review, ReviewDifference
from reconciler.sentences import Sentence, Value
from reconciler.source import SourceRef

_ENTRY = json.JSONEncoder(ensure_ascii=False, sort_keys=True)
_INDENTED = json.JSONEncoder(ensure_ascii=False, sort_keys=True, indent=2)


class _Parts(NamedTuple):
    """What only some changes have, side by side."""

    record_id: RecordId | None = None
    origin: Origin | None = None
    route: Route | None = None
    is_protected: bool = False
    moved_from: RecordKey | None = None
    replaces: RecordId | None = None
    association: Json | None = None


class Digests(NamedTuple):
    """What tells plans apart."""

    digest: str  # of everything that makes a difference to what apply would do
    content: str  # of that without the commit, and without the state that it was made against


def plan_as_document(plan: Plan, format_version: str, digests: Digests) -> Json:
    """The plan as JSON values, with ``digests`` in their places; its long lists are iterators, drawn once."""
    return {
        "allowances": allowances_as_document(plan.allowances),
        "appliable": plan.is_appliable,
        "base": [_base(base) for base in plan.bases],
        "budget": {
            "daily_remaining": plan.budget.daily_remaining,
            **({"fate_calls": plan.budget.fate_calls} if plan.budget.fate_calls else {}),
            "read_calls": plan.budget.read_calls,
            "reread_calls": plan.budget.reread_calls,
            "seconds": plan.budget.seconds,
            "write_calls": plan.budget.write_calls,
        },
        "changes": map(_change, plan.changes),
        "created_at": _time(plan.created_at),
        "content": digests.content,
        "digest": digests.digest,
        "environment": plan.environment,
        "format_version": format_version,
        "held": map(_held, plan.held),
        "manifests": {
            "digest": plan.manifests.digest,
            "files": plan.manifests.files,
            "git": plan.manifests.git,
            "records": plan.manifests.records,
            "uncommitted": plan.manifests.has_uncommitted,
        },
        "personal": [{"object": object_name, "property": name} for object_name, name in plan.personal],
        "prune": prune_as_document(plan.prune_rules),
        "portal": {"api_version": plan.api_version, "id": plan.portal_id, "type": plan.portal_type}
        | ({} if plan.host is None else {"host": plan.host}),
        "problems": map(problem_as_document, plan.problems),
        "review": _review(plan.review) if plan.review else None,
        "refusals": [_refusal(refusal) for refusal in plan.refusals],
        "selection": {"exclude": list(plan.excludes), "target": list(plan.targets)},
        "state": {"kept": plan.remembers, "lineage": plan.state.lineage, "serial": plan.state.serial},
        "summary": plan.summary.as_document(),
        "tool_version": plan.tool_version,
        "undoes": plan.undoes,
        "write_scopes": list(plan.write_scopes),
    }


def text_of(document: Json) -> str:
    """JSON with sorted keys; a list that comes as an iterator gets a line an entry, the rest is indented."""
    members = (f'  "{name}": {_member(document[name])}' for name in sorted(document))
    return "{\n" + ",\n".join(members) + "\n}\n"


def _escaped(character: str) -> str:
    """What nobody sees, as JSON writes it: to programs it is the same."""
    return json.dumps(character)[1:-1]


def digested_change(change: Change) -> Json:
    """What of a change makes a difference to what apply would do."""
    parts = _parts(change)
    return {
        "action": change.action,
        "address": change.key.address,
        "origin": parts.origin,
        "in_step": {value.name: (value.before, value.after) for value in in_step_of(change)},
        "properties": {value.name: (value.before, value.after) for value in values_of(change)},
        "protected": parts.is_protected,
        "record_id": parts.record_id,
        "moved_from": _key(parts.moved_from) if parts.moved_from else None,
        "replaces": parts.replaces,
        "rests_on": _rests_on(change),
        "write": _route(parts.route),
    } | _if_any("association", parts.association)


def allowances_as_document(allowances: Iterable[tuple[Guard, int]]) -> Json:
    """Guards that were lifted, and to which number, as JSON values."""
    return {str(guard): number for guard, number in allowances}


def _review(review: Review) -> Json:
    return {
        "content": review.content,
        "departures": [_departure(departure) for departure in review.departures],
        "digest": review.digest,
        "git": review.git,
        "unreviewed": review.unreviewed,
        "unreviewed_prune": prune_as_document(review.unreviewed_rules),
    }


def _departure(departure: ReviewDifference) -> Json:
    return {
        "action": departure.action,
        "address": departure.key.address,
        "departs": departure.how,
        "key": _key(departure.key),
        "facts": [_fact(fact) for fact in departure.facts],
        "object": departure.key.object,
        "source": source_as_document(departure.source),
        "target": _end(departure.target) if departure.target else None,
    }


def _fact(fact: Fact) -> Json:
    """Its kind, and of the other members those that it has."""
    members = {
        "count": fact.count,
        "key": _end(fact.key) if fact.key else None,
        "names": list(fact.names) or None,
        "other_id": fact.other_id,
        "record_id": fact.record_id,
        "value": fact.value,
        "word": fact.word,
    }
    return {"kind": fact.kind} | {name: value for name, value in members.items() if value is not None}


def digested_head(plan: Plan, format_version: str) -> Json:
    """What besides its changes makes a difference to what apply would do, but for state and commit."""
    written = {pair for change in plan.changes for pair in _properties_of(change)}
    errors = [problem for problem in plan.problems if problem.severity is Severity.ERROR]
    return {
        "allowances": allowances_as_document(plan.allowances),
        "appliable": plan.is_appliable,
        "base": [_base(base) for base in plan.bases],
        "environment": plan.environment,
        "format_version": format_version,
        "personal": [pair for pair in plan.personal if pair in written],
        "portal": plan.portal_id,
        "problems": [(problem.address, problem.message) for problem in errors],
        "prune": prune_as_document(plan.prune_rules),
        "refusals": [(refusal.guard, refusal.count, refusal.message) for refusal in plan.refusals],
        "undoes": plan.undoes,
    } | ({} if plan.host is None else {"host": plan.host})


def _properties_of(change: Change) -> Iterator[tuple[str, str]]:
    """Object and property of the keys and values of a change."""
    yield from ((key.object, key.by) for key in keys_of(change))
    values = (*values_of(change), *in_step_of(change), *rests_on_of(change))
    yield from ((change.key.object, value.name) for value in values)


def _base(base: GuardBase) -> Json:
    return {
        "found": base.found,
        "has_records": base.has_records,
        "named": base.named,
        "object": base.object,
        "owned": base.owned,
        "owned_named": base.owned_named,
        "values": base.values,
    }


def _refusal(refusal: GuardRefusal) -> Json:
    return {
        "advice": refusal.advice,
        "count": refusal.count,
        "first": [{"key": _key(key), "object": key.object} for key in refusal.first],
        "guard": refusal.guard,
        "message": refusal.message,
    }


def prune_as_document(rules: Iterable[PruneRule]) -> list[Json]:
    """Rules of pruning as JSON values."""
    return [{"key": rule.by, "object": rule.object, "prune": rule.prune} for rule in rules]


def problem_as_document(problem: Problem) -> Json:
    """A problem as JSON values."""
    return {
        "address": problem.address,
        "advice": problem.advice,
        "message": problem.message,
        "severity": problem.severity,
        "source": source_as_document(problem.source),
        **({"people": list(problem.people)} if problem.people else {}),
        **({"parts": parts} if (parts := _parts_of(problem)) else {}),
    }


def _parts_of(problem: Problem) -> Json:
    """Message and advice part by part, where values stand in them."""
    return {
        name: [_told_value(part) if isinstance(part, Value) else part for part in text.parts]
        for name, text in (("message", problem.message), ("advice", problem.advice))
        if isinstance(text, Sentence) and any(isinstance(part, Value) for part in text.parts)
    }


def _told_value(value: Value) -> Json:
    return {
        "object": value.object,
        "property": value.name,
        "value": value.text,
        **({} if value.spelled is None else {"spelled": value.spelled}),
    }


def source_as_document(source: SourceRef | None) -> Json | None:
    """A place as JSON values."""
    return {"column": source.column, "file": source.file, "line": source.line} if source else None


def _parts(change: Change) -> _Parts:
    match change:
        case Create():
            return _Parts(
                origin=change.origin,
                route=change.route,
                is_protected=change.is_protected,
                replaces=change.replaces,
            )
        case Update():
            return _Parts(
                change.record_id, change.origin, change.route, change.is_protected, change.moved_from
            )
        case Adopt():
            return _Parts(change.record_id, change.origin, None, change.is_protected, change.moved_from)
        case Archive():
            return _Parts(change.record_id, change.origin, change.route)
        case Release():
            return _Parts(change.record_id, change.origin)
        case Associate() | Dissociate():
            association = _association(change, is_whole=change.is_whole)
            return _Parts(change.record_id, route=change.route, association=association)
        case AdoptPair():
            association = _association(change, is_whole=change.is_whole)
            return _Parts(change.record_id, change.origin, association=association)
        case ReleasePair():
            return _Parts(change.record_id, association=_association(change))
        case _:
            assert_never(change)


def _change(change: Change) -> Json:
    parts = _parts(change)
    return {
        "action": change.action,
        "address": change.key.address,
        "in_step": _values(in_step_of(change)),
        "key": _key(change.key),
        "moved_from": _key(parts.moved_from) if parts.moved_from else None,
        "object": change.key.object,
        "origin": parts.origin,
        "properties": _values(values_of(change)),
        "protected": parts.is_protected,
        "reason": change.reason,
        "record_id": parts.record_id,
        "replaces": parts.replaces,
        "rests_on": _rests_on(change),
        "source": source_as_document(change.source),
        "write": _route(parts.route),
    } | _if_any("association", parts.association)


def _rests_on(change: Change) -> Json:
    return {value.name: value.before for value in rests_on_of(change)}


def _if_any(name: str, value: Json | None) -> Json:
    """A member that most of many entries do not have."""
    return {name: value} if value else {}


def _association(change: PairChange, *, is_whole: bool | None = None) -> Json:
    return _end(change.target) | {
        "label": _label(change.label),
        "record_id": change.target_id,
        "whole": is_whole,
    }


def _end(key: RecordKey) -> Json:
    return {"address": key.address, "key": _key(key), "object": key.object}


def _label(label: Label | None) -> Json | None:
    return {"category": label.category, "text": label.text, "type_id": label.type_id} if label else None


def _values(values: Iterable[ValueChange]) -> Json:
    return {value.name: _value(value) for value in values}


def _value(value: ValueChange) -> Json:
    document: Json = {"after": value.after, "before": value.before, "reason": value.reason}
    if value.source:
        document["source"] = source_as_document(value.source)
    return document | _changed(value.changed)


def _changed(hand: ValueVersion | None) -> Json:
    """Whose edit it is about, where that is known."""
    if hand is None:
        return {}
    return {"changed_at": _time(hand.at), "changed_by": hand.by, "changed_via": hand.via}


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _held(held: Held) -> Json:
    return (
        {
            "address": held.address,
            "desired": held.desired,
            "key": _key(held.key),
            "live": held.live,
            "facts": [_fact(fact) for fact in held.facts],
            "object": held.key.object,
            "property": held.name,
            "reason": held.reason,
            "source": source_as_document(held.source),
        }
        | _if_any("target", _end(held.target) if held.target else None)
        | _changed(held.changed)
    )


def _key(key: RecordKey) -> Json:
    return {"property": key.by, "value": key.value}


def _route(route: Route | None) -> Json | None:
    return {"call": route.call, "id_property": route.id_property} if route else None


def _member(value: object) -> str:
    if not isinstance(value, Iterator):
        lines = _INDENTED.encode(value).split("\n")
        return "\n  ".join(escaped_where_hidden(line, _escaped) for line in lines)
    entries = ",\n    ".join(escaped_where_hidden(_ENTRY.encode(entry), _escaped) for entry in value)
    return f"[\n    {entries}\n  ]" if entries else "[]"
