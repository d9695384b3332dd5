"""A plan's JSON becomes a plan: strict about what is there, indifferent to what a newer version added.

Summary and appliability are computed again from what they sum up, never believed.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from json import dumps
from sys import intern
from typing import TypeVar, assert_never

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import RecordId, RecordKey
from reconciler.model.associations import Label
from reconciler.model.calls import Call, Route
from reconciler.model.desired import Prune, PruneRule
from reconciler.model.facts import Fact, FactKind
from reconciler.model.owned import Origin, StateVersion
from reconciler.model.property_history import ChangeSource, ValueVersion
from reconciler.plan.change import (
    Action,
    Adopt,
    AdoptPair,
    Archive,
    Associate,
    Change,
    Create,
    Dissociate,
    PairChange,
    Reason,
    Release,
    ReleasePair,
    Update,
    ValueChange,
)
from reconciler.plan.file.json_values import (
    Json,
    Wrong,
    as_count,
    as_flag,
    as_object,
    as_seconds,
    as_text,
    as_tuple,
    as_word,
    inside,
    or_null,
    part,
)
from reconciler.plan.plan import (
    Budget,
    DifferenceKind,
    Guard,
    GuardBase,
    GuardRefusal,
    Held,
    ManifestInfo,
    Plan,
    Review,
    ReviewDifference,
)
from reconciler.sentences import Sentence, Value
from reconciler.source import SourceRef

P = TypeVar("P", Associate, Dissociate)
T = TypeVar("T")

_as_action = as_word(Action)
_as_call = as_word(Call)
_as_departing = as_word(DifferenceKind)
_as_fact_kind = as_word(FactKind)
_as_guard = as_word(Guard)
_as_origin = as_word(Origin)
_as_prune = as_word(Prune)
_as_reason = as_word(Reason)
_as_severity = as_word(Severity)
_as_text_or_null = or_null(as_text)
_as_via = as_word(ChangeSource)


def plan_from_document(document: Json) -> Plan:
    """The plan that ``document`` describes.

    Raises:
        Wrong: at the first value that is missing or of another shape.
    """
    return Plan(
        tool_version=part(document, "tool_version", as_text),
        created_at=part(document, "created_at", _as_time),
        environment=part(document, "environment", as_text),
        portal_id=part(document, "portal.id", as_count),
        portal_type=part(document, "portal.type", as_text),
        api_version=part(document, "portal.api_version", as_text),
        state=StateVersion(
            lineage=part(document, "state.lineage", _as_text_or_null),
            serial=part(document, "state.serial", as_count),
        ),
        manifests=ManifestInfo(
            digest=part(document, "manifests.digest", as_text),
            files=part(document, "manifests.files", as_count),
            records=part(document, "manifests.records", as_count),
            git=part(document, "manifests.git", _as_text_or_null),
            has_uncommitted=part(document, "manifests.uncommitted", as_flag),
        ),
        changes=part(document, "changes", as_tuple(_as_change)),
        held=part(document, "held", as_tuple(_as_held)),
        problems=part(document, "problems", as_tuple(_as_problem)),
        no_op=part(document, "summary.no_op", as_count),
        budget=Budget(
            read_calls=part(document, "budget.read_calls", as_count),
            write_calls=part(document, "budget.write_calls", as_count),
            seconds=part(document, "budget.seconds", as_seconds),
            daily_remaining=part(document, "budget.daily_remaining", or_null(as_count)),
            reread_calls=part(document, "budget.reread_calls", as_count),
            fate_calls=part(document, "budget.fate_calls", as_count)
            if "fate_calls" in part(document, "budget", as_object)
            else 0,
        ),
        write_scopes=part(document, "write_scopes", as_tuple(as_text)),
        refusals=part(document, "refusals", as_tuple(_as_refusal)),
        bases=part(document, "base", as_tuple(_as_base)),
        allowances=part(document, "allowances", _as_allowances),
        prune_rules=part(document, "prune", as_tuple(_as_prune_rule)),
        personal=part(document, "personal", as_tuple(_as_personal)),
        undoes=part(document, "undoes", _as_text_or_null),
        remembers=part(document, "state.kept", as_flag),
        targets=part(document, "selection.target", as_tuple(as_text)),
        excludes=part(document, "selection.exclude", as_tuple(as_text)),
        review=part(document, "review", or_null(_as_review)),
        host=_host(part(document, "portal", as_object)),
    )


def _host(portal: Json) -> str | None:
    return part(portal, "host", as_text) if "host" in portal else None


def _as_change(found: object) -> Change:
    change = as_object(found)
    key = _addressed_key(change)
    reason = part(change, "reason", _as_reason)
    action = part(change, "action", _as_action)
    if "association" in change:
        return _pair_change(change, action, key, reason)
    if action in {Action.ARCHIVE, Action.RELEASE}:
        return _removal(change, action, key, reason)
    source = part(change, "source", or_null(_as_source))
    match action:
        case Action.CREATE:
            return Create(
                key=key,
                values=part(change, "properties", _as_values),
                reason=reason,
                route=part(change, "write", _as_route),
                source=part(change, "source", _as_source),
                is_protected=part(change, "protected", as_flag),
                in_step=part(change, "in_step", _as_values),
                origin=part(change, "origin", _as_origin),
                replaces=part(change, "replaces", or_null(_as_record_id)),
            )
        case Action.UPDATE:
            return Update(
                key=key,
                record_id=part(change, "record_id", _as_record_id),
                values=part(change, "properties", _as_values),
                in_step=part(change, "in_step", _as_values),
                reason=reason,
                route=part(change, "write", _as_route),
                source=source,
                origin=part(change, "origin", _as_origin),
                is_protected=part(change, "protected", as_flag),
                moved_from=_moved_from(change, key),
                rests_on=part(change, "rests_on", _as_rests_on),
            )
        case Action.ADOPT:
            return Adopt(
                key=key,
                record_id=part(change, "record_id", _as_record_id),
                in_step=part(change, "in_step", _as_values),
                reason=reason,
                source=source,
                origin=part(change, "origin", _as_origin),
                is_protected=part(change, "protected", as_flag),
                moved_from=_moved_from(change, key),
            )
        case Action.ASSOCIATE | Action.DISSOCIATE:
            raise Wrong(".association", "is missing")
        case _:
            assert_never(action)


def _pair_change(change: Json, action: Action, key: RecordKey, reason: Reason) -> PairChange:
    target = part(change, "association", _addressed_key)
    target_id = part(change, "association.record_id", or_null(_as_record_id))
    label = part(change, "association.label", or_null(_as_label))
    if action is Action.ASSOCIATE:
        record_id = part(change, "record_id", or_null(_as_record_id))
        source = part(change, "source", or_null(_as_source))
        is_whole = part(change, "association.whole", as_flag)
        made = Associate(key, record_id, target, target_id, label, reason, source, is_whole)
        return _by_its_route(change, made)
    record_id = part(change, "record_id", _as_record_id)
    target_id = part(change, "association.record_id", _as_record_id)
    if action is Action.ADOPT:
        return AdoptPair(
            key,
            record_id,
            target,
            target_id,
            label,
            reason,
            part(change, "source", or_null(_as_source)),
            part(change, "origin", _as_origin),
            part(change, "association.whole", as_flag),
        )
    source_or_none = part(change, "source", or_null(_as_source))
    if action is Action.RELEASE:
        return ReleasePair(key, record_id, target, target_id, label, reason, source_or_none)
    if action is not Action.DISSOCIATE:
        raise Wrong(".association", f"has no place in {action}")
    is_whole = part(change, "association.whole", as_flag)
    removed = Dissociate(key, record_id, target, target_id, label, reason, source_or_none, is_whole)
    return _by_its_route(change, removed)


def _by_its_route(change: Json, pair: P) -> P:
    if part(change, "write", _as_route) != pair.route:
        raise Wrong(".write", f"an association of this kind travels by {pair.route.call}")
    return pair


def _removal(change: Json, action: Action, key: RecordKey, reason: Reason) -> Archive | Release:
    record_id = part(change, "record_id", _as_record_id)
    source = part(change, "source", or_null(_as_source))
    if action is Action.RELEASE:
        origin = part(change, "origin", _as_origin)
        return Release(key, record_id, reason, source, origin, part(change, "in_step", _as_values))
    if part(change, "write", _as_route) != Archive.route:
        raise Wrong(".write", "archives travel by batch/archive and record id")
    origin_or_none = part(change, "origin", or_null(_as_origin))
    return Archive(key, record_id, reason, source, origin_or_none, part(change, "rests_on", _as_rests_on))


def _as_label(found: object) -> Label:
    label = as_object(found)
    return Label(
        category=part(label, "category", as_text),
        type_id=part(label, "type_id", as_count),
        text=part(label, "text", as_text),
    )


def _as_held(found: object) -> Held:
    held = as_object(found)
    return Held(
        key=_key(held),
        name=part(held, "property", _as_text_or_null),
        reason=part(held, "reason", _as_reason),
        live=part(held, "live", _as_text_or_null),
        desired=part(held, "desired", _as_text_or_null),
        source=part(held, "source", or_null(_as_source)),
        facts=part(held, "facts", as_tuple(_as_fact)),
        target=part(held, "target", or_null(_addressed_key)) if "target" in held else None,
        changed=_changed(held, "live"),
    )


def _as_fact(found: object) -> Fact:
    fact = as_object(found)
    return Fact(
        kind=part(fact, "kind", _as_fact_kind),
        record_id=_if_there(fact, "record_id", _as_record_id),
        other_id=_if_there(fact, "other_id", _as_record_id),
        key=_if_there(fact, "key", _addressed_key),
        names=_if_there(fact, "names", as_tuple(as_text)) or (),
        value=_if_there(fact, "value", as_text),
        word=_if_there(fact, "word", as_text),
        count=_if_there(fact, "count", as_count),
    )


def _if_there(found: Json, name: str, read: Callable[[object], T]) -> T | None:
    """A member that is left out where there is nothing to say."""
    return part(found, name, read) if name in found else None


def _as_problem(found: object) -> Problem:
    problem = as_object(found)
    parts = part(problem, "parts", _as_parts) if "parts" in problem else {}
    for name, told in parts.items():
        if told != problem.get(name):
            raise Wrong(f".parts.{name}", f"is not what `{name}` says")
    return Problem(
        message=parts.get("message", part(problem, "message", as_text)),
        advice=parts.get("advice", part(problem, "advice", _as_text_or_null)),
        source=part(problem, "source", or_null(_as_source)),
        address=part(problem, "address", _as_text_or_null),
        severity=part(problem, "severity", _as_severity),
        people=part(problem, "people", as_tuple(as_text)) if "people" in problem else (),
    )


def _as_parts(found: object) -> Mapping[str, Sentence]:
    """Message and advice, as far as there are values in them."""
    parts = as_object(found)
    names = (name for name in ("message", "advice") if name in parts)
    return {name: Sentence(part(parts, name, as_tuple(_as_part))) for name in names}


def _as_part(found: object) -> str | Value:
    if isinstance(found, str):
        return as_text(found)
    value = as_object(found)
    return Value(
        part(value, "value", as_text),
        part(value, "object", as_text),
        part(value, "property", as_text),
        _if_there(value, "spelled", as_text),
    )


def _as_refusal(found: object) -> GuardRefusal:
    refusal = as_object(found)
    return GuardRefusal(
        guard=part(refusal, "guard", _as_guard),
        advice=part(refusal, "advice", as_text),
        count=part(refusal, "count", as_count),
        message=part(refusal, "message", as_text),
        first=part(refusal, "first", as_tuple(lambda entry: _key(as_object(entry)))),
    )


def _as_base(found: object) -> GuardBase:
    base = as_object(found)
    return GuardBase(
        object=part(base, "object", as_text),
        named=part(base, "named", as_count),
        found=part(base, "found", as_count),
        owned=part(base, "owned", as_count),
        owned_named=part(base, "owned_named", as_count),
        values=part(base, "values", as_count),
        has_records=part(base, "has_records", as_flag),
    )


def _as_review(found: object) -> Review:
    review = as_object(found)
    return Review(
        digest=part(review, "digest", as_text),
        content=part(review, "content", as_text),
        git=part(review, "git", _as_text_or_null),
        departures=part(review, "departures", as_tuple(_as_departure)),
        unreviewed_rules=part(review, "unreviewed_prune", as_tuple(_as_prune_rule)),
    )


def _as_departure(found: object) -> ReviewDifference:
    departure = as_object(found)
    return ReviewDifference(
        how=part(departure, "departs", _as_departing),
        key=_key(departure),
        action=part(departure, "action", _as_action),
        facts=part(departure, "facts", as_tuple(_as_fact)),
        source=part(departure, "source", or_null(_as_source)),
        target=part(departure, "target", or_null(_addressed_key)),
    )


def _as_allowances(found: object) -> tuple[tuple[Guard, int], ...]:
    allowances = as_object(found)
    return tuple(
        (_as_guard(name), inside(_step(name), as_count, allowances[name])) for name in sorted(allowances)
    )


def _as_prune_rule(found: object) -> PruneRule:
    rule = as_object(found)
    return PruneRule(
        object=part(rule, "object", as_text),
        by=part(rule, "key", as_text),
        prune=part(rule, "prune", _as_prune),
    )


def _as_personal(found: object) -> tuple[str, str]:
    pair = as_object(found)
    return part(pair, "object", as_text), part(pair, "property", as_text)


def _addressed_key(found: object) -> RecordKey:
    entry = as_object(found)
    key = _key(entry)
    if part(entry, "address", as_text) != key.address:
        raise Wrong(".address", "does not belong to the object and key beside it")
    return key


def _key(entry: Json) -> RecordKey:
    return RecordKey(
        object=part(entry, "object", as_text),
        by=part(entry, "key.property", as_text),
        value=part(entry, "key.value", as_text),
    )


def _moved_from(change: Json, key: RecordKey) -> RecordKey | None:
    """The key that the record of ``key`` had until now."""
    former = part(change, "moved_from", or_null(as_object))
    if former is None:
        return None
    by = part(change, "moved_from.property", as_text)
    return RecordKey(key.object, by, part(change, "moved_from.value", as_text))


def _as_values(found: object) -> tuple[ValueChange, ...]:
    values = as_object(found)
    return tuple(_value(name, values[name]) for name in sorted(values))


def _as_rests_on(found: object) -> tuple[ValueChange, ...]:
    texts = as_object(found)
    read = ((name, inside(_step(name), _as_text_or_null, texts[name])) for name in sorted(texts))
    return tuple(ValueChange(name, text, text, Reason.IN_STEP) for name, text in read)


def _step(name: str) -> str:
    """A property's step in a path; names come from the file and may hold anything."""
    return f".{name}" if name.isidentifier() else f"[{dumps(name)}]"


