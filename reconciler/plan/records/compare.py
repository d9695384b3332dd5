"""Comparing one desired record with live and state: the result is a change, or a reason for none.

The cases:

- it must not exist (``$absent``): archive it, or release it if the portal no longer has it;
- the portal has it only under its old key (``$renamed_from``): update it, including its key;
- neither portal nor state has it: create it;
- state has it, but the portal does not: report that it is gone, and create it only if the user asks;
- the portal has it: compare value by value, even if its entry in state has another key. The entry then gets
  the key from the manifests.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import RecordAddress
from reconciler.model.desired_records import NO_DIRECTIVES, DesiredRecord, Ownership
from reconciler.model.facts import Fact, FactKind
from reconciler.model.live import LiveRecord
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.model.references import PropertyRef
from reconciler.plan.change import Action, Change, Owned, Reason, ValueChange
from reconciler.plan.drift.provenance import NOBODY_KNOWS, Edits
from reconciler.plan.owned_changes import adopt_thing, owned_of, release_thing
from reconciler.plan.plan import Held
from reconciler.plan.records.calls import BY_RECORD_ID, operation_to_create, operation_to_update
from reconciler.plan.records.changes import archive_record, create_record, update_record
from reconciler.plan.records.compare_values import ComparedValues, misfit_problem, with_former_key
from reconciler.plan.records.identity import (
    alias_warning,
    is_alias,
    is_made_canonical,
    is_spelled_otherwise,
    not_there,
)
from reconciler.plan.records.policy import Policy
from reconciler.plan.records.sides import RecordSides
from reconciler.plan.rests_on import archive_rests_on, key_rests_on
from reconciler.plan.values.pipeline_stages import misfit_of
from reconciler.plan.values.resolve import ResolvedValue, Resolver
from reconciler.sentences import sentence

_WEIGHT = (Reason.RENAMED, Reason.CONFLICT, Reason.DRIFT, Reason.CHANGED, Reason.ADOPT)
"""Reasons of value changes by weight: the first that occurs becomes the reason of the whole change."""


class RecordDecision(NamedTuple):
    """The result for one record: a change, held values, problems; all empty means no-op."""

    change: Change | None = None
    held: tuple[Held, ...] = ()
    problems: tuple[Problem, ...] = ()
    gone: OwnedRecord | None = None  # entry in state of a record that is not found any more
    edited: tuple[
        PropertyRef, ...
    ] = ()  # values that people changed, to be decided when the authors are known
    overwritten: tuple[
        PropertyRef, ...
    ] = ()  # values from before our ownership that are to be overwritten: reports show who set each value
    # for a record with problems: a change without the wrong values, for checks; it is never carried out
    faulty: Change | None = None

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems without the warnings."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)

    @property
    def is_no_op(self) -> bool:
        """Whether nothing is to be done or reported, except warnings."""
        return self.change is None and not self.held and not self.errors


IN_STEP = RecordDecision()
"""The result for a record whose texts are equal in manifest, portal and state."""


def compare_record(
    resolver: Resolver, parts: RecordSides, policy: Policy, edits: Edits = NOBODY_KNOWS
) -> RecordDecision:
    """Compare one record in the manifests with the portal; return its change, held differences and problems.

    The result is final only if ``edits`` has the authors of edited values.
    """
    decision = _decide_record(resolver, parts, policy, edits)
    change = decision.change or decision.faulty
    if resolver.schema.is_read_only and change is not None and change.is_remote:
        decision = RecordDecision(problems=(*decision.problems, only_read(change)))
    if parts.live is None or not is_alias(resolver, parts.record, parts.live):
        return decision
    if _is_renamed(resolver, parts, parts.live):
        return decision
    return decision._replace(problems=(*decision.problems, alias_warning(resolver, parts.record, parts.live)))


def _decide_record(resolver: Resolver, parts: RecordSides, policy: Policy, edits: Edits) -> RecordDecision:
    if parts.record.special.is_absent:
        return _unwanted(resolver, parts)
    if parts.live is not None and parts.old_live is not None and parts.old_live.id != parts.live.id:
        problems = [_two_names(resolver, parts)]
        resolver.resolve(parts.record, parts.live, problems)
        return RecordDecision(problems=tuple(problems))
    if parts.live is None and parts.old_live is not None:
        if parts.record.special.is_partial:
            return _let_be(resolver, parts, Reason.RENAMED)
        return _present(resolver, parts, parts.old_live, policy, edits)
    if parts.live is not None:
        return _present(resolver, parts, parts.live, policy, edits)
    known = parts.missing
    if known is not None and not policy.recreates(parts.record):
        return _gone(resolver, parts, known)
    if parts.record.special.is_partial:
        return _let_be(resolver, parts, Reason.MISSING)
    return _missing(resolver, parts)


def only_read(change: Change) -> Problem:
    """Report that HubSpot's API has no call that writes records of the type."""
    what = {Action.CREATE: "create", Action.UPDATE: "change", Action.ARCHIVE: "archive"}[change.action]
    message = f"HubSpot's API can read {change.object_type}, but it cannot {what} them"
    advice = "remove the record, or write `ownership: {PROPERTY: observe}` so that plans show differences"
    return Problem(message, advice, change.source, change.record.text)


