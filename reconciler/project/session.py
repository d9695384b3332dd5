"""Sessions: access to manifests, portal and state of an environment, opened for work and closed after it."""

import getpass
import json
import os
import platform
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.encryption import keys_from
from reconciler.errors import ManifestError, Problem, UsageError
from reconciler.model.desired import Desired
from reconciler.model.explanation import RecordTrace
from reconciler.project.ci_job import ci_run_url
from reconciler.project.copied import check_copied
from reconciler.project.env_file import with_env_file
from reconciler.project.git_state import git_access
from reconciler.project.notices import Notice, Notify, ignore_notice
from reconciler.project.older_state import REPORTS, ReportedSerial, refuse_older_state, reported_serials
from reconciler.project.private_folder import refuse_foreign_files
from reconciler.project.settings import EnvironmentSettings, Settings, load_settings
from reconciler.source import SourceRef
from reconciler.state.database_files import PRIVATE_FOLDER, make_private_folder

if TYPE_CHECKING:
    import httpx

    from reconciler.emulator.app import Emulator
    from reconciler.hubspot.answers import PortalAnswers
    from reconciler.hubspot.reader import PortalReader
    from reconciler.hubspot.transport.caller import Caller
    from reconciler.hubspot.transport.rate_limiter import RateLimiter
    from reconciler.reconcile.apply import Connection, LockRequest
    from reconciler.state.store import Store
    from reconciler.state.writer import StateWriter

_CALLS_OF_EMULATOR = 1_000_000
"""Calls that an embedded portal allows in ten seconds, unless its answers give another number."""


