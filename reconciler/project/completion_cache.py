"""Values for shell completion, cached in ``.reconciler/`` until a manifest changes.

Reading manifests takes several times as long as starting Python, and the next keystroke needs the same values
again. So values are cached, together with name, time and size of all files from which they were read. Imports
are kept few, as in ``reconciler.cli.complete``.
"""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, Final

_SETTINGS: Final = "reconciler.yaml"
_PRIVATE: Final = ".reconciler"
_CACHE: Final = "completion-cache.json"
_MOST_ANSWERS: Final = 50
"""Maximum number of cached answers; the latest are kept."""


def values(kind: str, chosen: str | None, begin: str) -> Iterable[str]:
    """Return values of a kind, which is environments, runs or addresses.

    Args:
        kind: the kind of values.
        chosen: the folder given by ``-C``, if any.
        begin: the typed text. For addresses, this text decides whether object types, records and definitions,
            or properties are returned. The returned values need not begin with this text.
    """
    project = _project_folder(chosen)
    if project is None:
        return ()
    if kind == "runs":
        return _runs(project)
    question = f"{kind} {_asked(begin)}" if kind == "addresses" else kind
    cache = _read(project)
    answers = cache.get("answers")
    if isinstance(answers, dict) and cache.get("files") == _files(project, cache.get("folders")):
        answer = answers.get(question)
        if isinstance(answer, list):
            return [each for each in answer if isinstance(each, str)]
    else:
        answers = {}
    return _found(project, kind, begin, question, answers)


def _asked(begin: str) -> str:
    """Return the key under which the completions of the typed text ``begin`` are cached.

    Many texts have the same completions, and so the same key.
    """
    thing, sign, _ = begin.partition("#")
    return f"{thing}#" if sign else "all" if "/" in begin or ":" in begin else "types"


def _found(
    project: str, kind: str, begin: str, question: str, answers: Mapping[str, object]
) -> Iterable[str]:
    """Read the values from the files, and cache them."""
    from pathlib import Path  # noqa: PLC0415 - as above

    from reconciler.project import completion_values  # noqa: PLC0415 - as above

    folder = Path(project)
    folders = [str(each) for each in completion_values.folders(folder)]
    files = _files(project, folders)
    answer = list(getattr(completion_values, kind)(folder, begin))
    kept = {**dict(list(answers.items())[-_MOST_ANSWERS:]), question: answer}
    _write(project, {"folders": folders, "files": files, "answers": kept})
    return answer


def _project_folder(chosen: str | None) -> str | None:
    """Find the project folder: ``chosen``, or else the working directory, or ``manifests/`` in it."""
    base = os.path.expanduser(chosen or ".")  # noqa: PTH111 - as above
    places = (base, f"{base}/manifests")
    return next((each for each in places if os.path.isfile(f"{each}/{_SETTINGS}")), None)  # noqa: PTH113


def _runs(project: str) -> list[str]:
    """Return the runs that have a report on this machine, newest first."""
    try:
        names = os.listdir(f"{project}/{_PRIVATE}/reports")  # noqa: PTH208 - as above
    except OSError:
        return []
    return sorted((name[:-5] for name in names if name.endswith(".json")), reverse=True)


def _files(project: str, folders: object) -> list[list[Any]] | None:
    """Return name, time and size of each file from which values are read; None if one cannot be found."""
    if not isinstance(folders, list):
        return None
    files = [f"{project}/{_SETTINGS}"]
    for folder in folders:
        files += _manifests(str(folder))
    try:
        return [[file, (facts := os.stat(file)).st_mtime_ns, facts.st_size] for file in files]  # noqa: PTH116
    except OSError:
        return None


def _manifests(folder: str) -> Iterator[str]:
    for place, inner, names in os.walk(folder):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        yield from (f"{place}/{name}" for name in sorted(names) if name.endswith(".yaml"))


def _read(project: str) -> Mapping[str, object]:
    try:
        with open(f"{project}/{_PRIVATE}/{_CACHE}", encoding="utf-8") as file:  # noqa: PTH123 - as above
            cache = json.load(file)
    except (OSError, ValueError, RecursionError):
        return {}
    return cache if isinstance(cache, dict) else {}


def _write(project: str, cache: Mapping[str, object]) -> None:
    """Write cached answers to the private folder of the project; if there is no such folder, do nothing."""
    folder = f"{project}/{_PRIVATE}"
    if os.path.islink(folder) or not os.path.isdir(folder):  # noqa: PTH112, PTH114 - as above
        return
    new = f"{folder}/.{_CACHE}.{os.getpid()}"
    try:
        descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - as above
            json.dump(cache, file)
        os.replace(new, f"{folder}/{_CACHE}")  # noqa: PTH105 - as above
    except OSError:
        return
