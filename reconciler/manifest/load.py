"""Loading folders of manifests: the desired records of one environment, or all their problems."""

import gc
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from reconciler.errors import ManifestError, Problem, Severity
from reconciler.manifest.definitions.merge import merge_definitions
from reconciler.manifest.documents import ManifestDocument, read_manifest
from reconciler.manifest.environments import ListedEnvironment, glob_problems, holds_in, one_portal_problems
from reconciler.manifest.files import ManifestFile, find_files
from reconciler.manifest.overlays import merge_layers
from reconciler.manifest.tables.sorted_rows import TableError
from reconciler.manifest.tables.sources import Hash, digest_file
from reconciler.model.addresses import RECORD_ID
from reconciler.model.desired import Desired, DesiredGroup
from reconciler.model.portal_definitions import DesiredDefinition
from reconciler.source import SourceFiles


def load_manifests(
    project: Path,
    folders: Sequence[str],
    environment: str,
    environments: Sequence[str],
    listed: Sequence[ListedEnvironment] = (),
    *,
    keeps_going: bool = False,
) -> Desired:
    """Read all manifests, and return the records and definitions for ``environment``.

    Args:
        project: the project folder; the paths in ``folders`` are relative to it.
        folders: searched recursively for ``*.yaml``; later ones override earlier ones.
        environment: the selected environment.
        environments: the names of all environments.
        listed: all environments with their portals and folders, to compare those of one portal.
        keeps_going: return problems together with the readable records; do not plan with the result.

    Raises:
        ManifestError: with every problem found, also in documents for other environments.
    """
    with _cyclic_gc_off():
        desired = _load(project, folders, environment, environments, listed)
    if keeps_going or desired.is_sound:
        return desired
    problems = desired.problems
    del desired  # otherwise the traceback of the error would keep all rows of tables in memory
    raise ManifestError(problems)


def _load(
    project: Path,
    folders: Sequence[str],
    environment: str,
    environments: Sequence[str],
    listed: Sequence[ListedEnvironment],
) -> Desired:
    found, in_folders = find_files(project, folders)
    problems = list(in_folders)
    if not found and not problems:
        advice = "write a file whose name ends in .yaml, or correct `manifests:` in reconciler.yaml"
        problems.append(Problem(f"there are no manifests in {', '.join(folders)}", advice))
    files = SourceFiles(tuple(file.name for file in found))
    digest = hashlib.sha256()
    read: list[tuple[int, ManifestDocument]] = []  # each document with the number of its folder
    for number, file in enumerate(found):
        data = _read_file(file, problems)
        for part in (file.name.encode(), data):
            digest.update(b"%d:" % len(part))  # the length, so that a name cannot be mistaken for content
            digest.update(part)
        manifest = read_manifest(data, files, number)
        problems += manifest.problems
        read += [(file.folder, document) for document in manifest.documents]
    files = files.with_more(document.source.path for _, document in read if document.source)
    layers: list[list[ManifestDocument]] = [[] for _ in folders]
    elsewhere: set[tuple[str, str, str]] = set()
    for folder, untabled in read:
        problems += glob_problems(untabled, environments, files)
        problems += _record_id_problems(untabled, environments, listed, files)
        document = _with_table(untabled, project, files, digest, problems)
        if holds_in(document, environment):
            layers[folder].append(document)
        else:
            elsewhere.update(_names_of(document))
    groups, between = merge_layers(layers, files)
    definitions, contradictions = _merged_definitions(layers, files)
    if elsewhere:
        elsewhere.difference_update(
            name for layer in layers for document in layer for name in _names_of(document)
        )
    problems += (*between, *contradictions)
    every = [document for _, document in read]
    problems += one_portal_problems(project, environment, listed, every, files)
    known = f"sha256:{digest.hexdigest()}", frozenset(elsewhere), in_order(problems)
    return Desired(groups, files, *known, partial(_joined, layers, files), definitions)