def _unwanted(resolver: Resolver, parts: RecordSides) -> RecordDecision:
    record, live, owned = parts.record, parts.live, parts.owned
    key, source = record.address, resolver.files.ref(record.place)
    if live is None:
        return RecordDecision(release_thing(owned, Reason.ABSENT, source) if owned else None)
    owned = parts.same or owned
    if owned is not None and owned.is_protected:
        advice = "lift the protection first: apply `$protect: false` in a run of its own"
        message = sentence("{record} is protected and cannot be archived", record=key.display)
        problem = Problem(message, advice, source, key.text)
        return RecordDecision(problems=(problem,))
    rests_on = archive_rests_on(resolver.schema, key.by, live, parts.same)
    was_owned = owned_of(parts.same) if parts.same else None
    return RecordDecision(
        archive_record(key, live.id, Reason.ABSENT, source, owned_before=was_owned, rests_on=rests_on)
    )


def _two_names(resolver: Resolver, parts: RecordSides) -> Problem:
    key = parts.record.address
    return Problem(
        "the portal has a record with this key and another one with the key in `$renamed_from`, so no record "
        "was renamed",
        "remove `$renamed_from`, or archive one of the two",
        resolver.files.ref(parts.record.place),
        key.text,
    )


def _gone(resolver: Resolver, parts: RecordSides, known: OwnedRecord) -> RecordDecision:
    source = resolver.files.ref(parts.record.place)
    held = Held(parts.record.address, None, Reason.GONE, None, None, source)
    if known is parts.lost:
        known = replace(known, key=parts.record.address)  # report it under its key in the manifests
    return RecordDecision(held=(held,), gone=known)


def _let_be(resolver: Resolver, parts: RecordSides, reason: Reason) -> RecordDecision:
    """Hold a record that must be created or renamed, but of which ``--target`` selects only properties."""
    key = parts.record.address
    source = resolver.files.ref(parts.record.place)
    held = Held(key, None, reason, None, None, source, (Fact(FactKind.WHOLE_RECORD_ONLY),))
    return RecordDecision(held=(held,))


