"""Planning the rollback of the records of a run."""

from collections.abc import Callable, Iterable, Mapping

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.definitions import ObjectSchema
from reconciler.model.facts import Fact, FactKind
from reconciler.model.live import LiveRecord
from reconciler.model.owned import OwnedRecord
from reconciler.plan.change import Change, Reason
from reconciler.plan.findings import Findings
from reconciler.plan.plan import Held
from reconciler.plan.records.affected import moved_records
from reconciler.plan.records.decisions import add_decision
from reconciler.plan.records.display_names import decision_with_display_name
from reconciler.plan.records.rollback import AppliedChange, roll_back


def roll_back_records(
    findings: Findings,
    schema: ObjectSchema,
    applied: Iterable[AppliedChange],
    live: Mapping[RecordId, LiveRecord],
    known: Callable[[AppliedChange], OwnedRecord | None],
) -> None:
    """Roll back the changes of a run to records of one type, and add the results to ``findings``.

    ``live`` is by record id; ``known`` returns the present entry in state for a change.
    """
    population = findings.population(schema.name)
    for each in applied:
        owned = known(each)
        population.values += len(owned.sent) if owned else 0
        found = live.get(each.outcome.record_id)
        decision = roll_back(schema, each, found, owned)
        add_decision(findings, decision_with_display_name(decision, schema, found, owned))


def hold_taken_keys(findings: Findings, owned_by: Callable[[RecordAddress], OwnedRecord | None]) -> None:
    """Hold records whose former key cannot be restored, because another record has it in state now."""
    moves = moved_records(findings.changes)

    def decided(change: Change) -> Change | None:
        other = owned_by(change.record) if change.moved_from else None
        if other is None or (change.object_type, other.record_id) in moves:
            return change
        facts = (Fact(FactKind.OTHER_RECORD_NOW, other.record_id),)
        findings.held.append(Held(change.record, None, Reason.SUPERSEDED, None, None, None, facts))
        return None

    if moves:
        findings.replace(decided)
