"""Rules for every plan, checked before a plan is shown and before it is applied. Pure.

- A thing has at most one change (a definition: one in each step).
- No change or held difference needs a thing that the plan removes. The same plan does not archive a record
  and also create it, associate it or leave it as it is. It does not remove an association and also create or
  adopt it, from either end.

Functions in ``kinds.py`` return, for each kind, which things a change changes, removes and needs. A plan that
breaks one of these rules shows a bug of this program, or its file was altered.
"""

from collections.abc import Collection, Hashable, Iterable

from reconciler.plan.change import Action, Change
from reconciler.plan.file.sequences import spooled
from reconciler.plan.hashes import repeated_hashes
from reconciler.plan.kinds import KINDS, kind_of, verb_of
from reconciler.plan.plan import Held, Plan
from reconciler.plan.stages import are_stages_of

_REMOVING = tuple({kind.verb(Action.ARCHIVE) for kind in KINDS.values()})


def unsound(changes: Collection[Change], held: Collection[Held] = ()) -> str | None:
    """Return a sentence about the broken rule; None if the plan is consistent.

    ``changes`` are iterated several times; at most eight bytes of each are kept.
    """
    return _changed_twice(changes) or _removed_and_needed(changes, held)


def unsound_plan(plan: Plan) -> str | None:
    """Return a sentence about a broken rule; None if the plan is consistent, also in its stages."""
    if not are_stages_of(spooled(plan.changes).verbs(), plan.stages):
        return "its steps (`stages`) do not match its `changes`"
    return unsound(plan.changes, plan.held)


def _changed_twice(changes: Iterable[Change]) -> str | None:
    subjects = (subject for change in changes if (subject := kind_of(change).subject(change)) is not None)
    alike = repeated_hashes(map(hash, subjects))
    seen: dict[Hashable, Change] = {}
    for change in changes if alike else ():
        subject = kind_of(change).subject(change)
        if subject is None or hash(subject) not in alike:
            continue
        first = seen.setdefault(subject, change)
        if first is not change:
            one, other = (f"to {verb_of(each)} {each.address}" for each in (first, change))
            return f"one thing has two changes: {one} and {other}"
    return None


def _removed_and_needed(changes: Collection[Change], held: Collection[Held]) -> str | None:
    removing = spooled(changes)
    removed = {hash(thing) for change in removing.of(*_REMOVING) for thing in kind_of(change).removes(change)}
    if not removed:
        return None
    needed: dict[Hashable, str] = {
        thing: f"to {verb_of(change)} {change.address}"
        for change in changes
        for thing in kind_of(change).needs(change)
        if hash(thing) in removed
    }
    needed |= {
        entry.key: f"to leave {entry.key} as it is"
        for entry in held
        if entry.target is None and hash(entry.key) in removed
    }
    for change in removing.of(*_REMOVING) if needed else ():
        for thing in kind_of(change).removes(change):
            if thing in needed:
                return (
                    "two parts of the plan contradict each other: "
                    f"to {verb_of(change)} {change.address}, and {needed[thing]}"
                )
    return None