def _value(name: str, found: object) -> ValueChange:
    try:
        value = as_object(found)
        return ValueChange(
            name=name,
            before=part(value, "before", _as_text_or_null),
            after=part(value, "after", _as_text_or_null),
            reason=part(value, "reason", _as_reason),
            source=part(value, "source", _as_source) if "source" in value else None,
            changed=_changed(value, "before"),
        )
    except Wrong as wrong:
        raise Wrong(_step(name) + wrong.path, wrong.what) from None


def _changed(found: Json, live: str) -> ValueVersion | None:
    """Whose edit it is about; ``live`` names the member that says what they made of the value."""
    if "changed_at" not in found:
        return None
    return ValueVersion(
        via=part(found, "changed_via", _as_via),
        by=part(found, "changed_by", as_text),
        at=part(found, "changed_at", _as_time),
        value=part(found, live, _as_text_or_null),
    )


def _as_source(found: object) -> SourceRef:
    source = as_object(found)
    return SourceRef(
        file=intern(part(source, "file", as_text)),  # a few files, named by each of many values
        line=part(source, "line", as_count),
        column=part(source, "column", as_count),
    )


def _as_route(found: object) -> Route:
    route = as_object(found)
    return Route(call=part(route, "call", _as_call), id_property=part(route, "id_property", _as_text_or_null))


def _as_record_id(found: object) -> RecordId:
    return RecordId(as_text(found))


def _as_time(found: object) -> datetime:
    try:
        time = datetime.fromisoformat(as_text(found))
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Wrong("", "a time with its offset is expected, as in 2026-11-22T10:00:00Z")
