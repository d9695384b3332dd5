"""The command line: one group, one module a command, and the one place where an error becomes a message."""

import gc
import os
import sys
from importlib import import_module

import click

from reconciler import __version__
from reconciler.cli.exits import Exit, exit_of
from reconciler.cli.options import common_options, said
from reconciler.cli.telling import tell
from reconciler.errors import ReconcilerError

COMMANDS = {
    "apply": "Carry out PLAN, or plan, show, ask and carry out.",
    "drift": "Show what people changed in HubSpot since the last apply, and who they were.",
    "emulator": "Serve, seed or reset the embedded portal of this project.",
    "explain": "Say all there is to know of the record or property at ADDRESS.",
    "plan": "Show what apply would change, and why.",
    "rollback": "Make a plan that takes back what run RUN did; `apply` carries it out.",
    "runs": "List past runs, or show one row by row.",
    "show": "Show a saved plan, or the report of a run.",
    "state": "Look at what is remembered of owned records, and correct it.",
    "unlock": "Remove a lock that nobody holds any more.",
    "validate": "Check the manifests: without a portal, or with --online against it.",
    "version": "Print the version.",
}
"""Names and help of the commands; their modules are imported only when they run."""


_YOUNG_OBJECTS = 10_000
"""New objects between two searches for cycles: ours form none, an answer's few objects do."""


_UNUSED = ("httpx._main", "trio")
"""What httpx imports where it can, and we have no use for: its own command line, and other ways to wait."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"reconciler.cli.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ReconcilerError as error:
            tell(error, as_json=said(ctx).as_json)
            return exit_of(error)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 error, 2 changes or drift, 3 not all applied, 4 guard, 5 plan refused, "
    "6 locked, 130 interrupted.",
)
@click.version_option(__version__, prog_name="reconciler", message="%(prog)s %(version)s")
@common_options
def group() -> None:
    """HubSpot CRM records as code: review a plan, apply it, see drift, undo."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave the process with a code from the table."""
    gc.set_threshold(_YOUNG_OBJECTS)
    for name in _UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None refuses imports
    code = run(arguments)
    gc.freeze()  # all that is left goes with the process; two searches for cycles in it take up to 0.1 s
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    try:
        code = group.main(arguments, prog_name="reconciler", standalone_mode=False)
    except click.exceptions.Abort:
        return Exit.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return Exit.ERROR
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (head, less) has gone: nothing is wrong, and nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    return int(code or Exit.OK)
