"""A snapshot as blobs: a header, and the other blobs, which the header lists. Pure.

The header begins with one line of text that identifies the snapshot::

    reconciler state 1 PORTAL LINEAGE SERIAL PUSH encrypted↵   salt (16)  check (16)  list

The list at the end of the header is encrypted, and can be decrypted only together with that line. It contains
the name of every other blob, and the serial and the push at which the blob was written. A blob is encrypted,
too, and can be decrypted only with its name, serial, push, portal and lineage. So nobody can exchange blobs,
leave one out, or put one back from an older snapshot. A whole older snapshot can be put back; ``seen.py`` and
plans notice that.

A snapshot of an emulator may be unencrypted, so that people can read it with git.
"""

import hashlib
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.encryption import CannotDecrypt, NamedCipher
from reconciler.errors import StateError
from reconciler.model.owned import StateVersion
from reconciler.state.git.buckets import Buckets

HEADER: Final = "header"

_FORM: Final = 1
_NO_LINEAGE: Final = "-"
_FIRST_LINE: Final = re.compile(
    rb"reconciler state (?P<form>[0-9]{1,9}) (?P<portal>[0-9]{1,20}) (?P<lineage>[0-9A-Za-z._-]{1,100}) "
    rb"(?P<serial>[0-9]{1,18}) (?P<push>[0-9]{1,18}) (?P<how>encrypted|plain)\n"
)
_FASTEST: Final = 1  # compression level


@dataclass(frozen=True, slots=True)
class BlobEntry:
    """One blob of a snapshot, as listed in the header."""

    serial: int  # serial of the state when the blob was written
    push: int
    digest: str  # digest of the blob's text


@dataclass(frozen=True, slots=True)
class SnapshotHeader:
    """The header of a snapshot, with the list of its blobs."""

    portal_id: int
    version: StateVersion
    push: int  # number of the push that wrote the snapshot; increases with every push
    schema: int  # version of the tables
    project: str | None = None
    fence: int = 0  # fence of the last holder of the lock
    buckets: Buckets = field(default_factory=Buckets)
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by table, the columns of a row
    rules: Sequence[tuple[str, str, str]] = ()  # prune rules: object type, key property, prune
    blobs: Mapping[str, BlobEntry] = field(default_factory=dict)


def blob_digest(text: bytes) -> str:
    """Return the digest of the text of a blob."""
    return hashlib.sha256(text).hexdigest()


def write_blob(
    header: SnapshotHeader, name: str, entry: BlobEntry, text: bytes, cipher: NamedCipher | None
) -> bytes:
    """Return the text of one blob, compressed and encrypted; unchanged if ``cipher`` is None."""
    if cipher is None:
        return text
    return cipher.encrypt(_bound(header, name, entry), zlib.compress(text, _FASTEST))


def read_blob(header: SnapshotHeader, name: str, data: bytes, cipher: NamedCipher | None) -> bytes:
    """Return the text of one blob, decrypted and unpacked.

    Raises:
        StateError: the data is not the blob that the header lists.
    """
    entry = header.blobs[name]
    try:
        text = data if cipher is None else zlib.decompress(cipher.decrypt(_bound(header, name, entry), data))
    except (CannotDecrypt, zlib.error) as error:
        raise _altered(f"{name}: {error}") from None
    if blob_digest(text) != entry.digest:
        raise _altered(f"{name}: its digest differs from the digest in the header")
    return text


def write_snapshot_header(header: SnapshotHeader, cipher: NamedCipher | None) -> bytes:
    """Return the header as bytes, encrypted unless ``cipher`` is None."""
    version = header.version
    how = "plain" if cipher is None else "encrypted"
    first = (
        f"reconciler state {_FORM} {header.portal_id} {version.lineage or _NO_LINEAGE} {version.serial} "
        f"{header.push} {how}\n"
    )
    body = json.dumps(
        {
            "blobs": {name: [each.serial, each.push, each.digest] for name, each in header.blobs.items()},
            "buckets": {"owned": header.buckets.owned, "pairs": header.buckets.pairs},
            "columns": {table: list(columns) for table, columns in header.columns.items()},
            "fence": header.fence,
            "project": header.project,
            "rules": [list(rule) for rule in header.rules],
            "schema": header.schema,
        },
        sort_keys=True,
        indent=1 if cipher is None else None,
    ).encode()
    if cipher is None:
        return first.encode() + body + b"\n"
    return first.encode() + cipher.opening + cipher.encrypt(first, zlib.compress(body, _FASTEST))


def read_snapshot_header(
    data: bytes, portal_id: int, keys: Sequence[str], *, may_be_plain: bool
) -> tuple[SnapshotHeader, NamedCipher | None]:
    """Read the header of a portal's state, and find the key with which its blobs are encrypted.

    Raises:
        StateError: the header is of another portal or version, altered, or encrypted with another key.
    """
    found = _FIRST_LINE.match(data)
    if found is None:
        raise StateError("state in git: the commit is not a state of reconciler: choose another ref")
    if int(found["form"]) > _FORM:
        raise StateError("state in git: a newer version wrote it: upgrade reconciler")
    if int(found["portal"]) != portal_id:
        raise StateError(f"state in git: it belongs to portal {found['portal'].decode()}, not to {portal_id}")
    cipher, body = None, data[found.end() :]
    if found["how"] == b"encrypted":
        opening, piece = body[: NamedCipher.OPENING], body[NamedCipher.OPENING :]
        try:
            cipher = NamedCipher.opened(opening, keys)
            body = zlib.decompress(cipher.decrypt(found[0].decode(), piece))
        except zlib.error as error:
            raise _altered(f"header: {error}") from None
        except CannotDecrypt as error:
            raise StateError(f"state in git: {error}") from None
    elif not may_be_plain:
        raise StateError(
            "state in git: it is not encrypted, so anybody may have written it: choose another ref"
        )
    try:
        return _header(found, portal_id, json.loads(body)), cipher
    except (ValueError, KeyError, TypeError) as error:
        raise _altered(f"header: {error}") from None


def _header(first: re.Match[bytes], portal_id: int, body: Mapping[str, Any]) -> SnapshotHeader:
    lineage = first["lineage"].decode()
    return SnapshotHeader(
        portal_id=portal_id,
        version=StateVersion(None if lineage == _NO_LINEAGE else lineage, int(first["serial"])),
        push=int(first["push"]),
        schema=int(body["schema"]),
        project=body["project"],
        fence=int(body["fence"]),
        buckets=Buckets(int(body["buckets"]["owned"]), int(body["buckets"]["pairs"])),
        columns={str(table): tuple(map(str, columns)) for table, columns in body["columns"].items()},
        rules=tuple((str(one), str(by), str(prune)) for one, by, prune in body["rules"]),
        blobs={
            str(name): BlobEntry(int(serial), int(push), str(digest))
            for name, (serial, push, digest) in body["blobs"].items()
        },
    )


def _bound(header: SnapshotHeader, name: str, entry: BlobEntry) -> str:
    return f"{name}\n{header.portal_id}\n{header.version.lineage}\n{entry.serial}\n{entry.push}"


def _altered(what: str) -> StateError:
    return StateError(
        f"state in git was altered, or is damaged ({what})\n"
        "    put back the last good commit of the state's ref, or `reconciler state import` an export"
    )
