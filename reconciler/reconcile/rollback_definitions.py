"""Rolling back the definitions of a run: reading live definitions, and counting records with values.

Definitions are restored before the records that need them, and removed after everything else.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.apply.recovery.recovered_state import RecoveredState
from reconciler.hubspot.reader import PortalReader
from reconciler.model.addresses import DefinitionAddress, Section, definition_address
from reconciler.model.definitions import PortalSchema
from reconciler.model.labels import Label
from reconciler.model.object_references import Direction
from reconciler.plan.change import Change
from reconciler.plan.definitions.context import DefinitionDecision, Holding
from reconciler.plan.definitions.held_values import records_leaving
from reconciler.plan.definitions.planned_schema import schema_with
from reconciler.plan.definitions.rollback import DefinitionsNow, roll_back_definitions
from reconciler.plan.definitions.rollback_created import (
    Uses,
    holdings_of_created,
    labels_that_stay,
    remove_created,
)
from reconciler.plan.definitions.run_effects import RunEffect
from reconciler.plan.findings import Findings
from reconciler.plan.kinds import Verb
from reconciler.reconcile.owned_definitions import live_by_id


@dataclass(slots=True)
class DefinitionsRollback:
    """Plans the rollback of definitions in two steps: one before records, one after them."""

    reader: PortalReader
    portal: PortalSchema
    memory: RecoveredState
    findings: Findings
    effects: Mapping[str, Sequence[RunEffect]]  # by object type
    _now: dict[str, DefinitionsNow] = field(default_factory=dict)
    _restored: dict[str, Sequence[Change]] = field(default_factory=dict)

    def restore(self, recent: Mapping[DefinitionAddress, Change]) -> PortalSchema:
        """Plan to restore definitions; return the portal's schema after that, for planning records."""
        self._read(recent)
        for name, of_type in sorted(self.effects.items()):
            decisions = roll_back_definitions(of_type, self._now[name]).values()
            changes = [change for each in decisions for change in each.changes]
            self._restored[name] = changes
            for each in decisions:
                self._add(each)
        live = {name: now.live for name, now in self._now.items()}
        back = (each for changes in self._restored.values() for each in changes)
        return schema_with(self.portal, live, (each for each in back if each.is_remote))

    def remove_created(self) -> None:
        """Plan to remove definitions that the run created, if nothing uses them after this plan."""
        for name, of_type in sorted(self.effects.items()):
            now, schema = self._now[name], self.portal.objects.get(name)
            stage_names = schema.pipeline_and_stage if schema else None
            holdings = sorted(set(holdings_of_created(of_type, now, stage_names)), key=str)
            uses = Uses(
                stage_names=stage_names,
                records=self._staying(name, holdings),
                labels=self._labels(of_type),
                changes=self._restored[name],
            )
            for decision in remove_created(of_type, now, uses):
                self._add(decision)

    def _add(self, decision: DefinitionDecision) -> None:
        self.findings.add((*decision.changes, *decision.held))
        self.findings.problems.extend(decision.problems)

    def _read(self, recent: Mapping[DefinitionAddress, Change]) -> None:
        addresses = {name: [*_addresses(of_type)] for name, of_type in self.effects.items()}
        live = live_by_id(self.reader, self.portal, addresses) if addresses else {}
        for name in self.effects:
            owned = {each.record_id: each for each in self.memory.owned_definitions(name)}
            self._now[name] = DefinitionsNow(live[name], owned, recent)

    def _staying(self, name: str, holdings: Sequence[Holding]) -> Mapping[Holding, int]:
        """Count the records that still have each value after this plan; search results may be out of date."""
        schema = self.portal.objects.get(name)
        if schema is None or not holdings:
            return {}
        leaving = records_leaving(self.findings.changes.of(Verb.UPDATE, Verb.ARCHIVE), schema)
        staying: dict[Holding, int] = {}
        for each in holdings:
            found = self.reader.searches.find_holders(schema.path, each.name or "hs_object_id", each.value)
            staying[each] = max(0, found.total - leaving.get(each, 0))
        return staying

    def _labels(self, effects: Sequence[RunEffect]) -> Mapping[Label, int]:
        """Count, by label, the owned associations that still exist after this plan."""
        directions = {
            Direction(effect.object, effect.address.names[0])
            for effect in effects
            if effect.section is Section.LABELS and effect.created
        }
        if not directions:
            return {}
        pairs = (pair for direction in directions for pair in self.memory.pairs(*direction))
        return labels_that_stay(pairs, self.findings.changes.of(Verb.DISSOCIATE, Verb.ARCHIVE))


def _addresses(effects: Sequence[RunEffect]) -> Iterator[DefinitionAddress]:
    """Return one or more addresses in each section that must be read.

    If the run created an object type, the section of its properties must be read, too.
    """
    for effect in effects:
        yield effect.address
        if effect.section is Section.SCHEMA and effect.created:
            yield definition_address(effect.object, Section.PROPERTIES, "")
