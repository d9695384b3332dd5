"""Loading commits into the working copy, and writing the working copy to commits."""

from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.encryption import NamedCipher
from reconciler.errors import StateError
from reconciler.model.owned import StateVersion
from reconciler.state.git.export import COLUMNS, Leaving
from reconciler.state.git.lock_note import LEASE, HeldLock, LockNote, read_lock
from reconciler.state.git.place import RefNames
from reconciler.state.git.remote import Refs
from reconciler.state.git.repository import NewCommit, PrivateRepository
from reconciler.state.git.snapshot import (
    HEADER,
    BlobEntry,
    SnapshotHeader,
    blob_digest,
    read_blob,
    read_snapshot_header,
    write_blob,
    write_snapshot_header,
)
from reconciler.state.git.working_copy import Export, WorkingCopy
from reconciler.state.tables import SCHEMA_VERSION


@dataclass(slots=True)
class Loaded:
    """The snapshot with which the working copy began, or the one that was pushed last."""

    header: SnapshotHeader
    cipher: NamedCipher | None
    ids: dict[str, str]  # ids of the snapshot's blobs, by name


@dataclass(frozen=True, slots=True)
class Prepared:
    """Commits that are written but not pushed yet."""

    refs: Refs  # ids of the refs after the push
    loaded: Loaded | None
    export: Export | None  # None if the state does not change
    bytes_new: int = 0


