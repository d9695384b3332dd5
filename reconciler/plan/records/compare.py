"""Comparing one desired record with live and state: the result is a change, or a reason for none.

The cases:

- it must not exist (``$absent``): archive it, or release it if it is gone already;
- the portal has only its old key (``$renamed_from``): update it, with its key;
- neither portal nor state know it: create it;
- state knows it, but the portal does not: it is gone; report it, and create it only on request;
- the portal has it: compare value by value. The entry in state counts under any key: it follows its record to
  the key in the manifests.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import RecordAddress
from reconciler.model.desired import NO_DIRECTIVES, DesiredRecord, Drift, Ownership
from reconciler.model.facts import Fact, FactKind
from reconciler.model.live import LiveRecord
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.model.property_history import Spot, ValueVersion
from reconciler.model.selection import Glob, means, renamed
from reconciler.plan.change import Action, Change, Owned, Reason, ValueChange
from reconciler.plan.drift.provenance import NOBODY_KNOWS, Edits
from reconciler.plan.plan import Held
from reconciler.plan.records.calls import BY_RECORD_ID, operation_to_create, operation_to_update
from reconciler.plan.records.changes import (
    adopt_record,
    archive_record,
    create_record,
    owned_of,
    release_record,
    update_record,
)
from reconciler.plan.records.identity import alias_warning, is_alias, not_there
from reconciler.plan.records.three_way import three_way
from reconciler.plan.rests_on import archive_rests_on, update_rests_on
from reconciler.plan.values.pipeline_stages import Misfit, misfit_of
from reconciler.plan.values.resolve import ResolvedValue, Resolver
from reconciler.sentences import sentence

_WEIGHT = (Reason.RENAMED, Reason.CONFLICT, Reason.DRIFT, Reason.CHANGED, Reason.ADOPT)
"""Reasons of values, in the order in which one names the whole record."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Settings for conflicts between people and manifests."""

    drift: Drift
    # written although drift is held; contested values only by their exact address
    take: tuple[Glob, ...] = ()
    recreate: tuple[Glob, ...] = ()  # created again although they are gone
    forgets_unmanaged: bool = (
        True  # state forgets values that no line enforces, unless only some lines are planned
    )

    def drift_of(self, record: DesiredRecord, name: str) -> Drift:
        """Return the drift setting of one property."""
        if self.drift is Drift.REVERT or not self.take:
            return self.drift
        return Drift.REVERT if means(self.take, record.address, name) else self.drift

    def insists(self, record: DesiredRecord, name: str) -> bool:
        """Return whether the user named this exact property to overwrite an automation."""
        return any(glob.is_exactly(record.address, name) for glob in self.take)

    def recreates(self, record: DesiredRecord) -> bool:
        """Return whether to create the record again."""
        return not record.special.is_partial and means(self.recreate, record.address)

    def renamed(self, names: Mapping[str, str]) -> "Policy":
        """Return the policy with object types replaced by their ``names`` in the portal."""
        take, recreate = renamed(self.take, names), renamed(self.recreate, names)
        return replace(self, take=take, recreate=recreate)


class RecordSides(NamedTuple):
    """A desired record, with portal and state under its key and under its old key."""

    record: DesiredRecord
    live: LiveRecord | None
    owned: OwnedRecord | None
    old_live: LiveRecord | None = None
    old_owned: OwnedRecord | None = None
    moved: OwnedRecord | None = None  # entry in state of the live record under any other key
    is_made_by_us: bool = False  # the journal says that we created the live record

    @property
    def found(self) -> LiveRecord | None:
        """The live record, under its key or its old one."""
        return self.live or self.old_live

    @property
    def same(self) -> OwnedRecord | None:
        """The entry in state of the live record, under any key."""
        live = self.found
        known = (self.owned, self.old_owned, self.moved)
        return next((entry for entry in known if entry and live and entry.record_id == live.id), None)


