"""Building a plan from desired, live and state, chunk by chunk.

Records are compared one by one, and their changes put in order:

1. creates, so that changes that refer to a new record find it; 2. updates; then, turn by turn, creates and
updates that take over a unique value from earlier ones; 3. created associations, then removed ones; 4.
archives; 5. adoptions and releases, which only change state.

Equal changes are sorted by object type, key property and key (by code point), and by the other record of an
association. The order of files, records and answers never matters.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from types import MappingProxyType
from typing import NamedTuple

from reconciler.errors import Problem, ReconcilerError, Severity
from reconciler.model.addresses import (
    RECORD_ID,
    Address,
    AssociationAddress,
    RecordAddress,
    RecordId,
    split_address,
)
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.desired import Desired, DesiredGroup, DesiredRecord, Prune, PruneRule, Record, Records
from reconciler.model.facts import Fact, FactKind
from reconciler.model.live import LiveRecord, MissingReason, MissingRecord
from reconciler.model.owned import OwnedRecord, StateVersion
from reconciler.model.personal_data import MaskRules
from reconciler.model.property_history import Spot
from reconciler.model.selection import EVERYTHING, Selection
from reconciler.plan.associations.endpoints import Endpoint, Endpoints, Presence, endpoint_of
from reconciler.plan.budget import ALWAYS_LOOKED_AT, NOTHING_UNSETTLED, Unsettled, budget_of, calls_to_open
from reconciler.plan.change import Action, Change, Owned, Reason, ValueChange
from reconciler.plan.consistency import unsound
from reconciler.plan.drift.provenance import Edits
from reconciler.plan.file.sequences import IN_MEMORY, SpooledChanges, Workspace, sort_key
from reconciler.plan.guards import Guards, Population
from reconciler.plan.kinds import Verb, verb_of
from reconciler.plan.plan import Held, ManifestInfo, Plan
from reconciler.plan.records.changes import (
    adopt_record,
    identity_of_record,
    is_record_archive,
    is_record_change,
    is_record_ours,
    replaced_by,
)
from reconciler.plan.records.compare import Policy, RecordDecision, RecordSides, compare_record, only_read
from reconciler.plan.records.identity import (
    Identities,
    column_problems,
    is_still,
    key_problems,
    known_as_named,
)
from reconciler.plan.records.prune import decide_prune, facts_of_gone
from reconciler.plan.records.rollback import AppliedChange, undo
from reconciler.plan.records.unanswered import is_unanswered, many_gone, unanswered_problem
from reconciler.plan.records.unique_values import Giver, Value, contradictions, turns_of
from reconciler.plan.records.unselected_rivals import LeftBehind
from reconciler.plan.rests_on import archive_rests_on, objects_rested_on
from reconciler.plan.review import keep_reviewed
from reconciler.plan.targeting import LeftOut
from reconciler.plan.values.resolve import Resolver

_ORDER = {
    Verb.CREATE: 0,
    Verb.UPDATE: 1,
    Verb.ASSOCIATE: 2,
    Verb.DISSOCIATE: 3,
    Verb.ARCHIVE: 4,
    Verb.ADOPT: 5,
    Verb.RELEASE: 6,
}


class Known(NamedTuple):
    """Facts from state and journal about records under other keys than in the manifests."""

    entries: Mapping[RecordId, OwnedRecord]
    made_by_us: Collection[RecordId]  # created by a run, and not owned any more


NOTHING_ELSE = Known({}, ())

OVERWRITTEN_SHOWN = 500
"""Number of records from before us for which the plan says whose values it overwrites.

