"""The tables of the present version. One database can store the state of many portals."""

from datetime import UTC, datetime
from typing import Any

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
    text,
)
from sqlalchemy.types import TypeDecorator

SCHEMA_VERSION = 7

CREATED_INDEX = """CREATE INDEX changes_created ON changes (portal_id, "object", record_id)
    WHERE kind = 'record' AND action = 'create'"""


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC. SQLite stores times without a zone.

    PostgreSQL returns them in the session's zone.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert a time to UTC for the database; for SQLite, remove the zone."""
        if value is None:
            return None
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert a time from the database to an aware time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


# Both databases sort keys by code point: SQLite compares UTF-8 bytes, PostgreSQL needs the collation "C".
NAME = Text().with_variant(Text(collation="C"), "postgresql")
_PORTAL = BigInteger().with_variant(Integer(), "sqlite")

METADATA = MetaData()


def _column(name: str, kind: Any = NAME, *, primary_key: bool = False, nullable: bool = False) -> Column[Any]:
    return Column(name, kind, primary_key=primary_key, nullable=nullable, autoincrement=False)


meta = Table("meta", METADATA, _column("name", primary_key=True), _column("value"))

states = Table(
    "states",
    METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("lineage"),
    _column("serial", BigInteger()),
    _column("project", nullable=True),  # name of the project that owns the state; empty if it has no name
)

owned = Table(
    "owned",
    METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("object", primary_key=True),
    _column("by", primary_key=True),  # key property; for a definition, ":" and its section
    _column("key", primary_key=True),
    _column("record_id"),  # for a definition: see ``definition_id``
    _column("origin"),
    _column("sent"),  # JSON object: property to the text that was sent, or null
    # JSON object: property to the text that HubSpot stored; null if all were stored as sent
    _column("answered", nullable=True),
    _column("protected", Integer()),  # 1: must never be archived
    _column("serial", BigInteger()),  # serial of the state when this row was written last
    sqlite_with_rowid=False,
)
Index("owned_by_record_id", owned.c.portal_id, owned.c.object, owned.c.record_id, unique=True)

pairs = Table(
    "pairs",
    METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("object", primary_key=True),
    _column("record_id", primary_key=True),
    _column("to_object", primary_key=True),
    _column("to_id", primary_key=True),
    _column("category", primary_key=True),  # empty for the association without label
    _column("type_id", BigInteger(), primary_key=True),  # 0 for the association without label
    _column("label", nullable=True),
    _column("by"),
    _column("key"),
    _column("to_by"),
    _column("to_key"),
    _column("origin"),
    _column("whole", Integer()),  # 1: the two records were not associated at all before
    _column("serial", BigInteger()),  # serial of the state when this row was written last
)
Index("pairs_by_target", pairs.c.portal_id, pairs.c.to_object, pairs.c.to_id)

prune_rules = Table(
    "prune_rules",
    METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("object", primary_key=True),
    _column("by", primary_key=True),
    _column("prune"),
    sqlite_with_rowid=False,
)

runs = Table(
    "runs",
    METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("id", primary_key=True),
    _column("serial", BigInteger()),
    _column("environment"),
    _column("plan_digest"),
    _column("tool_version"),
    _column("actor"),  # JSON
    _column("git_commit", nullable=True),  # commit of the applied manifests
    _column("undoes", nullable=True),  # id of the run that this run rolls back
    _column("personal"),  # JSON: (object type, property) whose values are masked when they are shown
    _column("planned"),  # JSON object: verb to number of changes
    _column("status"),
    _column("started_at", Moment()),
    _column("finished_at", Moment(), nullable=True),
    _column("erased_at", Moment(), nullable=True),  # time when the values were erased because of their age
    _column("names", nullable=True),  # JSON: display names of properties and values; null if erased
)

