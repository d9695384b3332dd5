"""Formatting problems: place, message and advice."""

from collections.abc import Iterable, Iterator, Sequence
from shlex import quote

from reconciler.errors import Problem, Severity
from reconciler.invisible_characters import visible
from reconciler.plan.needed_definition import needed_definition
from reconciler.plan.summary import ProblemCounts
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import Line, Piece, Style, beside, line
from reconciler.report.text.width import wrapped
from reconciler.sentences import counted

_STYLES = {
    Severity.ERROR: Style.ALARM,
    Severity.LEFT_OUT: Style.ALARM,
    Severity.WARNING: Style.CHANGED,
}
_MOST_PLACES = 100
"""Maximum number of further places that are shown for one problem; ``--full`` shows all."""

_WORDS = {Severity.ERROR: "", Severity.LEFT_OUT: "left out: ", Severity.WARNING: "warning: "}


def problem_lines(problems: Iterable[Problem], layout: Layout) -> list[Line]:
    """Format each problem as ``file:line:column: message``, with its advice below.

    A problem in several places is printed once, with all places. Definitions that a partial plan needs but
    leaves out come last, each once, with the flag that adds it.
    """
    lacking: dict[str, list[Problem]] = {}
    alike: dict[tuple[Severity, str, str], list[Problem]] = {}
    for problem in problems:
        needed = needed_definition(problem)
        if needed and problem.severity is not Severity.WARNING:
            lacking.setdefault(needed, []).append(problem)
        else:
            said = (problem.severity, str(problem.message), str(problem.advice or ""))
            alike.setdefault(said, []).append(problem)
    rows = [row for found in alike.values() for row in _alike(found, layout)]
    if sum(map(len, lacking.values())) == 1:
        return [*rows, *(row for (alone,) in lacking.values() for row in _problem(alone, layout))]
    return [*rows, *_lacking(lacking, layout)] if lacking else rows


def how_many(problems: ProblemCounts) -> str:
    """Format ``2 problems, 1 warning``; empty if there are none."""
    counts = [counted(problems.errors, "problem")] if problems.errors else []
    counts += [f"{counted(problems.left_out, 'problem')} left out"] if problems.left_out else []
    counts += [counted(problems.warnings, "warning")] if problems.warnings else []
    return ", ".join(counts)


def _alike(found: Sequence[Problem], layout: Layout) -> Iterator[Line]:
    """Format problems that differ only in their places: the first one, and below it the other places."""
    yield from _problem(found[0], layout)
    _, *others = dict.fromkeys(_exact_place(problem, layout) for problem in found)
    shown = others if layout.full else others[:_MOST_PLACES]
    left = f" and {len(others) - len(shown):,} more" if len(shown) < len(others) else ""
    if others:
        yield from layout.paragraph(f"also in {', '.join(shown)}{left}", indent=4)
    if len(found) > 1 + len(others):
        records = len({problem.address for problem in found})
        yield from layout.paragraph(f"in {counted(records, 'record')}", indent=4)


def _exact_place(problem: Problem, layout: Layout) -> str:
    return layout.exact_place(problem.source) if problem.source else visible(problem.address or "")


def _problem(problem: Problem, layout: Layout) -> Iterator[Line]:
    place = _exact_place(problem, layout)
    start = f"{place}: " if place else ""
    start += _WORDS[problem.severity]
    first, *others = wrapped(start + visible(problem.message), layout.width - 4)
    colored = start.rstrip() if first.startswith(start.rstrip()) else first
    yield line(Piece(colored, _STYLES[problem.severity]), first.removeprefix(colored))
    for row in others:
        yield line(row, indent=4)
    if problem.advice:
        yield from layout.paragraph(problem.advice, indent=4)


def _lacking(lacking: dict[str, list[Problem]], layout: Layout) -> Iterator[Line]:
    """Format the definitions that a partial plan needs but omits, each with the first place that needs it."""
    what = "a definition" if len(lacking) == 1 else f"{len(lacking):,} definitions"
    style = _STYLES[next(iter(lacking.values()))[0].severity]
    yield from layout.paragraph(f"This plan needs {what} that it leaves out. Add:", style=style)
    for address, found in lacking.items():
        flag = line(f"--target {visible(quote(address))}", indent=4)
        yield from beside(flag, (Piece(_places(found, layout), Style.FAINT),), layout.width)
    types = sorted({address.partition(":")[0] for address in lacking})
    if len(lacking) > len(types):
        flags = " ".join(f"--target {quote(f'{name}:*')}" for name in types)
        yield from layout.paragraph(f"or all definitions: {flags}", indent=4)


def _places(found: Sequence[Problem], layout: Layout) -> str:
    """Format the first place of problems, and the number of other places."""
    first = found[0]
    place = layout.place(first.source) if first.source else visible(first.address or "")
    return f"{place} and {len(found) - 1:,} more" if len(found) > 1 else place