def _missing(resolver: Resolver, parts: RecordSides) -> RecordDecision:
    record = parts.record
    source = resolver.files.ref(record.place)
    problems: list[Problem] = []
    values = resolver.resolve(record, None, problems)
    obstacle = not_there(record, source)
    if obstacle:
        problems.append(obstacle)
    else:
        found_wrong = (resolver.impossible_key(record), resolver.missing_required(record))
        problems += (problem for problem in found_wrong if problem)
    lost = parts.missing
    reason = Reason.RECREATED if lost else Reason.MISSING
    first = tuple(
        _first(resolver, value, reason if value.ownership is Ownership.ENFORCE else Reason.INITIAL)
        for value in values
        if value.text is not None and value.ownership is not Ownership.OBSERVE
    )
    written = {value.name: value.after for value in first}
    if _has_clear_stage(resolver, record, values) and (found := misfit_of(resolver.schema, {}, written)):
        value = next(value for value in first if value.name == found.name)
        problems.append(misfit_problem(record, found, value, is_left=False))
    created = create_record(
        key=record.address,
        values=first,
        reason=reason,
        operation=operation_to_create(resolver.schema, record.document),
        source=source,
        is_protected=_is_protected(record, lost),
        replaces=lost.record_id if lost else None,
        remembered=tuple(
            _first(resolver, value, Reason.IN_STEP)
            for value in values
            if value.text is None and value.ownership is Ownership.ENFORCE
        ),
    )
    if _has_errors(problems):
        return RecordDecision(problems=tuple(problems), faulty=None if obstacle else created)
    return RecordDecision(created, problems=tuple(problems))


def _has_clear_stage(resolver: Resolver, record: DesiredRecord, values: Iterable[ResolvedValue]) -> bool:
    """Return whether pipeline and stage of ``record`` have no problem of their own."""
    named = set(resolver.schema.pipeline_and_stage or ()).intersection(record.names)
    return named <= {value.definition.name for value in values}


def _present(
    resolver: Resolver, parts: RecordSides, live: LiveRecord, policy: Policy, edits: Edits
) -> RecordDecision:
    if _is_spelled_alike(resolver, parts, live, policy):
        return IN_STEP
    same = parts.same
    known = [same] if same else [parts.owned, parts.old_owned]
    protects = _is_protected(parts.record, *known)
    # the entry in state under the key may be about another record; such an entry is left out
    parts = parts._replace(owned=same and with_former_key(same, parts.record))
    problems: list[Problem] = []
    values = resolver.resolve(parts.record, live, problems)
    is_renamed = _is_renamed(resolver, parts, live)
    compared = ComparedValues(resolver, parts, live)
    for value in values:
        compared.decide(value, policy, edits)
    if _has_clear_stage(resolver, parts.record, values) and (misfit := compared.misfit(policy)):
        problems.append(misfit)
    if policy.forgets_unmanaged:
        compared.let_go()
    compared.keep_former_key()
    if is_renamed:
        if impossible := resolver.impossible_key(parts.record):
            problems.append(impossible)
        compared.written.append(_new_key(resolver, parts.record, live))
        compared.written.sort(key=lambda value: value.name)
    change = _change_of(resolver, parts, live, compared, protects=protects)
    if _has_errors(problems):
        return RecordDecision(problems=tuple(problems), edited=tuple(compared.edited), faulty=change)
    return RecordDecision(
        change,
        tuple(compared.held),
        tuple(problems),
        edited=tuple(compared.edited),
        overwritten=tuple(compared.overwritten),
    )


def _is_renamed(resolver: Resolver, parts: RecordSides, live: LiveRecord) -> bool:
    """Return whether ``live`` has the old key of the desired record, and must get the new one.

    HubSpot may find one record by both keys, if they are two e-mail addresses of a contact, or two spellings.
    """
    if parts.old_live is None or parts.old_live.id != live.id:
        return False
    is_whole = not parts.record.special.is_partial
    return parts.live is None or (
        is_whole
        and (is_alias(resolver, parts.record, live) or is_made_canonical(resolver, parts.record, live))
    )


def _is_spelled_alike(resolver: Resolver, parts: RecordSides, live: LiveRecord, policy: Policy) -> bool:
    """Return whether the texts in manifest, portal and state are equal, so that comparing can be skipped.

    This is true for most records in most plans, and this check takes a twentieth of the time of a comparison.
    Some values always need the full comparison: references, whose targets may no longer exist, null, which
    may not be allowed, and numbers with decimal commas.
    """
    record, owned = parts.record, parts.owned
    return (
        owned is not None
        and owned.record_id == live.id
        and not owned.answered
        and record.special is NO_DIRECTIVES
        and tuple(map(live.properties.get, record.names)) == record.values
        and tuple(map(owned.sent.get, record.names)) == record.values
        and not (policy.forgets_unmanaged and _may_forget(record, owned))
        and None not in record.values
        and resolver.references.isdisjoint(record.names)
        and not (_has_commas(record) and not resolver.numbers.isdisjoint(record.names))
    )


