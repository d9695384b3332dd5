"""Erasing records in the stored reports of runs, when they are erased from the journal."""

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
    """The result of erasing a record or definition in the reports of runs."""

    rewritten: int  # number of reports that were written again from the journal, without the record
    # number of reports that were deleted, because the journal lacks their run, or because they cannot be read
    removed: int
    # reports that are encrypted with another key, so it is not known whether they name the record
    unopened: tuple[Path, ...]


def forget_in_reports(
    folder: Path, store: "Store", portal_id: int, names: Collection[str], *, is_known: bool
) -> Forgotten:
    """Erase a record or definition in the reports in ``folder``, after it was erased from the journal.

    ``is_known`` tells whether state or journal contained it. If not, the name may be mistyped, and only
    reports that contain exactly this name are changed.
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
            path.unlink()  # the next command writes this report again, completely, from the journal
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
    """Return the text of a report; None if it cannot be read or decrypted."""
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
    """Return the text with escaped invisible characters replaced by the characters themselves."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text


def _spellings(name: str, *, is_known: bool) -> tuple[str, ...]:
    """Return the texts to look for in a report in JSON, in order to find the key or id ``name``.

    If ``is_known``, it is found as a whole value and inside any text; otherwise only inside an address.
    """
    value, within = (json.dumps(text, ensure_ascii=False) for text in (name, escaped(name)))
    if is_known:
        return value, within[1:-1]
    return value, *(f"{mark}{within[1:-1]}{end}" for mark in ("/", "/=") for end in '"#')
