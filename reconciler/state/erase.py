"""Erasing one record or definition from state and journal, within a transaction of the caller."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, or_, select, update

from reconciler.errors import StateError
from reconciler.model.addresses import RECORD_ID, SECTION_MARK, DefinitionAddress
from reconciler.state.journal_rows import ERASED, IS_OPEN
from reconciler.state.tables import changes, owned, pairs

FORGOTTEN = "(forgotten)"
"""Replaces the key of an erased record."""


class NamedThing(NamedTuple):
    """A record or definition as an address names it."""

    object: str
    value: str  # of the key property of a record, or its id; the names of a definition
    section: str | None = None  # of a definition, as in state; None for a record
    by_record_id: bool = False

    @property
    def word(self) -> str:
        """The word for it in sentences."""
        return "definition" if self.section else "record"


def named(address: DefinitionAddress) -> NamedThing:
    """Return the definition at ``address``."""
    return NamedThing(address.object, address.value, address.by)


@dataclass(frozen=True, slots=True)
class _Thing:
    """All keys and ids of one record or definition."""

    object: str
    section: str | None
    keys: frozenset[str]
    ids: frozenset[str]

    def in_rows(self, table: Table, portal_id: int, names: "_Names") -> ColumnElement[bool]:
        """Build the condition that a row of ``table`` is about the thing, in the columns of ``names``."""
        by = table.c[names.by]
        is_key = and_(by != RECORD_ID, ~by.startswith(SECTION_MARK))
        is_of_kind = by == self.section if self.section else is_key
        by_key = and_(table.c[names.key].in_(self.keys), is_of_kind)
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


def forget(connection: Connection, portal_id: int, thing: NamedThing) -> int:
    """Erase keys, ids and values of the thing; the journal keeps actions and outcomes.

    Its key leads to its ids, and these to its other keys. Its associations are erased too.

    Returns:
        the number of entries of state and journal that named it.

    Raises:
        StateError: a call that names it is unfinished.
    """
    record = _followed(connection, portal_id, thing)
    journaled = [(names, record.in_rows(changes, portal_id, names)) for names in (_OWN, _OTHER)]
    if any(connection.scalar(select(exists().where(found, IS_OPEN))) for _, found in journaled):
        raise StateError(
            f"an unfinished call names this {thing.word}: `reconciler apply` settles it, then forget the "
            f"{thing.word}"
        )
    count = 0
    for names, found in journaled:
        nameless: dict[str, str | None] = {names.key: _forgotten(thing), names.id: None}
        if names is _OWN:
            nameless |= {"from_by": None, "from_key": None, "replaces": None, "details": None}
        count += connection.execute(update(changes).where(found).values(dict(ERASED) | nameless)).rowcount
    for table, names in _PLACES:
        if table is not changes:
            count += connection.execute(delete(table).where(record.in_rows(table, portal_id, names))).rowcount
    return count


def names_of(connection: Connection, portal_id: int, thing: NamedThing) -> frozenset[str]:
    """Return all keys and ids of the thing, with the key or id that names it."""
    record = _followed(connection, portal_id, thing)
    return record.keys | record.ids


def _forgotten(thing: NamedThing) -> str:
    """Return the text that replaces the key: as many names as a definition of its section has."""
    return "/".join([FORGOTTEN] * (thing.value.count("/") + 1)) if thing.section else FORGOTTEN


def _followed(connection: Connection, portal_id: int, thing: NamedThing) -> _Thing:
    """Collect all keys and ids that the thing ever had."""
    just_this, nothing = frozenset({thing.value}), frozenset[str]()
    record = _Thing(
        thing.object,
        thing.section,
        nothing if thing.by_record_id else just_this,
        just_this if thing.by_record_id else nothing,
    )
    ids = record.ids | _met(connection, portal_id, record, "id")
    record = replace(record, ids=ids)
    return replace(record, keys=record.keys | _met(connection, portal_id, record, "key"))


def _met(connection: Connection, portal_id: int, record: _Thing, column: str) -> frozenset[str]:
    """Return the values of that column of ``_Names`` in all rows that name the thing."""
    return frozenset(
        found
        for table, names in _PLACES
        for found in connection.scalars(
            select(table.c[getattr(names, column)]).where(
                record.in_rows(table, portal_id, names), table.c[getattr(names, column)].is_not(None)
            )
        )
    )
