"""Formatting problems as workflow commands, with which GitHub shows them at their lines.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from collections.abc import Iterable

from reconciler.errors import Problem, Severity
from reconciler.invisible_characters import visible

_LEVELS = {Severity.ERROR: "error", Severity.LEFT_OUT: "error", Severity.WARNING: "warning"}
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _DATA | str.maketrans({":": "%3A", ",": "%2C"})


def problems_as_annotations(problems: Iterable[Problem]) -> str:
    """Format each problem as a workflow command of GitHub, on one line.

    The working directory must be the root of the repository.
    """
    return "".join(f"{_command(problem)}\n" for problem in problems)


def _command(problem: Problem) -> str:
    place = ""
    if problem.source is not None:
        file = problem.source.file.translate(_PROPERTY)
        place = f" file={file},line={problem.source.line},col={problem.source.column}"
    lines = [visible(line) for line in (problem.message, problem.advice) if line]
    text = "\n".join(lines).replace("##", "#\\u0023")  # `##[` would begin a command, too
    return f"::{_LEVELS[problem.severity]}{place}::{text.translate(_DATA)}"
