"""What somebody wants of one plan: what it is about, what it may do, and what it is held against."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from reconciler.model.selection import Glob, Selection, glob_of
from reconciler.plan.budget import ALWAYS_LOOKED_AT
from reconciler.plan.change import Action
from reconciler.plan.plan import Guard


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What somebody wants of one plan."""

    skip_invalid: bool = False  # leave out records with problems, visibly
    target: tuple[str, ...] = ()  # globs of addresses; none: everything
    exclude: tuple[str, ...] = ()
    take: tuple[str, ...] = ()  # write what `drift: hold` would leave
    recreate: tuple[str, ...] = ()  # create these records again although they are gone
    allow: tuple[tuple[Guard, int], ...] = ()  # guards that are lifted, and to which number
    reviewed: Path | None = None  # the plan that was reviewed: nothing else is planned
    rereads: Collection[Action] = ALWAYS_LOOKED_AT  # actions whose records apply will read again
    verifies: bool = False  # apply plans again afterwards

    @property
    def selection(self) -> Selection:
        """What the plan is about."""
        return Selection(globs_of(self.target), globs_of(self.exclude))


def globs_of(texts: Iterable[str]) -> tuple[Glob, ...]:
    """Read globs over addresses as they were typed."""
    return tuple(map(glob_of, texts))
