"""Choosing the value of a new key for each record; candidates are on disk, because there may be many.

Each record gets its value from the first source that gives it a value which no other record has. The sources
are tried in turn: a value is chosen only if no other record has it from the same or an earlier source.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from reconciler.model.addresses import RecordId

_SCHEMA = """
CREATE TABLE candidates (source INTEGER, id INTEGER, spelling BLOB, value TEXT, PRIMARY KEY (id, source));
CREATE TABLE chosen (id INTEGER PRIMARY KEY, spelling BLOB, value TEXT, source INTEGER);
CREATE TABLE taken (spelling BLOB PRIMARY KEY);
CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT);
"""
_INDEX = "CREATE INDEX by_spelling ON candidates (source, spelling)"
_TAKE = """
INSERT INTO chosen SELECT id, spelling, value, source FROM candidates
WHERE source = :source AND id NOT IN (SELECT id FROM chosen)
AND spelling NOT IN (SELECT spelling FROM taken)
AND (SELECT count(*) FROM candidates AS other
     WHERE other.source = :source AND other.spelling = candidates.spelling) = 1
"""
_CHOSEN = """
SELECT id, value, source, name FROM chosen LEFT JOIN names USING (id) WHERE source >= 0 ORDER BY id
"""
_LEFT = """
SELECT id, min(value) FROM candidates WHERE id NOT IN (SELECT id FROM chosen) GROUP BY id
ORDER BY min(spelling), id
"""
_DIGEST_BYTES = 16
_PAGE = 1_000


class ChosenValue(NamedTuple):
    """The value that one record gets."""

    record_id: RecordId
    value: str
    source: int  # number of the source of the value, from 0
    display_name: str | None  # of the record, as HubSpot shows it


class KeyValues:
    """The candidate values of all records, and the chosen ones, in a temporary database. Not thread-safe."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("")
        self._base.executescript(_SCHEMA)

    def close(self) -> None:
        """Delete the database."""
        self._base.close()

    def keep(self, record_id: RecordId, value: str) -> None:
        """Store the value that a record has already: it stays, and no other record gets it."""
        spelling = _spelling(value)
        self._base.execute(
            "INSERT OR REPLACE INTO chosen VALUES (?, ?, ?, -1)", (int(record_id), spelling, value)
        )
        self._base.execute("INSERT OR IGNORE INTO taken VALUES (?)", (spelling,))

    def add(self, record_id: RecordId, values: Iterable[str | None], display_name: str | None = None) -> None:
        """Store the candidate values of a record, one for each source, and its display name."""
        rows = [
            (number, int(record_id), _spelling(value), value)
            for number, value in enumerate(values)
            if value is not None
        ]
        self._base.executemany("INSERT OR REPLACE INTO candidates VALUES (?, ?, ?, ?)", rows)
        if rows and display_name is not None:
            self._base.execute("INSERT OR REPLACE INTO names VALUES (?, ?)", (int(record_id), display_name))

    def choose(self, sources: int) -> None:
        """Choose values from this number of sources, in order. Call it once, after adding all values."""
        self._base.execute(_INDEX)
        for number in range(sources):
            self._base.execute(_TAKE, {"source": number})
            self._base.execute(
                "INSERT OR IGNORE INTO taken SELECT spelling FROM chosen WHERE source = ?", (number,)
            )

    def chosen(self) -> Iterator[ChosenValue]:
        """Return the chosen values, sorted by record id."""
        rows = self._base.execute(_CHOSEN)
        while page := rows.fetchmany(_PAGE):
            yield from (ChosenValue(RecordId(str(id_)), *rest) for id_, *rest in page)

    def knows(self, record_id: RecordId) -> bool:
        """Return whether a record has a value already, or a candidate from any source."""
        query = """SELECT EXISTS (SELECT 1 FROM chosen WHERE id = :id)
            OR EXISTS (SELECT 1 FROM candidates WHERE id = :id)"""
        return bool(self._base.execute(query, {"id": int(record_id)}).fetchone()[0])

    def count(self, source: int) -> int:
        """Count the records whose value comes from this source; -1: the records that had a value already."""
        (number,) = self._base.execute("SELECT count(*) FROM chosen WHERE source = ?", (source,)).fetchone()
        return int(number)

    def left(self) -> Iterator[tuple[RecordId, str]]:
        """Return records that got no value, each with one of its candidates.

        Records with equal candidates follow each other.
        """
        rows = self._base.execute(_LEFT)
        while page := rows.fetchmany(_PAGE):
            yield from ((RecordId(str(id_)), value) for id_, value in page)


def _spelling(value: str) -> bytes:
    """Return a digest that is equal for values that may be equal in HubSpot, ignoring case and blanks."""
    text = value.strip().casefold().encode(errors="surrogatepass")
    return hashlib.blake2b(text, digest_size=_DIGEST_BYTES).digest()
