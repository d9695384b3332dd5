"""The numbers of a plan, counted once for reports, for output variables of a CI job, and for exit codes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.errors import Problem, Severity

_LAST_LINE = ("create", "update", "archive")
_IF_ANY = ("associate", "dissociate")
"""Verbs that the headline lists only if the plan has such changes; most plans have none."""
_DEFINITIONS = ("create_definition", "update_definition", "archive_definition")
"""Verbs of definitions, which the headline lists only if the plan has such changes."""


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
class TakenOver:
    """The numbers of existing things that a plan takes into ownership, for reports."""

    records: int = 0
    associations: int = 0
    definitions: int = 0

    @property
    def count(self) -> int:
        """The number of all things that the plan takes over."""
        return self.records + self.associations + self.definitions

    @property
    def sentence(self) -> str:
        """``300 records will be taken over (state only)``; empty if there are none."""
        kinds = (
            (self.definitions, "definition"),
            (self.records, "record"),
            (self.associations, "association"),
        )
        counts = [f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in kinds if count]
        return f"{_and(counts)} will be taken over (state only)" if counts else ""


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """The numbers of a plan; they contain no values of records."""

    actions: Mapping[str, int]  # number of changes by verb, in fixed order, zeros included
    no_op: int  # number of records that need no change
    held: int  # differences that are shown and left alone
    problems: ProblemCounts
    refusals: int  # number of guards that refuse the plan
    unreviewed: int  # number of changes and rules left out because they were not reviewed
    writes: bool  # whether apply would write to the portal
    is_empty: bool  # whether apply would do nothing, not even to state
    # the adoptions of things that were not owned before; other adoptions only update state
    taken_over: TakenOver = TakenOver()

    @property
    def is_sound(self) -> bool:
        """Whether there are no errors in the manifests; guards may still refuse the plan."""
        return not self.problems.errors

    @property
    def is_appliable(self) -> bool:
        """Whether the plan may be applied: no errors, and no guard refuses it."""
        return self.is_sound and not self.refusals

    @property
    def is_calm(self) -> bool:
        """Whether nothing has to be written, and there are no errors."""
        return self.is_sound and not self.writes

    @property
    def last_line(self) -> str:
        """``Plan: 3 to create, 10 to update, 0 to archive``, which scripts look for."""
        words = (*_LAST_LINE, *(word for word in _IF_ANY if self.actions[word]))
        words += tuple(word for word in _DEFINITIONS if self.actions[word])
        numbers = ((self.actions[word], word) for word in words)
        counts = [f"{number} {action_words(number, word)}" for number, word in numbers]
        return f"Plan: {', '.join(counts)}"

    @property
    def unwritten(self) -> str:
        """``12 to adopt, 3 held, 70 in step``: counts of things that cause no call; may be empty."""
        return _listed([(self.taken_over.count, "to adopt"), *self._other_unwritten()])

    @property
    def headline(self) -> str:
        """The summary in one line.

        ``Nothing to write. 12 records …`` or ``No changes …`` if no call is needed and there are no errors;
        otherwise ``last_line``.
        """
        if not self.is_calm:
            return self.last_line
        start = "Nothing to write" if any(self.actions.values()) else "No changes"
        return ". ".join(filter(None, (start, self.taken_over.sentence, _listed(self._other_unwritten()))))

    def __getitem__(self, word: str) -> int:
        """Return one of the counts: ``word`` is the verb of changes, ``held`` or ``no_op``."""
        return self.as_document()[word]

    def as_document(self) -> dict[str, int]:
        """Return the counts as in the plan file."""
        return {**self.actions, "no_op": self.no_op, "held": self.held}

    def _other_unwritten(self) -> Iterator[tuple[int, str]]:
        yield self.actions["adopt"] - self.taken_over.count, "to record"
        yield self.actions["release"], "to release"
        yield self.held, "held"
        yield self.no_op, "in step"


def _and(parts: Sequence[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def action_words(count: int, word: str) -> str:
    """Return the words after a ``count`` of changes: ``to create``, or ``definitions to create``."""
    action = word.removesuffix("_definition")
    noun = "" if action == word else "definition " if count == 1 else "definitions "
    return f"{noun}to {action}"


def _listed(counts: Iterable[tuple[int, str]]) -> str:
    return ", ".join(f"{count:,} {what}" for count, what in counts if count)