class Session:
    """One environment of a project, with access to its manifests, portal and state."""

    def __init__(self, settings: Settings, notify: Notify = ignore_notice) -> None:
        self.settings = settings
        self.notify = notify

    @property
    def environment(self) -> EnvironmentSettings:
        """The settings of the environment."""
        return self.settings.environment

    @property
    def folder(self) -> Path:
        """The project's ``.reconciler/``, created with a ``.gitignore`` of ``*``."""
        folder = self.settings.project / PRIVATE_FOLDER
        try:
            make_private_folder(folder)
        except OSError as error:
            raise UsageError(
                f"cannot write to {folder} ({error.strerror})\n    the project folder must be writable"
            ) from error
        return folder

    def where(self, ref: SourceRef) -> str:
        """Format a place: the file relative to the working directory, and the line."""
        return str(self._seen(ref))

    def load_manifests(self, *, keeps_going: bool = False) -> Desired:
        """Load the manifests for the selected environment; with ``keeps_going``, even if some are wrong.

        Raises:
            ManifestError: the manifests are wrong; places in it are relative to the working directory.
        """
        from reconciler.manifest.load import load_manifests  # noqa: PLC0415 - not every command reads them

        try:
            return load_manifests(
                self.settings.project,
                self.settings.manifests,
                self.environment.documents_of,
                self.settings.environment_names,
                self.settings.listed,
                keeps_going=keeps_going,
            )
        except ManifestError as error:
            raise ManifestError(self.seen(error.problems)) from None

    def trace_record(self, objects: Collection[str], by: str, key: str) -> RecordTrace:
        """Find the manifest lines about one record."""
        from reconciler.manifest.trace import trace_record  # noqa: PLC0415 - not every command asks for them

        settings = self.settings
        return trace_record(
            settings.project,
            settings.manifests,
            self.environment.documents_of,
            objects=objects,
            by=by,
            key=key,
        )

    def seen(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Return problems with their files relative to the working directory."""
        return tuple(
            replace(problem, source=self._seen(problem.source)) if problem.source else problem
            for problem in problems
        )

    @contextmanager
    def reader(self, answers: "PortalAnswers | None" = None) -> Iterator["PortalReader"]:
        """Open the environment's portal for reading.

        ``answers`` stores answers about account, definitions and owners, so that several readers share them.
        """
        from reconciler.hubspot.reader import PortalReader  # noqa: PLC0415 - httpx costs 0.1 s

        with self._http() as http:
            yield PortalReader(http, self.environment.api_version, self._limiter, answers)

    @contextmanager
    def portal(self, answers: "PortalAnswers | None" = None) -> Iterator["Connection"]:
        """Open the environment's portal for writing.

        ``answers`` stores answers about account, definitions and owners, so that several readers share them.
        """
        from reconciler.hubspot.reader import PortalReader  # noqa: PLC0415 - httpx costs 0.1 s
        from reconciler.hubspot.writer import PortalWriter  # noqa: PLC0415 - as above
        from reconciler.reconcile.apply import Connection  # noqa: PLC0415 - as above

        with self._http() as http:
            version, limiter = self.environment.api_version, self._limiter
            reader = PortalReader(http, version, limiter, answers)
            yield Connection(reader, PortalWriter(http, version, limiter))

    @contextmanager
    def caller(self) -> Iterator["Caller"]:
        """Open the environment's portal for single calls that are neither for planning nor for applying."""
        from reconciler.hubspot.transport.caller import Caller  # noqa: PLC0415 - httpx costs 0.1 s

        with self._http() as http:
            yield Caller(http, self._limiter)

    def observed(self, observations: Path | None = None) -> Mapping[str, str]:
        """Return HubSpot's behaviour from a file of observations, by name of the emulator's guess.

        The file is ``observations``, or else the environment's file. Without a file, the result is empty.

        Raises:
            UsageError: the file cannot be read, or has another format.
        """
        from reconciler.emulator.errors import EmulatorError  # noqa: PLC0415 - only emulators need it
        from reconciler.emulator.observations import read_observations  # noqa: PLC0415 - as above

        path = observations or self.environment.observations
        try:
            return {} if path is None else read_observations(path)
        except EmulatorError as error:
            raise UsageError(f"the emulator cannot start: {error}") from None

    @contextmanager
    def emulator(self, observations: Path | None = None) -> Iterator["Emulator"]:
        """Open the project's emulator; if it lacks the environment's portal, create that from its seed.

        ``observations`` is a file of observations to use instead of the environment's file.
        """
        from reconciler.emulator.app import Emulator  # noqa: PLC0415 - only local environments need it
        from reconciler.emulator.errors import EmulatorError  # noqa: PLC0415 - as above

        if not self.environment.is_emulator:
            raise UsageError(
                f"environment {self.environment.name} is a HubSpot portal, not an emulator\n"
                "    choose an environment with `portal: emulator`"
            )
        try:
            emulator = Emulator(self.folder / "portal.db", observed=self.observed(observations))
            try:
                if self.environment.copy_of is None:
                    emulator.ensure_portal(self.environment.portal_id, self._seed())
                else:
                    check_copied(self.environment, self.folder, emulator.portal_ids())
                yield emulator
            finally:
                emulator.close()
        except EmulatorError as error:
            raise UsageError(f"the emulator failed: {error}") from error

    def index_s(self) -> float | None:
        """Return how many seconds old an emulator's search results are; None for a portal of HubSpot."""
        if not self.environment.is_emulator:
            return None
        with self.emulator() as emulator:
            return emulator.search_lag_s(self.environment.portal_id)

    @contextmanager
    def state(self, *, to_write: bool) -> Iterator["Store"]:
        """Open the environment's state; unless ``to_write`` is set, nothing is created or changed."""
        from reconciler.state import store  # noqa: PLC0415 - SQLAlchemy costs 0.2 s

        url, portal_id = self.settings.state_url, self.environment.portal_id
        reported: Sequence[ReportedSerial] = ()
        access = git_access(self.settings, with_env_file(os.environ, self.settings.project))
        if url is None:
            opened = store.memory_state(portal_id)
        elif access is not None:
            if to_write:
                _ = self.folder  # creates the folder for the file with the newest snapshots that were seen
            reported = reported_serials(self.settings.project / PRIVATE_FOLDER / REPORTS)
            opened = store.open_git_state(access, portal_id)
        elif to_write:
            opened = store.open_state(url, self.settings.project, portal_id)
        else:
            opened = store.open_state_to_read(url, self.settings.project, portal_id)
        try:
            if opened.upgrade is not None:
                self.notify(Notice("the state had an older version and was upgraded"))
                self.notify(Notice(backup_text(opened.upgrade.backup)))
            if reported:
                refuse_older_state(opened.version(), reported)
            yield opened
        finally:
            opened.close()

    @contextmanager
    def writer(self) -> Iterator[tuple["Store", "StateWriter"]]:
        """Open the environment's state for writing, and take its lock."""
        with self.state(to_write=True) as store, self.claim().acquire(store) as writer:
            yield store, writer

    @property
    def host(self) -> str:
        """The name of this machine."""
        return platform.node()

    def claim(self, lock_timeout_s: float = 0) -> "LockRequest":
        """Return a request of this process for the lock, which waits up to ``lock_timeout_s``."""
        from reconciler.reconcile.apply import LockRequest  # noqa: PLC0415 - as above
        from reconciler.state.run_types import Actor  # noqa: PLC0415 - as above

        actor = Actor(
            user=_user(),
            host=self.host,
            pid=os.getpid(),
            run_url=ci_run_url(os.environ),
        )
        return LockRequest(
            actor,
            lock_timeout_s,
            now=lambda: datetime.now(UTC),
            sleep=time.sleep,
            project=self.settings.name,
        )

    @cached_property
    def _limiter(self) -> "RateLimiter":
        """The rate limiter of all calls of this session.

        With a second limiter, the calls of the first would count as those of other users.
        """
        from reconciler.hubspot.transport.rate_limiter import RateLimiter  # noqa: PLC0415 - as above

        if self.environment.is_emulator:  # its answers give a limit only if one is set
            return RateLimiter(called=self._token_name, assumed_limit=_CALLS_OF_EMULATOR)
        return RateLimiter(called=self._token_name)

    @contextmanager
    def _http(self) -> Iterator["httpx.Client"]:
        if self.environment.is_emulator:
            import httpx  # noqa: PLC0415 - 0.1 s

            from reconciler.emulator.inprocess import EmulatorTransport  # noqa: PLC0415 - as above

            with self.emulator() as emulator:
                transport = EmulatorTransport(emulator, self.environment.portal_id)
                with httpx.Client(transport=transport, base_url=self.environment.base_url) as http:
                    yield http
            return
        from reconciler.hubspot.transport.connection import open_http  # noqa: PLC0415 - as above

        token = self.environment.token or ""
        with open_http(self.environment.base_url, token, self._token_name) as http:
            yield http

    @property
    def _token_name(self) -> str:
        """The name of the token in messages: the variable that contains it."""
        variable = self.environment.token_variable
        return f"the token in {variable}" if variable else "the token"

    def _seed(self) -> Mapping[str, object] | None:
        path = self.environment.seed
        if path is None:
            return None
        try:
            seed = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise UsageError(f"{os.path.relpath(path)} cannot be read as a seed: {error}") from error
        if not isinstance(seed, dict):
            raise UsageError(f"{os.path.relpath(path)} is not a seed: a seed is one JSON object")
        return seed

    def _seen(self, ref: SourceRef) -> SourceRef:
        return replace(ref, file=os.path.relpath(self.settings.project / ref.file))


def backup_text(backup: Path | None, previous: str | None = None) -> str:
    """Return the sentence that says where the previous state can be found."""
    if backup is not None:
        return f"the previous state was copied to {os.path.relpath(backup)}"
    return previous or "the previous state is only in PostgreSQL's own backups"


def open_session(
    project: Path,
    environment: str | None = None,
    *,
    said_by: str = "-e",
    offline: bool = False,
    notify: Notify = ignore_notice,
) -> Session:
    """Open an environment of the project in folder ``project``.

    Args:
        project: the folder that contains ``reconciler.yaml``.
        environment: its name. None means the name in ``RECONCILER_ENV``, else the name in ``default:``, else
            the only environment.
        said_by: how messages name the source of ``environment``.
        offline: whether neither portal nor state will be used.
        notify: called with messages that are not part of a result.

    Raises:
        ManifestError: ``reconciler.yaml`` is wrong.
        UsageError: there is no such environment; or git tracks the state or a file in ``.reconciler/``; or
            ``.reconciler/`` contains a symbolic link.
    """
    environ = with_env_file(os.environ, project)
    keys_from(environ)  # report an invalid key now, not when the report is written
    settings = load_settings(project, environ, environment, said_by=said_by, offline=offline)
    refuse_foreign_files(project, settings.state_url)
    return Session(settings, notify)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"  # in containers, a user id may have no name
