"""Encoding the header, problems and held differences of a plan as JSON; ``fields.py`` encodes changes."""

import json
from collections.abc import Container, Iterable, Iterator
from typing import Any, NamedTuple

from reconciler.errors import Problem, Severity
from reconciler.invisible_characters import escaped_where_hidden
from reconciler.json_values import Json, as_is, part
from reconciler.model.addresses import RecordAddress, ThingAddress
from reconciler.model.desired_records import PruneRule
from reconciler.model.facts import Fact
from reconciler.model.names import NO_NAMES
from reconciler.model.object_references import ObjectProperty
from reconciler.plan.change import Change
from reconciler.plan.file.forms import encode_hand, encode_source, encode_time
from reconciler.plan.file.names import encode_display_names, encode_names
from reconciler.plan.needed_definition import needed_definition
from reconciler.plan.plan import Guard, GuardBase, GuardRefusal, Held, Plan, Review, ReviewDifference
from reconciler.sentences import Sentence, Value
from reconciler.source import SourceRef

_ENTRY = json.JSONEncoder(ensure_ascii=False, sort_keys=True)
_INDENTED = json.JSONEncoder(ensure_ascii=False, sort_keys=True, indent=2)


class Digests(NamedTuple):
    """The hashes that identify plans."""

    digest: str  # hash of everything that affects what apply does
    content: str  # the same hash, but without commit and state


def header_as_document(plan: Plan, format_version: str, written: Container[ObjectProperty]) -> Json:
    """Encode all of ``plan`` except changes and held differences.

    ``written`` are the properties (with object type) of all keys and values in its changes: the digest covers
    which of these are masked.
    """
    return {
        "allowances": allowances_as_document(plan.allowances),
        "appliable": plan.is_appliable,
        "base": [_base(base) for base in plan.bases],
        "budget": {
            "daily_remaining": plan.budget.daily_remaining,
            **({"missing_calls": plan.budget.missing_calls} if plan.budget.missing_calls else {}),
            "read_calls": plan.budget.read_calls,
            "reread_calls": plan.budget.reread_calls,
            "seconds": plan.budget.seconds,
            "write_calls": plan.budget.write_calls,
        },
        "created_at": encode_time(plan.created_at),
        "environment": plan.environment,
        "format_version": format_version,
        "manifests": {
            **({"definitions": plan.manifests.definitions} if plan.manifests.definitions else {}),
            "digest": plan.manifests.digest,
            "files": plan.manifests.files,
            "git": plan.manifests.git,
            "records": plan.manifests.records,
            "uncommitted": plan.manifests.has_uncommitted,
        },
        "masked_properties": [
            {"object": object_name, "property": name, "written": (object_name, name) in written}
            for object_name, name in plan.masked_properties
        ],
        **({"names": encode_names(plan.names)} if plan.names != NO_NAMES else {}),
        "prune_rules": prune_as_document(plan.prune_rules),
        "portal": {"api_version": plan.api_version, "id": plan.portal_id, "type": plan.portal_type}
        | ({} if plan.host is None else {"host": plan.host}),
        "problems": [problem_as_document(problem) for problem in plan.problems],
        "review": _review(plan.review) if plan.review else None,
        "refusals": [_refusal(refusal) for refusal in plan.refusals],
        "selection": {"exclude": list(plan.excludes), "target": list(plan.targets)},
        "stages": [{"changes": stage.size, "name": stage.name} for stage in plan.stages],
        "state": {"kept": plan.keeps_state, "lineage": plan.state.lineage, "serial": plan.state.serial},
        "summary": plan.summary.as_document(),
        "tool_version": plan.tool_version,
        "rolls_back": plan.rolls_back,
        "write_scopes": list(plan.write_scopes),
    }


def text_of(document: Json) -> str:
    """Return indented JSON with sorted keys.

    A list that ``document`` contains as an iterator has one line for each entry.
    """
    return "".join(text_pieces(document))


def text_pieces(document: Json) -> Iterator[str]:
    """Return the text of ``text_of`` in pieces.

    If ``document`` contains a list as an iterator, the entries are encoded one by one to save memory.
    """
    start = "{\n"
    for name in sorted(document):
        yield f'{start}  "{name}": '
        yield from _member(document[name])
        start = ",\n"
    yield "\n}\n"


def _escaped(character: str) -> str:
    """Escape an invisible character in JSON; decoding gives the same text."""
    return json.dumps(character)[1:-1]


def allowances_as_document(allowances: Iterable[tuple[Guard, int]]) -> Json:
    """Encode the guards that the user raised with ``--allow``, each with its new limit."""
    return {str(guard): number for guard, number in allowances}


