"""Reading an exported state, which may be edited by hand: it is checked before anything is imported. Pure."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from reconciler.errors import StateError
from reconciler.json_values import (
    Json,
    Wrong,
    as_count,
    as_flag,
    as_mapping,
    as_name,
    as_object,
    as_text,
    as_word,
    or_null,
    part,
    unexpected,
)
from reconciler.model.addresses import (
    DefinitionAddress,
    RecordAddress,
    RecordId,
    ThingAddress,
    thing_address,
)
from reconciler.model.associations import Association, OwnedAssociation, RecordRef
from reconciler.model.desired_records import Prune, PruneRule
from reconciler.model.labels import Label
from reconciler.model.owned import Origin, OwnedThing, StateVersion, owned_thing
from reconciler.state.export_format import EXPORT_VERSION, Export

_READ_VERSIONS = (1, 2, EXPORT_VERSION)  # version 1 had no associations, version 2 no definitions

_T = TypeVar("_T")


class UnreadList(Iterable[object]):
    """A list in an export that is read from its file whenever it is iterated: it need not fit into memory."""


@dataclass(frozen=True, slots=True)
class _Entries(Generic[_T]):
    """The entries of a list, parsed and checked whenever it is iterated."""

    name: str
    listed: Iterable[object]
    read: Callable[[object], _T]

    def __iter__(self) -> Iterator[_T]:
        for index, entry in enumerate(self.listed):
            try:
                yield self.read(entry)
            except Wrong as wrong:
                raise _no_export(Wrong(f"{self.name}[{index}]{wrong.path}", wrong.what)) from None


def parse_export(text: str) -> Export:
    """Read an export, which may be edited by hand.

    Raises:
        StateError: ``text`` is no export, or two records have the same key; the message names the place.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise StateError(f"this is not an exported state: it is not JSON ({where}: {error.msg})") from error
    except ValueError as error:  # such as a number with thousands of digits
        raise StateError(f"this is not an exported state: {error}") from error
    return export_of(document)


def export_of(document: object) -> Export:
    """Check and convert an exported document; its lists may be instances of ``UnreadList``.

    Raises:
        StateError: the document is no export, or two records have the same key.
    """
    try:
        return _export_of(as_object(document))
    except Wrong as wrong:
        raise _no_export(wrong) from None


def _export_of(document: Json) -> Export:
    version = document.get("version")
    if version not in _READ_VERSIONS:
        raise StateError(
            f"the exported state has format version {version}, but this reconciler reads format version "
            f"{EXPORT_VERSION}: export the state again with this reconciler, or install a newer reconciler"
        )
    pairs = _Entries("pairs", [] if version == 1 else part(document, "pairs", _as_list), _pair)
    owned = _Entries("owned", part(document, "owned", _as_list), _thing)
    suspects = _not_rising(record.key for record in owned)  # iterating checks every entry
    rules = tuple(_Entries("prune_rules", part(document, "prune_rules", _as_list), _rule))
    _refuse_repeated(owned, suspects)
    is_empty = next(iter(owned), None) is None
    lineage = part(document, "lineage", or_null(as_name) if is_empty else as_name)
    serial = part(document, "serial", as_count)
    for _ in pairs:  # iterating checks every association
        pass
    return Export(
        part(document, "portal_id", as_count),
        StateVersion(lineage, serial),
        rules,
        owned,
        pairs,
        or_null(as_name)(document.get("project")),
    )


def _as_list(found: object) -> Iterable[object]:
    if isinstance(found, list | UnreadList):
        return found
    raise unexpected("a list", found)


def _pair(found: object) -> OwnedAssociation:
    entry = as_object(found)
    target = RecordRef(part(entry, "target", _key), part(entry, "target_id", _as_record_id))
    return OwnedAssociation(
        Association(_record_ref(entry), target, part(entry, "label", or_null(_label))),
        origin=part(entry, "origin", as_word(Origin)),
        is_whole=part(entry, "whole", as_flag),
    )


def _label(found: object) -> Label:
    label = as_object(found)
    return Label(
        part(label, "category", as_name), part(label, "type_id", as_count), part(label, "text", as_name)
    )


def _thing(found: object) -> OwnedThing:
    entry = as_object(found)
    return owned_thing(
        _thing_key(entry),
        part(entry, "record_id", _as_record_id),
        part(entry, "origin", as_word(Origin)),
        part(entry, "sent", as_mapping(or_null(as_text))),
        part(entry, "answered", as_mapping(or_null(as_text))),
        is_protected=part(entry, "protected", as_flag),
    )


def _record_ref(entry: Json) -> RecordRef:
    return RecordRef(_key(entry), part(entry, "record_id", _as_record_id))


def _key(found: object) -> RecordAddress:
    entry = as_object(found)
    return RecordAddress(
        part(entry, "object", as_name), part(entry, "by", as_name), part(entry, "key", as_name)
    )


def _thing_key(entry: Json) -> RecordAddress | DefinitionAddress:
    names = (part(entry, name, as_name) for name in ("object", "by", "key"))
    try:
        return thing_address(*names)
    except ValueError as error:
        raise Wrong("", f"is not the key of a definition: {error}") from None


def _as_record_id(found: object) -> RecordId:
    return RecordId(as_name(found))


def _rule(found: object) -> PruneRule:
    entry = as_object(found)
    prune = part(entry, "prune", as_word(Prune))
    return PruneRule(part(entry, "object", as_name), part(entry, "by", as_name), prune)


def _no_export(wrong: Wrong) -> StateError:
    return StateError(f"this is not an exported state: {wrong}")


def _not_rising(keys: Iterable[ThingAddress]) -> set[ThingAddress]:
    """Return each key that is out of order, because an earlier key is greater or equal."""
    highest: ThingAddress | None = None
    found: set[ThingAddress] = set()
    for key in keys:
        if highest is None or key > highest:
            highest = key
        else:
            found.add(key)
    return found


def _refuse_repeated(owned: Iterable[OwnedThing], suspects: set[ThingAddress]) -> None:
    if not suspects:
        return
    seen: set[ThingAddress] = set()
    for record in owned:
        if record.key in seen:
            raise StateError(f"this exported state names {record.key.text} twice: keep one of them")
        if record.key in suspects:
            seen.add(record.key)
