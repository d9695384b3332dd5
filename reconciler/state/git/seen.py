"""Remembering the newest snapshots that this machine has seen, to notice if an older one is put back.

Every old snapshot stays valid: anybody who may write the ref can put one back, and then records that were
created since would be unknown. Encryption cannot prevent that. But a machine that has seen a newer snapshot
notices it.
"""

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.errors import StateError
from reconciler.state.git.snapshot import SnapshotHeader


class Seen(NamedTuple):
    """The newest snapshot that this machine has seen at one place."""

    file: Path
    lineage: str | None
    serial: int
    push: int


def newest_seen(file: Path | None, place: str) -> Seen | None:
    """Return the newest snapshot that was seen at ``place``; call this before the remote is read.

    After the read it would be too late: another process of this machine may push and remember a newer one
    meanwhile.
    """
    seen = _read(file).get(place)
    if not isinstance(seen, dict) or file is None:
        return None
    return Seen(file, seen.get("lineage"), int(seen.get("serial", 0)), int(seen.get("push", 0)))


def check_not_older(seen: Seen | None, place: str, header: SnapshotHeader | None) -> None:
    """Check that a snapshot is not older than ``seen``, the newest one that was seen before.

    Raises:
        StateError: the snapshot is older, or there is none any more.
    """
    if seen is None:
        return
    shown = os.path.relpath(seen.file)
    advice = (
        f"    put the newest commit back into the state's ref; if the older state is right, remove {shown}"
    )
    if header is None:
        raise StateError(
            f"state in git: {place} is gone, although this machine has already read its serial "
            f"{seen.serial}\n{advice}"
        )
    found = (header.version.serial, header.push)
    if header.version.lineage == seen.lineage and found < (seen.serial, seen.push):
        raise StateError(
            f"state in git: {place} was put back to serial {header.version.serial}, but this "
            f"machine has already seen serial {seen.serial}: later changes are missing\n{advice}"
        )


def remember(file: Path | None, place: str, header: SnapshotHeader | None) -> None:
    """Remember a snapshot at ``place`` if it is the newest; do nothing if the file cannot be written."""
    if file is None or header is None:
        return
    known = _read(file)
    entry = {"lineage": header.version.lineage, "serial": header.version.serial, "push": header.push}
    present = known.get(place)
    same = present if isinstance(present, dict) and present.get("lineage") == entry["lineage"] else {}
    if same.get("push", -1) >= header.push:
        return
    text = json.dumps(known | {place: entry}, indent=1, sort_keys=True) + "\n"
    with suppress(OSError):
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)  # private to its owner
        with os.fdopen(handle, "w", encoding="utf-8") as fresh:
            fresh.write(text)
        Path(name).replace(file)


def _read(file: Path | None) -> dict[str, Any]:
    try:
        known = json.loads(file.read_bytes()) if file else {}
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
