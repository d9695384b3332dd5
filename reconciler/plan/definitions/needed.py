"""Replacing a change by a problem if the change needs a definition that will not exist. Pure.

A plan may leave a definition out because of a selection, a problem or a review. HubSpot would refuse changes
of other definitions that name the missing definition: the plan contains problems instead of these changes.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from reconciler.errors import Problem
from reconciler.model.addresses import DefinitionAddress
from reconciler.model.not_made import NotMade
from reconciler.plan.change import Action, Change
from reconciler.plan.definitions.context import DefinitionDecision
from reconciler.plan.definitions.not_made import not_made
from reconciler.plan.definitions.planner import DecidedDefinitions
from reconciler.plan.definitions.unmade import Unmade

WhyNotMadeOf = Callable[[DefinitionAddress], NotMade]


def with_all_they_need(
    decided: Sequence[DecidedDefinitions], kept: Collection[Change]
) -> Sequence[DecidedDefinitions]:
    """Replace a change by a problem if the change needs a definition that will not exist.

    A declared definition will not exist if the portal lacks it and no change in ``kept`` creates it.
    """
    while True:
        unmade = Unmade({address for each in decided for address in _not_made(each, kept)})
        if not unmade.addresses:
            return decided
        why = _why_not_made(decided, kept)
        after = [_without_blocked(each, unmade, why, kept) for each in decided]
        if all(new is old for new, old in zip(after, decided, strict=True)):
            return after
        decided = after


def _why_not_made(decided: Iterable[DecidedDefinitions], kept: Collection[Change]) -> WhyNotMadeOf:
    by_type = {each.matched.known.object: each for each in decided}

    def why(address: DefinitionAddress) -> NotMade:
        return not_made(by_type[address.object], address, kept)

    return why


def _not_made(decided: DecidedDefinitions, kept: Collection[Change]) -> Iterator[DefinitionAddress]:
    """Return declared definitions that are neither live nor created."""
    created = {
        change.definition for change in decided.changes if change.action is Action.CREATE and change in kept
    }
    for wanted in decided.matched.known.wanted:
        is_there = wanted.address in decided.matched.present or wanted.address in created
        if not is_there and not wanted.special.is_absent:
            yield wanted.address


def _without_blocked(
    decided: DecidedDefinitions, unmade: Unmade, why: WhyNotMadeOf, kept: Collection[Change]
) -> DecidedDefinitions:
    blocked = [
        (address, change, needed)
        for address, decision in decided.decisions.items()
        for change in decision.changes
        if change in kept and (needed := unmade.blocking(change)) is not None
    ]
    decisions = dict(decided.decisions)
    for address, change, needed in blocked:
        earlier = decisions[address]
        if change not in earlier.changes:
            continue  # an earlier problem has removed it already
        lacking = why(needed)
        message = f"{change.definition.text} needs {needed.text}"
        problem = Problem(message, lacking.advice, change.source, address.text, needs=lacking.to_add)
        decisions[address] = DefinitionDecision((), earlier.held, (*earlier.problems, problem))
    return replace(decided, decisions=decisions) if blocked else decided
