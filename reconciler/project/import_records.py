"""Importing live records into manifests; the portal is only read, and the state does not change."""

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from reconciler.errors import UsageError
from reconciler.manifest.write import WrittenRecord
from reconciler.model.desired import Desired
from reconciler.model.imports import (
    ImportRequest,
    ImportResult,
    ImportTarget,
    LeftOutProperties,
    PersonalKeys,
    Proof,
)
from reconciler.model.progress import Progress
from reconciler.project.import_files import (
    MOST_IN_YAML,
    ExistingDocument,
    check_new,
    find_document,
    in_project,
    load_manifests_if_any,
    place_for,
)
from reconciler.project.import_folders import CHECKPOINTS, private_subfolder
from reconciler.project.import_proof import compare_manifest, compare_table, plan_written
from reconciler.project.import_request import Destination
from reconciler.project.import_writer import (
    NOTHING,
    FileWriter,
    ImportContent,
    WrittenFiles,
    add_to_document,
    shared_values,
    write_left_out,
)
from reconciler.project.managed_records import ManagedRecords, managed_keys
from reconciler.project.notices import Notice
from reconciler.project.session import Session
from reconciler.reconcile.import_associations import FoundAssociations, read_associations
from reconciler.reconcile.import_checkpoint import Checkpoint, KeptRecord, open_checkpoint
from reconciler.reconcile.import_records import (
    Existing,
    Importing,
    OwnersKnown,
    begin_import,
    owner_names,
    owners_for,
    read_into,
    written_records,
)
from reconciler.source import SourceFiles

ConfirmKeys: TypeAlias = Callable[[PersonalKeys], bool]
"""Called with facts about keys that are personal data; returns whether to write them."""

