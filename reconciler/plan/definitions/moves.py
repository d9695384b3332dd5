"""Moving records from a value that is removed to the value that manifests name instead. Pure.

Records move in two cases only: a renamed option, or an absent definition with ``$moves_to``. A record
that this plan changes anyway gets its new value by the same change.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import RECORD_ID, DefinitionAddress, RecordAddress, RecordId, Section
from reconciler.model.definitions import ObjectSchema
from reconciler.model.live import LiveRecord
from reconciler.model.owned import OwnedRecord
from reconciler.model.portal_definitions import LiveDefinition
from reconciler.plan.change import Action, Change, Owned, Reason, Remote, ValueChange
from reconciler.plan.definitions.context import own_id, sibling
from reconciler.plan.definitions.match import WORDS, labels_equal
from reconciler.plan.definitions.planner import DecidedDefinitions
from reconciler.plan.records.calls import BY_RECORD_ID
from reconciler.plan.records.changes import is_record_change
from reconciler.source import SourceRef

_SEPARATOR = ";"
"""The separator between the values of a multiple choice."""


@dataclass(frozen=True, slots=True)
class Move:
    """A removed value that records of one type have, and their new value."""

    address: DefinitionAddress  # address of the removed definition
    source: SourceRef | None
    name: str  # the property
    before: str | None  # the removed value; None: any value
    after: str  # the new value; if ``before`` is None, the property to which values are copied
    stages: Mapping[str, str] = field(default_factory=dict)  # for a pipeline: new stage by old stage
    by_stage: str | None = None  # for a pipeline: the property for the stage

    @property
    def names(self) -> tuple[str, ...]:
        """The properties of records that must be read for this move."""
        others = [self.by_stage] if self.by_stage else [self.after] if self.before is None else []
        return (self.name, *others)

    def holds(self, live: LiveRecord) -> bool:
        """Return whether a record has the removed value."""
        text = live.properties.get(self.name)
        return text is not None and (self.before is None or self.before in text.split(_SEPARATOR))

    def value(self, name: str, before: str | None, after: str | None) -> ValueChange:
        """Build a value change whose reason is this move."""
        return ValueChange(name, before, after, Reason.MIGRATED, self.source)


def by_property(moves: Iterable[Move]) -> Mapping[str, Sequence[Move]]:
    """Group the moves by property: a record gets its new value from all moves of the property together."""
    found: dict[str, list[Move]] = {}
    for move in moves:
        found.setdefault(move.name, []).append(move)
    return found


def moved_values(moves: Sequence[Move], live: LiveRecord) -> tuple[ValueChange, ...]:
    """Return the values that a record gets by the moves of one property.

    In a multiple choice, only the removed values are replaced. A value is copied only into an empty property.
    """
    text = live.properties.get(moves[0].name)
    held = [move for move in moves if move.holds(live)]
    if text is None or not held:
        return ()
    first = held[0]
    if first.before is None:
        is_free = live.properties.get(first.after) is None
        return (first.value(first.after, None, text),) if is_free else ()
    instead = {move.before: move.after for move in held}
    items = dict.fromkeys(instead.get(item, item) for item in text.split(_SEPARATOR))
    moved = first.value(first.name, text, _SEPARATOR.join(items))
    if first.by_stage is None:
        return (moved,)
    stage = live.properties.get(first.by_stage)
    new = first.stages.get(stage or "") or next(iter(first.stages.values()), None)
    return (moved, first.value(first.by_stage, stage, new))


def moves_of(
    decided: DecidedDefinitions, kept: Iterable[Change], stage_names: tuple[str, str] | None
) -> Iterator[Move]:
    """Return a ``Move`` for each removal in ``kept`` that gives another value to records."""
    for change in kept:
        if change.action is Action.ARCHIVE and change.reason is Reason.MIGRATED:
            move = _move_of(decided, change, stage_names)
            if move is not None:
                yield move


def without_target(
    decided: DecidedDefinitions, kept: Iterable[Change], moves: Iterable[Move], after: ObjectSchema
) -> Iterator[Problem]:
    """Report removals whose ``$moves_to`` names nothing that exists in the planned schema ``after``."""
    targets = {move.address: move for move in moves}
    for change in kept:
        if change.action is not Action.ARCHIVE or change.reason is not Reason.MIGRATED:
            continue
        move = targets.get(change.definition)
        if move is not None and (move.before is not None or move.after in after.properties):
            continue
        name = move.after if move else _target_name(decided, change.definition)
        message = f"its records would move to {name}, which does not exist"
        advice = "correct `$moves_to`, or declare the definition that it names"
        yield Problem(message, advice, change.source, change.definition.text)


def _move_of(decided: DecidedDefinitions, change: Change, stage_names: tuple[str, str] | None) -> Move | None:
    address = change.definition
    match address.section:
        case Section.OPTIONS:
            target = _option_target(decided, *address.names)
            if target is None:
                return None
            return Move(address, change.source, address.names[0], address.name, target)
        case Section.PROPERTIES:
            target = _target_name(decided, address)
            return None if target is None else Move(address, change.source, address.name, None, target)
        case Section.STAGES | Section.PIPELINES if stage_names and change.remote.id:
            target = target_id(decided, address)
            if target is None:
                return None
            before = own_id(change.remote.id)
            if address.section is Section.STAGES:
                return Move(address, change.source, stage_names[1], before, target)
            stages = _stages_instead(decided, before, target)
            return Move(address, change.source, stage_names[0], before, target, stages, stage_names[1])
        case _:
            return None


def _option_target(decided: DecidedDefinitions, name: str, option: str) -> str | None:
    for sides in decided.matched.sides:
        if sides.address.section is Section.PROPERTIES and sides.address.name == name:
            for each in sides.wanted.options:
                if each.special.renamed_from == option and not each.special.is_absent:
                    return each.name
                if each.name == option:
                    return each.special.moves_to
    return None


def _target_name(decided: DecidedDefinitions, address: DefinitionAddress) -> str | None:
    """Return the name that ``$moves_to`` gives for the definition at ``address``."""
    own = {sides.address: sides for sides in decided.matched.sides}
    own |= {sides.former: sides for sides in decided.matched.sides if sides.former}
    return own[address].wanted.special.moves_to if address in own else None


def target_id(decided: DecidedDefinitions, address: DefinitionAddress) -> str | None:
    """Return the id of the pipeline or stage to which records of ``address`` move."""
    name = _target_name(decided, address)
    address = next((sides.address for sides in decided.matched.sides if sides.former == address), address)
    if name is None:
        return None
    target = sibling(address, name)
    for sides in decided.matched.sides:
        if sides.address == target and sides.found is not None:
            return own_id(sides.found.id)
    for change in decided.changes:
        if change.definition == target and change.action is Action.CREATE and change.remote.id:
            return own_id(change.remote.id)
    for live in decided.matched.known.live:
        is_called_so = live.address.section is address.section and labels_equal(
            live.values.get("label"), name
        )
        if is_called_so and (address.section is not Section.STAGES or _is_beside(decided, live, address)):
            return own_id(live.id)
    return None


def _is_beside(decided: DecidedDefinitions, live: LiveDefinition, stage: DefinitionAddress) -> bool:
    """Return whether ``live`` is a stage of the same pipeline as ``stage``."""
    for sides in decided.matched.sides:
        if sides.address == stage and sides.found is not None:
            return sides.found.parent_id == live.parent_id
    return False


def _stages_instead(decided: DecidedDefinitions, before: str, after: str) -> Mapping[str, str]:
    """Return the new stage of records for each stage of the removed pipeline ``before``.

    The new stage is the stage with the same label in the pipeline ``after``. If that stage is removed, too,
    the new stage is its replacement. If no stage has the same label, it is the first stage of ``after``.
    """
    live = [each for each in decided.matched.known.live if each.address.section is Section.STAGES]
    leaving = {
        change.remote.id: change.definition for change in decided.changes if change.action is Action.ARCHIVE
    }
    found = [(each.id, each.values.get("label")) for each in live if each.parent_id == after]
    targets = [(own_id(each), label) for each, label in found if each not in leaving]
    targets += [
        (own_id(change.remote.id), next((v.after for v in change.values if v.name == "label"), None))
        for change in decided.changes
        if change.action is Action.CREATE
        and change.remote.id
        and getattr(change.details, "parent_id", None) == after
    ]
    if not targets:
        return {}
    instead = ((target_id(decided, leaving[each]), label) for each, label in found if each in leaving)
    named = [*targets, *((target, label) for target, label in instead if target is not None)]
    return {
        own_id(each.id): next(
            (target for target, label in named if labels_equal(label, each.values.get("label"))),
            targets[0][0],
        )
        for each in live
        if each.parent_id == before
    }


def moved_record(
    object_name: str, live: LiveRecord, values: tuple[ValueChange, ...], owned: OwnedRecord | None
) -> Change:
    """Build the change of a record that the plan changes only to move it; its ownership stays the same."""
    return Change(
        address=owned.key if owned else RecordAddress(object_name, RECORD_ID, live.id),
        action=Action.UPDATE,
        reason=Reason.MIGRATED,
        values=tuple(sorted(values, key=lambda value: value.name)),
        remote=Remote(live.id),
        operation=BY_RECORD_ID,
        owned=Owned(owned.origin, owned.is_protected) if owned else None,
    )


def with_moved(change: Change, moved: Iterable[ValueChange]) -> Change:
    """Add values to a planned change of a record: ``moved`` replaces values whose definition is removed.

    Values that the change already writes stay the same. The ``forgotten`` values are still removed from the
    state, even if a value of ``moved`` is written to the same property. Only a change that updates or adopts
    gets values of ``moved``.
    """
    written = {value.name for value in change.values}
    new = [value for value in moved if value.name not in written]
    if not new or change.action not in {Action.UPDATE, Action.ADOPT}:
        return change
    names = {value.name for value in new}
    with_values = replace(
        change,
        values=tuple(sorted((*change.values, *new), key=lambda value: value.name)),
        remembered=tuple(value for value in change.remembered if value.name not in names),
    )
    if change.action is Action.UPDATE:
        return with_values
    return replace(with_values, action=Action.UPDATE, reason=Reason.MIGRATED, operation=BY_RECORD_ID)


def not_looked_into(moves: Iterable[Move]) -> Iterator[Problem]:
    """Warn that workflows, lists and forms may use a removed value: HubSpot does not say which do."""
    for move in moves:
        message = f"workflows, lists and forms may name {_shown(move)}; reconciler does not check them"
        advice = "look for such workflows, lists and forms in HubSpot before you apply"
        yield Problem(message, advice, move.source, move.address.text, Severity.WARNING)


def _shown(move: Move) -> str:
    """Describe the removed option or definition for a message, for example ``"gold" of tier``."""
    if move.address.section is Section.OPTIONS:
        return f'"{move.before}" of {move.name}'
    return f'the {WORDS[move.address.section]} "{move.address.name}"'


def changed_records(changes: Iterable[Change], object_name: str) -> set[RecordId]:
    """Return the ids of the records of one type that ``changes`` change."""
    return {
        change.remote.id
        for change in changes
        if change.object_type == object_name and is_record_change(change) and change.remote.id
    }


def with_carried(
    change: Change, object_name: str, carried: Mapping[RecordId, Iterable[ValueChange]]
) -> Change:
    """Add to the change of a record the values that ``carried`` has for its record id."""
    if change.object_type != object_name or not is_record_change(change) or change.remote.id is None:
        return change
    moved = carried.get(change.remote.id)
    return with_moved(change, moved) if moved else change
