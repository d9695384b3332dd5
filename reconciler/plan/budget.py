"""The cost of a plan: calls and time."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.object_types import object_type, type_number
from reconciler.plan.batches import all_batches, chunks_of, looks_of
from reconciler.plan.change import Change, Reason
from reconciler.plan.file.sequences import spooled
from reconciler.plan.kinds import Verb, kind_of, verb_of
from reconciler.plan.plan import Budget
from reconciler.plan.stages import Stage, StageName, walk_stages


def looked_at_again(*, had_time: bool, overwrites: bool) -> frozenset[Verb]:
    """Return the verbs of changes whose records the apply step reads again right before it writes.

    All verbs, if people ``had_time`` to edit since the plan was made. Otherwise archives, because the API
    cannot restore a record, and definitions, because they are few and their lists are written whole. No
    verbs, if the user asked to overwrite (``overwrites``).
    """
    if overwrites:
        return frozenset()
    return frozenset(Verb) if had_time else _ALWAYS


_ALWAYS = frozenset({Verb.ARCHIVE, Verb.CREATE_DEFINITION, Verb.UPDATE_DEFINITION, Verb.ARCHIVE_DEFINITION})

ALWAYS_LOOKED_AT = looked_at_again(had_time=True, overwrites=False)
"""All verbs: when a saved plan is applied, the records of every change are read again."""


@dataclass(frozen=True, slots=True)
class Spent:
    """The calls that were made so far, and the portal's limits."""

    calls: int
    daily_remaining: int | None  # calls left today; None: unknown
    least_seconds: Callable[[int], float]  # the time that a number of calls takes at the portal's limit


def budget_of(
    changes: Sequence[Change],
    stages: Sequence[Stage],
    objects: Mapping[str, ObjectSchema],
    spent: Spent,
    *,
    looks_again_at: Collection[Verb],
    opening_calls: int = 0,
) -> Budget:
    """Count the calls for applying ``changes``; the calls ``spent`` so far are listed beside them.

    ``looks_again_at``: verbs of changes whose records are read again right before they are written.
    ``opening_calls``: calls of the apply step before its first change, see ``calls_to_open``.
    """
    write_calls, reread_calls = 0, opening_calls + _calls_to_see_definitions(changes, stages, objects)
    reread_calls += _calls_to_look(changes, stages, objects, looks_again_at)
    removes_definitions = any(stage.name is StageName.DEFINITION_REMOVALS for stage in stages)
    moved: Counter[str] = Counter()
    for batch in all_batches(changes, stages):
        kind, together = kind_of(batch.first), [change for _, change in batch.entries]
        schema = objects[batch.object]
        write_calls += kind.calls_to_write(together, schema)
        if removes_definitions:  # removals come last, after all moved records are counted
            moved[batch.object] += sum(map(_moves, together))
        if kind.is_always_read_again or verb_of(batch.first) in looks_again_at:
            reread_calls += kind.calls_to_read_again(together, schema, moved[batch.object])
    seconds = spent.least_seconds(write_calls + reread_calls)
    return Budget(spent.calls, write_calls, seconds, spent.daily_remaining, reread_calls)


def _calls_to_look(
    changes: Sequence[Change],
    stages: Sequence[Stage],
    objects: Mapping[str, ObjectSchema],
    verbs: Collection[Verb],
) -> int:
    """Count the calls that read records again before changes with these ``verbs`` are stored in the state."""
    calls = 0
    for stage, entries in walk_stages(changes, stages):
        if stage.name is not StageName.STATE:
            break
        for chunk in chunks_of(entries):
            for look in looks_of(chunk, verbs):
                first = look[0][1]
                together = [change for _, change in look]
                calls += kind_of(first).calls_to_read_again(together, objects[first.object_type], 0)
    return calls


def _moves(change: Change) -> bool:
    return any(value.reason is Reason.MIGRATED for value in change.values)


def _calls_to_see_definitions(
    changes: Sequence[Change], stages: Sequence[Stage], objects: Mapping[str, ObjectSchema]
) -> int:
    """Count the calls that read the portal again after the stage of the plan that creates definitions.

    No call is needed if no other stage follows.
    """
    names = [stage.name for stage in stages]
    last = max((place for place, name in enumerate(names) if name is StageName.DEFINITIONS), default=None)
    if last is None or last == len(names) - 1:
        return 0
    opened = spooled(changes).objects
    return calls_to_open([replace(objects[name], is_new=False) for name in opened])


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Changes of earlier runs whose outcome is unknown; apply finds out their outcomes before it writes."""

    objects: frozenset[str]  # object types of these changes
    calls: int  # number of calls that find out the outcomes of these changes


NOTHING_UNSETTLED = Unsettled(frozenset(), 0)


def calls_to_open(types: Iterable[ObjectSchema]) -> int:
    """Count the calls with which the apply step reads the account and the definitions of object types.

    A type that the plan creates has no definitions to read yet.
    """
    known = {schema.name: schema for schema in types}
    has_custom = any(type_number(name) is None for name in known)
    return 1 + has_custom + sum(_calls_to_know(schema) for schema in known.values() if not schema.is_new)


def _calls_to_know(schema: ObjectSchema) -> int:
    """Count the calls that read the definitions of an object type.

    These calls read its properties, its pipelines if it has any, and, for a type that must be activated by
    hand, whether it is activated.
    """
    kinds = {definition.kind for definition in schema.properties.values()}
    # A type without known properties is new. HubSpot creates a pipeline for each new type.
    has_pipelines = Kind.PIPELINE in kinds or not kinds
    return 1 + has_pipelines + object_type(schema.name).is_switched_on_by_hand