class RecordDecision(NamedTuple):
    """The result for one record: a change, held values, problems; all empty means no-op."""

    change: Change | None = None
    held: tuple[Held, ...] = ()
    problems: tuple[Problem, ...] = ()
    gone: OwnedRecord | None = None  # entry in state of a record that the portal does not find any more
    edited: tuple[Spot, ...] = ()  # values that people changed: their authors decide what happens to them
    overwritten: tuple[Spot, ...] = ()  # values from before us that are lost: their authors are only shown

    @property
    def is_no_op(self) -> bool:
        """Whether everything is in step; there may be warnings."""
        return self.change is None and not self.held and not _has_errors(self.problems)


def compare_record(
    resolver: Resolver, parts: RecordSides, policy: Policy, edits: Edits = NOBODY_KNOWS
) -> RecordDecision:
    """Decide about one record; finally once ``edits`` has the authors of ``edited`` values."""
    decision = _decide_record(resolver, parts, policy, edits)
    if resolver.schema.is_read_only and decision.change is not None and decision.change.is_remote:
        decision = RecordDecision(problems=(*decision.problems, only_read(decision.change)))
    if parts.live is None or not is_alias(resolver, parts.record, parts.live):
        return decision
    return decision._replace(problems=(*decision.problems, alias_warning(resolver, parts.record, parts.live)))


def _decide_record(resolver: Resolver, parts: RecordSides, policy: Policy, edits: Edits) -> RecordDecision:
    if parts.record.special.is_absent:
        return _unwanted(resolver, parts)
    if parts.live is not None and parts.old_live is not None and parts.old_live.id != parts.live.id:
        return RecordDecision(problems=(_two_names(resolver, parts),))
    if parts.live is None and parts.old_live is not None:
        if parts.record.special.is_partial:
            return _let_be(resolver, parts, Reason.RENAMED)
        return _present(resolver, parts, parts.old_live, policy, edits)
    if parts.live is not None:
        return _present(resolver, parts, parts.live, policy, edits)
    known = parts.owned or parts.old_owned
    if known is not None and not policy.recreates(parts.record):
        return _gone(resolver, parts, known)
    if parts.record.special.is_partial:
        return _let_be(resolver, parts, Reason.MISSING)
    return _missing(resolver, parts)


def only_read(change: Change) -> Problem:
    """Report that HubSpot's API has no call that writes records of the type."""
    what = {Action.CREATE: "creates", Action.UPDATE: "changes", Action.ARCHIVE: "archives"}[change.action]
    message = f"HubSpot's API only reads {change.object_type}, and never {what} them"
    advice = "remove the record, or say `ownership: {PROPERTY: observe}` to be told of differences"
    return Problem(message, advice, change.source, change.record.text)


def _unwanted(resolver: Resolver, parts: RecordSides) -> RecordDecision:
    record, live, owned = parts.record, parts.live, parts.owned
    key, source = record.address, resolver.files.ref(record.place)
    if live is None:
        return RecordDecision(release_record(owned, Reason.ABSENT, source) if owned else None)
    owned = parts.same or owned
    if owned is not None and owned.is_protected:
        advice = "lift the protection first: `$protect: false`, applied in a run before this one"
        message = sentence("{record} is protected and cannot be archived", record=key.display)
        problem = Problem(message, advice, source, key.text)
        return RecordDecision(problems=(problem,))
    rests_on = archive_rests_on(resolver.schema, key.by, live, parts.same)
    was_owned = owned_of(owned) if owned else None
    return RecordDecision(
        archive_record(key, live.id, Reason.ABSENT, source, owned_before=was_owned, rests_on=rests_on)
    )


def _two_names(resolver: Resolver, parts: RecordSides) -> Problem:
    key = parts.record.address
    return Problem(
        "the portal has this key and the one of `$renamed_from`: they are two records, none was renamed",
        "remove `$renamed_from`, or archive one of the two",
        resolver.files.ref(parts.record.place),
        key.text,
    )


