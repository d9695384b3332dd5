"""Measures the costs of a plan with many changes: saving it, comparing it with a reviewed one, applying it.

    python -m tests.benchmarks.plan_files [--changes 200000] [--latency-ms 0]

Every row is a whole process, and memory is its peak; the portal is another process. Each change writes one
property of a record that state knows. The last line is the time of reading a plan with 10,000 changes.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import Process
from pathlib import Path

from reconciler.project.plan_files import read_plan
from tests.benchmarks.measure import Cost, cost_of, portal
from tests.benchmarks.world import TOKEN, write_project

_READ = 10_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.plan_files", description=__doc__)
    parser.add_argument("--changes", type=int, default=200_000, help="changes of the plan")
    parser.add_argument("--latency-ms", type=float, default=0, help="of every answer of the portal")
    said = parser.parse_args()
    say(f"| {said.changes:,} changes | wall s | CPU s | peak MB |\n| --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with portal(said.changes, said.latency_ms, 0) as url:
            run = _project(folder / "many", said.changes, url)
            allowed = ["--allow", "update=1000000", "--allow", "total=1000000"]
            saved = ["plan", "--quiet", *allowed, "--out"]
            _tell("`plan --out`", run(*saved, "plan.json"))
            _tell("`plan --target --out`", run(*saved, "part.json", "--target", "companies/*"))
            _tell("`plan --reviewed --out`", run(*saved, "kept.json", "--reviewed", "plan.json"))
            _tell("`apply PLAN`", run("apply", "plan.json", "--auto-approve", "--quiet"))
        with portal(_READ, 0, 0) as url:
            _project(folder / "few", _READ, url)(*saved, "plan.json")
        say(_reading(folder / "few" / "plan.json"))


def _reading(path: Path) -> str:
    """Return the time to read a plan and check its digest, and to decode its changes; the fastest of five."""
    read, decoded = [], []
    for _ in range(5):
        begin = time.perf_counter()
        plan = read_plan(path)
        middle = time.perf_counter()
        count = sum(1 for _ in plan.changes)
        read.append(middle - begin)
        decoded.append(time.perf_counter() - middle)
    return f"\n{count:,} changes: read and digested in {min(read):.3f} s, decoded in {min(decoded):.3f} s"


def _project(folder: Path, count: int, url: str) -> Callable[..., Cost]:
    # In another process, because the memory of this one counts towards that of its child processes.
    making = Process(
        target=write_project,
        args=(folder, count, url),
        kwargs={"is_known": True, "is_table": True, "changed_every": 1},
    )
    making.start()
    making.join()
    command = [sys.executable, "-m", "reconciler"]
    return lambda *arguments: cost_of([*command, *arguments], folder, {"HUBSPOT_TOKEN": TOKEN})


def _tell(what: str, cost: Cost) -> None:
    say(f"| {what} | {cost.wall_s:.1f} | {cost.cpu_s:.1f} | {cost.memory_mb:.0f} |")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
