"""Planning the definitions of one object type: comparing each, then checking rules about several of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import DefinitionAddress, RecordId, Section, definition_address
from reconciler.model.definition_attributes import STAGE_NAMES, list_of
from reconciler.model.not_made import NotMade, WhyNotMade
from reconciler.model.owned import OwnedDefinition
from reconciler.model.portal_definitions import (
    DesiredDefinition,
    LiveDefinition,
    definition_id,
    is_within,
)
from reconciler.model.selection import Selection, means
from reconciler.plan.change import Action, Change, DefinitionDetails
from reconciler.plan.definitions.changes import details_of_property
from reconciler.plan.definitions.checks import checked
from reconciler.plan.definitions.compare import NewIdentity, decide, release_unnamed
from reconciler.plan.definitions.compare_values import StageOrder
from reconciler.plan.definitions.context import DefinitionContext, DefinitionDecision, Holding, own_id
from reconciler.plan.definitions.holders import holdings_of
from reconciler.plan.definitions.identity import pipeline_id, stage_id
from reconciler.plan.definitions.label_order import in_label_order
from reconciler.plan.definitions.match import DefinitionSides, match_definitions
from reconciler.plan.definitions.new import group_of_new_properties, new_stages_in_order
from reconciler.plan.plan import Held


@dataclass(frozen=True, slots=True)
class TypeDefinitions:
    """The definitions of one object type: in manifests, portal and state."""

    object: str
    wanted: tuple[DesiredDefinition, ...]
    live: tuple[LiveDefinition, ...]
    owned: tuple[OwnedDefinition, ...]


@dataclass(frozen=True, slots=True)
class MatchedDefinitions:
    """The selected definitions of one object type, each with its sides."""

    known: TypeDefinitions
    sides: tuple[DefinitionSides, ...]  # selected definitions, pipelines before stages
    unselected: Mapping[DefinitionAddress, WhyNotMade]  # declared, but not selected; with the reason
    unnamed: tuple[OwnedDefinition, ...]  # in state and selected, but no longer declared
    # the ids of definitions that manifests name and the portal has
    present: Mapping[DefinitionAddress, RecordId] = field(default_factory=dict)

    def holdings(self, context: DefinitionContext) -> set[Holding]:
        """Return the values and labels whose use must be counted before the changes can be planned.

        They may be used by records or associations.
        """
        return {holding for sides in self.sides for holding in holdings_of(sides, context)}


@dataclass(frozen=True, slots=True)
class DecidedDefinitions:
    """The decisions about the definitions of one object type."""

    matched: MatchedDefinitions
    decisions: Mapping[DefinitionAddress, DefinitionDecision]
    released: tuple[Change | Held, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes of definitions of the type."""
        decided = (change for each in self.decisions.values() for change in each.changes)
        return (*decided, *(each for each in self.released if isinstance(each, Change)))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems of definitions of the type."""
        return tuple(problem for each in self.decisions.values() for problem in each.problems)

    @property
    def held(self) -> tuple[Held, ...]:
        """All held differences: what is reported and left alone."""
        decided = (held for each in self.decisions.values() for held in each.held)
        return (*decided, *(each for each in self.released if isinstance(each, Held)))

    def in_step(self, *, keeps_state: bool) -> int:
        """Return how many definitions need neither a change nor a report.

        Without a state, a change that makes no call is not needed. A definition counts only if it is wanted
        and exists, or must be absent and does not exist. So a new stage never counts. This includes a stage
        without a change of its own, because its pipeline has a problem and is not created.
        """
        decided = [self.decisions[each.address] for each in self.matched.sides if each.is_as_wanted]
        return sum(
            not (
                each.held or each.problems or any(keeps_state or change.is_remote for change in each.changes)
            )
            for each in decided
        )


def match_type(known: TypeDefinitions, selection: Selection) -> MatchedDefinitions:
    """Find the live and owned versions of a type's desired definitions, and keep the selected ones."""
    sides: list[DefinitionSides] = []
    unselected: dict[DefinitionAddress, WhyNotMade] = {}
    matched = match_definitions(known.wanted, known.live, known.owned)
    for each in matched:
        narrowed = selection.narrowed_definition(each.wanted)
        if narrowed is None:
            is_excluded = means(selection.exclude, each.address)
            unselected[each.address] = WhyNotMade.EXCLUDED if is_excluded else WhyNotMade.UNSELECTED
        else:
            sides.append(each if narrowed is each.wanted else replace(each, wanted=narrowed))
    entries = {each.owned.key for each in matched if each.owned}
    unnamed = tuple(
        entry for entry in known.owned if entry.key not in entries and selection.has_record(entry.key)
    )
    ordered = sorted(sides, key=lambda each: each.address.section is Section.STAGES)
    present = {each.address: each.found.id for each in matched if each.found}
    return MatchedDefinitions(known, tuple(ordered), unselected, unnamed, present)


