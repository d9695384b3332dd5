"""The tables and their version. One database holds the state of any number of portals."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    event,
    inspect,
    select,
    text,
)
from sqlalchemy.types import TypeDecorator

SCHEMA_VERSION = 5

_CREATED = """CREATE INDEX changes_created ON changes (portal_id, "object", record_id)
    WHERE kind = 'record' AND action = 'create'"""

_OF_THE_SAME_RECORD = """SELECT 1 FROM owned AS other WHERE other.portal_id = owned.portal_id
    AND other."object" = owned."object" AND other.record_id = owned.record_id"""

_ONE_ROW_FOR_EACH_RECORD = (
    # otherwise each row would read all others
    'CREATE INDEX owned_doubles ON owned (portal_id, "object", record_id)',
    f"UPDATE owned SET origin = 'created' WHERE EXISTS ({_OF_THE_SAME_RECORD} AND other.origin = 'created')",
    f"UPDATE owned SET protected = 1 WHERE EXISTS ({_OF_THE_SAME_RECORD} AND other.protected = 1)",
    f"""DELETE FROM owned WHERE EXISTS ({_OF_THE_SAME_RECORD}
        AND (other.serial, other."by", other."key") > (owned.serial, owned."by", owned."key"))""",
    "DROP INDEX owned_doubles",
    'CREATE UNIQUE INDEX owned_by_record_id ON owned (portal_id, "object", record_id)',
    """UPDATE pairs SET ("by", "key") = (
            SELECT owned."by", owned."key" FROM owned WHERE owned.portal_id = pairs.portal_id
            AND owned."object" = pairs."object" AND owned.record_id = pairs.record_id)
        WHERE EXISTS (SELECT 1 FROM owned WHERE owned.portal_id = pairs.portal_id
            AND owned."object" = pairs."object" AND owned.record_id = pairs.record_id)""",
    """UPDATE pairs SET (to_by, to_key) = (
            SELECT owned."by", owned."key" FROM owned WHERE owned.portal_id = pairs.portal_id
            AND owned."object" = pairs.to_object AND owned.record_id = pairs.to_id)
        WHERE EXISTS (SELECT 1 FROM owned WHERE owned.portal_id = pairs.portal_id
            AND owned."object" = pairs.to_object AND owned.record_id = pairs.to_id)""",
)
"""Merges rows about one record under several keys into the newest of them.

