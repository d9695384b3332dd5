"""How something is shown, and to which files it is written for others to read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.cli.options import as_dataclass
from reconciler.cli.output import Form, view_options
from reconciler.errors import UsageError

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """What the person said of it."""

    markdown: Path | None
    html: Path | None
    json_into: Path | None
    form: Form
    full: bool
    values: str | None

    def __post_init__(self) -> None:
        """What is written for one purpose must not be overwritten by what is for another."""
        named = [path.absolute() for path in self.paths()]
        for path in named:
            if named.count(path) > 1:
                raise UsageError(f"{path} cannot hold two things: give each its own file")

    @property
    def files(self) -> Mapping[Form, Path]:
        """The files that were named, by what goes there."""
        named = {Form.MARKDOWN: self.markdown, Form.HTML: self.html, Form.JSON: self.json_into}
        return {form: path for form, path in named.items() if path is not None}

    def paths(self) -> Sequence[Path]:
        """All files that were named."""
        return tuple(self.files.values())


def file_options(kind: type[OutputOptions], files: Mapping[str, str], function: _Function) -> _Function:
    """Give a command the options of ``kind``, ``files`` with their help among them; together as ``to``."""
    made = as_dataclass("to", kind, view_options(function))
    for name, explanation in reversed(list(files.items())):
        path = click.Path(path_type=Path, dir_okay=False)
        made = click.option(name, type=path, metavar="FILE", help=explanation)(made)
    return made
