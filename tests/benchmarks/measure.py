"""Runs one contender as a whole process and says what it cost."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_END = 2000
"""Bytes that are kept of what a process printed: the next one's peak of memory begins with ours."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process, from its start to its end; memory is its peak."""

    wall_s: float
    cpu_s: float  # user and system
    memory_mb: float
    out: str  # the end of what it printed


@contextmanager
def portal(count: int, latency_ms: float, limit: int) -> Iterator[str]:
    """A portal of so many records in a process of its own; gives its address."""
    arguments = [str(count), str(latency_ms), str(limit)]
    command = [sys.executable, "-m", "tests.benchmarks.portal", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def cost_of(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Cost:
    """Run ``command`` in ``folder`` until it ends; raises RuntimeError where it fails."""
    printed = folder.with_suffix(".out")
    with printed.open("wb") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | environ, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    with printed.open("rb") as output:
        output.seek(max(printed.stat().st_size - _END, 0))
        out = output.read().decode(errors="replace")
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{out}")
    return Cost(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, out)