It is created by us if one of the rows says so, and protected if one of them is. Associations use the
remaining key.
"""


def _split_in_step(connection: Connection) -> None:
    """Tell what state has forgotten from what it has learned: until version 4 one column had both."""
    rows = connection.execute(
        text(
            """SELECT portal_id, run_id, number, remembered FROM changes
            WHERE remembered LIKE '%"unmanaged"%'"""
        )
    ).all()
    for portal_id, run_id, number, told in rows:
        values = json.loads(told)
        forgotten = {name: value for name, value in values.items() if value[2] == "unmanaged"}
        remembered = {name: value for name, value in values.items() if name not in forgotten}
        connection.execute(
            text(
                """UPDATE changes SET remembered = :remembered, forgotten = :forgotten
                WHERE portal_id = :portal_id AND run_id = :run_id AND number = :number"""
            ),
            {
                "remembered": json.dumps(remembered, sort_keys=True, separators=(",", ":")),
                "forgotten": json.dumps(forgotten, sort_keys=True, separators=(",", ":")),
                "portal_id": portal_id,
                "run_id": run_id,
                "number": number,
            },
        )


_ONE_CHANGE_FOR_EVERY_KIND: tuple["UpgradeStep", ...] = (
    "CREATE TABLE changes_before AS SELECT * FROM changes",
    "DROP TABLE changes",
    """CREATE TABLE changes (
        portal_id BIGINT NOT NULL, run_id {TEXT} NOT NULL, number INTEGER NOT NULL,
        kind {TEXT} NOT NULL, action {TEXT} NOT NULL, step INTEGER NOT NULL,
        "object" {TEXT} NOT NULL, "by" {TEXT} NOT NULL, "key" {TEXT} NOT NULL, record_id {TEXT},
        to_object {TEXT}, to_by {TEXT}, to_key {TEXT}, to_id {TEXT}, label {TEXT}, whole INTEGER,
        from_by {TEXT}, from_key {TEXT}, replaces {TEXT},
        origin {TEXT}, protected INTEGER, origin_before {TEXT}, protected_before INTEGER,
        reason {TEXT} NOT NULL, source {TEXT} NOT NULL, call {TEXT}, id_property {TEXT},
        "values" {TEXT}, remembered {TEXT}, forgotten {TEXT}, outcome {TEXT}, answer {TEXT},
        PRIMARY KEY (portal_id, run_id, number),
        FOREIGN KEY (portal_id, run_id) REFERENCES runs (portal_id, id)
    )""",
    """INSERT INTO changes (
        portal_id, run_id, number, kind, action, step, "object", "by", "key", record_id,
        to_object, to_by, to_key, to_id, label, whole, from_by, from_key, replaces,
        origin, protected, origin_before, protected_before,
        reason, source, call, id_property, "values", remembered, forgotten, outcome, answer
    ) SELECT
        portal_id, run_id, number,
        CASE WHEN to_object IS NULL THEN 'record' ELSE 'association' END,
        CASE action WHEN 'associate' THEN 'create' WHEN 'dissociate' THEN 'archive' ELSE action END, 1,
        "object", "by", "key", record_id, to_object, to_by, to_key, to_id,
        CASE
            WHEN association LIKE '[null,%' THEN NULL
            WHEN association LIKE '%,false]' THEN substr(association, 2, length(association) - 8)
            ELSE substr(association, 2, length(association) - 7)
        END,
        CASE WHEN association LIKE '%,true]' THEN 1 WHEN association LIKE '%,false]' THEN 0 END,
        from_by, from_key, replaces,
        CASE
            WHEN action IN ('create', 'associate') THEN coalesce(origin, 'created')
            WHEN action IN ('update', 'adopt') THEN origin
        END,
        CASE WHEN action IN ('create', 'associate', 'update', 'adopt') THEN protected END,
        CASE WHEN action IN ('archive', 'release') THEN origin WHEN action = 'dissociate' THEN 'created' END,
        CASE
            WHEN action IN ('archive', 'release') AND origin IS NOT NULL THEN 0
            WHEN action = 'dissociate' THEN 0
        END,
        reason, source, call, id_property, "values",
        CASE WHEN action = 'release' AND in_step IS NOT NULL THEN '{}' ELSE in_step END,
        CASE WHEN action = 'release' OR in_step IS NULL THEN in_step ELSE '{}' END,
        outcome, answer
    FROM changes_before""",
    """INSERT INTO intents (portal_id, run_id, "change", ordinal, batch, sent_at)
        SELECT portal_id, run_id, number, 1, batch, '1970-01-01 00:00:00.000000' FROM changes_before
        WHERE batch IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM intents WHERE intents.portal_id = changes_before.portal_id
            AND intents.run_id = changes_before.run_id AND intents."change" = changes_before.number)""",
    "DROP TABLE changes_before",
    _CREATED,
    _split_in_step,
)
"""One shape of row for every kind and action; what carries a change stands among the intents alone.

