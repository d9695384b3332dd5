"""Escaping printed text so that it cannot control a terminal or the runner of a CI job.

Runners read what their jobs print and obey commands in it: GitHub's runner obeys ``::command::`` at the
beginning of a line, also after blanks, and ``##[command]`` anywhere in a line; Azure's obeys ``##vso[…]``,
TeamCity's ``##teamcity[…]``. We also print values of records, HubSpot's messages and names from files. So one
character of each beginning of a command is written as an escape that JSON understands as well.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands,
https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands.
"""

import re

from reconciler.invisible_characters import visible

_MOST_CHARACTERS = 4_000
"""Maximum number of characters in a line for people; the rest is cut."""

_COLOUR = r"\x1b\[[0-9;]*m"
_ANYWHERE = re.compile(r"#(?=#(?:\[|[A-Za-z]+\[))")
_AT_THE_BEGINNING = re.compile(rf"^((?:\s|{_COLOUR})*):(?=:)", re.MULTILINE)


def harmless(text: str) -> str:
    """Make ``text`` safe to print for people.

    Escape invisible characters, escape commands that a CI runner would obey, and shorten very long lines.
    """
    return without_commands("\n".join(map(_line, text.split("\n"))))


def without_commands(text: str) -> str:
    """Escape commands in ``text`` that a CI runner would obey; leave invisible characters as they are."""
    if "##" in text:
        text = _ANYWHERE.sub(r"\\u0023", text)
    return _AT_THE_BEGINNING.sub(r"\1\\u003a", text) if "::" in text else text


def _line(text: str) -> str:
    escaped = visible(text[: _MOST_CHARACTERS + 1])
    if len(text) <= _MOST_CHARACTERS:
        return escaped
    return f"{escaped[:_MOST_CHARACTERS]}\u2026 ({len(text) - _MOST_CHARACTERS:,} more characters)"