class Snapshots:
    """Reads and writes the snapshots of one portal."""

    def __init__(self, repository: PrivateRepository, names: RefNames, copy: WorkingCopy) -> None:
        self.names = names
        self.copy = copy
        self.loaded: Loaded | None = None
        self.writes_anew = False  # whether the next push writes all blobs with the newest key
        self.bytes_pushed = 0  # bytes of all new blobs
        self._repository = repository

    def load(self, commit: str | None) -> None:
        """Fill the working copy with the contents of a commit; empty it if ``commit`` is None.

        Raises:
            StateError: the commit is no state of this portal, was altered, or cannot be decrypted.
        """
        if commit is None:
            self.loaded = None
            self.copy.load(None, {})
            return
        access, ids = self._repository.access, self._repository.tree(commit)
        if HEADER not in ids:
            raise StateError(
                f"state in git: {self.names.state} is not a state of reconciler: choose another ref"
            )
        first = self._repository.blobs([ids[HEADER]])[0]
        header, cipher = read_snapshot_header(
            first, self.names.portal_id, access.keys, may_be_plain=access.may_be_plain
        )
        if missing := header.blobs.keys() - ids.keys():
            raise StateError(
                f"state in git was altered: {min(missing)} is missing\n"
                "    put back the last good commit of this ref"
            )
        listed = list(header.blobs)
        contents = self._repository.blobs([ids[name] for name in listed])
        texts = {
            name: read_blob(header, name, content, cipher)
            for name, content in zip(listed, contents, strict=True)
        }
        self.copy.load(header, texts)
        self.loaded = Loaded(header, cipher, {name: ids[name] for name in listed})

    def lock(self, commit: str | None, found_at: datetime) -> HeldLock | None:
        """Read the lock in a commit; None if ``commit`` is None."""
        return None if commit is None else read_lock(self._repository.message(commit), found_at, LEASE)

    def prepare(
        self, state: str | None, leaving: Leaving | None, note: LockNote | None, now: datetime
    ) -> Prepared:
        """Write the next commits of state and lock.

        Args:
            state: the present commit of the state.
            leaving: the run whose intents may be sent after the push.
            note: the message for the lock; None if the lock will be removed.
            now: the date of the commits.
        """
        commits = [NewCommit(note.text(now))] if note is not None else []
        cipher, is_new = self._cipher()
        is_old = self.loaded is not None and self.loaded.header.schema != SCHEMA_VERSION
        export = self._export(leaving, is_whole=is_new or is_old or self.writes_anew or self.loaded is None)
        header, contents = self._next(export, cipher, note.fence if note is not None else None)
        if header is not None:
            commits.append(NewCommit(f"state of portal {self.names.portal_id}\n", contents))
        written = self._repository.write(int(now.timestamp()), commits)
        lock = written[0].commit if note is not None else None
        if header is None:
            return Prepared(Refs(state, lock), None, None)
        made = written[-1]
        ids = {name: made.blobs.get(name) or str(contents[name]) for name in header.blobs}
        size = sum(len(content) for content in contents.values() if isinstance(content, bytes))
        return Prepared(Refs(made.commit, lock), Loaded(header, cipher, ids), export, size)

    def published(self, prepared: Prepared) -> None:
        """Remember that the commits were pushed."""
        if prepared.export is not None:
            self.copy.published(prepared.export)
            self.loaded = prepared.loaded
            self.writes_anew = False
            self.bytes_pushed += prepared.bytes_new

    def arrived_late(self, prepared: Prepared) -> None:
        """Continue from commits whose push succeeded late.

        All notes about written rows stay, so the next push contains these rows once more.
        """
        if prepared.loaded is not None:
            self.loaded = prepared.loaded

    def _cipher(self) -> tuple[NamedCipher | None, bool]:
        """Return the cipher of the newest key, and whether the present blobs use another key."""
        keys, present = self._repository.access.keys, self.loaded.cipher if self.loaded else None
        if not keys:
            return None, present is not None
        if present is not None and present.key == keys[0] and not self.writes_anew:
            return present, False
        return NamedCipher.new(keys[0]), True

    def _export(self, leaving: Leaving | None, *, is_whole: bool) -> Export:
        export = self.copy.export(leaving, is_whole=is_whole)
        if self.loaded is None or export.version.lineage == self.loaded.header.version.lineage:
            return export
        return self.copy.export(leaving, is_whole=True)  # blobs of another lineage cannot be decrypted

    def _next(
        self, export: Export, cipher: NamedCipher | None, fence: int | None
    ) -> tuple[SnapshotHeader | None, dict[str, bytes | str]]:
        """Return the next header, and its blobs as contents (new) or ids (unchanged).

        Return None and no blobs if nothing is new.
        """
        before = self.loaded.header if self.loaded else _nothing(self.names.portal_id)
        push = before.push + 1
        header = SnapshotHeader(
            portal_id=before.portal_id,
            version=export.version,
            push=push,
            schema=SCHEMA_VERSION,
            project=export.project,
            fence=before.fence if fence is None else fence,
            buckets=export.buckets,
            columns=COLUMNS,
            rules=export.rules,
        )
        blobs: dict[str, BlobEntry] = {} if export.is_whole else _kept(before, export)
        contents: dict[str, bytes | str] = {name: self._id(name) for name in blobs}
        for name, text in export.texts.items():
            if not text:
                continue
            digest = blob_digest(text)
            present = None if export.is_whole else before.blobs.get(name)
            if present is not None and present.digest == digest:
                blobs[name], contents[name] = present, self._id(name)
                continue
            blobs[name] = BlobEntry(export.version.serial, push, digest)
            contents[name] = write_blob(header, name, blobs[name], text, cipher)
        header = replace(header, blobs=blobs)
        if not export.is_whole or self.loaded is None:
            is_same = replace(header, push=before.push, fence=before.fence, columns=before.columns) == before
            if is_same:
                return None, {}
        contents[HEADER] = write_snapshot_header(header, cipher)
        return header, contents

    def _id(self, name: str) -> str:
        if self.loaded is None:
            raise KeyError(name)
        return self.loaded.ids[name]


def _kept(before: SnapshotHeader, export: Export) -> dict[str, BlobEntry]:
    """Return the blobs that do not change, by name."""
    regrouped = {
        folder
        for folder in ("owned", "pairs")
        if getattr(before.buckets, folder) != getattr(export.buckets, folder)
    }
    return {
        name: entry
        for name, entry in before.blobs.items()
        if name not in export.texts and name.partition("/")[0] not in regrouped
    }


def _nothing(portal_id: int) -> SnapshotHeader:
    return SnapshotHeader(portal_id, StateVersion(None, 0), 0, SCHEMA_VERSION)
