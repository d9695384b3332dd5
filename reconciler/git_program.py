"""Running git without trusting the files of a repository.

A project folder may come from a stranger's pull request. Git runs programs that the configuration of a
repository names (``core.fsmonitor``, filters, hooks). If ``PATH`` contains a folder of the repository, a
commit can even replace git itself. Therefore git gets a cleaned environment without our variables, and
settings that prevent it from running other programs.

Source: https://git-scm.com/docs/git-config#Documentation/git-config.txt-safebareRepository.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

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
"""Variables that git gets besides ``PATH``; most of them locate the user's own configuration."""

_RUNS_NOTHING = (
    "safe.bareRepository=explicit",
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
)
"""Settings that keep git from running other programs; they override the settings of the repository."""

NO_GIT = 127
"""Exit code of a shell for a missing program, returned if git is not installed."""

_TIMED_OUT = 124  # exit code of the program ``timeout``, returned if git takes too long


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of running git."""

    code: int
    data: bytes  # printed bytes
    err: str

    @property
    def is_yes(self) -> bool:
        """Whether git ended with 0."""
        return self.code == 0

    @property
    def is_late(self) -> bool:
        """Whether git was killed because it took too long."""
        return self.code == _TIMED_OUT

    @property
    def out(self) -> str:
        """The printed bytes, decoded."""
        return self.data.decode(errors="surrogateescape")


def clean_environment(
    environ: Mapping[str, str], top: Path | None, also: Iterable[str] = ()
) -> dict[str, str]:
    """Return the variables of ``environ`` that git may have, with a ``PATH`` without folders below ``top``.

    ``top`` is the folder of the repository; None if there is none. ``also`` names more variables to copy.
    """
    folders = environ.get("PATH", os.defpath).split(os.pathsep)
    trusted = [folder for folder in folders if Path(folder).is_absolute() and not _is_in(folder, top)]
    kept = {name: environ[name] for name in (*_PASSED_ON, *also) if name in environ}
    return kept | {"PATH": os.pathsep.join(trusted), "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


def find_git(clean: Mapping[str, str]) -> str | None:
    """Return the path of git in the ``PATH`` of a cleaned environment; None if it is not installed."""
    return shutil.which("git", path=clean["PATH"])


def run_git(
    program: str | None,
    folder: Path,
    clean: Mapping[str, str],
    *arguments: str,
    settings: Iterable[str] = (),
    data: bytes = b"",
    timeout_s: float | None = None,
) -> Answer:
    """Run git in ``folder``, without access to the terminal.

    Args:
        program: path of git; None if it is not installed.
        folder: the working directory of git.
        clean: an environment made by ``clean_environment``.
        arguments: the subcommand and its arguments.
        settings: more settings, such as ``gc.auto=0``.
        data: its standard input.
        timeout_s: seconds after which git and its child processes are killed; None: never.
    """
    if program is None:
        return Answer(NO_GIT, b"", "git is not installed")
    said = [word for setting in (*_RUNS_NOTHING, *settings) for word in ("-c", setting)]
    try:
        process = subprocess.Popen(  # noqa: S603 - all arguments are ours or checked commit ids
            [program, "--no-optional-locks", *said, *arguments],
            cwd=folder,
            env=dict(clean),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C does not reach git, but our program, which then ends git
        )
    except OSError as error:
        return Answer(NO_GIT, b"", f"git cannot be run: {error.strerror}")
    try:
        out, err = process.communicate(data, timeout_s)
    except subprocess.TimeoutExpired:
        _end(process)
        return Answer(_TIMED_OUT, b"", f"no answer in {timeout_s:.0f} seconds")
    except BaseException:
        _end(process)
        raise
    return Answer(process.returncode, out, err.decode(errors="replace"))


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill git and its child processes, which share its process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _is_in(folder: str, top: Path | None) -> bool:
    return top is not None and Path(os.path.realpath(folder)).is_relative_to(top)
