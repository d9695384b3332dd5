"""How results look where they are going: form, colour, width, and whether personal values may be seen."""

import os
import secrets
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from reconciler.cli.options import CommonOptions, said
from reconciler.errors import UsageError
from reconciler.report.mask import SHOW, Masking

_Function = TypeVar("_Function", bound=Callable[..., Any])

_KEY_BYTES = 32


class Form(StrEnum):
    """What a plan is made into."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"


def _chosen_form(ctx: click.Context, _param: click.Parameter, value: str) -> Form:
    """``--format json`` is ``--json`` in other words; any other form contradicts it."""
    form = Form(value)
    common = said(ctx)
    if common.as_json and form not in {Form.TERMINAL, Form.JSON}:
        raise click.UsageError(f"--json and --format {form} contradict each other: say one of them")
    if form is Form.JSON:
        ctx.find_root().obj = replace(common, as_json=True)
    return Form.JSON if common.as_json else form


values_option = click.option(
    "--values",
    type=click.Choice(["show", "mask"]),
    help="Personal values; by default shown on a terminal outside of CI, masked elsewhere.",
)
"""What commands that show values are given; ``masking_for`` takes it."""


def view_options(function: _Function) -> _Function:
    """Give a command that shows a plan ``--format``, ``--full`` and ``--values``."""
    for option in reversed(_VIEW_OPTIONS):
        function = option(function)
    return function


_VIEW_OPTIONS = (
    click.option(
        "--format",
        "form",
        type=click.Choice([str(form) for form in Form]),
        default=str(Form.TERMINAL),
        callback=_chosen_form,
        help="What to print: text, a comment for a pull request, JSON, or a page.",
    ),
    click.option("--full", is_flag=True, help="Show every change and every value in full."),
    values_option,
)


def color(said: CommonOptions) -> bool:
    """Colour is for terminals, unless somebody said no (https://no-color.org)."""
    return sys.stdout.isatty() and not said.no_color and not os.environ.get("NO_COLOR")


def width() -> int:
    """Columns of the terminal, 80 where there is none."""
    return shutil.get_terminal_size(fallback=(80, 24)).columns


def is_before_a_person(stream: TextIO) -> bool:
    """Whether ``stream`` is a terminal that somebody looks at: jobs of CI may have one that is kept as a log.

    ``CI`` is set by GitHub, GitLab, CircleCI, Travis, Buildkite and others, ``TF_BUILD`` by Azure.
    """
    is_job = any(os.environ.get(name, "").lower() not in {"", "0", "false"} for name in ("CI", "TF_BUILD"))
    return stream.isatty() and not is_job


def masking_for(values: str | None, *, as_json: bool) -> Masking:
    """Personal values are shown on a terminal and masked elsewhere, unless ``--values`` says otherwise."""
    shown = values == "show" or (values is None and is_before_a_person(sys.stdout) and not as_json)
    return SHOW if shown else Masking(secrets.token_bytes(_KEY_BYTES))


def tell_github(variable: str, text: Callable[[], str]) -> None:
    """In GitHub Actions, add ``text`` to the file that ``variable`` names: a job's summary, or its outputs.

    Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands.

    Raises:
        UsageError: the file cannot be written to.
    """
    path = os.environ.get(variable)
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8", newline="\n") as file:
            file.write(text())
    except OSError as error:
        raise UsageError(f"cannot write to {path}, which {variable} names ({error.strerror})") from error
