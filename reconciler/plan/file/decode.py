"""Decoding a plan from JSON: known keys are checked strictly, keys of newer versions are ignored.

The summary, and whether the plan may be applied, are computed again instead of being read.
"""

from collections.abc import Mapping, Sequence
from json import dumps

from reconciler.errors import Problem, Severity
from reconciler.json_values import (
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
from reconciler.model.addresses import RecordAddress, ThingAddress, thing_address
from reconciler.model.desired_records import Prune, PruneRule
from reconciler.model.facts import Fact, FactKind
from reconciler.model.names import NO_DISPLAY_NAMES, NO_NAMES
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import StateVersion
from reconciler.plan.change import Change, Reason
from reconciler.plan.file.forms import (
    as_record_id,
    as_text_or_null,
    decode_hand,
    decode_source,
    decode_time,
    if_there,
    step_of,
)
from reconciler.plan.file.names import decode_display_names, decode_names
from reconciler.plan.kinds import Verb
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
from reconciler.plan.stages import Stage, StageName
from reconciler.sentences import Sentence, Value

_as_verb = as_word(Verb)
_as_difference_kind = as_word(DifferenceKind)
_as_fact_kind = as_word(FactKind)
_as_guard = as_word(Guard)
_as_prune = as_word(Prune)
_as_reason = as_word(Reason)
_as_severity = as_word(Severity)
_as_stage_name = as_word(StageName)


def _as_manifests(found: object) -> ManifestInfo:
    manifests = as_object(found)
    return ManifestInfo(
        digest=part(manifests, "digest", as_text),
        files=part(manifests, "files", as_count),
        records=part(manifests, "records", as_count),
        git=part(manifests, "git", as_text_or_null),
        has_uncommitted=part(manifests, "uncommitted", as_flag),
        definitions=part(manifests, "definitions", as_count) if "definitions" in manifests else 0,
    )


def _as_budget(found: object) -> Budget:
    budget = as_object(found)
    return Budget(
        read_calls=part(budget, "read_calls", as_count),
        write_calls=part(budget, "write_calls", as_count),
        seconds=part(budget, "seconds", as_seconds),
        daily_remaining=part(budget, "daily_remaining", or_null(as_count)),
        reread_calls=part(budget, "reread_calls", as_count),
        missing_calls=part(budget, "missing_calls", as_count) if "missing_calls" in budget else 0,
    )


def plan_from_header(document: Json, changes: Sequence[Change], held: Sequence[Held]) -> Plan:
    """Decode the header of a plan, and build the plan with ``changes`` and ``held``.

    Raises:
        Wrong: a value is missing or has a wrong form; only the first such value is reported.
    """
    return Plan(
        tool_version=part(document, "tool_version", as_text),
        created_at=part(document, "created_at", decode_time),
        environment=part(document, "environment", as_text),
        portal_id=part(document, "portal.id", as_count),
        portal_type=part(document, "portal.type", as_text),
        api_version=part(document, "portal.api_version", as_text),
        state=StateVersion(
            lineage=part(document, "state.lineage", as_text_or_null),
            serial=part(document, "state.serial", as_count),
        ),
        manifests=part(document, "manifests", _as_manifests),
        changes=changes,
        stages=part(document, "stages", as_tuple(_as_stage)),
        held=held,
        problems=part(document, "problems", as_tuple(_as_problem)),
        no_op=part(document, "summary.no_op", as_count),
        budget=part(document, "budget", _as_budget),
        write_scopes=part(document, "write_scopes", as_tuple(as_text)),
        refusals=part(document, "refusals", as_tuple(_as_refusal)),
        bases=part(document, "base", as_tuple(_as_base)),
        allowances=part(document, "allowances", _as_allowances),
        prune_rules=part(document, "prune_rules", as_tuple(_as_prune_rule)),
        masked_properties=part(document, "masked_properties", as_tuple(_as_masked)),
        rolls_back=part(document, "rolls_back", as_text_or_null),
        keeps_state=part(document, "state.kept", as_flag),
        targets=part(document, "selection.target", as_tuple(as_text)),
        excludes=part(document, "selection.exclude", as_tuple(as_text)),
        review=part(document, "review", or_null(_as_review)),
        host=_host(part(document, "portal", as_object)),
        names=part(document, "names", decode_names) if "names" in document else NO_NAMES,
    )


def _as_stage(found: object) -> Stage:
    stage = as_object(found)
    return Stage(part(stage, "name", _as_stage_name), part(stage, "changes", as_count))


def _host(portal: Json) -> str | None:
    return part(portal, "host", as_text) if "host" in portal else None


def decode_held(found: object) -> Held:
    """Decode a held difference."""
    held = as_object(found)
    return Held(
        key=_key(held),
        name=part(held, "property", as_text_or_null),
        reason=part(held, "reason", _as_reason),
        live=part(held, "live", as_text_or_null),
        desired=part(held, "desired", as_text_or_null),
        source=part(held, "source", or_null(decode_source)),
        facts=part(held, "facts", as_tuple(_as_fact)),
        target=part(held, "target", or_null(_addressed_record)) if "target" in held else None,
        changed=decode_hand(held, part(held, "live", as_text_or_null)),
        display_names=if_there(held, "display_names", decode_display_names) or NO_DISPLAY_NAMES,
    )


def _as_fact(found: object) -> Fact:
    fact = as_object(found)
    return Fact(
        kind=part(fact, "kind", _as_fact_kind),
        record_id=if_there(fact, "record_id", as_record_id),
        other_id=if_there(fact, "other_id", as_record_id),
        key=if_there(fact, "key", _addressed_record),
        names=if_there(fact, "names", as_tuple(as_text)) or (),
        value=if_there(fact, "value", as_text),
        word=if_there(fact, "word", as_text),
        count=if_there(fact, "count", as_count),
    )


def _as_problem(found: object) -> Problem:
    problem = as_object(found)
    parts = part(problem, "parts", _as_parts) if "parts" in problem else {}
    for name, told in parts.items():
        if told != problem.get(name):
            raise Wrong(f".parts.{name}", f"differs from `{name}` of the same problem")
    return Problem(
        message=parts.get("message", part(problem, "message", as_text)),
        advice=parts.get("advice", part(problem, "advice", as_text_or_null)),
        source=part(problem, "source", or_null(decode_source)),
        address=part(problem, "address", as_text_or_null),
        severity=part(problem, "severity", _as_severity),
        people=part(problem, "people", as_tuple(as_text)) if "people" in problem else (),
        needs=part(problem, "needs", as_text) if "needs" in problem else None,
    )


def _as_parts(found: object) -> Mapping[str, Sentence]:
    """Decode the parts of message and advice, by name. A text without values to mask has no parts."""
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
        if_there(value, "spelled", as_text),
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
        has_new_key=part(base, "has_new_key", as_flag) if "has_new_key" in base else False,
    )


