"""Adding the decisions about records to the findings of planning."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.facts import Fact
from reconciler.model.live import MissingReason, MissingRecord
from reconciler.model.owned import OwnedRecord
from reconciler.model.references import RecordIdentity
from reconciler.plan.associations.endpoints import Endpoint, Endpoints, Presence
from reconciler.plan.change import Action, Change, ValueChange
from reconciler.plan.findings import Findings
from reconciler.plan.kinds import Verb
from reconciler.plan.records.affected import archived_records, taken_records
from reconciler.plan.records.changes import (
    identity_of_record,
    is_record_archive,
    is_record_change,
    replaced_by,
)
from reconciler.plan.records.compare import RecordDecision
from reconciler.plan.records.identity import known_as_named
from reconciler.plan.records.prune import facts_of_gone
from reconciler.plan.records.unanswered import many_gone, unanswered_problem


def add_decision(findings: Findings, decision: RecordDecision) -> None:
    """Add the decision about one record; without a state, a record to adopt counts as a no-op."""
    if decision.gone is not None:
        findings.gone.append((decision.held[0], decision.gone))
        return
    findings.held.extend(decision.held)
    findings.problems.extend(decision.problems)
    change = decision.change
    if change is not None and change.action is Action.ADOPT and not findings.keeps_state:
        findings.no_op += not decision.held
    elif change is not None:
        findings.changes.append(change)
    elif decision.is_no_op:
        findings.no_op += 1


def settle_identities(findings: Findings) -> None:
    """Correct the changes of records that manifests name by a key which is not the key in state.

    A change that releases or replaces such a record is dropped; a change that archives it becomes a problem.
    Call this before the reasons for missing records are added, because adding them empties
    ``findings.gone``.
    """
    _keep_known_by_a_named_key(findings)
    changes = findings.changes
    if not (any(changes.of(Verb.RELEASE)) or any(changes.replacing())):
        return
    taken = taken_records(changes)
    replaced = taken | archived_records(changes)

    def settled(change: Change) -> Change | None:
        if not is_record_change(change):
            return change
        if change.action is Action.RELEASE and identity_of_record(change) in taken:
            return None
        lost = replaced_by(change)
        return replace(change, details=None) if lost and (change.object_type, lost) in replaced else change

    findings.replace(settled)


def _keep_known_by_a_named_key(findings: Findings) -> None:
    """Replace the change that archives a record by a problem, if a manifest line names the record.

    The line names it by its key in state, which HubSpot no longer has.
    """
    known = {(owned.key.object, owned.record_id): held for held, owned in findings.gone}

    def decided(change: Change) -> Change | None:
        if is_record_archive(change) and (named := known.get(identity_of_record(change))):
            findings.problems.append(known_as_named(change, named))
            return None
        return change

    if not known.keys().isdisjoint(archived_records(findings.changes) if known else ()):
        findings.replace(decided)


def rest_archives_on(findings: Findings, more: Mapping[RecordIdentity, Sequence[ValueChange]]) -> None:
    """Add ``more`` values, by record, to the values on which archives depend (``rests_on``)."""

    def resting(change: Change) -> Change:
        found = more.get(identity_of_record(change)) if is_record_archive(change) else None
        if not found:
            return change
        rests_on = sorted((*change.rests_on, *found), key=lambda value: value.name)
        return replace(change, rests_on=tuple(rests_on))

    if more:
        findings.replace(resting)


def explain_gone(
    findings: Findings,
    fates: Mapping[RecordId, MissingRecord],
    facts: Callable[[OwnedRecord, MissingRecord | None], tuple[Fact, ...]] = facts_of_gone,
    endpoints: Endpoints | None = None,
) -> None:
    """Report each gone record as held, with what happened to it; an unanswered one becomes a problem."""
    gone: dict[str, Counter[MissingReason]] = {}
    for held, owned in findings.gone:
        fate, key = fates.get(owned.record_id), held.key
        is_silent = fate is not None and fate.kind is MissingReason.UNANSWERED
        if is_silent and isinstance(key, RecordAddress):
            findings.population(key.object).unanswered += 1
            findings.problems.append(unanswered_problem(key, held.source))
            if endpoints:
                endpoints.correct(key, Endpoint(Presence.UNANSWERED))
            continue
        findings.held.append(replace(held, facts=facts(owned, fate)))
        if fate is not None and fate.kind is not MissingReason.REKEYED:
            gone.setdefault(held.key.object, Counter())[fate.kind] += 1
    findings.problems.extend(many_gone(gone))
    findings.gone.clear()
