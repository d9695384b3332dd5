"""Options about the output of a command, and about files to which it is written as well."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from reconciler.cli.options import as_dataclass
from reconciler.cli.output import ViewOptions, view_options
from reconciler.errors import UsageError
from reconciler.project.files import write_private
from reconciler.report.renderers import Renderer
from reconciler.report.view import View

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class OutputOptions(ViewOptions):
    """The output options on the command line."""

    files: Mapping[Renderer, Path]  # files to write, by output format

    def __post_init__(self) -> None:
        """Refuse two options that name the same file, because one would overwrite the other."""
        named = [path.absolute() for path in self.paths()]
        for path in named:
            if named.count(path) > 1:
                raise UsageError(f"{path} would be written twice: give each output its own file")

    def paths(self) -> Sequence[Path]:
        """Return all files that the options name."""
        return tuple(self.files.values())


def write_forms(to: OutputOptions, view: View, render: Callable[[Renderer, View], str]) -> None:
    """Write the same result to all files that options name, each in the output format of its option.

    Raises:
        UsageError: a folder is missing or not writable.
    """
    for form, path in to.files.items():
        write_private(path, render(form, view))


def output_options(
    kind: type[OutputOptions], help_of: Mapping[Renderer, str], function: _Function
) -> _Function:
    """Add the options of ``kind`` to a command; it gets them in one argument, ``to``.

    Args:
        kind: the dataclass of the options.
        help_of: the output formats that the command can show, each with the help of the option that writes
            it to a file; empty where there is no such option.
        function: the command.
    """
    made = _files_together(help_of, as_dataclass("to", kind, view_options(list(help_of))(function)))
    for form, explanation in reversed(list(help_of.items())):
        if form.file_option is not None:
            made = file_option(form.file_option.name, explanation, _parameter(form))(made)
    return made


def file_option(name: str, explanation: str, parameter: str) -> Callable[[_Function], _Function]:
    """Return an option that names a file to write; the command gets it as the argument ``parameter``."""
    path = click.Path(path_type=Path, dir_okay=False)
    return click.option(name, parameter, type=path, metavar="FILE", help=explanation)


def _files_together(forms: Mapping[Renderer, str], function: _Function) -> _Function:
    """Pass the files that options name to the command in one argument, ``files``."""

    @wraps(function)
    def gathering(*args: Any, **kwargs: Any) -> Any:
        named = {form: kwargs.pop(_parameter(form), None) for form in forms}
        return function(*args, files={form: path for form, path in named.items() if path}, **kwargs)

    return cast("_Function", gathering)


def _parameter(form: Renderer) -> str:
    return f"{form.name}_file"