Before version 4 nobody wrote down when a call left. Such a call may have been sent, at a time that proves
nothing: so an open batch of any version can be settled after the upgrade as it could before.
"""

UpgradeStep: TypeAlias = str | Callable[[Connection], None]
"""One step of an upgrade: a statement that both databases run, or what no statement can do in both."""

UPGRADES: Mapping[int, tuple[UpgradeStep, ...]] = {
    2: ("ALTER TABLE runs ADD COLUMN git_commit {TEXT}", "ALTER TABLE runs ADD COLUMN undoes {TEXT}"),
    3: (
        """CREATE TABLE pairs (
            portal_id BIGINT NOT NULL, "object" {TEXT} NOT NULL, record_id {TEXT} NOT NULL,
            to_object {TEXT} NOT NULL, to_id {TEXT} NOT NULL,
            category {TEXT} NOT NULL, type_id BIGINT NOT NULL, label {TEXT},
            "by" {TEXT} NOT NULL, "key" {TEXT} NOT NULL, to_by {TEXT} NOT NULL, to_key {TEXT} NOT NULL,
            origin {TEXT} NOT NULL, whole INTEGER NOT NULL, serial BIGINT NOT NULL,
            PRIMARY KEY (portal_id, "object", record_id, to_object, to_id, category, type_id)
        )""",
        "CREATE INDEX pairs_by_target ON pairs (portal_id, to_object, to_id)",
        "ALTER TABLE changes ADD COLUMN to_object {TEXT}",
        "ALTER TABLE changes ADD COLUMN to_by {TEXT}",
        "ALTER TABLE changes ADD COLUMN to_key {TEXT}",
        "ALTER TABLE changes ADD COLUMN to_id {TEXT}",
        "ALTER TABLE changes ADD COLUMN association {TEXT}",
    ),
    4: (
        "ALTER TABLE states ADD COLUMN project {TEXT}",
        """CREATE TABLE intents (
            portal_id BIGINT NOT NULL, run_id {TEXT} NOT NULL, "change" INTEGER NOT NULL,
            ordinal INTEGER NOT NULL, batch INTEGER NOT NULL, sent_at TIMESTAMP WITH TIME ZONE,
            PRIMARY KEY (portal_id, run_id, "change", ordinal),
            FOREIGN KEY (portal_id, run_id) REFERENCES runs (portal_id, id)
        )""",
        "CREATE INDEX intents_by_batch ON intents (portal_id, run_id, batch)",
        *_ONE_ROW_FOR_EACH_RECORD,
        "ALTER TABLE changes RENAME COLUMN renamed_from TO from_key",
        "ALTER TABLE changes ADD COLUMN from_by {TEXT}",
        'UPDATE changes SET from_by = "by" WHERE from_key IS NOT NULL',
        "ALTER TABLE changes ADD COLUMN replaces {TEXT}",
        "CREATE INDEX changes_created ON changes (portal_id, \"object\", record_id) WHERE action = 'create'",
    ),
    5: _ONE_CHANGE_FOR_EVERY_KIND,
}
"""By version, the steps that make it out of the version before; SQLite and PostgreSQL both take them.

``{TEXT}`` is the type of names and keys; in PostgreSQL it sorts by code point.
"""

_VERSION_ROW = "reconciler_schema"
_CREATION_LOCK = 0x7265636F6E63  # PostgreSQL lock: two first runs at once create the tables only once


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC. SQLite stores no zone; PostgreSQL returns the session's zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC for the database, without a zone if it stores none."""
        if value is None:
            return None
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert from the database to an aware time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


# Keys sort by code point on both: SQLite compares UTF-8 bytes, PostgreSQL needs a collation for it.
_NAME = Text().with_variant(Text(collation="C"), "postgresql")
_PORTAL = BigInteger().with_variant(Integer(), "sqlite")

_METADATA = MetaData()


def _column(
    name: str, kind: Any = _NAME, *, primary_key: bool = False, nullable: bool = False
) -> Column[Any]:
    return Column(name, kind, primary_key=primary_key, nullable=nullable, autoincrement=False)


meta = Table("meta", _METADATA, _column("name", primary_key=True), _column("value"))

states = Table(
    "states",
    _METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("lineage"),
    _column("serial", BigInteger()),
    _column("project", nullable=True),  # project of the state; empty: without a name, and warned about that
)

owned = Table(
    "owned",
    _METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("object", primary_key=True),
    _column("by", primary_key=True),
    _column("key", primary_key=True),
    _column("record_id"),
    _column("origin"),
    _column("sent"),  # JSON: property to text or null
    # JSON: property to the text that HubSpot stored; null if it stored everything as sent
    _column("answered", nullable=True),
    _column("protected", Integer()),  # 1: never archived
    _column("serial", BigInteger()),  # serial of the state when this row was written last
    sqlite_with_rowid=False,
)
Index("owned_by_record_id", owned.c.portal_id, owned.c.object, owned.c.record_id, unique=True)

