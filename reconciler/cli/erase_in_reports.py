"""Reports of our own forget the records that the journal forgets."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.cli.reports import write_report
from reconciler.errors import PlanRefused, UsageError
from reconciler.model.addresses import escaped
from reconciler.project.files import read_encrypted

if TYPE_CHECKING:
    from reconciler.state.store import Store


class Forgotten(NamedTuple):
    """What became of the reports that named a record."""

    rewritten: int  # without it, from the journal
    removed: int  # of runs that the journal does not know any more, or that could not be opened
    unopened: tuple[Path, ...]  # encrypted with another key: nobody can tell whether they name it


def forget_in_reports(folder: Path, store: "Store", portal_id: int, names: Collection[str]) -> Forgotten:
    """Take a record, which the journal has forgotten, out of the reports in ``folder``."""
    known = {run.id for run in store.runs()}
    rewritten = removed = 0
    unopened = []
    for path in _reports(folder):
        text = _text(path)
        if text is None and path.stem not in known:
            unopened.append(path)
        elif text is None:
            path.unlink()  # the journal has all of it, and writes it anew
            removed += 1
        elif any(spelling in _unescaped(text) for name in names for spelling in _spellings(name)):
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
    """What a report says; None where it cannot be opened."""
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
    """A report without the escapes that stand for what nobody sees."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text


def _spellings(name: str) -> tuple[str, ...]:
    """How a key or an id may stand in JSON: as a value, and within an address."""
    return json.dumps(name, ensure_ascii=False), json.dumps(escaped(name), ensure_ascii=False)[1:-1]
