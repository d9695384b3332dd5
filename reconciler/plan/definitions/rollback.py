"""Rolling back the definition changes of a run, one by one. Pure.

The cases:

- a created definition is archived, unless it is protected, was changed since, or records hold in it what the
  run did not write: then it stays, and that is said;
- a written value gets its previous value again, unless it was changed since; options that the run added go at
  the end, those that it removed come back before the records that held them;
- an archived property is made again, which brings its values back; nothing else comes back;
- an adopted definition is released, and a released one is owned again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from reconciler.model.addresses import DefinitionAddress, RecordId, Section, definition_address
from reconciler.model.definition_attributes import (
    ATTRIBUTES,
    OPTIONS,
    attribute_of,
    list_of,
    list_text,
    option_of,
    option_path,
    same_text,
)
from reconciler.model.facts import Fact, FactKind
from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin, OwnedDefinition
from reconciler.model.portal_definitions import LiveDefinition, definition_id
from reconciler.model.selection import Selection
from reconciler.plan.change import Action, Change, DefinitionDetails, Owned, Reason, ValueChange
from reconciler.plan.definitions.changes import (
    adopt_definition,
    archive_definition,
    create_definition,
    details_of,
    is_definition_change,
    release_definition,
    update_definition,
)
from reconciler.plan.definitions.context import DefinitionDecision, Holding, own_id
from reconciler.plan.plan import Held
from reconciler.plan.records.changes import is_record_change
from reconciler.plan.targeting import UnmatchedGlobs

Done: TypeAlias = Sequence[tuple[Change, Applied]]
"""Applied changes of a run."""


@dataclass(frozen=True, slots=True)
class DefinitionUndo:
    """Facts about the definitions of one object type, for taking back changes of them."""

    live: Mapping[RecordId, LiveDefinition]
    owned: Mapping[RecordId, OwnedDefinition]
    stage_names: tuple[str, str] | None = None
    others: Mapping[Holding, int] = field(
        default_factory=dict
    )  # records that hold what the run did not write

    def roll_back(self, change: Change, outcome: Applied) -> DefinitionDecision:
        """Take back one applied change."""
        if change.definition.section is Section.OPTIONS:
            return self._option_again(change)
        live, owned = self.live.get(outcome.record_id), self.owned.get(outcome.record_id)
        match change.action:
            case Action.ARCHIVE:
                return self._made_again(change, live)
            case Action.ADOPT:
                came_by_it = change.reason in {Reason.ADOPT, Reason.ROLLED_BACK} and owned
                return DefinitionDecision(
                    (release_definition(owned, Reason.ROLLED_BACK),) if came_by_it and owned else ()
                )
            case Action.RELEASE:
                return self._own_again(change, live) if owned is None else DefinitionDecision()
            case _ if live is None or live.is_archived:
                return _held(change, Reason.GONE, Fact(FactKind.DEFINITION_REMOVED))
            case Action.CREATE:
                return self._archive(change, outcome, live, owned)
            case Action.UPDATE:
                return self._put_back(change, outcome, live, owned)

    def holding_of(self, change: Change, outcome: Applied) -> Iterator[Holding]:
        """Return what records may hold of what the rollback of ``change`` would remove."""
        address = change.definition
        if change.action is Action.CREATE:
            names = self.stage_names
            if address.section is Section.PROPERTIES:
                yield Holding(address.object, address.name)
            elif address.section is Section.SCHEMA:
                yield Holding(address.object, None)
            elif names and address.section in {Section.PIPELINES, Section.STAGES}:
                name = names[address.section is Section.STAGES]
                yield Holding(address.object, name, own_id(outcome.record_id))
        elif change.action is Action.UPDATE:
            for option in _added_options(change):
                yield Holding(address.object, address.name, option)

    def _archive(
        self, change: Change, outcome: Applied, live: LiveDefinition, owned: OwnedDefinition | None
    ) -> DefinitionDecision:
        if owned is not None and owned.is_protected:
            return _held(change, Reason.FINAL, Fact(FactKind.PROTECTED))
        moved = [value.name for value in change.values if not _is_as_written(change, value, outcome, live)]
        if moved:
            return _held(change, Reason.SUPERSEDED, Fact(FactKind.CHANGED_SINCE, names=tuple(moved)))
        count = sum(self.others.get(each, 0) for each in self.holding_of(change, outcome))
        if count:
            return _held(change, Reason.FINAL, Fact(FactKind.HELD_BY_OTHERS, count=count))
        gone = archive_definition(
            owned.key if owned else change.definition,
            live.id,
            Reason.ROLLED_BACK,
            None,
            owned_before=Owned(owned.origin, owned.is_protected) if owned else None,
            details=DefinitionDetails(live.parent_id) if live.parent_id else None,
        )
        return DefinitionDecision((gone,))

    def _put_back(
        self, change: Change, outcome: Applied, live: LiveDefinition, owned: OwnedDefinition | None
    ) -> DefinitionDecision:
        key = owned.key if owned else change.definition
        former = change.moved_from if owned is None or owned.key == change.definition else None
        back: list[ValueChange] = []
        held: list[Held] = []
        removed: list[Change] = []
        added = _added_options(change)
        for value in change.values:
            now = live.values.get(value.name)
            if option_of(value.name) in added:
                continue
            if value.name == OPTIONS:
                removed += self._options_gone(change, live, held)
                continue
            if _is_same(change, value.name, now, value.before):
                continue
            if _is_as_written(change, value, outcome, live):
                back.append(ValueChange(value.name, now, value.before, Reason.ROLLED_BACK))
            else:
                facts = (Fact(FactKind.CHANGED_IN_HUBSPOT),)
                held.append(Held(key, value.name, Reason.SUPERSEDED, now, value.before, None, facts))
        address = former if isinstance(former, DefinitionAddress) else key
        afterwards = Owned(owned.origin if owned else Origin.ADOPTED, bool(owned and owned.is_protected))
        changes: list[Change] = []
        if back:
            changes.append(
                update_definition(
                    address,
                    live.id,
                    tuple(back),
                    Reason.ROLLED_BACK,
                    source=None,
                    owned=afterwards,
                    moved_from=key if address != key else None,
                    details=DefinitionDetails(live.parent_id) if live.parent_id else None,
                )
            )
        return DefinitionDecision((*changes, *removed), tuple(held))

    def _options_gone(self, change: Change, live: LiveDefinition, held: list[Held]) -> Iterator[Change]:
        """Remove the options that the run added, as far as nobody else uses them."""
        of = change.definition
        for option in _added_options(change):
            if option not in list_of(live.values.get(OPTIONS)):
                continue
            count = self.others.get(Holding(of.object, of.name, option), 0)
            if count:
                facts = (Fact(FactKind.HELD_BY_OTHERS, count=count),)
                path = f"{OPTIONS}/{option}"
                held.append(Held(of, path, Reason.FINAL, None, None, None, facts))
                continue
            yield archive_definition(
                definition_address(of.object, Section.OPTIONS, of.name, option),
                definition_id(Section.OPTIONS, of.name, option),
                Reason.ROLLED_BACK,
                None,
                owned_before=None,
            )

    def _option_again(self, change: Change) -> DefinitionDecision:
        """Add an option again that the run removed; its label is the one that it had, if state knew it."""
        name, option = change.definition.names
        id_ = definition_id(Section.PROPERTIES, name)
        live, owned = self.live.get(id_), self.owned.get(id_)
        if live is None or live.is_archived:
            return _held(change, Reason.GONE, Fact(FactKind.DEFINITION_REMOVED))
        present = list_of(live.values.get(OPTIONS))
        if option in present:
            return DefinitionDecision()
        values = (
            ValueChange(OPTIONS, list_text(present), list_text([*present, option]), Reason.ROLLED_BACK),
            ValueChange(option_path(option, "label"), None, option, Reason.ROLLED_BACK),
        )
        again = update_definition(
            definition_address(change.object_type, Section.PROPERTIES, name),
            id_,
            values,
            Reason.ROLLED_BACK,
            source=None,
            owned=Owned(owned.origin if owned else Origin.ADOPTED, bool(owned and owned.is_protected)),
        )
        return DefinitionDecision((again,))

    def _made_again(self, change: Change, live: LiveDefinition | None) -> DefinitionDecision:
        address = change.definition
        if live is not None and not live.is_archived:
            return DefinitionDecision()
        if live is None or address.section is not Section.PROPERTIES:
            return _held(change, Reason.FINAL, Fact(FactKind.NEVER_COMES_BACK))
        values = tuple(
            ValueChange(path, None, text, Reason.ROLLED_BACK)
            for path, text in sorted(live.values.items())
            if text is not None and (path in ATTRIBUTES[Section.PROPERTIES] or path.startswith(OPTIONS))
        )
        owned = change.owned_before or Owned(Origin.ADOPTED)
        return DefinitionDecision(
            (create_definition(address, live.id, values, None, owned, reason=Reason.ROLLED_BACK),)
        )

    def _own_again(self, change: Change, live: LiveDefinition | None) -> DefinitionDecision:
        if live is None or live.is_archived:
            return _held(change, Reason.GONE, Fact(FactKind.DEFINITION_REMOVED))
        known = tuple(
            value
            for value in change.forgotten
            if _is_same(change, value.name, live.values.get(value.name), value.before)
        )
        afterwards = Owned(change.owned_before.origin if change.owned_before else Origin.ADOPTED)
        again = adopt_definition(
            change.definition, live.id, Reason.ROLLED_BACK, None, afterwards, remembered=known
        )
        return DefinitionDecision((again,))


def without_groups_in_use(
    changes: Iterable[Change], live: Iterable[LiveDefinition]
) -> Iterator[Change | Held]:
    """Hold groups that would be removed and keep properties; the others of ``changes`` pass."""
    listed = list(changes)
    leaving = {change.definition for change in listed if change.action is Action.ARCHIVE}
    properties = [
        each for each in live if each.address.section is Section.PROPERTIES and not each.is_archived
    ]
    for change in listed:
        group = change.definition.name
        left = tuple(
            each.address.name
            for each in properties
            if each.values.get("groupName") == group and each.address not in leaving
        )
        is_group = change.definition.section is Section.GROUPS and change.action is Action.ARCHIVE
        if is_group and left:
            yield from _held(change, Reason.FINAL, Fact(FactKind.GROUP_IN_USE, names=left[:_SHOWN])).held
        else:
            yield change


_SHOWN = 5
"""How many properties of a group are named."""


def merged(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Put the updates of one definition together; lists of options have the options of all of them."""
    found: dict[tuple[DefinitionAddress, Action], Change] = {}
    for change in changes:
        key = change.definition, change.action
        first = found.get(key)
        if first is None or change.action is not Action.UPDATE:
            found[key] = change
            continue
        values = {value.name: value for value in first.values}
        for value in change.values:
            if value.name == OPTIONS and OPTIONS in values:
                both = dict.fromkeys([*list_of(values[OPTIONS].after), *list_of(value.after)])
                values[OPTIONS] = replace(values[OPTIONS], after=list_text(both))
            else:
                values.setdefault(value.name, value)
        ordered = tuple(sorted(values.values(), key=lambda value: value.name))
        found[key] = replace(first, values=ordered)
    return tuple(found.values())


