"""Rows of owned records: finding, storing and removing them.

Definitions are in the same table. Storing and removing works for both; finding returns only records.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, update

from reconciler.model.addresses import (
    RECORD_ID,
    SECTION_MARK,
    DefinitionAddress,
    RecordAddress,
    RecordId,
    ThingAddress,
)
from reconciler.model.desired_records import Prune, PruneRule
from reconciler.model.owned import OwnedDefinition, OwnedRecord, OwnedThing, StateVersion
from reconciler.model.references import RecordIdentity
from reconciler.state.database import insert_into
from reconciler.state.row_codec import OWNED_COLUMNS, owned_columns, owned_record_of, thing_of
from reconciler.state.tables import owned, pairs, prune_rules, states

_PAGE = 1000  # number of rows that are read or written at a time
_RECORDS = select(*(owned.c[name] for name in OWNED_COLUMNS))
_IS_RECORD = ~owned.c.by.startswith(SECTION_MARK)
_IDENTITY = ("portal_id", "object", "by", "key")


@dataclass(frozen=True, slots=True)
class OwnedRows:
    """The rows of one portal's owned records; all methods run in the caller's transaction."""

    connection: Connection
    portal_id: int

    def version(self) -> StateVersion:
        """Return lineage and serial of the state; None and 0 if nothing was ever written."""
        row = self.connection.execute(
            select(states).where(states.c.portal_id == self.portal_id)
        ).one_or_none()
        return StateVersion(row.lineage, row.serial) if row else StateVersion(None, 0)

    def set_version(self, to: StateVersion) -> None:
        """Store lineage and serial of the state; if the lineage is None, remove the row."""
        if to.lineage is None:
            self.connection.execute(delete(states).where(states.c.portal_id == self.portal_id))
            return
        insert = insert_into(self.connection, states)
        new = {"lineage": to.lineage, "serial": to.serial}
        statement = insert.on_conflict_do_update(index_elements=("portal_id",), set_=new)
        self.connection.execute(statement, {"portal_id": self.portal_id} | new)

    def project(self) -> str | None:
        """Return the project of the state: "" if it has no name, None if nothing was applied yet."""
        return self.connection.scalar(select(states.c.project).where(states.c.portal_id == self.portal_id))

    def set_project(self, name: str | None) -> None:
        """Store the project of the state."""
        self.connection.execute(
            update(states).where(states.c.portal_id == self.portal_id).values(project=name or "")
        )

    def of_keys(self, object_name: str, by: str, keys: Sequence[str]) -> Iterator[OwnedRecord]:
        """Return the owned records with ``keys``, in any order."""
        query = _RECORDS.where(self._in_group(object_name, by), *_among(keys))
        return map(owned_record_of, self.connection.execute(query).all())

    def of_ids(self, object_name: str, ids: Sequence[RecordId]) -> Iterator[OwnedRecord]:
        """Return the owned records with these record ids, whatever their keys are, in any order."""
        return map(
            owned_record_of, self.connection.execute(_RECORDS.where(self._among_ids(object_name, ids))).all()
        )

    def moved_since(self, serial: int, object_name: str, by: str, keys: Sequence[str]) -> frozenset[str]:
        """Return those of ``keys`` whose row was written after serial ``serial`` of the state."""
        query = select(owned.c.key).where(
            self._in_group(object_name, by), *_among(keys), owned.c.serial > serial
        )
        return frozenset(self.connection.scalars(query))

    def ids_moved_since(self, serial: int, object_name: str, ids: Sequence[RecordId]) -> frozenset[RecordId]:
        """Return those of ``ids`` whose row was written after serial ``serial`` of the state."""
        query = select(owned.c.record_id).where(self._among_ids(object_name, ids), owned.c.serial > serial)
        return frozenset(map(RecordId, self.connection.scalars(query)))

    def in_order(
        self, object_name: str, by: str, after_key: str | None, limit: int
    ) -> tuple[OwnedRecord, ...]:
        """Return the first ``limit`` records, sorted by key (by code point).

        If ``after_key`` is not None, only records with a greater key are returned.
        """
        query = _RECORDS.where(self._in_group(object_name, by)).order_by(owned.c.key).limit(limit)
        if after_key is not None:
            query = query.where(owned.c.key > after_key)
        return tuple(map(owned_record_of, self.connection.execute(query)))

    def groups(self) -> tuple[tuple[str, str, int], ...]:
        """Return tuples of object type, key property, and number of owned records that have both; sorted."""
        query = (
            select(owned.c.object, owned.c.by, func.count())
            .where(self._ours(), _IS_RECORD)
            .group_by(owned.c.object, owned.c.by)
            .order_by(owned.c.object, owned.c.by)
        )
        return tuple((row[0], row[1], row[2]) for row in self.connection.execute(query))

    def at_address(self, object_name: str, *, by_record_id: bool, value: str) -> tuple[OwnedRecord, ...]:
        """Return the records that an address can mean (``companies/acme``, ``companies/=9001``), sorted."""
        by_key = and_(owned.c.key == value, owned.c.by != RECORD_ID)
        query = _RECORDS.where(
            self._ours(),
            _IS_RECORD,
            owned.c.object == object_name,
            owned.c.record_id == value if by_record_id else by_key,
        ).order_by(owned.c.by, owned.c.key)
        return tuple(map(owned_record_of, self.connection.execute(query)))

    def all(self) -> Iterator[OwnedRecord | OwnedDefinition]:
        """Yield everything owned, sorted by address, page by page; definitions of a type come first."""
        query = (
            _RECORDS.where(self._ours())
            .order_by(owned.c.object, owned.c.by, owned.c.key)
            .execution_options(yield_per=_PAGE)
        )
        return map(thing_of, self.connection.execute(query))

    def put(self, records: Iterable[OwnedThing], serial: int) -> list[OwnedThing]:
        """Store records or definitions; replace their rows, and the rows of other things with the same keys.

        If ``records`` contains a record twice, because HubSpot accepted two keys for it, the last entry is
        stored. Return the records that had another key before.
        """
        moved: list[OwnedThing] = []
        statement = _upsert(self.connection)
        remaining = iter(records)
        while page := list(islice(remaining, _PAGE)):
            latest: dict[RecordIdentity, OwnedThing] = {}
            for record in page:
                before = latest.pop(RecordIdentity(record.key.object, record.record_id), record)
                if before.key != record.key:
                    moved.append(record)
                latest[RecordIdentity(record.key.object, record.record_id)] = record
            moved += self._leave_former_keys(list(latest.values()))
            self.connection.execute(
                statement, [owned_columns(self.portal_id, serial, record) for record in latest.values()]
            )
        return moved

    def _leave_former_keys(self, records: Sequence[OwnedThing]) -> Iterator[OwnedThing]:
        """Remove rows of ``records`` under former keys, because each record has one row.

        Yield the records that had such rows.
        """
        by_object: dict[str, dict[RecordId, OwnedThing]] = {}
        for record in records:
            by_object.setdefault(record.key.object, {})[record.record_id] = record
        for object_name, by_id in by_object.items():
            for known in self._things_of_ids(object_name, list(by_id)):
                record = by_id[known.record_id]
                if known.key != record.key:
                    self.remove([known.key])
                    yield record

    def set_aside(self, things: Iterable[RecordIdentity]) -> None:
        """Give records and definitions temporary addresses, made of their ids.

        Other records and definitions will get their present addresses.
        """
        for object_name, thing_id in things:
            for known in self._things_of_ids(object_name, [thing_id]):
                aside = _aside(known)
                self.connection.execute(
                    update(owned)
                    .where(self._ours(), owned.c.object == object_name, owned.c.record_id == thing_id)
                    .values(by=aside.by, key=aside.value)
                )

    def set_aside_still(self, things: Mapping[RecordIdentity, ThingAddress]) -> Sequence[OwnedThing]:
        """Return those ``things`` that still have the temporary address from ``set_aside``.

        Each gets its new address from ``things``; things whose new address is already in use are left out.
        """
        return [
            called(known, key)
            for (object_name, thing_id), key in things.items()
            if not self._is_taken(key)
            for known in self._things_of_ids(object_name, [thing_id])
            if known.key == _aside(known)
        ]

    def _is_taken(self, key: ThingAddress) -> bool:
        query = select(owned.c.key).where(self._in_group(key.object, key.by), owned.c.key == key.value)
        return self.connection.execute(query).first() is not None

    def _things_of_ids(
        self, object_name: str, ids: Sequence[RecordId]
    ) -> Sequence[OwnedRecord | OwnedDefinition]:
        rows = self.connection.execute(_RECORDS.where(self._among_ids(object_name, ids))).all()
        return tuple(map(thing_of, rows))

    def remove_records(self, records: Iterable[RecordIdentity]) -> None:
        """Remove records or definitions by id, whatever their keys are; ignore those that are not owned."""
        for object_name, record_id in records:
            self.connection.execute(
                delete(owned).where(
                    self._ours(), owned.c.object == object_name, owned.c.record_id == record_id
                )
            )

    def remove(self, keys: Iterable[ThingAddress]) -> None:
        """Remove the records and definitions with ``keys``; ignore those that are not owned."""
        for key in keys:
            self.connection.execute(
                delete(owned).where(self._in_group(key.object, key.by), owned.c.key == key.value)
            )

    def remove_all(self) -> None:
        """Remove everything owned in the portal: records, definitions, associations, and the prune rules."""
        self.connection.execute(delete(owned).where(self._ours()))
        self.connection.execute(delete(pairs).where(pairs.c.portal_id == self.portal_id))
        self.connection.execute(delete(prune_rules).where(prune_rules.c.portal_id == self.portal_id))

    def prune_rules(self) -> tuple[PruneRule, ...]:
        """Return the prune rules, sorted by object type and key property."""
        query = (
            select(prune_rules)
            .where(prune_rules.c.portal_id == self.portal_id)
            .order_by(prune_rules.c.object, prune_rules.c.by)
        )
        return tuple(
            PruneRule(row.object, row.by, Prune(row.prune)) for row in self.connection.execute(query)
        )

    def put_prune_rules(self, rules: Iterable[PruneRule]) -> None:
        """Store ``rules``; each replaces the earlier rule of its group."""
        insert = insert_into(self.connection, prune_rules)
        statement = insert.on_conflict_do_update(
            index_elements=("portal_id", "object", "by"), set_={"prune": insert.excluded.prune}
        )
        for rule in rules:
            row = {"portal_id": self.portal_id, "object": rule.object, "by": rule.by}
            self.connection.execute(statement, row | {"prune": str(rule.prune)})

    def _ours(self) -> ColumnElement[bool]:
        return owned.c.portal_id == self.portal_id

    def _among_ids(self, object_name: str, ids: Sequence[RecordId]) -> ColumnElement[bool]:
        return and_(self._ours(), owned.c.object == object_name, owned.c.record_id.in_(ids))

    def _in_group(self, object_name: str, by: str) -> ColumnElement[bool]:
        return and_(self._ours(), owned.c.object == object_name, owned.c.by == by)


def called(known: OwnedRecord | OwnedDefinition, key: ThingAddress) -> OwnedRecord | OwnedDefinition:
    """Return a copy of ``known`` with the address ``key``; both must be of the same kind."""
    if isinstance(known, OwnedRecord) and isinstance(key, RecordAddress):
        return replace(known, key=key)
    if isinstance(known, OwnedDefinition) and isinstance(key, DefinitionAddress):
        return replace(known, key=key)
    raise TypeError(f"{known.key} cannot get the address {key}, which belongs to another kind of thing")


def _aside(known: OwnedThing) -> ThingAddress:
    """Return an address, made of the thing's id, that no other thing can have."""
    key = known.key
    if not isinstance(key, DefinitionAddress):
        return replace(key, by=RECORD_ID, value=known.record_id)
    return replace(key, value="/" * key.value.count("/") + "=" + known.record_id.replace("/", "="))


def _among(keys: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    """Return the condition that the key is in ``keys``, and between the first and the last of them.

    With the list of keys alone, PostgreSQL would read all rows of the object type and key property as long as
    it has no statistics about a new table.
    """
    return (
        owned.c.key.in_(keys),
        owned.c.key >= min(keys, default=""),
        owned.c.key <= max(keys, default=""),
    )


def _upsert(connection: Connection) -> Any:
    insert = insert_into(connection, owned)
    others = [column.name for column in owned.c if column.name not in _IDENTITY]
    return insert.on_conflict_do_update(
        index_elements=_IDENTITY, set_={name: insert.excluded[name] for name in others}
    )
