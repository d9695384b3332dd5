"""The command that is running: its common options, and the environment that they select."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import click

from reconciler.cli.logs import start_logging
from reconciler.cli.messages import say
from reconciler.cli.options import CommonOptions, said
from reconciler.project.environment import Environment
from reconciler.project.notices import Notice
from reconciler.project.project import Project
from reconciler.report.view import SourceLinks
from reconciler.source import SourceRef


@dataclass(frozen=True, slots=True)
class Invocation:
    """The command that is running, with its environment."""

    said: CommonOptions
    environment: Environment

    @property
    def where(self) -> Callable[[SourceRef], str]:
        """The function that formats a place in a file as people read it."""
        return self.environment.where

    @property
    def links(self) -> SourceLinks | None:
        """Links to the pages of manifests on GitHub or GitLab; None outside of their CI jobs."""
        return self.environment.links


def open_environment(
    ctx: click.Context,
    *,
    offline: bool = False,
    made_for: str | None = None,
    named: tuple[str, str] | None = None,
) -> Invocation:
    """Open the project and environment that the command line selects.

    Args:
        ctx: context of the command.
        offline: whether the command uses neither portal nor state.
        made_for: environment of a saved plan; used if the command line names no environment.
        named: an environment, and the option other than ``-e`` that names it.

    Raises:
        UsageError: there is no such environment, its settings are wrong, or ``.reconciler/`` contains files
            that were not created on this machine.
    """
    common = said(ctx)
    start_logging(common.log_format)

    def tell(notice: Notice) -> None:
        if not (notice.is_advice and common.quiet):
            say(notice.text)

    chosen, said_by = named or (common.environment, "-e")
    if chosen is None and made_for is not None and not os.environ.get("RECONCILER_ENV"):
        chosen, said_by = made_for, "the plan"
    project = Project.open(common.directory, notify=tell, said_by="-C DIR")
    return Invocation(common, project.environment(chosen, offline=offline, said_by=said_by))


def tell_nothing(invocation: Invocation, what: str) -> None:
    """Say that the state is empty or not kept; ``what`` begins the sentence ("nothing was applied to")."""
    is_remembered = invocation.environment.state.is_kept
    sentence = f"{what} environment {invocation.environment.name} yet"
    say(sentence if is_remembered else "`state: none` keeps nothing")
