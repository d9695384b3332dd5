"""Owned records as text and back: for moving, inspecting and repairing a state. Pure.

There is one record per line, and everything is sorted, so that ``diff`` can compare two exports.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar, cast

from reconciler.errors import StateError
from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.associations import Association, OwnedAssociation, RecordRef
from reconciler.model.desired import Prune, PruneRule
from reconciler.model.labels import Label
from reconciler.model.owned import Origin, OwnedRecord, StateVersion
from reconciler.model.references import RecordIdentity
from reconciler.state.row_codec import json_text

EXPORT_VERSION = 2
_READ_VERSIONS = (1, EXPORT_VERSION)  # the first version had no associations

_T = TypeVar("_T")


class UnreadList(Iterable[object]):
    """A list of an export that is read again for each iteration: it may be larger than memory."""


@dataclass(frozen=True, slots=True)
class _Entries(Generic[_T]):
    """The entries of a list, parsed and checked again for each iteration."""

    name: str
    listed: Iterable[object]
    parse: Callable[[object, str], _T]

    def __iter__(self) -> Iterator[_T]:
        for index, entry in enumerate(self.listed):
            yield self.parse(entry, f"{self.name}[{index}].")


@dataclass(frozen=True, slots=True)
class Export:
    """The content of an exported state."""

    portal_id: int
    version: StateVersion
    prune_rules: tuple[PruneRule, ...]
    owned: Iterable[OwnedRecord]  # like pairs: can be iterated again, and may be larger than memory
    pairs: Iterable[OwnedAssociation] = ()
    project: str | None = None  # project of the state; None if it has no name


def export_lines(
    portal_id: int,
    version: StateVersion,
    prune_rules: Iterable[PruneRule],
    records: Iterable[OwnedRecord],
    pairs: Iterable[OwnedAssociation] = (),
    *,
    project: str | None = None,
) -> Iterator[str]:
    """Write JSON line by line; rules and records are sorted by object type, key property and key."""
    yield f'{{"lineage":{json_text(version.lineage)},\n"owned":['
    separator = "\n"
    for record in records:
        yield separator + json_text(
            {
                "object": record.key.object,
                "by": record.key.by,
                "key": record.key.value,
                "record_id": record.record_id,
                "origin": str(record.origin),
                "sent": dict(record.sent),
                "answered": dict(record.answered),
                "protected": record.is_protected,
            }
        )
        separator = ",\n"
    yield '\n],\n"pairs":['
    separator = "\n"
    for pair in pairs:
        yield separator + json_text(_exported_pair(pair))
        separator = ",\n"
    yield f'\n],\n"portal_id":{portal_id},\n'
    yield f'"project":{json_text(project)},\n' if project else ""
    yield '"prune_rules":['
    separator = "\n"
    for rule in prune_rules:
        yield separator + json_text({"object": rule.object, "by": rule.by, "prune": str(rule.prune)})
        separator = ",\n"
    yield f'\n],\n"serial":{version.serial},\n"version":{EXPORT_VERSION}}}\n'


def _exported_pair(pair: OwnedAssociation) -> dict[str, object]:
    label = pair.label
    return {
        "object": pair.source.address.object,
        "by": pair.source.address.by,
        "key": pair.source.address.value,
        "record_id": pair.source.id,
        "target": {
            "object": pair.target.address.object,
            "by": pair.target.address.by,
            "key": pair.target.address.value,
        },
        "target_id": pair.target.id,
        "label": label and {"category": label.category, "text": label.text, "type_id": label.type_id},
        "origin": str(pair.origin),
        "whole": pair.is_whole,
    }


def parse_export(text: str) -> Export:
    """Read an export, perhaps edited by hand.

    Raises:
        StateError: it is not an export, or two records share a key; the message names the place.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise StateError(f"this is no exported state: it is not JSON ({where}: {error.msg})") from error
    except ValueError as error:  # a number with thousands of digits
        raise StateError(f"this is no exported state: {error}") from error
    return export_of(document)


def export_of(document: object) -> Export:
    """Check and convert an exported document; its lists may be unread.

    Raises:
        StateError: as ``parse_export``.
    """
    whole = _object(document, "it")
    if whole.get("version") not in _READ_VERSIONS:
        raise StateError(
            f"this state was exported as version {whole.get('version')}, this reconciler reads version "
            f"{EXPORT_VERSION}: export it again with this reconciler, or upgrade"
        )
    pairs = _Entries("pairs", [] if whole["version"] == 1 else _list(whole, "pairs"), _pair)
    owned = _Entries("owned", _list(whole, "owned"), _record)
    suspects = _not_rising(record.key for record in owned)  # this checks every record
    rules = tuple(_Entries("prune_rules", _list(whole, "prune_rules"), _rule))
    _refuse_repeated(owned, suspects)
    is_empty = next(iter(owned), None) is None
    lineage = None if whole.get("lineage") is None and is_empty else _text(whole, "lineage", "")
    version = StateVersion(lineage, _number(whole, "serial"))
    for _ in pairs:  # this checks every association
        pass
    project = None if whole.get("project") is None else _text(whole, "project", "")
    return Export(_number(whole, "portal_id"), version, rules, owned, pairs, project)


