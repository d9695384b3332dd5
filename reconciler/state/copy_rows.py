"""Copying all rows of one portal from one state to another, and comparing them."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from reconciler.state.tables import batches, changes, intents, owned, pairs, prune_rules, runs, states

_TABLES = (states, prune_rules, owned, pairs, runs, batches, changes, intents)
"""Tables in an order in which they can be filled. The lock is not copied."""

OWNERSHIP = (prune_rules, owned, pairs)
"""Tables of owned things and prune rules, without lineage and journal."""

_CHUNK = 1000


def copy_rows(
    source: Connection, target: Connection, portal_id: int, tables: Iterable[Table] = _TABLES
) -> int:
    """Copy every row of a portal in ``tables`` into a state without rows; return the number of rows."""
    count = 0
    for table in tables:
        query = select(table).where(table.c.portal_id == portal_id)
        for chunk in source.execute(query).partitions(_CHUNK):
            target.execute(table.insert(), [row._asdict() for row in chunk])
            count += len(chunk)
    return count


def first_difference(one: Connection, other: Connection, portal_id: int) -> str | None:
    """Compare every row of a portal in two states; return the first table that differs, None if none does."""
    for table in _TABLES:
        pairs_of_rows = zip_longest(_in_order(one, table, portal_id), _in_order(other, table, portal_id))
        if any(left is None or right is None or tuple(left) != tuple(right) for left, right in pairs_of_rows):
            return table.name
    return None


def is_empty(connection: Connection, portal_id: int) -> bool:
    """Return whether the state has no row about a portal."""
    return all(
        connection.execute(select(table.c.portal_id).where(table.c.portal_id == portal_id).limit(1)).first()
        is None
        for table in _TABLES
    )


def _in_order(connection: Connection, table: Table, portal_id: int) -> Iterator[Row[Any]]:
    query = select(table).where(table.c.portal_id == portal_id).order_by(*table.primary_key)
    for chunk in connection.execute(query).partitions(_CHUNK):
        yield from chunk
