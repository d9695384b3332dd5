"""Removing the definitions that a run created, if nothing else uses them. Pure.

They are removed at the end of the plan, after values and records of the same run. A definition stays if

- one of its values was changed since the run, or it is protected;
- records have it as a value, and this rollback does not change these records;
- other definitions are in it: properties in a group or an object type, stages in a pipeline.

The stages of a pipeline are removed, or stay, with their pipeline; so do all definitions of an object type.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.model.addresses import RecordId, Section, definition_address
from reconciler.model.associations import AssociationIdentity, OwnedAssociation, identity_of
from reconciler.model.definition_attributes import OPTIONS, list_of, option_path
from reconciler.model.facts import Fact, FactKind
from reconciler.model.labels import Label
from reconciler.model.portal_definitions import LiveDefinition, definition_id
from reconciler.model.references import RecordIdentity
from reconciler.plan.change import Change, DefinitionDetails, Owned, Reason
from reconciler.plan.definitions.changes import archive_definition, lost_values
from reconciler.plan.definitions.context import DefinitionDecision, Holding, own_id
from reconciler.plan.definitions.holders import held_by
from reconciler.plan.definitions.rollback import NOTHING, DefinitionsNow, held_whole, is_as_written
from reconciler.plan.definitions.run_effects import RunEffect, WrittenValue
from reconciler.plan.owned_changes import release_thing
from reconciler.plan.records.changes import is_record_change

_ORDER = (
    Section.LABELS,
    Section.STAGES,
    Section.PIPELINES,
    Section.PROPERTIES,
    Section.GROUPS,
    Section.SCHEMA,
)
"""The sections in the order of deciding: the parts of a definition before the definition itself."""

_GROUP = "groupName"


def holdings_of_created(
    effects: Iterable[RunEffect], now: DefinitionsNow, stage_names: tuple[str, str] | None
) -> Iterator[Holding]:
    """Return which records or associations must be counted before rollback decides about the removals."""
    for effect in effects:
        if now.found(effect) is None:
            continue
        if effect.created is not None:
            holding = holding_of_created(effect, stage_names)
            if holding is not None:
                yield holding
        for option in effect.added_options if effect.created is None else ():
            yield Holding(effect.object, effect.address.name, option)


def holding_of_created(effect: RunEffect, stage_names: tuple[str, str] | None) -> Holding | None:
    """Return which records use a created definition; None for a definition that no record can use.

    A record uses a property if the property is not empty. A record uses the pipeline and the stage that it is
    in. And it uses its object type.
    """
    match effect.section:
        case Section.PROPERTIES:
            return Holding(effect.object, effect.address.name)
        case Section.SCHEMA:
            return Holding(effect.object, None)
        case Section.PIPELINES if stage_names:
            return Holding(effect.object, stage_names[0], own_id(effect.id))
        case Section.STAGES if stage_names:
            return Holding(effect.object, stage_names[1], own_id(effect.id))
        case _:
            return None


def labels_that_stay(pairs: Iterable[OwnedAssociation], changes: Iterable[Change]) -> Mapping[Label, int]:
    """Count, by label, our associations that still exist after ``changes``."""
    going: set[AssociationIdentity] = set()
    archived: set[RecordIdentity] = set()
    for change in changes:
        record_id, target_id = change.remote
        if record_id and is_record_change(change):
            archived.add(RecordIdentity(change.object_type, record_id))
        elif record_id and target_id:
            going.add(identity_of(change.association, record_id, target_id))
    staying = (pair for pair in pairs if pair.identity not in going and archived.isdisjoint(pair.records))
    return Counter(pair.label for pair in staying if pair.label is not None)


@dataclass(frozen=True, slots=True)
class Uses:
    """Uses of the definitions to be removed: a used definition may have to stay."""

    stage_names: tuple[str, str] | None
    records: Mapping[Holding, int]  # records that still have the value after this plan
    labels: Mapping[Label, int] = field(default_factory=dict)  # associations that stay, by label
    changes: Sequence[Change] = ()  # other changes of the type's definitions in the same plan


def remove_created(
    effects: Collection[RunEffect], now: DefinitionsNow, uses: Uses
) -> Iterator[DefinitionDecision]:
    """Decide whether to remove each definition that the run created, and each option that it added.

    All ``effects`` are about definitions of one object type.
    """
    removing = _Removing([each for each in effects if each.created is not None], now, uses)
    for section in _ORDER:
        for effect in removing.created:
            if effect.section is section:
                removing.decide(effect)
    yield from removing.decisions()
    for effect in effects:
        for option in effect.added_options if effect.created is None else ():
            yield _remove_option(effect, option, now, uses)


@dataclass(slots=True)
class _Removing:
    created: Sequence[RunEffect]
    now: DefinitionsNow
    uses: Uses
    decided: dict[RecordId, DefinitionDecision] = field(default_factory=dict)

    def decisions(self) -> Iterator[DefinitionDecision]:
        """Return a decision for each created definition, except parts of a created pipeline or object type.

        HubSpot removes a part together with its pipeline or object type.
        """
        for effect in self.created:
            if self._whole(effect) is None:
                yield self.decided[effect.id]

    def decide(self, effect: RunEffect) -> None:
        """Decide whether to remove one definition that the run created.

        Call this for the parts of a definition (such as stages) before the definition itself.
        """
        live, owned = self.now.found(effect), self.now.owned.get(effect.id)
        if live is None:
            lost = (release_thing(owned, Reason.GONE),) if owned else ()
            self.decided[effect.id] = DefinitionDecision(lost)
            return
        obstacle = self._obstacle(effect, live)
        if obstacle is not None:
            self.decided[effect.id] = held_whole(self.now.key(effect), *obstacle)
            return
        accepted = self._records(effect) if _is_restored(effect) else 0
        gone = archive_definition(
            self.now.key(effect),
            live.id,
            Reason.ROLLED_BACK,
            None,
            owned_before=Owned(owned.origin, owned.is_protected) if owned else None,
            lost=lost_values(live, owned),
            rests_on=held_by(accepted),
            details=DefinitionDetails(live.parent_id) if live.parent_id else None,
        )
        self.decided[effect.id] = DefinitionDecision((gone,))

    def _obstacle(self, effect: RunEffect, live: LiveDefinition) -> tuple[Reason, Fact] | None:
        """Return why a definition has to stay; None if it can be removed."""
        owned = self.now.owned.get(effect.id)
        if effect.is_late:
            return Reason.FINAL, Fact(FactKind.THERE_BEFORE)
        if owned is not None and owned.is_protected:
            return Reason.FINAL, Fact(FactKind.PROTECTED)
        if moved := _moved(effect, live):
            return Reason.SUPERSEDED, Fact(FactKind.CHANGED_SINCE, names=tuple(moved))
        if others := sorted(self._others(effect)):
            return Reason.SUPERSEDED, Fact(FactKind.IN_USE, names=tuple(others[:3]))
        count = 0 if _is_restored(effect) else self._records(effect)
        if count:
            return Reason.SUPERSEDED, Fact(FactKind.HELD_BY_OTHERS, count=count)
        if effect.section is Section.LABELS and (count := self._associations(effect)):
            return Reason.SUPERSEDED, Fact(FactKind.LABEL_IN_USE, count=count)
        return None

    def _records(self, effect: RunEffect) -> int:
        holding = holding_of_created(effect, self.uses.stage_names)
        return self.uses.records.get(holding, 0) if holding else 0

    def _associations(self, effect: RunEffect) -> int:
        """Count the owned associations that still have the label after this rollback, in both directions."""
        category, *numbers = own_id(effect.id).split("/")
        labels = {Label(category, int(number), "") for number in numbers}
        return sum(self.uses.labels.get(label, 0) for label in labels)

    def _others(self, effect: RunEffect) -> Iterator[str]:
        """Return the definitions that are still in a group, pipeline or object type after this rollback."""
        parts = {each.id for each in self.created if self._whole(each) is effect}
        stays = {part for part in parts if self.decided[part].held}
        match effect.section:
            case Section.GROUPS:
                yield from self._members(effect.address.name)
            case Section.PIPELINES:
                inside = [each for each in self.now.live.values() if each.parent_id == own_id(effect.id)]
                yield from (each.address.name for each in inside if each.id not in parts - stays)
            case Section.SCHEMA:
                inside = [each for each in self.now.live.values() if _is_peoples(each)]
                yield from (each.address.name for each in inside if each.id not in parts - stays)
            case _:
                pass

    def _members(self, group: str) -> Iterator[str]:
        """Return the properties that a group will have: present ones, and those moved into it or restored."""
        leaving = {change.remote.id for each in self.decided.values() for change in each.changes}
        after = {
            change.remote.id: value.after
            for change in self.uses.changes
            for value in change.values
            if value.name == _GROUP
        }
        for each in self.now.live.values():
            is_property = each.address.section is Section.PROPERTIES and not each.is_archived
            if is_property and each.id not in leaving | after.keys() and each.values.get(_GROUP) == group:
                yield each.address.name
        yield from (own_id(known) for known, name in after.items() if known and name == group)

    def _whole(self, effect: RunEffect) -> RunEffect | None:
        """Return the pipeline or object type that contains the definition, if the run created that, too."""
        for each in self.created:
            is_inside = each.section is Section.SCHEMA and effect.section is not Section.LABELS
            if is_inside and effect is not each:
                return each
            is_pipeline = each.section is Section.PIPELINES and effect.section is Section.STAGES
            if is_pipeline and effect.parent_id == own_id(each.id):
                return each
        return None


def _is_restored(effect: RunEffect) -> bool:
    """Return whether the run was a rollback, and restored a property together with its old values.

    Records may have these values, but the property is removed all the same. The guard ``lose`` limits the
    number of these records.
    """
    created = effect.created
    return (
        created is not None and created.reason is Reason.ROLLED_BACK and effect.section is Section.PROPERTIES
    )


def _is_peoples(live: LiveDefinition) -> bool:
    is_property = live.address.section is Section.PROPERTIES
    return is_property and not live.is_hubspot_defined and not live.is_archived


def _moved(effect: RunEffect, live: LiveDefinition) -> list[str]:
    """Return the paths of written values whose live values differ now."""
    return [
        path
        for path, value in sorted(effect.written.items())
        if path != "stages" and not is_as_written(effect.section, path, value, live.values.get(path))
    ]


def _remove_option(effect: RunEffect, option: str, now: DefinitionsNow, uses: Uses) -> DefinitionDecision:
    """Remove an option that the run added.

    The option is kept if records use it, if it was changed after the run, or if HubSpot does not let anybody
    change the options.
    """
    live = now.found(effect)
    if live is None or option not in list_of(live.values.get(OPTIONS)):
        return NOTHING
    address = definition_address(effect.object, Section.OPTIONS, effect.address.name, option)
    paths = [option_path(option, name) for name in ("label", "description", "hidden")]
    unwritten = WrittenValue(None, None, None)
    moved = [
        path.rpartition("/")[2]
        for path in paths
        if (path in effect.written or path.endswith("description"))
        and not is_as_written(
            Section.PROPERTIES, path, effect.written.get(path, unwritten), live.values.get(path)
        )
    ]
    if moved:
        return held_whole(address, Reason.SUPERSEDED, Fact(FactKind.CHANGED_SINCE, names=tuple(moved)))
    if count := uses.records.get(Holding(effect.object, effect.address.name, option), 0):
        return held_whole(address, Reason.SUPERSEDED, Fact(FactKind.HELD_BY_OTHERS, count=count))
    if not live.can_change_options:
        return held_whole(address, Reason.FINAL, Fact(FactKind.NOT_WRITABLE))
    gone = archive_definition(
        address,
        definition_id(Section.OPTIONS, effect.address.name, option),
        Reason.ROLLED_BACK,
        None,
        owned_before=None,
        lost=lost_values(live, now.owned.get(effect.id), option),
    )
    return DefinitionDecision((gone,))