def _has_commas(record: DesiredRecord) -> bool:
    form = record.document.table
    return form is not None and form.has_commas


def _may_forget(record: DesiredRecord, owned: OwnedRecord) -> bool:
    """Return whether state may have a value of ``record`` that no manifest line enforces."""
    return len(owned.sent) != len(record.names) or not record.document.ownership.keys().isdisjoint(
        record.names
    )


def _change_of(
    resolver: Resolver, parts: RecordSides, live: LiveRecord, values: ComparedValues, *, protects: bool
) -> Change | None:
    record, owned = parts.record, parts.owned
    key = record.address
    source = resolver.files.ref(record.place)
    origin = owned.origin if owned else Origin.CREATED if parts.is_made_by_us else Origin.ADOPTED
    afterwards = Owned(origin, protects)
    remembered, forgotten = tuple(values.remembered), tuple(values.forgotten)
    is_renamed = _is_renamed(resolver, parts, live)
    former = owned.key if owned and owned.key != key else _former_key(record) if is_renamed else None
    rests_on = key_rests_on(key.by, live)
    if values.written:
        by_document = operation_to_update(resolver.schema, record.document)
        return update_record(
            key=key,
            record_id=live.id,
            values=tuple(values.written),
            remembered=remembered,
            forgotten=forgotten,
            reason=_weightiest(values.written) if owned or is_renamed else Reason.ADOPT,
            operation=BY_RECORD_ID if is_renamed or is_spelled_otherwise(record, live) else by_document,
            source=source,
            owned=afterwards,
            moved_from=former,
            rests_on=() if is_renamed else rests_on,
        )
    if owned is None:
        return adopt_thing(
            key, live.id, Reason.ADOPT, source, afterwards, remembered=remembered, rests_on=rests_on
        )
    if remembered or forgotten or former or owned.is_protected is not protects:
        is_forgotten = bool(forgotten) and not remembered
        return adopt_thing(
            address=key,
            thing_id=live.id,
            reason=Reason.RENAMED if former else Reason.UNMANAGED if is_forgotten else Reason.IN_STEP,
            source=source,
            owned=afterwards,
            remembered=remembered,
            forgotten=forgotten,
            rests_on=rests_on,
            moved_from=former,
        )
    return None


def _is_protected(record: DesiredRecord, *owned: OwnedRecord | None) -> bool:
    """Return whether the record is protected; protection stays until it is changed explicitly."""
    if record.special.protect is not None:
        return record.special.protect
    return any(known is not None and known.is_protected for known in owned)


def _former_key(record: DesiredRecord) -> RecordAddress | None:
    """Return the previous key from the manifest."""
    old = record.special.renamed_from
    return replace(record.address, value=old) if old else None


def _new_key(resolver: Resolver, record: DesiredRecord, live: LiveRecord) -> ValueChange:
    by, source = record.document.key, resolver.files.ref(record.place)
    return ValueChange(by, live.properties.get(by), record.key, Reason.RENAMED, source)


def _first(resolver: Resolver, value: ResolvedValue, reason: Reason) -> ValueChange:
    """Build the change that gives a property of a new record its value."""
    return ValueChange(value.definition.name, None, value.text, reason, resolver.files.ref(value.place))


def _weightiest(values: Iterable[ValueChange]) -> Reason:
    reasons = {value.reason for value in values}
    return next(reason for reason in _WEIGHT if reason in reasons)


def _has_errors(problems: Iterable[Problem]) -> bool:
    return any(problem.severity is Severity.ERROR for problem in problems)
