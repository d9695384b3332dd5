"""``python -m tests.crash --all``: dies at every point there is, on databases or in git; says what failed."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path

from tests.crash.death import Task, die_at
from tests.crash.world import begin
from tests.support.git_remotes import bare_repository
from tests.support.postgres import running_server, server_programs


def main(arguments: Sequence[str]) -> int:
    """Run all points, or every n-th, and count."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--all", action="store_true", help="every point (else every tenth)")
    parser.add_argument("--database", choices=["sqlite", "postgresql", "git", "both"], default="both")
    chosen = parser.parse_args(arguments)
    began = time.monotonic()
    with ExitStack() as stack:
        start = begin(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        points = range(1, len(start.points) + 1, 1 if chosen.all else 10)
        tasks: list[Task] = []
        if chosen.database in {"sqlite", "both"}:
            tasks += [(start, point, None) for point in points]
        programs = server_programs()
        if chosen.database in {"postgresql", "both"} and programs:
            server = stack.enter_context(running_server(programs))
            tasks += [(start, point, server.new_database()) for point in points]
        if chosen.database == "git":
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            points = range(1, 2 * len(start.points), 1 if chosen.all else 10)
            for point in points:
                (folder / str(point)).mkdir()
                remote = bare_repository(folder / str(point))
                tasks.append((start, point, f"git:file://{remote}:refs/reconciler"))
        # Spawned, so that each worker has its own process to fork from.
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
