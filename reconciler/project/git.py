"""Git, asked without trusting the files that it is asked about.

A project folder may come from a stranger's pull request. Git runs programs that the configuration of a
repository names (``core.fsmonitor``, filters, hooks), and takes any folder that holds ``HEAD``, ``config``,
``objects/`` and ``refs/`` for a repository. So the repository is found here, by its ``.git`` alone, which no
commit can contain; git is told where it is, runs nothing that a repository may ask for, is no program of the
project's, and sees none of our variables: the token is not for its helpers.

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
    "GIT_TEST_ASSUME_DIFFERENT_OWNER",  # git trusts less with it, never more
    "HOME",
    "SUDO_UID",
    "TMPDIR",
    "USER",
    "XDG_CONFIG_HOME",
)
"""Variables that git is given, besides a cleaned ``PATH``: where the person's own configuration is."""

_RUNS_NOTHING = (
    "safe.bareRepository=explicit",
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
)
"""Settings that win over those of a repository."""

_NO_GIT = 127  # as a shell says that there is no such program
_POINTER = "gitdir: "  # a file ``.git`` with this line leads to the repository of a worktree or submodule


@dataclass(frozen=True, slots=True)
class Answer:
    """What git said."""

    code: int
    out: str
    err: str

    @property
    def is_yes(self) -> bool:
        """Whether it ended with 0."""
        return self.code == 0


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository that a folder is checked out from.

    Attributes:
        top: the folder that holds ``.git``.
        distrust: why git does not want to work with it, in its own words; None where it does.
    """

    top: Path
    distrust: str | None
    _folder: Path  # which is asked about
    _git_dir: Path
    _program: str | None
    _environ: Mapping[str, str] = field(repr=False)

    def ask(self, *arguments: str) -> Answer:
        """Run git about this repository, in the folder that was asked about.

        Paths among ``arguments`` start at that folder.
        """
        return self._ask(*arguments) if self.distrust is None else Answer(_NO_GIT, "", self.distrust)

    def path_of(self, file: Path) -> str | None:
        """``file`` as git names it, from the top; None where it lies outside the checkout."""
        real = Path(os.path.realpath(file.parent), file.name)
        return str(real.relative_to(self.top)) if real.is_relative_to(self.top) else None

    def tracked(self, *paths: str) -> tuple[str, ...] | None:
        """List the files at and below ``paths`` that git tracks; None where git is missing.

        All start at the top, in letters of any case. Repositories that git distrusts are looked at too:
        nothing is run for that.

        Raises:
            UsageError: git cannot tell.
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
    """The repository that ``folder`` is in; None where there is none.

    Git is asked whether it trusts the repository, which it does not where that is another user's: told where
    to find it, it would not ask.
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
        distrust = "there is no git"
    elif not trusted.is_yes or os.path.realpath(trusted.out.rstrip("\n")) != str(git_dir):
        distrust = trusted.err.strip().partition("\n")[0] or f"{git_dir} is not where git finds a repository"
    return Repository(top, distrust, here, git_dir, program, clean)


def _git_dir(top: Path) -> Path | None:
    """The repository that ``.git`` in ``top`` is or leads to; None where there is none."""
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
    """What git may see of ``environ``: no token of ours, and no program that a commit can bring."""
    folders = environ.get("PATH", os.defpath).split(os.pathsep)
    trusted = [folder for folder in folders if Path(folder).is_absolute() and not _is_in(folder, top)]
    kept = {name: environ[name] for name in _PASSED_ON if name in environ}
    return kept | {"PATH": os.pathsep.join(trusted), "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


def _is_in(folder: str, top: Path) -> bool:
    return Path(os.path.realpath(folder)).is_relative_to(top)


def _run(program: str | None, folder: Path, environ: Mapping[str, str], *arguments: str) -> Answer:
    if program is None:
        return Answer(_NO_GIT, "", "there is no git")
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
