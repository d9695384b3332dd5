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
    """The parts to plan, and the options of planning."""

    skip_invalid: bool = False  # leave out records with problems, and report them
    target: tuple[str, ...] = ()  # globs of addresses; empty: everything
    exclude: tuple[str, ...] = ()
    take: tuple[str, ...] = ()  # globs of values to write although `drift: hold` would leave them alone
    recreate: tuple[str, ...] = ()  # globs of things that no longer exist in the portal: create them again
    allow: tuple[tuple[Guard, int], ...] = ()  # guards, each with the number of things that it permits here
    reviewed: Path | None = None  # file of the reviewed plan; only its changes are planned
    had_time: bool = True  # whether there is time between plan and apply in which people can edit
    overwrites: bool = False  # whether apply will overwrite records that were changed meanwhile
    verifies: bool = False  # whether apply plans again afterwards
    only: Selection | None = None  # a selection to use instead of the globs

    @property
    def selection(self) -> Selection:
        """The selected part of the manifests."""
        return self.only or Selection(globs_of(self.target), globs_of(self.exclude))

    @property
    def rereads(self) -> frozenset[Verb]:
        """The verbs for which apply will read records again, right before it writes."""
        return looked_at_again(had_time=self.had_time, overwrites=self.overwrites)


def globs_of(texts: Iterable[str]) -> tuple[Glob, ...]:
    """Parse globs over addresses as they were typed."""
    return tuple(map(glob_of, texts))


def allowances(allow: Mapping[str, int]) -> tuple[tuple[Guard, int], ...]:
    """Return the guards with these names, each with the number of things that it permits in a plan.

    Raises:
        UsageError: there is no such guard.
    """
    for name in allow:
        if name not in set(Guard):
            raise UsageError(f"there is no guard {name!r}; the guards are {', '.join(Guard)}")
    return tuple((Guard(name), count) for name, count in allow.items())
