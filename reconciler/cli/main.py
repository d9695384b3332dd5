"""The command line: a group with one module for each command; only this module prints errors."""

import gc
import io
import json
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib import import_module
from keyword import iskeyword

import click

from reconciler import __version__
from reconciler.cli.errors import asks_for_json, print_error, tell_in_json
from reconciler.cli.examples import add_examples
from reconciler.cli.exits import ExitCode, exit_of, most_severe
from reconciler.cli.hints import clearer, refuse_bytes, refuse_command, refuse_lost_folder
from reconciler.cli.messages import begin_talk, document, say, talk
from reconciler.cli.options import common_options, said
from reconciler.cli.streams import forget_odd_sizes, make_safe, stdout_fault
from reconciler.errors import ReconcilerError

COMMANDS = {
    "apply": "Apply PLAN; without it, make a plan, show it, ask, and apply it.",
    "completion": "Print a script for SHELL that completes commands, options and addresses.",
    "doctor": "Check project, token, portal and state, and say what to do.",
    "drift": "Show what people changed in HubSpot since the last apply, and who changed it.",
    "emulator": "Serve, seed, copy, edit or reset the emulator, or compare it with HubSpot.",
    "explain": "Explain the record, definition or value at ADDRESS.",
    "fmt": "Format manifests and reconciler.yaml in one standard way; their meaning stays the same.",
    "help": "Show the page about TOPIC, or the help of a command; without TOPIC, list the topics.",
    "import": "Write records of OBJECT from HubSpot into manifests; portal and state stay as they are.",
    "init": "Make a project in DIR (default: here), and list the scopes that a service key needs.",
    "json-schema": "Print the JSON schema of manifests, or of reconciler.yaml (settings), for editors.",
    "keys": "Find or create the property by which records are recognised.",
    "plan": "Show the changes that apply would make, and why.",
    "rehearse": "Apply PLAN, or a new plan, to a throw-away copy of the portal; the portal is only read.",
    "rollback": "Make a plan that rolls back run RUN; `apply` carries it out.",
    "runs": "List past runs, or show one of them.",
    "show": "Show a saved plan, or the report of a run.",
    "state": "Inspect and correct the state of owned records and definitions.",
    "unlock": "Remove a lock that a dead run has left.",
    "validate": "Check the manifests; with --online, check them against the portal, too.",
    "version": "Print the version.",
}
"""Names and help of the commands; their modules are imported only when they run."""


def module_name(command: str) -> str:
    """Return the name of a command's module; it ends with an underscore if it is a keyword of Python."""
    name = command.replace("-", "_")
    return f"{name}_" if iskeyword(name) else name


_YOUNG_OBJECTS = 10_000
"""New objects between two garbage collections; the default costs time, and few of our objects form cycles."""


_TEXTS = frozenset({"-h", "--help", "-V", "--version"})
"""Options that print a text and end the command."""

_UNUSED = ("httpx._main", "trio")
"""Modules that httpx imports if they exist; they take time, and we do not need them."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"reconciler.cli.{module_name(cmd_name)}").command
        add_examples(command, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            refuse_command(ctx, args[0], sorted(COMMANDS))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ReconcilerError as error:
            code = exit_of(error)
            print_error(error, code, as_json=said(ctx).as_json)
            return code

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 error, 2 changes or drift, 3 not all applied, 4 refused by a guard, "
    "5 plan refused, 6 locked, 130 interrupted.",
)
@click.version_option(__version__, "-V", "--version", prog_name="reconciler", message="%(prog)s %(version)s")
@common_options
def group() -> None:
    """HubSpot CRM records as code: review a plan, apply it, see drift, roll back."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with one of the exit codes in ``ExitCode``."""
    gc.set_threshold(_YOUNG_OBJECTS)
    for name in _UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None refuses imports
    make_safe()
    forget_odd_sizes(os.environ)
    code = run(arguments)
    code = leave(stdout_fault(), code)
    gc.freeze()  # the process ends now, and two last garbage collections would take up to 0.1 s
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    begin_talk()
    try:
        refuse_bytes(sys.argv[1:] if arguments is None else arguments)
        refuse_lost_folder()
        code = _carried_out(sys.argv[1:] if arguments is None else arguments)
    except click.exceptions.Abort:
        tell_in_json(arguments, "interrupted", ExitCode.INTERRUPTED)
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        error = clearer(error, sys.argv[1:] if arguments is None else arguments)
        say(_shown(error))
        tell_in_json(arguments, error.format_message(), ExitCode.ERROR)
        return ExitCode.ERROR
    except KeyboardInterrupt:
        say("interrupted")
        tell_in_json(arguments, "interrupted", ExitCode.INTERRUPTED)
        return ExitCode.INTERRUPTED
    return code


def _carried_out(words: Sequence[str]) -> int:
    """Carry out a command line and return its exit code; with ``--json``, help is JSON, too."""
    if not (asks_for_json(words) and _TEXTS.intersection(words)):
        return _code(words)
    with redirect_stdout(io.StringIO()) as printed:
        code = _code(words)
    text = printed.getvalue()
    if talk().has_answered:  # e.g. ``--help`` was only the value of another option
        document(text)
    else:
        is_version = text.strip() == f"reconciler {__version__}"
        document(json.dumps({"version": __version__} if is_version else {"help": text}), nl=True)
    return code


def _code(words: Sequence[str]) -> int:
    code: int | None = group.main([*words], prog_name="reconciler", standalone_mode=False)
    return int(code or ExitCode.OK)


def _shown(error: click.ClickException) -> str:
    """Format click's error about wrong arguments as its usage and message."""
    written = io.StringIO()
    error.show(written)
    return written.getvalue().rstrip("\n").expandtabs(4)


def leave(fault: OSError | None, code: int) -> int:
    """Return the exit code of the process, and report ``fault``, an error of writing to stdout.

    If the reader of a pipe has closed it (head, less), this is not an error. If output fails after writes to
    HubSpot or state (disk full), the exit code still tells the result, and a line on stderr says where to
    find the report.
    """
    if fault is None:
        return code
    why, done = fault.strerror or str(fault), talk()
    if done.run is not None:
        report = f"`reconciler runs show {done.run}` shows the report"
        say(f"the report of run {done.run} could not be shown ({why}): {report}")
    elif isinstance(fault, BrokenPipeError):
        return code
    elif done.has_changed:
        say(f"the command is done, but its output could not be shown ({why})")
    else:
        say(f"cannot write to stdout ({why})")
        return most_severe(ExitCode(code), ExitCode.ERROR)
    return code
