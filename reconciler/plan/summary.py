"""The numbers of a plan, counted once for all reports, the outputs of a job and exit codes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.errors import Problem, Severity

_LAST_LINE = ("create", "update", "archive")
_IF_ANY = ("associate", "dissociate")
"""In the headline only where there are some: most plans have none."""


@dataclass(frozen=True, slots=True)
class ProblemCounts:
    """The number of problems of each severity."""

    errors: int = 0
    left_out: int = 0
    warnings: int = 0

    @property
    def total(self) -> int:
        """The number of all problems."""
        return self.errors + self.left_out + self.warnings


def count_problems(problems: Iterable[Problem]) -> ProblemCounts:
    """Count the problems of each severity."""
    severities = [problem.severity for problem in problems]
    return ProblemCounts(*map(severities.count, (Severity.ERROR, Severity.LEFT_OUT, Severity.WARNING)))


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """The numbers of a plan; it holds no values of records."""

    actions: Mapping[str, int]  # changes by the word that people read, in fixed order, zeros included
    no_op: int  # number of records in step
    held: int  # differences that are shown and left alone
    problems: ProblemCounts
    refusals: int  # guards that refuse it
    unreviewed: int  # changes and rules that were left out because nobody has reviewed them
    writes: bool  # apply would write to the portal
    is_empty: bool  # apply would do nothing at all, not even to state

    @property
    def is_sound(self) -> bool:
        """Whether there are no errors in the manifests; guards may still refuse the plan."""
        return not self.problems.errors

    @property
    def is_appliable(self) -> bool:
        """Whether apply may apply it."""
        return self.is_sound and not self.refusals

    @property
    def is_calm(self) -> bool:
        """Whether nothing has to be written, and there are no errors."""
        return self.is_sound and not self.writes

    @property
    def last_line(self) -> str:
        """``Plan: 3 to create, 10 to update, 0 to archive``, which scripts look for."""
        words = (*_LAST_LINE, *(word for word in _IF_ANY if self.actions[word]))
        return f"Plan: {', '.join(f'{self.actions[word]} to {word}' for word in words)}"

    @property
    def unwritten(self) -> str:
        """``12 to adopt, 3 held, 70 in step``: the counts of entries that make no call; may be empty."""
        return ", ".join(f"{count:,} {what}" for count, what in self._unwritten() if count)

    @property
    def headline(self) -> str:
        """``No changes. 12 to adopt`` if nothing has to be written, otherwise the last line."""
        if not self.is_calm:
            return self.last_line
        return f"No changes. {self.unwritten}" if self.unwritten else "No changes"

    def __getitem__(self, word: str) -> int:
        """Return the number of changes with this action, or of ``held`` or ``no_op``."""
        return self.as_document()[word]

    def as_document(self) -> dict[str, int]:
        """Return the counts as the plan file has them."""
        return {**self.actions, "no_op": self.no_op, "held": self.held}

    def _unwritten(self) -> Iterator[tuple[int, str]]:
        for word, count in self.actions.items():
            if word not in _LAST_LINE and word not in _IF_ANY:
                yield count, f"to {word}"
        yield self.held, "held"
        yield self.no_op, "in step"