def _joined(
    layers: Sequence[Sequence[ManifestDocument]], files: SourceFiles, names: Mapping[str, str]
) -> tuple[tuple[DesiredGroup, ...], tuple[DesiredDefinition, ...]]:
    """Merge groups and definitions again after object types are replaced by their ``names`` in the portal.

    Raises:
        ManifestError: documents that used several names of one type contradict each other.
    """
    renamed = [[document.renamed(names) for document in layer] for layer in layers]
    groups, problems = merge_layers(renamed, files)
    definitions, contradictions = _merged_definitions(renamed, files)
    raise_if_any((*problems, *contradictions))
    return groups, definitions


def _merged_definitions(
    layers: Sequence[Sequence[ManifestDocument]], files: SourceFiles
) -> tuple[tuple[DesiredDefinition, ...], tuple[Problem, ...]]:
    declared = ([each for document in layer for each in document.definitions] for layer in layers)
    return merge_definitions(declared, files)


def _with_table(
    document: ManifestDocument,
    project: Path,
    files: SourceFiles,
    digest: Hash,
    problems: list[Problem],
) -> ManifestDocument:
    """Open the table of a document, if it has one, and add its content to ``digest``."""
    if document.source is None:
        return document
    try:
        from reconciler.manifest.tables.table import open_table  # noqa: PLC0415 - only where there is a table

        table = open_table(project, document.source, document.document, document.filled, files)
        digest_file(project / document.source.path, digest)
    except TableError as unusable:
        problems += unusable.problems
        return document
    problems += table.problems
    return replace(document, document=table.document, table=table)


def _read_file(file: ManifestFile, problems: list[Problem]) -> bytes:
    try:
        return file.path.read_bytes()
    except OSError as error:
        message = f"{file.name} cannot be read: {error.strerror}"
        problems.append(Problem(message, "correct its permissions"))
        return b""


def _names_of(document: ManifestDocument) -> Iterator[tuple[str, str, str]]:
    """Yield object type, key property and key of each record of a document, also for each previous key."""
    about = document.document
    yield from ((about.object, about.key, key) for key, _ in document.keys)
    former = (record.special.renamed_from for record in document.records)
    yield from ((about.object, about.key, key) for key in former if key is not None)


def _record_id_problems(
    document: ManifestDocument,
    environments: Sequence[str],
    listed: Sequence[ListedEnvironment],
    files: SourceFiles,
) -> Iterator[Problem]:
    """Report record ids in documents for several portals, because ids differ between portals."""
    named = [("`key: record_id`", document.key_place)] if document.document.key == RECORD_ID else []
    named += [
        ("an association by record id", wanted.place)
        for record in document.records
        for wanted in record.associations
        if wanted.by == RECORD_ID
    ]
    is_limited = bool(named and document.environments)
    matching = [name for name in environments if is_limited and holds_in(document, name)]
    if is_limited and not matching:
        return  # a document for no environment is reported elsewhere
    portals = {each.portal_id for each in listed if each.name in matching}
    is_one_portal = len(portals) == 1 if portals else len(matching) == 1
    for what, place in named if not is_one_portal else ():
        where = ", ".join(matching) or "all environments"
        message = f"{what} can be used in only one environment, but this document is for {where}"
        advice = f"write `environments:` so that it matches exactly one of {', '.join(environments)}"
        yield Problem(message, advice, files.ref(place))


@contextmanager
def _cyclic_gc_off() -> Iterator[None]:
    """Switch off the cyclic garbage collector: walking millions of values would triple the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def raise_if_any(problems: Iterable[Problem]) -> None:
    """Raise ``problems`` if any of them is an error.

    Raises:
        ManifestError: with all ``problems`` in order, warnings too; problems without a place come first.
    """
    found = in_order(problems)
    if any(problem.severity is not Severity.WARNING for problem in found):
        raise ManifestError(found)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort by file, line and column; problems without a place come first."""
    return tuple(sorted(problems, key=_order))


def _order(problem: Problem) -> tuple[str, int, int, str]:
    source = problem.source
    return (
        (source.file, source.line, source.column, problem.message) if source else ("", 0, 0, problem.message)
    )
