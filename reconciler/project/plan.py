"""A plan for Python code: facts about the whole plan, and its changes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Generic, NoReturn, Self, TypeVar

from reconciler.errors import Problem, UsageError
from reconciler.model.object_references import ObjectProperty
from reconciler.plan import plan as core
from reconciler.plan.change import Change
from reconciler.plan.file.format import digests_of
from reconciler.plan.plan import Budget, GuardRefusal, Held, ManifestInfo, Review
from reconciler.plan.rehearsal import Rehearsal
from reconciler.plan.summary import PlanSummary
from reconciler.project.plan_files import save_plan

if TYPE_CHECKING:
    from reconciler.hubspot.answers import PortalAnswers

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PlanHeader:
    """Origin, limits and costs of a plan."""

    environment: str
    portal_id: int
    created_at: datetime  # aware, UTC
    tool_version: str
    api_version: str
    manifests: ManifestInfo
    targets: tuple[str, ...]  # globs to which the plan is limited; empty: everything
    excludes: tuple[str, ...]  # globs that the plan leaves out
    # names of guards, each with the number of things that it permits in this plan
    allowances: tuple[tuple[str, int], ...]
    budget: Budget  # number of calls, and minimum seconds
    write_scopes: tuple[str, ...]  # scopes that apply needs
    rolls_back: str | None  # id of the run that it rolls back; None if it is made from manifests
    review: Review | None  # None if it was not compared with a reviewed plan


class Items(Generic[T]):
    """Items of a plan, in the plan's order; they can be iterated several times while the plan is open."""

    def __init__(self, walk: Callable[[], Iterator[T]]) -> None:
        self._walk = walk

    def __iter__(self) -> Iterator[T]:
        """Return an iterator from the first item on.

        Raises:
            UsageError: the plan is closed.
        """
        return self._walk()


class Plan:
    """Everything that apply would do, and everything that it would leave alone.

    The plan of a large portal is stored on disk while it is open. Close it, or use it in a ``with``
    statement. A closed plan cannot be read or applied any more; ``header`` and ``summary`` stay available.
    """

    def __init__(
        self, value: core.Plan, *, file: Path | None = None, answers: "PortalAnswers | None" = None
    ) -> None:
        self._value: core.Plan | None = value
        self.file = file
        """The file from which the plan was read; None for a new plan."""
        self.answers = answers
        """Account and definitions as planning read them; None for a plan that was read from a file."""
        self.summary: PlanSummary = value.summary
        """The numbers of the plan: changes by verb, problems, and the headline."""
        self.header = _header_of(value)
        """Origin and costs of the plan."""
        self.refusals: tuple[GuardRefusal, ...] = value.refusals
        """The guards that refuse the plan."""
        self.masked_properties: tuple[ObjectProperty, ...] = value.masked_properties
        """Pairs of object type and property whose values should be masked in output."""

    @property
    def value(self) -> core.Plan:
        """The plan as an internal value.

        Raises:
            UsageError: the plan is closed.
        """
        if self._value is None:
            raise UsageError(
                "the plan is closed: use it inside its `with` statement, or save it and read the file"
            )
        return self._value

    @property
    def is_appliable(self) -> bool:
        """Whether apply may carry out the plan: it has no errors, and no guard refuses it."""
        return self.summary.is_appliable

    @property
    def is_empty(self) -> bool:
        """Whether apply would do nothing at all, not even change state."""
        return self.summary.is_empty

    @property
    def changes(self) -> Iterable[Change]:
        """The changes that apply would make, in order."""
        return Items(lambda: iter(self.value.changes))

    @property
    def held(self) -> Iterable[Held]:
        """Differences that apply leaves alone."""
        return Items(lambda: iter(self.value.held))

    @property
    def problems(self) -> Iterable[Problem]:
        """Problems and warnings of the manifests, sorted by file and line."""
        return Items(lambda: iter(self.value.problems))

    @property
    def digest(self) -> str:
        """A checksum, ``sha256:…``, of everything that apply would do; equal plans have the same."""
        return digests_of(self.value).digest

    def save(self, path: str | Path) -> None:
        """Save the plan in a file for apply, with mode 0600, encrypted if ``RECONCILER_PLAN_KEY`` is set.

        The file contains all values, unmasked.

        Raises:
            UsageError: the folder is missing or not writable, or the plan is closed.
        """
        save_plan(self.value, Path(path))

    def hold(self, rehearsal: Rehearsal) -> None:
        """Store ``rehearsal`` in the plan, so that reports show it; a saved plan does not contain it."""
        self._value = replace(self.value, rehearsal=rehearsal)

    @property
    def rehearsal(self) -> Rehearsal | None:
        """The plan's rehearsal on a copy of the portal; None if it was not rehearsed.

        Raises:
            UsageError: the plan is closed.
        """
        return self.value.rehearsal

    def close(self) -> None:
        """Free the changes of the plan; closing a plan again does nothing."""
        self._value = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise UsageError("a plan cannot be sent to another process: save it, and read the file there")

    def __repr__(self) -> str:
        return f"<Plan for {self.header.environment}: {self.summary.headline}>"


def _header_of(value: core.Plan) -> PlanHeader:
    return PlanHeader(
        environment=value.environment,
        portal_id=value.portal_id,
        created_at=value.created_at,
        tool_version=value.tool_version,
        api_version=value.api_version,
        manifests=value.manifests,
        targets=value.targets,
        excludes=value.excludes,
        allowances=tuple((str(guard), count) for guard, count in value.allowances),
        budget=value.budget,
        write_scopes=value.write_scopes,
        rolls_back=value.rolls_back,
        review=value.review,
    )