def _gone(resolver: Resolver, parts: RecordSides, known: OwnedRecord) -> RecordDecision:
    source = resolver.files.ref(parts.record.place)
    held = Held(parts.record.address, None, Reason.GONE, None, None, source)
    return RecordDecision(held=(held,), gone=known)


def _let_be(resolver: Resolver, parts: RecordSides, reason: Reason) -> RecordDecision:
    """Hold targeted properties whose write would create or rename the record."""
    key = parts.record.address
    source = resolver.files.ref(parts.record.place)
    held = Held(key, None, reason, None, None, source, (Fact(FactKind.WHOLE_RECORD_ONLY),))
    return RecordDecision(held=(held,))


def _missing(resolver: Resolver, parts: RecordSides) -> RecordDecision:
    record = parts.record
    source = resolver.files.ref(record.place)
    problems: list[Problem] = []
    values = resolver.resolve(record, None, problems)
    if obstacle := not_there(record, source):
        problems.append(obstacle)
    else:
        found_wrong = (resolver.impossible_key(record), resolver.missing_required(record))
        problems += (problem for problem in found_wrong if problem)
    lost = parts.owned or parts.old_owned
    reason = Reason.RECREATED if lost else Reason.MISSING
    first = tuple(
        _first(resolver, value, reason if value.ownership is Ownership.ENFORCE else Reason.INITIAL)
        for value in values
        if value.text is not None and value.ownership is not Ownership.OBSERVE
    )
    if found := misfit_of(resolver.schema, {}, {value.name: value.after for value in first}):
        value = next(value for value in first if value.name == found.name)
        problems.append(_misfit_problem(record, found, value, is_left=False))
    if _has_errors(problems):
        return RecordDecision(problems=tuple(problems))
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
    return RecordDecision(created, problems=tuple(problems))


def _present(
    resolver: Resolver, parts: RecordSides, live: LiveRecord, policy: Policy, edits: Edits
) -> RecordDecision:
    if _is_spelled_alike(resolver, parts, live, policy):
        return RecordDecision()
    same = parts.same
    known = [same] if same else [parts.owned, parts.old_owned]
    protects = _is_protected(parts.record, *known)
    parts = parts._replace(owned=same)  # another record of ours may have had this key before
    problems: list[Problem] = []
    values = resolver.resolve(parts.record, live, problems)
    if _has_errors(problems):
        return RecordDecision(problems=tuple(problems))
    is_renamed = live is parts.old_live
    sorted_out = _Values(resolver, parts, live)
    for value in values:
        sorted_out.decide(value, policy, edits)
    if misfit := sorted_out.misfit(policy):
        return RecordDecision(problems=(*problems, misfit), edited=tuple(sorted_out.edited))
    if policy.forgets_unmanaged:
        sorted_out.let_go()
    if is_renamed:
        if impossible := resolver.impossible_key(parts.record):
            return RecordDecision(problems=(*problems, impossible), edited=tuple(sorted_out.edited))
        sorted_out.written.append(_new_key(resolver, parts.record, live))
        sorted_out.written.sort(key=lambda value: value.name)
    change = _change_of(resolver, parts, live, sorted_out, protects=protects)
    return RecordDecision(
        change,
        tuple(sorted_out.held),
        tuple(problems),
        edited=tuple(sorted_out.edited),
        overwritten=tuple(sorted_out.overwritten),
    )


