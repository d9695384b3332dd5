"""The refs at the remote: reading them, and moving either all of them or none.

A push is atomic, and gives the expected id of each ref (``--force-with-lease=REF:ID``; an empty id: no such
ref). Its result is read from ``--porcelain``, for each ref: only a new, updated or deleted ref is a success.
A ref that is "up to date" is no success: git says so if another run has pushed the very same commit.

Source: https://git-scm.com/docs/git-push#_output.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from reconciler.errors import StateError
from reconciler.git_program import Answer
from reconciler.state.git.access import TOKEN_VARIABLE
from reconciler.state.git.place import RefNames
from reconciler.state.git.repository import PrivateRepository

TIMEOUT_S = 60.0
"""Maximum seconds of one fetch or push; less than half a lease."""

_MOVED = frozenset(" +*-")  # git's flags for a ref that was updated, forced, created or deleted
_LINE = re.compile(r"(?P<flag>.)\t(?P<source>[^:]*):(?P<ref>[^\t]*)\t(?P<summary>.*)")
_NO_RIGHT = re.compile(
    r"\b40[13]\b|denied|not allowed|unauthori[sz]ed|forbidden|authentication failed|could not read username|"
    r"publickey",
    re.IGNORECASE,
)
_RACE = re.compile(
    r"atomic transaction failed|failed to update ref|cannot lock ref|failed to lock|incorrect old value|"
    r"reference already exists|unable to create .*\.lock",
    re.IGNORECASE,
)
"""Messages of a host if another push moved the ref after our push had read it."""

_NO_REPOSITORY = re.compile(
    r"\b404\b|not found|does not appear to be a git repository|no such", re.IGNORECASE
)
_FETCHED = "refs/fetched"


class Refs(NamedTuple):
    """Commit ids of the two refs of one portal at the remote; None for a ref that does not exist."""

    state: str | None
    lock: str | None


class PushResult(Enum):
    """The result of a push."""

    DONE = auto()
    MOVED = auto()  # a ref did not have the expected id, because another run moved it
    REFUSED = auto()  # the host does not accept the push
    UNANSWERED = auto()  # the push may have succeeded or not


@dataclass(frozen=True, slots=True)
class Pushed:
    """The result of a push, with the reason if it failed."""

    result: PushResult
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """The move of one ref: the id that it must have now, and its new id.

    As an id, None means that the ref does not exist.
    """

    ref: str
    before: str | None
    after: str | None


class RemoteRefs:
    """The two refs of one portal at the remote."""

    def __init__(self, repository: PrivateRepository, names: RefNames) -> None:
        self._repository = repository
        self._names = names

    def fetch(self) -> Refs:
        """Fetch both refs with their commits, and return their ids.

        Raises:
            StateError: the remote cannot be read.
        """
        answer = self._repository.run(
            "fetch",
            "--quiet",
            "--prune",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--refmap=",
            self._repository.access.url,
            f"+{self._names.all}:{_FETCHED}/*",
            timeout_s=TIMEOUT_S,
        )
        if not answer.is_yes:
            raise StateError(self._unreadable(answer))
        found = self._repository.refs(_FETCHED)
        return Refs(found.get("state"), found.get("lock"))

    def push(self, *moves: Move) -> Pushed:
        """Move all refs in one push, or none."""
        answer = self._repository.run(
            "push",
            "--porcelain",
            "--atomic",
            "--no-verify",
            *(f"--force-with-lease={move.ref}:{move.before or ''}" for move in moves),
            self._repository.access.url,
            *(f"{move.after or ''}:{move.ref}" for move in moves),
            timeout_s=TIMEOUT_S,
        )
        return judged(answer, {move.ref for move in moves})

    def _unreadable(self, answer: Answer) -> str:
        where, reason = self._repository.access.shown, reason_of(answer)
        if answer.is_late:
            return f"state in git: {where} gives {reason}: check the network, then run again"
        if _NO_REPOSITORY.search(answer.err):
            return (
                f"state in git: there is no repository at {where}, or you have no access to it ({reason}): "
                f"check the remote; a private repository needs a token in {TOKEN_VARIABLE}"
            )
        if _NO_RIGHT.search(answer.err):
            return (
                f"state in git: {where} may not be read ({reason}): give the job `contents: read`, "
                f"or a token in {TOKEN_VARIABLE} that may read the repository"
            )
        return f"state in git: {where} cannot be read ({reason}): check the network, then run again"


def judged(answer: Answer, refs: set[str]) -> Pushed:
    """Return the result of a push of ``refs``, read from git's output."""
    found: Mapping[str, re.Match[str]] = {
        line["ref"]: line for text in answer.out.splitlines() if (line := _LINE.fullmatch(text))
    }
    if answer.is_yes and found.keys() >= refs and all(found[ref]["flag"] in _MOVED for ref in refs):
        return Pushed(PushResult.DONE)
    if answer.is_yes and any(line["flag"] == "=" for line in found.values()):
        return Pushed(PushResult.MOVED, "another push wrote an identical commit")
    refused = [line["summary"] for line in found.values() if line["flag"] == "!"]
    hosts = [summary for summary in refused if summary.startswith("[remote rejected]")]
    if hosts:
        reason = hosts[0].removeprefix("[remote rejected]").strip(" ()")
        return Pushed(PushResult.MOVED if _RACE.search(reason) else PushResult.REFUSED, reason)
    if refused:
        return Pushed(PushResult.MOVED, refused[0])
    if not answer.is_late and _NO_RIGHT.search(answer.err):
        return Pushed(PushResult.REFUSED, reason_of(answer))
    return Pushed(PushResult.UNANSWERED, reason_of(answer))


def reason_of(answer: Answer) -> str:
    """Return the line in git's output that says why git failed."""
    lines = [line.strip() for line in answer.err.splitlines() if line.strip()]
    said = [line for line in lines if line.startswith(("fatal:", "remote: ", "error:", "ERROR:"))]
    line = (said or lines or [f"git ended with {answer.code}"])[0]
    return re.sub("^(fatal|remote|error|ERROR): *", "", line).rstrip(".:")
