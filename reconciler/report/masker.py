"""What a mask does with each thing that is shown: addresses, values, texts, and all that holds them."""

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from reconciler.errors import Problem
from reconciler.model.acceptance import Edit
from reconciler.model.addresses import RecordAddress, ThingAddress, split_address
from reconciler.model.associations import Association, OwnedAssociation
from reconciler.model.desired import ManifestValue
from reconciler.model.drift import DriftedValue, MissingOwnedRecord, RemovedAssociation
from reconciler.model.explanation import NextAction, PropertyExplained
from reconciler.model.facts import Fact
from reconciler.model.names import NO_NAMES, DisplayNames, Names
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import OwnedDefinition, OwnedThing
from reconciler.model.property_history import ValueVersion
from reconciler.model.runs import RunRow
from reconciler.plan.change import Change, Reason, ValueChange
from reconciler.plan.file.fields import FIELDS, Content
from reconciler.plan.kinds import Verb, verb_of
from reconciler.plan.plan import DifferenceKind, GuardRefusal, Held, Plan, Review, ReviewDifference
from reconciler.plan.rehearsal import Rehearsal
from reconciler.sentences import Value, displayed
from reconciler.source import SourceRef

MaskedProperties: TypeAlias = Iterable[ObjectProperty]
"""Pairs of object type and property whose values are personal."""

AddressT = TypeVar("AddressT", bound=ThingAddress)
OwnedT = TypeVar("OwnedT", bound=OwnedThing)

_DIGITS = 8
"""Hexadecimal digits of a pseudonym: among a hundred thousand values, about one pair is equal by accident."""

_EMAIL = re.compile(r"[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")

_SAID = frozenset(
    {
        Reason.MISSING,
        Reason.INITIAL,
        Reason.CHANGED,
        Reason.DRIFT,
        Reason.CONFLICT,
        Reason.ADOPT,
        Reason.RENAMED,
        Reason.RECREATED,
    }
)
"""Reasons of new values that the manifests say; all others may come from HubSpot, such as those that move."""

_SHOWN = tuple((field.name, field.content) for field in FIELDS if field.content is not Content.NOTHING)
"""Fields of a change that may show something of people."""


