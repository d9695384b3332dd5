"""The order of changes of definitions within their stage of the plan: some need others.

First the groups of existing types, and their properties without formulas. Then the new types without their
display fields, the groups and properties of new types, and the display fields. Then properties with formulas,
each after the properties that its formula names. Finally pipelines, stages, the order of stages, and labels.
Removals have about the opposite order: labels first, groups last.

Sources: refusals seen live (https://github.com/scopiousdigital/kalup).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from reconciler.model.addresses import Section
from reconciler.model.definition_attributes import FORMULA
from reconciler.model.formulas import depths_of_formulas
from reconciler.plan.change import Action, Change
from reconciler.plan.definitions.changes import details_of
from reconciler.plan.file.sequences import SpooledChanges
from reconciler.plan.kinds import Verb

_VERBS = frozenset({Verb.CREATE_DEFINITION, Verb.UPDATE_DEFINITION, Verb.ARCHIVE_DEFINITION})

_GROUPS, _PROPERTIES, _SCHEMAS, _NEW_GROUPS, _NEW_PROPERTIES, _DISPLAY, _FORMULAS = range(7)
_PIPELINES, _STAGES, _STAGE_ORDER, _LABELS = range(7, 11)
_REMOVED = (
    Section.LABELS,
    Section.OPTIONS,
    Section.STAGES,
    Section.PIPELINES,
    Section.PROPERTIES,
    Section.SCHEMA,
    Section.GROUPS,
)
"""The sections in the order in which their definitions are removed."""


def turns_of_definitions(changes: SpooledChanges) -> Mapping[int, int]:
    """Return the turn (position within its stage) of each change of a definition, by number of the change.

    Turn 0 is left out. Steps of one definition are separate turns. So are removals of several options of one
    property, because each removal writes the list that the previous one left.
    """
    numbered = [(number, changes[number]) for number, verb in enumerate(changes.verbs()) if verb in _VERBS]
    new_types = {
        change.object_type
        for _, change in numbered
        if change.definition.section is Section.SCHEMA and change.action is Action.CREATE
    }
    depths = _depths(change for _, change in numbered)
    ranks: dict[int, tuple[bool, int, int, int]] = {}
    removed: Counter[tuple[str, str]] = Counter()  # removed options so far, by object type and property
    for number, change in numbered:
        is_removed, turn, step = _rank(change, new_types)
        depth = depths.get((is_removed, change.object_type, change.definition.name), 0)
        if is_removed and change.definition.section is Section.OPTIONS:
            of = change.object_type, change.definition.names[0]
            removed[of] += 1
            step = removed[of]
        ranks[number] = is_removed, turn, -depth if is_removed else depth, step
    turns: dict[int, int] = {}
    for is_removal in (False, True):
        own = sorted({rank for rank in ranks.values() if rank[0] is is_removal})
        turns |= {number: own.index(rank) for number, rank in ranks.items() if rank in own}
    return {number: turn for number, turn in turns.items() if turn}


def _depths(changes: Iterable[Change]) -> Mapping[tuple[bool, str, str], int]:
    """Return the depth of each changed formula (see ``depths_of_formulas``).

    The keys are: whether the property is removed, its object type, and its name.
    """
    formulas: dict[tuple[bool, str], dict[str, str]] = {}
    for change in changes:
        if change.definition.section is Section.PROPERTIES and (formula := _formula(change)):
            of = change.action is Action.ARCHIVE, change.object_type
            formulas.setdefault(of, {})[change.definition.name] = formula
    return {
        (*of, name): depth for of, own in formulas.items() for name, depth in depths_of_formulas(own).items()
    }


def turn_of(change: Change, new_types: Collection[str] = ()) -> int:
    """Return a number by which changes of definitions are sorted: a plan sends lower numbers first.

    Removals are sorted separately from other changes. ``new_types`` are object types that the plan creates.
    """
    section = change.definition.section
    if change.action is Action.ARCHIVE:
        # A property without a formula is removed after properties with formulas: a formula may name it.
        is_named = section is Section.PROPERTIES and _formula(change) is None
        return 2 * _REMOVED.index(section) + is_named
    match section:
        case Section.GROUPS:
            return _NEW_GROUPS if change.object_type in new_types else _GROUPS
        case Section.PROPERTIES if _formula(change) is not None:
            return _FORMULAS
        case Section.PROPERTIES:
            return _NEW_PROPERTIES if change.object_type in new_types else _PROPERTIES
        case Section.SCHEMA:
            return _SCHEMAS if change.action is Action.CREATE else _DISPLAY
        case Section.PIPELINES if change.action is Action.UPDATE and _is_reordered(change):
            return _STAGE_ORDER
        case Section.STAGES if not details_of(change).is_carried:
            return _STAGES
        case Section.LABELS:
            return _LABELS
        case _:
            return _PIPELINES


def _rank(change: Change, new_types: Collection[str]) -> tuple[bool, int, int]:
    return change.action is Action.ARCHIVE, turn_of(change, new_types), change.step


def _formula(change: Change) -> str | None:
    """Return the formula that a change writes, or the formula of the property that it removes."""
    written = (value.after for value in change.values if value.name == FORMULA)
    gone = (value.before for value in change.forgotten if value.name == FORMULA)
    return next(filter(None, (*written, *gone)), None)


def _is_reordered(change: Change) -> bool:
    """Return whether a change reorders the stages of a pipeline, which then must all exist."""
    return any(value.name == "stages" for value in change.values)
