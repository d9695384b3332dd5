"""Finding the manifest files of a project.

Folders are searched in the order of names, also through symbolic links to places in the project. If a file is
found in two listed folders, it belongs to the later one. If the list is ``[., overrides]``, a file in
``overrides`` is found twice, and it overrides the other files.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import Problem
from reconciler.manifest import readable_files
from reconciler.source import SourceRef

_SETTINGS = "reconciler.yaml"


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One manifest file."""

    path: Path
    name: str  # relative to the project folder, with forward slashes
    folder: int  # position of the file's folder in the list of folders


def find_files(project: Path, folders: Sequence[str]) -> tuple[tuple[ManifestFile, ...], tuple[Problem, ...]]:
    """Find all manifests in ``folders``, sorted by name, and report files that cannot be manifests."""
    search = _Search(project)
    for position, folder in enumerate(folders):
        search.add_folder(position, folder)
    files = sorted(search.files.values(), key=lambda file: file.name)
    return tuple(files), tuple(dict.fromkeys(search.problems))  # overlapping folders report a problem twice


class _Search:
    """Searches folders for manifests, one folder after the other; collects the files and problems."""

    def __init__(self, project: Path) -> None:
        self.files: dict[str, ManifestFile] = {}  # by real path
        self.problems: list[Problem] = []
        self._project = project

    def add_folder(self, position: int, folder: str) -> None:
        """Find the manifests in ``folder`` and below."""
        path = self._project / folder
        mode = _mode(path)
        refused = readable_files.fault_of(path, self._project)
        if refused is not None:
            self._report(f'the folder "{folder}" {refused}', readable_files.ADVICE)
        elif not mode:
            self._report(
                f'the folder "{folder}" does not exist',
                "create it, or correct `manifests:` in reconciler.yaml",
            )
        elif not stat.S_ISDIR(mode):
            self._report(f'"{folder}" is not a folder', "list folders under `manifests:` in reconciler.yaml")
        else:
            for file in self._walk(path, ()):
                real = os.path.realpath(file)
                if real not in self.files or self.files[real].folder != position:
                    self.files[real] = ManifestFile(file, self._name(file), position)

    def _walk(self, folder: Path, above: tuple[str, ...]) -> Iterator[Path]:
        """Find the manifests in ``folder``; ``above`` are the real paths of its parent folders."""
        real = os.path.realpath(folder)
        if real in above:
            self._report(
                f"{self._name(folder)} is a symbolic link to a folder that contains it", "remove the link"
            )
            return
        try:
            entries = [(path, _mode(path)) for path in sorted(folder.iterdir()) if _is_visible(path)]
        except OSError as error:
            self._report(f"{self._name(folder)} cannot be read: {error.strerror}", "correct its permissions")
            return
        for path, mode in entries:
            if path.is_symlink() and self._leads_away(path, mode):
                continue
            if stat.S_ISDIR(mode):
                yield from self._walk(path, (*above, real))
            elif _is_yaml(path) and self._is_manifest(path, mode):
                yield path

    def _leads_away(self, link: Path, mode: int) -> bool:
        """Return whether ``link`` leads to a folder or YAML file that must not be read; report it."""
        refused = readable_files.fault_of(link, self._project)
        if refused is None or not (stat.S_ISDIR(mode) or _is_yaml(link)):
            return False
        name = self._name(link)
        shown = name if name.isprintable() else ascii(name)
        self._report(f"{shown} is a link, and its target {refused}", readable_files.ADVICE)
        return True

    def _is_manifest(self, path: Path, mode: int) -> bool:
        name = self._name(path)
        if not name.isprintable():
            self._report(f"the file name {name!a} cannot be shown", "rename the file")
        elif path.suffix != ".yaml":
            self._report("the name of a manifest ends in .yaml", f"rename it to {path.stem}.yaml", name)
        elif not stat.S_ISREG(mode):
            advice = "remove it or, if it is a symbolic link, let it point to a readable file"
            self._report("this is not a readable file", advice, name)
        else:
            return True
        return False

    def _name(self, path: Path) -> str:
        return Path(os.path.relpath(path, self._project)).as_posix()

    def _report(self, message: str, advice: str, file: str | None = None) -> None:
        source = SourceRef(file, 1, 1) if file else None
        self.problems.append(Problem(message, advice, source))


def _is_yaml(path: Path) -> bool:
    return path.suffix.lower() in {".yaml", ".yml"}


def _is_visible(path: Path) -> bool:
    return not path.name.startswith(".") and path.name != _SETTINGS


def _mode(path: Path) -> int:
    """Return the file type of the target of ``path``; 0 if it has no target."""
    try:
        return path.stat().st_mode
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            return 0
        raise
