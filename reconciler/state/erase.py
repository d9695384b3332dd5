"""Erasing one record or definition from state and journal, inside a transaction of the caller."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, or_, select, update

from reconciler.errors import StateError
from reconciler.model.addresses import RECORD_ID, SECTION_MARK, DefinitionAddress
from reconciler.state.journal_rows import ERASED, IS_OPEN
from reconciler.state.tables import changes, owned, pairs

FORGOTTEN = "(forgotten)"
"""Text that replaces the key of an erased record."""


class NamedThing(NamedTuple):
    """A record or definition, as an address names it."""

    object: str
    value: str  # value of the key property or record id; of a definition, its names
    section: str | None = None  # section of a definition, as stored in the column ``by``; None for a record
    by_record_id: bool = False

    @property
    def word(self) -> str:
        """The word for the thing in sentences: record or definition."""
        return "definition" if self.section else "record"


def named(address: DefinitionAddress) -> NamedThing:
    """Return the thing to erase for the address of a definition."""
    return NamedThing(address.object, address.value, address.by)


@dataclass(frozen=True, slots=True)
class _Thing:
    """All keys and ids that one record or definition has or had."""

    object: str
    section: str | None
    keys: frozenset[str]
    ids: frozenset[str]

    def in_rows(self, table: Table, portal_id: int, names: "_Names") -> ColumnElement[bool]:
        """Return the condition that a row of ``table`` is about this thing, using the columns ``names``."""
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
    """Names of the columns that together name a record in a row."""

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
"""All tables and columns in which records are named."""


def forget(connection: Connection, portal_id: int, thing: NamedThing) -> int:
    """Erase keys, ids and values of a record or definition; the journal keeps actions and outcomes.

    Its other keys and its ids are found in the journal, and are erased as well. So are its associations.

    Returns:
        the number of entries in state and journal that named the record or definition.

    Raises:
        StateError: a call that names it is unfinished.
    """
    record = _followed(connection, portal_id, thing)
    journaled = [(names, record.in_rows(changes, portal_id, names)) for names in (_OWN, _OTHER)]
    if any(connection.scalar(select(exists().where(found, IS_OPEN))) for _, found in journaled):
        raise StateError(
            f"an unfinished call names this {thing.word}: run `reconciler apply`, which finds "
            "out its result, then forget the "
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
    """Return the key or id in ``thing``, and all other keys and ids of the thing in state and journal."""
    record = _followed(connection, portal_id, thing)
    return record.keys | record.ids


def _forgotten(thing: NamedThing) -> str:
    """Return the text that replaces the key; for a definition, it has as many parts as the key."""
    return "/".join([FORGOTTEN] * (thing.value.count("/") + 1)) if thing.section else FORGOTTEN


def _followed(connection: Connection, portal_id: int, thing: NamedThing) -> _Thing:
    """Find all keys and ids that the thing ever had, in state and journal."""
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
    """Return the ids or keys (``column``: a field of ``_Names``) in all rows that name the thing."""
    return frozenset(
        found
        for table, names in _PLACES
        for found in connection.scalars(
            select(table.c[getattr(names, column)]).where(
                record.in_rows(table, portal_id, names), table.c[getattr(names, column)].is_not(None)
            )
        )
    )
