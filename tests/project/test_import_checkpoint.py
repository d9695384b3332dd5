"""Checkpoints of imports are private; the same import continues them for a day, any other starts again."""

import sqlite3
import stat
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.errors import UsageError
from reconciler.hubspot.records.list import Segment
from reconciler.model.addresses import RecordId
from reconciler.reconcile import import_checkpoint
from reconciler.reconcile.import_checkpoint import Checkpoint, KeptRecord, open_checkpoint

NOW = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)
NAMES = ("city", "name")
LEFT = (Segment(5, 9, "4"), Segment(9, None, "8"))


def record(id_: int, key: str | None, spelling: str | None = None, **values: str) -> KeptRecord:
    return KeptRecord(RecordId(str(id_)), key, spelling or key, "2026-01-01", values)


def opened(path: Path, signature: str = "one", at: datetime = NOW, *, restarts: bool = False) -> Checkpoint:
    return open_checkpoint(path, NAMES, signature, at, restarts=restarts)


def interrupt(path: Path) -> None:
    """Run an import that is interrupted after it has kept two records."""
    with suppress(KeyboardInterrupt), opened(path) as checkpoint:
        checkpoint.begin((Segment(),), ())
        checkpoint.keep([record(1, "b", name="B"), record(2, "a", city="A", name="é\n")], LEFT)
        raise KeyboardInterrupt


def test_the_same_import_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "import.db"
    interrupt(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with opened(path) as checkpoint:
        assert checkpoint.is_continued
        assert (checkpoint.count, checkpoint.segments) == (2, LEFT)
        assert checkpoint.used == {"name", "city"}
        assert [kept.key for kept in checkpoint.recognised()] == ["a", "b"]
        assert next(checkpoint.recognised()).values == {"city": "A", "name": "é\n"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("signature", "later", "restarts"),
    [("other", timedelta(), False), ("one", timedelta(hours=25), False), ("one", timedelta(), True)],
)
def test_another_import_an_old_one_or_a_restart_begins_anew(
    tmp_path: Path, signature: str, later: timedelta, restarts: bool
) -> None:
    path = tmp_path / "import.db"
    interrupt(path)
    with opened(path, signature, NOW + later, restarts=restarts) as checkpoint:
        assert not checkpoint.is_continued
        assert checkpoint.count == 0


def test_a_damaged_file_is_as_good_as_none(tmp_path: Path) -> None:
    path = tmp_path / "import.db"
    path.write_bytes(b"no database" * 1000)
    with opened(path) as checkpoint:
        assert checkpoint.count == 0


@pytest.mark.parametrize("table", ["about", "used", "records"])
def test_a_file_that_lacks_a_table_is_as_good_as_none(tmp_path: Path, table: str) -> None:
    path = tmp_path / "import.db"
    interrupt(path)
    with closing(sqlite3.connect(path)) as base:
        base.execute(f"DROP TABLE {table}")
    with opened(path) as checkpoint:
        assert checkpoint.count == 0


def test_a_file_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    for place in (tmp_path / "missing" / "import.db", tmp_path):  # in no folder; a folder itself
        with pytest.raises(UsageError, match="cannot write"):
            opened(place)


def test_a_file_that_cannot_be_filled_is_an_error_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        import_checkpoint, "_SCHEMA", "PRAGMA max_page_count = 1; CREATE TABLE about (signature)"
    )
    with pytest.raises(UsageError, match=r"cannot write .*full"):
        opened(tmp_path / "import.db")


def test_repeated_keys_stand_side_by_side_and_records_without_come_last(tmp_path: Path) -> None:
    with opened(tmp_path / "import.db") as checkpoint:
        kept = [record(1, "7"), record(2, None), record(3, "8"), record(4, "7.0", "7"), record(4, "7.0", "7")]
        checkpoint.keep(kept, ())
        assert [each.id for each in checkpoint.recognised()] == ["3"]
        assert [each.id for each in checkpoint.unrecognised()] == ["1", "4", "2"]
        assert (checkpoint.count_recognised(), checkpoint.count_unrecognised()) == (1, (1, 2))


def test_wanted_ids_are_crossed_off(tmp_path: Path) -> None:
    with opened(tmp_path / "import.db") as checkpoint:
        checkpoint.begin((), ["30", "4", "4", "100"])
        checkpoint.keep([record(30, "a")], None, done=["30"])
        assert list(checkpoint.wanted()) == ["4", "100"]
