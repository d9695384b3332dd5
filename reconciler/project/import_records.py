"""Importing live records into manifests: the portal is read, files are written, state stays as it is."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from reconciler.errors import UsageError
from reconciler.manifest.edit.add_records import add_records
from reconciler.manifest.tables.sources import Format
from reconciler.manifest.tables.write import Row, appended_pieces, table_pieces
from reconciler.manifest.write import WrittenDocument, WrittenRecord, document_text
from reconciler.model.addresses import RECORD_ID, RecordId
from reconciler.model.canonical import canonical
from reconciler.model.definitions import Kind
from reconciler.model.desired import Desired, ManifestValue, Ownership
from reconciler.model.imports import (
    ImportRequest,
    ImportResult,
    ImportTarget,
    LeftOutProperties,
    LeftOutRecords,
    PersonalKeys,
    Proof,
)
from reconciler.project.files import write_new, write_over, write_private_pieces
from reconciler.project.import_files import (
    MOST_IN_YAML,
    ExistingDocument,
    Place,
    check_new,
    find_document,
    in_project,
    keep_copy,
    load_manifests_if_any,
    place_for,
)
from reconciler.project.import_proof import compare_written, plan_written
from reconciler.project.notices import Notice, Progress
from reconciler.project.session import Session
from reconciler.reconcile.import_associations import FoundAssociations, read_associations
from reconciler.reconcile.import_checkpoint import Checkpoint, KeptRecord, open_checkpoint
from reconciler.reconcile.import_records import (
    Existing,
    Importing,
    OwnersKnown,
    begin_import,
    owners_for,
    read_into,
    written_records,
)
from reconciler.source import SourceFiles

ConfirmKeys: TypeAlias = Callable[[PersonalKeys], bool]
"""Gets what is known about personal keys, and returns whether to write them."""

_NO_ASSOCIATIONS = FoundAssociations({}, {}, {})


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an import writes, as far as that is known before anything is read."""

    target: ImportTarget
    out: Path | None  # None: the default file


def import_records(
    session: Session,
    request: ImportRequest,
    destination: Destination,
    confirm: ConfirmKeys | None,
    progress: Progress,
) -> ImportResult:
    """Read live records and write them as manifests.

    Raises:
        UsageError: the request does not fit the portal or the project, or personal keys were not agreed to.
        ManifestError: the manifests are wrong.
        HubSpotError: the portal cannot be read; the same request goes on from there.
    """
    return _Import(session, request, destination, confirm, progress).run()


