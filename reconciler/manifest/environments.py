"""For which environments a document holds, and that environments of one portal come to the same ones."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from posixpath import normpath

from reconciler.errors import Problem, Severity
from reconciler.manifest.documents import ManifestDocument
from reconciler.manifest.files import ManifestFile, find_files
from reconciler.manifest.shapes import suggest
from reconciler.source import SourceFiles, SourceRef

_ONE_PORTAL_ADVICE = (
    "keep one environment for the portal, and plan parts of it with --target; "
    "two emulators are two portals where each has a `portal_id:` of its own"
)


@dataclass(frozen=True, slots=True)
class ListedEnvironment:
    """An environment as far as it decides which documents hold there."""

    name: str
    portal_id: int
    folders: tuple[str, ...]  # of its manifests; later ones override earlier ones


def holds_in(document: ManifestDocument, environment: str) -> bool:
    """Whether the document names ``environment``, or none at all."""
    return not document.environments or any(fnmatchcase(environment, glob) for glob in document.environments)


def glob_problems(
    document: ManifestDocument, environments: Collection[str], files: SourceFiles
) -> Iterator[Problem]:
    """Globs of ``environments:`` that match no environment: an error where the document holds nowhere."""
    holds_somewhere = any(holds_in(document, name) for name in environments)
    for glob, place in zip(document.environments, document.environment_places, strict=True):
        if not any(fnmatchcase(name, glob) for name in environments):
            message = f'"{glob}" matches no environment of reconciler.yaml'
            severity = Severity.WARNING if holds_somewhere else Severity.ERROR
            if not holds_somewhere:
                message += ", and so this document would never be used"
            yield Problem(message, suggest(glob, environments), files.ref(place), severity=severity)


def one_portal_problems(
    project: Path,
    chosen: ListedEnvironment,
    listed: Iterable[ListedEnvironment],
    documents: Iterable[ManifestDocument],
    files: SourceFiles,
) -> Iterator[Problem]:
    """Environments of the portal of ``chosen`` that come to other documents than it does.

    Each of the two would release or archive what only the other names.

    Args:
        project: the folder that all folders start from.
        chosen: the environment whose documents were read.
        listed: all environments.
        documents: everything in the folders of ``chosen``, for whatever environment.
        files: that ``documents`` point into.
    """
    in_order = sorted(documents, key=lambda document: document.document.place)
    for other in listed:
        if other.name == chosen.name or other.portal_id != chosen.portal_id:
            continue
        if _normal(chosen.folders) != _normal(other.folders):
            yield _other_folders(project, chosen, other)
            continue
        for document in in_order:
            has = [holds_in(document, environment.name) for environment in (chosen, other)]
            if has[0] is not has[1]:
                only = chosen.name if has[0] else other.name
                message = f"{_one_portal(chosen, other)}, and only {only} has this document"
                yield Problem(message, _ONE_PORTAL_ADVICE, files.ref(document.document.place))
                break


def _other_folders(project: Path, chosen: ListedEnvironment, other: ListedEnvironment) -> Problem:
    """A problem with the first file that only one of the two environments has, or else with their folders."""
    ours, theirs = (_names(find_files(project, each.folders)[0]) for each in (chosen, other))
    message = _one_portal(chosen, other)
    first = min(ours ^ theirs, default=None)
    if first is None:
        lists = " and ".join(f"[{', '.join(each.folders)}]" for each in (chosen, other))
        return Problem(f"{message}, and their `manifests:` differ: {lists}", _ONE_PORTAL_ADVICE)
    only = chosen.name if first in ours else other.name
    message += f", and only {only} has the documents of this file"
    return Problem(message, _ONE_PORTAL_ADVICE, SourceRef(first, 1, 1))


def _one_portal(one: ListedEnvironment, other: ListedEnvironment) -> str:
    return f"environments {one.name} and {other.name} are one portal: each would undo what the other does"


def _normal(folders: Sequence[str]) -> tuple[str, ...]:
    return tuple(normpath(PurePosixPath(folder).as_posix()) for folder in folders)


def _names(found: Iterable[ManifestFile]) -> frozenset[str]:
    return frozenset(file.name for file in found)
