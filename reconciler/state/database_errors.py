"""Database errors, explained for the user, with advice."""

from sqlalchemy.exc import DataError, DBAPIError, OperationalError

BUSY = (
    "another program keeps it busy: try again when that program has ended. If a run was "
    "suspended during a write, continue or end that run"
)
_DAMAGED = (
    "the file is damaged: put back a backup; or move the file away and plan again, which adopts the "
    "existing records"
)
_FULL = "the disk is full: free some space and run again. Recorded data is safe"
_NO_ACCESS = "it cannot be written: check the permissions of the file and of its folder"
_NOT_TEXT = "a key contains a character that PostgreSQL cannot store (NUL): change that key"

_SQLITE = {  # by primary result code, https://www.sqlite.org/rescode.html
    3: _NO_ACCESS,  # PERM
    5: BUSY,  # BUSY
    6: BUSY,  # LOCKED
    8: _NO_ACCESS,  # READONLY
    10: "the disk has errors when it reads or writes: check it, then run again",  # IOERR
    11: _DAMAGED,  # CORRUPT
    13: _FULL,  # FULL
    14: "it cannot be opened: check that the file is there and who may read it",  # CANTOPEN
    15: "its locks do not work here, as on some network drives: put it on a local disk, or run again",
    26: _DAMAGED,  # NOTADB
}

_POSTGRESQL = {  # by SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html
    "25006": "the server is read-only for now (a standby?): use the primary in the state's URL",
    "42501": "the database user lacks a right: grant CREATE, SELECT, INSERT, UPDATE and DELETE",
    "53100": _FULL,
}

_PRIMARY_CODE = 0xFF
_NO_ROOM_FOR_INDEX = 4874  # IOERR_SHMSIZE: the file ``-shm`` cannot grow


def explanation(error: DBAPIError) -> str | None:
    """Explain an error in one sentence, with advice; return None if the error is a bug of this program."""
    cause = error.orig
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return _FULL if code == _NO_ROOM_FOR_INDEX else _SQLITE.get(code & _PRIMARY_CODE)
    sqlstate = getattr(cause, "sqlstate", None)
    if sqlstate in _POSTGRESQL:
        return _POSTGRESQL[sqlstate]
    if isinstance(error, DataError) and "NUL" in str(cause):
        return _NOT_TEXT
    if isinstance(error, OperationalError):
        return f"the server cannot be used ({_first_line(cause)}): check the state's URL and the server"
    return None


def _first_line(cause: BaseException | None) -> str:
    return str(cause).strip().partition("\n")[0].rstrip(".:")