def imported_version(portal_id: int, present: StateVersion, export: Export) -> StateVersion:
    """Return lineage and serial of a state after ``export`` has been imported into it.

    Raises:
        StateError: the two do not belong together.
    """
    if export.portal_id != portal_id:
        raise StateError(
            f"this state was exported from portal {export.portal_id}, not {portal_id}: choose its environment"
        )
    if present.lineage is None:
        return export.version
    if export.version.lineage != present.lineage:
        raise StateError(
            f"this state is of lineage {export.version.lineage}, the present one of {present.lineage}: "
            "import it into a new database, or export the present state and edit that"
        )
    return StateVersion(present.lineage, max(present.serial, export.version.serial) + 1)


def named_twice(export: Export) -> StateError:
    """Report the record of ``export`` with two entries; finding it needs memory for all ids."""
    seen: dict[RecordIdentity, RecordAddress] = {}
    for record in export.owned:
        first = seen.setdefault(RecordIdentity(record.key.object, record.record_id), record.key)
        if first != record.key:
            return StateError(
                f"this exported state has record {record.record_id} of {record.key.object} twice, as "
                f"{first.text} and as {record.key.text}: keep one of them"
            )
    raise ValueError("no record has two entries")


def _pair(entry: object, where: str) -> OwnedAssociation:
    fields = _object(entry, where)
    label = None
    if fields.get("label") is not None:
        said = _object(fields["label"], f"{where}label")
        of_label = f"{where}label."
        type_id = _number(said, "type_id", of_label)
        label = Label(_text(said, "category", of_label), type_id, _text(said, "text", of_label))
    target = f"{where}target."
    return OwnedAssociation(
        Association(
            RecordRef(_key(fields, where), RecordId(_text(fields, "record_id", where))),
            RecordRef(
                _key(_object(fields.get("target"), target), target),
                RecordId(_text(fields, "target_id", where)),
            ),
            label,
        ),
        origin=Origin(_word(fields, "origin", where, Origin)),
        is_whole=_flag(fields, "whole", where),
    )


def _key(fields: Mapping[str, Any], where: str) -> RecordAddress:
    return RecordAddress(
        _text(fields, "object", where), _text(fields, "by", where), _text(fields, "key", where)
    )


def _record(entry: object, where: str) -> OwnedRecord:
    fields = _object(entry, where)
    return OwnedRecord(
        key=_key(fields, where),
        record_id=RecordId(_text(fields, "record_id", where)),
        origin=Origin(_word(fields, "origin", where, Origin)),
        sent=_values(fields, "sent", where),
        answered=_values(fields, "answered", where),
        is_protected=_flag(fields, "protected", where),
    )


def _rule(entry: object, where: str) -> PruneRule:
    fields = _object(entry, where)
    prune = Prune(_word(fields, "prune", where, Prune))
    return PruneRule(_text(fields, "object", where), _text(fields, "by", where), prune)


def _list(fields: Mapping[str, Any], name: str) -> Iterable[object]:
    value = fields.get(name)
    if not isinstance(value, list | UnreadList):
        raise _wrong(name, "a list")
    return value


def _word(fields: Mapping[str, Any], name: str, where: str, words: type[StrEnum]) -> str:
    value = _text(fields, name, where)
    if value not in set(words):
        raise _wrong(f"{where}{name}", " or ".join(words))
    return value


def _flag(fields: Mapping[str, Any], name: str, where: str) -> bool:
    value = fields.get(name)
    if not isinstance(value, bool):
        raise _wrong(f"{where}{name}", "true or false")
    return value


def _values(fields: Mapping[str, Any], name: str, where: str) -> Mapping[str, str | None]:
    values = _object(fields.get(name), f"{where}{name}")
    for property_name, value in values.items():
        if not isinstance(value, str | None):
            raise _wrong(f"{where}{name}.{property_name}", "text or null")
    return values


def _object(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(where.rstrip("."), "an object")
    return cast("dict[str, Any]", value)


def _text(fields: Mapping[str, Any], name: str, where: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise _wrong(f"{where}{name}", "text")
    return value


def _number(fields: Mapping[str, Any], name: str, where: str = "") -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(f"{where}{name}", "a whole number")
    return value


def _not_rising(keys: Iterable[RecordAddress]) -> set[RecordAddress]:
    """Return the keys that are not above all before them; repeated keys are always among them."""
    highest: RecordAddress | None = None
    found: set[RecordAddress] = set()
    for key in keys:
        if highest is None or key > highest:
            highest = key
        else:
            found.add(key)
    return found


def _refuse_repeated(owned: Iterable[OwnedRecord], suspects: set[RecordAddress]) -> None:
    if not suspects:
        return
    seen: set[RecordAddress] = set()
    for record in owned:
        if record.key in seen:
            raise StateError(f"this exported state names {record.key.text} twice: keep one of them")
        if record.key in suspects:
            seen.add(record.key)


def _wrong(where: str, expected: str) -> StateError:
    return StateError(f"this is no exported state: {where} should be {expected}")