batches = Table(
    "batches",
    METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("run_id", primary_key=True),
    _column("number", Integer(), primary_key=True),
    _column("object"),
    _column("call"),
    _column("id_property", nullable=True),
    _column("intended_at", Moment()),
    _column("recorded_at", Moment(), nullable=True),  # null until all its changes have a final outcome
    ForeignKeyConstraint(["portal_id", "run_id"], ["runs.portal_id", "runs.id"]),
)


@event.listens_for(batches, "after_create")
def _index_unfinished(_table: Table, connection: Connection, **_: object) -> None:
    """Create the index with SQL text: SQLAlchemy's ``Index`` would import its whole PostgreSQL part."""
    connection.execute(
        text("CREATE INDEX batches_unfinished ON batches (portal_id) WHERE recorded_at IS NULL")
    )


changes = Table(
    "changes",
    METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("run_id", primary_key=True),
    _column("number", Integer(), primary_key=True),  # position in the plan
    _column("kind"),  # record, association or definition
    _column("action"),
    _column("step", Integer()),  # 1; higher if the plan changes one thing several times
    _column("object"),
    _column("by"),
    _column("key"),
    _column("record_id", nullable=True),  # null until HubSpot has assigned one
    _column("to_object", nullable=True),  # the other record of an association, here and in the next columns
    _column("to_by", nullable=True),
    _column("to_key", nullable=True),
    _column("to_id", nullable=True),
    _column("label", nullable=True),  # JSON: category, type id, text; null: no label
    _column("whole", Integer(), nullable=True),  # 1: the change affects everything between the two records
    _column("from_by", nullable=True),  # key property and key before the change
    _column("from_key", nullable=True),
    _column("replaces", nullable=True),  # id of the lost record that a created one replaces
    _column("origin", nullable=True),  # how we own it after the change; null if we do not
    _column("protected", Integer(), nullable=True),
    _column("origin_before", nullable=True),  # how we owned it before, if we do not any more
    _column("protected_before", Integer(), nullable=True),
    _column("reason"),
    _column("source"),  # JSON: file, line, column
    _column("call", nullable=True),
    _column("id_property", nullable=True),
    _column("values", nullable=True),  # JSON object: name to [before, after, reason, place]; null if erased
    _column("remembered", nullable=True),  # JSON in the same form: values that state stores without a write
    _column("forgotten", nullable=True),  # JSON in the same form: values that state removes
    _column("outcome", nullable=True),  # word of the outcome; null until it is known
    _column("answer", nullable=True),  # JSON: details of the outcome; null if erased
    _column("details", nullable=True),  # JSON: parts that only changes of definitions have
    _column("display_names", nullable=True),  # JSON: display names of the records; null if unknown or erased
    ForeignKeyConstraint(["portal_id", "run_id"], ["runs.portal_id", "runs.id"]),
)


@event.listens_for(changes, "after_create")
def _index_created(_table: Table, connection: Connection, **_: object) -> None:
    """Create the index with SQL text, because SQLAlchemy's ``Index`` would import too much."""
    connection.execute(text(CREATED_INDEX))


intents = Table(
    "intents",
    METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("run_id", primary_key=True),
    _column("change", Integer(), primary_key=True),  # number of the change
    _column("ordinal", Integer(), primary_key=True),  # 1, or 2 for the second call for the same change
    _column("batch", Integer()),
    _column("sent_at", Moment(), nullable=True),  # by HubSpot's clock; null if never handed to a connection
    ForeignKeyConstraint(["portal_id", "run_id"], ["runs.portal_id", "runs.id"]),
)
Index("intents_by_batch", intents.c.portal_id, intents.c.run_id, intents.c.batch)

locks = Table(
    "locks",
    METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("fence", BigInteger()),  # increases whenever the holder changes
    _column("actor", nullable=True),  # JSON; null if the lock is free
    _column("acquired_at", Moment(), nullable=True),
    _column("heartbeat_at", Moment(), nullable=True),
    _column("expires_at", Moment(), nullable=True),
)