def _is_spelled_alike(resolver: Resolver, parts: RecordSides, live: LiveRecord, policy: Policy) -> bool:
    """Return whether manifest, portal and state are literally equal, so that nothing is to compare.

    That holds for most records of most plans, and takes a twentieth of the time. References need the full
    comparison, which warns about those that lead nowhere, and so does null, which may not be allowed.
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
    )


def _may_forget(record: DesiredRecord, owned: OwnedRecord) -> bool:
    """Return whether state may know a value of ``record`` that no line enforces."""
    return len(owned.sent) != len(record.names) or not record.document.ownership.keys().isdisjoint(
        record.names
    )


@dataclass(slots=True)
class _Values:
    """The combined verdicts on a record's values."""

    resolver: Resolver
    parts: RecordSides
    live: LiveRecord
    written: list[ValueChange] = field(default_factory=list)
    remembered: list[ValueChange] = field(default_factory=list)
    forgotten: list[ValueChange] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    edited: list[Spot] = field(default_factory=list)
    overwritten: list[Spot] = field(default_factory=list)

    def decide(self, value: ResolvedValue, policy: Policy, edits: Edits) -> None:
        """Add the result for one value."""
        if value.ownership is Ownership.INITIAL:
            return  # people decide about it from the creation of the record on
        record, owned, name = self.parts.record, self.parts.owned, value.definition.name
        text = self.live.properties.get(name)
        verdict = three_way(value.definition, text, value.text, owned, policy.drift_of(record, name))
        reason = verdict.reason
        if value.ownership is Ownership.OBSERVE:
            if reason is not Reason.IN_STEP:
                self._hold(value, Reason.OBSERVED)
        elif verdict.is_learned:
            self.remembered.append(self.change(value, reason))
        elif owned is not None and reason in {Reason.DRIFT, Reason.CONFLICT}:
            spot = self._spot(name)
            edit = edits.edit(spot, value.definition.kind, owned.expected_live(name), text)
            self.edited.append(spot)
            if reason is Reason.DRIFT and edit.is_contested and not policy.insists(record, name):
                self._hold(value, Reason.CONTESTED, edit.by, Fact(FactKind.CONTESTED, count=edit.rounds))
            elif verdict.is_written:
                self.written.append(self.change(value, reason, edit.by))
            else:
                self._hold(value, reason, edit.by)
        elif verdict.is_written:
            edited = self._overwritten(value, text, edits) if reason is Reason.ADOPT else None
            self.written.append(self.change(value, reason, edited))
        elif reason is not Reason.IN_STEP:
            self._hold(value, reason)

    def misfit(self, policy: Policy) -> Problem | None:
        """Report if pipeline and stage will not fit; hold one of them if the other one is held.

        A user who takes only one of them has to decide about the other one too.
        """
        schema, record = self.resolver.schema, self.parts.record
        found = misfit_of(schema, self.live.properties, {value.name: value.after for value in self.written})
        if found is None:
            return None
        other = next((held for held in self.held if held.name == found.other), None)
        is_left = other is not None and other.reason is not Reason.OBSERVED
        value = next(value for value in self.written if value.name == found.name)
        if other is None or not is_left or means(policy.take, record.address, found.name):
            return _misfit_problem(record, found, value, is_left=is_left)
        self.written.remove(value)
        live, source = value.before, value.source
        self.held.append(
            Held(
                record.address,
                value.name,
                other.reason,
                live,
                value.after,
                source,
                (Fact(FactKind.GOES_WITH, names=(found.other,)),),
                None,
                other.changed,
            )
        )
        return None

    def let_go(self) -> None:
        """Let state forget values that no line enforces any more; people may change them."""
        record, owned = self.parts.record, self.parts.owned
        if owned is None:
            return
        enforced = {name for name in record.names if record.document.ownership_of(name) is Ownership.ENFORCE}
        source = self.resolver.files.ref(record.place)
        for name in owned.sent.keys() - enforced:
            known = owned.expected_live(name), owned.sent[name]
            self.forgotten.append(ValueChange(name, *known, Reason.UNMANAGED, source))
        self.forgotten.sort(key=lambda value: value.name)

    def change(
        self, value: ResolvedValue, reason: Reason, changed: ValueVersion | None = None
    ) -> ValueChange:
        """Build a value change that is written or learned."""
        name, place = value.definition.name, self.resolver.files.ref(value.place)
        return ValueChange(name, self.live.properties.get(name), value.text, reason, place, changed)

    def _overwritten(self, value: ResolvedValue, live: str | None, edits: Edits) -> ValueVersion | None:
        """Note a value from before us that is lost; return whose edit it is, if that is known yet."""
        if live is None:
            return None
        spot = self._spot(value.definition.name)
        self.overwritten.append(spot)
        return edits.edit(spot, value.definition.kind, None, live).by

    def _spot(self, name: str) -> Spot:
        return self.parts.record.document.object, self.live.id, name

    def _hold(
        self, value: ResolvedValue, why: Reason, changed: ValueVersion | None = None, *facts: Fact
    ) -> None:
        name, place = value.definition.name, self.resolver.files.ref(value.place)
        live = self.live.properties.get(name)
        self.held.append(
            Held(self.parts.record.address, name, why, live, value.text, place, facts, changed=changed)
        )


