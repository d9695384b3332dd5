"""Explaining one record."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from reconciler.apply.recovery.recovered_state import RecoveredState
from reconciler.errors import Unavailable
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.history import read_histories
from reconciler.hubspot.records.read import read_records
from reconciler.model.addresses import RECORD_ID, Section
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.desired import Desired
from reconciler.model.display_names import display_properties
from reconciler.model.explanation import Explanation, RecordTrace
from reconciler.model.live import LiveRecord
from reconciler.model.owned import OwnedRecord
from reconciler.model.personal_data import MaskRules
from reconciler.model.progress import ignore_progress
from reconciler.model.selection import Glob, Selection, glob_of
from reconciler.plan.context import PlanContext
from reconciler.plan.definitions.planned_schema import bare_schema
from reconciler.plan.drift.provenance import our_runs
from reconciler.plan.explain.explain import ExplainInputs, explain, shown_by, spots_of
from reconciler.plan.explain.target import (
    ExplainTarget,
    ParsedAddress,
    definitions_that_move,
    find_subject,
    refuse_unknown_type,
    unknown_record,
)
from reconciler.plan.plan import Plan
from reconciler.plan.records.unselected_rivals import rivals
from reconciler.reconcile.owner_names import owner_names
from reconciler.reconcile.plan import plan_changes
from reconciler.reconcile.plan_definitions import made_types
from reconciler.state.store import Store

Tracing: TypeAlias = Callable[[Collection[str], str, str], RecordTrace]
"""Finds the manifest lines about a record: called with names of its type, its key property and its key."""


def explain_record(
    asked: ParsedAddress,
    desired: Desired,
    reader: PortalReader,
    store: Store,
    *,
    here: PlanContext,
    trace: Tracing,
) -> Explanation:
    """Collect everything about one record, or about one property of it. Writes nothing anywhere.

    Raises:
        UsageError: nothing exists at this address.
        HubSpotError: the portal cannot be read.
        StateError: the state cannot be read.
    """
    reader = reader.keeping_records()
    refuse_unknown_type(asked, desired, store.owned_groups())
    portal = _portal(asked, desired, reader, here)
    schema = portal.objects[asked.object]
    written = {group.object for group in desired.groups} & {asked.object, schema.name}
    named = desired.renamed(dict.fromkeys(written, schema.name))
    subject = _subject(asked, named, portal, store, here.masks)
    subject = subject.traced(trace(written, subject.key.by, subject.key.value))
    subject, live = _read_live(reader, store, schema, subject, _names_of_moves(named, schema))
    spots = {*spots_of(subject, schema, live), *spots_of(replace(subject, name=None), schema, live)}
    histories = read_histories(reader, portal, spots)
    here = replace(here, moves_only=live.id if live else None)
    plan = _plan_of(
        subject, named, portal, partial(_plan, desired, reader, store, here), is_live=live is not None
    )
    explained = explain(
        subject,
        ExplainInputs(
            schema=schema,
            live=live,
            plan=plan,
            applyings=store.last_runs(subject.owned) if subject.owned else {},
            pairs=store.pairs_of(subject.owned) if subject.owned else (),
            histories=histories,
            runs=our_runs(store.runs(), here.created_at),
            masks=here.masks,
            portal_id=here.portal_id,
            environment=here.environment,
        ),
    )
    shown = shown_by(explained, schema)
    owners = owner_names(reader, shown.owner_ids())
    names = shown.names(owners, portal.account.pages if here.has_pages else None)
    return replace(explained, names=names.with_values_of(plan.names) if plan else names)


def _plan_of(
    subject: ExplainTarget,
    named: Desired,
    portal: PortalSchema,
    plan_of: Callable[[tuple[Glob, ...]], Plan],
    *,
    is_live: bool,
) -> Plan | None:
    """Plan only this record, with definitions that may change its values; None if no plan includes it.

    Raises:
        UsageError: no manifest names the record, we do not own it, and no definition changes it.
    """
    moving = definitions_that_move(named, subject.key.object) if is_live else ()
    own = [subject.glob] if subject.is_planned(named) else []
    globs = (*own, *(glob_of(each.address.text) for each in moving))
    plan = _plan_with_others(globs, named, portal, plan_of) if globs else None
    is_known = subject.record is not None or subject.owned is not None
    if not is_known and not (plan and any(change.address == subject.key for change in plan.changes)):
        raise unknown_record(subject.key)
    return plan


def _portal(asked: ParsedAddress, desired: Desired, reader: PortalReader, here: PlanContext) -> PortalSchema:
    """Read the portal; a type that only manifests declare so far is included, without records."""
    portal = read_portal(reader, {asked.object}, here.portal_id, made_later=made_types(desired))
    there = portal.objects.get(asked.object) or bare_schema(portal, asked.object)
    return replace(portal, objects={**portal.objects, asked.object: there})


def _subject(
    asked: ParsedAddress, named: Desired, portal: PortalSchema, store: Store, masks: MaskRules
) -> ExplainTarget:
    """Find the record of the address, among records that manifests name or that we own."""
    schema = portal.objects[asked.object]

    def owned_under(value: str) -> Sequence[OwnedRecord]:
        return store.find(schema.name, by_record_id=asked.is_record_id, value=value)

    rules = {rule.group: rule.prune for rule in (*store.prune_rules(), *named.prune_rules)}
    masked = masks.masked_properties(portal.objects, (group.key_property for group in named.groups))
    return find_subject(replace(asked, object=schema.name), named, owned_under, rules, masked)


def _read_live(
    reader: PortalReader, store: Store, schema: ObjectSchema, subject: ExplainTarget, moving: Collection[str]
) -> tuple[ExplainTarget, LiveRecord | None]:
    """Read the live record; return ``subject`` with its entry in state, and the record or None.

    ``moving`` are the properties whose values the plan may replace, because it removes options or stages.

    Raises:
        Unavailable: HubSpot's answers leave the record out.
    """
    if schema.is_new or not (subject.key.by == RECORD_ID or schema.can_identify(subject.key.by)):
        return subject, None  # the key property does not exist yet
    question = _names_to_read(subject, schema, moving)
    answers = read_records(reader, schema, subject.key.by, subject.keys, question)
    if answers.unanswered and not answers:
        raise Unavailable(
            (
                "HubSpot leaves this record out of its answers, even when reconciler asks for this "
                "record alone: run explain again later"
            ),
            method="POST",
            path=f"{schema.path}/batch/read",
        )
    live = subject.live_among(answers)
    if live is None:
        by, value = subject.key.by, subject.key.value
        missed = [value] if subject.record and not subject.owned else []
        lost = RecoveredState(store, ()).once_known_as(schema, by, missed)
        return subject.owned_as(lost.get(value)), None
    subject = subject.owned_as(store.owned_by_id(schema.name, [live.id]).get(live.id))
    more = _names_to_read(subject, schema, moving)
    if more != question:
        live = subject.live_among(read_records(reader, schema, subject.key.by, subject.keys, more))
    return subject, live


def _names_of_moves(desired: Desired, schema: ObjectSchema) -> Collection[str]:
    """Return the properties of a type whose values may change because a definition is removed."""
    names: set[str] = set()
    for each in definitions_that_move(desired, schema.name):
        if each.address.section is Section.PROPERTIES:
            names |= {each.address.name, each.special.moves_to or each.address.name}
        else:
            names |= set(schema.pipeline_and_stage or ())
    return names


def _names_to_read(subject: ExplainTarget, schema: ObjectSchema, moving: Collection[str]) -> Sequence[str]:
    """Return the properties to read: the requested one, and those that planning needs."""
    names = {*subject.names(schema), *replace(subject, name=None).names(schema), *moving}
    return sorted((names & schema.properties.keys()).union(display_properties(schema)))


def _plan(
    desired: Desired, reader: PortalReader, store: Store, here: PlanContext, globs: tuple[Glob, ...]
) -> Plan:
    return plan_changes(desired, reader, store, replace(here, selection=Selection(globs)), ignore_progress)


def _plan_with_others(
    globs: tuple[Glob, ...], named: Desired, portal: PortalSchema, plan_of: Callable[[tuple[Glob, ...]], Plan]
) -> Plan:
    """Plan what ``globs`` select, what this needs, and records that have or get the same unique values.

    Plan again with these additions until nothing has to be added.
    """
    while True:
        plan = plan_of(globs)
        more = {problem.needs for problem in plan.problems if problem.needs}
        more |= {key.text for key in rivals(plan.changes, named, portal)}
        added = sorted(more - {glob.text for glob in globs})
        if not added:
            return plan
        globs += tuple(map(glob_of, added))
