"""Finding drift, and computing the manifest values that accept it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby

from reconciler.apply.recovery.recovered_state import RecoveredState, version_seen
from reconciler.apply.recovery.settle import settle_batch
from reconciler.errors import Unavailable, UsageError
from reconciler.hubspot.associations.read import read_pairs
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.history import read_histories
from reconciler.hubspot.records.missing import find_missing_records
from reconciler.hubspot.records.prefetch import in_chunks, read_ahead
from reconciler.model.acceptance import Acceptance
from reconciler.model.addresses import RecordId, ThingAddress
from reconciler.model.calls import BATCH_SIZE
from reconciler.model.definitions import PortalSchema
from reconciler.model.desired import Desired
from reconciler.model.drift import DriftedValue, DriftFound
from reconciler.model.live import MissingReason, MissingRecord
from reconciler.model.owned import StateVersion
from reconciler.model.personal_data import MaskRules
from reconciler.model.portal_definitions import LiveDefinition
from reconciler.model.progress import Progress
from reconciler.model.selection import Glob, Selection
from reconciler.plan.definitions.accept import accept_lost, accept_values
from reconciler.plan.definitions.drift import addresses_of, drift_of_definition
from reconciler.plan.drift.accept import AcceptBuilder, DriftedRecord, chosen, keys_and_named
from reconciler.plan.drift.detect import DriftBuilder, keys_and_sent
from reconciler.plan.drift.provenance import our_runs
from reconciler.plan.targeting import UnmatchedGlobs, selected_owned, selected_pairs
from reconciler.plan.values.resolve import Resolver
from reconciler.reconcile.owned_definitions import live_by_id, owned_definitions, recent_writes
from reconciler.reconcile.owner_lookup import OwnerLookup
from reconciler.source import SourceRef
from reconciler.state.run_types import UnfinishedBatch
from reconciler.state.store import Store


def find_drift(
    reader: PortalReader,
    store: Store,
    *,
    environment: str,
    portal_id: int,
    selection: Selection,
    masks: MaskRules,
    now: datetime,
    progress: Progress,
) -> DriftFound:
    """Compare everything that we own with what we last applied, without manifests. Writes nothing.

    Raises:
        UsageError: there is no state to compare with, the selection matches nothing that we own, or the
            credentials belong to another portal.
        ManifestError: the portal does not have an object type any more.
        HubSpotError: the portal cannot be read.
        StateError: the state cannot be read.
    """
    seen = _known_version(store, now)
    unfinished = store.unfinished()
    objects, defined = _types(store, selection, unfinished)
    portal = read_portal(reader, objects | defined, portal_id, lacking=None if objects else [])
    memory = RecoveredState(store, [(batch, settle_batch(reader, portal, batch)) for batch in unfinished])
    builder = DriftBuilder(masks)
    unmatched = UnmatchedGlobs({"--target": selection.target, "--exclude": selection.exclude})
    recent = recent_writes(store, now)
    definitions = owned_definitions(reader, portal, memory, defined, selection=selection, unmatched=unmatched)
    for each, of_type in definitions:
        builder.add_definition(drift_of_definition(each, of_type, recent))
    _compare_owned(
        reader,
        portal,
        memory,
        builder,
        groups=store.owned_groups(),
        selection=selection,
        unmatched=unmatched,
        progress=progress,
    )
    _explain_missing(reader, portal, builder)
    histories = read_histories(reader, portal, builder.drifted())
    builder.add_histories(portal, histories, our_runs(store.runs(), now))
    return builder.finish(
        created_at=now, environment=environment, portal=portal, state=seen, read_calls=reader.calls
    )


def _explain_missing(reader: PortalReader, portal: PortalSchema, builder: DriftBuilder) -> None:
    """Find out what became of owned records that the portal does not show."""
    found = find_missing_records(reader, portal, builder.missing)
    _insist_on_answers(found)
    builder.explain_missing(found)


def _types(
    store: Store, selection: Selection, unfinished: Iterable[UnfinishedBatch]
) -> tuple[set[str], set[str]]:
    """Return the object types of what we own and of open batches, and those of owned definitions."""
    objects = {name for name, _, _ in store.owned_groups()}.union(*store.paired_types())
    objects = objects.union(*(batch.objects for batch in unfinished))
    defined = {each.key.object for each in store.all_definitions() if selection.may_define(each.key.object)}
    return objects, defined


def _known_version(store: Store, now: datetime) -> StateVersion:
    """Return the version of the state to compare with."""
    seen = version_seen(store, now)
    if seen.lineage is None:
        raise UsageError(
            "nothing was ever applied here: there is no state to compare the portal with\n"
            "    reconciler apply, with the state kept where this run can read it"
        )
    return seen


def _compare_owned(
    reader: PortalReader,
    portal: PortalSchema,
    memory: RecoveredState,
    builder: DriftBuilder,
    *,
    groups: Sequence[tuple[str, str, int]],
    selection: Selection,
    unmatched: UnmatchedGlobs,
    progress: Progress,
) -> None:
    """Compare the selected records and associations that we own with what the portal has.

    ``groups`` are object type, key property and number of the owned records.

    Raises:
        UsageError: a glob of the selection matches nothing that we own.
    """
    total = sum(count for _, _, count in groups)
    for object_name, by, _ in groups:
        schema = portal.objects[object_name]
        owned = selected_owned(memory.in_order(object_name, by), selection, unmatched)
        chunks = in_chunks(owned, BATCH_SIZE)
        for chunk, live in read_ahead(reader, schema, by, chunks, keys_and_sent):
            builder.add_chunk(schema, chunk, live)
            progress(builder.looked_at, total)
    for direction in sorted(memory.paired_types()):
        pairs = selected_pairs(memory.pairs(*direction), direction, selection, unmatched)
        ids = [pair.source.id for pair in pairs]
        builder.add_pairs(pairs, read_pairs(reader, *portal.schemas_of(direction), ids))
    unmatched.refuse("we own")


def _insist_on_answers(fates: Mapping[RecordId, MissingRecord]) -> None:
    """Refuse to report drift if some records are unanswered: "no drift" must mean that all were checked.

    Raises:
        Unavailable: HubSpot leaves records out of its answers.
    """
    unanswered = sorted(
        record_id for record_id, fate in fates.items() if fate.kind is MissingReason.UNANSWERED
    )
    if unanswered:
        raise Unavailable(
            f"HubSpot leaves {len(unanswered):,} records out of its answers, even where they are asked for "
            f"alone, such as record {unanswered[0]}: look again later",
            method="POST",
            path="batch/read",
        )


def accept_drift(
    found: DriftFound,
    globs: Iterable[Glob],
    desired: Desired,
    reader: PortalReader,
    *,
    stand_ins: Mapping[str, str],
    shows_sensitive: bool,
) -> Acceptance:
    """Compute the manifest values that accept the drift. Writes nothing anywhere.

    Raises:
        UsageError: a glob matches no drift.
        HubSpotError: the portal cannot be read.
    """
    values, lost, pairs = chosen(found, globs)
    objects = {value.key.object for value in values}
    portal = read_portal(reader, objects, found.portal_id)
    desired = desired.renamed({name: schema.name for name, schema in portal.objects.items()})
    owners = OwnerLookup(reader, stand_ins)
    builder = AcceptBuilder(shows_sensitive, desired.is_for_other_environment)
    wanted = {each.address: each for each in desired.definitions}
    defined = [value for value in values if not value.key.object_of_values]
    defined_now = _live_of(reader, portal, defined)
    builder.add_edits(accept_values(defined, wanted, defined_now, desired.files))
    records = [value for value in values if value.key.object_of_values]
    for (object_name, by), of_group in groupby(records, lambda value: value.key.group):
        schema, named_so = portal.objects[object_name], desired.records_of(object_name, by)
        resolver = Resolver(schema, desired.files, {})
        group = tuple(of_group)
        owners_now = (value.live or "" for value in group if value.name in resolver.owner_names)
        resolver = owners.resolver_knowing(resolver, ";".join(owners_now).split(";"))
        drifted = (
            DriftedRecord(named_so.find(key.value), tuple(of))
            for key, of in groupby(group, lambda value: value.key)
        )
        chunks = in_chunks(drifted, BATCH_SIZE)
        for chunk, live in read_ahead(reader, schema, by, chunks, partial(keys_and_named, schema)):
            named = (drifted.record for drifted in chunk if drifted.record is not None)
            builder.add_chunk(owners.resolver_for(resolver, named), chunk, live)
    for each in lost:
        if each.key.object_of_values:
            builder.add_lost(each, _named_at(desired, each.key))
        else:
            builder.problems.append(accept_lost(each, wanted, desired.files))
    for pair in pairs:
        builder.add_pair(pair, _named_at(desired, pair.key))
    return builder.finish(found.masked_properties)


def _live_of(
    reader: PortalReader, portal: PortalSchema, drifted: Iterable[DriftedValue]
) -> Mapping[RecordId, LiveDefinition]:
    """Read definitions that drifted again, by identity."""
    found = live_by_id(reader, portal, addresses_of(drifted))
    return {identity: each for of_type in found.values() for identity, each in of_type.items()}


def _named_at(desired: Desired, key: ThingAddress) -> SourceRef | None:
    named = desired.records_of(*key.group).find(key.value)
    return desired.files.ref(named.place) if named else None
