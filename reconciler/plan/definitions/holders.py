"""The records and associations that must be counted before planning decides about a definition."""

from collections.abc import Iterator

from reconciler.model.addresses import Section
from reconciler.plan.change import Reason, ValueChange
from reconciler.plan.definitions.changes import HELD
from reconciler.plan.definitions.context import DefinitionContext, Holding, own_id
from reconciler.plan.definitions.match import DefinitionSides
from reconciler.plan.definitions.options import compare_options


def holdings_of(sides: DefinitionSides, context: DefinitionContext) -> Iterator[Holding]:
    """Return which records or associations must be counted before planning decides about a definition."""
    wanted, live = sides.wanted, sides.found
    if live is None:
        return
    if wanted.special.is_absent:
        held = holding_of(sides, context)
        if held is not None:
            yield held
        return
    if wanted.address.section is not Section.PROPERTIES:
        return
    address = wanted.address
    if "type" in wanted.paths and wanted.value("type") != live.values.get("type"):
        yield Holding(address.object, address.name)
    if wanted.options:
        drift = context.policy.drift_at(address, "options")
        for removal in compare_options(wanted, live, sides.owned, drift).removed:
            yield Holding(address.object, address.name, removal.name)


def holding_of(sides: DefinitionSides, context: DefinitionContext) -> Holding | None:
    """Return the value or label whose records or associations must be counted.

    Their number is the number of those that use the live definition. None if no record or association can
    use it.
    """
    address, live = sides.address, sides.found
    if live is None:
        return None
    match address.section:
        case Section.PROPERTIES:
            return Holding(address.object, address.name)
        case Section.SCHEMA:
            return Holding(address.object, None)
        case Section.LABELS:
            return Holding(address.object, address.names[0], label=live.id)
        case Section.PIPELINES if context.stage_names:
            return Holding(address.object, context.stage_names[0], own_id(live.id))
        case Section.STAGES if context.stage_names:
            return Holding(address.object, context.stage_names[1], own_id(live.id))
        case _:
            return None


def held_by(count: int) -> tuple[ValueChange, ...]:
    """Return the number of records that lose their value by a removal, as a value for ``Change.rests_on``."""
    text = str(count)
    return (ValueChange(HELD, text, text, Reason.IN_STEP),) if count else ()
