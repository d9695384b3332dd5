"""Creating the tables, upgrading those of an older version, and refusing all others."""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, inspect, select, text

from reconciler.state.tables import METADATA, NAME, SCHEMA_VERSION, meta
from reconciler.state.upgrades import UPGRADES, UpgradeStep

_VERSION_ROW = "reconciler_schema"
_CREATION_LOCK = 0x7265636F6E63  # advisory lock of PostgreSQL for creating tables


class SchemaError(Exception):
    """Error: the tables cannot be used; its text says why, and what to do."""


def schema_version(connection: Connection) -> int | None:
    """Return the version of the tables; None if there are none yet.

    Raises:
        SchemaError: the database contains tables of another program.
    """
    present = set(inspect(connection).get_table_names())
    if meta.name not in present:
        others = present if connection.dialect.name == "sqlite" else present & set(METADATA.tables)
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

    ``before_upgrade`` is called before an upgrade, so that it can make a backup.

    Raises:
        SchemaError: the tables are newer, or the database contains tables of another program.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _CREATION_LOCK})
        _insist_on_unicode(connection)
    found = schema_version(connection)
    if found is None:
        METADATA.create_all(connection)
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
    return str(NAME.compile(dialect=connection.dialect))


def is_readable(connection: Connection, version: int = SCHEMA_VERSION) -> bool:
    """Return whether there are tables to read; False if they have not been created yet.

    Raises:
        SchemaError: the tables are newer or older, or the database contains tables of another program.
    """
    found = schema_version(connection)
    if found is None:
        return False
    _refuse_newer(found, version)
    if found < version:
        raise SchemaError(f"it has the older version {found}: `reconciler state upgrade` upgrades it")
    return True


def _refuse_newer(found: int, version: int) -> None:
    if found > version:
        raise SchemaError(
            f"it has version {found}, and this reconciler can read only up to version "
            f"{version}: upgrade reconciler"
        )


def _insist_on_unicode(connection: Connection) -> None:
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise SchemaError(f"its encoding is {encoding}: create the database with ENCODING 'UTF8'")


def _foreign(table: str) -> SchemaError:
    return SchemaError(
        f"it contains a table {table!r} of another program: give the state a database of its own"
    )
