"""Writing the files of an import: new files, records added to old files, a list of omitted records."""

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.manifest.edit.add_records import add_records
from reconciler.manifest.tables.write import Row, appended_pieces, rewritten_pieces, table_pieces
from reconciler.manifest.write import WrittenDocument, WrittenRecord, document_text
from reconciler.model.addresses import RECORD_ID, RecordId
from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.desired_records import ManifestValue, Ownership
from reconciler.model.imports import LeftOutRecords
from reconciler.model.tables import Format, TableForm
from reconciler.plan.values.numbers import number_as_cell
from reconciler.project.editor_line import with_editor_line
from reconciler.project.files import write_new, write_over, write_private_pieces
from reconciler.project.import_files import (
    ExistingDocument,
    Place,
    check_new,
    form_to_keep,
    in_project,
    keep_copy,
)
from reconciler.project.import_folders import CHECKPOINTS, private_subfolder
from reconciler.project.session import Session
from reconciler.reconcile.import_checkpoint import KeptRecord
from reconciler.reconcile.import_records import Importing


@dataclass(frozen=True, slots=True)
class WrittenTable:
    """A table that was written; its key is the first column."""

    path: Path
    format: Format
    columns: tuple[str, ...]  # the key comes first


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """Files that an import wrote, and copies of files that it replaced."""

    files: tuple[Path, ...] = ()
    copies: tuple[Path, ...] = ()
    table: WrittenTable | None = None  # None if records are in YAML, or were added to a table


NOTHING = WrittenFiles()


@dataclass(frozen=True, slots=True)
class ImportContent:
    """Parts of the new document besides its records: properties, and values that all records share."""

    names: tuple[str, ...]  # properties, in the order in which they are written
    shared: Mapping[str, ManifestValue]  # values that are written under ``all:``

    def ownership(self, importing: Importing) -> Mapping[str, Ownership]:
        """Return the ``ownership:`` of the new document."""
        observed = importing.chosen.observed
        return {name: Ownership.OBSERVE for name in self.names if name in observed}


class FileWriter:
    """Writes new files, or replaces old ones and keeps copies."""

    def __init__(self, session: Session, now: datetime, *, replaces: bool) -> None:
        self._session = session
        self._now = now
        self._replaces = replaces
        self._done = NOTHING

    def write(
        self,
        importing: Importing,
        place: Place,
        written: Callable[[], Iterator[WrittenRecord]],
        content: ImportContent,
    ) -> WrittenFiles:
        """Write the records; ``written`` yields all of them from the beginning whenever it is called.

        Raises:
            UsageError: a file exists and must not be replaced, or cannot be written.
        """
        if not self._replaces:
            check_new(place.paths)
        document = self._document(importing, content)
        if place.table is None or place.format is None:
            records = (_without(record, content.shared) for record in written())
            self._put_manifest(place.manifest, document_text(document, records))
            return self._done
        columns = (importing.key, *(name for name in content.names if name not in content.shared))
        form = form_to_keep(self._session, place)
        source = {str(place.format): in_project(self._session, place.table)}
        if form is not None:
            records = (_with_commas(record, importing.schema, form) for record in written())
            rows = (_row_of(record, columns, importing.key) for record in records)
            self._put(place.table, rewritten_pieces(place.table, columns, rows, form))
            source |= form.unusual
            self._put_manifest(place.manifest, document_text(replace(document, source=source)))
            return self._done
        rows = (_row_of(record, columns, importing.key) for record in written())
        self._put(place.table, table_pieces(place.format, columns, rows))
        self._put_manifest(place.manifest, document_text(replace(document, source=source)))
        return replace(self._done, table=WrittenTable(place.table, place.format, columns))

    def _document(self, importing: Importing, content: ImportContent) -> WrittenDocument:
        is_of_one_portal = importing.key == RECORD_ID
        return WrittenDocument(
            object=importing.schema.name,
            key=importing.key,
            ownership=content.ownership(importing),
            shared=content.shared,
            environments=(self._session.environment.name,) if is_of_one_portal else (),
        )

    def _put_manifest(self, path: Path, text: str) -> None:
        self._put(path, [with_editor_line(text, self._session.settings.project, path).encode()])

    def _put(self, path: Path, pieces: Iterable[bytes]) -> None:
        copies = self._done.copies
        if self._replaces and path.exists():
            copies = (*copies, keep_copy(self._session, path, self._now))
            write_over(path, pieces)
        else:
            write_new(path, pieces)
        self._done = WrittenFiles((*self._done.files, path), copies)


