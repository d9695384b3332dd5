"""Measure state in git: ``python -m tests.benchmarks.git_state 1000 10000 100000``.

For each number of owned records: seconds and bytes of the first push, of pushes after one and a thousand
changed records, and of renewing the lock; seconds to open the state. The repository is on the same disk.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.state.git.access import access_to
from reconciler.state.git.backend import GitBackend
from reconciler.state.store import Store
from reconciler.state.writer import StateWriter
from tests.support.git_remotes import bare_repository
from tests.support.journals import ADA, ownership, start


def record(number: int, text: str) -> OwnedRecord:
    """Return a company with eight properties."""
    values = {
        "name": f"Company {number} {text}",
        "city": "Berlin",
        "country": "Germany",
        "phone": f"+4930{number:07}",
        "domain": f"company{number}.example",
        "annualrevenue": f"{number}000",
        "industry": "PAPER",
        "description": f"Company number {number} makes things",
    }
    key = RecordAddress("companies", "external_id", f"company-{number:06}")
    return OwnedRecord(key, RecordId(str(10_000_000 + number)), Origin.CREATED, values, {})


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds that ``work`` takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def measure(size: int, folder: Path) -> None:
    """Print one row of measurements, for ``size`` owned records."""
    access = access_to(f"file://{bare_repository(folder)}", "refs/reconciler", os.environ, keys=("k" * 44,))

    def opened() -> tuple[Store, GitBackend]:
        backend = GitBackend(access, 5)
        return Store(backend, 5), backend

    def changed(pen: StateWriter, backend: GitBackend, count: int, text: str) -> str:
        run_id = pen.begin_run(start(1))
        pen.publish()
        before = backend.snapshots.bytes_pushed
        pen.record_uncalled(run_id, [], ownership([record(number, text) for number in range(count)]))
        took = seconds(pen.publish)
        return f"{took:.2f} s {backend.snapshots.bytes_pushed - before:,} B"

    store, backend = opened()
    with closing(store), store.acquire(ADA, now=_now, sleep=time.sleep, timeout_s=0) as pen:
        first = changed(pen, backend, size, "A")
    took = seconds(opened)
    store, backend = opened()
    with closing(store), store.acquire(ADA, now=_now, sleep=time.sleep, timeout_s=0) as pen:
        one, many = changed(pen, backend, 1, "B"), changed(pen, backend, min(size, 1000), "C")
        renewal = seconds(pen.publish)
    sys.stdout.write(
        f"{size:,} records: first {first}; one {one}; thousand {many}; renewal {renewal:.2f} s; "
        f"open {took:.2f} s\n"
    )


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    for said in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as temporary:
            measure(int(said), Path(temporary))
