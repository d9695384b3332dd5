"""States in every version of the tables.

``tests/state/versions/N`` contains a state that the last code with tables of version ``N`` wrote: for each
database, the statements that create the tables, and then the rows. These files are never edited; a new
version adds a folder.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine

_FOLDER = Path(__file__).parents[1] / "state/versions"

VERSIONS = tuple(sorted(int(folder.name) for folder in _FOLDER.iterdir()))
"""The versions that are kept, oldest first."""


def restore(url: str, project: Path, version: int) -> None:
    """Fill the empty database at ``url`` with the state of ``version``."""
    if url.startswith("sqlite:///"):
        restore_sqlite(project / url.removeprefix("sqlite:///"), version)
        return
    engine = create_engine(url)
    with engine.begin() as connection:
        for script in ("SET TIME ZONE 'UTC'", _text(version, "postgresql.sql"), _text(version, "rows.sql")):
            connection.exec_driver_sql(script)
    engine.dispose()


def restore_sqlite(file: Path, version: int) -> None:
    """Put the state of ``version`` into a new SQLite file."""
    file.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(_text(version, "sqlite.sql") + _text(version, "rows.sql"))


def _text(version: int, name: str) -> str:
    return (_FOLDER / str(version) / name).read_text(encoding="utf-8")
