"""Spools: sequences that are stored on disk if they are large, for the present process only.

A spool keeps little data in memory. The rest goes to a temporary file without a name, with mode 0600, which
disappears when the process ends, however it ends. The file is encrypted with a key in the memory of the
process. So a plan of any size can be built, compared with another one, and applied in constant memory.

``TMPDIR`` says where temporary files go.
"""

import weakref
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge

from reconciler.encryption import ProcessKey
from reconciler.temporary import clear_errors, temporary_file

_BLOCK = 1 << 16
"""Bytes that are encrypted and written together, approximately."""

_IN_MEMORY = 1 << 22
"""A spool with fewer bytes than this stays completely in memory."""

_SORTED_AT_ONCE = 1 << 24
"""Maximum bytes that are sorted in memory at once."""

_KEY_LENGTH = 4


class Spool:
    """Pieces of bytes, in the order in which they were appended; a piece can be read by its number."""

    def __init__(self, in_memory: int = _IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._blocks: list[bytes] = []  # blocks that are not on disk
        self._starts = array("Q")  # for each block, the number of its first piece
        self._open: list[bytes] = []  # pieces of the block that is being filled
        self._open_size = self._size = self._count = 0
        self._file: _PrivateFile | None = None
        self._last: tuple[int, Sequence[bytes]] = (-1, ())  # the block that was read last

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[bytes]:
        for block in range(len(self._starts)):
            yield from self._read(block)
        yield from tuple(self._open)

    def __getitem__(self, number: int) -> bytes:
        if not 0 <= number < self._count:
            raise IndexError(number)
        first_open = self._count - len(self._open)
        if number >= first_open:
            return self._open[number - first_open]
        block = bisect_right(self._starts, number) - 1
        return self._read(block)[number - self._starts[block]]

    def append(self, piece: bytes) -> None:
        """Append ``piece``.

        Raises:
            UsageError: the disk is full.
        """
        self._open.append(piece)
        self._open_size += len(piece)
        self._count += 1
        if self._open_size >= _BLOCK:
            self._close_block()

    def _close_block(self) -> None:
        block = _packed(self._open)
        self._starts.append(self._count - len(self._open))
        self._blocks.append(block)
        self._size += len(block)
        self._open, self._open_size = [], 0
        if self._size > self._in_memory:
            self._file = self._file or _PrivateFile()
            for block in self._blocks:
                self._file.append(block)
            self._blocks = []

    def _read(self, block: int) -> Sequence[bytes]:
        if self._last[0] != block:
            on_disk = len(self._file) if self._file else 0
            is_on_disk = self._file is not None and block < on_disk
            data = self._file.read(block) if self._file and is_on_disk else self._blocks[block - on_disk]
            self._last = (block, _unpacked(data))
        return self._last[1]


class _PrivateFile:
    """Encrypted blocks on disk, in a temporary file without a name."""

    def __init__(self) -> None:
        self._file = temporary_file()
        weakref.finalize(self, self._file.close)
        self._key = ProcessKey()
        self._offsets = array("Q", [0])  # offsets of each block, and of the end

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def append(self, block: bytes) -> None:
        encrypted = self._key.encrypt(len(self), block)
        with clear_errors():
            self._file.seek(self._offsets[-1])
            self._file.write(encrypted)
            self._file.flush()
        self._offsets.append(self._offsets[-1] + len(encrypted))

    def read(self, number: int) -> bytes:
        start, end = self._offsets[number], self._offsets[number + 1]
        with clear_errors():
            self._file.seek(start)
            return self._key.decrypt(number, self._file.read(end - start))


def sorted_by_key(entries: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Sort ``entries`` (key and content) by key; entries with equal keys keep their order.

    The entries are divided into parts that fit into memory. Each part is sorted in memory, and every part but
    the last is spooled. Then the parts are merged.
    """
    runs: list[Iterable[tuple[bytes, bytes]]] = []
    part: list[tuple[bytes, bytes]] = []
    size = 0
    for entry in entries:
        part.append(entry)
        size += len(entry[0]) + len(entry[1]) + 150  # 150: overhead of the Python objects
        if size > _SORTED_AT_ONCE:
            part.sort(key=_key_of)
            runs.append(_Run(part))
            part, size = [], 0
    part.sort(key=_key_of)
    runs.append(part)
    return merge(*runs, key=_key_of)


class _Run:
    """One sorted part of the entries, in a spool; ``sorted_by_key`` merges all parts."""

    def __init__(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        self._spool = Spool(in_memory=0)
        for key, value in entries:
            self._spool.append(len(key).to_bytes(_KEY_LENGTH, "big") + key + value)

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        for piece in self._spool:
            end = _KEY_LENGTH + int.from_bytes(piece[:_KEY_LENGTH], "big")
            yield piece[_KEY_LENGTH:end], piece[end:]


def _key_of(entry: tuple[bytes, bytes]) -> bytes:
    return entry[0]


def _packed(pieces: Sequence[bytes]) -> bytes:
    """Pack pieces into one block: their number, their lengths, and their contents."""
    lengths = array("I", [len(pieces), *map(len, pieces)])
    return b"".join((lengths.tobytes(), *pieces))


def _unpacked(block: bytes) -> Sequence[bytes]:
    size = array("I").itemsize
    lengths = array("I")
    lengths.frombytes(block[:size])
    (count,) = lengths
    lengths = array("I")
    lengths.frombytes(block[size : size * (count + 1)])
    pieces, start = [], size * (count + 1)
    for length in lengths:
        pieces.append(block[start : start + length])
        start += length
    return pieces
