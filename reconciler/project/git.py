"""Git, used without trusting the files of the repository.

A project folder may come from a stranger's pull request. Git runs programs that the configuration of a
repository names (``core.fsmonitor``, filters, hooks), and accepts any folder with ``HEAD``, ``config``,
``objects/`` and ``refs/`` as a repository. So this module finds the repository itself, only by its ``.git``,
which no commit can contain. It passes the repository to git, which then runs no programs that a repository
names. Git is never a program inside the project, and it sees none of our variables, because its helpers must
not see the token.

Source: https://git-scm.com/docs/git-config#Documentation/git-config.txt-safebareRepository.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.errors import UsageError

_PASSED_ON = (
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_TEST_ASSUME_DIFFERENT_OWNER",  # with it, git trusts less, never more
    "HOME",
    "SUDO_UID",
    "TMPDIR",
    "USER",
    "XDG_CONFIG_HOME",
)
"""Variables for git, besides a cleaned ``PATH``: they locate the person's own configuration."""

_RUNS_NOTHING = (
    "safe.bareRepository=explicit",
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
)
"""Settings that override those of a repository."""

_NO_GIT = 127  # exit code of a shell for a missing program
_POINTER = "gitdir: "  # a file ``.git`` with this line names the repository of a worktree or submodule


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of git."""

    code: int
    out: str
    err: str

    @property
    def is_yes(self) -> bool:
        """Whether git ended with 0."""
        return self.code == 0


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository of a checked-out folder.

    Attributes:
        top: the folder that contains ``.git``.
        distrust: git's own reason for not trusting it; None if git trusts it.
    """

    top: Path
    distrust: str | None
    _folder: Path  # the folder of the question
    _git_dir: Path
    _program: str | None
    _environ: Mapping[str, str] = field(repr=False)

    def ask(self, *arguments: str) -> Answer:
        """Run git for this repository, in the folder of the question.

        Paths in ``arguments`` start at that folder.
        """
        return self._ask(*arguments) if self.distrust is None else Answer(_NO_GIT, "", self.distrust)

    def path_of(self, file: Path) -> str | None:
        """Return git's name of ``file``, from the top; None if it is outside the checkout."""
        real = Path(os.path.realpath(file.parent), file.name)
        return str(real.relative_to(self.top)) if real.is_relative_to(self.top) else None

    def tracked(self, *paths: str) -> tuple[str, ...] | None:
        """List the files at and below ``paths`` that git tracks; return None if git is missing.

        All paths start at the top and ignore case. Repositories that git distrusts are listed too, because
        nothing is run for that.

        Raises:
            UsageError: git cannot list them.
        """
        if self._program is None:
            return None
        below_top = (f":(top,icase,literal){path}" for path in paths)
        listed = self._ask("ls-files", "-z", "--full-name", "--", *below_top)
        if not listed.is_yes:
            raise UsageError(f"git cannot tell which files it tracks in {self._folder}: {listed.err.strip()}")
        return tuple(filter(None, listed.out.split("\0")))

    def _ask(self, *arguments: str) -> Answer:
        here = {"GIT_DIR": str(self._git_dir), "GIT_WORK_TREE": str(self.top)}
        return _run(self._program, self._folder, {**self._environ, **here}, *arguments)


def find_repository(folder: Path, environ: Mapping[str, str]) -> Repository | None:
    """Find the repository of ``folder``; return None if there is none.

    This asks git whether it trusts the repository. Git does not trust another user's repository, but would
    not check that for a repository that is passed to it.
    """
    here = Path(os.path.realpath(folder))
    for top in (here, *here.parents):
        git_dir = _git_dir(top)
        if git_dir is not None:
            break
    else:
        return None
    clean = _clean(environ, top)
    program = shutil.which("git", path=clean["PATH"])
    trusted = _run(program, top, clean, "rev-parse", "--absolute-git-dir")
    distrust = None
    if program is None:
        distrust = "git is not installed"
    elif not trusted.is_yes or os.path.realpath(trusted.out.rstrip("\n")) != str(git_dir):
        distrust = trusted.err.strip().partition("\n")[0] or f"{git_dir} is not where git finds a repository"
    return Repository(top, distrust, here, git_dir, program, clean)


def _git_dir(top: Path) -> Path | None:
    """Return the repository that ``.git`` in ``top`` is or names; None if there is none."""
    git = top / ".git"
    try:
        if git.is_file():
            text = git.read_text(encoding="utf-8", errors="surrogateescape")
            if not text.startswith(_POINTER):
                return None
            git = top / text.removeprefix(_POINTER).rstrip("\r\n")
        is_one = (git / "HEAD").is_file() and ((git / "objects").is_dir() or (git / "commondir").is_file())
    except (OSError, ValueError):
        return None
    return Path(os.path.realpath(git)) if is_one else None


def _clean(environ: Mapping[str, str], top: Path) -> dict[str, str]:
    """Return the part of ``environ`` for git: without our token, and without programs from a commit."""
    folders = environ.get("PATH", os.defpath).split(os.pathsep)
    trusted = [folder for folder in folders if Path(folder).is_absolute() and not _is_in(folder, top)]
    kept = {name: environ[name] for name in _PASSED_ON if name in environ}
    return kept | {"PATH": os.pathsep.join(trusted), "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


def _is_in(folder: str, top: Path) -> bool:
    return Path(os.path.realpath(folder)).is_relative_to(top)


def _run(program: str | None, folder: Path, environ: Mapping[str, str], *arguments: str) -> Answer:
    if program is None:
        return Answer(_NO_GIT, "", "git is not installed")
    settings = [word for setting in _RUNS_NOTHING for word in ("-c", setting)]
    try:
        done = subprocess.run(  # noqa: S603 - our own words, and commits that were checked to be some
            [program, "--no-optional-locks", *settings, *arguments],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
        )
    except OSError as error:
        return Answer(_NO_GIT, "", f"git cannot be run: {error.strerror}")
    return Answer(done.returncode, done.stdout, done.stderr)
