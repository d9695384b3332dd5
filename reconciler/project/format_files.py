"""Formatting the files of a project, or the files at given paths.

If one of them cannot be read, none is written.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from reconciler.errors import ManifestError, Problem, UsageError
from reconciler.manifest.files import find_files
from reconciler.manifest.layout.format_text import format_text
from reconciler.model.format_result import FormatResult, FormattedFile
from reconciler.project.files import read_bytes, write_over
from reconciler.project.settings_file import manifest_folders
from reconciler.project.settings_rules import FILE_NAME


def format_files(paths: Iterable[Path], *, write: bool) -> FormatResult:
    """Format the files at ``paths``; with ``write``, write those whose layout changed.

    Raises:
        ManifestError: a file is not YAML, or uses a part of YAML that reconciler refuses; nothing is written.
        UsageError: a file cannot be read or written.
    """
    problems: list[Problem] = []
    files = []
    for path in paths:
        name = os.path.relpath(path)
        data = read_bytes(path, "the file")
        formatted = format_text(data, name)
        problems += formatted.problems
        if not formatted.problems:
            files.append((path, FormattedFile(name, data.decode(), formatted.data.decode())))
    if problems:
        raise ManifestError(tuple(problems))
    for path, file in files if write else ():
        if file.is_changed:
            write_over(path, [file.after.encode()])
    return FormatResult(tuple(file for _, file in files), write)


def files_of_project(project: Path) -> Sequence[Path]:
    """Return ``reconciler.yaml`` and the manifests of all environments.

    Raises:
        ManifestError: the settings are wrong, or a file cannot be a manifest.
        UsageError: the settings cannot be read.
    """
    return (project / FILE_NAME, *_manifests(project, manifest_folders(project)))


def files_at(paths: Sequence[Path]) -> Sequence[Path]:
    """Return the files that ``paths`` name, and the YAML files in the folders that they name, each once.

    Raises:
        ManifestError: a file in a folder cannot be a manifest.
        UsageError: there is no such file or folder.
    """
    return tuple({os.path.realpath(file): file for path in paths for file in _files_at(path)}.values())


def _files_at(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        if not path.is_file():
            raise UsageError(
                f"there is no file or folder {path}\n    write the paths of YAML files or folders"
            )
        yield path
        return
    if (path / FILE_NAME).is_file():
        yield path / FILE_NAME
    yield from _manifests(path, (".",))


def _manifests(folder: Path, folders: Sequence[str]) -> Sequence[Path]:
    files, problems = find_files(folder, folders)
    if problems:
        raise ManifestError(problems)
    return tuple(file.path for file in files)
