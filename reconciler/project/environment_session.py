"""An environment with its session, created from its settings."""

import os
from collections.abc import Iterable

from reconciler.errors import Problem
from reconciler.project.git_checkout import head_commit
from reconciler.project.session import Session
from reconciler.project.source_links import source_links
from reconciler.report.view import SourceLinks
from reconciler.source import SourceRef


class OpenedEnvironment:
    """The base class of environments. Each subclass adds the methods for one group of commands."""

    def __init__(self, session: Session) -> None:
        self.session = session
        """Access to manifests, portal and state, for the code of this package."""

    @property
    def name(self) -> str:
        """The name of the environment in ``reconciler.yaml``."""
        return self.session.environment.name

    @property
    def portal_id(self) -> int:
        """The id of the environment's HubSpot account."""
        return self.session.environment.portal_id

    @property
    def project_name(self) -> str | None:
        """The project's name in ``reconciler.yaml``; None if it has none."""
        return self.session.settings.name

    @property
    def is_protected(self) -> bool:
        """Whether only plans that were read from a file may be applied."""
        return self.session.environment.is_protected

    @property
    def commit(self) -> str | None:
        """The commit of the project folder; None outside git."""
        return head_commit(self.session.settings.project)

    @property
    def links(self) -> SourceLinks | None:
        """Links to the pages of manifests on GitHub or GitLab, in a job there; None elsewhere."""
        return source_links(os.environ, self.session.settings.project)

    @property
    def is_emulator(self) -> bool:
        """Whether the portal is the embedded emulator."""
        return self.session.environment.is_emulator

    def where(self, ref: SourceRef) -> str:
        """Format a place in a manifest: the file relative to the working directory, and the line."""
        return self.session.where(ref)

    def seen(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Return problems with their files relative to the working directory."""
        return self.session.seen(problems)