def decide_type(matched: MatchedDefinitions, context: DefinitionContext) -> DecidedDefinitions:
    """Compare the definitions of one object type in manifests, state and portal.

    Return the changes, held differences and problems of each definition.
    """
    context = replace(context, group=group_of_new_properties(matched.known.object, matched.known.live))
    deciding = _Deciding(matched, context)
    deciding.decide()
    decided = checked(matched.sides, matched.known.live, deciding.decisions, matched.unselected, context)
    decided = in_label_order(matched.sides, matched.known.live, decided, context)
    decided = _without_what_goes_along(new_stages_in_order(matched.sides, decided))
    leaving = {
        change.definition
        for decision in decided.values()
        for change in decision.changes
        if change.action is Action.ARCHIVE
    }
    released = tuple(release_unnamed(owned, leaving) for owned in matched.unnamed)
    return DecidedDefinitions(matched, decided, released)


def _without_what_goes_along(
    decisions: dict[DefinitionAddress, DefinitionDecision],
) -> dict[DefinitionAddress, DefinitionDecision]:
    """Drop archives of parts of an archived object type: HubSpot removes these parts with their type."""
    types = [
        change.definition
        for decision in decisions.values()
        for change in decision.changes
        if change.action is Action.ARCHIVE and change.definition.section is Section.SCHEMA
    ]
    if not types:
        return decisions
    return {
        address: DefinitionDecision()
        if any(is_within(address, each) for each in types)
        and any(change.action is Action.ARCHIVE for change in decision.changes)
        else decision
        for address, decision in decisions.items()
    }


