"""The JSON forms of the parts of a change: encoding, decoding, and schema.

A form has a function to encode, a function to decode, and a JSON Schema. Decoding checks all input, because
anybody may have changed the file.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from json import dumps
from sys import intern
from typing import Any, NamedTuple, TypeVar

from reconciler.json_values import (
    Json,
    Wrong,
    as_count,
    as_flag,
    as_object,
    as_text,
    as_word,
    inside,
    or_null,
    part,
)
from reconciler.model.addresses import (
    DefinitionAddress,
    RecordAddress,
    RecordId,
    ThingAddress,
    thing_address,
)
from reconciler.model.calls import Call, Operation
from reconciler.model.labels import REFERENCE, Label, reference_label
from reconciler.model.owned import Origin
from reconciler.model.property_history import ChangeSource, ValueVersion
from reconciler.plan.change import Owned, Reason, Remote, ValueChange
from reconciler.source import SourceRef


class Form(NamedTuple):
    """The JSON form of one kind of value."""

    encode: Callable[[Any], object]
    decode: Callable[[object], Any]
    schema: Json


def _same(value: object) -> object:
    return value


def as_record_id(found: object) -> RecordId:
    """Decode an id that HubSpot assigned."""
    return RecordId(as_text(found))


def encode_key(key: ThingAddress) -> Json:
    """Encode a record by object type, key property and value; a definition by section and names."""
    return {"object": key.object, "property": key.by, "value": key.value}


def decode_key(found: object) -> RecordAddress:
    """Decode the result of ``encode_key``."""
    key = as_object(found)
    try:
        object_type, name, value = key["object"], key["property"], key["value"]
    except KeyError as missing:
        raise Wrong(f".{missing.args[0]}", "is missing") from None
    if type(object_type) is type(name) is type(value) is str:
        return RecordAddress(object_type, name, value)
    checked = (part(key, member, as_text) for member in ("object", "property", "value"))
    return RecordAddress(*checked)


def _decode_thing(found: object) -> RecordAddress | DefinitionAddress:
    """Decode a record or a definition."""
    key = decode_key(found)
    try:
        return thing_address(key.object, key.by, key.value)
    except ValueError as error:
        raise Wrong("", f"is no address: {error}") from None


def encode_label(label: Label) -> Json:
    """Encode a label by category, number and text; a label that the plan creates, by its address."""
    if label.category == REFERENCE:
        return {REFERENCE: label.text}
    return {"category": label.category, "text": label.text, "type_id": label.type_id}


def decode_label(found: object) -> Label:
    """Decode the result of ``encode_label``."""
    label = as_object(found)
    if REFERENCE in label:
        return reference_label(part(label, REFERENCE, as_text))
    return Label(
        category=part(label, "category", as_text),
        type_id=part(label, "type_id", as_count),
        text=part(label, "text", as_text),
    )


def encode_source(source: SourceRef) -> Json:
    """Encode a place in a manifest."""
    return {"column": source.column, "file": source.file, "line": source.line}


def decode_source(found: object) -> SourceRef:
    """Decode the result of ``encode_source``."""
    source = as_object(found)
    if (quick := _source_as_usual(source)) is not None:
        return quick
    return SourceRef(
        file=intern(part(source, "file", as_text)),  # many values share a few file names
        line=part(source, "line", as_count),
        column=part(source, "column", as_count),
    )


def _source_as_usual(source: Json) -> SourceRef | None:
    """Decode a place of the usual form quickly; return None for any other form."""
    file, line, column = source.get("file"), source.get("line"), source.get("column")
    if type(file) is str and type(line) is type(column) is int and min(line, column) >= 0:
        return SourceRef(intern(file), line, column)
    return None


def encode_time(moment: datetime) -> str:
    """Encode a time in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def decode_time(found: object) -> datetime:
    """Decode the result of ``encode_time``, or the same time with another offset."""
    try:
        time = datetime.fromisoformat(as_text(found))
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Wrong("", "a time with its offset is expected, as in 2026-11-22T10:00:00Z")


def encode_hand(hand: ValueVersion | None) -> Json:
    """Encode time and author of an edit in HubSpot; empty if unknown."""
    if hand is None:
        return {}
    return {"changed_at": encode_time(hand.at), "changed_by": hand.by, "changed_via": hand.via}


def decode_hand(found: Json, value: str | None) -> ValueVersion | None:
    """Decode the result of ``encode_hand``; ``value`` is the value that the edit set."""
    if "changed_at" not in found:
        return None
    return ValueVersion(
        via=part(found, "changed_via", _as_via),
        by=part(found, "changed_by", as_text),
        at=part(found, "changed_at", decode_time),
        value=value,
    )


def encode_values(values: Iterable[ValueChange]) -> Json:
    """Encode each value before and after the change, by name of the property or attribute."""
    return {value.name: [value.before, value.after] for value in values}


def encode_reasons(values: Iterable[ValueChange]) -> Json:
    """Encode reason, place and overwritten edit of each value, by name of the property or attribute."""
    return {value.name: _encode_reason(value) for value in values}


