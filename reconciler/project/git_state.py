"""Access to a state in git: the URL of the checkout's remote, and the variables for access to it in jobs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from reconciler.encryption import KEY_VARIABLE, keys_from
from reconciler.errors import UsageError
from reconciler.project.git import find_repository
from reconciler.project.settings import Settings
from reconciler.state.database_files import PRIVATE_FOLDER
from reconciler.state.git.place import GitPlace, git_place

if TYPE_CHECKING:
    from reconciler.project.session import Session
    from reconciler.state.git.access import GitAccess

SEEN: Final = "state-seen.json"
"""File in ``.reconciler/`` with the newest snapshots that this machine has seen."""


def git_access(settings: Settings, environ: Mapping[str, str]) -> "GitAccess | None":
    """Return access to the environment's state if it is in git; otherwise None.

    Raises:
        UsageError: the remote is unknown, or there is no key although the state needs one.
    """
    place = git_place(settings.state_url or "")
    if place is None:
        return None
    repository = find_repository(settings.project, environ)
    url = place.remote
    if place.is_named:
        found = repository.remote_url(place.remote) if repository else None
        if found is None:
            raise UsageError(_no_remote(place, repository.distrust if repository else None))
        url = found
    keys, is_emulator = keys_from(environ), settings.environment.is_emulator
    if not keys and not is_emulator:
        raise UsageError(
            f"state in git is encrypted, and {KEY_VARIABLE} holds no key\n"
            "    make one with `openssl rand -base64 32`; everybody who plans or applies sets "
            f"{KEY_VARIABLE} to this key"
        )
    from reconciler.state.git.access import access_to  # noqa: PLC0415 - most states are in a database

    return access_to(
        url,
        place.ref,
        environ,
        checkout=repository.top if repository else settings.project,
        keys=keys,
        may_be_plain=is_emulator,
        seen=settings.project / PRIVATE_FOLDER / SEEN,
    )


def is_in_git(session: "Session") -> bool:
    """Return whether the state of a session is in a repository."""
    return git_place(session.settings.state_url or "") is not None


def _no_remote(place: GitPlace, distrust: str | None) -> str:
    if distrust is not None:
        return f"git does not trust this checkout, so its remotes are unknown: {distrust}"
    return (
        f"the state is in git, and this checkout has no remote {place.remote}\n"
        f"    git remote add {place.remote} URL, or name another: `state: git:REMOTE:{place.ref}`"
    )
