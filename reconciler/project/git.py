"""Finding the git repository of a folder without trusting files that may come from a commit.

Git accepts any folder with ``HEAD``, ``config``, ``objects/`` and ``refs/`` as a repository, and a commit can
contain such a folder. So this module finds the repository itself, only by ``.git``, which no commit can
contain, and passes it to git.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.git_program import NO_GIT, Answer, clean_environment, find_git, run_git

_POINTER = "gitdir: "  # begins a file ``.git`` that names the repository of a worktree or submodule


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository of a checked-out folder.

    Attributes:
        top: the folder that contains ``.git``.
        distrust: git's reason for not trusting the repository; None if git trusts it.
    """

    top: Path
    distrust: str | None
    _folder: Path  # the folder from which the repository was found
    _git_dir: Path
    _program: str | None
    _environ: Mapping[str, str] = field(repr=False)

    def ask(self, *arguments: str) -> Answer:
        """Run git in the folder from which the repository was found; paths in ``arguments`` start there.

        If git distrusts the repository, git is not run, and the answer contains the reason.
        """
        return self._ask(*arguments) if self.distrust is None else Answer(NO_GIT, b"", self.distrust)

    def path_of(self, file: Path) -> str | None:
        """Return the path of ``file`` from the top of the checkout; None if it is outside."""
        real = Path(os.path.realpath(file.parent), file.name)
        return str(real.relative_to(self.top)) if real.is_relative_to(self.top) else None

    def tracked(self, *paths: str) -> tuple[str, ...] | None:
        """List the files at and below ``paths`` that git tracks; return None if git is not installed.

        ``paths`` and the listed files are relative to ``top``. Case is ignored. This works even if git
        distrusts the repository, because git starts no other program to list files.

        Raises:
            UsageError: git cannot list them.
        """
        if self._program is None:
            return None
        below_top = (f":(top,icase,literal){path}" for path in paths)
        listed = self._ask("ls-files", "-z", "--full-name", "--", *below_top)
        if not listed.is_yes:
            raise UsageError(f"git cannot list its tracked files in {self._folder}: {listed.err.strip()}")
        return tuple(filter(None, listed.out.split("\0")))

    def remote_url(self, name: str) -> str | None:
        """Return the URL of a remote in the checkout's configuration, which no commit can contain.

        Return None if the configuration has no such remote.
        """
        answer = self.ask("config", "--get", f"remote.{name}.url")
        return answer.out.strip() or None if answer.is_yes else None

    def _ask(self, *arguments: str) -> Answer:
        here = {"GIT_DIR": str(self._git_dir), "GIT_WORK_TREE": str(self.top)}
        return run_git(self._program, self._folder, {**self._environ, **here}, *arguments)


def find_repository(folder: Path, environ: Mapping[str, str]) -> Repository | None:
    """Find the repository of ``folder``; return None if there is none.

    Let git find the repository, too. Git then checks whether it trusts the repository: for example, git
    distrusts the repository of another user. If git gets the path of a repository, git checks nothing.
    """
    here = Path(os.path.realpath(folder))
    for top in (here, *here.parents):
        git_dir = _git_dir(top)
        if git_dir is not None:
            break
    else:
        return None
    clean = clean_environment(environ, top)
    program = find_git(clean)
    trusted = run_git(program, top, clean, "rev-parse", "--absolute-git-dir")
    distrust = None
    if program is None:
        distrust = "git is not installed"
    elif not trusted.is_yes or os.path.realpath(trusted.out.rstrip("\n")) != str(git_dir):
        distrust = trusted.err.strip().partition("\n")[0] or f"git finds another repository, not {git_dir}"
    return Repository(top, distrust, here, git_dir, program, clean)


def _git_dir(top: Path) -> Path | None:
    """Return the repository to which ``.git`` in ``top`` leads; None if there is none."""
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
