"""Explaining one record from manifests, state, portal, and a plan of only this record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.errors import Severity
from reconciler.model.addresses import ThingAddress
from reconciler.model.associations import OwnedAssociation
from reconciler.model.definitions import ObjectSchema
from reconciler.model.desired_records import Ownership
from reconciler.model.display_names import display_name, display_properties, remembered_name
from reconciler.model.explanation import (
    ApplyRun,
    Explanation,
    LastApplied,
    ManifestLine,
    NextAction,
    PlannedStage,
    PropertyExplained,
)
from reconciler.model.live import LiveRecord
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import OwnedRecord, OwnedThing
from reconciler.model.personal_data import MaskRules
from reconciler.model.property_history import PropertyHistories, ValueVersion
from reconciler.model.references import PropertyRef
from reconciler.model.runs import RunHeader
from reconciler.plan.associations.explain import explain_pairs
from reconciler.plan.change import Change, Reason
from reconciler.plan.drift.provenance import OurRuns, trail_of
from reconciler.plan.explain.target import ExplainTarget
from reconciler.plan.kinds import verb_of
from reconciler.plan.names import ShownThings
from reconciler.plan.plan import Plan
from reconciler.plan.stages import StageName, walk_stages
from reconciler.plan.values.equality import same_value
from reconciler.source import SourceRef

_NOTHING = NextAction("nothing")


@dataclass(frozen=True, slots=True)
class ExplainInputs:
    """Facts from portal, journal and plan about the record."""

    schema: ObjectSchema
    live: LiveRecord | None
    plan: Plan | None  # plan of only this record; None if no plan would include it
    applyings: Mapping[str, RunHeader]  # by property, the run that last applied its value
    pairs: Sequence[OwnedAssociation]
    histories: PropertyHistories
    runs: OurRuns
    masks: MaskRules
    portal_id: int
    environment: str


def spots_of(subject: ExplainTarget, schema: ObjectSchema, live: LiveRecord | None) -> Iterator[PropertyRef]:
    """Return the properties whose history should be read: the requested property, or drifted properties."""
    for name in subject.names(schema) if live else ():
        if live and (name == subject.name or _has_drifted(subject.owned, schema, live, name)):
            yield PropertyRef(subject.key.object, live.id, name)


def explain(subject: ExplainTarget, findings: ExplainInputs) -> Explanation:
    """Build the explanation of a record or property from all facts about it."""
    schema, live, owned, plan = findings.schema, findings.live, subject.owned, findings.plan
    names = sorted({*subject.names(schema), *_moved_names(subject, plan)})
    record_id = live.id if live else owned.record_id if owned else None
    asked = {subject.key.text, *map(subject.key.property_address, names)}
    planned = _in_stages(plan) if plan else ()
    pairs = tuple(explain_pairs(subject.key, findings.pairs, planned)) if subject.name is None else ()
    shown = [ObjectProperty(subject.key.object, name) for name in (*names, subject.key.by)]
    moves_from = owned.key if owned and owned.key != subject.key else None
    shown += [moves_from.key_property] if moves_from else []
    shown += (pair.target.key_property for pair in pairs)
    made_of = display_properties(schema)
    shown += (ObjectProperty(schema.name, name) for name in made_of)
    return Explanation(
        key=subject.key,
        name=subject.name,
        environment=findings.environment,
        portal_id=findings.portal_id,
        record_id=record_id,
        is_live=live is not None,
        origin=owned.origin if owned else None,
        is_protected=owned is not None and owned.is_protected,
        declared=_declared(subject),
        prune=subject.prune,
        step=step_of_thing(plan, subject.key),
        properties=tuple(_property(subject, findings, name) for name in names),
        pairs=pairs,
        problems=tuple(problem for problem in plan.problems if problem.address in asked) if plan else (),
        moves_from=moves_from,
        masked_properties=findings.masks.masked_properties({schema.name: schema}, shown),
        display_name=display_name(made_of, live.properties) if live else _remembered(subject, schema),
    )


def _moved_names(subject: ExplainTarget, plan: Plan | None) -> Iterable[str]:
    """Return the properties that the plan writes because it removes a definition that the record uses.

    Such a definition is, for example, an option or a stage.
    """
    if plan is None or subject.name is not None:
        return ()
    own = (change for change in plan.changes if change.address == subject.key)
    return (value.name for change in own for value in change.values if value.reason is Reason.MIGRATED)


def shown_by(explained: Explanation, schema: ObjectSchema) -> ShownThings:
    """Collect the properties and values that the explanation of a record shows."""
    shown = ShownThings({schema.name: schema})
    shown.add(*explained.key.key_property)
    for of in explained.properties:
        last = (of.last.sent, of.last.kept) if of.last else ()
        versions = (version.value for version in of.versions)
        shown.add(schema.name, of.name, *last, of.live, of.step.after, *versions)
    return shown


def _remembered(subject: ExplainTarget, schema: ObjectSchema) -> str | None:
    """Return the display name in state, for a record that HubSpot no longer has."""
    return remembered_name(schema, subject.owned) if isinstance(subject.owned, OwnedRecord) else None


def _declared(subject: ExplainTarget) -> tuple[SourceRef, ...]:
    if subject.trace.declared or subject.record is None:
        return subject.trace.declared
    return (subject.files.ref(subject.record.place),)


def _property(subject: ExplainTarget, findings: ExplainInputs, name: str) -> PropertyExplained:
    record, live = subject.record, findings.live
    is_managed = record is not None and name in record.names
    return PropertyExplained(
        name=name,
        statements=_statements(subject, name) if is_managed else (),
        unmanaged_at=subject.trace.unmanaged.get(name),
        ownership=record.document.ownership_of(name) if record and is_managed else None,
        last=last_applied(subject.owned, findings.applyings, name),
        live=live.properties.get(name) if live else None,
        versions=_versions(subject, findings, name),
        step=_step(subject, findings, name),
    )


def _statements(subject: ExplainTarget, name: str) -> tuple[ManifestLine, ...]:
    """Return the manifest lines that set a property; the last line is effective.

    For a record in a table, only the effective line is known.
    """
    record = subject.record
    if record is None:
        return ()
    index = record.names.index(name)
    holds = ManifestLine(record.values[index], subject.files.ref(record.places[index]))
    said = subject.trace.statements.get(name, ())
    return said if said and said[-1].source == holds.source else (holds,)


def last_applied(
    owned: OwnedThing | None, applyings: Mapping[str, RunHeader], name: str
) -> LastApplied | None:
    """Return the last applied value at ``name``; None if we never applied one."""
    if owned is None or name not in owned.sent:
        return None
    run = applyings.get(name)
    applying = ApplyRun(run.id, run.started_at, run.actor, run.commit) if run else None
    return LastApplied(owned.sent[name], owned.expected_live(name), applying)


def _versions(subject: ExplainTarget, findings: ExplainInputs, name: str) -> tuple[ValueVersion, ...]:
    """Return the changes of property ``name``: all if the user named it, else those since the last apply."""
    owned, live = subject.owned, findings.live
    history = findings.histories.get(PropertyRef(subject.key.object, live.id, name)) if live else None
    if live is None or history is None:
        return ()
    if subject.name is not None or owned is None:
        return history.versions
    kind = findings.schema.kind_of(name)
    return trail_of(
        history, kind, owned.expected_live(name), live.properties.get(name), findings.runs
    ).versions


def step_of_thing(plan: Plan | None, key: ThingAddress) -> NextAction:
    """Return the next action on a whole record or definition according to ``plan``."""
    if plan is None:
        return _NOTHING
    if _is_wrong(plan, key.text):
        return NextAction("problem")
    own = [(change, stage) for change, stage in _in_stages(plan) if change.address == key]
    if own:
        first, _ = own[0]
        return NextAction(verb_of(first), first.reason, stages=tuple(stage for _, stage in own))
    for held in plan.held:
        if held.key == key and held.what is None:
            return NextAction("leave", held.reason, facts=held.facts)
    return _NOTHING


def _step(subject: ExplainTarget, findings: ExplainInputs, name: str) -> NextAction:
    """Return the next action on one property according to the record's plan."""
    plan, key, record = findings.plan, subject.key, subject.record
    if plan is None:
        return _NOTHING
    planned = planned_action(plan, key, name)
    if planned is not None and (record is None or planned.reason == Reason.MIGRATED):
        return planned
    if record is None:
        return _NOTHING
    is_managed = name in record.names
    if is_managed and record.document.ownership_of(name) is Ownership.INITIAL and findings.live is not None:
        return NextAction("leave", Reason.INITIAL)
    if planned is not None:
        return planned
    is_decided = findings.live is not None and not _is_wrong(plan, key.text)
    return NextAction("nothing", Reason.IN_STEP) if is_managed and is_decided else _NOTHING