_NO_ASSOCIATIONS = FoundAssociations({}, {}, {})


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
        HubSpotError: the portal cannot be read; the next call with the same request continues.
    """
    return _Import(session, request, destination, confirm, progress).run()


class _Import:
    """An import, with what it has found out so far."""

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
        """Carry out the import."""
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
            with checkpoint:
                if checkpoint.is_continued:
                    said = (
                        "continuing an interrupted import, which has already read "
                        f"{checkpoint.count:,} records"
                    )
                    self._session.notify(Notice(said, is_advice=True))
                missing = read_into(importing, checkpoint, self._progress)
                checkpoint.finish()
                return self._write(importing, checkpoint, missing)

    @property
    def _replaces(self) -> bool:
        return self._destination.target is ImportTarget.REPLACE

    @property
    def _adds(self) -> bool:
        return self._destination.target is ImportTarget.ADD

    def _check_flags(self) -> None:
        if self._adds and self._request.factors:
            raise UsageError(
                "--factor is for new files: the document already has the values that all records share"
            )

    def _find_existing(self, object_names: Collection[str], key: str) -> Existing | None:
        if not self._adds:
            return None
        self._document = find_document(self._session, self._desired, self._destination.out, object_names, key)
        if self._document.table is not None and self._request.associations:
            raise UsageError("rows of a table have no associations: --associations is for YAML")
        return self._document.document

    def _check_places(self, importing: Importing) -> None:
        """Check that the files can be written, before anything is read from the portal."""
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
                f"the keys of {name} ({importing.key}) are personal data, and would stay in the "
                "history of git\n"
                "    --personal imports them anyway; or keep them in a table outside git:\n"
                f"    --personal --out private/{name}.csv, with private/ in .gitignore"
            )

    def _checkpoint_path(self, importing: Importing) -> Path:
        folder = private_subfolder(self._session.folder, CHECKPOINTS)
        return folder / f"{self._session.environment.name}-{importing.schema.name}.db"

    def _write(self, importing: Importing, checkpoint: Checkpoint, missing: Collection[str]) -> ImportResult:
        """Write the records that were read, and compare the files with the portal."""
        replaced = self._replaced_files(importing)
        asked_for = self._request.scope.object
        managed = ManagedRecords(importing, managed_keys(self._desired, importing, asked_for, replaced))
        names = self._names(importing, checkpoint)
        owners = owners_for(importing, names)
        unsaid = () if owners.may_be_read else owner_names(importing, names)
        names = tuple(name for name in names if name not in unsaid)
        wording = owners.wording(importing.schema, self._session.environment.owners)

        def kept() -> Iterator[KeptRecord]:
            return (record for record in checkpoint.recognised() if not managed.name(record))

        def left() -> Iterator[KeptRecord]:
            return (record for record in checkpoint.unrecognised() if not managed.name_by_id(record))

        recognised = checkpoint.count_recognised()
        count = sum(1 for _ in kept()) if managed else recognised
        self._ask(importing, checkpoint, count)
        associations = self._associations(importing, kept)

        def written() -> Iterator[WrittenRecord]:
            return written_records(importing, wording, kept(), names, associations.entries)

        left_out = write_left_out(self._session, importing, left, missing)
        shared = shared_values(written()) if self._request.factors and count > 1 else {}
        content = ImportContent(names, shared)
        done = self._write_files(importing, count, written, content) if count else NOTHING
        return ImportResult(
            object=importing.schema.name,
            key=importing.key,
            records=count,
            named_already=recognised - count + sum(checkpoint.count_unrecognised()) - left_out.unrecognised,
            files=tuple(map(os.path.relpath, done.files)),
            copies=tuple(map(os.path.relpath, done.copies)),
            properties=names,
            observed=tuple(name for name in names if name in importing.chosen.observed),
            shared=tuple(shared),
            left_out=replace(self._left_out_properties(importing, checkpoint.used), owners=unsaid),
            left_out_records=left_out,
            associations=associations.counts,
            unnamed_targets={name: number for name, number in associations.unnamed.items() if number},
            proof=self._proof(importing, done, content, owners, kept) if count else None,
            masked_properties=importing.masked_properties,
        )

    def _proof(
        self,
        importing: Importing,
        done: WrittenFiles,
        content: ImportContent,
        owners: OwnersKnown,
        kept: Callable[[], Iterator[KeptRecord]],
    ) -> Proof:
        """Prove that the written files express the records that were read.

        After an import of few records, make a plan. After an import of many, compare files and records.
        """
        schema, stand_ins = importing.schema, self._session.environment.owners
        first = tuple(record.key or "" for record in islice(kept(), MOST_IN_YAML + 1))
        if len(first) <= MOST_IN_YAML:
            return plan_written(self._session, schema.name, frozenset(first))
        if done.table is not None:
            files = SourceFiles((os.path.relpath(done.table.path),))
            resolver = owners.resolver(schema, files, stand_ins)
            ownership = content.ownership(importing)
            return compare_table(done.table, ownership, content.shared, resolver, kept())
        return compare_manifest(
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
        for group in self._desired.groups:  # if a document is replaced, nothing uses its tables any more
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

    def _ask(self, importing: Importing, checkpoint: Checkpoint, count: int) -> None:
        if not importing.has_personal_key or self._request.takes_personal or not count:
            return
        keys = PersonalKeys(importing.schema.name, importing.key, count)
        if self._confirm is None or not self._confirm(keys):
            checkpoint.discard()  # it contains personal data, and nobody needs it any more
            raise UsageError("declined: nothing was written")

    def _associations(
        self, importing: Importing, kept: Callable[[], Iterator[KeptRecord]]
    ) -> FoundAssociations:
        if not self._request.associations:
            return _NO_ASSOCIATIONS
        ids = [record.id for record in kept()]
        portal_id = self._session.environment.portal_id
        return read_associations(importing, portal_id, self._request.associations, ids, self._desired)

    def _write_files(
        self,
        importing: Importing,
        count: int,
        written: Callable[[], Iterator[WrittenRecord]],
        content: ImportContent,
    ) -> WrittenFiles:
        if self._document is not None:
            return add_to_document(self._document, written(), importing.schema)
        place = place_for(self._session, importing.schema.name, self._destination.out, count)
        writer = FileWriter(self._session, self._now, replaces=self._replaces)
        return writer.write(importing, place, written, content)

    def _left_out_properties(self, importing: Importing, used: Collection[str]) -> LeftOutProperties:
        chosen = importing.chosen
        is_named = bool(self._request.properties)
        empty = tuple(name for name in chosen.names if name not in used) if is_named else ()
        return LeftOutProperties(chosen.read_only, empty, chosen.personal, importing.unowned)
