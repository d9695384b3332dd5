"""Variables from the file that ``RECONCILER_ENV_FILE`` names, so that nobody must type a token into a shell.

The file contains secrets. So only its owner may read it, and it must be outside the project, where it cannot
be committed. It has lines ``NAME=value``; variables of the process replace those in the file. It cannot set
permissions (``RECONCILER_ALLOW_…``) or options (``RECONCILER_ENV``), which the process itself must have.
"""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from reconciler.errors import UsageError
from reconciler.project.ci_permissions import READ_BY_US

ENV_FILE: Final = "RECONCILER_ENV_FILE"

_SECRETS: Final = frozenset({"RECONCILER_GIT_TOKEN", "RECONCILER_PLAN_KEY"})
_LINE: Final = re.compile(r"(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)")
_QUOTED: Final = re.compile(r"""(?P<quote>["'])(?P<inside>.*)(?P=quote)[ \t]*(?:[ \t]#.*)?""")
_COMMENT: Final = re.compile(r"[ \t]#.*")
_LARGEST: Final = 1 << 20  # maximum size in bytes
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def with_env_file(environ: Mapping[str, str], project: Path | None = None) -> Mapping[str, str]:
    """Return ``environ`` with the variables from the file that it names; ``environ`` has priority.

    Args:
        environ: the variables of the process.
        project: the project folder, which must not contain the file; None if this was checked before.

    Raises:
        UsageError: the file cannot be read, others can read it, or it is in the project.
    """
    named = environ.get(ENV_FILE)
    if not named:
        return environ
    path = Path(os.path.expanduser(named))  # noqa: PTH111 - a path object would lose a wrong user's name
    text = _read(path)
    if project is not None:
        _refuse_inside(path, project)
    return {**variables_in(text, str(path)), **environ}


def variables_in(text: str, name: str) -> Mapping[str, str]:
    """Read lines ``NAME=value``; messages call the file ``name`` and never repeat a line.

    Blank lines and lines that begin with ``#`` are skipped, and so is ``export`` before a name. Quotes
    around a value are removed; a value without quotes ends before a blank that is followed by ``#``.

    Raises:
        UsageError: a line has another form, names a variable twice, or names one that no file may set.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        if match is None:
            raise UsageError(
                f"{name}:{number}: this is not a variable\n    write NAME=value, one variable on each line"
            )
        variable = match["name"]
        if variable in found:
            raise UsageError(f"{name}:{number}: {variable} is there twice\n    remove one of the lines")
        if variable in READ_BY_US - _SECRETS:
            advice = "set this environment variable in the shell or the job"
            raise UsageError(f"{name}:{number}: {variable} cannot be set in this file\n    {advice}")
        found[variable] = _value(match["value"].strip())
    return found


def _value(written: str) -> str:
    quoted = _QUOTED.fullmatch(written)
    return quoted["inside"] if quoted else _COMMENT.sub("", written)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UsageError(f"{path}, which {ENV_FILE} names, is not a file")
            if status.st_mode & _OTHERS or status.st_uid not in {os.geteuid(), 0}:
                raise UsageError(
                    f"{path}, which {ENV_FILE} names, can be read or changed by other users "
                    f"(mode {stat.S_IMODE(status.st_mode):04o})\n    chmod 600 {path}"
                )
            return file.read(_LARGEST).decode("utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {path}, which {ENV_FILE} names ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}, which {ENV_FILE} names, is not UTF-8") from error


def _refuse_inside(path: Path, project: Path) -> None:
    """Refuse a file that is in the project, or in the git repository that contains the project."""
    real, start = Path(os.path.realpath(path)), Path(os.path.realpath(project))
    top = next((each for each in (start, *start.parents) if os.path.lexists(each / ".git")), start)
    if real.is_relative_to(start) or real.is_relative_to(top):
        raise UsageError(
            f"{path}, which {ENV_FILE} names, is in the project, where a commit could contain it\n"
            "    move it to another folder, such as ~/.config/reconciler/"
        )
