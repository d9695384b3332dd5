"""Rolling back the changes of a run to definitions. Pure.

The cases:

- a written value is set back to its previous value, unless it was changed since the run;
- an archived property or group is created again, and HubSpot restores the property's values in records;
- an archived stage, pipeline, label or object type cannot be restored;
- an adopted definition is released, and a released definition is owned again;
- definitions that the run created are removed at the end of the plan: see ``rollback_created``.

All others are changed before the records.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from reconciler.model.addresses import DefinitionAddress, RecordId, Section
from reconciler.model.definition_attributes import (
    ATTRIBUTES,
    OPTIONS,
    STAGE_NAMES,
    attribute_of,
    option_of,
    same_text,
)
from reconciler.model.facts import Fact, FactKind
from reconciler.model.owned import Origin, OwnedDefinition
from reconciler.model.portal_definitions import LiveDefinition
from reconciler.plan.change import Action, Change, Owned, Reason, ValueChange
from reconciler.plan.definitions.changes import COMES_BACK, create_definition, update_definition
from reconciler.plan.definitions.compare import without_order
from reconciler.plan.definitions.context import DefinitionDecision, own_id
from reconciler.plan.definitions.label_order import with_free_labels
from reconciler.plan.definitions.rollback_lists import options_back, stages_back
from reconciler.plan.definitions.run_effects import RunEffect, WrittenValue
from reconciler.plan.owned_changes import adopt_thing, release_thing
from reconciler.plan.plan import Held

NOTHING = DefinitionDecision()

_LABEL = "label"


@dataclass(frozen=True, slots=True)
class DefinitionsNow:
    """The definitions of one object type as they are now, in portal and state."""

    live: Mapping[RecordId, LiveDefinition]
    owned: Mapping[RecordId, OwnedDefinition]
    recent: Mapping[DefinitionAddress, Change] = field(default_factory=dict)
    """Changes that reconciler made in the last few minutes: HubSpot may still show the values before them."""

    def found(self, effect: RunEffect) -> LiveDefinition | None:
        """Return the live definition of ``effect``, unless it is archived."""
        live = self.live.get(effect.id)
        return None if live is None or live.is_archived else live

    def key(self, effect: RunEffect) -> DefinitionAddress:
        """Return the definition's present address in state, or the address that the run gave it."""
        owned = self.owned.get(effect.id)
        return owned.key if owned else effect.address


def roll_back_definitions(
    effects: Iterable[RunEffect], now: DefinitionsNow
) -> Mapping[DefinitionAddress, DefinitionDecision]:
    """Roll back changes of a run to definitions of one type, except definitions that the run created.

    Stages are decided before pipelines. A pipeline's order of stages is a list of labels, so the
    restored labels of the stages must be known first.
    """
    decisions: dict[DefinitionAddress, DefinitionDecision] = {}
    labels: dict[str, dict[str, str]] = {}  # by pipeline: restored label of a stage by present label
    for effect in sorted(effects, key=lambda effect: effect.section is not Section.STAGES):
        renamed = labels.get(own_id(effect.id), {}) if effect.section is Section.PIPELINES else {}
        decided = roll_back_definition(effect, now, renamed)
        decisions[effect.address] = decided
        for change in decided.changes if effect.section is Section.STAGES else ():
            for value in change.values:
                if value.name == _LABEL and value.before and value.after:
                    labels.setdefault(effect.parent_id or "", {})[value.before] = value.after
    result, taken = with_free_labels(tuple(now.live.values()), decisions)
    for each in taken:
        fact = Fact(FactKind.LABEL_TAKEN, word=each.holder)
        held = Held(each.address, _LABEL, Reason.SUPERSEDED, None, each.label, None, (fact,))
        result[each.address] = result[each.address]._replace(held=(*result[each.address].held, held))
    return result


def roll_back_definition(
    effect: RunEffect, now: DefinitionsNow, labels: Mapping[str, str] = MappingProxyType({})
) -> DefinitionDecision:
    """Roll back the changes of a run to one definition.

    ``labels``: for a pipeline, the restored labels of its stages by their present labels.
    """
    live, owned = now.found(effect), now.owned.get(effect.id)
    if effect.created is not None:
        return NOTHING
    if effect.archived is not None:
        return _made_again(effect, effect.archived) if live is None else _still_there(effect, now)
    if effect.is_adopted:
        gone = release_thing(owned, Reason.ROLLED_BACK) if owned else None
        return DefinitionDecision((gone,) if gone else ())
    if live is None:
        kind = FactKind.DEFINITION_ARCHIVED if now.live.get(effect.id) else FactKind.DEFINITION_REMOVED
        return held_whole(now.key(effect), Reason.GONE, Fact(kind))
    if effect.released is not None:
        return NOTHING if owned else _own_again(effect.released, live)
    return _PuttingBack(effect, live, owned, now, labels).result()


