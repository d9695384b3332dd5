"""The request for one plan: selection, permissions, and the reviewed plan."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.model.selection import Glob, Selection, glob_of
from reconciler.plan.budget import looked_at_again
from reconciler.plan.kinds import Verb
from reconciler.plan.plan import Guard


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """The request for one plan."""

    skip_invalid: bool = False  # leave out records with problems, and say so
    target: tuple[str, ...] = ()  # globs of addresses; none: everything
    exclude: tuple[str, ...] = ()
    take: tuple[str, ...] = ()  # write values that `drift: hold` would leave alone
    recreate: tuple[str, ...] = ()  # create these records again although they are gone
    allow: tuple[tuple[Guard, int], ...] = ()  # guards to lift, with the allowed numbers
    reviewed: Path | None = None  # the reviewed plan: only its changes are planned
    had_time: bool = True  # people can change records between plan and apply
    overwrites: bool = False  # apply will write changed records all the same
    verifies: bool = False  # apply plans again afterwards
    only: Selection | None = None  # a selection instead of globs

    @property
    def selection(self) -> Selection:
        """The selected part of the manifests."""
        return self.only or Selection(globs_of(self.target), globs_of(self.exclude))

    @property
    def rereads(self) -> frozenset[Verb]:
        """The actions whose records apply will read again, right before it writes."""
        return looked_at_again(had_time=self.had_time, overwrites=self.overwrites)


def globs_of(texts: Iterable[str]) -> tuple[Glob, ...]:
    """Parse globs over addresses as they were typed."""
    return tuple(map(glob_of, texts))


def allowances(allow: Mapping[str, int]) -> tuple[tuple[Guard, int], ...]:
    """Return the guards to lift, by name, with their numbers.

    Raises:
        UsageError: there is no such guard.
    """
    for name in allow:
        if name not in set(Guard):
            raise UsageError(f"there is no guard {name!r}: they are {', '.join(Guard)}")
    return tuple((Guard(name), count) for name, count in allow.items())
