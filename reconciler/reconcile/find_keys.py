"""Finding the properties that can recognise the records of a type, and counting their values."""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing

from reconciler.errors import ManifestError, RequestRejected, UsageError
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.list import list_records
from reconciler.model.canonical import canonical
from reconciler.model.definitions import Kind, ObjectSchema, PortalSchema
from reconciler.model.keys import KeyCandidate, KeysFound, why_no_key
from reconciler.model.live import LiveRecord
from reconciler.model.object_types import object_name
from reconciler.model.progress import Progress
from reconciler.suggestions import did_you_mean

_DIGEST_BYTES = 16


def find_keys(
    reader: PortalReader, portal_id: int, object_type: str, properties: Sequence[str], progress: Progress
) -> KeysFound:
    """Count the values of unique properties, and of ``properties``, in all live records of a type.

    Raises:
        UsageError: the portal has no such type or property, or the token belongs to another portal.
        HubSpotError: the portal cannot be read.
    """
    schema = read_schema(reader, portal_id, object_type)[1]
    check_properties(schema, properties)
    names = sorted({*schema.advisable_keys(), *properties})
    total, highest = expected_records(reader, schema)
    counts = _Counts(schema, names)
    with closing(counts):
        for page in list_records(reader, schema, names, highest=highest):
            counts.add(page.records)
            progress(counts.records, max(total or 0, counts.records))
        candidates = [counts.candidate(name) for name in names]
        candidates.sort(key=lambda each: (not each.is_usable, each.name))
        return KeysFound(schema.name, counts.records, tuple(candidates), _others(schema, names))


def read_schema(reader: PortalReader, portal_id: int, object_type: str) -> tuple[PortalSchema, ObjectSchema]:
    """Read the portal's definitions of one object type, which may be given by any of its names.

    Raises:
        UsageError: the portal has no such type, or the token belongs to another portal.
        HubSpotError: the portal cannot be read.
    """
    try:
        portal = read_portal(reader, [object_type], portal_id)
    except ManifestError as error:
        raise UsageError(str(error)) from None
    return portal, portal.objects[object_name(object_type)]


def check_properties(schema: ObjectSchema, names: Iterable[str]) -> None:
    """Refuse names that are not properties of the type.

    Raises:
        UsageError: a name is no property; the message suggests a similar one.
    """
    for name in names:
        if name not in schema.properties:
            advice = did_you_mean(name, schema.properties)
            raise UsageError(
                f'{schema.name} has no property "{name}"' + (f"\n    {advice}" if advice else "")
            )


def expected_records(reader: PortalReader, schema: ObjectSchema) -> tuple[int | None, int | None]:
    """Return the approximate number of records and highest id of a type; None if they are unknown."""
    try:
        found = reader.searches.count_records(schema.path)
    except RequestRejected:
        return None, None
    highest = found.results[0].id if found.results else ""
    return found.total, int(highest) if highest.isdecimal() else None


class _Counts:
    """Counts values by digests in a temporary database, which SQLite keeps on disk if there are many."""

    def __init__(self, schema: ObjectSchema, names: Sequence[str]) -> None:
        self._schema = schema
        self._names = names
        self._seen: set[str] = set()
        self._base = sqlite3.connect("")
        self._base.execute(
            "CREATE TABLE found (name INTEGER, digest BLOB, id INTEGER, PRIMARY KEY (name, id))"
        )

    def close(self) -> None:
        """Delete the database."""
        self._base.close()

    @property
    def records(self) -> int:
        """The number of records counted so far."""
        return self._count("SELECT count(*) FROM found WHERE name = -1")

    def add(self, records: Iterable[LiveRecord]) -> None:
        """Count the values of some records; a record that occurs twice counts once."""
        rows = []
        for record in records:
            rows.append((-1, b"", int(record.id)))
            for number, name in enumerate(self._names):
                text = canonical(self._schema.properties[name].kind, record.properties[name])
                if text is not None:
                    digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=_DIGEST_BYTES)
                    rows.append((number, digest.digest(), int(record.id)))
        self._base.executemany("INSERT OR REPLACE INTO found VALUES (?, ?, ?)", rows)

    def candidate(self, name: str) -> KeyCandidate:
        """Return the counts of one property."""
        number, definition = self._names.index(name), self._schema.properties[name]
        filled = self._count("SELECT count(*) FROM found WHERE name = ?", number)
        alone = self._count(
            "SELECT count(*) FROM (SELECT 1 FROM found WHERE name = ? GROUP BY digest HAVING count(*) = 1)",
            number,
        )
        why_not = why_no_key(self._schema, definition)
        empty, repeated = self.records - filled, filled - alone
        return KeyCandidate(name, definition.label, why_not is None, why_not, filled, empty, repeated)

    def _count(self, statement: str, *values: object) -> int:
        (count,) = self._base.execute(statement, values).fetchone()
        return int(count)


def _others(schema: ObjectSchema, counted: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        sorted(
            name
            for name, known in schema.properties.items()
            if known.kind in {Kind.TEXT, Kind.DOMAIN, Kind.EMAIL, Kind.NUMBER}
            and name not in counted
            and not (known.is_hidden or known.is_read_only or known.is_calculated)
        )
    )
