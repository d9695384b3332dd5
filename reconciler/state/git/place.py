"""The place of state in a repository: ``git:REF``, ``git:REMOTE:REF`` or ``git:URL:REF``. Pure.

Fewer forms of URLs are accepted than by git, so that all programs see the same host in a URL. Helpers of git
such as ``ext::`` are not accepted.
"""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

PREFIX: Final = "git:"

_ORIGIN: Final = "origin"
_REMOTE: Final = re.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_HOST: Final = r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?"
_PATH: Final = r"[A-Za-z0-9_~.][A-Za-z0-9_~.%+/-]*"
_USER: Final = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_WEB: Final = re.compile(rf"(?P<scheme>https?)://(?:{_USER}@)?{_HOST}/{_PATH}")
_SSH: Final = re.compile(
    rf"ssh://(?:{_USER}@)?{_HOST}/{_PATH}|(?:{_USER}@)(?P<short>[A-Za-z0-9._-]+):{_PATH}"
)
_FILE: Final = re.compile(r"(?:file://)?/[^\x00-\x1f]*")
_REF: Final = re.compile(r"refs(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)+")


@dataclass(frozen=True, slots=True)
class GitPlace:
    """A remote, and the beginning of the names of the refs there."""

    remote: str = field(repr=False)  # name of a remote in the checkout, or a URL
    ref: str

    @property
    def is_named(self) -> bool:
        """Whether ``remote`` is a name, whose URL is in the configuration of the checkout."""
        return _REMOTE.fullmatch(self.remote) is not None

    @property
    def is_on_branches(self) -> bool:
        """Whether the refs are branches, which rules of the host can protect."""
        return self.ref.startswith("refs/heads/")


@dataclass(frozen=True, slots=True)
class RefNames:
    """The names of the two refs of one portal."""

    portal_id: int
    state: str
    lock: str

    @property
    def all(self) -> str:
        """A pattern that matches the ref of the state and the ref of the lock."""
        return f"{self.state.rpartition('/')[0]}/*"


def git_place(state: str) -> GitPlace | None:
    """Parse the value of ``state``; None if it is no place in a repository."""
    if not state.startswith(PREFIX):
        return None
    where, _, ref = state.removeprefix(PREFIX).rpartition(":")
    where = where or _ORIGIN
    is_ref = _REF.fullmatch(ref) is not None and ".." not in ref
    if not is_ref or any(part.endswith((".lock", ".")) for part in ref.split("/")) or ref == "refs/heads":
        return None
    if _REMOTE.fullmatch(where) is None and not is_repository(where):
        return None
    return GitPlace(where, ref)


def is_repository(url: str) -> bool:
    """Return whether ``url`` is an address of a repository in one of the accepted forms."""
    return any(form.fullmatch(url) for form in (_WEB, _SSH, _FILE))


def host_of(url: str) -> str | None:
    """Return the host of a repository, in lower case; None for a folder of this machine."""
    found = _WEB.fullmatch(url)
    if found is not None:
        return found["host"].strip("[]").lower()
    found = _SSH.fullmatch(url)
    return (found["host"] or found["short"]).strip("[]").lower() if found else None


def is_web(url: str) -> bool:
    """Return whether ``url`` is an http or https address, for which a token can be used."""
    return _WEB.fullmatch(url) is not None


def is_plain_web(url: str) -> bool:
    """Return whether ``url`` is an http address, which is not encrypted."""
    return url.startswith("http://")


def shown_url(url: str) -> str:
    """Return ``url`` without user and password, for messages."""
    return re.sub(r"^([a-z]+://)[^/@]*@", r"\1", url)


def without_password(url: str) -> tuple[str, str, str]:
    """Split an http or https address with a password into address, user and password.

    Other addresses are returned unchanged, with two empty texts.
    """
    found = re.fullmatch(r"(https?://)([^/@:]*):([^/@]*)@(.*)", url)
    return (found[1] + found[4], unquote(found[2]), unquote(found[3])) if found else (url, "", "")


def names_of(ref: str, portal_id: int) -> RefNames:
    """Return the names of the two refs of a portal; portals share no refs."""
    return RefNames(portal_id, f"{ref}/{portal_id}/state", f"{ref}/{portal_id}/lock")