def is_as_written(section: Section, path: str, value: WrittenValue, text: str | None) -> bool:
    """Return whether ``text`` is the text that the run wrote, or HubSpot's form of it."""
    return any(_is_same(section, path, text, each) for each in (value.after, value.answered))


def _is_same(section: Section, path: str, left: str | None, right: str | None) -> bool:
    attribute = attribute_of(section, path)
    return same_text(attribute, left, right) if attribute else left == right


def held_whole(address: DefinitionAddress, reason: Reason, *facts: Fact) -> DefinitionDecision:
    """Return the decision to leave a whole definition as it is, and why."""
    return DefinitionDecision(held=(Held(address, None, reason, None, None, None, facts),))


def _still_there(effect: RunEffect, now: DefinitionsNow) -> DefinitionDecision:
    """Return the decision about a definition that exists although the run archived it.

    If reconciler archived it only minutes ago, HubSpot may still show it: hold it as ``SETTLING``. Otherwise
    somebody created it again, and there is nothing to do.
    """
    recent = now.recent.get(effect.address)
    is_settling = recent is not None and recent.action is Action.ARCHIVE
    return held_whole(effect.address, Reason.SETTLING) if is_settling else NOTHING


def _made_again(effect: RunEffect, gone: Change) -> DefinitionDecision:
    """Create an archived definition again with values from the journal; hold it if that is impossible."""
    section = effect.section
    if section not in COMES_BACK:
        return held_whole(effect.address, Reason.FINAL, Fact(FactKind.NEVER_COMES_BACK))
    attributes = ATTRIBUTES[section]
    known = {value.name: value for value in gone.forgotten}
    if any(known.get(path) is None for path, attribute in attributes.items() if attribute.is_needed):
        return held_whole(effect.address, Reason.FINAL, Fact(FactKind.NOT_JOURNALED))
    values = tuple(
        ValueChange(path, None, value.before, _reason(value))
        for path, value in sorted(known.items())
        if value.before is not None and not _is_default(section, path, value.before)
    )
    again = create_definition(
        effect.address,
        effect.id,
        values,
        None,
        gone.owned_before or Owned(Origin.ADOPTED),
        reason=Reason.ROLLED_BACK,
    )
    return DefinitionDecision((again if gone.owned_before else replace(again, owned=None),))


def _reason(value: ValueChange) -> Reason:
    """Return the reason for writing a value of a removed definition again.

    It is ``INITIAL`` if the state did not contain the value before the run: then people decide about the
    value after this rollback. Every other value has the reason ``ROLLED_BACK``.
    """
    return Reason.INITIAL if value.reason is Reason.UNMANAGED else Reason.ROLLED_BACK


def _is_default(section: Section, path: str, text: str) -> bool:
    attribute = attribute_of(section, path)
    return attribute is not None and attribute.default == text


def _own_again(released: Change, live: LiveDefinition) -> DefinitionDecision:
    """Return the decision to store a definition in state again, because the run removed it from there.

    State gets the values that the portal still has. Values changed after the run are reported as held.
    """
    section = released.definition.section
    known: list[ValueChange] = []
    held: list[Held] = []
    for value in released.forgotten:
        now = live.values.get(value.name)
        if _is_same(section, value.name, now, value.before):
            known.append(value)
        else:
            facts = (Fact(FactKind.CHANGED_IN_HUBSPOT),)
            of = released.definition
            held.append(Held(of, value.name, Reason.SUPERSEDED, now, value.after, None, facts))
    before = released.owned_before
    again = adopt_thing(
        released.definition,
        live.id,
        Reason.ROLLED_BACK,
        None,
        Owned(before.origin if before else Origin.ADOPTED, before is not None and before.is_protected),
        remembered=tuple(known),
    )
    return DefinitionDecision((again,), tuple(held))


