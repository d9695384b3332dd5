"""Runs the tests of a room against one fault, in a copy of the tree."""

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
"""How much longer than without a fault the tests may take before they count as hanging."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of what git knows of the tree, to plant faults into, and a process that runs tests there."""

    root: Path
    _runner: "subprocess.Popen[str]"
    _moments: Iterator[int] = field(default_factory=lambda: itertools.count(1_000_000_000, 2))
    """When each text was written, as far as Python is told: it takes a module for unchanged by that alone."""

    def run(self, tests: Sequence[str], timeout_s: float | None = None) -> bool | None:
        """Whether the tests pass; None: they took too long. What they leave running is ended with them."""
        assert self._runner.stdin is not None
        assert self._runner.stdout is not None
        self._runner.stdin.write(json.dumps([timeout_s, *_OPTIONS, *tests]) + "\n")
        self._runner.stdin.flush()
        outcome = self._runner.stdout.readline().strip()
        if not outcome:
            raise RuntimeError(f"the process that runs tests ended\n{self.log()}")
        return None if outcome == "hangs" else outcome == "0"

    def log(self) -> str:
        """The end of what the tests last said."""
        log = self.root / "tests.log"
        return log.read_text(errors="replace")[-3000:] if log.exists() else ""

    def notices(self, module: str, text: str, tests: Sequence[str], timeout_s: float) -> bool:
        """Whether any test fails, or hangs, with this text as the module."""
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
        """How long the tests may take. They must pass as they are.

        Raises:
            SystemExit: they do not.
        """
        began = time.monotonic()
        if not self.run(tests):
            sys.exit(f"the tests fail without any fault: {' '.join(tests)}\n{self.log()}")
        return max(_LEAST_TIMEOUT_S, _PATIENCE * (time.monotonic() - began))


@contextmanager
def copy_of_tree(folder: Path) -> Iterator[Copy]:
    """Copies every file that is committed, or new and not ignored."""
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
    """The folder as a copy, with a process that runs its tests as long as the block lasts."""
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
