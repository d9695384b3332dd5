"""What commands say: to stdout an answer for people, or one JSON document for programs; to stderr the rest.

Nothing is printed but by this module, so that whatever is printed does nothing but stand there.
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
    """What this command has said so far, and done."""

    has_answered: bool = False
    run: str | None = None  # the id of the one that was carried out
    has_changed: bool = False  # something that can be told but not taken back


_talks: list[Talk] = [Talk()]


def begin_talk() -> None:
    """Begin a command."""
    _talks[:] = [Talk()]


def talk() -> Talk:
    """That of the command under way."""
    return _talks[0]


def answer(line: str) -> None:
    """Print a line of what was asked for, for a person."""
    talk().has_answered = True
    click.echo(harmless(line))


def show_text(text: str) -> None:
    """Print what was asked for as it was rendered for a person: its lines end, and may be coloured."""
    talk().has_answered = True
    click.echo(without_commands(text), nl=False, color=True)


def document(text: str, *, nl: bool = False) -> None:
    """Print what was asked for, or a part of it, for a program: in UTF-8, whatever terminals speak."""
    talk().has_answered = True
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    click.echo(without_commands(text), nl=nl)


def say(text: str) -> None:
    """Tell the person something besides what was asked for: on stderr."""
    click.echo(harmless(text), err=True)


def say_to_runner(commands: str) -> None:
    """Tell the runner of a job, on stderr; ``commands`` are ours, and what they hold has been escaped."""
    click.echo(commands, nl=False, err=True)


def tell_done(ctx: click.Context, sentence: str, facts: Mapping[str, object]) -> None:
    """Say what was changed: ``sentence`` to a person, ``facts`` with ``--json``."""
    talk().has_changed = True
    if said(ctx).as_json:
        document(json.dumps(facts, ensure_ascii=False), nl=True)
    else:
        answer(sentence)
