"""Printing: results for people, or one JSON document, to stdout; progress and messages to stderr.

Only this module prints, and it escapes everything that could control a terminal or a CI job.
"""

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

import click

from reconciler.cli.options import said
from reconciler.cli.safe_output import harmless, without_commands


@dataclass(slots=True)
class Talk:
    """Facts about the running command: whether it has printed a result, and what it has changed."""

    has_answered: bool = False
    run: str | None = None  # id of the run that was carried out
    has_changed: bool = False  # whether something was changed that cannot be undone


_talks: list[Talk] = [Talk()]


def begin_talk() -> None:
    """Forget the facts about an earlier command, because a new one begins."""
    _talks[:] = [Talk()]


def talk() -> Talk:
    """Return the facts about the running command."""
    return _talks[0]


def answer(line: str) -> None:
    """Print a line of the result for a person."""
    talk().has_answered = True
    click.echo(_fitting(harmless(line), sys.stdout))


def show_text(text: str) -> None:
    """Print a result that is formatted for a person, possibly in colour."""
    talk().has_answered = True
    click.echo(without_commands(text), nl=False, color=True)


def document(text: str, *, nl: bool = False) -> None:
    """Print a result, or a part of it, for a program: always in UTF-8."""
    talk().has_answered = True
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    click.echo(without_commands(text), nl=nl)


def say(text: str) -> None:
    """Print a message to stderr. The results of commands are printed to stdout."""
    click.echo(_fitting(harmless(text), sys.stderr), err=True)


def say_to_runner(commands: str) -> None:
    """Print commands for the runner of a CI job to stderr; the values in ``commands`` are already escaped."""
    click.echo(commands, nl=False, err=True)


def tell_done(ctx: click.Context, sentence: str, facts: Mapping[str, object]) -> None:
    """Print the result of a command that changed something: ``sentence``, or ``facts`` with ``--json``."""
    talk().has_changed = True
    if said(ctx).as_json:
        document(json.dumps(facts, ensure_ascii=False), nl=True)
    else:
        answer(sentence)


def _fitting(text: str, stream: TextIO) -> str:
    """Break long lines of ``text`` between words if ``stream`` is a terminal; files keep whole lines."""
    if not stream.isatty():
        return text
    columns = shutil.get_terminal_size().columns
    return "\n".join(_broken(line, columns) if len(line) > columns else line for line in text.split("\n"))


def _broken(line: str, columns: int) -> str:
    import textwrap  # noqa: PLC0415 - only long messages on terminals need it

    indent = " " * (len(line) - len(line.lstrip(" ")))
    return textwrap.fill(
        line, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
