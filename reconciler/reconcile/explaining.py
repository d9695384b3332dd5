"""All there is to know of one record."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TypeAlias

from reconciler.errors import Unavailable
from reconciler.hubspot.client import Reader
from reconciler.hubspot.history import read_histories
from reconciler.hubspot.live import read_records
from reconciler.hubspot.portal import read_portal
from reconciler.model.explanation import Explanation, Trace
from reconciler.model.owned import OwnedRecord
from reconciler.model.records import (
    Desired,
)
from reconciler.model.selection import Selection
from reconciler.plan.explaining import Findings, explain, spots_of
from reconciler.plan.hands import our_runs
from reconciler.plan.subject import Asked, find_subject, refuse_unknown_type
from reconciler.reconcile.planning import Circumstances, plan_changes
from reconciler.state.store import Store

Tracing: TypeAlias = Callable[[Collection[str], str, str], Trace]
"""Finds the lines that say something of a record: what manifests call its type, key property, key."""


def explain_record(
    asked: Asked, desired: Desired, reader: Reader, store: Store, *, here: Circumstances, trace: Tracing
) -> Explanation:
    """Say all there is to know of one record, or of one property of it. Writes nothing anywhere.

    Raises:
        UsageError: there is nothing at that address.
        HubSpotError: the portal cannot be read.
        StateError: the state cannot be read.
    """
    refuse_unknown_type(asked, desired, store.owned_groups())
    portal = read_portal(reader, {asked.object}, here.portal_id)
    schema = portal.objects[asked.object]
    written = {group.object for group in desired.groups} & {asked.object, schema.name}
    named = desired.renamed(dict.fromkeys(written, schema.name))

    def owned_under(value: str) -> Sequence[OwnedRecord]:
        return store.find(schema.name, by_record_id=asked.is_record_id, value=value)

    rules = {(rule.object, rule.by): rule.prune for rule in (*store.prune_rules(), *named.prune_rules)}
    personal = here.masks.personal(portal.objects, ((group.object, group.key) for group in named.groups))
    subject = find_subject(replace(asked, object=schema.name), named, owned_under, rules, personal)
    subject = subject.traced(trace(written, subject.key.by, subject.key.value))
    question = [name for name in subject.names(schema) if name in schema.properties]
    answers = read_records(reader, schema, subject.key.by, subject.keys, question)
    if answers.unanswered and not answers:
        raise Unavailable(
            "HubSpot leaves this record out of its answers, even asked for alone: ask again later",
            method="POST",
            path=f"{schema.path}/batch/read",
        )
    live = subject.live_among(answers)
    plan = None
    if subject.is_planned(named):
        only = replace(here, selection=Selection((subject.glob,)))
        plan = plan_changes(desired, reader, store, only, lambda _done, _total: None)
    return explain(
        subject,
        Findings(
            schema=schema,
            live=live,
            plan=plan,
            applyings=store.last_runs(subject.owned) if subject.owned else {},
            pairs=store.pairs_of(subject.owned) if subject.owned else (),
            histories=read_histories(reader, portal, spots_of(subject, schema, live)),
            runs=our_runs(store.runs(), here.created_at),
            masks=here.masks,
            portal_id=here.portal_id,
            environment=here.environment,
        ),
    )
