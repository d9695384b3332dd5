"""Rolling back the definitions that a run changed, and the schema that its records get for going back."""

from dataclasses import dataclass, replace

from reconciler.apply.recovery.recovered_state import RecoveredState
from reconciler.hubspot.reader import PortalReader
from reconciler.model.addresses import DefinitionAddress, Section, definition_address
from reconciler.model.definitions import PortalSchema
from reconciler.model.selection import Selection
from reconciler.plan.change import Action, Change
from reconciler.plan.definitions.context import Holding
from reconciler.plan.definitions.planned_schema import schema_with
from reconciler.plan.definitions.rollback import (
    DefinitionUndo,
    Done,
    is_carried,
    merged,
    selected_changes,
    without_groups_in_use,
    written_by,
)
from reconciler.plan.findings import Findings
from reconciler.plan.plan import Held
from reconciler.plan.targeting import UnmatchedGlobs
from reconciler.reconcile.owned_definitions import LiveById, live_by_id


@dataclass(frozen=True, slots=True)
class RollingBackDefinitions:
    """The shared data of the steps."""

    reader: PortalReader
    portal: PortalSchema
    memory: RecoveredState
    findings: Findings
    done: Done  # all applied changes of the run

    def roll_back(self, selection: Selection, unmatched: UnmatchedGlobs) -> PortalSchema:
        """Take back the selected changes; return the portal as records will find it while they go back."""
        selected = list(selected_changes(self.done, selection, unmatched))
        addresses: dict[str, list[DefinitionAddress]] = {}
        for change, _ in selected:
            addresses.setdefault(change.object_type, []).append(change.definition)
        live = live_by_id(self.reader, self.portal, addresses) if addresses else {}
        changes: list[Change] = []
        for name in sorted(addresses):
            own = [(change, outcome) for change, outcome in selected if change.object_type == name]
            changes += self._roll_back_type(name, own, live[name])
        together = merged(changes)
        self.findings.add(together)
        returning = [each for each in together if each.action in {Action.CREATE, Action.UPDATE}]
        return schema_with(self.portal, live, returning)

    def _roll_back_type(self, name: str, done: Done, live: LiveById) -> list[Change]:
        schema = self.portal.objects.get(name)
        undo = DefinitionUndo(
            live,
            {each.record_id: each for each in self.memory.owned_definitions(name)},
            schema.pipeline_and_stage if schema else None,
        )
        holdings = {each for change, outcome in done for each in undo.holding_of(change, outcome)}
        undo = replace(undo, others={each: self._others(each) for each in sorted(holdings, key=str)})
        created = {change.definition for change, _ in done if change.action is Action.CREATE}
        changes: list[Change] = []
        for change, outcome in done:
            if is_carried(change) or (change.action is Action.UPDATE and change.definition in created):
                continue  # it goes with what the run made
            decision = undo.roll_back(change, outcome)
            changes += decision.changes
            self.findings.held.extend(decision.held)
        whole = definition_address(name, Section.SCHEMA)
        gone = [each for each in changes if each.definition == whole and each.action is Action.ARCHIVE]
        kept: list[Change] = []
        for each in without_groups_in_use(gone or changes, live.values()):  # a type takes everything with it
            if isinstance(each, Held):
                self.findings.held.append(each)
            else:
                kept.append(each)
        return kept

    def _others(self, holding: Holding) -> int:
        """Count the records that hold something which the run did not write."""
        schema = self.portal.objects.get(holding.object)
        if schema is None:
            return 0
        found = self.reader.find_holders(schema.path, holding.name or "hs_object_id", holding.value)
        return max(0, found.total - len(written_by(self.done, holding)))
