"""Erasing one record from state and journal, within a transaction of the caller."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, or_, select, update

from reconciler.errors import StateError
from reconciler.model.addresses import RECORD_ID
from reconciler.state.journal_rows import ERASED, IS_OPEN
from reconciler.state.tables import changes, owned, pairs

FORGOTTEN = "(forgotten)"
"""Replaces the key of an erased record."""


@dataclass(frozen=True, slots=True)
class _Record:
    """All keys and ids of one record."""

    object: str
    keys: frozenset[str]
    ids: frozenset[str]

    def in_rows(self, table: Table, portal_id: int, names: "_Names") -> ColumnElement[bool]:
        """Build the condition that a row of ``table`` is about the record, in the columns of ``names``."""
        by_key = and_(table.c[names.key].in_(self.keys), table.c[names.by] != RECORD_ID)
        return and_(
            table.c.portal_id == portal_id,
            table.c[names.object] == self.object,
            or_(by_key, table.c[names.id].in_(self.ids)),
        )


class _Names(NamedTuple):
    """Columns that name a record."""

    object: str
    by: str
    key: str
    id: str


_OWN = _Names("object", "by", "key", "record_id")
_OTHER = _Names("to_object", "to_by", "to_key", "to_id")
_FORMERLY = _Names("object", "from_by", "from_key", "record_id")
_PLACES = (
    (owned, _OWN),
    (changes, _OWN),
    (changes, _FORMERLY),
    (changes, _OTHER),
    (pairs, _OWN),
    (pairs, _OTHER),
)
"""All tables and columns that name a record."""


def forget(
    connection: Connection, portal_id: int, object_name: str, *, by_record_id: bool, value: str
) -> int:
    """Erase keys, record ids and values of the record; the journal keeps actions and outcomes.

    Its key leads to its record ids, and these to its other keys. Its associations are erased too.

    Returns:
        the number of entries of state and journal that named it.

    Raises:
        StateError: a call that names it is unfinished.
    """
    record = _followed(connection, portal_id, object_name, by_record_id=by_record_id, value=value)
    journaled = [(names, record.in_rows(changes, portal_id, names)) for names in (_OWN, _OTHER)]
    if any(connection.scalar(select(exists().where(found, IS_OPEN))) for _, found in journaled):
        raise StateError(
            "an unfinished call names this record: `reconciler apply` settles it, then forget the record"
        )
    count = 0
    for names, found in journaled:
        nameless: dict[str, str | None] = {names.key: FORGOTTEN, names.id: None}
        if names is _OWN:
            nameless |= {"from_by": None, "from_key": None, "replaces": None}
        count += connection.execute(update(changes).where(found).values(dict(ERASED) | nameless)).rowcount
    for table, names in _PLACES:
        if table is not changes:
            count += connection.execute(delete(table).where(record.in_rows(table, portal_id, names))).rowcount
    return count


def names_of(
    connection: Connection, portal_id: int, object_name: str, *, by_record_id: bool, value: str
) -> frozenset[str]:
    """Return all keys and record ids of the record, with ``value`` itself."""
    record = _followed(connection, portal_id, object_name, by_record_id=by_record_id, value=value)
    return record.keys | record.ids


def _followed(
    connection: Connection, portal_id: int, object_name: str, *, by_record_id: bool, value: str
) -> _Record:
    """Collect all keys and ids that the record ever had."""
    just_this, nothing = frozenset({value}), frozenset[str]()
    record = _Record(
        object_name, nothing if by_record_id else just_this, just_this if by_record_id else nothing
    )
    ids = record.ids | _met(connection, portal_id, record, "id")
    record = replace(record, ids=ids)
    return replace(record, keys=record.keys | _met(connection, portal_id, record, "key"))


def _met(connection: Connection, portal_id: int, record: _Record, column: str) -> frozenset[str]:
    """Return the values of that column of ``_Names`` in all rows that name the record."""
    return frozenset(
        found
        for table, names in _PLACES
        for found in connection.scalars(
            select(table.c[getattr(names, column)]).where(
                record.in_rows(table, portal_id, names), table.c[getattr(names, column)].is_not(None)
            )
        )
    )
