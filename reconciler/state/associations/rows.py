"""Rows of owned associations: finding, storing and removing them."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select, update

from reconciler.model.addresses import RecordAddress, RecordId, ThingAddress
from reconciler.model.associations import AssociationIdentity, OwnedAssociation
from reconciler.model.object_references import Direction
from reconciler.model.owned import OwnedThing
from reconciler.model.references import RecordIdentity
from reconciler.state.database import insert_into
from reconciler.state.row_codec import pair_columns, pair_of
from reconciler.state.tables import pairs

_IDENTITY = tuple(column.name for column in pairs.primary_key)


@dataclass(frozen=True, slots=True)
class PairRows:
    """The rows of one portal's owned associations; all methods run in the caller's transaction."""

    connection: Connection
    portal_id: int

    def types(self) -> frozenset[Direction]:
        """Return the pairs of object types with owned associations."""
        query = select(pairs.c.object, pairs.c.to_object).where(self._ours()).distinct()
        return frozenset(Direction(*row) for row in self.connection.execute(query))

    def between(self, object_name: str, other: str) -> tuple[OwnedAssociation, ...]:
        """Return the owned associations between two object types, in either direction, in any order."""
        there = and_(pairs.c.object == object_name, pairs.c.to_object == other)
        back = and_(pairs.c.object == other, pairs.c.to_object == object_name)
        return self._select(or_(there, back))

    def of_record(self, object_name: str, record_id: RecordId) -> tuple[OwnedAssociation, ...]:
        """Return the owned associations that manifests declare on one record, sorted by the other record."""
        mine = and_(pairs.c.object == object_name, pairs.c.record_id == record_id)
        return tuple(sorted(self._select(mine), key=_order))

    def all(self) -> tuple[OwnedAssociation, ...]:
        """Return all owned associations, sorted by their two records."""
        return tuple(sorted(self._select(), key=_order))

    def written_since(self, serial: int) -> tuple[OwnedAssociation, ...]:
        """Return the owned associations whose row was written after serial ``serial`` of the state."""
        return self._select(pairs.c.serial > serial)

    def put(self, owned: Iterable[OwnedAssociation], serial: int) -> None:
        """Store owned associations in place of their earlier rows.

        An association with a label also replaces the one without label between the same records.
        """
        insert = insert_into(self.connection, pairs)
        others = [column.name for column in pairs.c if not column.primary_key]
        statement = insert.on_conflict_do_update(
            index_elements=_IDENTITY, set_={name: insert.excluded[name] for name in others}
        )
        for pair in owned:
            if pair.label:
                self.connection.execute(delete(pairs).where(self._plain_between(pair)))
            self.connection.execute(statement, pair_columns(self.portal_id, serial, pair))

    def remove(self, identities: Iterable[AssociationIdentity]) -> None:
        """Remove owned associations; ignore those that are not owned."""
        for identity in identities:
            same = (pairs.c[name] == value for name, value in identity._asdict().items())
            self.connection.execute(delete(pairs).where(self._ours(), *same))

    def remove_of(self, ends: Iterable[RecordIdentity]) -> None:
        """Remove all owned associations of the records ``ends``, in either direction."""
        for object_name, record_id in ends:
            self.connection.execute(delete(pairs).where(self._touching(object_name, record_id)))

    def call(self, records: Iterable[OwnedThing]) -> None:
        """Update the keys of ``records`` in the rows of their associations, as source and as target."""
        for record in records:
            key = record.key
            here = and_(pairs.c.object == key.object, pairs.c.record_id == record.record_id)
            there = and_(pairs.c.to_object == key.object, pairs.c.to_id == record.record_id)
            own, other = {"by": key.by, "key": key.value}, {"to_by": key.by, "to_key": key.value}
            self.connection.execute(update(pairs).where(self._ours(), here).values(own))
            self.connection.execute(update(pairs).where(self._ours(), there).values(other))

    def remove_named_by(self, keys: Iterable[ThingAddress]) -> None:
        """Remove all owned associations that manifests declare on a record with one of these keys."""
        for key in keys:
            named = (pairs.c.object == key.object, pairs.c.by == key.by, pairs.c.key == key.value)
            self.connection.execute(delete(pairs).where(self._ours(), *named))

    def _select(self, *conditions: ColumnElement[bool]) -> tuple[OwnedAssociation, ...]:
        query = select(pairs).where(self._ours(), *conditions)
        return tuple(map(pair_of, self.connection.execute(query)))

    def _ours(self) -> ColumnElement[bool]:
        return pairs.c.portal_id == self.portal_id

    def _touching(self, object_name: str, record_id: RecordId) -> ColumnElement[bool]:
        here = and_(pairs.c.object == object_name, pairs.c.record_id == record_id)
        there = and_(pairs.c.to_object == object_name, pairs.c.to_id == record_id)
        return and_(self._ours(), or_(here, there))

    def _plain_between(self, pair: OwnedAssociation) -> ColumnElement[bool]:
        one, other = pair.records
        return and_(self._ours(), pairs.c.category == "", or_(_from_to(one, other), _from_to(other, one)))


def _from_to(one: RecordIdentity, other: RecordIdentity) -> ColumnElement[bool]:
    return and_(
        pairs.c.object == one[0],
        pairs.c.record_id == one[1],
        pairs.c.to_object == other[0],
        pairs.c.to_id == other[1],
    )


def _order(pair: OwnedAssociation) -> tuple[RecordAddress, str, RecordAddress, str, tuple[str, int]]:
    return pair.source.address, pair.source.id, pair.target.address, pair.target.id, pair.identity[-2:]
