"""Refusing to apply in a CI job whose state would be lost with the job's machine."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from reconciler.errors import UsageError
from reconciler.hosts import is_loopback
from reconciler.project.settings import EnvironmentSettings
from reconciler.state.store import Store


def refuse_ephemeral_state(
    environment: EnvironmentSettings, state_url: str | None, store: Store, environ: Mapping[str, str]
) -> None:
    """Refuse an empty SQLite state in a CI job: the state of the previous job was lost.

    Raises:
        UsageError: the state is refused; states of emulators and of portals on this machine never are.
    """
    is_thrown_away = bool(environ.get("CI")) and state_url is not None and state_url.startswith("sqlite")
    if (
        not is_thrown_away
        or environment.is_emulator
        or is_loopback(urlsplit(environment.base_url).hostname or "")
    ):
        return
    if store.version().lineage is None:
        raise UsageError(
            "the state is an empty SQLite file, and in a CI job (CI is set) it is deleted at "
            "the end of the job: every run would begin with an empty state\n"
            "    keep it in git (`state: git:refs/reconciler` in reconciler.yaml) or in PostgreSQL\n"
            "    (`state: postgresql+psycopg://…`); or use no state: `state: none`"
        )