pairs = Table(
    "pairs",
    _METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("object", primary_key=True),
    _column("record_id", primary_key=True),
    _column("to_object", primary_key=True),
    _column("to_id", primary_key=True),
    _column("category", primary_key=True),  # empty: the unlabelled association
    _column("type_id", BigInteger(), primary_key=True),  # 0: the unlabelled association
    _column("label", nullable=True),
    _column("by"),
    _column("key"),
    _column("to_by"),
    _column("to_key"),
    _column("origin"),
    _column("whole", Integer()),  # 1: the two were not associated before
    _column("serial", BigInteger()),  # serial of the state when this row was written last
)
Index("pairs_by_target", pairs.c.portal_id, pairs.c.to_object, pairs.c.to_id)

prune_rules = Table(
    "prune_rules",
    _METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("object", primary_key=True),
    _column("by", primary_key=True),
    _column("prune"),
    sqlite_with_rowid=False,
)

runs = Table(
    "runs",
    _METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("id", primary_key=True),
    _column("serial", BigInteger()),
    _column("environment"),
    _column("plan_digest"),
    _column("tool_version"),
    _column("actor"),  # JSON
    _column("git_commit", nullable=True),  # commit of the applied manifests
    _column("undoes", nullable=True),  # the run that this one rolls back
    _column("personal"),  # JSON: pairs of object and property whose values are masked when shown
    _column("planned"),  # JSON: action to count
    _column("status"),
    _column("started_at", Moment()),
    _column("finished_at", Moment(), nullable=True),
    _column("erased_at", Moment(), nullable=True),  # time when the values were erased because of their age
)

batches = Table(
    "batches",
    _METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("run_id", primary_key=True),
    _column("number", Integer(), primary_key=True),
    _column("object"),
    _column("call"),
    _column("id_property", nullable=True),
    _column("intended_at", Moment()),
    _column("recorded_at", Moment(), nullable=True),  # null while any of its changes is not settled
    ForeignKeyConstraint(["portal_id", "run_id"], ["runs.portal_id", "runs.id"]),
)


@event.listens_for(batches, "after_create")
def _index_unfinished(_table: Table, connection: Connection, **_: object) -> None:
    """Create the index as text: an ``Index`` would import all of SQLAlchemy's PostgreSQL part."""
    connection.execute(
        text("CREATE INDEX batches_unfinished ON batches (portal_id) WHERE recorded_at IS NULL")
    )


changes = Table(
    "changes",
    _METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("run_id", primary_key=True),
    _column("number", Integer(), primary_key=True),  # the place in the plan
    _column("kind"),  # of thing: record, association
    _column("action"),
    _column("step", Integer()),  # 1; more where one thing is changed more than once
    _column("object"),
    _column("by"),
    _column("key"),
    _column("record_id", nullable=True),  # null until HubSpot has assigned one
    _column("to_object", nullable=True),  # the other record of an association
    _column("to_by", nullable=True),
    _column("to_key", nullable=True),
    _column("to_id", nullable=True),
    _column("label", nullable=True),  # JSON: category, type id and text; null: the plain association
    _column("whole", Integer(), nullable=True),  # 1: all that is between the two
    _column("from_by", nullable=True),  # the key property and the key before the change
    _column("from_key", nullable=True),
    _column("replaces", nullable=True),  # the lost record that a created one replaces
    _column("origin", nullable=True),  # how it is ours afterwards; null: it is not
    _column("protected", Integer(), nullable=True),
    _column("origin_before", nullable=True),  # how it was ours, where it no longer is
    _column("protected_before", Integer(), nullable=True),
    _column("reason"),
    _column("source"),  # JSON: file, line, column
    _column("call", nullable=True),
    _column("id_property", nullable=True),
    _column("values", nullable=True),  # JSON: name to [before, after, reason, place]; null when erased
    _column("remembered", nullable=True),  # the same: what state learned without a write
    _column("forgotten", nullable=True),  # the same: what state dropped
    _column("outcome", nullable=True),  # its word; null until it is known
    _column("answer", nullable=True),  # JSON: details of the outcome; null when erased
    ForeignKeyConstraint(["portal_id", "run_id"], ["runs.portal_id", "runs.id"]),
)