class Masker:
    """Replaces the personal parts of one shown thing."""

    def __init__(
        self,
        key: bytes,
        masked_properties: MaskedProperties,
        plain_objects: Iterable[str] = (),
        names: Names = NO_NAMES,
        *,
        shows_manifests: bool = False,
    ) -> None:
        self._key = key
        self._names = names
        self._shows_manifests = shows_manifests  # what manifests say themselves stays as it is
        self._masked_properties = frozenset(masked_properties)
        self._objects = frozenset(object_name for object_name, _ in self._masked_properties)
        self._plain_objects = frozenset(plain_objects)

    def about(self, plan: Plan) -> Plan:
        """Return the plan with masks in what it has besides changes, held values, problems and review."""
        return replace(
            plan,
            names=self.names(),
            state=plan.state.brief,
            targets=tuple(map(self.address, plan.targets)),
            excludes=tuple(map(self.address, plan.excludes)),
            refusals=tuple(
                replace(refusal, first=tuple(map(self.record, refusal.first))) for refusal in plan.refusals
            ),
            rehearsal=plan.rehearsal and self.rehearsal(plan.rehearsal),
        )

    def rehearsal(self, rehearsal: Rehearsal) -> Rehearsal:
        """Mask what a rehearsal shows: rows, findings, and changes that are left."""
        run = rehearsal.run
        return replace(
            rehearsal,
            run=run and replace(run, rows=tuple(map(self.row, run.rows))),
            findings=tuple(map(self.problem, rehearsal.findings)),
            left=tuple(map(self.change, rehearsal.left)),
        )

    def refusal(self, refusal: GuardRefusal) -> GuardRefusal:
        """Mask the records that a guard names."""
        return replace(refusal, first=tuple(map(self.record, refusal.first)))

    def is_personal(self, object_name: str, name: str) -> bool:
        """Return whether values of the property are masked."""
        return (object_name, name) in self._masked_properties

    def names(self) -> Names:
        """Return the names of the report without those of personal values."""
        return self._names.without_values(self._masked_properties.__contains__)

    def display_names(self, names: DisplayNames, records: Iterable[ThingAddress]) -> DisplayNames:
        """Mask the display names of these records, if they consist of personal values."""
        masked = (
            self.display_name(record.object, name) for name, record in zip(names, records, strict=False)
        )
        return DisplayNames(*masked)

    def display_name(self, object_name: str, name: str | None) -> str | None:
        """Mask the display name of a record, if it consists of personal values."""
        made_of = self._names.display(object_name)
        is_personal = not made_of or any(self.is_personal(object_name, of) for of in made_of)
        return self.pseudonym(name) if name and is_personal else name

    def change(self, change: Change) -> Change:
        """Mask a change."""
        objects = {key.object for key in change.address.records}
        if self._objects.isdisjoint(objects) and not any(value.changed for value in change.values):
            return change
        masked: dict[str, Any] = {name: self.field(change, name, content) for name, content in _SHOWN}
        return replace(change, **masked)

    def field(self, change: Change, name: str, content: Content) -> object:
        """Mask one field of ``change``, by the personal data that it may contain."""
        value = getattr(change, name)
        is_named = self.is_said(change.source)
        if content is Content.VALUES:
            return self.values(change.thing, value, says_after=is_named and name == "values")
        if content is Content.DISPLAY_NAMES:
            is_said = is_named and verb_of(change) is Verb.CREATE  # the manifest says the name
            return value if is_said else self.display_names(value, change.address.records)
        if is_named and name == "address":
            return value
        return value and value.with_records(self.record)

    def is_said(self, source: SourceRef | None) -> bool:
        """Return whether to show what the manifest line at ``source`` says."""
        return self._shows_manifests and source is not None

    def held(self, held: Held) -> Held:
        """Mask a held difference."""
        object_name, name = held.key.object_of_values, held.name or ""
        is_said = self.is_said(held.source)
        return replace(
            held,
            key=held.key if is_said else self.record(held.key),
            live=self.value(object_name, name, held.live),
            desired=held.desired if is_said else self.value(object_name, name, held.desired),
            facts=self.facts(object_name, name, held.facts),
            target=held.target if is_said else held.target and self.record(held.target),
            changed=held.changed and self.version(object_name, name, held.changed),
            display_names=self.display_names(held.display_names, held.records),
        )

    def drifted(self, value: DriftedValue) -> DriftedValue:
        """Mask a drifted value, with its history."""
        object_name, name = value.key.object, value.name
        versions = tuple(self.version(object_name, name, version) for version in value.trail.versions)
        return replace(
            value,
            key=self.record(value.key),
            last_applied=self.value(object_name, name, value.last_applied),
            live=self.value(object_name, name, value.live),
            trail=replace(value.trail, versions=versions),
            display_name=self.display_name(object_name, value.display_name),
        )

    def version(self, object_name: str, name: str, version: ValueVersion) -> ValueVersion:
        """Mask a version of a value; the author's name stays."""
        return replace(
            version, by=self.text(version.by, []), value=self.value(object_name, name, version.value)
        )

    def lost_pair(self, pair: RemovedAssociation) -> RemovedAssociation:
        """Mask an association that people removed."""
        return replace(pair, key=self.record(pair.key), target=self.record(pair.target))

    def lost(self, record: MissingOwnedRecord) -> MissingOwnedRecord:
        """Mask a lost record; its present key is as personal as its former one."""
        facts = self.facts(record.key.object, "", record.facts)
        return replace(record, key=self.record(record.key), facts=facts)

    def facts(self, object_name: str, name: str, facts: Iterable[Fact]) -> tuple[Fact, ...]:
        """Mask facts about property ``name``, or about a record if it is empty.

        A value about a record may be personal.
        """

        def value(text: str | None) -> str | None:
            return self.value(object_name, name, text) if name or text is None else self.pseudonym(text)

        return tuple(
            replace(
                fact,
                key=fact.key and self.record(fact.key),
                value=value(fact.value),
            )
            for fact in facts
        )

    def edit(self, edit: Edit) -> Edit:
        """Mask an edit of a manifest."""
        return replace(
            edit,
            key=self.record(edit.key),
            before=self._written(edit.key.object, edit.name, edit.before),
            after=self._written(edit.key.object, edit.name, edit.after),
        )

    def explained(self, key: ThingAddress, of: PropertyExplained) -> PropertyExplained:
        """Mask the explanation of a property."""
        object_name, name = key.object_of_values, of.name
        last, writes = of.last, of.step.action == "write" and of.step.reason in _SAID
        is_said = writes and bool(of.statements) and self.is_said(of.statements[-1].source)
        return replace(
            of,
            statements=tuple(
                said
                if self.is_said(said.source)
                else replace(said, value=self._written(object_name, name, said.value))
                for said in of.statements
            ),
            last=last
            and replace(
                last,
                sent=self.value(object_name, name, last.sent),
                kept=self.value(object_name, name, last.kept),
            ),
            live=self.value(object_name, name, of.live),
            versions=tuple(self.version(object_name, name, version) for version in of.versions),
            step=replace(self.step(key, name, of.step), after=of.step.after)
            if is_said
            else self.step(key, name, of.step),
        )

    def other(self, key: RecordAddress) -> RecordAddress:
        """Mask the key of a type without known definitions: only e-mail addresses are recognised."""
        displayed = self.record(key)
        return replace(displayed, value=self.text(displayed.value, []))

    def step(self, key: ThingAddress, name: str, step: NextAction) -> NextAction:
        """Mask what the next apply does."""
        of = key.object_of_values
        return replace(step, after=self.value(of, name, step.after), facts=self.facts(of, name, step.facts))

    def owned(self, record: OwnedT) -> OwnedT:
        """Mask an owned record; a definition stays as it is."""
        if isinstance(record, OwnedDefinition):
            return record
        object_name = record.key.object
        return replace(
            record,
            key=self.record(record.key),
            sent={name: self.value(object_name, name, text) for name, text in record.sent.items()},
            answered={name: self.value(object_name, name, text) for name, text in record.answered.items()},
        )

    def owned_pair(self, pair: OwnedAssociation) -> OwnedAssociation:
        """Mask an owned association."""
        source, target = (
            record._replace(address=self.record(record.address)) for record in (pair.source, pair.target)
        )
        return replace(pair, association=Association(source, target, pair.label))

    def row(self, row: RunRow) -> RunRow:
        """Mask a row of a run."""
        names, is_said = {*row.before, *row.after}, self.is_said(row.source)
        values = {name: (row.before.get(name), row.after.get(name)) for name in names}
        hidden = self._hidden(row.key, values)
        hidden += self._hidden(row.target, {}) if row.target else []
        return replace(
            row,
            key=row.key if is_said else self.record(row.key),
            target=row.target if is_said else row.target and self.record(row.target),
            before={name: self.value(row.key.object, name, text) for name, text in row.before.items()},
            after={name: self.value(row.key.object, name, text) for name, text in row.after.items()},
            detail={name: self.text(text, hidden) for name, text in row.detail.items()},
        )

    def problem(self, problem: Problem) -> Problem:
        """Mask a problem, whose values know their properties; its address is masked by itself."""
        key = _taken_apart(problem.address)[2] if self._hides_key(problem.address) else ""
        people = [email for email in problem.people if email.casefold() != key.casefold()]

        def words(text: str) -> str:
            return self.text(text, [], people)

        def value(of: Value) -> str:
            return self.pseudonym(of.text) if self._hides(of) else words(of.shown)

        return replace(
            problem,
            message=displayed(problem.message, words, value),
            advice=problem.advice and displayed(problem.advice, words, value),
            address=problem.address
            if self.is_said(problem.source)
            else self.address(problem.address)
            if problem.address
            else None,
        )

    def address(self, address: str) -> str:
        """Mask an address, or a glob over addresses, without knowing more about it."""
        object_name, _, key, name = _taken_apart(address)
        record = address.partition("#")[0]
        if self._hides_key(address):
            record = RecordAddress(object_name, "", self.pseudonym(key)).text
        if name:
            other = self.address(name) if "/" in name else name
            record = f"{record}#{other}"
        return self.text(record if object_name else address, [])

    def _hides(self, value: Value) -> bool:
        """Return whether to mask a value; a value of an unknown property is personal."""
        if value.object and value.name:
            return self.is_personal(value.object, value.name)
        return value.object in self._objects if value.object else bool(self._masked_properties)

    def _hides_key(self, address: str | None) -> bool:
        """Return whether to mask the key of an address; an unknown key is personal."""
        object_name, is_record_id, key, _ = _taken_apart(address)
        is_plain = object_name not in self._objects or object_name in self._plain_objects
        return not is_plain and not is_record_id and key != "*"

    def review(self, review: Review) -> Review:
        """Mask the differences from the reviewed plan."""
        return replace(review, differences=tuple(map(self.difference, review.differences)))

    def difference(self, difference: ReviewDifference) -> ReviewDifference:
        """Mask a difference from the reviewed plan."""
        facts = self.facts(difference.key.object, "", difference.facts)
        if difference.how is not DifferenceKind.NO_LONGER_PLANNED and self.is_said(difference.source):
            return replace(difference, facts=facts)
        target = difference.target and self.record(difference.target)
        return replace(difference, key=self.record(difference.key), target=target, facts=facts)

    def record(self, key: AddressT) -> AddressT:
        """Mask the key of a record, if its key property is personal; definitions are never personal."""
        return replace(key, value=self.pseudonym(key.value)) if self.is_personal(*key.key_property) else key

    def values(
        self, key: ThingAddress, values: Iterable[ValueChange], *, says_after: bool = False
    ) -> tuple[ValueChange, ...]:
        """Mask the values of a change of ``key``: of a definition, only who changed them.

        With ``says_after``, a new value stays as it is where a manifest line says it.
        """
        object_name = key.object_of_values
        return tuple(
            replace(
                value,
                before=self.value(object_name, value.name, value.before),
                after=value.after
                if says_after and value.source is not None and value.reason in _SAID
                else self.value(object_name, value.name, value.after),
                changed=value.changed and self.version(object_name, value.name, value.changed),
            )
            for value in values
        )

    def value(self, object_name: str, name: str, text: str | None) -> str | None:
        """Mask a value; None stays None, because empty values tell nothing about a person."""
        return self.pseudonym(text) if text is not None and self.is_personal(object_name, name) else text

    def text(self, text: str, hidden: Iterable[str], people: Iterable[str] = ()) -> str:
        """Replace the values in ``hidden`` in ``text``, ignoring case, and all e-mail addresses.

        The addresses of ``people`` stay, unless they are in ``hidden`` too.
        """
        known = {value.casefold(): value for value in hidden if value}
        displayed = {email.casefold() for email in people} - known.keys()

        def masked(found: re.Match[str]) -> str:
            matched = found[0].casefold()
            return found[0] if matched in displayed else self.pseudonym(known.get(matched, found[0]))

        for pattern in (_any_of(known.values()), _EMAIL):
            if pattern:
                text = pattern.sub(masked, text)
        return text

    def pseudonym(self, value: str) -> str:
        """Return the pseudonym of a value: equal for equal values."""
        digest = hmac.digest(self._key, value.encode("utf-8", "surrogatepass"), "sha256")
        return f"\u2039{digest.hex()[:_DIGITS]}\u203a"

    def _written(self, object_name: str, name: str, written: ManifestValue) -> ManifestValue:
        """Mask a manifest value, which names owners by e-mail address."""
        if isinstance(written, tuple):
            return tuple(self._said(object_name, name, item) for item in written)
        return None if written is None else self._said(object_name, name, written)

    def _said(self, object_name: str, name: str, text: str) -> str:
        return self.pseudonym(text) if self.is_personal(object_name, name) else self.text(text, [])

    def _hidden(self, key: ThingAddress, values: Mapping[str, Iterable[str | None]]) -> list[str]:
        """Return the values that texts about a record may repeat: its key, and ``values`` by property."""
        hidden = [key.value] if self.is_personal(*key.key_property) else []
        for name, texts in values.items():
            if self.is_personal(key.object, name):
                hidden.extend(text for text in texts if text)
        return hidden


def _taken_apart(address: str | None) -> tuple[str, bool, str, str]:
    """Split an address into object type, whether by record id, key and property; missing parts are empty."""
    try:
        object_name, is_record_id, key, name = split_address(address or "")
    except ValueError:
        return "", False, "", ""
    return object_name, is_record_id, key, name or ""


def _any_of(values: Iterable[str]) -> re.Pattern[str] | None:
    """Build a pattern that matches ``values`` as whole words, the longest first."""
    ordered = sorted(values, key=len, reverse=True)
    if not ordered:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)", re.IGNORECASE)
