"""Access to a repository: address, token and keys come from the machine or the job, nothing from a commit.

The token is passed to git in ``GIT_CONFIG_*``, as a header for this one URL, so that no list of processes
shows it. If there is a token, no other credentials are used, and no redirect is followed.

Source: https://git-scm.com/docs/git-config, GIT_CONFIG_COUNT, http.extraHeader and http.<url>.*.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reconciler.errors import UsageError
from reconciler.git_program import clean_environment, find_git
from reconciler.hosts import is_loopback
from reconciler.state.git.place import (
    host_of,
    is_plain_web,
    is_repository,
    is_web,
    shown_url,
    without_password,
)

TOKEN_VARIABLE: Final = "RECONCILER_GIT_TOKEN"  # noqa: S105 - the name of a variable

_ALSO: Final = (
    "DBUS_SESSION_BUS_ADDRESS",  # credential helpers of desktops use it to read passwords
    "SSH_AUTH_SOCK",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "ALL_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
"""Environment variables that git also gets when it uses the network."""


@dataclass(frozen=True, slots=True)
class GitAccess:
    """A repository, and everything that is needed to use it."""

    url: str = field(repr=False)
    ref: str
    program: str | None  # git itself; None if it is not installed
    environ: Mapping[str, str] = field(repr=False)  # for git, with the token for ``url``
    keys: tuple[str, ...] = field(default=(), repr=False)  # keys for encryption, newest first
    may_be_plain: bool = False  # whether the state may be unencrypted; only that of an emulator may
    seen: Path | None = None  # file that stores the newest snapshots that this machine has seen

    @property
    def shown(self) -> str:
        """The URL of the repository for messages, without user and password."""
        return shown_url(self.url)


def access_to(
    url: str,
    ref: str,
    environ: Mapping[str, str],
    *,
    checkout: Path | None = None,
    keys: tuple[str, ...] = (),
    may_be_plain: bool = False,
    seen: Path | None = None,
) -> GitAccess:
    """Return access to the refs at ``url``; programs below the folder ``checkout`` are never run.

    A password in ``url``, as in checkouts of GitLab, is used as a token.

    Raises:
        UsageError: ``url`` is no address of a repository, or cannot be used safely.
    """
    url, user, password = without_password(url)
    if not is_repository(url):
        raise UsageError(
            "the state cannot be kept in this remote\n"
            "    use https://HOST/PATH, ssh://USER@HOST/PATH, USER@HOST:PATH or file:///PATH, "
            "without a password"
        )
    if is_plain_web(url) and not is_loopback(host_of(url) or ""):
        raise UsageError(
            f"with {shown_url(url)}, other people could read state and token on the network\n    use https://"
        )
    clean = clean_environment(environ, checkout, _ALSO)
    token = environ.get(TOKEN_VARIABLE, "").strip()
    if token or password:
        if not is_web(url):
            raise UsageError(
                f"{TOKEN_VARIABLE} works only with https://, and {shown_url(url)} has another form\n"
                "    remove the variable, or let the remote be an https:// address"
            )
        if token:
            user, password = "gitlab-ci-token" if environ.get("GITLAB_CI") else "x-access-token", token
        url = shown_url(url)
        clean |= _with_token(url, user, password)
    return GitAccess(url, ref, find_git(clean), clean, keys, may_be_plain, seen)


def _with_token(url: str, user: str, token: str) -> dict[str, str]:
    basic = base64.b64encode(f"{user}:{token}".encode()).decode()
    settings = (
        ("credential.helper", ""),  # an empty value removes helpers that the machine has configured
        ("http.followRedirects", "false"),
        ("http.extraHeader", ""),
        (f"http.{url}.extraHeader", ""),
        (f"http.{url}.extraHeader", f"Authorization: Basic {basic}"),
    )
    numbered = {
        f"GIT_CONFIG_{part}_{number}": text
        for number, setting in enumerate(settings)
        for part, text in zip(("KEY", "VALUE"), setting, strict=True)
    }
    return numbered | {"GIT_CONFIG_COUNT": str(len(settings))}
