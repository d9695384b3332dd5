"""Errors of temporary files are one clear message, wherever the files are used."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from reconciler.errors import StateError, UsageError
from reconciler.manifest.tables.sorted_rows import SortedRows
from reconciler.manifest.tables.write import read_back, table_pieces
from reconciler.model.tables import Format
from reconciler.state.git.access import access_to
from reconciler.state.git.repository import PrivateRepository
from reconciler.temporary import temporary_file, temporary_folder, write_temporary
from tests.manifest.reading import HEAD, load, project

ADVICE = "\n    make room there, or let TMPDIR name another folder"


def table(text: bytes, form: str = "") -> Callable[[Path], object]:
    files: dict[str, str | bytes] = {"a.yaml": f"{HEAD}source: {{csv: a.csv{form}}}\n", "a.csv": text}
    return lambda folder: load(project(folder, files))


def write_parquet(_folder: Path) -> object:
    return list(table_pieces(Format.PARQUET, ["external_id"], [["a"]]))


def read_parquet(folder: Path) -> object:
    return list(read_back(Format.PARQUET, folder / "a.parquet", ["external_id"]))


def keep_state_in_git(folder: Path) -> object:
    return PrivateRepository(access_to(f"file://{folder}", "refs/state", {}))


USES: list[Callable[[Path], object]] = [
    table(b"external_id,name\na,b\n"),
    table(b"external_id;name\na;\xe4\n", ", encoding: cp1252, delimiter: ';'"),
    table(b"external_id,name\na,b,c\nb,c\n"),
    write_parquet,
    read_parquet,
    keep_state_in_git,
    lambda _folder: temporary_file(),
]


@pytest.mark.parametrize("use", USES)
def test_a_folder_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use: Callable[[Path], object]
) -> None:
    missing = tmp_path / "missing"
    monkeypatch.setattr(tempfile, "tempdir", str(missing))

    with pytest.raises(UsageError) as caught:
        use(tmp_path)

    assert str(caught.value) == (
        f"cannot use a temporary file in {missing} (No such file or directory){ADVICE}"
    )


def test_a_repository_that_git_cannot_make_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(StateError, match="check that git is installed"):
        PrivateRepository(access_to("file:///remote", "refs/state", {"PATH": "/nowhere"}))
    assert list(tmp_path.iterdir()) == []


def test_where_no_folder_can_be_used_there_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", list[str])

    with pytest.raises(UsageError, match=r"cannot use a temporary file \(No usable temporary directory"):
        temporary_file()


def test_a_full_disk_is_told_and_an_error_of_the_source_is_not_blamed_on_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\(No space left on device\)\n    make room there"):
        write_temporary(Path("/dev/full"), [b"a"])

    def pieces() -> Iterator[bytes]:
        yield b"a"
        raise PermissionError

    with pytest.raises(PermissionError):
        write_temporary(tmp_path / "a", pieces())


def test_a_sort_that_finds_no_room_does_not_blame_the_table() -> None:
    rows = SortedRows()
    rows.run("SET memory_limit = '20MB'")
    rows.run("SET max_temp_directory_size = '1KB'")

    with pytest.raises(UsageError, match=r"\(No space left on device\)\n    make room there"):
        rows.run("CREATE TABLE many AS SELECT md5(i::VARCHAR) AS key FROM range(1000000) t(i) ORDER BY key")


def test_a_folder_is_gone_afterwards_whatever_happens() -> None:
    with suppress(KeyError), temporary_folder() as folder:
        (folder / "a").touch()
        raise KeyError
    assert not folder.exists()
