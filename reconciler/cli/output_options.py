"""Options for the output, and for files with it."""

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
    """The given options."""

    files: Mapping[Renderer, Path]  # the files that were named, by the form that goes there

    def __post_init__(self) -> None:
        """Refuse two options with the same file, because one would overwrite the other."""
        named = [path.absolute() for path in self.paths()]
        for path in named:
            if named.count(path) > 1:
                raise UsageError(f"{path} cannot hold two things: give each its own file")

    def paths(self) -> Sequence[Path]:
        """Return all given files."""
        return tuple(self.files.values())


def write_forms(to: OutputOptions, view: View, render: Callable[[Renderer, View], str]) -> None:
    """Write a subject to the files that were named, each in its form.

    Raises:
        UsageError: a folder is missing or not writable.
    """
    for form, path in to.files.items():
        write_private(path, render(form, view))


def output_options(
    kind: type[OutputOptions], help_of: Mapping[Renderer, str], function: _Function
) -> _Function:
    """Give a command the options of ``kind``; they arrive together as ``to``.

    Args:
        kind: the class that gathers the options.
        help_of: the forms that the command can show, each with the help of the option that writes it to a
            file; empty where there is no such option.
        function: the command.
    """
    made = _files_together(help_of, as_dataclass("to", kind, view_options(list(help_of))(function)))
    for form, explanation in reversed(list(help_of.items())):
        if form.file_option is not None:
            made = file_option(form.file_option.name, explanation, _parameter(form))(made)
    return made


def file_option(name: str, explanation: str, parameter: str) -> Callable[[_Function], _Function]:
    """Return an option that names a file to write; it arrives as ``parameter``."""
    path = click.Path(path_type=Path, dir_okay=False)
    return click.option(name, parameter, type=path, metavar="FILE", help=explanation)


def _files_together(forms: Mapping[Renderer, str], function: _Function) -> _Function:
    """Gather the files that were named into one argument, ``files``."""

    @wraps(function)
    def gathering(*args: Any, **kwargs: Any) -> Any:
        named = {form: kwargs.pop(_parameter(form), None) for form in forms}
        return function(*args, files={form: path for form, path in named.items() if path}, **kwargs)

    return cast("_Function", gathering)


def _parameter(form: Renderer) -> str:
    return f"{form.name}_file"
