"""The environments of documents, and the rule that environments of one portal have the same documents."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path, PurePosixPath
from posixpath import normpath

from reconciler.errors import Problem, Severity
from reconciler.manifest.documents import ManifestDocument, read_manifest
from reconciler.manifest.files import ManifestFile, find_files
from reconciler.source import SourceFiles, SourceRef
from reconciler.suggestions import suggest

_ONE_PORTAL_ADVICE = (
    "keep one environment for the portal, and plan parts of it with --target; if both are emulators, "
    "give each of them a `portal_id:` of its own"
)


@dataclass(frozen=True, slots=True)
class ListedEnvironment:
    """The settings of an environment that decide which documents are used in it."""

    name: str
    portal_id: int
    folders: tuple[str, ...]  # folders of manifests; later ones override earlier ones


def holds_in(document: ManifestDocument, environment: str) -> bool:
    """Return whether the document is used in ``environment``.

    It is used if it has no key ``environments:``, or if one of the globs there matches the environment.
    """
    return not document.environments or any(fnmatchcase(environment, glob) for glob in document.environments)


def glob_problems(
    document: ManifestDocument, environments: Collection[str], files: SourceFiles
) -> Iterator[Problem]:
    """Report each glob of ``environments:`` that matches no environment.

    The problem is an error if no environment uses the document, otherwise a warning.
    """
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
    chosen: str,
    listed: Sequence[ListedEnvironment],
    documents: Sequence[ManifestDocument],
    files: SourceFiles,
) -> Iterator[Problem]:
    """Report environments of one portal that use different documents.

    Planning in one of them would release or archive records that only the other one names.

    Args:
        project: the project folder; the paths of manifest folders are relative to it.
        chosen: the environment whose documents were read.
        listed: all environments.
        documents: all documents in the folders of ``chosen``, for any environment.
        files: the files of ``documents``.
    """
    for portal_id in dict.fromkeys(each.portal_id for each in listed):
        sharing = [each for each in listed if each.portal_id == portal_id]
        first, *others = sorted(sharing, key=lambda each: each.name != chosen)
        for other in others:
            if _normal(first.folders) != _normal(other.folders):
                yield _other_folders(project, first, other)
                continue
            is_read = any(
                each.name == chosen and _normal(each.folders) == _normal(first.folders) for each in listed
            )
            found, of = (documents, files) if is_read else _read(project, first.folders)
            yield from islice(_other_documents(first, other, found, of), 1)


def _read(project: Path, folders: Sequence[str]) -> tuple[Sequence[ManifestDocument], SourceFiles]:
    """Read the documents in ``folders``. Problems in them are not collected here.

    A run in the environment to which the folders belong reports the problems.
    """
    found, _ = find_files(project, folders)
    files = SourceFiles(tuple(file.name for file in found))
    documents: list[ManifestDocument] = []
    for number, file in enumerate(found):
        with suppress(OSError):
            documents += read_manifest(file.path.read_bytes(), files, number).documents
    return documents, files


def _other_documents(
    one: ListedEnvironment,
    other: ListedEnvironment,
    documents: Iterable[ManifestDocument],
    files: SourceFiles,
) -> Iterator[Problem]:
    """Report each document that only one of two environments has, in order."""
    for document in sorted(documents, key=lambda document: document.document.place):
        has = [holds_in(document, each.name) for each in (one, other)]
        if has[0] is not has[1]:
            only = one.name if has[0] else other.name
            message = f"{_one_portal(one, other)}, and only {only} has this document"
            yield Problem(message, _ONE_PORTAL_ADVICE, files.ref(document.document.place))


def _other_folders(project: Path, chosen: ListedEnvironment, other: ListedEnvironment) -> Problem:
    """Report two environments of one portal whose manifests are not the same.

    Name the first file that only one of the two has. If there is none, say that their ``manifests:`` differ.
    """
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
    return (
        f"environments {one.name} and {other.name} have the same portal: each would undo the "
        "changes of the other"
    )


def _normal(folders: Sequence[str]) -> tuple[str, ...]:
    return tuple(normpath(PurePosixPath(folder).as_posix()) for folder in folders)


def _names(found: Iterable[ManifestFile]) -> frozenset[str]:
    return frozenset(file.name for file in found)
