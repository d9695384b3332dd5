"""Renaming of pipelines and stages to a label that another definition has: HubSpot refuses a used label.

There are three cases:

- The other definition changes its label in the same plan: its change is applied first.
- Two or more definitions exchange their labels in a circle: one of them gets a temporary label first.
- The other definition keeps its label, or is removed only at the end: this is a problem.

A change that waits has a higher ``step``: the steps of one stage of the plan are applied one after the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from reconciler.model.addresses import DefinitionAddress, Section
from reconciler.model.portal_definitions import LiveDefinition
from reconciler.plan.change import Action, Change, ValueChange
from reconciler.plan.definitions.changes import details_of
from reconciler.plan.definitions.context import DefinitionContext, DefinitionDecision, own_id
from reconciler.plan.definitions.match import DefinitionSides, plain_label

_UNIQUE = frozenset({Section.PIPELINES, Section.STAGES})
"""Sections whose labels HubSpot keeps unique: of pipelines in a type, of stages in a pipeline."""

_LABEL = "label"

Decisions = dict[DefinitionAddress, DefinitionDecision]


def in_label_order(
    sides: Sequence[DefinitionSides],
    live: Sequence[LiveDefinition],
    decisions: Mapping[DefinitionAddress, DefinitionDecision],
    context: DefinitionContext,
) -> Decisions:
    """Put the changes of labels in order, and return the decisions with these changes.

    A definition gives up a label before another definition gets it. If another definition keeps a label, the
    change that needs the label is replaced by a problem.
    """
    result, refused = with_free_labels(live, decisions)
    by_address = {each.address: each for each in sides}
    for each in refused:
        earlier = result[each.address]
        problem = context.problem(by_address[each.address].wanted, *each.sentence)
        result[each.address] = DefinitionDecision((), earlier.held, (*earlier.problems, problem))
    return result


class TakenLabel(NamedTuple):
    """A definition that cannot get its new label, because another definition keeps that label."""

    address: DefinitionAddress
    label: str
    holder: str  # HubSpot's id of the other definition
    is_leaving: bool  # whether the other definition is removed later in the plan

    @property
    def sentence(self) -> tuple[str, str]:
        """The message and the advice of the problem."""
        message = f"{self.holder} has the label {self.label} already"
        if self.is_leaving:
            advice = "apply first without this definition, or use another label"
            return f"{message}, and this plan removes that label only after this write", advice
        return (
            message,
            f"write another label, or `$id: {self.holder}` if you mean the definition with this label",
        )


def with_free_labels(
    live: Sequence[LiveDefinition], decisions: Mapping[DefinitionAddress, DefinitionDecision]
) -> tuple[Decisions, list[TakenLabel]]:
    """Put the changes of labels in order; return the decisions with these changes, and the refused labels.

    A definition gives up a label before another definition gets it. If another definition keeps a label, the
    change that needs the label is left out, and the label is refused.
    """
    result, refused = dict(decisions), list[TakenLabel]()
    scopes: dict[tuple[Section, str | None], _Labels] = {}
    for each in live:
        if each.address.section in _UNIQUE:
            labels = scopes.setdefault((each.address.section, each.parent_id), _Labels())
            labels.holders[plain_label(each.values.get(_LABEL) or "")] = each
    for address, decision in decisions.items():
        for change in decision.changes:
            if address.section in _UNIQUE:
                parent = details_of(change).parent_id if address.section is Section.STAGES else None
                scopes.setdefault((address.section, parent), _Labels()).add(address, change)
    for labels in scopes.values():
        for taken in labels.refused():
            refused.append(taken)
            result[taken.address] = result[taken.address]._replace(changes=())
        for address, changes in labels.ordered().items():
            if result[address].changes:
                result[address] = result[address]._replace(changes=changes)
    return result, refused


@dataclass(slots=True)
class _Labels:
    """The labels of one pipeline's stages or of one type's pipelines, and the changes of these things."""

    holders: dict[str, LiveDefinition] = field(default_factory=dict)  # live definitions by label
    writers: dict[DefinitionAddress, Change] = field(default_factory=dict)  # the changes that write a label
    others: dict[DefinitionAddress, list[Change]] = field(default_factory=dict)

    def add(self, address: DefinitionAddress, change: Change) -> None:
        """Add a change to ``writers`` if it writes a label, otherwise to ``others``."""
        if change.is_remote and any(value.name == _LABEL for value in change.values):
            self.writers[address] = change
        else:
            self.others.setdefault(address, []).append(change)

    def _giver(self, change: Change) -> DefinitionAddress | None:
        """Return the definition that now has the label which ``change`` writes, and that gets another label.

        None if no definition has this label now, or if the plan writes no other label to the definition.
        """
        holder = self._holder(change)
        if holder is None:
            return None
        return next((of for of, each in self.writers.items() if each.remote.id == holder.id), None)

    def _holder(self, change: Change) -> LiveDefinition | None:
        holder = self.holders.get(plain_label(_new_label(change)))
        return None if holder is None or holder.id == change.remote.id else holder

    def refused(self) -> list[TakenLabel]:
        """Return the new labels that another definition keeps.

        The changes that write these labels are removed from ``writers``.
        """
        found: list[TakenLabel] = []
        while True:
            refused = [
                (address, change, holder)
                for address, change in self.writers.items()
                if (holder := self._holder(change)) is not None and self._giver(change) is None
            ]
            if not refused:
                return found
            for address, change, holder in refused:
                del self.writers[address]
                is_leaving = any(
                    each.action is Action.ARCHIVE and each.remote.id == holder.id
                    for changes in self.others.values()
                    for each in changes
                )
                found.append(TakenLabel(address, _new_label(change), own_id(holder.id), is_leaving))

    def ordered(self) -> dict[DefinitionAddress, tuple[Change, ...]]:
        """Return the changes of each definition that must wait for a label, with new steps.

        Definitions that exchange labels in a circle need a temporary label, so one of them has two changes.
        """
        waits = {address: self._giver(change) for address, change in self.writers.items()}
        steps: dict[DefinitionAddress, int] = {}
        temporary: set[DefinitionAddress] = set()
        for start in sorted(waits):
            chain: list[DefinitionAddress] = []
            address: DefinitionAddress | None = start
            while address is not None and address not in steps and address not in chain:
                chain.append(address)
                address = waits[address]
            base = steps.get(address, 0) if address is not None else 0
            if address in chain:  # a circle: the last definition of the chain gets a temporary label first
                last, base = chain.pop(), 1
                temporary.add(last)
                steps[last] = len(chain) + 2
            for each in reversed(chain):
                base += 1
                steps[each] = base
        return {
            address: self._changes(address, steps[address], is_temporary=address in temporary)
            for address in waits
            if steps[address] > 1 or address in temporary
        }

    def _changes(self, address: DefinitionAddress, step: int, *, is_temporary: bool) -> tuple[Change, ...]:
        change = self.writers[address]
        others = tuple(
            replace(each, step=step + 1) if each.address == change.address else each
            for each in self.others.get(address, ())
        )
        if not is_temporary:
            return (replace(change, step=step), *others)
        label = next(value for value in change.values if value.name == _LABEL)
        between = f"{label.after} ({own_id(change.known_id)})"
        first = replace(change, values=_with_label(change, replace(label, after=between)))
        second = replace(
            change,
            values=(replace(label, before=between),),
            remembered=(),
            forgotten=(),
            moved_from=None,
            step=step,
        )
        return (first, second, *others)


def _with_label(change: Change, label: ValueChange) -> tuple[ValueChange, ...]:
    return tuple(label if value.name == _LABEL else value for value in change.values)


def _new_label(change: Change) -> str:
    return next(value.after or "" for value in change.values if value.name == _LABEL)