class _Import:
    """One run of an import."""

    def __init__(
        self,
        session: Session,
        request: ImportRequest,
        destination: Destination,
        confirm: ConfirmKeys | None,
        progress: Progress,
    ) -> None:
        self._session = session
        self._request = request
        self._destination = destination
        self._confirm = confirm
        self._progress = progress
        self._now = datetime.now(UTC)
        self._document: ExistingDocument | None = None
        self._desired = Desired((), SourceFiles(()), "")

    def run(self) -> ImportResult:
        """Carry it out."""
        self._check_flags()
        self._desired = load_manifests_if_any(self._session, keeps_going=self._replaces)
        with self._session.reader() as reader:
            importing = begin_import(
                reader,
                self._session.environment.portal_id,
                self._request,
                self._desired,
                masks=self._session.settings.masks,
                find_existing=self._find_existing,
            )
            self._check_places(importing)
            self._check_may_write_keys(importing)
            checkpoint = open_checkpoint(
                self._checkpoint_path(importing),
                importing.names,
                importing.signature,
                self._now,
                restarts=self._request.restarts,
            )
            try:
                if checkpoint.is_continued:
                    said = f"going on with an interrupted import, which has read {checkpoint.count:,} records"
                    self._session.notify(Notice(said, is_advice=True))
                missing = read_into(importing, checkpoint, self._progress)
                checkpoint.finish()
                result = self._write(importing, checkpoint, missing)
            except BaseException:
                checkpoint.close()
                raise
            checkpoint.delete()
        return result

    @property
    def _replaces(self) -> bool:
        return self._destination.target is ImportTarget.REPLACE

    @property
    def _adds(self) -> bool:
        return self._destination.target is ImportTarget.ADD

    def _check_flags(self) -> None:
        if self._adds and self._request.factors:
            raise UsageError("--factor is for new files: the document says already what all records share")

    def _find_existing(self, object_names: Collection[str], key: str) -> Existing | None:
        if not self._adds:
            return None
        self._document = find_document(self._session, self._desired, self._destination.out, object_names, key)
        if self._document.table is not None and self._request.associations:
            raise UsageError("rows of a table have no associations: --associations is for YAML")
        return self._document.document

    def _check_places(self, importing: Importing) -> None:
        """Check, before anything is read, that the files can be written."""
        if self._adds:
            return
        place = place_for(self._session, importing.schema.name, self._destination.out)
        if place.table and self._request.associations:
            raise UsageError("rows of a table have no associations: --associations is for YAML")
        if not self._replaces:
            check_new(place.paths)

    def _check_may_write_keys(self, importing: Importing) -> None:
        if importing.has_personal_key and self._confirm is None and not self._request.takes_personal:
            name = importing.schema.name
            raise UsageError(
                f"the keys of {name} ({importing.key}) are personal data, and would stay in git's history\n"
                "    --personal takes them all the same; or keep them in a table outside git:\n"
                f"    --personal --out private/{name}.csv, with private/ in .gitignore"
            )

    def _checkpoint_path(self, importing: Importing) -> Path:
        folder = self._session.folder / "import"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / f"{self._session.environment.name}-{importing.schema.name}.db"

    def _write(self, importing: Importing, checkpoint: Checkpoint, missing: Collection[str]) -> ImportResult:
        """Write what was read, and compare it with the portal."""
        replaced = self._replaced_files(importing)
        asked_for = self._request.scope.object
        named = Named(importing, named_keys(self._desired, importing, asked_for, replaced))
        names = self._names(importing, checkpoint)
        owners = owners_for(importing, names)
        wording = owners.wording(importing.schema, self._session.environment.owners)

        def kept() -> Iterator[KeptRecord]:
            return (record for record in checkpoint.recognised() if not named.has(record))

        count = sum(1 for _ in kept())
        self._ask(importing, count)
        associations = self._associations(importing, kept)

        def written() -> Iterator[WrittenRecord]:
            return written_records(importing, wording, kept(), names, associations.entries)

        left_out = self._write_left_out(importing, checkpoint, missing)
        shared = _shared(written()) if self._request.factors and count > 1 else {}
        files, copy = self._write_files(importing, count, names, shared, written) if count else ((), None)
        return ImportResult(
            object=importing.schema.name,
            key=importing.key,
            records=count,
            named_already=sum(map(named.has, checkpoint.recognised())),
            files=tuple(map(os.path.relpath, files)),
            copy=os.path.relpath(copy) if copy else None,
            properties=names,
            observed=tuple(name for name in names if name in importing.chosen.observed),
            shared=tuple(shared),
            left_out=self._left_out_properties(importing, names),
            left_out_records=left_out,
            associations=associations.counts,
            unnamed_targets={name: number for name, number in associations.unnamed.items() if number},
            may_read_owners=owners.may_be_read,
            proof=self._proof(importing, count, owners, kept) if count else None,
            masked_properties=importing.masked_properties,
        )

    def _proof(
        self,
        importing: Importing,
        count: int,
        owners: OwnersKnown,
        kept: Callable[[], Iterator[KeptRecord]],
    ) -> Proof:
        schema = importing.schema
        if count <= MOST_IN_YAML:
            keys = frozenset(record.key or "" for record in kept())
            return plan_written(self._session, schema.name, keys)
        stand_ins = self._session.environment.owners
        return compare_written(
            self._session,
            schema,
            importing.key,
            lambda desired: owners.resolver(schema, desired.files, stand_ins),
            kept(),
        )

    def _replaced_files(self, importing: Importing) -> Collection[str]:
        if not self._replaces:
            return ()
        place = place_for(self._session, importing.schema.name, self._destination.out)
        found = {in_project(self._session, path) for path in place.paths}
        for group in self._desired.groups:  # the tables of a replaced document are no longer read
            for document in group.documents:
                if self._desired.files.ref(document.place).file in found:
                    found |= {self._desired.files.ref(at).file for at in document.columns.values()}
        return found

    def _names(self, importing: Importing, checkpoint: Checkpoint) -> tuple[str, ...]:
        names = tuple(name for name in importing.chosen.names if name in checkpoint.used)
        if self._document is None or self._document.table is None:
            return names
        missing = [name for name in names if name not in self._document.columns]
        if missing:
            raise UsageError(
                f"{os.path.relpath(self._document.table)} has no column {missing[0]}\n"
                "    add the column, or leave the property out"
            )
        return names

    def _ask(self, importing: Importing, count: int) -> None:
        if not importing.has_personal_key or self._request.takes_personal or not count:
            return
        keys = PersonalKeys(importing.schema.name, importing.key, count)
        if self._confirm is None or not self._confirm(keys):
            raise UsageError("declined: nothing was written")

    def _associations(
        self, importing: Importing, kept: Callable[[], Iterator[KeptRecord]]
    ) -> FoundAssociations:
        if not self._request.associations:
            return _NO_ASSOCIATIONS
        ids = [record.id for record in kept()]
        portal_id = self._session.environment.portal_id
        return read_associations(importing, portal_id, self._request.associations, ids, self._desired)

    def _write_left_out(
        self, importing: Importing, checkpoint: Checkpoint, missing: Collection[str]
    ) -> LeftOutRecords:
        """Write the records that nothing recognises into a CSV file, repeated ones side by side."""
        repeated = without = 0
        for record in checkpoint.unrecognised():
            repeated += record.key is not None
            without += record.key is None
        found = LeftOutRecords(without, repeated, len(missing))
        if not found:
            return found
        path = self._session.folder / "import" / f"{importing.schema.name}-left-out.csv"
        rows = _left_out_rows(importing, checkpoint.unrecognised(), missing)
        columns = ("why", importing.key, "record_id", "name", "link")
        write_private_pieces(path, table_pieces(Format.CSV, columns, rows))
        return replace(found, file=os.path.relpath(path))

    def _write_files(
        self,
        importing: Importing,
        count: int,
        names: Sequence[str],
        shared: Mapping[str, ManifestValue],
        written: Callable[[], Iterator[WrittenRecord]],
    ) -> tuple[Sequence[Path], Path | None]:
        if self._document is not None:
            return self._add(self._document, written()), None
        place = place_for(self._session, importing.schema.name, self._destination.out, count)
        copy = self._make_room(place)
        environments = (self._session.environment.name,) if importing.key == RECORD_ID else ()
        observed = {name: Ownership.OBSERVE for name in names if name in importing.chosen.observed}
        document = WrittenDocument(importing.schema.name, importing.key, observed, shared, environments)
        own = tuple(name for name in names if name not in shared)
        if place.table is None or place.format is None:
            records = (_without(record, shared) for record in written())
            write_new(place.manifest, [document_text(document, records).encode()])
            return (place.manifest,), copy
        columns = (importing.key, *own)
        rows = (_row_of(record, columns, importing.key) for record in written())
        write_new(place.table, table_pieces(place.format, columns, rows))
        source = (str(place.format), in_project(self._session, place.table))
        write_new(place.manifest, [document_text(replace(document, source=source)).encode()])
        return (place.table, place.manifest), copy

    def _make_room(self, place: Place) -> Path | None:
        """Check that the files are new, or move those that are replaced out of the way."""
        if not self._replaces:
            check_new(place.paths)
            return None
        copy = None
        for path in reversed(place.paths):
            if path.exists():
                copy = keep_copy(self._session, path, self._now)
                path.unlink()
        return copy

    def _add(self, document: ExistingDocument, records: Iterable[WrittenRecord]) -> Sequence[Path]:
        name = os.path.relpath(document.path)
        if document.table is None or document.format is None:
            data = document.path.read_bytes()
            write_over(document.path, [add_records(data, name, document.number, tuple(records))])
            return (document.path,)
        columns = tuple(column or "" for column in document.columns)
        rows = (_row_of(record, columns, document.key) for record in records)
        write_over(document.table, appended_pieces(document.table, rows))
        return (document.table,)

    def _left_out_properties(self, importing: Importing, names: Collection[str]) -> LeftOutProperties:
        chosen = importing.chosen
        is_named = bool(self._request.properties)
        empty = tuple(name for name in chosen.names if name not in names) if is_named else ()
        return LeftOutProperties(chosen.read_only, empty, chosen.personal, importing.unowned)