@dataclass(slots=True)
class _Deciding:
    matched: MatchedDefinitions
    context: DefinitionContext
    decisions: dict[DefinitionAddress, DefinitionDecision] = field(default_factory=dict)
    new_ids: dict[DefinitionAddress, str] = field(default_factory=dict)  # ids of new pipelines

    def decide(self) -> None:
        """Compare all definitions: stages first, because the order in a pipeline depends on them."""
        sides = self.matched.sides
        identities = {each.address: self._identity(each) for each in sides}
        for each in sides:
            if each.address.section is Section.STAGES:
                decision = self._without_pipeline(each) or decide(
                    each, self.context, identities[each.address]
                )
                self.decisions[each.address] = decision
        for each in sides:
            if each.address.section is not Section.STAGES:
                order = self._stage_order(each)
                self.decisions[each.address] = decide(each, self.context, identities[each.address], order)
        for each in sides:
            if each.address.section is Section.STAGES and self._is_orphan(each):
                self.decisions[each.address] = DefinitionDecision()

    def _identity(self, sides: DefinitionSides) -> NewIdentity:
        """Return the identity that the definition gets if the plan creates it."""
        address = sides.address
        match address.section:
            case Section.LABELS:
                return NewIdentity(None)
            case Section.PIPELINES:
                if sides.found is None:
                    taken = [*self._ids(Section.PIPELINES), *self.new_ids.values()]
                    chosen = pipeline_id(self.context.portal_id, address.object, address.name, taken)
                    self.new_ids[address] = chosen
                return NewIdentity(definition_id(Section.PIPELINES, self.new_ids.get(address, "")))
            case Section.STAGES:
                return self._stage_identity(sides)
            case section:
                return NewIdentity(definition_id(section, *address.names), details_of_property(sides.wanted))

    def _stage_identity(self, sides: DefinitionSides) -> NewIdentity:
        address = sides.address
        pipeline, stage = address.names
        of = definition_address(address.object, Section.PIPELINES, pipeline)
        parent = sides.pipeline.found if sides.pipeline else None
        parent_id = own_id(parent.id) if parent else self.new_ids.get(of)
        details = DefinitionDetails(parent_id, is_carried=parent is None)
        if sides.found is not None:
            return NewIdentity(sides.found.id, details)
        chosen = stage_id(self.context.portal_id, address.object, pipeline, stage, self._ids(Section.STAGES))
        return NewIdentity(definition_id(Section.STAGES, chosen), details)

    def _ids(self, section: Section) -> Collection[str]:
        """Return HubSpot's ids of the live definitions of a section, which new ones cannot have."""
        live = [each.id for each in self.matched.known.live if each.address.section is section]
        return [own_id(each) for each in live]

    def _stage_order(self, sides: DefinitionSides) -> StageOrder | None:
        """Return the desired and live order of the stages of a live pipeline; None for other definitions."""
        live = sides.found
        if sides.address.section is not Section.PIPELINES or live is None:
            return None
        named: dict[RecordId, str] = {}
        labels: dict[str, str] = {}  # of existing and new stages, by manifest name
        for each in self.matched.sides:
            if each.pipeline is None or each.pipeline.address != sides.address:
                continue
            label = each.wanted.value("label") or each.address.name
            if each.found is not None:
                named[each.found.id] = label
            is_new = any(change.action is Action.CREATE for change in self._changes(each))
            if each.found is not None or is_new:
                labels[each.address.name] = label
        present = {each.id: each.values.get("label") or "" for each in self.matched.known.live}
        there = tuple(named.get(each, present[each]) for each in self._stage_ids(live))
        desired = list_of(sides.wanted.value(STAGE_NAMES))
        return StageOrder(tuple(labels[name] for name in desired if name in labels), there)

    def _stage_ids(self, pipeline: LiveDefinition) -> Sequence[RecordId]:
        """Return the ids of the stages of a live pipeline, in the order of display."""
        own = own_id(pipeline.id)
        stages = [each for each in self.matched.known.live if each.parent_id == own]
        labels = list_of(pipeline.values.get(STAGE_NAMES))
        place = {label: number for number, label in enumerate(labels)}
        return [
            each.id for each in sorted(stages, key=lambda each: place.get(each.values.get("label") or "", 0))
        ]

    def _changes(self, sides: DefinitionSides) -> Sequence[Change]:
        decided = self.decisions.get(sides.address)
        return decided.changes if decided else ()

    def _without_pipeline(self, sides: DefinitionSides) -> DefinitionDecision | None:
        """Report a new stage whose pipeline neither exists nor is created; None if it has one."""
        of = definition_address(sides.address.object, Section.PIPELINES, sides.address.names[0])
        pipeline = sides.pipeline
        if sides.wanted.special.is_absent or (pipeline and pipeline.found) or of in self.new_ids:
            return None
        lacking = NotMade(of.text, self.matched.unselected.get(of, WhyNotMade.HELD))
        message = f"the pipeline of this stage does not exist: {of.text}"
        problem = self.context.problem(sides.wanted, message, lacking.advice)
        return DefinitionDecision(problems=(replace(problem, needs=lacking.to_add),))

    def _is_orphan(self, sides: DefinitionSides) -> bool:
        """Return whether a stage belongs to a new pipeline that the plan does not create.

        Such a stage is not reported, because the pipeline is reported.
        """
        of = definition_address(sides.address.object, Section.PIPELINES, sides.address.names[0])
        if of not in self.new_ids or of not in self.decisions:
            return False
        decided = self.decisions[of]
        return not decided.changes or any(problem.severity is Severity.ERROR for problem in decided.problems)