def _review(review: Review) -> Json:
    return {
        "content": review.content,
        "differences": [_difference(difference) for difference in review.differences],
        "digest": review.digest,
        "git": review.git,
        "unreviewed": review.unreviewed,
        "unreviewed_prune_rules": prune_as_document(review.unreviewed_rules),
    }


def _difference(difference: ReviewDifference) -> Json:
    return _if_any("display_names", encode_display_names(difference.display_names)) | {
        "action": difference.verb,
        "address": difference.key.text,
        "difference": difference.how,
        "key": _key(difference.key),
        "facts": [_fact(fact) for fact in difference.facts],
        "object": difference.key.object,
        "source": source_as_document(difference.source),
        "target": _end(difference.target) if difference.target else None,
    }


def _fact(fact: Fact) -> Json:
    """Encode the kind of a fact, and those of its fields that are set."""
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


def digested_header(header: dict[str, Any]) -> Json:
    """Return the part of the header that affects what apply does, without state and commit.

    Raises:
        Wrong: a part of it is missing.
    """
    portal = header["portal"]
    return {name: part(header, name, as_is) for name in _DIGESTED} | {
        "host": portal.get("host"),
        "masked_properties": [each for each in header["masked_properties"] if each["written"]],
        "portal": portal["id"],
        "problems": [
            (problem["address"], problem["message"])
            for problem in header["problems"]
            if problem["severity"] == Severity.ERROR
        ],
        "refusals": [
            (refusal["guard"], refusal["count"], refusal["message"]) for refusal in header["refusals"]
        ],
    }


_DIGESTED = (
    "allowances",
    "appliable",
    "base",
    "environment",
    "format_version",
    "prune_rules",
    "rolls_back",
    "stages",
)
"""Members of the header that the digest covers as they are."""


def properties_of(change: Change) -> Iterator[ObjectProperty]:
    """Return the key properties of a change and the properties of its values, with object types."""
    yield from (key.key_property for key in change.address.records)
    values = (*change.values, *change.remembered, *change.forgotten, *change.rests_on)
    yield from (ObjectProperty(change.object_type, value.name) for value in values)


def _base(base: GuardBase) -> Json:
    new_key = {"has_new_key": True} if base.has_new_key else {}
    return new_key | {
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
    """Encode prune rules."""
    return [{"key": rule.by, "object": rule.object, "prune": rule.prune} for rule in rules]


def problem_as_document(problem: Problem) -> Json:
    """Encode a problem."""
    return {
        "address": problem.address,
        "advice": problem.advice,
        "message": problem.message,
        **({"needs": definition} if (definition := needed_definition(problem)) else {}),
        "severity": problem.severity,
        "source": source_as_document(problem.source),
        **({"people": list(problem.people)} if problem.people else {}),
        **({"parts": parts} if (parts := _parts_of(problem)) else {}),
    }


def _parts_of(problem: Problem) -> Json:
    """Encode the parts of message and advice, by name. A text without values to mask has no parts."""
    return {
        name: [_value(part) if isinstance(part, Value) else part for part in text.parts]
        for name, text in (("message", problem.message), ("advice", problem.advice))
        if isinstance(text, Sentence) and any(isinstance(part, Value) for part in text.parts)
    }


def _value(value: Value) -> Json:
    return {
        "object": value.object,
        "property": value.name,
        "value": value.text,
        **({} if value.spelled is None else {"spelled": value.spelled}),
    }


def source_as_document(source: SourceRef | None) -> Json | None:
    """Encode a place in a manifest; None if there is none."""
    return encode_source(source) if source else None


def _if_any(name: str, value: Json | None) -> Json:
    """Return an object with the member ``name``, or an empty one if ``value`` is empty."""
    return {name: value} if value else {}


def _end(key: RecordAddress) -> Json:
    return {"address": key.text, "key": _key(key), "object": key.object}


def held_as_document(held: Held) -> Json:
    """Encode a held difference."""
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
        | encode_hand(held.changed)
        | _if_any("display_names", encode_display_names(held.display_names))
    )


def _key(key: ThingAddress) -> Json:
    return {"property": key.by, "value": key.value}


def _member(value: object) -> Iterator[str]:
    if not isinstance(value, Iterator):
        lines = _INDENTED.encode(value).split("\n")
        yield "\n  ".join(escaped_where_hidden(line, _escaped) for line in lines)
        return
    start = "["
    for entry in value:
        yield f"{start}\n    {escaped_where_hidden(_ENTRY.encode(entry), _escaped)}"
        start = ","
    yield "[]" if start == "[" else "\n  ]"
