"""Whatever is printed does nothing but stand there: it commands neither a terminal nor a job's runner.

Runners read what their jobs print: GitHub's obey ``::command::`` at the beginning of a line, also after
blanks, and ``##[command]`` anywhere in one; Azure's obey ``##vso[…]``, TeamCity's ``##teamcity[…]``. Values
of records, HubSpot's messages and names from files are printed too, so one character of each such beginning
is written as an escape, which JSON understands as well.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands,
https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands.
"""

import re

from reconciler.invisible_characters import visible

_MOST_CHARACTERS = 4_000
"""Of a line that is printed for people."""

_COLOUR = r"\x1b\[[0-9;]*m"
_ANYWHERE = re.compile(r"#(?=#(?:\[|[A-Za-z]+\[))")
_AT_THE_BEGINNING = re.compile(rf"^((?:\s|{_COLOUR})*):(?=:)", re.MULTILINE)


def harmless(text: str) -> str:
    """``text`` for a person: each of its lines made visible, shortened where nobody reads on."""
    return without_commands("\n".join(map(_line, text.split("\n"))))


def without_commands(text: str) -> str:
    """``text``, which was made visible before or is a document, with nothing in it that a runner obeys."""
    if "##" in text:
        text = _ANYWHERE.sub(r"\\u0023", text)
    return _AT_THE_BEGINNING.sub(r"\1\\u003a", text) if "::" in text else text


def _line(text: str) -> str:
    told = visible(text[: _MOST_CHARACTERS + 1])
    if len(text) <= _MOST_CHARACTERS:
        return told
    return f"{told[:_MOST_CHARACTERS]}\u2026 ({len(text) - _MOST_CHARACTERS:,} more characters)"
