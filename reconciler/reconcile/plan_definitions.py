"""Planning the portal's definitions: reading them, counting records, and computing the planned schema."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from reconciler.apply.recovery.recovered_state import RecoveredState
from reconciler.hubspot.associations.count import count_labelled
from reconciler.hubspot.definitions.read import read_definitions
from reconciler.hubspot.definitions.read_limits import read_limits
from reconciler.hubspot.reader import PortalReader
from reconciler.model.addresses import DefinitionAddress, RecordId, Section
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.desired import Desired
from reconciler.model.labels import Label
from reconciler.model.object_references import Direction
from reconciler.model.owned import OwnedDefinition
from reconciler.model.portal_definitions import DesiredDefinition, LiveDefinition
from reconciler.plan.change import Change
from reconciler.plan.context import PlanContext
from reconciler.plan.definitions.changes import losing_records
from reconciler.plan.definitions.context import DefinitionContext, Holding
from reconciler.plan.definitions.held_values import changed_away
from reconciler.plan.definitions.limits import limits_of, within_limits
from reconciler.plan.definitions.missing_types import problems_of_missing_types, types_not_made
from reconciler.plan.definitions.moves import Move, moves_of, not_looked_into, without_target
from reconciler.plan.definitions.needed import with_all_they_need
from reconciler.plan.definitions.options import option_part
from reconciler.plan.definitions.planned_labels import PlannedLabels, planned_labels
from reconciler.plan.definitions.planned_schema import planned_schema
from reconciler.plan.definitions.planner import (
    DecidedDefinitions,
    MatchedDefinitions,
    TypeDefinitions,
    decide_type,
    match_type,
)
from reconciler.plan.definitions.unknown_names import without_unknown_names
from reconciler.plan.findings import Findings
from reconciler.plan.kinds import Verb
from reconciler.plan.review import keep_reviewed
from reconciler.plan.targeting import UnmatchedGlobs
from reconciler.reconcile.move_records import MovingRecords
from reconciler.state.store import Store

SETTLING = timedelta(minutes=5)
"""Time for which HubSpot may still show the values from before our own write.

Source: https://github.com/scopiousdigital/kalup (for 70 s, some answers had a new type and others lacked it).
"""

_READ_TOGETHER = frozenset({Section.GROUPS, Section.PROPERTIES})
"""Sections that are read together, because a property needs its group."""


@dataclass(frozen=True, slots=True)
class PlannedDefinitions:
    """The planned definitions, and the portal's schema after them, for the records of the same plan."""

    portal: PortalSchema
    decided: tuple[DecidedDefinitions, ...] = ()
    labels: PlannedLabels = field(default_factory=dict)
    moves: Mapping[str, Sequence[Move]] = field(default_factory=dict)  # by object type


def defined_types(desired: Desired, store: Store, here: PlanContext) -> frozenset[str]:
    """Return the object types of all selected definitions in manifests and state.

    A label also needs the other object type, and a schema also the types that it names.
    """
    needed = [(each.address.object, each.objects) for each in desired.definitions]
    needed += [(each.key.object, each.key.objects) for each in store.all_definitions()]
    return frozenset(name for own, objects in needed if here.selection.may_define(own) for name in objects)


def made_types(desired: Desired) -> frozenset[str]:
    """Return the custom object types that the manifests declare: the plan creates missing ones."""
    return frozenset(
        each.address.object
        for each in desired.definitions
        if each.address.section is Section.SCHEMA and not each.special.is_absent
    )


def removed_types(desired: Desired) -> frozenset[str]:
    """Return the custom object types about which the manifests only say ``$absent``."""
    schemas = [each for each in desired.definitions if each.address.section is Section.SCHEMA]
    if not any(each.special.is_absent for each in schemas):
        return frozenset()
    others = [each for each in desired.definitions if each not in schemas and not each.special.is_absent]
    of_records = {group.object for group in desired.groups}
    needed = {name for each in others for name in each.objects} | of_records
    needed |= desired.associated_with(of_records)
    return frozenset(each.address.object for each in schemas if each.special.is_absent) - needed


