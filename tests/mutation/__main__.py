"""Put small faults into the modules that make decisions, and report the faults that no test notices.

``python -m tests.mutation [MODULE…] [--seed N] [--count N] [--jobs N] [--at-least PERCENT]``; README.md
beside this file says more.
"""

import argparse
import difflib
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from tests.mutation.faults import Fault, faults_of
from tests.mutation.modules import MODULES
from tests.mutation.trial import ROOT, Copy, copy_of_tree


def main(arguments: Sequence[str]) -> int:
    """Return exit code 0 if enough faults were noticed, else 1."""
    asked = _parse(arguments)
    planted = noticed = 0
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder, ExitStack() as stack:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for number in range(asked.jobs):
            place = Path(folder) / str(number)
            place.mkdir()
            copies.put(stack.enter_context(copy_of_tree(place)))
        for module in asked.modules or MODULES:
            faults = _chosen(module, asked.seed, asked.count)
            survivors = 0
            for fault in _survivors(module, faults, copies, asked.jobs):
                survivors += 1
                _say(_told(module, fault))
            planted += len(faults)
            noticed += len(faults) - survivors
            _say(f"{module}: {len(faults) - survivors} of {len(faults)} noticed")
    percent = 100 * noticed / planted if planted else 100.0
    _say(f"all: {noticed} of {planted} noticed ({percent:.1f} %)")
    return 0 if percent >= asked.at_least else 1


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation", description=str(__doc__).partition("\n")[0]
    )
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="as tests/mutation/modules.py lists it")
    parser.add_argument("--seed", type=int, default=1, help="which faults are drawn (default: 1)")
    parser.add_argument(
        "--count", type=int, default=25, help="how many for each module (default: 25; 0: all)"
    )
    parser.add_argument("--jobs", type=int, default=1, help="how many at once (default: 1)")
    parser.add_argument(
        "--at-least", type=float, default=98.0, metavar="PERCENT", help="else exit code 1 (default: 98)"
    )
    asked = parser.parse_args(arguments)
    unknown = [module for module in asked.modules if module not in MODULES]
    if unknown:
        parser.error(f"{unknown[0]} is not among {', '.join(MODULES)}")
    if asked.jobs < 1:
        parser.error("--jobs is 1 or more")
    return asked


def _chosen(module: str, seed: int, count: int) -> list[Fault]:
    """Choose ``count`` faults; the same seed and text give the same faults."""
    faults = faults_of((ROOT / module).read_text())
    if not count or count >= len(faults):
        return faults
    drawn = random.Random(f"{seed} {module}").sample(faults, count)
    return sorted(drawn, key=lambda fault: (fault.line, fault.what))


def _survivors(
    module: str, faults: Sequence[Fault], copies: "SimpleQueue[Copy]", jobs: int
) -> Iterator[Fault]:
    """Return the faults with which every test passes, as soon as each is found."""
    tests = MODULES[module]
    first = copies.get()
    timeout_s = first.timeout_s(tests)
    copies.put(first)

    def is_noticed(fault: Fault) -> bool:
        copy = copies.get()
        try:
            return copy.notices(module, fault.text, tests, timeout_s)
        finally:
            copies.put(copy)

    with ThreadPoolExecutor(jobs) as pool:
        for fault, found in zip(faults, pool.map(is_noticed, faults), strict=True):
            if not found:
                yield fault


def _told(module: str, fault: Fault) -> str:
    before = (ROOT / module).read_text().splitlines()
    lines = difflib.unified_diff(before, fault.text.splitlines(), module, module, lineterm="", n=1)
    return "\n".join(
        [f"not noticed, {module}:{fault.line}: {fault.what}", *(f"    {line}" for line in lines)]
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
