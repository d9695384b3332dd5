"""The options that every command takes; they are allowed before and after the command's name."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click
from click.core import ParameterSource

from reconciler.cli.hints import refuse_command

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class CommonOptions:
    """The values of the options that every command takes."""

    directory: Path | None = None
    environment: str | None = None
    as_json: bool = False
    no_color: bool = False
    quiet: bool = False
    log_format: str | None = None


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Store the value of an option; later options win, and options win over environment variables."""
    if value is None or value is False:
        return
    name = str(param.name)
    is_spoken = ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
    if is_spoken or not getattr(said(ctx), name):
        ctx.find_root().obj = replace(said(ctx), **{name: value})


def said(ctx: click.Context) -> CommonOptions:
    """Return the common options that have been read so far."""
    common: CommonOptions | None = ctx.find_root().obj
    return common or CommonOptions()


def as_dataclass(name: str, kind: type, function: _Function) -> _Function:
    """Pass parameters that are fields of the dataclass ``kind`` to the function as one argument, ``name``."""

    @wraps(function)
    def gathering(*args: Any, **kwargs: Any) -> Any:
        as_dataclass = kind(
            **{field.name: kwargs.pop(field.name) for field in fields(kind) if field.name in kwargs}
        )
        return function(*args, **{name: as_dataclass}, **kwargs)

    return cast("_Function", gathering)


class Group(click.Group):
    """A group of commands whose help shows whole sentences, wrapped instead of cut."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that ``args`` begin with; refuse an unknown one and suggest a similar one."""
        if args[0] not in self.commands and not args[0].startswith("-"):
            refuse_command(ctx, args[0], sorted(self.commands))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands; click would shorten each sentence to one line."""
        with formatter.section("Commands"):
            names = self.list_commands(ctx)
            formatter.write_dl([(name, self.commands[name].get_short_help_str(_WHOLE)) for name in names])


_WHOLE = 1000
"""Length limit for the help of a command: longer than any of our sentences."""


def common_options(function: _Function) -> _Function:
    """Add ``-C``, ``-e``, ``--json``, ``--no-color``, ``--quiet`` and ``--log-format`` to a command."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def _option(*names: str, **settings: Any) -> Callable[[_Function], _Function]:
    return click.option(*names, expose_value=False, callback=_remember, is_eager=True, **settings)


_OPTIONS = (
    _option(
        "-C",
        "directory",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Project folder: reconciler.yaml is in it, or in its folder manifests/.",
    ),
    _option("-e", "--env", "environment", metavar="ENV", help="Environment (also RECONCILER_ENV)."),
    _option("--json", "as_json", is_flag=True, help="Print one JSON document."),
    _option("--no-color", "no_color", is_flag=True, help="Plain text (also NO_COLOR)."),
    _option("--quiet", "quiet", is_flag=True, help="No progress, no messages."),
    _option(
        "--log-format",
        "log_format",
        type=click.Choice(["text", "json"]),
        envvar="RECONCILER_LOG_FORMAT",
        help="Format of log lines (RECONCILER_LOG=debug shows calls).",
    ),
)
