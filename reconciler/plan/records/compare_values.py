"""Comparing the values of one desired record with live and state."""

from dataclasses import dataclass, field, replace

from reconciler.errors import Problem
from reconciler.model.addresses import RECORD_ID
from reconciler.model.desired_records import DesiredRecord, Ownership
from reconciler.model.facts import Fact, FactKind
from reconciler.model.live import LiveRecord
from reconciler.model.owned import OwnedRecord
from reconciler.model.property_history import ValueVersion
from reconciler.model.references import PropertyRef
from reconciler.model.selection import means
from reconciler.plan.change import Reason, ValueChange
from reconciler.plan.drift.provenance import Edits
from reconciler.plan.plan import Held
from reconciler.plan.records.policy import Policy
from reconciler.plan.records.sides import RecordSides
from reconciler.plan.records.three_way import three_way
from reconciler.plan.values.pipeline_stages import Misfit, misfit_of
from reconciler.plan.values.resolve import ResolvedValue, Resolver
from reconciler.sentences import sentence


@dataclass(slots=True)
class ComparedValues:
    """The results of comparing all values of one record: changes, held differences, edited properties."""

    resolver: Resolver
    parts: RecordSides
    live: LiveRecord
    written: list[ValueChange] = field(default_factory=list)
    remembered: list[ValueChange] = field(default_factory=list)
    forgotten: list[ValueChange] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    edited: list[PropertyRef] = field(default_factory=list)
    overwritten: list[PropertyRef] = field(default_factory=list)

    def decide(self, value: ResolvedValue, policy: Policy, edits: Edits) -> None:
        """Compare one value, and add the result to ``written``, ``held`` or another list of this object."""
        if value.ownership is Ownership.INITIAL:
            return  # an initial value is written only when the record is created
        record, owned, name = self.parts.record, self.parts.owned, value.definition.name
        text = self.live.properties.get(name)
        verdict = three_way(value.definition, text, value.text, owned, policy.drift_of(record, name))
        reason = verdict.reason
        if value.ownership is Ownership.OBSERVE:
            if reason is not Reason.IN_STEP:
                self._hold(value, Reason.OBSERVED)
        elif verdict.is_learned or (reason is Reason.IN_STEP and self._was_key(name)):
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
        """Report a problem if pipeline and stage contradict each other after the write.

        If the plan holds one of the two values, it holds the other value, too, and there is no problem. But
        if ``--take`` names only one of the two, there is a problem: the user has to decide about both.
        """
        schema, record = self.resolver.schema, self.parts.record
        found = misfit_of(schema, self.live.properties, {value.name: value.after for value in self.written})
        if found is None:
            return None
        other = next((held for held in self.held if held.name == found.other), None)
        is_left = other is not None and other.reason is not Reason.OBSERVED
        value = next(value for value in self.written if value.name == found.name)
        if other is None or not is_left or means(policy.take, record.address, found.name):
            return misfit_problem(record, found, value, is_left=is_left)
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
        """Remove values from state that no manifest line enforces any more.

        From now on, people decide about these values.
        """
        record, owned = self.parts.record, self.parts.owned
        if owned is None:
            return
        enforced = {name for name in record.names if record.document.ownership_of(name) is Ownership.ENFORCE}
        source = self.resolver.files.ref(record.place)
        for name in owned.sent.keys() - enforced:
            known = owned.expected_live(name), owned.sent[name]
            self.forgotten.append(ValueChange(name, *known, Reason.UNMANAGED, source))
        self.forgotten.sort(key=lambda value: value.name)

    def keep_former_key(self) -> None:
        """Add the former key to ``remembered`` if nothing else is decided about it, so that it is not lost.

        It is the last applied value of its property. A held value, or one that ``--target`` does not select,
        is compared with it by later plans.
        """
        owned = self.parts.owned
        if owned is None or owned.key.by not in owned.sent:
            return
        name, known = owned.key.by, owned.sent[owned.key.by]
        decided = (*self.written, *self.remembered, *self.forgotten)
        if self._was_key(name) and all(value.name != name for value in decided):
            source = self.resolver.files.ref(self.parts.record.place)
            self.remembered.append(ValueChange(name, known, known, Reason.IN_STEP, source))
            self.remembered.sort(key=lambda value: value.name)

    def change(
        self, value: ResolvedValue, reason: Reason, changed: ValueVersion | None = None
    ) -> ValueChange:
        """Build the change of a value that is to be written, or only stored in state."""
        name, place = value.definition.name, self.resolver.files.ref(value.place)
        return ValueChange(name, self.live.properties.get(name), value.text, reason, place, changed)

    def _was_key(self, name: str) -> bool:
        """Return whether state knows the record by this property, and the manifests by another one."""
        owned = self.parts.owned
        return owned is not None and owned.key.by == name != self.parts.record.document.key

    def _overwritten(self, value: ResolvedValue, live: str | None, edits: Edits) -> ValueVersion | None:
        """Add a property to ``overwritten`` if it has a value, which was set before reconciler managed it.

        Return the last change of this value; None if there is no value, or if its last change is unknown.
        """
        if live is None:
            return None
        spot = self._spot(value.definition.name)
        self.overwritten.append(spot)
        return edits.edit(spot, value.definition.kind, None, live).by

    def _spot(self, name: str) -> PropertyRef:
        return PropertyRef(self.parts.record.document.object, self.live.id, name)

    def _hold(
        self, value: ResolvedValue, why: Reason, changed: ValueVersion | None = None, *facts: Fact
    ) -> None:
        name, place = value.definition.name, self.resolver.files.ref(value.place)
        live = self.live.properties.get(name)
        self.held.append(
            Held(self.parts.record.address, name, why, live, value.text, place, facts, changed=changed)
        )


def with_former_key(owned: OwnedRecord, record: DesiredRecord) -> OwnedRecord:
    """Return ``owned``, an entry in state, with its key added to the last applied values if necessary.

    This is necessary if the manifests now name the record by another key property, and ``record`` sets the
    former key property as an ordinary value, or may set it in a part that ``--target`` does not select.
    """
    by = owned.key.by
    if by in {RECORD_ID, record.document.key} or by in owned.sent:
        return owned
    if record.document.ownership_of(by) is not Ownership.ENFORCE:
        return owned
    if by not in record.names and not record.special.is_partial:
        return owned
    return replace(owned, sent={**owned.sent, by: owned.key.value})


def misfit_problem(record: DesiredRecord, found: Misfit, value: ValueChange, *, is_left: bool) -> Problem:
    """Report that the values of two properties contradict each other, such as a stage of another pipeline.

    ``is_left``: the manifest sets the other property, too, but the plan does not overwrite the value that
    people gave it.
    """
    key, other = record.address, found.other
    advice: str
    if found.is_both:
        advice = f"correct {found.name} or {other}"
    elif record.special.is_partial:
        advice = sentence("--target {record} selects the whole record", record=key.display)
    elif is_left:
        advice = sentence(
            "--take {property} writes {other} too", property=key.property_sentence(other), other=other
        )
    elif other in record.names:
        advice = f"`ownership` leaves {other} as it is: give {found.name} the same ownership, or enforce both"
    else:
        advice = f"set {other} in the same record"
    return Problem(found.message, advice, value.source, key.property_address(found.name))