def _misfit_problem(record: DesiredRecord, found: Misfit, value: ValueChange, *, is_left: bool) -> Problem:
    """Report a misfit; ``is_left``: the other property is named, and people's value stays."""
    key, other = record.address, found.other
    advice: str
    if found.is_both:
        advice = f"correct one of {found.name} and {other}"
    elif record.special.is_partial:
        advice = sentence("--target {record} takes the whole record", record=key.display)
    elif is_left:
        advice = sentence("--take {property} takes the other one too", property=key.property_sentence(other))
    elif other in record.names:
        advice = f"`ownership` leaves {other} as it is: give {found.name} the same ownership, or enforce both"
    else:
        advice = f"set {other} in the same record"
    return Problem(found.message, advice, value.source, key.property_address(found.name))


def _change_of(
    resolver: Resolver, parts: RecordSides, live: LiveRecord, values: _Values, *, protects: bool
) -> Change | None:
    record, owned = parts.record, parts.owned
    key = record.address
    source = resolver.files.ref(record.place)
    origin = owned.origin if owned else Origin.CREATED if parts.is_made_by_us else Origin.ADOPTED
    afterwards = Owned(origin, protects)
    remembered, forgotten = tuple(values.remembered), tuple(values.forgotten)
    is_renamed = live is parts.old_live
    former = owned.key if owned and owned.key != key else _former_key(record) if is_renamed else None
    if values.written:
        by_document = operation_to_update(resolver.schema, record.document)
        return update_record(
            key=key,
            record_id=live.id,
            values=tuple(values.written),
            remembered=remembered,
            forgotten=forgotten,
            reason=_weightiest(values.written) if owned or is_renamed else Reason.ADOPT,
            operation=BY_RECORD_ID if is_renamed or is_alias(resolver, record, live) else by_document,
            source=source,
            owned=afterwards,
            moved_from=former,
            rests_on=() if is_renamed else update_rests_on(key.by, live),
        )
    if owned is None:
        return adopt_record(key, live.id, Reason.ADOPT, source, afterwards, remembered=remembered)
    if remembered or forgotten or former or owned.is_protected is not protects:
        is_forgotten = bool(forgotten) and not remembered
        return adopt_record(
            key=key,
            record_id=live.id,
            reason=Reason.RENAMED if former else Reason.UNMANAGED if is_forgotten else Reason.IN_STEP,
            source=source,
            owned=afterwards,
            remembered=remembered,
            forgotten=forgotten,
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
    """Build the first value of a new record."""
    return ValueChange(value.definition.name, None, value.text, reason, resolver.files.ref(value.place))


def _weightiest(values: Iterable[ValueChange]) -> Reason:
    reasons = {value.reason for value in values}
    return next(reason for reason in _WEIGHT if reason in reasons)


def _has_errors(problems: Iterable[Problem]) -> bool:
    return any(problem.severity is Severity.ERROR for problem in problems)
