"""A plan as Python code holds it: values about the whole of it, and its changes to walk through."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Generic, NoReturn, Self, TypeVar

from reconciler.errors import Problem, UsageError
from reconciler.plan import plan as core
from reconciler.plan.change import Change
from reconciler.plan.file.format import digests_of
from reconciler.plan.plan import Budget, GuardRefusal, Held, ManifestInfo, Review
from reconciler.plan.summary import PlanSummary
from reconciler.project.plan_files import save_plan

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PlanHeader:
    """What a plan was made for and from, and what it costs."""

    environment: str
    portal_id: int
    created_at: datetime  # aware, UTC
    tool_version: str
    api_version: str
    manifests: ManifestInfo
    targets: tuple[str, ...]  # globs that it is limited to; none: everything
    excludes: tuple[str, ...]  # globs of what it leaves out
    allowances: tuple[tuple[str, int], ...]  # guards that were lifted, and to which number
    budget: Budget  # calls, and seconds at the least
    write_scopes: tuple[str, ...]  # that apply will want
    rolls_back: str | None  # the run that it takes back; None: it is made from manifests
    review: Review | None  # None: it was held against no reviewed plan


class Items(Generic[T]):
    """Things of a plan, in its order; can be walked through as often as wanted while the plan is open."""

    def __init__(self, walk: Callable[[], Iterator[T]]) -> None:
        self._walk = walk

    def __iter__(self) -> Iterator[T]:
        """Begin at the first one.

        Raises:
            UsageError: the plan is closed.
        """
        return self._walk()


class Plan:
    """What apply would do, and what it would not.

    The plan of a large portal is kept on disk while it is open. Close it, or use it in a ``with`` statement:
    its changes cannot be walked through or applied afterwards; ``header`` and ``summary`` stay.
    """

    def __init__(self, value: core.Plan, *, file: Path | None = None) -> None:
        self._value: core.Plan | None = value
        self.file = file
        """The file that it was read from; None where it was made now."""
        self.summary: PlanSummary = value.summary
        """The numbers of the plan: changes by the word that people read, problems, the headline."""
        self.header = _header_of(value)
        """What it was made for and from, and what it costs."""
        self.refusals: tuple[GuardRefusal, ...] = value.refusals
        """The guards that it ran into."""
        self.is_appliable = self.summary.is_appliable
        """Whether apply may carry it out: it has no problems and ran into no guards."""
        self.is_sound = self.summary.is_sound
        """Whether it has no problems; it may have run into guards."""
        self.is_empty = self.summary.is_empty
        """Whether apply would do nothing at all, not even to state."""
        self.writes = self.summary.writes
        """Whether apply would write to the portal."""
        self.leaves_out = value.leaves_out
        """Whether records with problems were left out of it, as ``skip_invalid`` asks."""
        self.masked_properties: tuple[tuple[str, str], ...] = value.personal
        """Pairs of object type and property whose values should be masked where they are shown."""

    @property
    def value(self) -> core.Plan:
        """The plan as the rest of the package knows it.

        Raises:
            UsageError: it is closed.
        """
        if self._value is None:
            raise UsageError("the plan is closed: use it inside its `with` statement, or save it and read it")
        return self._value

    @property
    def changes(self) -> Iterable[Change]:
        """What apply would do, in order."""
        return Items(lambda: iter(self.value.changes))

    @property
    def held(self) -> Iterable[Held]:
        """Differences that apply leaves alone."""
        return Items(lambda: iter(self.value.held))

    @property
    def problems(self) -> Iterable[Problem]:
        """What is wrong with manifests, by file and line; warnings, too."""
        return Items(lambda: iter(self.value.problems))

    @property
    def digest(self) -> str:
        """A checksum, ``sha256:…``, over everything that apply would do; equal plans have equal ones."""
        return digests_of(self.value).digest

    def save(self, path: str | Path) -> None:
        """Write it to a file that ``apply`` takes; mode 0600, encrypted where ``RECONCILER_PLAN_KEY`` is set.

        The file holds the values themselves.

        Raises:
            UsageError: the folder is missing or cannot be written to, or the plan is closed.
        """
        save_plan(self.value, Path(path))

    def close(self) -> None:
        """Let go of its changes; to close it again does nothing."""
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
        rolls_back=value.undoes,
        review=value.review,
    )