def decode_values(texts: object, reasons: object) -> tuple[ValueChange, ...]:
    """Decode the results of ``encode_values`` and ``encode_reasons`` for the same values."""
    written, why = as_object(texts), as_object(reasons)
    if written.keys() != why.keys():
        raise Wrong("", "lists other properties here than under `why`")
    return tuple(
        [
            _value_as_usual(name, written[name], why[name])
            or inside(step_of(name), _decoder_of(name, why[name]), written[name])
            for name in sorted(written)
        ]
    )


def _value_as_usual(name: str, texts: object, why: object) -> ValueChange | None:
    """Decode a value change of the usual form quickly; return None for every other form.

    The usual form contains no author.
    """
    if not isinstance(texts, list) or len(texts) != _BEFORE_AND_AFTER or not isinstance(why, dict):
        return None
    before, after = texts
    if not (before is None or type(before) is str) or not (after is None or type(after) is str):
        return None
    word = why.get("reason")
    reason = _REASONS.get(word) if isinstance(word, str) else None
    source = why.get("source")
    place = _source_as_usual(source) if isinstance(source, dict) else None
    if reason is None or "changed_at" in why or (place is None and "source" in why):
        return None
    return ValueChange(name, before, after, reason, place)


def encode_read(values: Iterable[ValueChange]) -> Json:
    """Encode values that are read and not written: the texts by name."""
    return {value.name: value.before for value in values}


def decode_read(found: object) -> tuple[ValueChange, ...]:
    """Decode the result of ``encode_read``."""
    texts = as_object(found)
    read = ((name, inside(step_of(name), as_text_or_null, texts[name])) for name in sorted(texts))
    return tuple(ValueChange(name, text, text, Reason.IN_STEP) for name, text in read)


def step_of(name: str) -> str:
    """Return the part of a JSON path for ``name``, quoted if needed: the file may contain any name."""
    return f".{name}" if name.isidentifier() else f"[{dumps(name)}]"


def _encode_reason(value: ValueChange) -> Json:
    why: Json = {"reason": str(value.reason)}
    if value.source:
        why["source"] = encode_source(value.source)
    return why | encode_hand(value.changed) if value.changed else why


def _decoder_of(name: str, why: object) -> Callable[[object], ValueChange]:
    def decode(texts: object) -> ValueChange:
        if not isinstance(texts, list) or len(texts) != _BEFORE_AND_AFTER:
            raise Wrong("", "is not a list of two values: before and after the change")
        before, after = map(as_text_or_null, texts)
        said = as_object(why)
        return ValueChange(
            name=name,
            before=before,
            after=after,
            reason=part(said, "reason", _as_reason),
            source=part(said, "source", decode_source) if "source" in said else None,
            changed=decode_hand(said, before),
        )

    return decode


_BEFORE_AND_AFTER = 2


def _encode_operation(operation: Operation) -> Json:
    call: Json = {"call": str(operation.call)}
    return call if operation.id_property is None else call | {"id_property": operation.id_property}


def _decode_operation(found: object) -> Operation:
    operation = as_object(found)
    return Operation(part(operation, "call", _as_call), if_there(operation, "id_property", as_text))


def _encode_remote(remote: Remote) -> Json:
    return {name: value for name, value in zip(Remote._fields, remote, strict=True) if value is not None}


def _decode_remote(found: object) -> Remote:
    remote = as_object(found)
    return Remote(*(if_there(remote, name, as_record_id) for name in Remote._fields))


def _encode_owned(owned: Owned) -> Json:
    return {"origin": str(owned.origin)} | ({"protected": True} if owned.is_protected else {})


def _decode_owned(found: object) -> Owned:
    owned = as_object(found)
    return Owned(part(owned, "origin", _as_origin), if_there(owned, "protected", as_flag) or False)


T = TypeVar("T")


def if_there(found: Json, name: str, read: Callable[[object], T]) -> T | None:
    """Decode a member that may be missing; None if it is."""
    return part(found, name, read) if name in found else None


as_text_or_null = or_null(as_text)
_as_call = as_word(Call)
_as_origin = as_word(Origin)
_as_reason = as_word(Reason)
_REASONS = {reason.value: reason for reason in Reason}
_as_via = as_word(ChangeSource)

_TEXT: Json = {"type": "string"}
_TEXT_OR_NULL: Json = {"type": ["string", "null"]}

KEY_SCHEMA: Json = {"$ref": "#/$defs/record"}
REASON = Form(str, _as_reason, {"$ref": "#/$defs/reason"})
SOURCE = Form(encode_source, decode_source, {"$ref": "#/$defs/source"})
FORMER_KEY = Form(encode_key, _decode_thing, KEY_SCHEMA)
STEP = Form(_same, as_count, {"type": "integer", "minimum": 1})
OPERATION = Form(_encode_operation, _decode_operation, {"$ref": "#/$defs/operation"})
REMOTE = Form(_encode_remote, _decode_remote, {"$ref": "#/$defs/remote"})
OWNED = Form(_encode_owned, _decode_owned, {"$ref": "#/$defs/owned"})
READ = Form(encode_read, decode_read, {"type": "object", "additionalProperties": _TEXT_OR_NULL})
