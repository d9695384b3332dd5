"""Finding drift, and computing the manifest values that accept it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby

from reconciler.apply.recovery.recovered_state import RecoveredState, settle_batches, version_seen
from reconciler.errors import Unavailable, UsageError
from reconciler.hubspot.associations.read import read_pairs
from reconciler.hubspot.definitions.history import latest_edits
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.history import read_histories
from reconciler.hubspot.records.missing import find_missing_records
from reconciler.hubspot.records.prefetch import in_chunks, read_ahead
from reconciler.model.acceptance import Acceptance
from reconciler.model.addresses import DefinitionAddress, RecordAddress, RecordId
from reconciler.model.calls import BATCH_SIZE
from reconciler.model.definitions import PortalSchema
from reconciler.model.desired import Desired
from reconciler.model.display_names import remembered_name
from reconciler.model.drift import DriftFound
from reconciler.model.live import MissingReason, MissingRecord
from reconciler.model.owned import StateVersion
from reconciler.model.personal_data import MaskRules
from reconciler.model.portal_definitions import LiveDefinition
from reconciler.model.progress import Progress
from reconciler.model.references import RecordIdentity
from reconciler.model.selection import Glob, Selection
from reconciler.plan.change import Change
from reconciler.plan.definitions.accept import accept_lost, accept_values, drifted_definitions
from reconciler.plan.definitions.drift import drift_of_definition
from reconciler.plan.drift.accept import AcceptBuilder, DriftedRecord, chosen, keys_and_named
from reconciler.plan.drift.detect import DriftBuilder, keys_and_sent
from reconciler.plan.drift.provenance import OurRuns, our_runs
from reconciler.plan.names import Naming
from reconciler.plan.targeting import UnmatchedGlobs, selected_owned, selected_pairs
from reconciler.plan.values.resolve import Resolver
from reconciler.reconcile.owned_definitions import live_by_id, owned_definitions, recent_writes, types_of
from reconciler.reconcile.owner_lookup import OwnerLookup
from reconciler.reconcile.owner_names import owner_names
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
    has_pages: bool = True,
) -> DriftFound:
    """Compare everything that we own with the last applied values, without manifests. Writes nothing.

    Raises:
        UsageError: there is no state, the selection matches nothing that we own, or the access token belongs
        to another portal.
        ManifestError: the portal no longer has an object type of owned things.
        HubSpotError, StateError: portal or state cannot be read.
    """
    seen = _known_version(store, now)
    unfinished = store.unfinished()
    objects, defined = _types(store, unfinished)
    portal = read_portal(reader, objects | defined, portal_id, made_later=defined)
    memory = RecoveredState(store, settle_batches(reader, portal, unfinished))
    builder = DriftBuilder(masks, has_pages)
    unmatched = UnmatchedGlobs({"--target": selection.target, "--exclude": selection.exclude})
    _compare_definitions(
        reader,
        portal,
        memory,
        builder,
        objects=sorted(name for name in defined if selection.may_define(name)),
        recent=recent_writes(store, now),
        selection=selection,
        unmatched=unmatched,
    )
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
    naming = _explain(reader, portal, builder, our_runs(store.runs(), now))
    return builder.finish(portal, seen, naming, now, environment, read_calls=reader.calls)


def _explain(reader: PortalReader, portal: PortalSchema, builder: DriftBuilder, runs: OurRuns) -> Naming:
    """Find out what happened to missing records, who changed values, and the display names."""
    found = find_missing_records(reader, portal, builder.missing)
    _insist_on_answers(found)
    builder.explain_missing(portal, found)
    builder.add_histories(portal, read_histories(reader, portal, builder.drifted()), runs)
    shown = builder.shown(portal)
    return Naming(shown, owner_names(reader, shown.owner_ids()))


def _types(store: Store, unfinished: Iterable[UnfinishedBatch]) -> tuple[set[str], set[str]]:
    """Return the types of owned records, and the types of owned definitions and open calls.

    The portal may no longer have the types of the second set.
    """
    objects = {name for name, _, _ in store.owned_groups()}.union(*store.paired_types())
    defined = {name for batch in unfinished for name in batch.objects}
    return objects, defined | {name for each in store.all_definitions() for name in types_of(each)}


def _known_version(store: Store, now: datetime) -> StateVersion:
    """Return the version of the state; refuse if there is none yet."""
    seen = version_seen(store, now)
    if seen.lineage is None:
        raise UsageError(
            "nothing has been applied yet: there is no state to compare the portal with\n"
            "    run `reconciler apply` first, and keep the state where this command can read it"
        )
    return seen


def _compare_definitions(
    reader: PortalReader,
    portal: PortalSchema,
    memory: RecoveredState,
    builder: DriftBuilder,
    *,
    objects: Sequence[str],
    recent: Mapping[DefinitionAddress, Change],
    selection: Selection,
    unmatched: UnmatchedGlobs,
) -> None:
    """Compare the selected definitions that we own with the portal.

    ``recent`` are the changes that reconciler made during the last few minutes: HubSpot may still show the
    values before them.
    """
    known = {name: memory.owned_definitions(name) for name in objects}
    there: dict[RecordIdentity, LiveDefinition] = {}
    for owned, live in owned_definitions(
        reader, portal, memory, objects, selection=selection, unmatched=unmatched
    ):
        name = owned.key.object
        builder.add_definition(drift_of_definition(owned, live, recent, known[name]))
        if owned.record_id in live:
            there[RecordIdentity(name, owned.record_id)] = live[owned.record_id]
    drifted = builder.drifted_definitions()
    edits = latest_edits(reader, portal, {each: there[each] for each in there if each in drifted})
    builder.add_latest_edits(edits)


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
    """Compare the selected records and associations that we own with the portal.

    ``groups`` contains the number of owned records by object type and key property.

    Raises:
        UsageError: a glob of the selection matches nothing that we own.
    """
    total = sum(count for _, _, count in groups)
    for object_name, by, _ in groups:
        schema = portal.objects.get(object_name)
        if schema is None:
            continue  # the type is gone with its records; the missing type itself is reported
        owned = selected_owned(memory.in_order(object_name, by), selection, unmatched)
        chunks = in_chunks(owned, BATCH_SIZE)
        for chunk, live in read_ahead(reader, schema, by, chunks, partial(keys_and_sent, schema)):
            builder.add_chunk(schema, chunk, live)
            progress(builder.looked_at, total)
    for direction in sorted(memory.paired_types()):
        if not all(name in portal.objects for name in direction):
            continue
        pairs = selected_pairs(memory.pairs(*direction), direction, selection, unmatched)
        ids = [pair.source.id for pair in pairs]
        live_pairs = read_pairs(reader, *portal.schemas_of(direction), ids)
        builder.add_pairs(pairs, live_pairs, partial(_name_in_state, portal, memory))
    unmatched.refuse("reconciler owns")


def _name_in_state(portal: PortalSchema, memory: RecoveredState, record: RecordIdentity) -> str | None:
    """Return the display name that a record had when we last applied it."""
    owned = memory.owned_by_id(record.object, [record.id]).get(record.id)
    return remembered_name(portal.objects.get(record.object), owned)


def _insist_on_answers(fates: Mapping[RecordId, MissingRecord]) -> None:
    """Refuse to report drift if HubSpot's answers left out records: all records must be checked.

    Raises:
        Unavailable: HubSpot's answers left records out.
    """
    unanswered = sorted(
        record_id for record_id, fate in fates.items() if fate.kind is MissingReason.UNANSWERED
    )
    if unanswered:
        raise Unavailable(
            (
                f"HubSpot leaves {len(unanswered):,} records out of its answers, even when "
                f"reconciler asks for one record alone, such as record {unanswered[0]}: run drift again later"
            ),
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
    objects = {name for value in values for name in value.key.objects}
    portal = read_portal(reader, objects, found.portal_id)
    desired = desired.renamed({name: schema.name for name, schema in portal.objects.items()})
    owners = OwnerLookup(reader, stand_ins)
    builder = AcceptBuilder(shows_sensitive, desired.is_for_other_environment)
    wanted = {each.address: each for each in desired.definitions}
    defined_now = _live_of(reader, portal, drifted_definitions(values))
    builder.add_edits(accept_values(values, wanted, defined_now, desired.files))
    records = [value for value in values if value.key.records]
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
        for record in each.key.records:
            builder.add_lost(each, _named_at(desired, record))
        if not each.key.records:
            builder.add_edits([accept_lost(each, wanted, desired.files)])
    for pair in pairs:
        builder.add_pair(pair, _named_at(desired, pair.key))
    return builder.finish(found)


def _live_of(
    reader: PortalReader, portal: PortalSchema, drifted: Iterable[DefinitionAddress]
) -> Mapping[RecordIdentity, LiveDefinition]:
    """Read the drifted definitions again, as they are now."""
    addresses: dict[str, list[DefinitionAddress]] = {}
    for address in drifted:
        addresses.setdefault(address.object, []).append(address)
    found = live_by_id(reader, portal, addresses)
    return {
        RecordIdentity(name, found_id): each
        for name, of_type in found.items()
        for found_id, each in of_type.items()
    }


def _named_at(desired: Desired, key: RecordAddress) -> SourceRef | None:
    named = desired.records_of(*key.group).find(key.value)
    return desired.files.ref(named.place) if named else None
