"""Which blob of a snapshot holds which rows. Pure.

Owned records are spread over buckets by a hash of their key, and associations by a hash of the record that
names them; a run of the journal has one blob for itself and its batches, and one for each thousand of its
changes. So a push carries only the blobs in which something changed, and no blob grows without limit.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LARGEST: Final = 1 << 18
"""Bytes of text in one bucket, unless a single row is larger; above it, there are twice as many buckets."""

CHANGES_A_BLOB: Final = 1000


@dataclass(frozen=True, slots=True)
class Buckets:
    """Numbers of buckets, powers of two."""

    owned: int = 1
    pairs: int = 1


def name_of_bucket(folder: str, count: int, *identity: str) -> str:
    """Return the blob of a row among ``count`` buckets."""
    digest = hashlib.sha256("\0".join(identity).encode(errors="surrogatepass")).digest()
    return f"{folder}/{int.from_bytes(digest[:4], 'big') % count:04x}"


def name_of_run(run_id: str) -> str:
    """Return the blob of a run and its batches."""
    return f"runs/{run_id}"


def name_of_changes(run_id: str, part: int) -> str:
    """Return the blob of a thousand changes of a run, by their number in the plan."""
    return f"runs/{run_id}-{part}"


def enough(count: int, texts: Iterable[bytes]) -> int:
    """Return how many buckets are enough, if ``count`` have these texts."""
    largest = max(map(len, texts), default=0)
    while largest > LARGEST:
        count, largest = count * 2, largest // 2
    return count
