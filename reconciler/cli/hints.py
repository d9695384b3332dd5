"""Hints for unknown commands and options: similar names, and our equivalents of other tools' commands.

A command of another tool, such as ``push``, gets only a hint and is never an alias of one of our commands: a
script that calls it was written for the other tool.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import click
from click.core import ParameterSource

from reconciler.suggestions import did_you_mean

_FOREIGN_COMMANDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("diff", "preview"),
        "`reconciler plan` shows what apply would change; "
        "`reconciler fmt --diff` shows what fmt would change",
    ),
    **dict.fromkeys(
        ("pull", "dump", "export"),
        "`reconciler import OBJECT` writes live records as manifests; `state export` writes the state",
    ),
    **dict.fromkeys(
        ("sync", "push", "deploy"), ("`reconciler apply` asks, and then makes the changes of the plan")
    ),
    **dict.fromkeys(
        ("lint", "check"), "`reconciler validate` checks the manifests, and `fmt --check` their layout"
    ),
    **dict.fromkeys(("status", "refresh"), "`reconciler drift` shows what people changed in HubSpot"),
    "debug": "`reconciler doctor` checks project, token, portal and state",
    "destroy": "`reconciler help pruning` says how records are archived",
    **dict.fromkeys(
        ("state pull", "state dump"), "`reconciler state export` writes the state as lines of JSON"
    ),
    "state push": "`reconciler state import` reads the output of `state export`",
}
"""Hints for commands of other tools, by name.

A name with two words ("state pull") stands for our group ``state`` with a command that we do not have.
"""

_FOREIGN_OPTIONS: Final[Mapping[str, str]] = {
    "--dry-run": (
        "`reconciler plan` shows the changes of an apply, `reconciler rehearse` tries them on a "
        "copy; neither writes anything"
    ),
    **dict.fromkeys(
        ("--yes", "-y", "--force"),
        "`reconciler apply --auto-approve` applies without asking; guards can still refuse the plan",
    ),
    "--select": "use --target GLOB",
}
_LONG_WITH_ONE_DASH: Final = re.compile(r"-[A-Za-z][A-Za-z-]+(=.*)?")


def refuse_bytes(arguments: Sequence[str]) -> None:
    """Refuse arguments that cannot be decoded with this system's encoding: they could not be stored anywhere.

    Raises:
        click.UsageError: there is such an argument.
    """
    for number, argument in enumerate(arguments, 1):
        if any("\ud800" <= character <= "\udfff" for character in argument):
            raise click.UsageError(
                f"argument {number} is not text in the encoding of this system, which is "
                f"{sys.getfilesystemencoding()}: if the argument is UTF-8, set LC_ALL=C.UTF-8; in addresses, "
                "characters may be percent-encoded"
            )


def refuse_lost_folder() -> None:
    """Refuse to run if the current folder no longer exists, because every relative path begins there.

    Raises:
        click.UsageError: the folder cannot be found.
    """
    try:
        Path.cwd()
    except OSError as error:
        raise click.UsageError(
            f"the current folder cannot be used ({error.strerror}): change to a folder that exists"
        ) from None


def refuse_command(ctx: click.Context, written: str, names: Sequence[str]) -> NoReturn:
    """Refuse an unknown command of the group of ``ctx``.

    Raises:
        UsageError: always; the message names the command that may be meant, or all commands.
    """
    group = "" if ctx.parent is None else f"{ctx.info_name} "
    hint = foreign_command(f"{group}{written}") or did_you_mean(written.lower(), names)
    hint = hint or f"commands are {', '.join(names)}"
    raise click.UsageError(f'there is no command "{written}": {hint}', ctx)


def foreign_command(words: str) -> str | None:
    """Return the hint for a command of another tool; None for other words."""
    return _FOREIGN_COMMANDS.get(words.lower())


def clearer(error: click.ClickException, arguments: Sequence[str]) -> click.ClickException:
    """Return a clearer error if ``error`` is about an unknown option or a wrong value; otherwise ``error``.

    Args:
        error: an error of click.
        arguments: the words of the command line. An option like ``-out`` is searched there, because the error
            contains only one letter of this option.
    """
    if type(error) is click.BadParameter:
        return _with_source(error)
    if not isinstance(error, click.NoSuchOption) or error.ctx is None:
        return error
    known = _options(error.ctx)
    written = error.option_name
    if not written.startswith("--"):  # click reads -out as the options -o, -u and -t
        written = next((word for word in arguments if _is_long(word, written)), written).partition("=")[0]
    hint = f"use -{written}" if f"-{written}" in known else _FOREIGN_OPTIONS.get(written)
    hint = hint or did_you_mean(written, known) or f"`{error.ctx.command_path} --help` lists the options"
    return click.UsageError(f"there is no option {written}: {hint}", error.ctx)


def _with_source(error: click.BadParameter) -> click.BadParameter:
    """Let ``error`` name the environment variable, not the option, if the wrong value comes from there."""
    ctx, option, hint = error.ctx, error.param, error.param_hint
    if ctx and option and option.name and option.envvar:
        is_from_variable = ctx.get_parameter_source(option.name) is ParameterSource.ENVIRONMENT
        hint = option.envvar if is_from_variable else hint
    message = error.message.replace("a valid integer range", "a whole number")
    return click.BadParameter(message, ctx, option, hint)


def _is_long(word: str, letter: str) -> bool:
    return word.startswith(letter[:2]) and _LONG_WITH_ONE_DASH.fullmatch(word) is not None


def _options(ctx: click.Context) -> frozenset[str]:
    parameters = ctx.command.get_params(ctx)
    options: list[Any] = [each for each in parameters if isinstance(each, click.Option) and not each.hidden]
    return frozenset(name for each in options for name in (*each.opts, *each.secondary_opts))
