"""Options that shape a plan, for ``plan`` and ``apply``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.apply.options import OnStale
from reconciler.cli.options import as_dataclass
from reconciler.errors import UsageError
from reconciler.plan.plan import Guard
from reconciler.project.plan_request import PlanRequest

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _allowances(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[Guard, int], ...]:
    """Parse values of ``--allow``, such as ``archive=41``, as guards with the numbers that are allowed."""
    allowances: dict[Guard, int] = {}
    for value in values:
        name, _, number = value.partition("=")
        if name not in set(Guard):
            raise click.BadParameter(f"there is no guard {name!r}; the guards are {', '.join(Guard)}")
        if not number.isascii() or not number.isdigit():
            raise click.BadParameter(f"{value!r} has no number: write {name}=NUMBER, for example {name}=10")
        allowances[Guard(name)] = int(number)
    return tuple(allowances.items())


def plan_options(function: _Function) -> _Function:
    """Add the options that shape a plan to a command; it gets them in one argument, ``request``."""
    made = as_dataclass("request", PlanRequest, function)
    for option in reversed(_OPTIONS):
        made = option(made)
    return made


def glob_option(name: str, explanation: str) -> Callable[[_Function], _Function]:
    """Return an option that takes globs of addresses and can be repeated."""
    return click.option(name, multiple=True, metavar="GLOB", help=explanation)


target_option = glob_option("--target", "Plan only these addresses (companies/a*, companies/acme#phone).")
exclude_option = glob_option("--exclude", "Plan everything except these addresses.")
allow_option = click.option(
    "--allow",
    multiple=True,
    metavar="NAME=NUMBER",
    callback=_allowances,
    help="Raise the limit of one guard to a number, for this plan: update=412.",
)

on_stale_option = click.option(
    "--on-stale",
    type=click.Choice([str(choice) for choice in OnStale]),
    default=str(OnStale.SKIP),
    show_default=True,
    help="What to do with records that changed in HubSpot since the plan was made.",
)
"""The option ``--on-stale``, for commands that carry out plans."""


def refuse_plan_options(request: PlanRequest, done: str) -> None:
    """Raise an error if options that shape a plan were given together with a saved plan.

    The message says that a saved plan is ``done`` (for example "applied") as it is.
    """
    if request != PlanRequest():
        raise UsageError(
            f"a saved plan is {done} as it is: these options cannot change it\n"
            "    give these options to `reconciler plan --out FILE`"
        )


_OPTIONS = (
    target_option,
    exclude_option,
    glob_option("--take", "At these addresses, write even the values that `drift: hold` would leave alone."),
    glob_option("--recreate", "Create these records again, although they are gone from HubSpot."),
    allow_option,
    click.option(
        "--reviewed",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="PLAN",
        help="Plan only changes that are also in the reviewed PLAN; list the differences.",
    ),
    click.option("--skip-invalid", is_flag=True, help="Leave out records with problems, and say so."),
)