@event.listens_for(changes, "after_create")
def _index_created(_table: Table, connection: Connection, **_: object) -> None:
    """Create the index as text, for the same reason."""
    connection.execute(text(_CREATED))


intents = Table(
    "intents",
    _METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("run_id", primary_key=True),
    _column("change", Integer(), primary_key=True),  # its number
    _column("ordinal", Integer(), primary_key=True),  # 1; 2 for the second call of the same change
    _column("batch", Integer()),
    _column("sent_at", Moment(), nullable=True),  # by HubSpot's clock; null: never handed to a connection
    ForeignKeyConstraint(["portal_id", "run_id"], ["runs.portal_id", "runs.id"]),
)
Index("intents_by_batch", intents.c.portal_id, intents.c.run_id, intents.c.batch)

locks = Table(
    "locks",
    _METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("fence", BigInteger()),  # increases with every new holder
    _column("actor", nullable=True),  # JSON; null: nobody holds it
    _column("acquired_at", Moment(), nullable=True),
    _column("heartbeat_at", Moment(), nullable=True),
    _column("expires_at", Moment(), nullable=True),
)


class SchemaError(Exception):
    """The tables cannot be used; the sentence says why and what to do."""


def schema_version(connection: Connection) -> int | None:
    """Return the version of the tables; None if there are none yet.

    Raises:
        SchemaError: the database contains something else.
    """
    present = set(inspect(connection).get_table_names())
    if meta.name not in present:
        others = present if connection.dialect.name == "sqlite" else present & set(_METADATA.tables)
        if others:
            raise _foreign(min(others))
        return None
    if set(connection.execute(text("SELECT * FROM meta LIMIT 0")).keys()) != set(meta.c.keys()):
        raise _foreign(meta.name)
    found = connection.scalar(select(meta.c.value).where(meta.c.name == _VERSION_ROW))
    if found is None:
        raise _foreign(meta.name)
    return int(found)


def create_or_upgrade(
    connection: Connection,
    version: int = SCHEMA_VERSION,
    upgrades: Mapping[int, tuple[UpgradeStep, ...]] = UPGRADES,
    *,
    before_upgrade: Callable[[], None] = lambda: None,
) -> None:
    """Create the tables in ``version``, or upgrade older ones.

    ``before_upgrade`` is called if existing data could be lost.

    Raises:
        SchemaError: they are newer, or the database contains something else.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _CREATION_LOCK})
        _insist_on_unicode(connection)
    found = schema_version(connection)
    if found is None:
        _METADATA.create_all(connection)
        connection.execute(meta.insert(), {"name": _VERSION_ROW, "value": str(version)})
        return
    _refuse_newer(found, version)
    if found < version:
        before_upgrade()
    for step in range(found + 1, version + 1):
        for each in upgrades[step]:
            if isinstance(each, str):
                connection.execute(text(each.replace("{TEXT}", _text_type(connection))))
            else:
                each(connection)
    if found < version:
        connection.execute(meta.update().where(meta.c.name == _VERSION_ROW), {"value": str(version)})


def _text_type(connection: Connection) -> str:
    return str(_NAME.compile(dialect=connection.dialect))


def is_readable(connection: Connection, version: int = SCHEMA_VERSION) -> bool:
    """Return whether there are tables to read; False if nothing was created yet.

    Raises:
        SchemaError: they are newer or older, or the database contains something else.
    """
    found = schema_version(connection)
    if found is None:
        return False
    _refuse_newer(found, version)
    if found < version:
        raise SchemaError(f"it is of the older version {found}: `reconciler state upgrade` upgrades it")
    return True


def _refuse_newer(found: int, version: int) -> None:
    if found > version:
        raise SchemaError(
            f"it is of version {found}, this reconciler knows version {version}: upgrade reconciler"
        )


def _insist_on_unicode(connection: Connection) -> None:
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise SchemaError(f"its encoding is {encoding}: create the database with ENCODING 'UTF8'")


def _foreign(table: str) -> SchemaError:
    return SchemaError(f"it holds a table {table!r} of something else: give the state a database of its own")
