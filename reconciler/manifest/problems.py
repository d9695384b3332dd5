"""The order in which problems are told: by file, line and column, so that they read like the files."""

from collections.abc import Iterable

from reconciler.errors import ManifestError, Problem


def raise_if_any(problems: Iterable[Problem]) -> None:
    """Raise what was found, if anything was.

    Raises:
        ManifestError: with all ``problems`` in order; those without a place come first.
    """
    found = sorted(problems, key=_order)
    if found:
        raise ManifestError(tuple(found))


def _order(problem: Problem) -> tuple[str, int, int, str]:
    source = problem.source
    return (
        (source.file, source.line, source.column, problem.message) if source else ("", 0, 0, problem.message)
    )
