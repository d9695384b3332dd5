"""The cost of a plan: calls and time."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.object_types import object_type, type_number
from reconciler.plan.batches import all_batches
from reconciler.plan.change import Change
from reconciler.plan.kinds import Verb, kind_of, verb_of
from reconciler.plan.plan import Budget
from reconciler.plan.stages import Stage


def looked_at_again(*, had_time: bool, overwrites: bool) -> frozenset[Verb]:
    """Return the changes whose records apply reads again right before it writes.

    All changes, if people ``had_time`` to edit since the plan was made. Archives always, because the API
    cannot restore a record, and one call reads a hundred of them. Definitions always: they are few, and their
    lists are written whole. None, if the user asked to overwrite.
    """
    if overwrites:
        return frozenset()
    return frozenset(Verb) if had_time else _ALWAYS


_ALWAYS = frozenset({Verb.ARCHIVE, Verb.CREATE_DEFINITION, Verb.UPDATE_DEFINITION, Verb.ARCHIVE_DEFINITION})

ALWAYS_LOOKED_AT = looked_at_again(had_time=True, overwrites=False)
"""The changes whose records an apply of a saved plan reads again."""


@dataclass(frozen=True, slots=True)
class Spent:
    """The calls that were made so far, and the portal's limits."""

    calls: int
    daily_remaining: int | None  # calls left today; None: unknown
    least_seconds: Callable[[int], float]  # the time of so many calls at the portal's limit


def budget_of(
    changes: Sequence[Change],
    stages: Iterable[Stage],
    objects: Mapping[str, ObjectSchema],
    spent: Spent,
    *,
    looks_again_at: Collection[Verb],
    opening_calls: int = 0,
) -> Budget:
    """Count the calls for ``changes``, besides those that were ``spent``.

    ``looks_again_at``: changes whose records are read again right before their call. ``opening_calls``: calls
    of apply before its first change, see ``calls_to_open``.
    """
    write_calls, reread_calls = 0, opening_calls
    for batch in all_batches(changes, stages):
        kind, together = kind_of(batch.first), [change for _, change in batch.entries]
        write_calls += kind.calls_to_write(together, objects[batch.object])
        if verb_of(batch.first) in looks_again_at:
            reread_calls += kind.calls_to_read_again(together)
    seconds = spent.least_seconds(write_calls + reread_calls)
    return Budget(spent.calls, write_calls, seconds, spent.daily_remaining, reread_calls)


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Open changes of earlier runs, which apply settles first."""

    objects: frozenset[str]  # object types
    calls: int  # calls to read their outcomes


NOTHING_UNSETTLED = Unsettled(frozenset(), 0)


def calls_to_open(types: Iterable[ObjectSchema]) -> int:
    """Count the calls by which apply reads the account and the definitions of object types."""
    known = {schema.name: schema for schema in types}
    has_custom = any(type_number(name) is None for name in known)
    return 1 + has_custom + sum(map(_calls_to_know, known.values()))


def _calls_to_know(schema: ObjectSchema) -> int:
    """Count the calls for a type's properties, its pipelines, and whether it is activated."""
    has_pipelines = any(definition.kind is Kind.PIPELINE for definition in schema.properties.values())
    return 1 + has_pipelines + object_type(schema.name).is_switched_on_by_hand
