"""The tables of the newest version. One database holds the state of any number of portals."""

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
    _column("project", nullable=True),  # project of the state; empty: without a name, and warned about that
)

owned = Table(
    "owned",
    METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("object", primary_key=True),
    _column("by", primary_key=True),  # key property; of a definition: ":" and its section
    _column("key", primary_key=True),
    _column("record_id"),  # of a definition: see ``definition_id``
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
    METADATA,
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
    _column("undoes", nullable=True),  # the run that this one rolls back
    _column("personal"),  # JSON: pairs of object and property whose values are masked when shown
    _column("planned"),  # JSON: action to count
    _column("status"),
    _column("started_at", Moment()),
    _column("finished_at", Moment(), nullable=True),
    _column("erased_at", Moment(), nullable=True),  # time when the values were erased because of their age
    _column("names", nullable=True),  # JSON: display names of properties and values; null when erased
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
    METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("run_id", primary_key=True),
    _column("number", Integer(), primary_key=True),  # the place in the plan
    _column("kind"),  # of thing: record, association, definition
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
    _column("remembered", nullable=True),  # the same: values that state learned without a write
    _column("forgotten", nullable=True),  # the same: values that state dropped
    _column("outcome", nullable=True),  # its word; null until it is known
    _column("answer", nullable=True),  # JSON: details of the outcome; null when erased
    _column("details", nullable=True),  # JSON: parts that only changes of definitions have
    _column("display_names", nullable=True),  # JSON: of its records; null if unknown or erased
    ForeignKeyConstraint(["portal_id", "run_id"], ["runs.portal_id", "runs.id"]),
)


@event.listens_for(changes, "after_create")
def _index_created(_table: Table, connection: Connection, **_: object) -> None:
    """Create the index as text, for the same reason."""
    connection.execute(text(CREATED_INDEX))


intents = Table(
    "intents",
    METADATA,
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
    METADATA,
    _column("portal_id", _PORTAL, primary_key=True),
    _column("fence", BigInteger()),  # increases with every new holder
    _column("actor", nullable=True),  # JSON; null: nobody holds it
    _column("acquired_at", Moment(), nullable=True),
    _column("heartbeat_at", Moment(), nullable=True),
    _column("expires_at", Moment(), nullable=True),
)