Nobody reads more of them, and their history costs one call for fifty records.
"""

FEWEST_NEW = 10
"""If all named records of a type are new and there are more of them, check whether the portal has others."""


@dataclass(slots=True)
class PlanBuilder:
    """Collects the results of chunks; ``finish`` makes the plan."""

    policy: Policy
    guards: Guards
    keeps_state: bool = True  # there is a state for adoptions
    skips_invalid: bool = False  # leave out records with problems instead of stopping
    endpoints: Endpoints | None = None  # gets the presence of records of associations; None: there are none
    masks: MaskRules = field(default_factory=MaskRules)
    workspace: Workspace = IN_MEMORY  # where changes are kept and sorted
    changes: SpooledChanges = field(init=False)
    held: list[Held] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    no_op: int = 0
    fate_calls: int = 0  # calls to find out what happened to gone records
    gone: list[tuple[Held, OwnedRecord]] = field(default_factory=list)  # not explained yet
    # edited by people, or about to be overwritten for the first time; not compared yet
    edited: list[tuple[Resolver, RecordSides]] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)  # properties that they changed
    overwriting: int = 0  # records from before us whose values are overwritten, as far as that is counted
    populations: dict[str, Population] = field(default_factory=dict)  # by object type
    associating: list[DesiredRecord] = field(default_factory=list)  # records with associations
    # owned records whose keys lead to other records now
    displaced: list[OwnedRecord] = field(default_factory=list)
    # records named by any key, which must not be pruned
    named_otherwise: set[Record] = field(default_factory=set)
    holders: Mapping[Value, RecordId] = field(default_factory=dict)  # holders of unique values to write
    # holders of these values that the plan leaves out
    left_behind: Mapping[Value, Giver] = field(default_factory=dict)
    _identities: Identities = field(default_factory=Identities)

    def __post_init__(self) -> None:
        self.changes = SpooledChanges(self.workspace.lines())

    def can_identify(
        self, resolver: Resolver, group: DesiredGroup, knowing_owners: Callable[[], Resolver]
    ) -> bool:
        """Return whether HubSpot knows the group's key; if not, report everything that can be known then.

        Only then ``knowing_owners`` is called for a resolver that knows the owners that the group names.
        """
        problems = key_problems(resolver, group)
        if problems:
            columns = self.unknown_columns(resolver, group)
            informed = knowing_owners()
            for record in group.records:
                problems += informed.wrong_anyway(record, columns)
        self.problems.extend(problems)
        return not problems

    def unknown_columns(self, resolver: Resolver, group: DesiredGroup) -> frozenset[str]:
        """Return the table columns that are not properties: reported once, not for every row."""
        self.problems.extend(column_problems(resolver, group))
        columns = {name for document in group.documents for name in document.columns}
        return frozenset(columns - resolver.schema.properties.keys())

    def add_chunk(
        self,
        resolver: Resolver,
        records: Sequence[DesiredRecord],
        live: Mapping[str, LiveRecord],
        owned: Mapping[str, OwnedRecord],
        named: Records | None = None,
        *,
        known: Known = NOTHING_ELSE,
        unanswered: Collection[str] = (),
    ) -> None:
        """Compare ``records`` of one object type and key; ``live`` and ``owned`` are by key value.

        Nobody knows whether records with ``unanswered`` keys exist. ``named`` are all records of the type,
        including these; None if some of them are named by another key property. ``known`` is what state knows
        about ``live`` under other keys.
        """
        population = self.population(resolver.schema.name)
        for record in records:
            old = record.special.renamed_from or ""
            parts = RecordSides(
                record, live.get(record.key), owned.get(record.key), live.get(old), owned.get(old)
            )
            if parts.old_live is not None:
                self._identities.add_old(resolver.schema, parts.old_live)
            found = parts.live or parts.old_live
            if found is not None and parts.same is None:
                moved, is_ours = known.entries.get(found.id), found.id in known.made_by_us
                parts = parts._replace(moved=moved, is_made_by_us=is_ours)
            is_owned = record.key in owned or parts.moved is not None
            population.count(record, is_found=record.key in live, is_owned=is_owned)
            if parts.owned and found and parts.owned.record_id != found.id:
                self.displaced.append(parts.owned)
            population.asked += 1
            if is_unanswered(parts, unanswered, self.policy):
                population.unanswered += 1
                problem: Problem | None = unanswered_problem(record.address, resolver.files.ref(record.place))
            elif found is None:
                problem = self._identities.same_key(resolver, record)
            else:
                problem = self._identities.same_record(resolver, record, found, named)
            decision = (
                RecordDecision(problems=(problem,))
                if problem
                else compare_record(resolver, parts, self.policy)
            )
            overwritten = decision.overwritten if self.overwriting < OVERWRITTEN_SHOWN else ()
            if decision.edited or overwritten:
                self.overwriting += bool(overwritten)
                self.edited.append((resolver, parts))
                self.spots.extend((*decision.edited, *overwritten))
            else:
                self._take(decision)
            is_about = record.associations or decision.gone
            if self.endpoints and (is_about or self.endpoints.is_wanted(record.address)):
                self.endpoints.note(record.address, endpoint_of(record, found, decision))
                self.associating += [record] if record.associations else []

    def decide_edited(self, edits: Edits) -> None:
        """Compare the records that people changed again, now that the authors are known."""
        for resolver, parts in self.edited:
            self._take(compare_record(resolver, parts, self.policy, edits))
        self.edited.clear()
        self.spots.clear()

    def leave_out(self, left_out: LeftOut, owned: Mapping[str, OwnedRecord]) -> None:
        """Count records that are not selected for the percentages of guards; ``owned`` is by key value.

        Records in state were found once, and are assumed to exist.
        """
        for record, selected in left_out:
            population = self.population(record.document.object)
            if selected is None:
                is_owned = record.key in owned
                population.count(record, is_found=is_owned, is_owned=is_owned)
                self._identities.leave_out(record, owned.get(record.key))
            else:
                population.values += len(record.names) - len(selected.names)

    def add_leftovers(
        self,
        schema: ObjectSchema,
        leftovers: Iterable[OwnedRecord],
        live: Mapping[str, LiveRecord],
        desired: Desired,
        prune: Prune,
        *,
        unanswered: Collection[str] = (),
    ) -> None:
        """Decide about owned records that no manifest names here; ``live`` is by record id.

        Nobody knows whether records with ``unanswered`` ids exist.
        """
        population = self.population(schema.name)
        for owned in leftovers:
            population.asked += 1
            if owned.record_id in unanswered:
                population.unanswered += 1
                self.problems.append(unanswered_problem(owned.key, None))
                continue
            found = live.get(owned.record_id)
            is_same = found is not None and found.id == owned.record_id
            if found is not None and is_same and self._identities.is_named(schema, owned.key, found, desired):
                self.named_otherwise.add((schema.name, owned.record_id))
                continue
            decided = decide_prune(
                owned,
                prune,
                is_live=found is not None and is_still(schema, owned, found),
                is_named_elsewhere=desired.is_for_other_environment(owned.key),
                rests_on=archive_rests_on(schema, owned.key.by, found, owned) if found else (),
            )
            if isinstance(decided, Held):
                self.held.append(decided)
            elif decided is not None and decided.is_remote and schema.is_read_only:
                self.problems.append(only_read(decided))
            elif decided is not None:
                self.changes.append(decided)

    def keep_displaced(self, schema: ObjectSchema, live: Mapping[str, LiveRecord], desired: Desired) -> None:
        """Keep displaced records by record id: another record has their key, and a manifest names them.

        The key in the manifest is left out of this plan, or has a problem: the entry must not get lost.
        ``live`` is by record id.
        """
        taken = self.taken | self.archived
        for owned in self.displaced:
            found, record = live.get(owned.record_id), (schema.name, owned.record_id)
            if owned.key.object != schema.name or found is None or record in taken:
                continue
            if self._identities.is_named(schema, owned.key, found, desired):
                key = RecordAddress(schema.name, RECORD_ID, owned.record_id)
                known = Owned(owned.origin, owned.is_protected)
                self.changes.append(
                    adopt_record(key, owned.record_id, Reason.RENAMED, None, known, moved_from=owned.key)
                )

    @property
    def taken(self) -> frozenset[Record]:
        """Records that a change of this plan makes or keeps ours."""
        return frozenset(
            (change.object_type, change.remote.id)
            for change in self.changes.of(Verb.UPDATE, Verb.ADOPT)
            if is_record_ours(change) and change.remote.id
        )

    def settle_identities(self) -> None:
        """Keep records that are named by another key: do not release, archive or replace them.

        Call it before gone records are explained.
        """
        self._keep_what_is_known_by_a_named_key()
        is_needed = any(self.changes.of(Verb.RELEASE)) or any(self.changes.replacing())
        if not is_needed:
            return
        taken = self.taken
        replaced = taken | self.archived

        def settled(change: Change) -> Change | None:
            if not is_record_change(change):
                return change
            if change.action is Action.RELEASE and identity_of_record(change) in taken:
                return None
            lost = replaced_by(change)
            return (
                replace(change, details=None) if lost and (change.object_type, lost) in replaced else change
            )

        self.changes = self.changes.kept(self.workspace, settled)

    def _keep_what_is_known_by_a_named_key(self) -> None:
        """Keep a record that one line wants absent and another line names by its key in state."""
        known = {(owned.key.object, owned.record_id): held for held, owned in self.gone}

        def decided(change: Change) -> Change | None:
            if is_record_archive(change) and (named := known.get(identity_of_record(change))):
                self.problems.append(known_as_named(change, named))
                return None
            return change

        if known and any(identity_of_record(change) in known for change in self.changes.of(Verb.ARCHIVE)):
            self.changes = self.changes.kept(self.workspace, decided)

    @property
    def moves(self) -> Mapping[Record, RecordAddress]:
        """New keys of records that state knows by other keys."""
        return {identity_of_record(change): change.record for change in self.changes.moved()}

    def add_pairs(self, decided: Iterable[Change | Held], problems: Iterable[Problem]) -> None:
        """Add changes and problems of associations."""
        for found in decided:
            if isinstance(found, Held):
                self.held.append(found)
            elif self.keeps_state or found.is_remote:
                self.changes.append(found)
        self.problems.extend(problems)

    @property
    def archived(self) -> frozenset[tuple[str, RecordId]]:
        """Object type and id of archived records."""
        return frozenset(identity_of_record(change) for change in self.changes.of(Verb.ARCHIVE))

    def rest_on(self, more: Mapping[tuple[str, RecordId], Sequence[ValueChange]]) -> None:
        """Let archives rest on ``more`` than values: by object type and record id."""

        def resting(change: Change) -> Change:
            found = more.get(identity_of_record(change)) if is_record_archive(change) else None
            if not found:
                return change
            rests_on = sorted((*change.rests_on, *found), key=lambda value: value.name)
            return replace(change, rests_on=tuple(rests_on))

        if more:
            self.changes = self.changes.kept(self.workspace, resting)

    def add_applied(
        self,
        schema: ObjectSchema,
        applied: Iterable[AppliedChange],
        live: Mapping[str, LiveRecord],
        owned: Mapping[str, OwnedRecord],
        moved: Mapping[RecordId, OwnedRecord] = MappingProxyType({}),
    ) -> None:
        """Roll back changes of a run; ``live`` and ``moved`` are by record id, ``owned`` by key value.

        ``moved`` is what state knows about the records, under any present key.
        """
        population = self.population(schema.name)
        for applied_change in applied:
            known = moved.get(applied_change.outcome.record_id) or owned.get(
                applied_change.change.record.value
            )
            population.values += len(known.sent) if known else 0
            self._take(undo(schema, applied_change, live.get(applied_change.outcome.record_id), known))

    def hold_taken_keys(self, owned_by: Callable[[RecordAddress], OwnedRecord | None]) -> None:
        """Hold records that cannot get their key back, because another record has it in state now."""
        moves = self.moves

        def decided(change: Change) -> Change | None:
            other = owned_by(change.record) if change.moved_from else None
            if other is None or (change.object_type, other.record_id) in moves:
                return change
            facts = (Fact(FactKind.OTHER_RECORD_NOW, other.record_id),)
            self.held.append(Held(change.record, None, Reason.SUPERSEDED, None, None, None, facts))
            return None

        if moves:
            self.changes = self.changes.kept(self.workspace, decided)

    def explain_gone(
        self,
        fates: Mapping[RecordId, MissingRecord],
        facts: Callable[[OwnedRecord, MissingRecord | None], tuple[Fact, ...]] = facts_of_gone,
    ) -> None:
        """Explain what happened to records that state knows and the portal does not find any more."""
        gone: dict[str, Counter[MissingReason]] = {}
        for held, owned in self.gone:
            fate = fates.get(owned.record_id)
            if fate is not None and fate.kind is MissingReason.UNANSWERED:
                self.population(held.key.object).unanswered += 1
                self.problems.append(unanswered_problem(held.key, held.source))
                if self.endpoints:
                    self.endpoints.correct(held.key, Endpoint(Presence.UNANSWERED))
                continue
            self.held.append(replace(held, facts=facts(owned, fate)))
            if fate is not None and fate.kind is not MissingReason.REKEYED:
                gone.setdefault(held.key.object, Counter())[fate.kind] += 1
        self.problems.extend(many_gone(gone))
        self.gone.clear()

    def _take(self, decision: RecordDecision) -> None:
        if decision.gone is not None:
            self.gone.append((decision.held[0], decision.gone))
            return
        self.held.extend(decision.held)
        self.problems.extend(decision.problems)
        if decision.change is not None and decision.change.action is Action.ADOPT and not self.keeps_state:
            self.no_op += not decision.held
        elif decision.change is not None:
            self.changes.append(decision.change)
            if self.endpoints and decision.change.values:
                self.endpoints.note_values(decision.change)
        elif decision.is_no_op:
            self.no_op += 1

    def finish(
        self,
        *,
        tool_version: str,
        created_at: datetime,
        environment: str,
        portal: PortalSchema,
        state: StateVersion,
        manifests: ManifestInfo,
        read_calls: int,
        daily_remaining: int | None,
        least_seconds: Callable[[int], float],
        write_scopes: Callable[[Iterable[str]], tuple[str, ...]],
        prune_rules: tuple[PruneRule, ...] = (),
        selection: Selection = EVERYTHING,
        reviewed: Plan | None = None,
        rolls_back: str | None = None,
        host: str | None = None,
        looks_again_at: Collection[Verb] = ALWAYS_LOOKED_AT,
        unsettled: Unsettled = NOTHING_UNSETTLED,
        verifies: bool = False,
    ) -> Plan:
        """Make the plan.

        ``least_seconds`` returns the time of so many calls at the portal's limit, ``write_scopes`` the scopes
        to write object types. ``looks_again_at`` are the changes whose records apply reads again,
        ``unsettled`` the open changes that it settles first. If it ``verifies``, it plans again, with about
        as many calls. With a ``reviewed`` plan, only changes that it has too are kept.
        """
        if why := unsound(self.changes, self.held):
            raise ReconcilerError(f"{why}: this is a bug, please report it\n    nothing was planned")
        turns = turns_of(self.changes, portal.objects)
        changes = self.changes.in_order(
            self.workspace, lambda number, change: _order(change, turns.get(number, 0))
        )
        masked_properties = self.masks.masked_properties(
            portal.objects, _shown(changes, self.held, self.problems)
        )
        review = None
        if reviewed is not None:
            kept = keep_reviewed(reviewed, changes, prune_rules, self.workspace)
            changes, prune_rules, review = (
                self._consistent(kept.changes, portal),
                kept.prune_rules,
                kept.review,
            )
            masked_properties = tuple(sorted({*masked_properties, *reviewed.masked_properties}))
        opened = {key.object for change in changes for key in change.address.records}
        opened |= objects_rested_on(changes) | unsettled.objects
        is_opened = bool(changes or prune_rules or unsettled.objects)
        opening_calls = calls_to_open(portal.objects[name] for name in opened) if is_opened else 0
        budget = budget_of(
            changes,
            portal.objects,
            read_calls,
            least_seconds,
            daily_remaining,
            looks_again_at=looks_again_at,
            opening_calls=opening_calls + unsettled.calls + (read_calls if verifies and changes else 0),
        )
        budget = replace(budget, fate_calls=self.fate_calls)
        bases = tuple(self.populations[name].base(name) for name in sorted(self.populations))
        return Plan(
            tool_version=tool_version,
            created_at=created_at,
            environment=environment,
            host=host,
            portal_id=portal.account.portal_id,
            portal_type=portal.account.type,
            api_version=portal.api_version,
            state=state,
            manifests=manifests,
            changes=changes,
            held=tuple(sorted(self.held, key=lambda held: (held.key, held.what or ""))),
            problems=tuple(sorted(map(self._weighed, self.problems), key=_by_place)),
            no_op=self.no_op,
            budget=budget,
            refusals=self.guards.check(changes, bases, budget),
            bases=bases,
            allowances=tuple(sorted(self.guards.allowances.items())),
            write_scopes=write_scopes(
                key.object for change in changes if change.is_remote for key in change.address.records
            ),
            prune_rules=prune_rules,
            targets=tuple(glob.text for glob in selection.target),
            excludes=tuple(glob.text for glob in selection.exclude),
            masked_properties=masked_properties,
            review=review,
            rolls_back=rolls_back,
            keeps_state=self.keeps_state,
        )

    def refuse_conflicts(
        self, portal: PortalSchema, holders: Mapping[Value, LiveRecord], left_behind: LeftBehind | None = None
    ) -> None:
        """Leave out changes that HubSpot would refuse for their unique values, given their ``holders``."""
        self.holders = {value: record.id for value, record in holders.items()}
        self.left_behind = left_behind.givers(holders) if left_behind else {}
        self.changes = self._consistent(self.changes, portal)

    def _consistent(self, changes: SpooledChanges, portal: PortalSchema) -> SpooledChanges:
        """Return the ``changes`` whose unique values fit together; the others become problems."""
        refused = contradictions(changes, portal.objects, self.holders, self.left_behind)
        for number, problems in refused.items():
            self.problems.extend(problems)
            change = changes[number]
            if self.endpoints:
                self.endpoints.correct(change.record, Endpoint(Presence.INVALID, change.remote.id))
        if not refused:
            return changes
        numbers = count()
        return changes.kept(self.workspace, lambda change: None if next(numbers) in refused else change)

    def population(self, object_name: str) -> Population:
        """Return the counts for percentages of one object type."""
        return self.populations.setdefault(object_name, Population())

    def doubtful_types(self) -> list[str]:
        """Return the types whose named records are all new, so that it is worth checking for others."""
        new = Counter(change.object_type for change in self.changes.of(Verb.CREATE))
        return sorted(name for name in new if new[name] > FEWEST_NEW and not self.population(name).found)

    def _weighed(self, problem: Problem) -> Problem:
        """Reduce the severity of a record's problem if invalid records are skipped."""
        if self.skips_invalid and problem.address and problem.severity is Severity.ERROR:
            return replace(problem, severity=Severity.LEFT_OUT)
        return problem


