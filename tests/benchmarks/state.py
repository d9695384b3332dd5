"""Measures the costs of a large state: reading it, moving it, correcting it, and planning with it.

    python -m tests.benchmarks.state [--owned 1000000] [--latency-ms 0] [--drift]

Every row is a whole process; the portal is another process. Memory is the peak.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from multiprocessing import Process
from pathlib import Path

from tests.benchmarks.measure import Cost, cost_of, portal
from tests.benchmarks.world import OBJECT, TOKEN, company, write_project

_NAMED = 1_000
"""Number of records that the manifest names, besides those that are only owned."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.state", description=__doc__)
    parser.add_argument("--owned", type=int, default=1_000_000, help="records that state knows")
    parser.add_argument("--latency-ms", type=float, default=0, help="of every answer of the portal")
    parser.add_argument("--drift", action="store_true", help="compare all of them with the portal, too")
    said = parser.parse_args()
    say(f"| {said.owned:,} owned records | wall s | CPU s | peak MB |\n| --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name, portal(said.owned, said.latency_ms, 0) as url:
        folder = Path(name) / "project"
        # In another process, because the memory of this one counts towards that of its child processes.
        making = Process(
            target=write_project,
            args=(folder, said.owned, url),
            kwargs={"is_known": True, "named": _NAMED},
        )
        making.start()
        making.join()
        run = _runner(folder)
        _tell(f"`plan`, {_NAMED:,} of them named", run("plan"))
        _tell("`state list`", run("state", "list"))
        exported = run("state", "export")
        _tell("`state export`", exported)
        (folder.with_suffix(".out")).rename(folder / "state.json")
        _tell("`state rm` of one record, with its backup", run("state", "rm", f"{OBJECT}/{company(0).key}"))
        _tell("`state import` of all, with its backup", run("state", "import", "state.json"))
        _tell("`runs list`", run("runs", "list"))
        if said.drift:
            _tell("`drift`", run("drift", "--quiet"))


def _runner(folder: Path) -> Callable[..., Cost]:
    command = [sys.executable, "-m", "reconciler"]
    environ = {"HUBSPOT_ACCESS_TOKEN": TOKEN, "HUBSPOT_TOKEN": TOKEN}
    return lambda *arguments: cost_of([*command, *arguments], folder, environ)


def _tell(what: str, cost: Cost) -> None:
    say(f"| {what} | {cost.wall_s:.1f} | {cost.cpu_s:.1f} | {cost.memory_mb:.0f} |")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
