"""Kills applies at every point and prints the failures: ``python -m tests.crash --all``."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path

from tests.crash.death import Story, Task, die_at
from tests.crash.definitions_world import begin_with_definitions
from tests.crash.world import begin
from tests.support.git_remotes import bare_repository
from tests.support.postgres import running_server, server_programs

BEGINS: dict[str, Callable[[Path], Story]] = {"records": begin, "definitions": begin_with_definitions}
"""Names of stories, and the function that prepares each of them."""


def tasks_of(start: Story, database: str, step: int, stack: ExitStack) -> Iterator[Task]:
    """Yield the tasks to kill the process at every n-th point of a story, on each database."""
    points = range(1, len(start.points) + 1, step)
    if database in {"sqlite", "both"}:
        yield from ((start, point, None) for point in points)
    programs = server_programs()
    if database in {"postgresql", "both"} and programs:
        server = stack.enter_context(running_server(programs))
        yield from ((start, point, server.new_database()) for point in points)
    if database == "git":
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for point in range(1, 2 * len(start.points), step):
            (folder / str(point)).mkdir()
            remote = bare_repository(folder / str(point))
            yield start, point, f"git:file://{remote}:refs/reconciler"


def main(arguments: Sequence[str]) -> int:
    """Kill at all points, or at every tenth, and print the failures and their number."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--all", action="store_true", help="every point (else every tenth)")
    parser.add_argument("--database", choices=["sqlite", "postgresql", "git", "both"], default="both")
    parser.add_argument("--story", choices=[*BEGINS, "both"], default="both")
    chosen = parser.parse_args(arguments)
    began = time.monotonic()
    with ExitStack() as stack:
        tasks: list[Task] = []
        for story in BEGINS if chosen.story == "both" else [chosen.story]:
            start = BEGINS[story](Path(stack.enter_context(tempfile.TemporaryDirectory())))
            tasks += tasks_of(start, chosen.database, 1 if chosen.all else 10, stack)
        # "spawn" starts each worker as a process of its own, which can then fork safely.
        with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
            results = []
            for result in pool.map(die_at, tasks):
                results.append(result)
                if result[3] or not len(results) % 50:
                    failures = sum(bool(each[3]) for each in results)
                    sys.stderr.write(f"{len(results)} of {len(tasks)}, {failures} failed\n")
    failed = sorted(result for result in results if result[3])
    for point, name, _, trace in failed:
        sys.stdout.write(f"--- {name}, point {point}\n{trace}\n")
    died = sum(died for _, _, died, _ in results)
    sys.stdout.write(
        f"{len(results)} runs, {died} died, {len(failed)} failed, {time.monotonic() - began:.0f} s\n"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
