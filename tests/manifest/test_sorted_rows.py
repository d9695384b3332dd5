"""Tables are sorted even if this needs more memory than usual."""

from pathlib import Path

import pytest

from reconciler.manifest.tables import sorted_rows

ROWS, COLUMNS = 3_000, 200


@pytest.fixture
def wide(tmp_path: Path) -> str:
    path = tmp_path / "wide.csv"
    names = ",".join(f"p{number}" for number in range(COLUMNS))
    cells = ",".join("x" * 40 for _ in range(COLUMNS))
    lines = (f"k{number * 1_009 % ROWS:05},{cells}-{number}" for number in range(ROWS))
    path.write_text("\n".join((f"key,{names}", *lines)) + "\n")
    return f"read_csv('{path}', all_varchar = true)"


def fill(wide: str) -> sorted_rows.SortedRows:
    rows = sorted_rows.SortedRows()
    rows.fill("row_number() OVER () AS line, *", wide)
    return rows


def test_rows_of_very_many_columns_get_more_memory(wide: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorted_rows, "_MEMORY", ("12MB", "400MB"))
    rows = fill(wide)
    rows.give_back_memory()
    assert [key for (key,) in rows.flow("key")] == [f"k{number:05}" for number in range(ROWS)]
    rows.close()


def test_a_table_that_no_memory_is_enough_for_is_one_sentence(
    wide: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorted_rows, "_MEMORY", ("12MB", "12MB"))
    with pytest.raises(sorted_rows.TableReadError) as raised:
        fill(wide)
    assert "\n" not in str(raised.value)
