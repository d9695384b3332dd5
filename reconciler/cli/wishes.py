"""Options that shape one plan; ``plan`` and ``apply`` take them alike."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import Any, TypeVar, cast

import click

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person said about this one plan; globs and addresses as they were typed."""

    skip_invalid: bool = False
    take: tuple[str, ...] = ()
    recreate: tuple[str, ...] = ()


def plan_options(function: _Function) -> _Function:
    """Give a command the options that shape a plan; they arrive together as ``wishes``."""

    @wraps(function)
    def gathered(*args: Any, **kwargs: Any) -> Any:
        wishes = Wishes(**{wish.name: kwargs.pop(wish.name) for wish in fields(Wishes)})
        return function(*args, wishes=wishes, **kwargs)

    for option in reversed(_OPTIONS):
        gathered = option(gathered)
    return cast("_Function", gathered)


_OPTIONS = (
    click.option(
        "--take",
        multiple=True,
        metavar="GLOB",
        help="Write what `drift: hold` would leave, of these addresses (companies/a*, companies/acme#phone).",
    ),
    click.option(
        "--recreate", multiple=True, metavar="ADDRESS", help="Create this record again although it is gone."
    ),
    click.option("--skip-invalid", is_flag=True, help="Leave out records with problems, visibly."),
)