def _order(change: Change, turn: int) -> bytes:
    verb = verb_of(change)
    is_of_pairs_or_last = verb not in {Verb.CREATE, Verb.UPDATE}
    return sort_key(is_of_pairs_or_last, turn, _ORDER[verb], *_parts(change.address))


def _parts(address: Address) -> Iterator[str | int]:
    for key in address.records:
        yield from (key.object, key.by, key.value)
    if isinstance(address, AssociationAddress) and address.label:
        yield from address.label.type


def _by_place(problem: Problem) -> tuple[str, int, int, str, str]:
    source = problem.source
    if source is None:
        return ("", 0, 0, problem.address or "", problem.message)
    return (source.file, source.line, source.column, problem.address or "", problem.message)


def _shown(
    changes: Iterable[Change], held: Iterable[Held], problems: Iterable[Problem]
) -> Iterator[tuple[str, str]]:
    """Return object type and property of everything that a plan shows."""
    for problem in problems:
        if problem.address:
            object_name, _, _, name = split_address(problem.address)
            if name:
                yield object_name, name
    for entry in held:
        if entry.name:
            yield entry.key.object, entry.name
        keys = (entry.key, entry.target, *(fact.key for fact in entry.facts))
        yield from ((key.object, key.by) for key in keys if key)
    for change in changes:
        former = [change.moved_from] if change.moved_from else []
        yield from ((key.object, key.by) for key in (*change.address.records, *former))
        for value in (*change.values, *change.remembered, *change.forgotten, *change.rests_on):
            yield change.object_type, value.name
