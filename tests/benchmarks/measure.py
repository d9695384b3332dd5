"""Runs a program as a process and returns its costs."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_END = 2000
"""Number of bytes of output that are kept; more would count towards the memory of later processes."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The costs of one process from start to end; memory is its peak."""

    wall_s: float
    cpu_s: float  # user and system time together
    memory_mb: float
    out: str  # the last part of its output


@contextmanager
def portal(count: int, latency_ms: float, limit: int) -> Iterator[str]:
    """Yield the URL of a portal with this number of records, in another process."""
    arguments = [str(count), str(latency_ms), str(limit)]
    command = [sys.executable, "-m", "tests.benchmarks.portal", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def cost_of(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Cost:
    """Run ``command`` in ``folder`` until it ends; raise RuntimeError if it fails."""
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
