"""An opened project folder: the entry point for Python code."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal, Self

from reconciler.model.diagnosis import CheckResult, Diagnosis
from reconciler.model.format_result import FormatResult
from reconciler.model.new_project import NewProject
from reconciler.project.editor_line import MANIFEST_SCHEMA, SETTINGS_SCHEMA
from reconciler.project.environment import Environment
from reconciler.project.notices import Notify, ignore_notice
from reconciler.project.plan import Plan
from reconciler.project.plan_files import read_plan
from reconciler.project.session import open_session
from reconciler.project.settings import find_project
from reconciler.project.settings_file import environment_names


class Project:
    """A folder with ``reconciler.yaml``, and the environments that this file names."""

    def __init__(self, folder: Path, notify: Notify = ignore_notice) -> None:
        self.folder = folder
        self._notify = notify

    @classmethod
    def open(
        cls,
        folder: str | Path | None = None,
        *,
        notify: Notify = ignore_notice,
        said_by: str = "Project.open(FOLDER)",
    ) -> Self:
        """Open the project whose ``reconciler.yaml`` is in ``folder`` or in ``folder/manifests``.

        Args:
            folder: path of the folder; None means the working directory.
            notify: a function, such as ``print``. It is called with messages that are not part of a result.
            said_by: what messages call the argument or option that names the folder.

        Raises:
            UsageError: there is no ``reconciler.yaml``.
        """
        chosen = Path(folder) if folder is not None else None
        return cls(find_project(Path.cwd(), chosen, said_by=said_by), notify)

    @staticmethod
    def init(
        folder: str | Path = ".",
        *,
        portal_id: int | None = None,
        objects: Iterable[str] = (),
        github: bool = False,
        gitlab: bool = False,
        example: bool = False,
        agents: bool = False,
    ) -> NewProject:
        """Create a project in ``folder``, offline.

        Files that exist stay as they are, but ``.gitignore`` and ``AGENTS.md`` may get more lines.

        Args:
            folder: the project folder; created if it does not exist.
            portal_id: the id of the HubSpot account; None leaves a line to fill in.
            objects: object types, from which the scopes that a token needs are computed.
            github: write workflows for GitHub Actions.
            gitlab: write a pipeline for GitLab CI.
            example: write the example project, which needs no account.
            agents: write a section into ``AGENTS.md`` about the commands that an agent may run.

        Raises:
            UsageError: the arguments contradict each other, or a file cannot be written.
        """
        from reconciler.project.init.init_project import (  # noqa: PLC0415 - only new projects need it
            InitRequest,
            init_project,
        )

        asked = InitRequest(Path(folder), portal_id, tuple(objects), github, gitlab, example, agents)
        return init_project(asked, os.environ)

    @staticmethod
    def doctor(
        folder: str | Path | None = None,
        environment: str | None = None,
        *,
        objects: Iterable[str] = (),
        token_variable: str | None = None,
        tell: Callable[[CheckResult], None] = lambda _result: None,
    ) -> Diagnosis:
        """Check project, token, portal and state, even if the project is not complete. Nothing is changed.

        Args:
            folder: the project folder, as for ``open``.
            environment: name of the environment, as for ``environment``.
            objects: object types, besides those of the manifests.
            token_variable: the variable that contains the token, if not the one in the settings.
            tell: called with each result as soon as it is known.
        """
        from reconciler.project.doctor.diagnose import diagnose  # noqa: PLC0415 - httpx costs 0.1 s
        from reconciler.project.doctor.examined import DoctorRequest  # noqa: PLC0415 - as above

        chosen = Path(folder) if folder is not None else None
        request = DoctorRequest(chosen, environment, tuple(objects), token_variable)
        return diagnose(request, os.environ, tell)

    @staticmethod
    def json_schema(what: Literal["manifests", "settings"] = "manifests") -> str:
        """Return the text of a JSON schema (draft-07) for editors; it needs no project.

        Args:
            what: ``manifests`` or ``settings``, which is ``reconciler.yaml``.
        """
        from reconciler.project.shipped_schemas import shipped_schema  # noqa: PLC0415 - nothing else needs it

        return shipped_schema(SETTINGS_SCHEMA if what == "settings" else MANIFEST_SCHEMA)

    @staticmethod
    def help_topics() -> Mapping[str, str]:
        """Return the topics of ``help_page``, each with its subject."""
        from reconciler.project.help_pages import HELP_PAGES  # noqa: PLC0415 - nothing else needs it

        return HELP_PAGES

    @staticmethod
    def help_page(topic: str) -> str:
        """Return the page about ``topic`` in Markdown; it needs no project.

        Args:
            topic: one of ``help_topics``, or a page as messages name it: ``docs/state.md``.

        Raises:
            UsageError: there is no such page.
        """
        from reconciler.project.help_pages import help_page  # noqa: PLC0415 - nothing else needs it

        return help_page(topic)

    @staticmethod
    def format(
        *paths: str | Path, folder: str | Path | None = None, write: bool = True, said_by: str = "folder"
    ) -> FormatResult:
        """Format ``reconciler.yaml`` and manifests as ``reconciler fmt`` does; their meaning does not change.

        Args:
            *paths: files or folders; without paths, all files of the project in ``folder``.
            folder: the project folder, as for ``open``.
            write: write the files whose layout was different.
            said_by: what messages call the argument or option that names the folder.

        Raises:
            ManifestError: a file cannot be read as YAML; nothing is written.
            UsageError: there is no such file, or no project.
        """
        from reconciler.project.format_files import (  # noqa: PLC0415 - nothing else needs it
            files_at,
            files_of_project,
            format_files,
        )

        if paths:
            files = files_at([Path(path) for path in paths])
        else:
            chosen = Path(folder) if folder is not None else None
            files = files_of_project(find_project(Path.cwd(), chosen, said_by=said_by))
        return format_files(files, write=write)

    @property
    def environments(self) -> tuple[str, ...]:
        """The names of the project's environments.

        Raises:
            ManifestError: ``reconciler.yaml`` is wrong.
        """
        return environment_names(self.folder)

    def environment(
        self, name: str | None = None, *, offline: bool = False, said_by: str = "environment()"
    ) -> Environment:
        """Open the environment ``name``.

        None means the name in ``RECONCILER_ENV``, else the name in ``default:``, else the only environment.

        Args:
            name: name of the environment.
            offline: whether neither portal nor state will be used; then the token may be missing.
            said_by: how messages name the source of ``name``.

        Raises:
            ManifestError: ``reconciler.yaml`` is wrong, or names a variable that is not set.
            UsageError: there is no such environment.
        """
        session = open_session(self.folder, name, said_by=said_by, offline=offline, notify=self._notify)
        return Environment(session)

    @staticmethod
    def read_plan(path: str | Path) -> Plan:
        """Read a plan that ``Plan.save`` or ``reconciler plan --out`` wrote.

        Raises:
            UsageError: the file is not a plan, or cannot be opened.
            PlanRefused: the file was altered, or is not encrypted although ``RECONCILER_PLAN_KEY`` is set.
        """
        return Plan(read_plan(Path(path), to_apply=True), file=Path(path))

    def __repr__(self) -> str:
        return f"<Project {self.folder}>"