def planned_action(plan: Plan, key: ThingAddress, name: str) -> NextAction | None:
    """Return the plan's action on the property; None if the plan has no action on this property."""
    if _is_wrong(plan, key.property_address(name)):
        return NextAction("problem")
    held = next((held for held in plan.held if (held.key, held.name) == (key, name)), None)
    if held is not None:
        return NextAction("leave", held.reason, facts=held.facts)
    for change, stage in _in_stages(plan):
        if change.address != key:
            continue
        for value in change.values:
            if value.name == name:
                return NextAction("write", value.reason, value.after, stages=(stage,))
        for word, values in (("remember", change.remembered), ("forget", change.forgotten)):
            for value in values:
                if value.name == name:
                    return NextAction(word, value.reason, stages=(stage,))
    return None


def _in_stages(plan: Plan) -> Iterator[tuple[Change, PlannedStage]]:
    """Return the changes of ``plan`` in order, each with its stage."""
    for number, (stage, entries) in enumerate(walk_stages(plan.changes, plan.stages), start=1):
        makes_calls = stage.name is not StageName.STATE
        planned = PlannedStage(number, len(plan.stages), stage.name, makes_calls)
        yield from ((change, planned) for _, change in entries)


def _is_wrong(plan: Plan, address: str) -> bool:
    """Return whether the plan has a problem at ``address`` that is more than a warning."""
    return any(
        problem.address == address and problem.severity is not Severity.WARNING for problem in plan.problems
    )


def _has_drifted(owned: OwnedRecord | None, schema: ObjectSchema, live: LiveRecord, name: str) -> bool:
    if owned is None or name not in owned.sent:
        return False
    return not same_value(schema.kind_of(name), owned.expected_live(name), live.properties.get(name))
