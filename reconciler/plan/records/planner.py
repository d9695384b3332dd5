"""Planning the records that manifests name, and other records that we own.

Records are compared chunk by chunk. Records that people edited are compared again when the authors of these
edits have been read.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from reconciler.errors import Problem
from reconciler.model.addresses import RECORD_ID, RecordAddress, RecordId
from reconciler.model.definitions import ObjectSchema
from reconciler.model.desired import Desired, DesiredGroup, Records
from reconciler.model.desired_records import DesiredRecord, Prune
from reconciler.model.live import LiveRecord
from reconciler.model.owned import OwnedRecord
from reconciler.model.references import PropertyRef, RecordIdentity
from reconciler.model.selection import EVERYTHING, Selection
from reconciler.plan.associations.endpoints import Endpoints, endpoint_of
from reconciler.plan.change import Change, Owned, Reason
from reconciler.plan.drift.provenance import Edits
from reconciler.plan.findings import Findings
from reconciler.plan.owned_changes import adopt_thing, release_thing
from reconciler.plan.records.absent import NOBODY, AbsentRecords, Unwanted
from reconciler.plan.records.affected import affected_records, archived_records, taken_records
from reconciler.plan.records.changes import replaced_by
from reconciler.plan.records.compare import IN_STEP, RecordDecision, compare_record, only_read
from reconciler.plan.records.decisions import add_decision
from reconciler.plan.records.display_names import decision_with_display_name, with_display_name
from reconciler.plan.records.identity import (
    Identities,
    column_problems,
    is_named_elsewhere,
    is_still,
    key_problems,
)
from reconciler.plan.records.policy import Policy
from reconciler.plan.records.prune import decide_prune
from reconciler.plan.records.respelled import respelled_problem
from reconciler.plan.records.sides import RecordSides
from reconciler.plan.records.unanswered import is_unanswered, unanswered_problem
from reconciler.plan.records.unique_values import KeyLine, KeyUse, Value, value_of, writes_unique
from reconciler.plan.rests_on import archive_rests_on
from reconciler.plan.targeting import LeftOut
from reconciler.plan.values.resolve import Resolver


class Known(NamedTuple):
    """Facts from state and journal by which planning recognises a record that has another key now."""

    # entries in state under the manifest keys, and entries of live records under other keys
    entries: Mapping[RecordId, OwnedRecord]
    made_by_us: Collection[RecordId]  # created by one of our runs, and no longer owned
    # By key in the manifest: the owned record that had this key when we last applied the record. State has
    # this record under another key property.
    lost: Mapping[str, OwnedRecord] = {}
    # By key in the manifest: the owned record whose key differs only in its spelling. No line names its key.
    respelled: Mapping[str, OwnedRecord] = {}


NOTHING_ELSE = Known({}, ())


OVERWRITTEN_SHOWN = 500
"""Maximum number of records, not owned so far, for which the plan names the authors of overwritten values.

