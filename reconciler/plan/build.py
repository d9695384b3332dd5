"""Desired, live and state become a plan, chunk by chunk.

Records are paired by key, judged one by one, and put in order:

1. creates, so that whatever refers to a new record finds it;
2. updates;
3. adoptions, which touch state alone;

and among equals by object type, key property and key, by code point. The order of files, records
and answers never matters.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from reconciler.errors import Problem, Severity
from reconciler.model.objects import split_address
from reconciler.model.owned import Origin, OwnedRecord, StateVersion
from reconciler.model.personal import is_personal
from reconciler.model.records import (
    DesiredGroup,
    DesiredRecord,
    Drift,
    LiveRecord,
    Ownership,
)
from reconciler.model.schema import PortalSchema, PropertyDef
from reconciler.plan.budget import budget_of
from reconciler.plan.changes import (
    Action,
    Adopt,
    Change,
    Create,
    Held,
    ManifestsRead,
    Plan,
    Reason,
    Update,
    ValueChange,
)
from reconciler.plan.identity import Identities, key_problems, not_there
from reconciler.plan.resolve import ResolvedValue, Resolver
from reconciler.plan.routes import route_to_create, route_to_update
from reconciler.plan.verdict import judge

_WEIGHT = (Reason.CONFLICT, Reason.DRIFT, Reason.CHANGED, Reason.ADOPT)
"""Reasons of values, the one that names the whole record first."""

_ORDER = {Action.CREATE: 0, Action.UPDATE: 1, Action.ADOPT: 2}


class _Pair(NamedTuple):
    """A desired record with its counterparts."""

    record: DesiredRecord
    live: LiveRecord
    owned: OwnedRecord | None


class _Judged(NamedTuple):
    """What the verdicts on a record's values come to."""

    written: list[ValueChange]
    learned: list[ValueChange]
    held: list[Held]


@dataclass(slots=True)
class PlanBuilder:
    """Collects what the chunks give; ``finish`` makes the plan of it."""

    drift: Drift
    skips_invalid: bool = False  # records with problems are left out instead of stopping everything
    changes: list[Change] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    no_op: int = 0
    _identities: Identities = field(default_factory=Identities)

    def can_identify(self, resolver: Resolver, group: DesiredGroup) -> bool:
        """Whether HubSpot recognises records by the group's key; if not, its documents are told."""
        problems = key_problems(resolver, group)
        self.problems.extend(problems)
        return not problems

    def add_chunk(
        self,
        resolver: Resolver,
        records: Sequence[DesiredRecord],
        live: Mapping[str, LiveRecord],
        owned: Mapping[str, OwnedRecord],
    ) -> None:
        """Judge ``records`` of one object type and key; ``live`` and ``owned`` are by key value."""
        for record in records:
            found = live.get(record.key)
            problem = self._identities.same_key(resolver, record)
            if found is not None:
                problem = problem or self._identities.same_record(resolver, record, found)
            if problem is not None:
                self.problems.append(problem)
            elif found is None:
                self._absent(resolver, record, owned.get(record.key))
            else:
                self._present(resolver, _Pair(record, found, owned.get(record.key)))

    def finish(
        self,
        *,
        tool_version: str,
        created_at: datetime,
        environment: str,
        portal: PortalSchema,
        state: StateVersion,
        manifests: ManifestsRead,
        read_calls: int,
        least_seconds: Callable[[int], float],
        write_scopes: tuple[str, ...],
    ) -> Plan:
        """The plan; ``least_seconds`` says how long so many calls take at the portal's limit."""
        changes = tuple(sorted(self.changes, key=lambda change: (_ORDER[change.action], change.key)))
        return Plan(
            tool_version=tool_version,
            created_at=created_at,
            environment=environment,
            portal_id=portal.account.portal_id,
            portal_type=portal.account.type,
            api_version=portal.api_version,
            state=state,
            manifests=manifests,
            changes=changes,
            held=tuple(sorted(self.held, key=lambda held: (held.key, held.name or ""))),
            problems=tuple(sorted(map(self._weighed, self.problems), key=_by_place)),
            no_op=self.no_op,
            budget=budget_of(changes, read_calls, least_seconds, portal.account.daily_remaining),
            write_scopes=write_scopes,
            personal=_personal(portal, changes, self.held, self.problems),
        )

    def _weighed(self, problem: Problem) -> Problem:
        """Where invalid records are skipped, a problem of one record no longer stops the others."""
        if self.skips_invalid and problem.address and problem.severity is Severity.ERROR:
            return replace(problem, severity=Severity.LEFT_OUT)
        return problem

    def _absent(self, resolver: Resolver, record: DesiredRecord, owned: OwnedRecord | None) -> None:
        source = resolver.files.ref(record.place)
        if owned is not None:
            note = (
                f"state knows it as record {owned.record_id}, and the portal has no such record any more; "
                "it is not created again"
            )
            self.held.append(Held(record.record_key, None, Reason.GONE, None, None, source, note))
            return
        absence = not_there(record, source)
        if absence is not None:
            self.problems.append(absence)
            return
        problems: list[Problem] = []
        values = resolver.resolve(record, None, problems)
        missing = resolver.missing_required(record, values)
        if missing and not problems:
            problems.append(missing)
        self.problems.extend(problems)
        if _has_errors(problems):
            return
        self.changes.append(
            Create(
                key=record.record_key,
                values=tuple(
                    _change(resolver, value, None, Reason.MISSING)
                    for value in values
                    if value.text is not None and value.ownership is not Ownership.OBSERVE
                ),
                reason=Reason.MISSING,
                route=route_to_create(resolver.schema, record.document),
                source=source,
            )
        )

    def _present(self, resolver: Resolver, pair: _Pair) -> None:
        problems: list[Problem] = []
        values = resolver.resolve(pair.record, pair.live, problems)
        self.problems.extend(problems)
        if _has_errors(problems):
            return
        judged = _judge_values(resolver, pair, values, self.drift)
        self.held.extend(judged.held)
        change = _change_of(resolver, pair, judged)
        if change is not None:
            self.changes.append(change)
        elif not judged.held:
            self.no_op += 1


