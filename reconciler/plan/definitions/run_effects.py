"""The effect of a run on each definition: all changes of the run to it, combined. Pure.

A run may change one definition in several steps, and removes options by separate changes. A rollback undoes
the difference between the values before and after the run.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.model.addresses import DefinitionAddress, RecordId, Section, definition_address
from reconciler.model.definition_attributes import OPTIONS, list_of, list_text, option_of
from reconciler.model.outcomes import Applied
from reconciler.model.portal_definitions import definition_id
from reconciler.model.selection import Selection
from reconciler.plan.change import Action, Change, DefinitionDetails, Owned, Reason, ValueChange
from reconciler.plan.definitions.changes import details_of, is_definition_change
from reconciler.plan.definitions.options import option_part
from reconciler.plan.targeting import UnmatchedGlobs

_CAME_BY = frozenset({Reason.ADOPT, Reason.ROLLED_BACK})
"""Reasons of ``adopt`` changes that began our ownership. Other ``adopt`` changes only updated the state."""


class WrittenValue(NamedTuple):
    """One value of a definition, before and after a run."""

    before: str | None
    after: str | None
    answered: str | None  # the value that HubSpot stored


@dataclass(slots=True)
class RunEffect:
    """The effect of a run on one definition."""

    id: RecordId
    address: DefinitionAddress  # address of the definition in state after the run
    former: DefinitionAddress | None = None  # address of the definition in state before the run
    parent_id: str | None = None  # for a stage: HubSpot's id of the stage's pipeline
    includes_options: bool = False  # manifests named only some options of the property
    is_carried: bool = False  # a stage that the call for its new pipeline created
    created: Change | None = None
    is_late: bool = False  # another program created the definition first
    archived: Change | None = None
    released: Change | None = None
    is_adopted: bool = False
    was_ours: Owned | None = None  # ownership at the end of the run; None: not owned
    written: dict[str, WrittenValue] = field(default_factory=dict)  # by path
    removed_options: dict[str, Change] = field(default_factory=dict)  # by option: the change that removed it

    @property
    def object(self) -> str:
        """The object type of the definition."""
        return self.address.object

    @property
    def section(self) -> Section:
        """The section of the definition."""
        return self.address.section

    @property
    def options_before(self) -> tuple[str, ...] | None:
        """The options before the run; None if the run did not change the list of options."""
        if OPTIONS in self.written:
            return list_of(self.written[OPTIONS].before)
        if not self.removed_options:
            return None
        first = next(iter(self.removed_options.values()))
        known = [value.before for value in first.forgotten if value.name == OPTIONS]
        return list_of(known[0]) if known else ()

    @property
    def options_after(self) -> tuple[str, ...]:
        """The options after the run."""
        listed = list_of(self.written[OPTIONS].after) if OPTIONS in self.written else self.options_before
        return tuple(each for each in listed or () if each not in self.removed_options)

    @property
    def added_options(self) -> tuple[str, ...]:
        """The options that the run added."""
        before = self.options_before or ()
        return tuple(each for each in self.options_after if each not in before)

    @property
    def details(self) -> DefinitionDetails | None:
        """The details for a change that restores values of the definition; None if the change needs none."""
        details = DefinitionDetails(self.parent_id, includes_options=self.includes_options)
        return details if any(details) else None

    def add(self, change: Change, outcome: Applied) -> None:
        """Add a change of the run. Call it in the order of the run's plan."""
        if change.definition.section is Section.OPTIONS:
            self.removed_options[change.definition.name] = change
            is_unknown = any(
                value.name == OPTIONS and value.reason is Reason.UNMANAGED for value in change.forgotten
            )
            self.includes_options = self.includes_options or is_unknown
            return
        self.includes_options = self.includes_options or details_of(change).includes_options
        self.address, self.was_ours = change.definition, change.owned
        self.parent_id = details_of(change).parent_id or self.parent_id
        if isinstance(change.moved_from, DefinitionAddress):
            self.former = self.former or change.moved_from
        match change.action:
            case Action.CREATE:
                self.created, self.is_late = change, outcome.is_new is False
                self.is_carried = details_of(change).is_carried
            case Action.ARCHIVE:
                self.archived = change
            case Action.RELEASE:
                self.released = change
            case Action.ADOPT:
                self.is_adopted = change.reason in _CAME_BY and change.moved_from is None
            case Action.UPDATE:
                pass
        for value in change.values:
            self._write(value, outcome.answered.get(value.name, value.after))

    def _write(self, value: ValueChange, answered: str | None) -> None:
        earlier = self.written.get(value.name)
        before = earlier.before if earlier else value.before
        self.written[value.name] = WrittenValue(before, value.after, answered)


def run_effects(
    applied: Iterable[tuple[Change, Applied]], selection: Selection, unmatched: UnmatchedGlobs
) -> Mapping[str, tuple[RunEffect, ...]]:
    """Return the selected effects of a run by object type; check the globs of ``unmatched`` against all."""
    found: dict[tuple[str, RecordId], RunEffect] = {}
    for change, outcome in applied:
        if not is_definition_change(change):
            continue
        address, known = change.definition, outcome.record_id
        if address.section is Section.OPTIONS:
            known = definition_id(Section.PROPERTIES, address.names[0])
            address = definition_address(address.object, Section.PROPERTIES, address.names[0])
        effect = found.setdefault((address.object, known), RunEffect(known, address))
        effect.add(change, outcome)
    by_type: dict[str, list[RunEffect]] = {}
    for effect in found.values():
        parts = [option_part(name) for name in (*effect.added_options, *effect.removed_options)]
        unmatched.check(effect.address, [*effect.written, *parts])
        if _select(effect, selection):
            by_type.setdefault(effect.object, []).append(effect)
    return {name: tuple(of_type) for name, of_type in by_type.items()}


def types_removed_by(changes: Iterable[Change]) -> frozenset[str]:
    """Return the custom object types that ``changes`` archived."""
    return frozenset(
        change.object_type
        for change in changes
        if change.action is Action.ARCHIVE
        and is_definition_change(change)
        and change.definition.section is Section.SCHEMA
    )


def _select(effect: RunEffect, selection: Selection) -> bool:
    """Leave out unselected parts of ``effect``; return whether anything is left of it."""
    if not selection.is_partial:
        return True
    if effect.created or effect.archived or effect.released or effect.is_adopted or effect.former:
        return selection.has_record(effect.address)
    if OPTIONS in effect.written and not selection.has(effect.address, OPTIONS):
        _select_options(effect, selection)
    for path in set(effect.written) - {OPTIONS}:
        option = option_of(path)
        if not selection.has(effect.address, option_part(option) if option else path):
            del effect.written[path]
    for name in list(effect.removed_options):
        if not selection.has(effect.address, option_part(name)):
            del effect.removed_options[name]
    return bool(effect.written or effect.removed_options)


def _select_options(effect: RunEffect, selection: Selection) -> None:
    """Limit the effect on the list of options to the selected options that the run added.

    The order of options is not rolled back.
    """
    after = effect.written[OPTIONS].after
    chosen = [name for name in effect.added_options if selection.has(effect.address, option_part(name))]
    kept = list_text(name for name in list_of(after) if name not in chosen)
    if chosen:
        effect.written[OPTIONS] = WrittenValue(kept, after, after)
    else:
        del effect.written[OPTIONS]
