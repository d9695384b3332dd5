"""Which blob of a snapshot contains which rows. Pure.

Owned records are spread over buckets by a hash of their key, and associations by a hash of the record on
which manifests declare them. A run of the journal has one blob for itself and its batches, and one for each
thousand of its changes. So a push contains only the blobs in which something changed, and no blob grows
without limit.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LARGEST: Final = 1 << 18
"""Maximum bytes in one bucket. If a bucket has more bytes, the number of buckets is doubled.

A single row may have more bytes than this.
"""

CHANGES_A_BLOB: Final = 1000


@dataclass(frozen=True, slots=True)
class Buckets:
    """The number of buckets of each table; each number is a power of two."""

    owned: int = 1
    pairs: int = 1


def name_of_bucket(folder: str, count: int, *identity: str) -> str:
    """Return the name of the bucket of a row, if there are ``count`` buckets."""
    digest = hashlib.sha256("\0".join(identity).encode(errors="surrogatepass")).digest()
    return f"{folder}/{int.from_bytes(digest[:4], 'big') % count:04x}"


def name_of_run(run_id: str) -> str:
    """Return the name of the blob of a run and its batches."""
    return f"runs/{run_id}"


def name_of_changes(run_id: str, part: int) -> str:
    """Return the name of the blob for a thousand changes of a run.

    ``part`` is the number of each of these changes divided by 1,000, rounded down.
    """
    return f"runs/{run_id}-{part}"


def enough(count: int, texts: Iterable[bytes]) -> int:
    """Return how many buckets are needed; ``texts`` are the contents of ``count`` buckets."""
    largest = max(map(len, texts), default=0)
    while largest > LARGEST:
        count, largest = count * 2, largest // 2
    return count