def _as_review(found: object) -> Review:
    review = as_object(found)
    return Review(
        digest=part(review, "digest", as_text),
        content=part(review, "content", as_text),
        git=part(review, "git", as_text_or_null),
        differences=part(review, "differences", as_tuple(_as_difference)),
        unreviewed_rules=part(review, "unreviewed_prune_rules", as_tuple(_as_prune_rule)),
    )


def _as_difference(found: object) -> ReviewDifference:
    difference = as_object(found)
    return ReviewDifference(
        how=part(difference, "difference", _as_difference_kind),
        key=_key(difference),
        verb=part(difference, "action", _as_verb),
        facts=part(difference, "facts", as_tuple(_as_fact)),
        source=part(difference, "source", or_null(decode_source)),
        target=part(difference, "target", or_null(_addressed_record)),
        display_names=if_there(difference, "display_names", decode_display_names) or NO_DISPLAY_NAMES,
    )


def _as_allowances(found: object) -> tuple[tuple[Guard, int], ...]:
    allowances = as_object(found)
    return tuple(
        (_as_guard(name), inside(step_of(name), as_count, allowances[name])) for name in sorted(allowances)
    )


def _as_prune_rule(found: object) -> PruneRule:
    rule = as_object(found)
    return PruneRule(
        object=part(rule, "object", as_text),
        by=part(rule, "key", as_text),
        prune=part(rule, "prune", _as_prune),
    )


def _as_masked(found: object) -> ObjectProperty:
    pair = as_object(found)
    part(pair, "written", as_flag)
    return ObjectProperty(part(pair, "object", as_text), part(pair, "property", as_text))


def _addressed_record(found: object) -> RecordAddress:
    entry = as_object(found)
    key = _key(entry)
    if part(entry, "address", as_text) != key.text:
        raise Wrong(".address", "does not match `object` and `key` beside it")
    if not isinstance(key, RecordAddress):
        raise Wrong(".address", "is not the address of a record")
    return key


def _key(entry: Json) -> ThingAddress:
    parts = (part(entry, name, as_text) for name in ("object", "key.property", "key.value"))
    try:
        return thing_address(*parts)
    except ValueError as error:
        raise Wrong(".key", f"is no address: {error}") from None


def _step(name: str) -> str:
    """Return the part of a JSON path for ``name``, quoted if needed: the file may contain any name."""
    return f".{name}" if name.isidentifier() else f"[{dumps(name)}]"
