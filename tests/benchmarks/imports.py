"""Measures a complete and an interrupted import against the minimum time that the rate limit sets.

    python -m tests.benchmarks.imports [--rows 50000] [--latency-ms 150] [--limit 190] [--form parquet]

The portal is another process. The minimum is the time in which the limit allows the needed pages: as many
calls as it allows at once, and again every ten seconds. A second import is killed after half of the records,
and called again.
"""

import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from tests.benchmarks.measure import Cost, cost_of, portal
from tests.benchmarks.world import NAMES, OBJECT, PORTAL_ID, TOKEN

_ROOT = Path(__file__).parents[2]
_PAGE = 100
_WINDOW_S = 10.0
_REST_S = 10.0
"""Seconds after which the rate window is empty again."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.imports", description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000, help="records in the portal")
    parser.add_argument("--latency-ms", type=float, default=150, help="of every answer")
    parser.add_argument("--limit", type=int, default=190, help="calls in ten seconds")
    parser.add_argument("--form", default="parquet", help="parquet, csv or jsonl")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, portal(said.rows, said.latency_ms, said.limit) as base_url:
        project = Path(folder) / "project"
        _say(f"\nimport of {said.rows:,} records to {said.form} ({said.latency_ms:.0f} ms an answer, ")
        _say(f"{said.limit} calls in 10 s)\n\n| | wall s | CPU s | peak MB |\n|---|---:|---:|---:|\n")
        _say(f"| floor | {_floor(said.rows, said.limit):.1f} | | |\n")
        for name, cost in _runs(project, base_url, said.rows, said.form):
            _say(f"| {name} | {cost.wall_s:.1f} | {cost.cpu_s:.1f} | {cost.memory_mb:.0f} |\n")


def _floor(rows: int, limit: int) -> float:
    """Return the minimum seconds for this number of pages under the rate limit."""
    pages = -(-rows // _PAGE)
    return (pages - 1) // limit * _WINDOW_S


def _runs(project: Path, base_url: str, rows: int, form: str) -> Iterator[tuple[str, Cost]]:
    command = [
        sys.executable,
        "-m",
        "reconciler",
        "import",
        OBJECT,
        "--quiet",
        "--properties",
        ",".join(NAMES),
    ]
    command += ["--out", f"companies.{form}"]
    _make(project, base_url)
    time.sleep(_REST_S)
    yield "import", _told(cost_of(command, project, _environ()), rows)
    _make(project, base_url)
    time.sleep(_REST_S)
    began = time.perf_counter()
    _kill_half_way(command, project, rows)
    before = time.perf_counter() - began
    cost = _told(cost_of(command, project, _environ()), rows)
    yield "killed half-way: until then", Cost(before, 0.0, 0.0, "")
    yield "killed half-way: continued", cost


def _told(cost: Cost, rows: int) -> Cost:
    if f"{rows:,} records will be taken over (state only); nothing is written" not in cost.out:
        raise RuntimeError(cost.out)
    return cost


def _kill_half_way(command: list[str], project: Path, rows: int) -> None:
    with subprocess.Popen(
        command,
        cwd=project,
        env=os.environ | _environ(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while _read_so_far(project) < rows // 2:
            if process.poll() is not None:
                raise RuntimeError("it ended before it could be killed")
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)


def _read_so_far(project: Path) -> int:
    path = project / ".reconciler" / "import" / f"main-{OBJECT}.db"
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        return int(base.execute("SELECT count(*) FROM records").fetchone()[0])
    return 0


def _make(project: Path, base_url: str) -> None:
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir()
    environment = {"portal_id": str(PORTAL_ID), "token": "${HUBSPOT_TOKEN}", "base_url": base_url}
    settings = {"version": "1", "manifests": ["."], "environments": {"main": environment}}
    (project / "reconciler.yaml").write_text(json.dumps(settings))


def _environ() -> dict[str, str]:
    return {"HUBSPOT_TOKEN": TOKEN, "PYTHONPATH": str(_ROOT)}


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
