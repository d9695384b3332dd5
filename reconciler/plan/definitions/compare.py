"""Comparing one desired definition with live and state: the result is a change, or a reason for none.

The cases:

- it must not exist (``$absent``): archive it, or release it if the portal no longer has it;
- neither portal nor state has it: create it;
- state has it, but the portal does not: report that it is gone, and create it only if the user asks;
- the portal has it, perhaps under another label: compare value by value.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import DefinitionAddress, RecordId, Section, definition_address
from reconciler.model.definition_attributes import STAGE_NAMES
from reconciler.model.facts import Fact, FactKind
from reconciler.model.owned import Origin, OwnedDefinition
from reconciler.model.portal_definitions import LiveDefinition, definition_id
from reconciler.plan.change import Action, Change, DefinitionDetails, Owned, Reason, ValueChange
from reconciler.plan.definitions.changes import (
    COMES_BACK,
    archive_definition,
    details_of_property,
    lost_values,
    update_definition,
)
from reconciler.plan.definitions.compare_values import ComparedDefinition, StageOrder
from reconciler.plan.definitions.context import (
    DefinitionContext,
    DefinitionDecision,
    Holding,
    sibling,
)
from reconciler.plan.definitions.holders import held_by, holding_of
from reconciler.plan.definitions.match import WORDS, DefinitionSides, an
from reconciler.plan.definitions.new import created, lacking
from reconciler.plan.owned_changes import adopt_thing, release_thing
from reconciler.plan.plan import Held

_WEIGHT = (Reason.RENAMED, Reason.CONFLICT, Reason.DRIFT, Reason.CHANGED, Reason.ADOPT)
"""Reasons of value changes by weight: the first that occurs becomes the reason of the whole change."""


@dataclass(frozen=True, slots=True)
class NewIdentity:
    """The id that a definition gets if the plan creates it, and the details of that change."""

    id: RecordId | None  # None: HubSpot chooses the id
    details: DefinitionDetails | None = None


def decide(
    sides: DefinitionSides,
    context: DefinitionContext,
    new: NewIdentity,
    stages: StageOrder | None = None,
) -> DefinitionDecision:
    """Compare one definition in the manifests with the portal; return its changes, held values and problems.

    ``stages`` is the order of the stages, for a pipeline whose stages the manifests list.
    """
    if sides.problem is not None:
        source = context.ref(sides.wanted.place)
        return DefinitionDecision(problems=(sides.problem.at(source, sides.address.text),))
    if sides.wanted.special.is_absent:
        return _unwanted(sides, context)
    live = sides.found
    if live is not None:
        return _present(sides, live, context, stages)
    if context.is_settling(sides.address, Action.CREATE):
        return _held(sides, Reason.SETTLING, context)
    if sides.owned is not None and not context.policy.recreates_definition(sides.address):
        kind = FactKind.DEFINITION_ARCHIVED if sides.live else FactKind.DEFINITION_REMOVED
        return _held(sides, Reason.GONE, context, Fact(kind), Fact(FactKind.NOT_CREATED_AGAIN))
    if not context.is_whole(sides.address):
        return _held(sides, Reason.MISSING, context, Fact(FactKind.WHOLE_RECORD_ONLY))
    problems = tuple(lacking(sides, context))
    if any(problem.severity is Severity.ERROR for problem in problems):
        return DefinitionDecision(problems=problems)
    return DefinitionDecision(created(sides, new.id, new.details, context), problems=problems)


def release_unnamed(owned: OwnedDefinition, leaving: Collection[DefinitionAddress] = ()) -> Change | Held:
    """Release a definition that no manifest names any more; hold it instead if it is protected.

    The stages of pipelines that are ``leaving`` (archived by the plan) are always released.
    """
    if (
        owned.key.section is Section.STAGES
        and definition_address(owned.key.object, Section.PIPELINES, owned.key.names[0]) in leaving
    ):
        return release_thing(owned, Reason.ABSENT)
    if owned.is_protected:
        facts = (Fact(FactKind.PROTECTED_STILL),)
        return Held(owned.key, None, Reason.PRUNED, None, None, None, facts)
    return release_thing(owned, Reason.UNMANAGED)


def _unwanted(sides: DefinitionSides, context: DefinitionContext) -> DefinitionDecision:
    wanted, live, owned = sides.wanted, sides.found, sides.owned
    word = WORDS[sides.address.section]
    if live is None:
        if owned is None:
            return DefinitionDecision()
        gone = release_thing(owned, Reason.ABSENT, context.ref(wanted.place))
        return DefinitionDecision((gone,))
    if context.is_settling(sides.address, Action.ARCHIVE):
        return _held(sides, Reason.SETTLING, context)
    if owned is not None and owned.is_protected:
        advice = "lift the protection first: apply `$protect: false` in a run of its own"
        message = f"{sides.address.text} is protected and cannot be archived"
        return DefinitionDecision(problems=(context.problem(wanted, message, advice),))
    if live.is_hubspot_defined or not live.can_archive:
        message = f"this {word} is HubSpot's own: it cannot be removed"
        advice = "remove `$absent`"
        if sides.address.section is Section.PROPERTIES:
            advice += "; `hidden: true` hides it from people"
        return DefinitionDecision(problems=(context.problem(wanted, message, advice),))
    if problem := _nowhere(sides, context):
        return DefinitionDecision(problems=(problem,))
    held = holding_of(sides, context)
    count = context.holders.get(held, 0) if held else 0
    is_moved = count > 0 and wanted.special.moves_to is not None
    gone = archive_definition(
        sides.former or sides.address,
        live.id,
        Reason.MIGRATED if is_moved else Reason.ABSENT,
        context.ref(wanted.place),
        owned_before=Owned(owned.origin, owned.is_protected) if owned else None,
        lost=lost_values(live, owned),
        rests_on=() if is_moved else held_by(count),
        details=_details_of_archive(live, wanted.special.moves_to if is_moved else None),
    )
    return DefinitionDecision((gone,), problems=tuple(_for_good(sides, context)))


def _details_of_archive(live: LiveDefinition, moves_to: str | None) -> DefinitionDetails | None:
    details = DefinitionDetails(live.parent_id, moves_to=moves_to)
    return details if details != DefinitionDetails() else None


def _for_good(sides: DefinitionSides, context: DefinitionContext) -> Iterator[Problem]:
    """Warn that HubSpot cannot restore a removed definition of this section."""
    if sides.address.section not in COMES_BACK:
        message = f"HubSpot cannot bring back {an(sides.address.section)} that is removed"
        advice = "rollback cannot bring it back either"
        yield context.problem(sides.wanted, message, advice, severity=Severity.WARNING)


def _nowhere(sides: DefinitionSides, context: DefinitionContext) -> Problem | None:
    """Report a ``$moves_to`` that names the removed definition itself; None if it does not."""
    target = sides.wanted.special.moves_to
    if target is None or sibling(sides.address, target) != sides.address:
        return None
    return context.problem(
        sides.wanted, "`$moves_to` names the removed definition itself", "name another definition"
    )


def _present(
    sides: DefinitionSides, live: LiveDefinition, context: DefinitionContext, stages: StageOrder | None
) -> DefinitionDecision:
    owned = sides.owned if sides.owned and sides.owned.record_id == live.id else None
    compared = ComparedDefinition(sides, live, context, owned, stages)
    compared.compare()
    problems = tuple(compared.problems)
    if any(problem.severity is Severity.ERROR for problem in problems):
        return DefinitionDecision(problems=problems)
    change = _change_of(sides, live, owned, compared, context)
    changes = tuple(without_order(change)) if change else ()
    removals = tuple(_option_removals(sides, live, compared, context))
    return DefinitionDecision((*changes, *removals), tuple(compared.held), problems)


def without_order(change: Change) -> Iterator[Change]:
    """Move a new order of stages into a second change of the pipeline, after all stages are created."""
    order = tuple(value for value in change.values if value.name == STAGE_NAMES)
    others = tuple(value for value in change.values if value.name != STAGE_NAMES)
    if change.definition.section is not Section.PIPELINES or not (order and others):
        yield change
        return
    yield replace(change, values=others)
    nothing: tuple[ValueChange, ...] = ()
    reason = order[0].reason
    yield replace(
        change, values=order, reason=reason, remembered=nothing, forgotten=nothing, moved_from=None, step=2
    )


def _change_of(
    sides: DefinitionSides,
    live: LiveDefinition,
    owned: OwnedDefinition | None,
    compared: ComparedDefinition,
    context: DefinitionContext,
) -> Change | None:
    address, special = sides.address, sides.wanted.special
    source = context.ref(sides.wanted.place)
    is_protected = owned is not None and owned.is_protected
    afterwards = Owned(
        owned.origin if owned else Origin.ADOPTED,
        is_protected if special.protect is None else special.protect,
    )
    written, remembered = tuple(compared.written), tuple(compared.remembered)
    forgotten, former = tuple(compared.forgotten), sides.former if owned else None
    if written:
        reasons = {value.reason for value in written}
        reason = next(why for why in _WEIGHT if why in reasons)
        return update_definition(
            address,
            live.id,
            written,
            Reason.ADOPT if owned is None and reason is not Reason.RENAMED else reason,
            source=source,
            owned=afterwards,
            remembered=remembered,
            forgotten=forgotten,
            moved_from=former,
            details=_details(sides, live),
        )
    if owned is None:
        return adopt_thing(address, live.id, Reason.ADOPT, source, afterwards, remembered=remembered)
    if not (remembered or forgotten or former or owned.is_protected is not afterwards.is_protected):
        return None
    is_forgotten = bool(forgotten) and not remembered
    reason = Reason.RENAMED if former else Reason.UNMANAGED if is_forgotten else Reason.IN_STEP
    return adopt_thing(
        address,
        live.id,
        reason,
        source,
        afterwards,
        remembered=remembered,
        forgotten=forgotten,
        moved_from=former,
    )


def _details(sides: DefinitionSides, live: LiveDefinition) -> DefinitionDetails | None:
    return DefinitionDetails(live.parent_id) if live.parent_id else details_of_property(sides.wanted)


def _option_removals(
    sides: DefinitionSides, live: LiveDefinition, compared: ComparedDefinition, context: DefinitionContext
) -> Iterator[Change]:
    """Remove options in separate changes, which come last, when no record has these options any more."""
    of, owned = sides.address, compared.owned
    for removal in compared.options.removed if compared.options else ():
        count = context.holders.get(Holding(of.object, of.name, removal.name), 0)
        is_moved = removal.moves_to is not None
        yield archive_definition(
            definition_address(of.object, Section.OPTIONS, of.name, removal.name),
            definition_id(Section.OPTIONS, of.name, removal.name),
            removal.reason,
            context.ref(removal.place),
            owned_before=None,
            lost=lost_values(live, owned, removal.name),
            rests_on=() if is_moved else held_by(count),
            details=DefinitionDetails(moves_to=removal.moves_to) if is_moved else None,
        )


def _held(
    sides: DefinitionSides, reason: Reason, context: DefinitionContext, *facts: Fact
) -> DefinitionDecision:
    held = Held(sides.address, None, reason, None, None, context.ref(sides.wanted.place), facts)
    return DefinitionDecision(held=(held,))
