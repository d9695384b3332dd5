"""Erasing records in our own reports when the journal erases them."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.errors import PlanRefused, UsageError
from reconciler.model.addresses import escaped
from reconciler.project.files import read_encrypted
from reconciler.project.run_reports import write_report

if TYPE_CHECKING:
    from reconciler.state.store import Store


class Forgotten(NamedTuple):
    """Counts of the reports that named a record."""

    rewritten: int  # number of reports written again from the journal, without the record
    # number of reports that were deleted: the journal does not know their run, or they could not be opened
    removed: int
    # reports encrypted with another key: nobody can tell whether they name the record
    unopened: tuple[Path, ...]


def forget_in_reports(
    folder: Path, store: "Store", portal_id: int, names: Collection[str], *, is_known: bool
) -> Forgotten:
    """Erase a record, which the journal has erased, in the reports in ``folder``.

    ``is_known``: state or journal had it. Of any other name, which may be mistyped, only reports with exactly
    this record are changed.
    """
    spellings = [spelling for name in names for spelling in _spellings(name, is_known=is_known)]
    known = {run.id for run in store.runs()}
    rewritten = removed = 0
    unopened = []
    for path in _reports(folder):
        text = _text(path)
        if text is None and path.stem not in known:
            unopened.append(path)
        elif text is None:
            path.unlink()  # the next report is written from the journal, which has all of it
            removed += 1
        elif any(spelling in _unescaped(text) for spelling in spellings):
            if path.stem in known:
                write_report(store, path.stem, path)
                rewritten += 1
            elif _portal(text) == portal_id:
                path.unlink()
                removed += 1
    return Forgotten(rewritten, removed, tuple(unopened))


def _reports(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.glob("*.json")) if path.is_file())


def _text(path: Path) -> str | None:
    """Return the text of a report; None if it cannot be opened."""
    try:
        return read_encrypted(path, "report")
    except (UsageError, PlanRefused):
        return None


def _portal(text: str) -> object:
    try:
        document: Any = json.loads(text)
        return document["portal"]["id"]
    except (ValueError, KeyError, TypeError):
        return None


def _unescaped(text: str) -> str:
    """Replace the escapes of invisible characters in a report by these characters."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text


def _spellings(name: str, *, is_known: bool) -> tuple[str, ...]:
    """Return the spellings of a key or an id in JSON: as a value, and within an address or any text."""
    value, within = (json.dumps(text, ensure_ascii=False) for text in (name, escaped(name)))
    if is_known:
        return value, within[1:-1]
    return value, *(f"{mark}{within[1:-1]}{end}" for mark in ("/", "/=") for end in '"#')
