"""The records we own: how they are found, put and removed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, update

from reconciler.model.addresses import RECORD_ID, RecordId, RecordKey
from reconciler.model.desired import Prune, PruneRule, Record
from reconciler.model.owned import OwnedRecord, StateVersion
from reconciler.state.database import insert_into
from reconciler.state.row_codec import OWNED_COLUMNS, owned_columns, owned_of
from reconciler.state.tables import owned, pairs, prune_rules, states

_PAGE = 1000  # rows fetched or written at a time
_RECORDS = select(*(owned.c[name] for name in OWNED_COLUMNS))
_IDENTITY = ("portal_id", "object", "by", "key")


@dataclass(frozen=True, slots=True)
class OwnedRows:
    """One portal's owned records, within a transaction."""

    connection: Connection
    portal_id: int

    def version(self) -> StateVersion:
        """Lineage and serial; no lineage and serial 0 where nothing was ever written."""
        row = self.connection.execute(
            select(states).where(states.c.portal_id == self.portal_id)
        ).one_or_none()
        return StateVersion(row.lineage, row.serial) if row else StateVersion(None, 0)

    def set_version(self, to: StateVersion) -> None:
        """Put lineage and serial in place of what was there; without a lineage nothing is left."""
        if to.lineage is None:
            self.connection.execute(delete(states).where(states.c.portal_id == self.portal_id))
            return
        insert = insert_into(self.connection, states)
        new = {"lineage": to.lineage, "serial": to.serial}
        statement = insert.on_conflict_do_update(index_elements=("portal_id",), set_=new)
        self.connection.execute(statement, {"portal_id": self.portal_id} | new)

    def project(self) -> str | None:
        """Whose state it is; empty where that project has no name, None where nothing was applied yet."""
        return self.connection.scalar(select(states.c.project).where(states.c.portal_id == self.portal_id))

    def set_project(self, name: str | None) -> None:
        """Say whose state it is."""
        self.connection.execute(
            update(states).where(states.c.portal_id == self.portal_id).values(project=name or "")
        )

    def of_keys(self, object_name: str, by: str, keys: Sequence[str]) -> Iterator[OwnedRecord]:
        """Those of ``keys`` that are owned, in no order."""
        query = _RECORDS.where(self._in_group(object_name, by), *_among(keys))
        return map(owned_of, self.connection.execute(query).all())

    def of_ids(self, object_name: str, ids: Sequence[RecordId]) -> Iterator[OwnedRecord]:
        """Those of the records ``ids`` that are owned, under whatever keys, in no order."""
        return map(owned_of, self.connection.execute(_RECORDS.where(self._among_ids(object_name, ids))).all())

    def moved_since(self, serial: int, object_name: str, by: str, keys: Sequence[str]) -> frozenset[str]:
        """Those of ``keys`` whose entry was written after ``serial``."""
        query = select(owned.c.key).where(
            self._in_group(object_name, by), *_among(keys), owned.c.serial > serial
        )
        return frozenset(self.connection.scalars(query))

    def ids_moved_since(self, serial: int, object_name: str, ids: Sequence[RecordId]) -> frozenset[RecordId]:
        """Those of the records ``ids`` whose entry was written after ``serial``, under whatever key."""
        query = select(owned.c.record_id).where(self._among_ids(object_name, ids), owned.c.serial > serial)
        return frozenset(map(RecordId, self.connection.scalars(query)))

    def in_order(
        self, object_name: str, by: str, after_key: str | None, limit: int
    ) -> tuple[OwnedRecord, ...]:
        """The first ``limit`` records with keys above ``after_key``, by code point."""
        query = _RECORDS.where(self._in_group(object_name, by)).order_by(owned.c.key).limit(limit)
        if after_key is not None:
            query = query.where(owned.c.key > after_key)
        return tuple(map(owned_of, self.connection.execute(query)))

    def groups(self) -> tuple[tuple[str, str, int], ...]:
        """Object, key property and count of each group, sorted."""
        query = (
            select(owned.c.object, owned.c.by, func.count())
            .where(self._ours())
            .group_by(owned.c.object, owned.c.by)
            .order_by(owned.c.object, owned.c.by)
        )
        return tuple((row[0], row[1], row[2]) for row in self.connection.execute(query))

    def at_address(self, object_name: str, *, by_record_id: bool, value: str) -> tuple[OwnedRecord, ...]:
        """What ``companies/acme`` or ``companies/=9001`` may mean; sorted by key property, then key."""
        by_key = and_(owned.c.key == value, owned.c.by != RECORD_ID)
        query = _RECORDS.where(
            self._ours(),
            owned.c.object == object_name,
            owned.c.record_id == value if by_record_id else by_key,
        ).order_by(owned.c.by, owned.c.key)
        return tuple(map(owned_of, self.connection.execute(query)))

    def all(self) -> Iterator[OwnedRecord]:
        """Everything owned, by object, key property and key; fetched some at a time."""
        query = (
            _RECORDS.where(self._ours())
            .order_by(owned.c.object, owned.c.by, owned.c.key)
            .execution_options(yield_per=_PAGE)
        )
        return map(owned_of, self.connection.execute(query))

    def put(self, records: Iterable[OwnedRecord], serial: int) -> list[OwnedRecord]:
        """Own ``records``, in place of what was known of them, or of others under their keys.

        Where HubSpot took two keys for one record, it is known by the later of them. Returns those that were
        known under another key until now.
        """
        moved: list[OwnedRecord] = []
        statement = _upsert(self.connection)
        remaining = iter(records)
        while page := list(islice(remaining, _PAGE)):
            latest: dict[Record, OwnedRecord] = {}
            for record in page:
                before = latest.pop((record.key.object, record.record_id), record)
                if before.key != record.key:
                    moved.append(record)
                latest[record.key.object, record.record_id] = record
            moved += self._leave_former_keys(list(latest.values()))
            self.connection.execute(
                statement, [owned_columns(self.portal_id, serial, record) for record in latest.values()]
            )
        return moved

    def _leave_former_keys(self, records: Sequence[OwnedRecord]) -> Iterator[OwnedRecord]:
        """A record has one row: free the keys under which some of ``records`` were known until now."""
        by_object: dict[str, dict[RecordId, OwnedRecord]] = {}
        for record in records:
            by_object.setdefault(record.key.object, {})[record.record_id] = record
        for object_name, by_id in by_object.items():
            for known in self.of_ids(object_name, list(by_id)):
                record = by_id[known.record_id]
                if known.key != record.key:
                    self.remove([known.key])
                    yield record

    def set_aside(self, records: Iterable[Record]) -> None:
        """Know ``records`` by their record ids for now: others are about to take over their keys."""
        for object_name, record_id in records:
            self.connection.execute(
                update(owned)
                .where(self._ours(), owned.c.object == object_name, owned.c.record_id == record_id)
                .values(by=RECORD_ID, key=record_id)
            )

    def set_aside_still(self, records: Mapping[Record, RecordKey]) -> Sequence[OwnedRecord]:
        """Those of ``records`` that got no key since they were set aside, by these keys if they are free."""
        return [
            replace(known, key=key)
            for (object_name, record_id), key in records.items()
            if not any(self.of_keys(object_name, key.by, [key.value]))
            for known in self.of_ids(object_name, [record_id])
            if known.key.by == RECORD_ID
        ]

    def remove_records(self, records: Iterable[Record]) -> None:
        """Own ``records`` no longer, under whatever keys; those that are not owned do no harm."""
        for object_name, record_id in records:
            self.connection.execute(
                delete(owned).where(
                    self._ours(), owned.c.object == object_name, owned.c.record_id == record_id
                )
            )

    def remove(self, keys: Iterable[RecordKey]) -> None:
        """Own ``keys`` no longer; those that are not owned do no harm."""
        for key in keys:
            self.connection.execute(
                delete(owned).where(self._in_group(key.object, key.by), owned.c.key == key.value)
            )

    def remove_all(self) -> None:
        """Own nothing, and prune nothing."""
        self.connection.execute(delete(owned).where(self._ours()))
        self.connection.execute(delete(pairs).where(pairs.c.portal_id == self.portal_id))
        self.connection.execute(delete(prune_rules).where(prune_rules.c.portal_id == self.portal_id))

    def prune_rules(self) -> tuple[PruneRule, ...]:
        """What is remembered of pruning, sorted by object and key property."""
        query = (
            select(prune_rules)
            .where(prune_rules.c.portal_id == self.portal_id)
            .order_by(prune_rules.c.object, prune_rules.c.by)
        )
        return tuple(
            PruneRule(row.object, row.by, Prune(row.prune)) for row in self.connection.execute(query)
        )

    def put_prune_rules(self, rules: Iterable[PruneRule]) -> None:
        """Remember ``rules``, in place of what was known of their groups."""
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


def _among(keys: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    """One of ``keys``, and between the first and the last of them.

    A PostgreSQL that has not yet counted a new table would read the whole group for a list alone.
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
