"""The files of an import: where records are written, and which files exist already."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from reconciler.errors import UsageError
from reconciler.manifest import readable_files
from reconciler.manifest.documents import ManifestDocument, read_manifest
from reconciler.manifest.files import find_files
from reconciler.manifest.tables.csv_rows import read_column_names
from reconciler.manifest.tables.csv_text import csv_text
from reconciler.manifest.tables.sources import blocks
from reconciler.model.desired import Desired
from reconciler.model.tables import Format, TableForm
from reconciler.project.files import read_bytes, write_private_pieces
from reconciler.project.import_folders import COPIES, private_subfolder
from reconciler.project.session import Session
from reconciler.reconcile.import_records import Existing
from reconciler.source import SourceFiles

MOST_IN_YAML = 5_000
"""Maximum number of records that an import writes as YAML by default; more are written as a table."""

_YAML = ".yaml"
_FORMATS = {f".{format_}": format_ for format_ in Format}


@dataclass(frozen=True, slots=True)
class Place:
    """A file to write: a manifest, or a table together with its manifest."""

    manifest: Path
    table: Path | None = None
    format: Format | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """All files to write; the file with the records comes first."""
        return (self.table, self.manifest) if self.table else (self.manifest,)


@dataclass(frozen=True, slots=True)
class ExistingDocument:
    """A document of a manifest to which records are added."""

    path: Path
    number: int  # position of the document in its file, from 0
    key: str
    table: Path | None
    form: TableForm | None  # how cells are written in its table
    columns: tuple[str | None, ...]  # properties by column of its table; None for a column that is ignored
    document: Existing


def load_manifests_if_any(session: Session, *, keeps_going: bool = False) -> Desired:
    """Load the manifests of a project; return an empty ``Desired`` if it has none yet.

    Raises:
        ManifestError: the manifests are wrong.
    """
    settings = session.settings
    folders = [name for name in settings.manifests if os.path.lexists(settings.project / name)]
    if not find_files(settings.project, folders)[0]:
        return Desired((), SourceFiles(()), "")
    return session.load_manifests(keeps_going=keeps_going)


def check_new(places: Collection[Path]) -> None:
    """Check that none of the files exists.

    Raises:
        UsageError: one of them exists.
    """
    for path in places:
        if os.path.lexists(path):
            raise UsageError(
                f"{os.path.relpath(path)} exists already, and nothing is overwritten\n"
                "    --add adds records that no manifest names; --replace writes a new file, and keeps a "
                "copy of the old one"
            )


def place_for(session: Session, object_name: str, out: Path | None, count: int | None = None) -> Place:
    """Return the files to write; if ``out`` is None, ``count`` decides whether YAML or a table is written.

    Raises:
        UsageError: the file would be outside the project, or does not end in .yaml, .csv, .jsonl or .parquet.
    """
    folder = session.settings.project / session.settings.manifests[0]
    if out is None:
        manifest = folder / f"{object_name}{_YAML}"
        if count is None or count <= MOST_IN_YAML:
            return Place(manifest)
        return Place(manifest, folder / f"{object_name}.csv", Format.CSV)
    path = Path.cwd() / out
    ending = path.suffix.lower()
    if ending != _YAML and ending not in _FORMATS:
        raise UsageError(f"--out {out}: the name must end in .yaml, .csv, .jsonl or .parquet")
    _check_inside(session, path, out)
    if ending == _YAML:
        _check_is_manifest(session, path, out)
        return Place(path)
    beside = path.with_suffix(_YAML)
    manifest = beside if _is_in_manifests(session, beside) else folder / f"{object_name}{_YAML}"
    return Place(manifest, path, _FORMATS[ending])


def _check_inside(session: Session, path: Path, out: Path) -> None:
    fault = readable_files.fault_of(path, session.settings.project)
    if fault is not None:
        raise UsageError(f"--out {out} {fault}: no command would read this file\n    {readable_files.ADVICE}")


def _check_is_manifest(session: Session, path: Path, out: Path) -> None:
    if not _is_in_manifests(session, path):
        folders = ", ".join(session.settings.manifests)
        raise UsageError(
            f"--out {out} is in none of the folders with manifests ({folders}): nothing would read it"
        )


def _is_in_manifests(session: Session, path: Path) -> bool:
    real = Path(os.path.realpath(path))
    folders = (os.path.realpath(session.settings.project / name) for name in session.settings.manifests)
    return any(real.is_relative_to(folder) for folder in folders)


def in_project(session: Session, path: Path) -> str:
    """Return a path as manifests write it: relative to the project folder, with forward slashes."""
    return PurePosixPath(os.path.relpath(path, session.settings.project)).as_posix()


def find_document(
    session: Session, desired: Desired, out: Path | None, object_names: Collection[str], key: str
) -> ExistingDocument:
    """Find the document to which records of a type are added: the one in ``out``, or the only one.

    Raises:
        UsageError: there is no such document, or there are several.
    """
    object_name = min(object_names, key=len)
    groups = [group for group in desired.groups if group.object in object_names and group.key == key]
    names = {desired.files.ref(document.place).file for group in groups for document in group.documents}
    if out is not None:
        place = place_for(session, object_name, out)
        names = {in_project(session, place.manifest)}
    if len(names) != 1:
        if not names:
            raise UsageError(f"--add: no manifest names {object_name} yet\n    leave out --add")
        raise UsageError(
            f"--add: several files name {object_name}: {', '.join(sorted(names))}\n    choose one with --out"
        )
    (name,) = names
    path = session.settings.project / name
    documents = read_manifest(read_bytes(path, "manifest"), SourceFiles((name,)), 0).documents
    found = [
        (number, document)
        for number, document in enumerate(documents)
        if document.document.object in object_names and document.document.key == key
    ]
    if len(found) != 1:
        raise UsageError(f"--add: {name} has {len(found)} documents about {object_name} with the key {key}")
    return _existing(session, path, *found[0])


def _existing(session: Session, path: Path, number: int, document: ManifestDocument) -> ExistingDocument:
    names = {name for record in document.records for name in record.names} | set(document.filled.names)
    table, form, columns = None, None, tuple[str | None, ...]()
    if document.source is not None:
        table, form = session.settings.project / document.source.path, document.source.form
        if form.format is not Format.CSV:
            raise UsageError(
                f"--add cannot put rows into {document.source.path}\n"
                "    it adds to YAML and CSV; --replace writes the file anew"
            )
        with csv_text(table, document.source.path, form) as text:
            header = read_column_names(text)
        columns = tuple(map(document.source.property_of, header.names))
        names |= {name for name in columns if name}
    shared = dict(zip(document.filled.names, document.filled.values, strict=True))
    ownership = document.ownership
    known = Existing(tuple(sorted(names - {document.document.key})), ownership, shared)
    return ExistingDocument(path, number, document.document.key, table, form, columns, known)


def form_to_keep(session: Session, place: Place) -> TableForm | None:
    """Return the format of the CSV file that an import replaces, so that the new file gets the same one.

    Return None if no CSV file is replaced, or if no manifest says which delimiter, encoding and so on it has.
    """
    if place.table is None or place.format is not Format.CSV or not place.table.exists():
        return None
    if not place.manifest.exists():
        return None
    files = SourceFiles((in_project(session, place.manifest),))
    documents = read_manifest(read_bytes(place.manifest, "manifest"), files, 0).documents
    name = in_project(session, place.table)
    found = (each.source.form for each in documents if each.source and each.source.path == name)
    return next((form for form in found if form.format is Format.CSV), None)


def keep_copy(session: Session, path: Path, now: datetime) -> Path:
    """Copy a file into ``.reconciler/replaced/``, readable only by its owner; return the path of the copy.

    Raises:
        UsageError: the copy cannot be written.
    """
    copy = private_subfolder(session.folder, COPIES) / f"{now:%Y%m%dT%H%M%S}-{path.name}"
    write_private_pieces(copy, blocks(path))
    return copy
