"""Runs the tests of a module against one fault, in a copy of the repository."""

import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
_OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "--no-header", "--hypothesis-seed=0")
_LEAST_TIMEOUT_S = 60.0
_PATIENCE = 5.0
"""Tests count as hanging after this multiple of the time that they take without a fault."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the repository's files, to put faults into, and a process that runs tests there."""

    root: Path
    _runner: "subprocess.Popen[str]"
    _moments: Iterator[int] = field(default_factory=lambda: itertools.count(1_000_000_000, 2))
    """Made-up modification times, one for each write of a file.

    Python compares modification time and size to decide whether it can use cached bytecode of a module.
    """

    def run(self, tests: Sequence[str], timeout_s: float | None = None) -> bool | None:
        """Run the tests, and end all processes that they leave running.

        Return whether the tests pass; None if they took too long.
        """
        assert self._runner.stdin is not None
        assert self._runner.stdout is not None
        self._runner.stdin.write(json.dumps([timeout_s, *_OPTIONS, *tests]) + "\n")
        self._runner.stdin.flush()
        outcome = self._runner.stdout.readline().strip()
        if not outcome:
            raise RuntimeError(f"the process that runs tests ended\n{self.log()}")
        return None if outcome == "hangs" else outcome == "0"

    def log(self) -> str:
        """Return the end of the output of the last tests."""
        log = self.root / "tests.log"
        return log.read_text(errors="replace")[-3000:] if log.exists() else ""

    def notices(self, module: str, text: str, tests: Sequence[str], timeout_s: float) -> bool:
        """Return whether any test fails or hangs if the module has this text."""
        place = self.root / module
        before = place.read_text()
        self._write(place, text)
        try:
            return self.run(tests, timeout_s) is not True
        finally:
            self._write(place, before)

    def _write(self, place: Path, text: str) -> None:
        place.write_text(text)
        moment = next(self._moments)
        os.utime(place, (moment, moment))

    def timeout_s(self, tests: Sequence[str]) -> float:
        """Return how many seconds the tests may take, measured with the unchanged module.

        Raises:
            SystemExit: the tests fail with the unchanged module.
        """
        began = time.monotonic()
        if not self.run(tests):
            sys.exit(f"the tests fail without any fault: {' '.join(tests)}\n{self.log()}")
        return max(_LEAST_TIMEOUT_S, _PATIENCE * (time.monotonic() - began))


@contextmanager
def copy_of_tree(folder: Path) -> Iterator[Copy]:
    """Yield a copy of the repository in ``folder``, without files that git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    with opened(folder) as copy:
        yield copy


@contextmanager
def opened(folder: Path) -> Iterator[Copy]:
    """Yield a ``Copy`` for ``folder``; its process runs tests until the block ends."""
    environ = {name: value for name, value in os.environ.items() if name != "CI"}
    runner = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "mutation" / "forking.py")],
        cwd=folder,
        env={**environ, "PYTHONPATH": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Copy(folder, runner)
    finally:
        runner.communicate()
