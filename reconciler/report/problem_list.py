"""Problems for people: place, message and advice."""

from collections.abc import Iterable, Iterator

from reconciler.errors import Problem, Severity
from reconciler.invisible_characters import visible
from reconciler.plan.summary import ProblemCounts
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import Line, Piece, Style, line
from reconciler.report.text.width import wrapped
from reconciler.sentences import counted

_STYLES = {
    Severity.ERROR: Style.ALARM,
    Severity.LEFT_OUT: Style.ALARM,
    Severity.WARNING: Style.CHANGED,
}
_WORDS = {Severity.ERROR: "", Severity.LEFT_OUT: "left out: ", Severity.WARNING: "warning: "}


def problem_lines(problems: Iterable[Problem], layout: Layout) -> list[Line]:
    """Format each problem as ``file:line:column: message``, with its advice below."""
    return [row for problem in problems for row in _problem(problem, layout)]


def how_many(problems: ProblemCounts) -> str:
    """Format ``2 problems, 1 warning``; empty if there are none."""
    counts = [counted(problems.errors, "problem")] if problems.errors else []
    counts += [f"{counted(problems.left_out, 'problem')} left out"] if problems.left_out else []
    counts += [counted(problems.warnings, "warning")] if problems.warnings else []
    return ", ".join(counts)


def _problem(problem: Problem, layout: Layout) -> Iterator[Line]:
    place = layout.exact_place(problem.source) if problem.source else visible(problem.address or "")
    start = f"{place}: " if place else ""
    start += _WORDS[problem.severity]
    first, *others = wrapped(start + visible(problem.message), layout.width - 4)
    colored = start.rstrip() if first.startswith(start.rstrip()) else first
    yield line(Piece(colored, _STYLES[problem.severity]), first.removeprefix(colored))
    for row in others:
        yield line(row, indent=4)
    if problem.advice:
        yield from layout.paragraph(problem.advice, indent=4)