@dataclass(slots=True)
class _PuttingBack:
    """Restores the previous values of one definition, one by one."""

    effect: RunEffect
    live: LiveDefinition
    owned: OwnedDefinition | None
    now: DefinitionsNow
    labels: Mapping[str, str]
    back: list[ValueChange] = field(default_factory=list)
    learned: list[ValueChange] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)

    def result(self) -> DefinitionDecision:
        """Return the change that restores the previous values, and the list of values that are not restored.

        There is no change if all values are as before the run.
        """
        effect = self.effect
        for path, value in sorted(effect.written.items()):
            if path not in {OPTIONS, STAGE_NAMES} and not self._goes_with_option(path):
                self._decide(path, value)
        if effect.options_before is not None:
            self._decide_list(OPTIONS, options_back(effect, self.live))
        if STAGE_NAMES in effect.written and effect.section is Section.PIPELINES:
            self._decide_list(STAGE_NAMES, stages_back(effect, self.live, self.labels))
        self.back.sort(key=lambda value: value.name)
        return DefinitionDecision(tuple(self._changes()), tuple(self.held))

    def _goes_with_option(self, path: str) -> bool:
        """Return whether ``path`` is about an option that the run added, and is removed with that option."""
        option = option_of(path)
        return option is not None and option in self.effect.added_options

    def _decide(self, path: str, value: WrittenValue) -> None:
        section, now = self.effect.section, self.live.values.get(path)
        restored = ValueChange(path, now, value.before, Reason.ROLLED_BACK)
        if _is_same(section, path, now, value.before):
            if self._is_settling(path, value):
                self._hold(path, Reason.SETTLING, now, value.before)
            elif self.owned is not None and self.owned.sent.get(path, value.before) != value.before:
                self.learned.append(restored)
        elif not is_as_written(section, path, value, now):
            self._hold(path, Reason.SUPERSEDED, now, value.before, self._by_whom(path, now))
        elif not self._can_write(path):
            self._hold(path, Reason.FINAL, now, value.before, Fact(FactKind.NOT_WRITABLE))
        else:
            self.back.append(restored)

    def _decide_list(self, path: str, back: Sequence[ValueChange] | None) -> None:
        """Add the changes that restore a list; ``back`` is None if people changed it, which is reported."""
        if back is None:
            now, before = self.live.values.get(path), self.effect.written.get(path)
            wanted = before.before if before else None
            self._hold(path, Reason.SUPERSEDED, now, wanted, Fact(FactKind.CHANGED_IN_HUBSPOT))
        elif back and not self._can_write(path):
            self._hold(path, Reason.FINAL, back[0].before, back[0].after, Fact(FactKind.NOT_WRITABLE))
        else:
            self.back.extend(back)

    def _is_settling(self, path: str, value: WrittenValue) -> bool:
        recent = self.now.recent.get(self.effect.address)
        is_changed = not _is_same(self.effect.section, path, value.before, value.after)
        return is_changed and recent is not None and any(each.name == path for each in recent.values)

    def _can_write(self, path: str) -> bool:
        return self.live.can_change_options if path.startswith(OPTIONS) else self.live.can_change

    def _by_whom(self, path: str, now: str | None) -> Fact:
        owned = self.owned
        is_ours = owned is not None and path in owned.sent
        is_ours = is_ours and owned is not None and owned.expected_live(path) == now
        return Fact(FactKind.WRITTEN_LATER if is_ours else FactKind.CHANGED_IN_HUBSPOT)

    def _hold(
        self, path: str, reason: Reason, live: str | None, wanted: str | None, fact: Fact | None = None
    ) -> None:
        key, facts = self.now.key(self.effect), (fact,) if fact else ()
        self.held.append(Held(key, path, reason, live, wanted, None, facts))

    def _changes(self) -> Sequence[Change]:
        owned, back, learned = self.owned, tuple(self.back), tuple(self.learned)
        key, former = self.now.key(self.effect), self._former()
        ours = Owned(owned.origin, owned.is_protected) if owned else None
        moved_from = key if former and owned else None
        if back:
            update = update_definition(
                former or key,
                self.live.id,
                back,
                Reason.ROLLED_BACK,
                source=None,
                owned=ours,
                remembered=learned if owned else (),
                moved_from=moved_from,
                details=self.effect.details,
            )
            return list(without_order(update))
        if ours is None or not (learned or moved_from):
            return []
        reason = Reason.ROLLED_BACK if moved_from else Reason.IN_STEP
        learns = adopt_thing(
            former or key, self.live.id, reason, None, ours, remembered=learned, moved_from=moved_from
        )
        return [learns]

    def _former(self) -> DefinitionAddress | None:
        """Return the definition's address in state before the run, if the rollback must restore it.

        None if the run did not change the address, if it was changed again since, or if another definition
        has the former address now.
        """
        former, key = self.effect.former, self.now.key(self.effect)
        if former is None or key != self.effect.address:
            return None
        return None if any(each.key == former for each in self.now.owned.values()) else former
