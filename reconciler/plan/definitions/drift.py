"""Drift of definitions: what people changed since we last applied it, against state alone. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.model.addresses import DefinitionAddress, RecordId, Section
from reconciler.model.definition_attributes import (
    OPTIONS,
    STAGE_NAMES,
    attribute_of,
    list_of,
    list_text,
    option_path,
    same_text,
)
from reconciler.model.drift import DriftedValue, MissingOwnedRecord
from reconciler.model.facts import Fact, FactKind
from reconciler.model.live import MissingReason
from reconciler.model.owned import OwnedDefinition
from reconciler.model.portal_definitions import LiveDefinition
from reconciler.plan.change import Action, Change


def drift_of_definition(
    owned: OwnedDefinition,
    live: Mapping[RecordId, LiveDefinition],
    recent: Mapping[DefinitionAddress, Change],
) -> Iterator[DriftedValue | MissingOwnedRecord]:
    """Compare an owned definition with ``live``, by id; it may still show what ``recent`` writes replaced."""
    found = live.get(owned.record_id)
    ours = recent.get(owned.key)
    if found is None or found.is_archived:
        if ours is None or ours.action is not Action.CREATE:
            yield _removed(owned, found)
        return
    before = {value.name: value.before for value in ours.values} if ours else {}
    for path in sorted(owned.sent):
        last, now = owned.expected_live(path), found.values.get(path)
        if _is_same(owned, path, last, now) or (path in before and before[path] == now):
            continue
        yield DriftedValue(owned.key, owned.record_id, path, last, now)


def _removed(owned: OwnedDefinition, found: LiveDefinition | None) -> MissingOwnedRecord:
    is_archived = found is not None
    kind = FactKind.DEFINITION_ARCHIVED if is_archived else FactKind.DEFINITION_REMOVED
    reason = MissingReason.ARCHIVED if is_archived else MissingReason.ERASED
    return MissingOwnedRecord(owned.key, owned.record_id, reason, (Fact(kind),))


def _is_same(owned: OwnedDefinition, path: str, last: str | None, now: str | None) -> bool:
    section = owned.key.section
    attribute = attribute_of(section, path)
    if attribute is None:
        return last == now
    if path == OPTIONS and section is Section.PROPERTIES:
        return _same_options(owned, list_of(last), list_of(now))
    if path == STAGE_NAMES and section is Section.PIPELINES:
        return _same_order(list_of(last), list_of(now))
    return same_text(attribute, last, now)


def _same_options(owned: OwnedDefinition, last: tuple[str, ...], now: tuple[str, ...]) -> bool:
    """Compare lists of options; if only some of them are managed, only those count, in any order."""
    managed = [name for name in last if option_path(name, "label") in owned.sent]
    if len(managed) == len(last):
        return last == now
    return set(managed) <= set(now)


def _same_order(last: tuple[str, ...], now: tuple[str, ...]) -> bool:
    """Compare the order of the stages that both have: each of them is a definition of its own."""
    both = {*last} & {*now}
    return list_text(name for name in last if name in both) == list_text(name for name in now if name in both)


def addresses_of(values: Iterable[DriftedValue]) -> Mapping[str, Sequence[DefinitionAddress]]:
    """Return the addresses of definitions among drifted ``values``, by object type."""
    addresses: dict[str, list[DefinitionAddress]] = {}
    for value in values:
        if isinstance(value.key, DefinitionAddress):
            addresses.setdefault(value.key.object, []).append(value.key)
    return addresses
