"""A private repository for objects that are fetched or pushed.

It is a folder that is deleted when the process ends. Objects and configuration of the checkout are not used.
So the checkout may be shallow, and it is not changed.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.errors import StateError
from reconciler.git_program import Answer, run_git
from reconciler.state.git.access import GitAccess
from reconciler.state.git.place import is_plain_web
from reconciler.temporary import make_temporary_folder

_SETTINGS = (
    "core.compression=0",  # encrypted data cannot be compressed
    "pack.compression=0",
    "pack.window=0",
    "pack.threads=1",
    "gc.auto=0",
    "maintenance.auto=false",
    "push.followTags=false",
    "push.gpgSign=false",
    "push.recurseSubmodules=no",
    "protocol.allow=never",
    "protocol.https.allow=always",
    "protocol.ssh.allow=always",
    "protocol.file.allow=always",
    "core.askPass=",
    "http.lowSpeedLimit=1000",  # bytes per second
    "http.lowSpeedTime=30",
)

_COMMITTER = "reconciler <reconciler@localhost>"
_BLOB = "100644 blob "


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit to write: its message, and for each path a new blob's content or an existing blob's id."""

    message: str
    blobs: Mapping[str, bytes | str] = field(default_factory=dict)


class Written(NamedTuple):
    """A commit that was written, and its new blobs."""

    commit: str
    blobs: Mapping[str, str]  # ids of the new blobs, by path


class PrivateRepository:
    """A bare repository in a temporary folder, for the objects that are fetched and pushed."""

    def __init__(self, access: GitAccess) -> None:
        self.access = access
        self._folder = make_temporary_folder()  # only its owner may read it
        self._writes = 0
        self._settings = (*_SETTINGS, *(["protocol.http.allow=always"] if is_plain_web(access.url) else []))
        try:
            self.insist("init", "--quiet", "--bare", "--template=", str(self._folder))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, *arguments: str, data: bytes = b"", timeout_s: float | None = None) -> Answer:
        """Run git in this repository."""
        environ = {**self.access.environ, "GIT_DIR": str(self._folder)}
        return run_git(
            self.access.program,
            self._folder,
            environ,
            *arguments,
            settings=self._settings,
            data=data,
            timeout_s=timeout_s,
        )

    def insist(self, *arguments: str, data: bytes = b"") -> bytes:
        """Run git without the network, and return its output.

        Raises:
            StateError: git failed.
        """
        answer = self.run(*arguments, data=data)
        if not answer.is_yes:
            reason = answer.err.strip().rpartition("\n")[2] or f"git ended with {answer.code}"
            raise StateError(f"state in git: {reason}: check that git is installed and the disk has room")
        return answer.data

    def refs(self, pattern: str) -> dict[str, str]:
        """Return the object id of every ref whose name begins with ``pattern``.

        The keys are the names of the refs, without ``pattern``.
        """
        listed = self.insist("for-each-ref", "--format=%(objectname) %(refname)", pattern).decode()
        named = (line.partition(" ")[::2] for line in listed.splitlines())
        return {name.removeprefix(f"{pattern}/"): object_id for object_id, name in named}

    def tree(self, commit: str) -> dict[str, str]:
        """Return the ids of the blobs of a commit, by path."""
        listed = self.insist("ls-tree", "-r", "-z", commit).decode()
        entries = (entry.partition("\t")[::2] for entry in listed.split("\0") if entry.startswith(_BLOB))
        return {path: about.removeprefix(_BLOB) for about, path in entries}

    def blobs(self, ids: Sequence[str]) -> list[bytes]:
        """Return the contents of blobs.

        Raises:
            StateError: a blob is missing.
        """
        if not ids:
            return []
        data = self.insist("cat-file", "--batch", data="".join(f"{each}\n" for each in ids).encode())
        found, place = [], 0
        for _ in ids:
            end = data.index(b"\n", place)
            said = data[place:end].split()
            if len(said) != 3 or said[1] != b"blob":  # noqa: PLR2004 - id, type and size
                raise StateError("state in git: a git object of the state is missing: fetch the state again")
            size = int(said[2])
            found.append(data[end + 1 : end + 1 + size])
            place = end + size + 2
        return found

    def message(self, commit: str) -> str:
        """Return the message of a commit."""
        whole = self.insist("cat-file", "commit", commit).decode(errors="replace")
        return whole.partition("\n\n")[2]

    def write(self, moment_s: int, commits: Sequence[NewCommit]) -> list[Written]:
        """Write commits without parents, with their new blobs.

        Their date is ``moment_s`` (seconds since 1970).
        """
        if not commits:
            return []
        self._writes += 1
        stream = _Stream()
        marked = [
            stream.add(f"refs/made/{self._writes}/{number}", moment_s, commit)
            for number, commit in enumerate(commits)
        ]
        ids = self.insist("fast-import", "--quiet", "--done", data=stream.whole()).decode().split()
        return [
            Written(ids[mark - 1], {path: ids[each - 1] for path, each in blobs.items()})
            for mark, blobs in marked
        ]


class _Stream:
    """The input of ``git fast-import`` for writing commits and their blobs."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._marks = 0

    def add(self, ref: str, moment_s: int, commit: NewCommit) -> tuple[int, dict[str, int]]:
        """Add a commit; return its mark, and the marks of its new blobs by path."""
        blobs = {
            path: self._blob(content) for path, content in commit.blobs.items() if isinstance(content, bytes)
        }
        mark, message = self._mark(), commit.message.encode()
        self._data += (
            f"commit {ref}\nmark :{mark}\ncommitter {_COMMITTER} {moment_s} +0000\ndata {len(message)}\n"
        ).encode()
        self._data += message + b"\n"
        for path, content in commit.blobs.items():
            what = f":{blobs[path]}" if isinstance(content, bytes) else content
            self._data += f"M 100644 {what} {path}\n".encode()
        return mark, blobs

    def whole(self) -> bytes:
        """Return the complete input; its last lines make git print the ids of all objects."""
        questions = "".join(f"get-mark :{mark}\n" for mark in range(1, self._marks + 1))
        return bytes(self._data) + f"\n{questions}done\n".encode()

    def _blob(self, content: bytes) -> int:
        mark = self._mark()
        self._data += b"blob\nmark :%d\ndata %d\n" % (mark, len(content)) + content + b"\n"
        return mark

    def _mark(self) -> int:
        self._marks += 1
        return self._marks
