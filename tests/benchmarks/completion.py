"""Measures an answer of completion beside an interpreter that does nothing.

    python -m tests.benchmarks.completion [--rounds 20]

The project is the example. The least of all rounds counts: the machine may have other work.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from tests.support.projects import EXAMPLE, ROOT

_QUESTIONS = {
    "a command": ("pl",),
    "an option": ("plan", "--"),
    "an environment": ("-e", ""),
    "an address": ("explain", "companies/"),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.completion", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    environ = os.environ | {"_RECONCILER_COMPLETE": "fish", "PYTHONPATH": str(ROOT)}
    bare = _least_ms([sys.executable, "-c", "pass"], environ, rounds)
    sys.stdout.write(
        f"\n| | ms | times a bare interpreter |\n|---|---:|---:|\n| nothing | {bare:.0f} | 1.0 |\n"
    )
    for name, words in _QUESTIONS.items():
        cost = _least_ms([sys.executable, "-m", "reconciler", *words], environ, rounds)
        sys.stdout.write(f"| {name} | {cost:.0f} | {cost / bare:.1f} |\n")


def _least_ms(command: Sequence[str], environ: Mapping[str, str], rounds: int) -> float:
    return min(_ms(command, environ) for _ in range(rounds))


def _ms(command: Sequence[str], environ: Mapping[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=EXAMPLE, env=environ, stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
