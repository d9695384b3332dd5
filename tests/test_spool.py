"""A spool returns its contents unchanged, in order and by number, and nobody else can read it on disk."""

import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import spool as module
from reconciler.errors import UsageError
from reconciler.spool import Spool, sorted_by_key

PIECES = st.lists(
    st.binary(max_size=8) | st.builds(lambda byte, size: byte * size, st.just(b"x"), st.integers(0, 70_000)),
    max_size=12,
)


def filled(pieces: Sequence[bytes], in_memory: int) -> Spool:
    spool = Spool(in_memory)
    for piece in pieces:
        spool.append(piece)
    return spool


@given(PIECES, st.sampled_from([0, 100_000, 1 << 22]))
def test_pieces_come_back_in_order_and_by_number_as_often_as_they_are_asked_for(
    pieces: list[bytes], in_memory: int
) -> None:
    spool = filled(pieces, in_memory)

    assert len(spool) == len(pieces)
    assert list(spool) == list(spool) == pieces
    assert [spool[number] for number in range(len(pieces))] == pieces
    assert [spool[number] for number in reversed(range(len(pieces)))] == pieces[::-1]


@pytest.mark.parametrize("number", [-1, 3])
def test_a_number_beyond_the_end_is_an_error(number: int) -> None:
    with pytest.raises(IndexError):
        filled([b"a", b"b", b"c"], 0)[number]


def test_a_spool_can_be_walked_while_it_grows() -> None:
    spool = filled([b"a" * 70_000, b"b"], 0)
    walk = iter(spool)
    assert next(walk) == b"a" * 70_000
    spool.append(b"c" * 70_000)

    assert list(spool) == [b"a" * 70_000, b"b", b"c" * 70_000]


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[BinaryIO]]:
    """The temporary files that were made, in a folder of their own."""
    made: list[BinaryIO] = []
    real = tempfile.TemporaryFile

    def make(prefix: str) -> BinaryIO:
        made.append(real(prefix=prefix, dir=tmp_path))
        return made[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", make)
    yield made
    assert list(tmp_path.iterdir()) == []


def test_data_on_disk_is_encrypted_private_and_without_a_name(file: list[BinaryIO], tmp_path: Path) -> None:
    spool = filled([b"Augusta Ada" * 10_000] * 3, 0)

    (made,) = file
    status = os.fstat(made.fileno())
    assert (stat.S_IMODE(status.st_mode), status.st_nlink) == (0o600, 0)
    assert list(tmp_path.iterdir()) == []
    made.seek(0)
    assert b"Augusta" not in made.read()
    assert list(spool) == [b"Augusta Ada" * 10_000] * 3
    del spool
    assert made.closed


def test_little_stays_in_memory(file: list[BinaryIO]) -> None:
    filled([b"a" * 1000] * 1000, 1 << 22)

    assert file == []


def test_a_full_disk_is_told_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> BinaryIO:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", fail)

    with pytest.raises(UsageError, match=r"\(No space left on device\)\n    make room there, or let TMPDIR"):
        filled([b"a" * 70_000], 0)


@given(st.lists(st.tuples(st.binary(max_size=3), st.binary(max_size=60)), max_size=60))
def test_entries_are_sorted_by_key_and_keep_their_order_within_one(
    entries: list[tuple[bytes, bytes]],
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_SORTED_AT_ONCE", 1_000)  # a few entries fill a part

        assert list(sorted_by_key(entries)) == sorted(entries, key=lambda entry: entry[0])