@dataclass(frozen=True, slots=True)
class PlanningDefinitions:
    """The data and the steps for making the plan of definitions."""

    desired: Desired
    reader: PortalReader
    portal: PortalSchema
    memory: RecoveredState
    store: Store
    here: PlanContext
    findings: Findings
    unmatched: UnmatchedGlobs

    def plan(self) -> PlannedDefinitions:
        """Compare the selected definitions, and add the results to the findings."""
        matched = [match_type(known, self.here.selection) for known in self._known()]
        for wanted in self.desired.definitions:
            parts = (option_part(option.name) for option in wanted.options)
            self.unmatched.check(wanted.address, (*wanted.paths, *parts))
        for each in matched:
            for owned in each.unnamed:
                self.unmatched.check(owned.key, owned.sent)
        decided = self._possible(self._decided(matched))
        for of_type in decided:
            self.findings.add((*of_type.changes, *of_type.held))
            self.findings.problems.extend(of_type.problems)
            self.findings.no_op += of_type.in_step(keeps_state=self.findings.keeps_state)
        kept = self._kept(decided)
        portal = planned_schema(self.portal, decided, kept)
        missing = types_not_made(decided, kept, portal.objects)
        self.findings.problems.extend(problems_of_missing_types(self.desired, self.here.selection, missing))
        moves: dict[str, Sequence[Move]] = {}
        for of_type in decided:
            schema = self.portal.objects.get(of_type.matched.known.object)
            own = [change for change in of_type.changes if change in kept]
            found = tuple(moves_of(of_type, own, schema.pipeline_and_stage)) if schema else ()
            self.findings.problems.extend(not_looked_into(found))
            if schema:
                after = portal.objects[schema.name]
                self.findings.problems.extend(without_target(of_type, own, found, after))
            moves |= {of_type.matched.known.object: found} if found else {}
        return PlannedDefinitions(portal, tuple(decided), planned_labels(decided, kept), moves)

    def _decided(self, matched: Iterable[MatchedDefinitions]) -> list[DecidedDefinitions]:
        """Compare the definitions of all object types, within the limits of the account."""
        decided = [decide_type(each, self._context(each)) for each in matched]
        counted = limits_of(decided)
        if not counted:
            return decided
        limits = read_limits(self.reader, self.portal, counted)
        return within_limits(decided, limits, self.desired.files)

    def _possible(self, decided: Sequence[DecidedDefinitions]) -> Sequence[DecidedDefinitions]:
        """Turn changes into problems if they name definitions that will not exist after the plan."""
        decided = with_all_they_need(decided, self._kept(decided))
        kept = self._kept(decided)
        portal = planned_schema(self.portal, decided, kept)
        named = [*without_unknown_names(decided, kept, portal.objects)]
        return with_all_they_need(named, self._kept(named))

    def move_records(self, planned: PlannedDefinitions) -> None:
        """Add the changes of records that get another value because the plan removes a definition they use.

        Such a definition is, for example, an option or a stage. Call this after all other records are
        compared.
        """
        for name, of_type in sorted(planned.moves.items()):
            schema, after = self.portal.objects[name], planned.portal.objects[name]
            only = self.here.moves_only
            MovingRecords(self.reader, self.memory, self.findings, schema, after, only).move(of_type)
        self._count_losing()

    def _count_losing(self) -> None:
        """Correct the counts of records that lose a value: leave out those that the plan itself changes."""
        changes = self.findings.changes
        removals = [*changes.of(Verb.ARCHIVE_DEFINITION)]
        if any(map(losing_records, removals)):
            written = changes.of(Verb.UPDATE, Verb.ARCHIVE)
            self.findings.replace(changed_away(removals, written, self.portal.objects))

    def _known(self) -> Iterator[TypeDefinitions]:
        """Read the definitions of each type, only in sections that manifests or state mention."""
        owned: dict[str, tuple[OwnedDefinition, ...]] = {}
        for name in sorted(self._types()):
            owned[name] = self.memory.owned_definitions(name) if self._is_selected(name) else ()
        sections: dict[str, Collection[Section]] = {}
        directions: set[Direction] = set()
        for name, entries in owned.items():
            if not self._is_selected(name):
                continue
            addresses = [*self._addresses(name), *(entry.key for entry in entries)]
            sections[name] = sections_of(addresses)
            directions |= {
                Direction(name, each.names[0]) for each in addresses if each.section is Section.LABELS
            }
        named = {name: found for name in sections if (found := self._named_properties(name, owned[name]))}
        live = read_definitions(self.reader, self.portal, sections, directions, named) if sections else {}
        for name, entries in owned.items():
            wanted = tuple(each for each in self.desired.definitions if self._can_be_of(each, name))
            yield TypeDefinitions(name, wanted, distinct(live.get(name, ())), entries)

    def _named_properties(self, name: str, owned: Iterable[OwnedDefinition]) -> Collection[str] | None:
        """Return the properties of a type to read: those that manifests or state name; None means all.

        All must be read if a group is removed, because the removed group must not contain other properties.
        """
        of_type = [each for each in self.desired.definitions if each.address.object == name]
        if any(each.address.section is Section.GROUPS and each.special.is_absent for each in of_type):
            return None
        addresses = [*(each.address for each in of_type), *(entry.key for entry in owned)]
        return {each.name for each in addresses if each.section is Section.PROPERTIES}

    def _types(self) -> set[str]:
        named = {each.address.object for each in self.desired.definitions}
        return named | {self._called(each.key.object) for each in self.store.all_definitions()}

    def _can_be_of(self, wanted: DesiredDefinition, name: str) -> bool:
        """Return whether a definition belongs to the type ``name`` and names no unknown object type.

        An unknown type is reported when the portal is read. Types that are not selected are not checked here.
        """
        if wanted.address.object != name:
            return False
        known = self.portal.objects.keys() | made_types(self.desired) | removed_types(self.desired)
        return not self._is_selected(name) or known.issuperset(wanted.objects)

    def _called(self, name: str) -> str:
        schema = self.portal.objects.get(name)
        return schema.name if schema else name

    def _is_selected(self, name: str) -> bool:
        return self.here.selection.may_define(name)

    def _addresses(self, name: str) -> Iterator[DefinitionAddress]:
        return (each.address for each in self.desired.definitions if each.address.object == name)

    def _context(self, matched: MatchedDefinitions) -> DefinitionContext:
        """Return the facts about one type, with the numbers of records that have removed values."""
        schema = self.portal.objects.get(matched.known.object)
        since = self.here.created_at - SETTLING
        context = DefinitionContext(
            portal_id=self.portal.account.portal_id,
            policy=self.here.policy,
            files=self.desired.files,
            is_whole=self.here.selection.has_record,
            recent={address: change for address, (change, _) in self.store.definition_writes(since).items()},
            stage_names=schema.pipeline_and_stage if schema else None,
        )
        return context.counting(
            {each: self._count(each) for each in sorted(matched.holdings(context), key=str)}
        )

    def _count(self, holding: Holding) -> int:
        schema = self.portal.objects.get(holding.object)
        if schema is None:
            return 0
        if holding.label is not None:
            return self._count_labelled(schema, holding.name or "", holding.label)
        name = holding.name or "hs_object_id"
        return self.reader.searches.find_holders(schema.path, name, holding.value).total

    def _count_labelled(self, schema: ObjectSchema, other_name: str, label: RecordId) -> int:
        """Count the associations that have a label."""
        other = self.portal.objects.get(other_name)
        if other is None:
            return 0
        category, there, back = label.split("/")[1:]
        seen = [Label(category, int(number), "") for number in (there, back)]
        return count_labelled(self.reader, schema, other, seen[0], seen[1] if int(back) else None)

    def _kept(self, decided: Iterable[DecidedDefinitions]) -> tuple[Change, ...]:
        """Return the changes that the plan keeps: with a reviewed plan, only changes that are in it."""
        changes = tuple(change for each in decided for change in each.changes)
        if self.here.reviewed is None or not changes:
            return changes
        return tuple(keep_reviewed(self.here.reviewed, changes, ()).changes)


def sections_of(addresses: Iterable[DefinitionAddress]) -> Collection[Section]:
    """Return the sections to read.

    Stages are read with their pipelines. Labels are not included: they are read for pairs of object types.
    """
    sections = {each.section for each in addresses} - {Section.STAGES, Section.LABELS}
    if any(each.section is Section.STAGES for each in addresses):
        sections.add(Section.PIPELINES)
    return sections | _READ_TOGETHER if sections & _READ_TOGETHER else sections


def distinct(live: Iterable[LiveDefinition]) -> tuple[LiveDefinition, ...]:
    """Return each definition once, because a restored one is for a while also listed as archived."""
    found: dict[str, LiveDefinition] = {}
    for each in live:
        if each.id not in found or found[each.id].is_archived:
            found[each.id] = each
    return tuple(found.values())