Nobody reads more, and reading the history costs one call for fifty records.
"""


@dataclass(slots=True)
class RecordPlanner:
    """Compares records, and adds the results to ``findings``."""

    policy: Policy
    findings: Findings = field(default_factory=Findings)
    endpoints: Endpoints | None = None  # collects which associated records exist; None: no associations
    selection: Selection = EVERYTHING
    # records to compare again: edited by people, or about to be overwritten for the first time
    edited: list[tuple[Resolver, RecordSides]] = field(default_factory=list)
    spots: list[PropertyRef] = field(default_factory=list)  # the properties whose authors must be read
    # In how many records does the plan overwrite values that are older than our ownership? The count stops at
    # ``OVERWRITTEN_SHOWN``.
    overwriting: int = 0
    associating: list[DesiredRecord] = field(default_factory=list)  # records with associations
    # owned records whose key a different live record has now
    displaced: list[OwnedRecord] = field(default_factory=list)
    absent: AbsentRecords = field(default_factory=AbsentRecords)
    # keys that no record may get as a value, because a line has them with ``$absent`` or as a former key
    free_keys: dict[Value, KeyLine] = field(default_factory=dict)
    # addresses of manifest lines that name a record which another manifest line also names
    doubles: list[RecordAddress] = field(default_factory=list)
    # records that HubSpot does not have under their key; state has them, perhaps under another key property
    lost: list[tuple[Resolver, RecordSides, OwnedRecord]] = field(default_factory=list)
    # records that manifests name by some other key, so that they must not be pruned
    named_otherwise: set[RecordIdentity] = field(default_factory=set)
    _identities: Identities = field(init=False)

    def __post_init__(self) -> None:
        self._identities = Identities(self.selection)

    def can_identify(
        self, resolver: Resolver, group: DesiredGroup, knowing_owners: Callable[[], Resolver]
    ) -> bool:
        """Return whether the group's key identifies records in HubSpot; if not, report all known problems.

        ``knowing_owners`` returns a resolver with the owners that the group names. It is called only if the
        key does not identify records.
        """
        problems = key_problems(resolver, group)
        if problems:
            columns = self.unknown_columns(resolver, group)
            informed = knowing_owners()
            for record in group.records:
                problems += informed.wrong_anyway(record, columns)
        self.findings.problems.extend(problems)
        return not problems

    def unknown_columns(self, resolver: Resolver, group: DesiredGroup) -> frozenset[str]:
        """Report and return the table columns that are not properties."""
        self.findings.problems.extend(column_problems(resolver, group))
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

        HubSpot's answers left out ``unanswered`` keys: these records may exist. ``named`` are all desired
        records of the type; None if manifests use two or more key properties for the type. ``known`` has
        facts about records that state does not have under their manifest keys.
        """
        population = self.findings.population(resolver.schema.name)
        for record in records:
            self._note_free_key(resolver, record)
            sides = _sides_of(record, live, owned, known)
            if sides.old_live is not None:
                self._identities.add_old(record, resolver.schema, sides.old_live)
            found = sides.live or sides.old_live
            is_owned = sides.owned is not None or sides.moved is not None
            population.count(record, is_found=sides.live is not None, is_owned=is_owned)
            if sides.owned and found and sides.owned.record_id != found.id:
                self.displaced.append(sides.owned)
            population.asked += 1
            is_open = is_unanswered(sides, unanswered, self.policy)
            double = None if is_open else self._double(resolver, sides, named, known)
            if sides.is_lost and not is_open and not double and (entry := sides.missing):
                self.lost.append((resolver, sides, entry))
                continue
            population.unanswered += is_open
            if double:
                self.doubles.append(record.address)
            decision = self._decide(resolver, sides, double, is_open=is_open)
            if decision.change is not None and record.special.is_absent:
                self.absent.add(Unwanted(resolver, record, sides.live, sides.owned))
            overwritten = decision.overwritten if self.overwriting < OVERWRITTEN_SHOWN else ()
            if decision.edited or overwritten:
                self.overwriting += bool(overwritten)
                self.edited.append((resolver, sides))
                self.spots.extend((*decision.edited, *overwritten))
            elif decision is IN_STEP:
                self.findings.no_op += 1  # the quick case: most records of most plans
            else:
                self._take(decision, resolver.schema, sides)
            self._note_endpoint(resolver.schema, sides, decision)

    def _note_free_key(self, resolver: Resolver, record: DesiredRecord) -> None:
        special, by = record.special, record.document.key
        key = record.key if special.is_absent else special.renamed_from
        if key is not None and by != RECORD_ID:
            use = KeyUse.ABSENT if special.is_absent else KeyUse.FORMER
            line = KeyLine(record.address, resolver.files.ref(record.place), use)
            self.free_keys[value_of(resolver.schema, by, key)] = line

    def _decide(
        self, resolver: Resolver, sides: RecordSides, double: Problem | None, *, is_open: bool
    ) -> RecordDecision:
        """Compare a record; if ``is_open``, it is unknown whether the record exists."""
        if is_open:
            source = resolver.files.ref(sides.record.place)
            return RecordDecision(problems=(unanswered_problem(sides.record.address, source),))
        decision = compare_record(resolver, sides, self.policy)
        return decision if double is None else RecordDecision(problems=(double, *decision.errors))

    def _double(
        self, resolver: Resolver, sides: RecordSides, named: Records | None, known: Known
    ) -> Problem | None:
        """Report that another line names the same record, or that no line names it as before.

        ``named`` and ``known`` are as in ``add_chunk``.
        """
        found = sides.live or sides.old_live
        if found is not None:
            return self._identities.same_record(resolver, sides.record, found, named)
        same_key = self._identities.same_key(resolver, sides.record)
        owned = known.respelled.get(sides.record.key)
        if same_key or owned is None or sides.record.special.is_absent:
            return same_key
        self.named_otherwise.add(RecordIdentity(resolver.schema.name, owned.record_id))
        return respelled_problem(resolver, sides.record, owned)

    def keep_named(self, desired: Desired, released: Mapping[RecordIdentity, LiveRecord] = NOBODY) -> None:
        """Keep records that must not exist (``$absent``) if another manifest line names them.

        Call this when all lines are compared. ``released`` has live records of ``absent.released``.
        """
        named = partial(self._identities.other_line, desired=desired)
        self.absent.keep_named(self.findings, named, self._identities.is_collected, self.doubles, released)

    def decide_lost(self) -> None:
        """Compare the records in ``lost``; call it when all other records have been compared.

        Each entry has a manifest record that HubSpot does not have under its key, and an owned record,
        ``sides.missing``, that state has under this key or under another key property. They are the same
        record unless another manifest line names the owned record: then the manifest record is new.
        """
        if not self.lost:
            return
        taken = taken_records(self.findings.changes)
        others = self.named_otherwise.union(affected_records(self.findings.changes))
        others.update(RecordIdentity(owned.key.object, owned.record_id) for _, owned in self.findings.gone)
        for resolver, sides, entry in sorted(self.lost, key=lambda each: each[1].lost is not None):
            known = RecordIdentity(resolver.schema.name, entry.record_id)
            if sides.lost is None:
                is_new = known in taken  # not if the other line only archives it: this line keeps it
            else:
                is_new = known in others or self._identities.is_collected(known)
            if is_new:
                sides = sides._replace(owned=None, old_owned=None, lost=None)  # noqa: PLW2901 - it is new
            else:
                others.add(known)
                if sides.lost:
                    self.named_otherwise.add(known)
            decision = compare_record(resolver, sides, self.policy)
            self._take(decision, resolver.schema, sides)
            self._note_endpoint(resolver.schema, sides, decision)
            if self.selection.is_partial and decision.change is not None and replaced_by(decision.change):
                self.displaced.append(entry)  # a line that is not selected may name it by another key
        self.lost.clear()

    def decide_edited(self, edits: Edits) -> None:
        """Compare the records in ``edited`` again: now the authors of the edits are known."""
        for resolver, sides in self.edited:
            decision = compare_record(resolver, sides, self.policy, edits)
            self._take(decision, resolver.schema, sides)
        self.edited.clear()
        self.spots.clear()

    def leave_out(
        self,
        schema: ObjectSchema,
        left_out: LeftOut,
        owned: Mapping[str, OwnedRecord],
        lost: Iterable[OwnedRecord] = (),
    ) -> None:
        """Count unselected records of a type, for guards with a limit in percent. ``owned`` is by key value.

        Unselected records are not read. An unselected record that is in the state is assumed to exist. The
        state may have it under another key property: such owned records are in ``lost`` and are not pruned.
        """
        self.named_otherwise.update(RecordIdentity(each.key.object, each.record_id) for each in lost)
        for record, selected in left_out:
            population = self.findings.population(schema.name)
            if selected is None:
                is_owned = record.key in owned
                population.count(record, is_found=is_owned, is_owned=is_owned)
                old = record.special.renamed_from or ""
                self._identities.leave_out(record, schema, owned.get(record.key) or owned.get(old))
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
        """Decide what happens to owned records of a type whose keys in state are in no manifest.

        ``live`` maps record ids to live records. HubSpot's answers left out the ids in ``unanswered``: these
        records may exist.
        """
        population = self.findings.population(schema.name)
        for owned in leftovers:
            if RecordIdentity(schema.name, owned.record_id) in self.named_otherwise:
                continue
            population.asked += 1
            if owned.record_id in unanswered:
                population.unanswered += 1
                self.findings.problems.append(unanswered_problem(owned.key, None))
                continue
            found = live.get(owned.record_id)
            is_same = found is not None and found.id == owned.record_id
            if found is not None and is_same and self._identities.is_named(schema, owned.key, found, desired):
                self.named_otherwise.add(RecordIdentity(schema.name, owned.record_id))
                continue
            decided = decide_prune(
                owned,
                prune,
                is_live=found is not None and is_still(schema, owned, found),
                is_named_elsewhere=is_named_elsewhere(schema, owned, found, desired)
                if found
                else desired.is_for_other_environment(owned.key),
                rests_on=archive_rests_on(schema, owned.key.by, found, owned) if found else (),
            )
            if isinstance(decided, Change) and decided.is_remote and schema.is_read_only:
                self.findings.problems.append(only_read(decided))
            elif decided is not None:
                self.findings.add([with_display_name(decided, schema, found, owned)])

    def decide_displaced(
        self,
        schema: ObjectSchema,
        live: Mapping[str, LiveRecord],
        desired: Desired,
        unanswered: Collection[str] = (),
    ) -> None:
        """Keep ``displaced`` records in state, under their record id, if manifests name them by another key.

        A second record has the old key now, or is created with it. The second record's entry would replace
        the displaced record's entry. But if the second record must not exist (``$absent``), it gets no entry:
        then release the displaced record, as if no record had the key. ``live`` is by record id.
        """
        changes = self.findings.changes
        taken = taken_records(changes) | archived_records(changes)
        absent = self.absent.lines()
        kept: set[RecordId] = set()
        for owned in self.displaced:
            found, record = live.get(owned.record_id), RecordIdentity(schema.name, owned.record_id)
            if owned.key.object != schema.name or record in taken or owned.record_id in unanswered:
                continue
            if found is not None and self._identities.is_named(schema, owned.key, found, desired):
                key = RecordAddress(schema.name, RECORD_ID, owned.record_id)
                known = Owned(owned.origin, owned.is_protected)
                adopted = adopt_thing(key, owned.record_id, Reason.RENAMED, None, known, moved_from=owned.key)
                changes.append(with_display_name(adopted, schema, found))
                kept.add(owned.record_id)
            elif owned.key in absent and not self._identities.is_collected(record):
                released = release_thing(owned, Reason.ABSENT, absent[owned.key])
                # the plan also archives the second record, which has the same address
                changes.append(with_display_name(replace(released, step=2), schema, found, owned))
        self._create_beside(schema, kept)

    def _create_beside(self, schema: ObjectSchema, kept: Collection[RecordId]) -> None:
        """Let no created record replace one of the ``kept`` records of a type in state."""

        def decided(change: Change) -> Change:
            is_instead = change.object_type == schema.name and replaced_by(change) in kept
            return replace(change, details=None) if is_instead else change

        if any(replaced_by(change) in kept for change in self.findings.changes.replacing()):
            self.findings.replace(decided)

    def _note_endpoint(self, schema: ObjectSchema, sides: RecordSides, decision: RecordDecision) -> None:
        record, live, old_live = sides.record, sides.live, sides.old_live
        is_about = record.associations or decision.gone
        if self.endpoints and (is_about or self.endpoints.is_wanted(record.address)):
            self.endpoints.note(record.address, endpoint_of(record, schema, live or old_live, decision))
            self.associating += [record] if record.associations else []
            if live and old_live and live.id != old_live.id:
                self.endpoints.note_either(record, old_live.id)

    def _take(self, decision: RecordDecision, schema: ObjectSchema, sides: RecordSides) -> None:
        live, owned = sides.live or sides.old_live, sides.missing or sides.moved
        decision = decision_with_display_name(decision, schema, live, owned)
        add_decision(self.findings, decision)
        if decision.faulty is not None and writes_unique([decision.faulty], {schema.name: schema}):
            self.findings.faulty.append(decision.faulty)
        if self.endpoints and decision.change is not None and decision.change.values:
            self.endpoints.note_values(decision.change)
        elif self.endpoints and decision.faulty is not None:
            self.endpoints.note_refused(decision.faulty)


def _sides_of(
    record: DesiredRecord,
    live: Mapping[str, LiveRecord],
    owned: Mapping[str, OwnedRecord],
    known: Known,
) -> RecordSides:
    old = record.special.renamed_from or ""
    sides = RecordSides(record, live.get(record.key), owned.get(record.key), live.get(old), owned.get(old))
    found = sides.live or sides.old_live
    if found is None and sides.missing is None and not record.special.is_absent:
        return sides._replace(lost=known.lost.get(record.key) or known.lost.get(old))
    if found is None or sides.same is not None:
        return sides
    return sides._replace(moved=known.entries.get(found.id), is_made_by_us=found.id in known.made_by_us)
