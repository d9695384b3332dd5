"""Erasing one record from state and journal, as its person may ask; within somebody else's transaction."""

from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, or_, select, update

from reconciler.errors import StateError
from reconciler.model.objects import RECORD_ID
from reconciler.state.journal import ERASED, IS_OPEN
from reconciler.state.tables import changes, owned

FORGOTTEN = "(forgotten)"
"""Stands where the key of an erased record stood."""


@dataclass(frozen=True, slots=True)
class _Record:
    """All that one record was known by."""

    object: str
    keys: frozenset[str]
    ids: frozenset[str]

    def in_rows(self, table: Table, portal_id: int) -> ColumnElement[bool]:
        """Whether a row of ``table`` is about it."""
        by_key = and_(table.c.key.in_(self.keys), table.c.by != RECORD_ID)
        return and_(
            table.c.portal_id == portal_id,
            table.c.object == self.object,
            or_(by_key, table.c.record_id.in_(self.ids)),
        )


def forget(
    connection: Connection, portal_id: int, object_name: str, *, by_record_id: bool, value: str
) -> int:
    """Erase keys, record ids and values of the record; the journal keeps actions and outcomes.

    It is followed from its key to its record ids, and from those to its other keys.

    Returns:
        In how many entries of state and journal it was named.

    Raises:
        StateError: a call that names it is unfinished.
    """
    just_this, nothing = frozenset({value}), frozenset[str]()
    record = _Record(
        object_name, nothing if by_record_id else just_this, just_this if by_record_id else nothing
    )
    ids = record.ids | _met(connection, portal_id, record, "record_id")
    record = replace(record, ids=ids)
    record = replace(record, keys=record.keys | _met(connection, portal_id, record, "key"))
    journaled, possessed = record.in_rows(changes, portal_id), record.in_rows(owned, portal_id)
    if connection.scalar(select(exists().where(journaled, IS_OPEN))):
        raise StateError(
            "an unfinished call names this record: `reconciler apply` settles it, then forget the record"
        )
    nameless = {"key": FORGOTTEN, "renamed_from": None, "record_id": None}
    erased = connection.execute(update(changes).where(journaled).values(dict(ERASED) | nameless))
    released = connection.execute(delete(owned).where(possessed))
    return erased.rowcount + released.rowcount


def _met(connection: Connection, portal_id: int, record: _Record, column: str) -> frozenset[str]:
    return frozenset(
        found
        for table in (owned, changes)
        for found in connection.scalars(
            select(table.c[column]).where(record.in_rows(table, portal_id), table.c[column].is_not(None))
        )
    )
