"""Drift of definitions: live values that differ from the values that we last applied. Pure.

Manifests are not compared.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from reconciler.model.addresses import DefinitionAddress, RecordId, Section
from reconciler.model.definition_attributes import (
    OPTIONS,
    STAGE_NAMES,
    attribute_of,
    list_of,
    list_text,
    option_of,
    same_text,
)
from reconciler.model.drift import DriftedValue, MissingOwnedRecord
from reconciler.model.facts import Fact, FactKind
from reconciler.model.live import MissingReason
from reconciler.model.owned import OwnedDefinition
from reconciler.model.portal_definitions import LiveDefinition
from reconciler.plan.change import Change, Reason


def drift_of_definition(
    owned: OwnedDefinition,
    live: Mapping[RecordId, LiveDefinition],
    recent: Mapping[DefinitionAddress, Change],
    known: Iterable[OwnedDefinition] = (),
) -> Iterator[DriftedValue | MissingOwnedRecord]:
    """Compare an owned definition with the live one of the same id.

    ``recent`` are the changes that reconciler made during the last few minutes: HubSpot may still show the
    values before them.

    ``known`` are all owned definitions of the type: with them, a stage that has a new label is recognised.
    """
    found = live.get(owned.record_id)
    ours = recent.get(owned.key)
    if found is None or found.is_archived:
        if ours is None or ours.reason not in _MAKES_IT:
            yield _removed(owned, found)
        return
    before = {value.name: value.before for value in ours.values} if ours else {}
    values = dict(found.values)
    if STAGE_NAMES in owned.sent:
        values[STAGE_NAMES] = _stage_names(found, live, known, list_of(owned.expected_live(STAGE_NAMES)))
    gone = set(list_of(owned.sent.get(OPTIONS))) - set(list_of(values.get(OPTIONS)))
    for path in sorted(owned.sent):
        last, now = owned.expected_live(path), values.get(path)
        is_settling = path in before and before[path] == now
        # The drift of the list of options reports a missing option, so the option's label is not reported.
        is_told = option_of(path) in gone
        if not (is_told or is_settling or _is_same(owned, path, last, now)):
            yield DriftedValue(owned.key, owned.record_id, path, last, now)


_MAKES_IT = frozenset({Reason.MISSING, Reason.RECREATED})
"""Reasons of changes that create a definition."""


def _stage_names(
    pipeline: LiveDefinition,
    live: Mapping[RecordId, LiveDefinition],
    known: Iterable[OwnedDefinition],
    last: Collection[str],
) -> str:
    """Return the stages of a live pipeline in their live order.

    An owned stage is returned under its last applied label or its name in the manifests, if ``last`` contains
    one of them. Every other stage is returned under its live label.
    """
    own = pipeline.id.partition("/")[2]
    names = {each.record_id: (each.sent.get("label") or "", each.key.name) for each in known}
    stages = [each for each in live.values() if each.parent_id == own]
    order = {label: place for place, label in enumerate(list_of(pipeline.values.get(STAGE_NAMES)))}
    there: list[str] = []
    for each in sorted(stages, key=lambda stage: order.get(stage.values.get("label") or "", len(order))):
        label = each.values.get("label") or ""
        there.append(next((name for name in names.get(each.id, ()) if name in last), label))
    return list_text(there)


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
    if path == STAGE_NAMES and section is Section.PIPELINES:
        return _same_order(list_of(last), list_of(now))
    return same_text(attribute, last, now)


def _same_order(last: tuple[str, ...], now: tuple[str, ...]) -> bool:
    """Return whether the stages that are in both lists have the same order.

    A stage in only one list is ignored here, because it is reported as drift of the stage itself.
    """
    both = {*last} & {*now}
    return list_text(name for name in last if name in both) == list_text(name for name in now if name in both)
