"""Printing: results for people or one JSON document to stdout; progress and messages to stderr.

Only this module prints, so that no printed text can control a terminal or a job.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import click

from reconciler.cli.options import said
from reconciler.cli.safe_output import harmless, without_commands


@dataclass(slots=True)
class Talk:
    """The output of the running command so far."""

    has_answered: bool = False
    run: str | None = None  # id of the run that was carried out
    has_changed: bool = False  # whether something was changed that cannot be undone


_talks: list[Talk] = [Talk()]


def begin_talk() -> None:
    """Start a new command."""
    _talks[:] = [Talk()]


def talk() -> Talk:
    """Return the output state of the running command."""
    return _talks[0]


def answer(line: str) -> None:
    """Print a line of the result for a person."""
    talk().has_answered = True
    click.echo(harmless(line))


def show_text(text: str) -> None:
    """Print a result that is formatted for a person, perhaps in colour."""
    talk().has_answered = True
    click.echo(without_commands(text), nl=False, color=True)


def document(text: str, *, nl: bool = False) -> None:
    """Print a result, or a part of it, for a program: in UTF-8, whatever the terminal's encoding is."""
    talk().has_answered = True
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    click.echo(without_commands(text), nl=nl)


def say(text: str) -> None:
    """Print a message besides the result to stderr."""
    click.echo(harmless(text), err=True)


def say_to_runner(commands: str) -> None:
    """Print workflow commands for the runner of a job to stderr; the values in them are escaped."""
    click.echo(commands, nl=False, err=True)


def tell_done(ctx: click.Context, sentence: str, facts: Mapping[str, object]) -> None:
    """Print the result of a change: ``sentence`` for a person, ``facts`` with ``--json``."""
    talk().has_changed = True
    if said(ctx).as_json:
        document(json.dumps(facts, ensure_ascii=False), nl=True)
    else:
        answer(sentence)
