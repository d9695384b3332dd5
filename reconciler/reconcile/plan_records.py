"""Planning records: those that the manifests name, chunk by chunk, and other records that we own."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from reconciler.apply.recovery.recovered_state import RecoveredState
from reconciler.errors import Unavailable
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.history import read_histories
from reconciler.hubspot.records.missing import find_missing_records
from reconciler.hubspot.records.prefetch import in_chunks, read_ahead
from reconciler.hubspot.records.read import read_records
from reconciler.model.addresses import RECORD_ID, RecordId, Section, definition_address
from reconciler.model.calls import BATCH_SIZE
from reconciler.model.canonical import form_people_see
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.desired import Desired, DesiredGroup
from reconciler.model.desired_records import DesiredRecord, Prune, PruneRule
from reconciler.model.display_names import display_properties
from reconciler.model.live import LiveRecord, LiveRecords
from reconciler.model.object_references import GroupKey
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.model.personal_data import MaskRules
from reconciler.model.progress import Progress
from reconciler.model.references import RecordIdentity
from reconciler.model.selection import Selection
from reconciler.plan.associations.compare import AssociationContext
from reconciler.plan.associations.endpoints import Endpoints
from reconciler.plan.definitions.planned_labels import PlannedLabels
from reconciler.plan.drift.provenance import Edits, OurRuns
from reconciler.plan.findings import Findings
from reconciler.plan.records.conflicts import UniqueValues, with_faulty
from reconciler.plan.records.decisions import explain_gone, settle_identities
from reconciler.plan.records.identity import is_still, names_that_identify
from reconciler.plan.records.planner import Known, RecordPlanner
from reconciler.plan.records.prune import not_in_manifests
from reconciler.plan.records.respelled import keys_by_form
from reconciler.plan.records.unanswered import is_too_much
from reconciler.plan.records.unique_values import KeyLine, KeyUse, Value, value_of
from reconciler.plan.records.unselected_rivals import LeftBehind
from reconciler.plan.rests_on import names_rested_on
from reconciler.plan.targeting import LeftOut, UnmatchedGlobs, selected
from reconciler.plan.values.resolve import Resolver, keys_and_names
from reconciler.reconcile.owner_lookup import OwnerLookup
from reconciler.reconcile.plan_associations import PlanningAssociations
from reconciler.reconcile.unique_value_holders import read_holders

EDITED_AT_ONCE = 2_000
"""Number of edited records to collect before their authors are read, with forty calls in parallel."""


@dataclass(slots=True)
class PlanningRecords:
    """The data and the steps for making the plan of records."""

    desired: Desired
    reader: PortalReader
    portal: PortalSchema
    memory: RecoveredState
    records: RecordPlanner
    endpoints: Endpoints
    runs: OurRuns
    selection: Selection
    unmatched: UnmatchedGlobs
    # by key property: the keys of owned records that no line names exactly, by the form that people see
    _unnamed: dict[GroupKey, Mapping[str, str]] = field(default_factory=dict)

    @property
    def findings(self) -> Findings:
        """The findings of planning so far."""
        return self.records.findings

    def compare(self, rules: Iterable[PruneRule], stand_ins: Mapping[str, str], progress: Progress) -> None:
        """Compare the records that the manifests name, and other records that we own."""
        self.compare_named(stand_ins, progress)
        self.keep_named()
        for rule in rules:
            self.compare_leftovers(rule)
        self.decide_displaced()
        settle_identities(self.findings)

    def compare_named(self, stand_ins: Mapping[str, str], progress: Progress) -> None:
        """Compare the records that the manifests name, chunk by chunk."""
        owners = OwnerLookup(self.reader, stand_ins)
        done = 0
        for group in self.desired.groups:
            self.unmatched.check_all(group.records)
            if not self.selection.may_have(group.object) or group.object not in self.portal.objects:
                continue
            resolver = Resolver(self.portal.objects[group.object], self.desired.files, {})
            knowing_owners = partial(owners.resolver_for, resolver, group.records)
            if not self.records.can_identify(resolver, group, knowing_owners):
                continue
            question = partial(self._question, resolver.schema, group)
            unknown = self.records.unknown_columns(resolver, group)
            named = group.records if self.desired.has_one_key(group.object) else None
            leave_out = partial(self._leave_out, group)
            chunks = selected(group.chunks(BATCH_SIZE), self.selection, leave_out, BATCH_SIZE)
            if unknown:
                chunks = ([_without(record, unknown) for record in chunk] for chunk in chunks)
            for records, live in read_ahead(self.reader, resolver.schema, group.key, chunks, question):
                keys, _ = question(records)
                owned = self.memory.owned(group.object, group.key, keys)
                resolver = owners.resolver_for(resolver, records)
                known = self._known(group.object, live.values(), owned.values())
                unfound = [key for key in keys if key not in live and key not in owned]
                lost = self.memory.once_known_as(resolver.schema, group.key, unfound)
                unfound = [key for key in unfound if key not in lost]
                known = known._replace(
                    lost=lost, respelled=self._still_there(resolver.schema, self._respelled(group, unfound))
                )
                self.records.add_chunk(
                    resolver, records, live, owned, named, known=known, unanswered=live.unanswered
                )
                if len(self.records.edited) >= EDITED_AT_ONCE:
                    self.decide_edited()
                done += len(records)
                progress(done, self.desired.record_count)
        self.decide_edited()
        self.records.decide_lost()

    def _known(self, object_name: str, live: Iterable[LiveRecord], owned: Iterable[OwnedRecord]) -> Known:
        """Return ``owned``, and what state and journal know about other ``live`` records, by record id.

        Nothing is looked up if all live records are in ``owned``, which is the most frequent case.
        """
        known = {entry.record_id: entry for entry in owned}
        found = {record.id for record in live} - known.keys()
        if not found:
            return Known(known, ())
        moved = self.memory.owned_by_id(object_name, sorted(found))
        return Known(known | moved, self.memory.created(object_name, sorted(found - moved.keys())))

    def _respelled(self, group: DesiredGroup, keys: Sequence[str]) -> Mapping[str, OwnedRecord]:
        """Return owned records whose key differs from one of ``keys`` only in its spelling, by that key.

        Only owned records that no line names by their exact key are returned.
        """
        schema, by = self.portal.objects[group.object], group.key
        if by == RECORD_ID or not keys:
            return {}
        if group.group not in self._unnamed:
            unnamed = not_in_manifests(self.memory.in_order(schema.name, by), group.records)
            self._unnamed[group.group] = keys_by_form(schema, by, unnamed)
        forms, kind = self._unnamed[group.group], schema.kind_of(by)
        spelled = {key: forms[form] for key in keys if (form := form_people_see(kind, key)) in forms}
        owned_by_key = self.memory.owned(schema.name, by, sorted(set(spelled.values())))
        return {key: owned_by_key[text] for key, text in spelled.items() if text in owned_by_key}

    def _still_there(
        self, schema: ObjectSchema, owned: Mapping[str, OwnedRecord]
    ) -> Mapping[str, OwnedRecord]:
        """Return those ``owned`` records that HubSpot still has under their key in state."""
        if not owned:
            return {}
        ids = sorted({entry.record_id for entry in owned.values()})
        names = sorted({entry.key.by for entry in owned.values()})
        live = read_records(self.reader, schema, RECORD_ID, ids, names)
        return {
            key: entry
            for key, entry in owned.items()
            if entry.record_id in live and is_still(schema, entry, live[entry.record_id])
        }

    def keep_named(self) -> None:
        """Keep records that must not exist according to one line, but that another line names."""
        found: dict[RecordIdentity, LiveRecord] = {}
        if self.selection.is_partial:  # otherwise, the records that lines name are read already
            ids: dict[str, list[RecordId]] = {}
            for object_name, record_id in self.records.absent.released():
                ids.setdefault(object_name, []).append(record_id)
            for object_name, of_type in ids.items():
                for live in self._by_id(object_name, of_type):
                    found |= {RecordIdentity(object_name, record.id): record for record in live.values()}
        self.records.keep_named(self.desired, found)

    def _by_id(self, object_name: str, ids: Iterable[RecordId]) -> Iterator[LiveRecords]:
        """Read records by their ids, with the properties by which manifests may name them."""
        schema = self.portal.objects[object_name]
        names = sorted(names_that_identify(schema, self.desired).union(display_properties(schema)))
        for chunk in in_chunks(iter(ids), BATCH_SIZE):
            yield read_records(self.reader, schema, RECORD_ID, chunk, names)

    def decide_displaced(self) -> None:
        """Go on owning records whose key another record has now, or release them.

        Only records that manifests name by another key stay owned.
        """
        for object_name in sorted({owned.key.object for owned in self.records.displaced}):
            schema = self.portal.objects[object_name]
            ids = [owned.record_id for owned in self.records.displaced if owned.key.object == object_name]
            for live in self._by_id(object_name, ids):
                self.records.decide_displaced(schema, live, self.desired, live.unanswered)

    def decide_edited(self) -> None:
        """Read the authors of edits, and compare the edited records again."""
        histories = read_histories(self.reader, self.portal, self.records.spots)
        self.records.decide_edited(Edits(histories, self.runs))

    def compare_leftovers(self, rule: PruneRule) -> None:
        """Plan what happens to owned records that the manifests do not name."""
        if rule.prune is Prune.OFF and not self.desired.other_environments:
            return  # unnamed records are left alone
        if not self.selection.may_have(rule.object) or rule.object not in self.portal.objects:
            return
        schema, by = self.portal.objects[rule.object], rule.by
        leftovers = not_in_manifests(
            self.memory.in_order(schema.name, by), self.desired.records_of(schema.name, by)
        )
        leftovers = self.unmatched.passing(leftovers)
        is_pruned = rule.prune is not Prune.OFF
        wanted = (
            entry
            for entry in leftovers
            if self.selection.has_record(entry.key)
            and (is_pruned or self.desired.is_for_other_environment(entry.key))
        )
        for chunk in in_chunks(wanted, BATCH_SIZE):
            ids = [entry.record_id for entry in chunk]
            names = names_rested_on(schema, chunk) | ({by} - {RECORD_ID})
            names |= names_that_identify(schema, self.desired).union(display_properties(schema))
            live = read_records(self.reader, schema, RECORD_ID, ids, sorted(names))
            self.records.add_leftovers(
                schema, chunk, live, self.desired, rule.prune, unanswered=live.unanswered
            )

    def count_others(self, owned: Iterable[tuple[str, str, int]]) -> None:
        """Count the owned records of each type, for guards with a limit in percent of them.

        Also find out whether the portal has any records of a type, if a guard depends on this.
        """
        for object_name, _, count in owned:
            self.findings.population(object_name).owned += count
        for object_name in {*self.findings.doubtful_types(), *self._types_by_new_keys()}:
            schema = self.portal.objects[object_name]
            has_records = not schema.is_new and self.reader.has_records(schema.path)
            self.findings.population(object_name).has_records = has_records

    def _types_by_new_keys(self) -> set[str]:
        """Return the object types whose key property is new: no live record has a value in it yet.

        This plan creates the property, or an earlier run of ours created it. Mark the types: ``has_new_key``.
        """
        types: set[str] = set()
        doubtful = self.findings.doubtful_types(fewest=0)
        for group in self.desired.groups:
            schema = self.portal.objects.get(group.object)
            if schema is None:
                continue
            if group.key in schema.new_properties or (
                schema.name in doubtful and self._is_empty_key_of_ours(schema, group.key)
            ):
                self.findings.population(schema.name).has_new_key = True
                types.add(schema.name)
        return types

    def _is_empty_key_of_ours(self, schema: ObjectSchema, name: str) -> bool:
        """Return whether we created the key ``name``, and search finds no record with a value in it."""
        address = definition_address(schema.name, Section.PROPERTIES, name)
        owned = self.memory.owned_definitions(schema.name)
        is_ours = any(each.key == address and each.origin is Origin.CREATED for each in owned)
        return is_ours and not self.reader.searches.find_holders(schema.path, name, None).total

    def refuse_conflicts(self, masks: MaskRules) -> UniqueValues:
        """Leave out changes that HubSpot would refuse because of their unique values, and report them."""
        findings, objects = self.findings, self.portal.objects
        left_behind = LeftBehind(self.desired, self.portal, self.selection, masks)
        checked = with_faulty(findings.changes, findings.workspace, findings.faulty)
        holders = read_holders(self.reader, self.portal, checked, left_behind.key_names)
        ids = {value: record.id for value, record in holders.items()}
        unique_values = UniqueValues(objects, ids, left_behind.givers(holders), self._free_keys())
        sound = unique_values.without_conflicts(findings.changes, findings.workspace, findings.faulty)
        findings.changes = sound.changes
        findings.problems.extend(sound.problems)
        for change in sound.left_out:
            self.endpoints.withdraw(change)
        return unique_values

    def _free_keys(self) -> Mapping[Value, KeyLine]:
        """Return the keys in lines that no record may get as a value."""
        keys = dict(self.records.free_keys)
        for held, _ in self.findings.gone:
            for key in held.key.records:
                if held.source is not None and key.by != RECORD_ID:
                    value = value_of(self.portal.objects[key.object], key.by, key.value)
                    keys.setdefault(value, KeyLine(key, held.source, KeyUse.GONE))
        return keys

    def compare_associations(self, context: AssociationContext, planned_labels: PlannedLabels) -> None:
        """Compare the associations of all compared records; ``planned_labels``: labels after the plan."""
        planning = PlanningAssociations(
            self.reader, self.portal, self.memory, self.findings, self.endpoints, context, planned_labels
        )
        planning.compare(self.records.associating)

    def conclude(self, owned: Iterable[tuple[str, str, int]]) -> None:
        """Refuse globs that match nothing, and count records for guards with a limit in percent.

        Raises:
            UsageError: a glob matches nothing.
        """
        self.unmatched.refuse("the manifests name or that `prune` applies to")
        self.count_others(owned)

    def explain_missing(self) -> None:
        """Find out why records are missing in HubSpot (archived, merged ...), and add this to the findings.

        Refuse to plan if HubSpot's answers left out too many records.
        """
        self.explain_gone()
        self.insist_on_answers()

    def explain_gone(self) -> None:
        """Find out what happened to owned records that are no longer found by their key."""
        gone = [owned for _, owned in self.findings.gone]
        before = self.reader.calls
        fates = find_missing_records(self.reader, self.portal, gone)
        explain_gone(self.findings, fates, endpoints=self.endpoints)
        self.findings.missing_calls += self.reader.calls - before

    def insist_on_answers(self) -> None:
        """Refuse to plan if HubSpot's answers left out many records.

        Raises:
            Unavailable: the answers left out more than a tenth of the records of a type.
        """
        for object_name, population in sorted(self.findings.populations.items()):
            if is_too_much(population.asked, population.unanswered):
                raise Unavailable(
                    f"HubSpot leaves {population.unanswered:,} of {population.asked:,} {object_name} out of "
                    "its answers, even when reconciler asks for one record alone: plan again later",
                    method="POST",
                    path=f"{self.portal.objects[object_name].path}/batch/read",
                )

    def _question(
        self, schema: ObjectSchema, group: DesiredGroup, records: Sequence[DesiredRecord]
    ) -> tuple[Sequence[str], Sequence[str]]:
        """Return the keys and the properties to read for comparing ``records``.

        For records to archive, these include all properties whose change makes the archive stale.
        """
        keys, names = keys_and_names(schema, records)
        unwanted = [record.key for record in records if record.special.is_absent]
        if unwanted:
            owned = self.memory.owned(group.object, group.key, unwanted).values()
            more = names_rested_on(schema, owned) | names_that_identify(schema, self.desired)
            names = sorted(more.union(names))
        return keys, names

    def _leave_out(self, group: DesiredGroup, left_out: LeftOut) -> None:
        schema = self.portal.objects[group.object]
        keys, _ = keys_and_names(schema, [record for record, selected in left_out if selected is None])
        owned = self.memory.owned(group.object, group.key, keys)
        unknown = [key for key in keys if key not in owned]
        lost = self.memory.once_known_as(schema, group.key, unknown)
        respelled = self._respelled(group, [key for key in unknown if key not in lost])
        self.records.leave_out(schema, left_out, owned, [*lost.values(), *respelled.values()])


def _without(record: DesiredRecord, unknown: Collection[str]) -> DesiredRecord:
    """Return ``record``; if it comes from a table, without its values in the ``unknown`` columns.

    These columns are reported once for the whole table.
    """
    return record.without(unknown) if record.document.columns else record