def is_carried(change: Change) -> bool:
    """Return whether a stage was made, and goes, with its pipeline."""
    return details_of(change).is_carried


def _added_options(change: Change) -> tuple[str, ...]:
    value = next((value for value in change.values if value.name == OPTIONS), None)
    before = list_of(value.before) if value else ()
    return tuple(name for name in list_of(value.after) if name not in before) if value else ()


def _is_as_written(change: Change, value: ValueChange, outcome: Applied, live: LiveDefinition) -> bool:
    now = live.values.get(value.name)
    written = (value.after, outcome.answered.get(value.name, value.after))
    return any(_is_same(change, value.name, now, text) for text in written)


def _is_same(change: Change, path: str, left: str | None, right: str | None) -> bool:
    attribute = attribute_of(change.definition.section, path)
    if path == "stages" or attribute is None:
        return left == right or path == "stages"
    return same_text(attribute, left, right)


def _held(change: Change, reason: Reason, fact: Fact) -> DefinitionDecision:
    return DefinitionDecision(held=(Held(change.definition, None, reason, None, None, None, (fact,)),))


def types_defined_by(done: Done) -> frozenset[str]:
    """Return the object types whose definitions a run changed."""
    return frozenset(change.object_type for change, _ in done if is_definition_change(change))


def selected_changes(
    done: Done, selection: Selection, unmatched: UnmatchedGlobs
) -> Iterator[tuple[Change, Applied]]:
    """Return the selected changes of definitions, checking the globs of ``unmatched``."""
    for change, outcome in done:
        if not is_definition_change(change):
            continue
        unmatched.check(change.definition, [value.name for value in change.values])
        if selection.has_record(change.definition):
            yield change, outcome
        elif change.action is Action.UPDATE:
            values = tuple(value for value in change.values if selection.has(change.definition, value.name))
            if values:
                yield replace(change, values=values, moved_from=None), outcome


def written_by(done: Done, holding: Holding) -> set[RecordId]:
    """Return the records that a run gave what they hold."""
    return {
        outcome.record_id
        for change, outcome in done
        if is_record_change(change)
        and change.object_type == holding.object
        and (holding.name is None or _has_written(change, holding))
    }


def _has_written(change: Change, holding: Holding) -> bool:
    if change.action is Action.CREATE and holding.value is None and change.record.by == holding.name:
        return True
    return any(
        value.name == holding.name
        and value.after is not None
        and (holding.value is None or holding.value in value.after.split(";"))
        for value in change.values
    )
