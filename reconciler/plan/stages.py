"""Stages: the ordered steps of a plan.

A stage begins when the previous stage has ended. The plan makes the list of stages once; apply, budget and
explain read this list. The changes of a plan are in the order of its stages:

1. state: adoptions and releases, which make no call and free keys for other records; 2. definitions of the
portal, turn by turn, because some need others (``definitions/order.py``); 3. records: creates and updates,
then, turn by turn, updates that take over a unique value from earlier changes; 4. associations, after the
records that they need; 5. removals of associations, and archives of records; 6. removals of definitions, when
nothing uses them any more.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, islice, zip_longest
from typing import TypeAlias

from reconciler.plan.change import Change
from reconciler.plan.kinds import Verb, verb_of

Entry: TypeAlias = tuple[int, Change]
"""A change, with its number in the plan."""


class StageName(StrEnum):
    """The purposes of stages, in their order."""

    STATE = "state"
    DEFINITIONS = "definitions"
    RECORDS = "records"
    ASSOCIATIONS = "associations"
    REMOVALS = "removals"
    DEFINITION_REMOVALS = "definition removals"


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a plan: changes that do not have to wait for each other."""

    name: StageName
    size: int  # number of changes in the stage, which follow the changes of the previous stage


_STAGES: Mapping[Verb, StageName] = {
    Verb.ADOPT: StageName.STATE,
    Verb.RELEASE: StageName.STATE,
    Verb.CREATE_DEFINITION: StageName.DEFINITIONS,
    Verb.UPDATE_DEFINITION: StageName.DEFINITIONS,
    Verb.CREATE: StageName.RECORDS,
    Verb.UPDATE: StageName.RECORDS,
    Verb.ASSOCIATE: StageName.ASSOCIATIONS,
    Verb.DISSOCIATE: StageName.REMOVALS,
    Verb.ARCHIVE: StageName.REMOVALS,
    Verb.ARCHIVE_DEFINITION: StageName.DEFINITION_REMOVALS,
}
"""The stage of each verb, in the order of the verbs in a plan."""

_NAMES = list(StageName)
_VERBS = list(_STAGES)

AT_ONCE: Mapping[int, int] = {}
"""The turn of each change within its stage, by number of the change; a change without an entry has turn 0.

This mapping is empty: no change has to wait for another change of its stage.
"""


def rank_of(change: Change, turn: int) -> tuple[int, int, int]:
    """Return the rank of ``change`` in the order of a plan: by stage, turn and verb."""
    verb = verb_of(change)
    return _NAMES.index(_STAGES[verb]), turn, _VERBS.index(verb)


def stages_of(verbs: Iterable[Verb], turns: Mapping[int, int] = AT_ONCE) -> tuple[Stage, ...]:
    """Divide changes, which are in order and have these ``verbs``, into stages.

    ``turns`` has a turn for each change that must wait for other changes, by number of the change. Changes
    with different turns go in different stages, because HubSpot does not say in which order it processes the
    records of one call.
    """
    ranks = ((_STAGES[verb], turns.get(number, 0)) for number, verb in enumerate(verbs))
    return tuple(Stage(name, sum(1 for _ in of_stage)) for (name, _), of_stage in groupby(ranks))


def walk_stages(
    changes: Sequence[Change], stages: Iterable[Stage]
) -> Iterator[tuple[Stage, Iterator[Entry]]]:
    """Iterate over the stages, each with its changes; consume these before the next stage."""
    numbered = enumerate(changes)
    for stage in stages:
        entries = islice(numbered, stage.size)
        yield stage, entries
        deque(entries, maxlen=0)  # skip changes that the caller did not consume


def removed_definitions(changes: Sequence[Change], stages: Sequence[Stage]) -> Sequence[Change]:
    """Return the changes that remove definitions, which are the last ones of a plan."""
    size = sum(stage.size for stage in stages if stage.name is StageName.DEFINITION_REMOVALS)
    return changes[len(changes) - size :]


def are_stages_of(verbs: Iterable[Verb], stages: Sequence[Stage]) -> bool:
    """Return whether ``stages`` are in order, and contain exactly the changes with these ``verbs``."""
    names = [stage.name for stage in stages]
    of_stages = (stage.name for stage in stages for _ in range(stage.size))
    return names == sorted(names, key=_NAMES.index) and all(
        verb is not None and _STAGES[verb] is name for verb, name in zip_longest(verbs, of_stages)
    )
