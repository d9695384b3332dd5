"""Measures completion and ``--version`` in comparison with a Python process that does nothing.

    python -m tests.benchmarks.completion [--rounds 20]

The project is the example. CPU times are measured, and the smallest of all rounds counts, because the machine
may be busy with other work.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.projects import ROOT, example

_PROGRAM = "from reconciler.cli.entry import main; main()"
_KEPT = {
    "a command": ("pl",),
    "an option": ("plan", "--"),
    "an environment": ("-e", ""),
    "an address": ("explain", "companies/"),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.completion", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(example(Path(folder)).folder)
        _measure(rounds)


def _measure(rounds: int) -> None:
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    asking = environ | {"_RECONCILER_COMPLETE": "fish"}
    bare = _least_ms("pass", (), environ, rounds)
    rows = {"nothing": bare, "`--version`": _least_ms(_PROGRAM, ("--version",), environ, rounds)}
    rows["an address, first"] = _least_ms(_PROGRAM, _KEPT["an address"], asking, rounds)
    Path(".reconciler").mkdir()  # if this folder exists, answers are cached
    rows |= {name: _least_ms(_PROGRAM, words, asking, rounds) for name, words in _KEPT.items()}
    sys.stdout.write("\n| | ms | times a bare interpreter |\n|---|---:|---:|\n")
    for name, cost in rows.items():
        sys.stdout.write(f"| {name} | {cost:.0f} | {cost / bare:.1f} |\n")


def _least_ms(program: str, words: Sequence[str], environ: Mapping[str, str], rounds: int) -> float:
    return min(_ms([sys.executable, "-c", program, *words], environ) for _ in range(rounds))


def _ms(command: list[str], environ: Mapping[str, str]) -> float:
    """Return the CPU milliseconds that a command takes."""
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(command[0], command, environ, file_actions=silent)
    _, status, used = os.wait4(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return (used.ru_utime + used.ru_stime) * 1000


if __name__ == "__main__":
    main()
