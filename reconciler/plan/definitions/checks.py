"""Rules about several definitions of one object type: groups, unique properties, stages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import DefinitionAddress, Section, definition_address
from reconciler.model.definition_attributes import GROUP, made_group
from reconciler.model.not_made import NotMade, WhyNotMade
from reconciler.model.object_types import object_type
from reconciler.model.portal_definitions import LiveDefinition
from reconciler.plan.change import Action, Change
from reconciler.plan.definitions.context import DefinitionContext, DefinitionDecision, own_id
from reconciler.plan.definitions.match import DefinitionSides
from reconciler.suggestions import did_you_mean

MOST_UNIQUE = 10
"""Maximum number of unique properties of one object type.

Source: https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide.
"""

Decisions = dict[DefinitionAddress, DefinitionDecision]


def checked(
    sides: Sequence[DefinitionSides],
    live: Sequence[LiveDefinition],
    decisions: Mapping[DefinitionAddress, DefinitionDecision],
    unselected: Mapping[DefinitionAddress, WhyNotMade],
    context: DefinitionContext,
) -> Decisions:
    """Return the decisions, with problems in place of changes that break a rule."""
    checking = _Checking(sides, live, dict(decisions), unselected, context)
    checking.groups()
    checking.groups_in_use()
    checking.unique_properties()
    checking.stages()
    return checking.decisions


@dataclass(slots=True)
class _Checking:
    sides: Sequence[DefinitionSides]
    live: Sequence[LiveDefinition]
    decisions: Decisions
    unselected: Mapping[DefinitionAddress, WhyNotMade]
    context: DefinitionContext
    _by_address: Mapping[DefinitionAddress, DefinitionSides] = field(init=False)

    def __post_init__(self) -> None:
        self._by_address = {each.address: each for each in self.sides}

    def groups(self) -> None:
        """Refuse properties whose group neither exists nor is created by this plan."""
        there = {each.address.name for each in self._live(Section.GROUPS)}
        there |= {change.definition.name for change in self._changes(Section.GROUPS, Action.CREATE)}
        made = self._changes(Section.SCHEMA, Action.CREATE)
        there |= {made_group(change.object_type) for change in made}
        for change in [*self._changes(Section.PROPERTIES, Action.CREATE, Action.UPDATE)]:
            group = next((value.after for value in change.values if value.name == GROUP), None)
            if group is None or group in there:
                continue
            of = definition_address(change.object_type, Section.GROUPS, group)
            if of in self.unselected:
                lacking = NotMade(of.text, self.unselected[of])
                advice, needs = lacking.advice, lacking.to_add
            else:
                advice, needs = did_you_mean(group, there) or f"declare it: `groups: {{{group}: …}}`", None
            self._refuse(change, f"the portal has no property group {group}", advice, GROUP, needs)

    def groups_in_use(self) -> None:
        """Refuse removing groups that still have properties after the plan."""
        leaving = {change.definition for change in self._changes(Section.PROPERTIES, Action.ARCHIVE)}
        moving = {
            change.definition: value.after
            for change in self._changes(Section.PROPERTIES, Action.UPDATE)
            for value in change.values
            if value.name == GROUP
        }
        for change in [*self._changes(Section.GROUPS, Action.ARCHIVE)]:
            group = change.definition.name
            left = [
                each.address.name
                for each in self._live(Section.PROPERTIES)
                if moving.get(each.address, each.values.get(GROUP)) == group and each.address not in leaving
            ]
            if left:
                message = f"the group still has properties: {', '.join(sorted(left)[:3])}"
                self._refuse(change, message, "move them to another group with `groupName`, or remove them")

    def unique_properties(self) -> None:
        """Refuse new unique properties of a type beyond ``MOST_UNIQUE``.

        Properties that the plan archives count, too, because a run creates definitions before it removes any.
        """
        used = sum(
            each.values.get("hasUniqueValue") == "true" and not each.is_hubspot_defined
            for each in self._live(Section.PROPERTIES)
        )
        for change in [*self._changes(Section.PROPERTIES, Action.CREATE)]:
            if any((value.name, value.after) == ("hasUniqueValue", "true") for value in change.values):
                used += 1
                if used > MOST_UNIQUE:
                    message = (
                        f"a type has {MOST_UNIQUE} unique properties at most, and this property "
                        "would be one more"
                    )
                    advice = "remove another one in an earlier run: a run creates before it removes"
                    self._refuse(change, message, advice, "hasUniqueValue")

    def stages(self) -> None:
        """Refuse to leave a pipeline without stages, or a pipeline of tickets without a CLOSED stage."""
        for pipeline in self._pipelines():
            states = self._stages_after(pipeline)
            own = [change for change in self._stage_changes(pipeline) if change.action is Action.ARCHIVE]
            if not states and own:
                self._refuse(own[-1], "a pipeline needs at least one stage", "remove the whole pipeline")
            elif states and object_type(pipeline.object).keeps_closed_stage and "CLOSED" not in states:
                self._refuse_without_closed(pipeline)

    def _refuse_without_closed(self, pipeline: DefinitionAddress) -> None:
        """Refuse a new pipeline without a CLOSED stage, or the change that removes the last CLOSED stage."""
        message = f"a pipeline of {pipeline.object} needs at least one stage that is CLOSED"
        advice = "write `ticketState: CLOSED` in one of its stages"
        made = [
            each for each in self._changes(Section.PIPELINES, Action.CREATE) if each.definition == pipeline
        ]
        for change in made:
            self._refuse(change, message, advice)
        for stage in [*self._stages_of(pipeline)] if made else ():
            self.decisions[stage.address] = DefinitionDecision()  # report only the pipeline
        touching = [*self._stage_changes(pipeline)]
        opening = [each for each in touching if _opens(each)]
        if touching:
            self._refuse((opening or touching)[-1], message, advice)

    def _stages_after(self, pipeline: DefinitionAddress) -> list[str]:
        """Return the ``ticketState`` of each stage that the pipeline will have after the plan."""
        changes = {change.remote.id: change for change in self._stage_changes(pipeline)}
        states: list[str] = []
        own = self._live_id(pipeline)
        for each in self.live:
            if each.address.section is Section.STAGES and own is not None and each.parent_id == own:
                change = changes.pop(each.id, None)
                if change is None or change.action is not Action.ARCHIVE:
                    states.append(_state(change) or each.values.get("ticketState") or "OPEN")
        return [*states, *(_state(change) or "OPEN" for change in changes.values() if _is_new(change))]

    def _live_id(self, pipeline: DefinitionAddress) -> str | None:
        """Return HubSpot's id of a pipeline, also of one outside the selection; None if it is not live."""
        own = [each for each in self.sides if each.address == pipeline]
        of_stages = (each.pipeline for each in self._stages_of(pipeline) if each.pipeline)
        return next((own_id(each.found.id) for each in (*own, *of_stages) if each.found), None)

    def _stages_of(self, pipeline: DefinitionAddress) -> Iterable[DefinitionSides]:
        for each in self.sides:
            if each.address.section is Section.STAGES and each.address.names[0] == pipeline.name:
                yield each

    def _pipelines(self) -> Iterable[DefinitionAddress]:
        leaving = {change.definition for change in self._changes(Section.PIPELINES, Action.ARCHIVE)}
        stages = (each.address for each in self.sides if each.address.section is Section.STAGES)
        named = {definition_address(each.object, Section.PIPELINES, each.names[0]) for each in stages}
        return sorted(named - leaving)

    def _stage_changes(self, pipeline: DefinitionAddress) -> Iterable[Change]:
        for each in self._stages_of(pipeline):
            yield from self.decisions[each.address].changes

    def _changes(self, section: Section, *actions: Action) -> Iterable[Change]:
        for decision in self.decisions.values():
            for change in decision.changes:
                if change.definition.section is section and change.action in actions:
                    yield change

    def _live(self, section: Section) -> Iterable[LiveDefinition]:
        return (each for each in self.live if each.address.section is section and not each.is_archived)

    def _refuse(
        self, change: Change, message: str, advice: str, path: str | None = None, needs: str | None = None
    ) -> None:
        """Replace the changes of the definition of ``change`` by a problem."""
        address = next(address for address, decision in self.decisions.items() if change in decision.changes)
        wanted = self._by_address[address].wanted
        source = self.context.ref(wanted.place_of(path) if path else wanted.place)
        text = address.property_address(path) if path else address.text
        problem = Problem(message, advice, source, text, Severity.ERROR, needs=needs)
        earlier = self.decisions[address]
        self.decisions[address] = DefinitionDecision((), earlier.held, (*earlier.problems, problem))


def _state(change: Change | None) -> str | None:
    values = change.values if change else ()
    return next((value.after for value in values if value.name == "ticketState"), None)


def _opens(change: Change) -> bool:
    """Return whether a change makes a stage stop being CLOSED: it archives the stage, or reopens it."""
    return change.action is Action.ARCHIVE or (change.action is Action.UPDATE and _state(change) == "OPEN")


def _is_new(change: Change) -> bool:
    return change.action is Action.CREATE
