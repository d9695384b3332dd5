"""Masking everything that reports show: changes, drift, explanations, runs and problems."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from reconciler.errors import Problem
from reconciler.model.acceptance import Edit
from reconciler.model.addresses import ThingAddress
from reconciler.model.associations import Association, OwnedAssociation
from reconciler.model.drift import DriftedValue, MissingOwnedRecord, RemovedAssociation
from reconciler.model.explanation import NextAction, PropertyExplained
from reconciler.model.owned import OwnedDefinition, OwnedThing
from reconciler.model.runs import RunRow
from reconciler.plan.change import Change, Reason, ValueChange
from reconciler.plan.file.fields import FIELDS, Content
from reconciler.plan.kinds import Verb, verb_of
from reconciler.plan.plan import DifferenceKind, GuardRefusal, Held, Plan, Review, ReviewDifference
from reconciler.plan.rehearsal import Rehearsal
from reconciler.report.value_mask import ValueMask, taken_apart
from reconciler.sentences import Value, displayed

OwnedT = TypeVar("OwnedT", bound=OwnedThing)

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
"""A new value with one of these reasons is in a manifest. With another reason, it may be from HubSpot."""

_SHOWN = tuple((field.name, field.content) for field in FIELDS if field.content is not Content.NOTHING)
"""The fields of a change that may contain personal data, with the sort of data."""


class Masker(ValueMask):
    """Replaces the personal parts of things that are shown."""

    def about(self, plan: Plan) -> Plan:
        """Mask the parts of a plan other than changes, held differences, problems and review."""
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
        """Mask the parts of a rehearsal: rows, collisions, and remaining changes."""
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

    def change(self, change: Change) -> Change:
        """Mask a change."""
        objects = {key.object for key in change.address.records}
        if self._objects.isdisjoint(objects) and not any(value.changed for value in change.values):
            return change
        masked: dict[str, Any] = {name: self.field(change, name, content) for name, content in _SHOWN}
        return replace(change, **masked)

    def field(self, change: Change, name: str, content: Content) -> object:
        """Mask the field ``name`` of ``change``; ``content`` is the sort of personal data in it."""
        value = getattr(change, name)
        is_named = self.is_said(change.source)
        if content is Content.VALUES:
            return self.values(change.thing, value, says_after=is_named and name == "values")
        if content is Content.DISPLAY_NAMES:
            is_said = is_named and verb_of(change) is Verb.CREATE  # its display name is from the manifest
            return value if is_said else self.display_names(value, change.address.records)
        if is_named and name == "address":
            return value
        return value and value.with_records(self.record)

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

    def lost_pair(self, pair: RemovedAssociation) -> RemovedAssociation:
        """Mask an association that people removed."""
        return replace(
            pair,
            key=self.record(pair.key),
            target=self.record(pair.target),
            display_names=self.display_names(pair.display_names, (pair.key, pair.target)),
        )

    def lost(self, record: MissingOwnedRecord) -> MissingOwnedRecord:
        """Mask a lost record, its former and its present key."""
        facts = self.facts(record.key.object, "", record.facts)
        name = self.display_name(record.key.object, record.display_name)
        return replace(record, key=self.record(record.key), facts=facts, display_name=name)

    def edit(self, edit: Edit) -> Edit:
        """Mask an edit of a manifest."""
        return replace(
            edit,
            key=self.record(edit.key),
            before=self.written(edit.key.object, edit.name, edit.before),
            after=self.written(edit.key.object, edit.name, edit.after),
            display_name=self.display_name(edit.key.object, edit.display_name),
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
                else replace(said, value=self.written(object_name, name, said.value))
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

    def step(self, key: ThingAddress, name: str, step: NextAction) -> NextAction:
        """Mask the new value and the facts of a next action."""
        of = key.object_of_values
        return replace(step, after=self.value(of, name, step.after), facts=self.facts(of, name, step.facts))

    def owned(self, record: OwnedT) -> OwnedT:
        """Mask an owned record; return a definition unchanged."""
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
        records = [row.key, *([row.target] if row.target else [])]
        values = {name: (row.before.get(name), row.after.get(name)) for name in names}
        hidden = self.hidden(row.key, values)
        hidden += self.hidden(row.target, {}) if row.target else []
        return replace(
            row,
            key=row.key if is_said else self.record(row.key),
            target=row.target if is_said else row.target and self.record(row.target),
            before={name: self.value(row.key.object, name, text) for name, text in row.before.items()},
            after={name: self.value(row.key.object, name, text) for name, text in row.after.items()},
            detail={name: self.text(text, hidden) for name, text in row.detail.items()},
            display_names=row.display_names
            if is_said and row.action == Verb.CREATE
            else self.display_names(row.display_names, records),
        )

    def problem(self, problem: Problem) -> Problem:
        """Mask the address of a problem, and personal values in its message and advice.

        E-mail addresses in message and advice are masked, too, except those of ``problem.people``.
        """
        key = taken_apart(problem.address)[2] if self.hides_key(problem.address) else ""
        people = [email for email in problem.people if email.casefold() != key.casefold()]

        def words(text: str) -> str:
            return self.text(text, [], people)

        def value(of: Value) -> str:
            return self.pseudonym(of.text) if self.hides(of) else words(of.shown)

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

    def review(self, review: Review) -> Review:
        """Mask the differences from the reviewed plan."""
        return replace(review, differences=tuple(map(self.difference, review.differences)))

    def difference(self, difference: ReviewDifference) -> ReviewDifference:
        """Mask a difference from the reviewed plan."""
        facts = self.facts(difference.key.object, "", difference.facts)
        target = difference.target and self.record(difference.target)
        records = (difference.key, *([difference.target] if difference.target else []))
        names = self.display_names(difference.display_names, records)
        if difference.how is not DifferenceKind.NO_LONGER_PLANNED and self.is_said(difference.source):
            return replace(difference, facts=facts, display_names=names)
        return replace(
            difference, key=self.record(difference.key), target=target, facts=facts, display_names=names
        )

    def values(
        self, key: ThingAddress, values: Iterable[ValueChange], *, says_after: bool = False
    ) -> tuple[ValueChange, ...]:
        """Mask the values in a change to the thing ``key``. In a definition, mask only the author of an edit.

        With ``says_after``, new values are shown if they are from manifest lines that readers can see.
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