def named_keys(
    desired: Desired, importing: Importing, written: str, replaced: Collection[str] = ()
) -> Iterator[tuple[str, str]]:
    """Return key property and key of every record that manifests name, except in ``replaced`` files.

    ``written`` is the name of the type as the user wrote it.
    """
    names = {importing.schema.name, importing.schema.path, written}
    for group in desired.groups:
        for record in group.records if group.object in names else ():
            if desired.files.ref(record.place).file not in replaced:
                yield group.key, record.key


class Named:
    """The records that manifests name."""

    def __init__(self, importing: Importing, keys: Iterable[tuple[str, str]]) -> None:
        definition = importing.schema.properties.get(importing.key)
        kind = definition.kind if definition else Kind.TEXT
        self._ids: set[str] = set()
        self._spellings: set[str] = set()
        for by, key in keys:
            if by == RECORD_ID:
                self._ids.add(key)
            elif by == importing.key:
                self._spellings.add(canonical(kind, key) or "")

    def has(self, record: KeptRecord) -> bool:
        """Return whether manifests name the record."""
        return record.id in self._ids or record.spelling in self._spellings


def _shared(records: Iterable[WrittenRecord]) -> Mapping[str, ManifestValue]:
    """Return the values that all records have."""
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
    """Return a row for each record that was left out, repeated ones side by side."""
    for record in records:
        why = "repeated" if record.key else f"no {importing.key}"
        yield why, record.key, record.id, importing.title_of(record), importing.link_to(record.id)
    for record_id in missing:
        yield "not found", None, record_id, None, importing.link_to(RecordId(record_id))
