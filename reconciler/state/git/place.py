"""The place of state in a repository: ``git:REF``, ``git:REMOTE:REF`` or ``git:URL:REF``. Pure.

Addresses follow one grammar that is narrower than git's, so that all programs see the same host in them.
Helpers of git such as ``ext::`` are not in it.
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
    """A remote and the beginning of the refs there."""

    remote: str = field(repr=False)  # its name in the checkout, or a URL
    ref: str

    @property
    def is_named(self) -> bool:
        """Whether the checkout's own configuration says where the remote is."""
        return _REMOTE.fullmatch(self.remote) is not None

    @property
    def is_on_branches(self) -> bool:
        """Whether rules for branches can protect it."""
        return self.ref.startswith("refs/heads/")


@dataclass(frozen=True, slots=True)
class RefNames:
    """The two refs of one portal."""

    portal_id: int
    state: str
    lock: str

    @property
    def all(self) -> str:
        """A pattern for both."""
        return f"{self.state.rpartition('/')[0]}/*"


def git_place(state: str) -> GitPlace | None:
    """Parse the address of a state; None if it is no place in a repository."""
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
    """Return whether ``url`` is the address of a repository that state can be kept in."""
    return any(form.fullmatch(url) for form in (_WEB, _SSH, _FILE))


def host_of(url: str) -> str | None:
    """Return the host of a repository, in lower case; None if it is a folder of this machine."""
    found = _WEB.fullmatch(url)
    if found is not None:
        return found["host"].strip("[]").lower()
    found = _SSH.fullmatch(url)
    return (found["host"] or found["short"]).strip("[]").lower() if found else None


def is_web(url: str) -> bool:
    """Return whether ``url`` is an address of the web, which takes a token."""
    return _WEB.fullmatch(url) is not None


def is_plain_web(url: str) -> bool:
    """Return whether ``url`` is an address of the web without encryption."""
    return url.startswith("http://")


def shown_url(url: str) -> str:
    """Return ``url`` for messages: without a user."""
    return re.sub(r"^([a-z]+://)[^/@]*@", r"\1", url)


def without_password(url: str) -> tuple[str, str, str]:
    """Return an address of the web without user and password, and both; others as they are."""
    found = re.fullmatch(r"(https?://)([^/@:]*):([^/@]*)@(.*)", url)
    return (found[1] + found[4], unquote(found[2]), unquote(found[3])) if found else (url, "", "")


def names_of(ref: str, portal_id: int) -> RefNames:
    """Return the two refs of a portal; nothing is shared between portals."""
    return RefNames(portal_id, f"{ref}/{portal_id}/state", f"{ref}/{portal_id}/lock")
