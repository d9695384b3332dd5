"""The order in which problems are told: by file, line and column, so that they read like the files."""

from collections.abc import Iterable

from reconciler.errors import ManifestError, Problem, Severity


def raise_if_any(problems: Iterable[Problem]) -> None:
    """Raise what was found, if any of it is more than a warning.

    Raises:
        ManifestError: with all ``problems`` in order, warnings too; those without a place come first.
    """
    found = in_order(problems)
    if any(problem.severity is not Severity.WARNING for problem in found):
        raise ManifestError(found)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """By file, line and column; those without a place come first."""
    return tuple(sorted(problems, key=_order))


def _order(problem: Problem) -> tuple[str, int, int, str]:
    source = problem.source
    return (
        (source.file, source.line, source.column, problem.message) if source else ("", 0, 0, problem.message)
    )