def _judge_values(resolver: Resolver, pair: _Pair, values: Iterable[ResolvedValue], drift: Drift) -> _Judged:
    judged = _Judged([], [], [])
    for value in values:
        if value.ownership is Ownership.INITIAL:
            continue  # people's, from the record's first day on
        name = value.definition.name
        live = pair.live.properties.get(name)
        verdict = judge(value.definition, live, value.text, pair.owned, drift)
        reason = verdict.reason
        is_observed = value.ownership is Ownership.OBSERVE
        if verdict.is_learned and not is_observed:
            judged.learned.append(_change(resolver, value, live, reason))
        elif reason is Reason.IN_STEP:
            continue
        elif verdict.is_written and not is_observed:
            judged.written.append(_change(resolver, value, live, reason))
        else:
            why = Reason.OBSERVED if is_observed else reason
            source = resolver.files.ref(value.place)
            judged.held.append(Held(pair.record.record_key, name, why, live, value.text, source))
    return judged


def _change_of(resolver: Resolver, pair: _Pair, judged: _Judged) -> Update | Adopt | None:
    record, live, owned = pair
    key = record.record_key
    source = resolver.files.ref(record.place)
    origin = owned.origin if owned else Origin.ADOPTED
    learned = tuple(judged.learned)
    if judged.written:
        return Update(
            key=key,
            record_id=live.id,
            values=tuple(judged.written),
            in_step=learned,
            reason=_weightiest(judged.written) if owned else Reason.ADOPT,
            route=route_to_update(resolver.schema, record.document),
            source=source,
            origin=origin,
        )
    if owned is None:
        return Adopt(key, live.id, learned, Reason.ADOPT, source, origin)
    if learned or owned.record_id != live.id:
        return Adopt(key, live.id, learned, Reason.IN_STEP, source, origin)
    return None


def _change(resolver: Resolver, value: ResolvedValue, before: str | None, reason: Reason) -> ValueChange:
    return ValueChange(value.definition.name, before, value.text, reason, resolver.files.ref(value.place))


def _weightiest(values: Iterable[ValueChange]) -> Reason:
    reasons = {value.reason for value in values}
    return next(reason for reason in _WEIGHT if reason in reasons)


def _has_errors(problems: Iterable[Problem]) -> bool:
    return any(problem.severity is Severity.ERROR for problem in problems)


def _by_place(problem: Problem) -> tuple[str, int, int, str, str]:
    source = problem.source
    if source is None:
        return ("", 0, 0, problem.address or "", problem.message)
    return (source.file, source.line, source.column, problem.address or "", problem.message)


def _personal(
    portal: PortalSchema, changes: Iterable[Change], held: Iterable[Held], problems: Iterable[Problem]
) -> tuple[tuple[str, str], ...]:
    """Which of the properties that the plan shows hold personal data."""
    named = [split_address(problem.address) for problem in problems if problem.address]
    shown = {(entry.key.object, entry.name) for entry in held if entry.name}
    shown |= {(entry.key.object, entry.key.by) for entry in held}
    shown |= {(object_name, name) for object_name, _, _, name in named if name}
    for change in changes:
        shown.add((change.key.object, change.key.by))
        values = () if isinstance(change, Adopt) else change.values
        in_step = () if isinstance(change, Create) else change.in_step
        shown.update((change.key.object, value.name) for value in (*values, *in_step))
    return tuple(sorted(pair for pair in shown if _is_personal(portal, *pair)))


def _is_personal(portal: PortalSchema, object_name: str, name: str) -> bool:
    schema = portal.objects.get(object_name)
    definition: PropertyDef | None = schema.properties.get(name) if schema else None
    return definition is not None and is_personal(object_name, definition)
