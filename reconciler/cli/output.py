"""How output looks: its form, colour and width, and whether personal values are shown."""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from reconciler.cli.invocation import Invocation
from reconciler.cli.marks import NO_MARKS, Marks
from reconciler.cli.messages import document, show_text
from reconciler.cli.options import CommonOptions, as_dataclass, said
from reconciler.errors import UsageError
from reconciler.report.mask import SHOW, Masking
from reconciler.report.renderers import RENDERERS, Renderer
from reconciler.report.view import View

_Function = TypeVar("_Function", bound=Callable[..., Any])

_BY_NAME = {renderer.name: renderer for renderer in RENDERERS}
TERMINAL, MARKDOWN, JSON = (_BY_NAME[name] for name in ("terminal", "markdown", "json"))


def form_for(common: CommonOptions) -> Renderer:
    """Return the form of output for commands without ``--format``."""
    return JSON if common.as_json else TERMINAL


def _chosen_form(ctx: click.Context, _param: click.Parameter, value: str) -> Renderer:
    """Treat ``--format json`` as ``--json``; refuse other formats together with ``--json``."""
    form = _BY_NAME[value]
    common = said(ctx)
    if common.as_json and form not in {TERMINAL, JSON}:
        raise click.UsageError(f"--json and --format {value} contradict each other: use only one of them")
    if form is JSON:
        ctx.find_root().obj = replace(common, as_json=True)
    return JSON if common.as_json else form


values_option = click.option(
    "--values",
    type=click.Choice(["show", "manifest", "mask"]),
    help="Personal values; by default shown on a terminal outside of CI, masked elsewhere. "
    "`manifest` shows the values that the manifests of this commit contain.",
)
"""The option ``--values``, for commands that show values; ``masking_for`` takes its value."""


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """The options about how a result is shown."""

    form: Renderer
    full: bool
    values: str | None


def view_options(forms: Sequence[Renderer]) -> Callable[[_Function], _Function]:
    """Return a decorator that gives a command ``--format`` with ``forms``, ``--full`` and ``--values``."""

    def give(function: _Function) -> _Function:
        chosen = click.option(
            "--format",
            "form",
            type=click.Choice([form.name for form in forms]),
            default=TERMINAL.name,
            callback=_chosen_form,
            help=f"What to print: {_listed([form.noun for form in forms])}.",
        )
        full = click.option("--full", is_flag=True, help="Show every change and every value in full.")
        return chosen(full(values_option(function)))

    return give


def gathered_view_options(forms: Sequence[Renderer]) -> Callable[[_Function], _Function]:
    """Return a decorator that adds the options of ``view_options``, passed as one argument, ``options``."""
    return lambda function: as_dataclass("options", ViewOptions, view_options(forms)(function))


def _listed(nouns: Sequence[str]) -> str:
    *others, last = nouns
    return f"{', '.join(others)}{',' if len(others) > 1 else ''} or {last}" if others else last


def print_report(text: str, form: Renderer) -> None:
    """Print a report that was rendered in the output format ``form``."""
    if form.is_for_terminals:
        show_text(text)
    else:
        document(text)


def printed_view(options: ViewOptions, invocation: Invocation, marks: Marks = NO_MARKS) -> View:
    """Return how a report looks when it is printed, and which values it may show."""
    masking = masking_for(options.values, as_json=not options.form.is_for_terminals, marks=marks)
    links = invocation.links
    return View(masking, invocation.where, options.full, width(), color(invocation.said), links=links)


def written_view(options: ViewOptions, invocation: Invocation, marks: Marks = NO_MARKS) -> View:
    """Return how a report looks in a file or in the summary of a job, and which values it may show."""
    masking = masking_for(options.values, as_json=True, marks=marks)
    return View(masking, invocation.where, options.full, links=invocation.links)


def color(said: CommonOptions) -> bool:
    """Return whether to use colour: on terminals, unless the user switched it off.

    ``NO_COLOR`` (https://no-color.org) wins over ``FORCE_COLOR`` (https://force-color.org), which switches
    colour on even if stdout is not a terminal.
    """
    is_wanted = sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))
    return is_wanted and not said.no_color and not os.environ.get("NO_COLOR")


def is_terminal() -> bool:
    """Return whether stdout is a terminal."""
    return sys.stdout.isatty()


def width() -> int:
    """Return the number of columns of the terminal; 80 if there is no terminal."""
    return shutil.get_terminal_size(fallback=(80, 24)).columns


def is_before_a_person(stream: TextIO) -> bool:
    """Return whether ``stream`` is a terminal that a person reads.

    A CI job may have a terminal, too, but its output is kept as a log. ``CI`` is set by GitHub, GitLab,
    CircleCI, Travis, Buildkite and others, ``TF_BUILD`` by Azure.
    """
    is_job = any(os.environ.get(name, "").lower() not in {"", "0", "false"} for name in ("CI", "TF_BUILD"))
    return stream.isatty() and not is_job


def masking_for(values: str | None, *, as_json: bool, marks: Marks = NO_MARKS) -> Masking:
    """Return how to treat personal values: as ``values`` (``--values``) says.

    If ``values`` is None, they are shown on the terminal of a person, and masked elsewhere and in JSON.
    """
    shown = values == "show" or (values is None and is_before_a_person(sys.stdout) and not as_json)
    return SHOW if shown else Masking(marks.key, values == "manifest" and marks.says_manifests)


def tell_github(variable: str, text: Callable[[], str]) -> None:
    """Append ``text`` to the file that ``variable``, an environment variable of GitHub Actions, names.

    Such a file is the summary of a job, or its outputs. Elsewhere, do nothing.
    Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands.

    Raises:
        UsageError: the file cannot be written.
    """
    path = os.environ.get(variable)
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8", newline="\n") as file:
            file.write(text())
    except OSError as error:
        raise UsageError(f"cannot write to {path}, which {variable} names ({error.strerror})") from error