def add_to_document(
    document: ExistingDocument, records: Iterable[WrittenRecord], schema: ObjectSchema
) -> WrittenFiles:
    """Add records of the type ``schema`` to an existing manifest or its table, in the form of that file.

    Raises:
        UsageError: the file cannot be edited safely, or not written.
    """
    if document.table is None or document.form is None:
        name = os.path.relpath(document.path)
        data = document.path.read_bytes()
        write_over(document.path, [add_records(data, name, document.number, tuple(records))])
        return WrittenFiles((document.path,))
    columns = tuple(column or "" for column in document.columns)
    form = document.form
    sayable = (_with_commas(_sayable_as_row(record), schema, form) for record in records)
    rows = (_row_of(record, columns, document.key) for record in sayable)
    write_over(document.table, appended_pieces(document.table, rows, form))
    return WrittenFiles((document.table,))


def _sayable_as_row(record: WrittenRecord) -> WrittenRecord:
    """Return the record if it can be a row of a table: a row cannot have ``$unmanaged``.

    Raises:
        UsageError: a value under ``all:`` does not hold for the record.
    """
    if record.unmanaged:
        name = record.unmanaged[0]
        raise UsageError(
            f"--add: `all:` sets {name}, and one of the records has another value\n"
            f"    remove {name} from `all:`, or name a new file with --out; nothing was written"
        )
    return record


def _with_commas(record: WrittenRecord, schema: ObjectSchema, form: TableForm) -> WrittenRecord:
    """Return the record with decimal commas in its numbers, if the table has decimal commas."""
    if not form.has_commas:
        return record
    values = {
        name: number_as_cell(value, form)
        if isinstance(value, str) and schema.properties[name].kind is Kind.NUMBER
        else value
        for name, value in record.values.items()
    }
    return replace(record, values=values)


def write_left_out(
    session: Session,
    importing: Importing,
    unrecognised: Callable[[], Iterator[KeptRecord]],
    missing: Collection[str],
) -> LeftOutRecords:
    """Write a private CSV file with the records that cannot be imported; equal keys follow each other.

    Such records are ``unrecognised`` (no key, or a repeated one) or ``missing`` in the portal. Without such
    records, write no file.

    Raises:
        UsageError: the file cannot be written.
    """
    has_key = Counter(record.key is not None for record in unrecognised())
    found = LeftOutRecords(has_key[False], has_key[True], len(missing))
    if not found:
        return found
    path = private_subfolder(session.folder, CHECKPOINTS) / f"{importing.schema.name}-left-out.csv"
    rows = _left_out_rows(importing, unrecognised(), missing)
    columns = ("why", importing.key, "record_id", "name", "link")
    write_private_pieces(path, table_pieces(Format.CSV, columns, rows))
    return replace(found, file=os.path.relpath(path))


def shared_values(records: Iterable[WrittenRecord]) -> Mapping[str, ManifestValue]:
    """Return the values that are the same in all records."""
    shared: dict[str, ManifestValue] | None = None
    for record in records:
        if shared is None:
            shared = dict(record.values)
        else:
            for name in [name for name, value in shared.items() if record.values.get(name) != value]:
                del shared[name]
        if not shared:
            break
    return shared or {}


def _without(record: WrittenRecord, names: Collection[str]) -> WrittenRecord:
    values = {name: value for name, value in record.values.items() if name not in names}
    return replace(record, values=values)


def _row_of(record: WrittenRecord, columns: Sequence[str], key: str) -> Row:
    return [record.key if name == key else record.values.get(name) for name in columns]


def _left_out_rows(
    importing: Importing, records: Iterable[KeptRecord], missing: Iterable[str]
) -> Iterator[Row]:
    """Yield a row for each record that was left out; those with equal keys follow each other."""
    for record in records:
        why = "repeated" if record.key else f"no {importing.key}"
        yield why, record.key, record.id, importing.title_of(record), importing.link_to(record.id)
    for record_id in missing:
        yield "not found", None, record_id, None, importing.link_to(RecordId(record_id))
