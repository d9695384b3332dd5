"""Measures plan and apply, comparable tools and the physical minimum in one run, and prints tables.

    python -m tests.benchmarks [--sizes 1000,10000,100000] [--rows 1000000] [--latency-ms 150] [--limit 0]
                               [--repeat 3]

Each program is measured as a whole process; the portal is another process. The fastest of several runs is
printed. Seconds depend on the machine; ratios between programs of one run depend on it much less.
"""

import argparse
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.measure import Cost, cost_of, portal
from tests.benchmarks.peers import octodns, terraform
from tests.benchmarks.world import TOKEN, write_project

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_MANY = 10_000
"""More records than this are only planned, and not by the script for comparison, which would take minutes."""
_WARM_UP = "import reconciler.cli.apply, reconciler.project.apply_plan, hubspot, ruamel.yaml, deepdiff"
_LIBRARIES = ("httpx", "orjson", "PyYAML", "pydantic", "SQLAlchemy", "duckdb", "ruamel.yaml", "deepdiff")


@dataclass(frozen=True, slots=True)
class Setting:
    """Settings that all programs in one table share."""

    size: int
    latency_ms: float
    limit: int  # maximum number of calls in ten seconds; 0 means no limit
    repeat: int
    folder: Path


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--sizes", default="1000,10000", help="numbers of records in YAML")
    parser.add_argument("--rows", default="", help="numbers of rows of a table")
    parser.add_argument("--latency-ms", type=float, default=150, help="of every answer")
    parser.add_argument("--limit", type=int, default=0, help="calls in ten seconds; HubSpot allows 190")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each contender")
    said = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    say(f"{platform.platform()}, Python {platform.python_version()}, {versions}")
    with tempfile.TemporaryDirectory() as folder:
        for size in _numbers(said.rows):
            setting = Setting(size, said.latency_ms, said.limit, said.repeat, Path(folder) / f"rows-{size}")
            _table(f"plan, a table of {size:,} rows, 1 % changed", setting, dict(_table_plans(setting)))
        for size in _numbers(said.sizes):
            setting = Setting(size, said.latency_ms, said.limit, said.repeat, Path(folder) / str(size))
            _table(f"plan, {size:,} records, 1 % changed", setting, dict(_plans(setting)))
            if size <= _MANY:
                _table(f"apply, {size:,} records created", setting, dict(_applies(setting)))


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",") if number]


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _table_plans(setting: Setting) -> Iterator[tuple[str, Cost | str]]:
    with portal(setting.size, setting.latency_ms, setting.limit) as base_url:
        project = setting.folder / "plan"
        write_project(project, setting.size, base_url, is_known=True, is_table=True)
        yield "floor", _run(setting, project, str(_HERE / "floor.py"), "companies.csv", base_url)
        yield "reconciler plan", _run(setting, project, "-m", "reconciler", "plan", "--quiet")
        shutil.rmtree(project / ".reconciler")
        first = ("-m", "reconciler", "plan", "--quiet", "--json")
        yield "reconciler plan, adopting them all", _run(setting, project, *first)
    yield "SDK script, octoDNS, Terraform", "skipped: they hold it all in memory, for hours"


def _run(setting: Setting, project: Path, *command: str) -> Cost:
    return _fastest(setting, lambda: cost_of([sys.executable, *command], project, _environ(setting)))


def _plans(setting: Setting) -> Iterator[tuple[str, Cost | str]]:
    with portal(setting.size, setting.latency_ms, setting.limit) as base_url:
        project = setting.folder / "plan"
        write_project(project, setting.size, base_url, is_known=True)
        manifest = [str(project / "companies.yaml"), base_url]
        cost_of([sys.executable, "-c", _WARM_UP], project, _environ(setting))  # creates the bytecode files
        yield "floor", _run(setting, project, str(_HERE / "floor.py"), *manifest)
        yield "reconciler plan", _run(setting, project, "-m", "reconciler", "plan")
        if setting.size > _MANY:
            yield "SDK script", "skipped: it takes minutes"
        else:
            yield "SDK script", _run(setting, project, str(_HERE / "script.py"), *manifest)
    yield "octoDNS, YAML to YAML", octodns(setting.folder, setting.size)
    yield "Terraform plan, no provider's calls", terraform(setting.folder, setting.size)


def _applies(setting: Setting) -> Iterator[tuple[str, Cost | str]]:
    with _made(setting, "floor") as (project, base_url):
        command = [sys.executable, str(_HERE / "floor.py"), "companies.yaml", base_url, "--apply"]
        yield "floor", cost_of(command, project, _environ(setting))
    with _made(setting, "ours") as (project, _):
        command = [sys.executable, "-m", "reconciler", "apply", "--auto-approve"]
        yield "reconciler apply", cost_of(command, project, _environ(setting))
    with _made(setting, "saved") as (project, _):
        ours = [sys.executable, "-m", "reconciler"]
        cost_of([*ours, "plan", "--out", "plan.json"], project, _environ(setting))
        _rest(setting)
        yield (
            "reconciler apply PLAN, reading again",
            cost_of([*ours, "apply", "plan.json"], project, _environ(setting)),
        )
    with _made(setting, "script") as (project, base_url):
        command = [sys.executable, str(_HERE / "script.py"), "companies.yaml", base_url, "--apply"]
        yield "SDK script, no journal", cost_of(command, project, _environ(setting))


@contextmanager
def _made(setting: Setting, name: str) -> Iterator[tuple[Path, str]]:
    """Yield a project, and the URL of an empty portal."""
    with portal(0, setting.latency_ms, setting.limit) as base_url:
        project = setting.folder / name
        write_project(project, setting.size, base_url, is_known=False)
        yield project, base_url


def _environ(setting: Setting) -> dict[str, str]:
    return {
        "HUBSPOT_TOKEN": TOKEN,
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(setting.folder.parent / "bytecode"),
    }


def _fastest(setting: Setting, measure: Callable[[], Cost]) -> Cost:
    costs = []
    for _ in range(setting.repeat):
        _rest(setting)
        costs.append(measure())
    return min(costs, key=lambda cost: cost.wall_s)


def _rest(setting: Setting) -> None:
    """Wait until the rate window is empty, so that each program starts alike."""
    if setting.limit:
        time.sleep(10)


def _table(title: str, setting: Setting, rows: dict[str, Cost | str]) -> None:
    limit = f"{setting.limit} calls in 10 s" if setting.limit else "no limit"
    say(f"\n{title} ({setting.latency_ms:.0f} ms an answer, {limit})\n")
    say("| | wall s | CPU s | peak MB | wall, against ours |\n|---|---:|---:|---:|---:|")
    ours = next(cost for name, cost in rows.items() if name.startswith("reconciler"))
    assert isinstance(ours, Cost)
    for name, cost in rows.items():
        if isinstance(cost, Cost):
            ratio = cost.wall_s / ours.wall_s
            say(f"| {name} | {cost.wall_s:.2f} | {cost.cpu_s:.2f} | {cost.memory_mb:.0f} | {ratio:.2f} |")
        else:
            say(f"| {name} | {cost} | | | |")


if __name__ == "__main__":
    main()
