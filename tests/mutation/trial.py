"""Runs the tests of a room against one fault, in a copy of the tree."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_LEAST_TIMEOUT_S = 60.0
_PATIENCE = 5.0
"""How much longer than without a fault the tests may take before they count as hanging."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of what git knows of the tree, to plant faults into."""

    root: Path

    @classmethod
    def made_in(cls, folder: Path) -> "Copy":
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
        return cls(folder)

    def run(self, tests: Sequence[str], timeout_s: float | None = None) -> bool | None:
        """Whether the tests pass; None: they took too long. What they leave running is ended with them."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header"]
        environ = {
            **{name: value for name, value in os.environ.items() if name != "CI"},
            "PYTHONPATH": str(self.root),
            "PYTHONDONTWRITEBYTECODE": "1",  # two faults in one second would share what was compiled
        }
        with (self.root / "tests.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--hypothesis-seed=0", *tests],
                cwd=self.root,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                return process.wait(timeout_s) == 0
            except subprocess.TimeoutExpired:
                return None
            finally:
                _end_group(process)

    def log(self) -> str:
        """The end of what the tests last said."""
        return (self.root / "tests.log").read_text(errors="replace")[-3000:]

    def notices(self, module: str, text: str, tests: Sequence[str], timeout_s: float) -> bool:
        """Whether any test fails, or hangs, with this text as the module."""
        place = self.root / module
        before = place.read_text()
        place.write_text(text)
        try:
            return self.run(tests, timeout_s) is not True
        finally:
            place.write_text(before)

    def timeout_s(self, tests: Sequence[str]) -> float:
        """How long the tests may take. They must pass as they are.

        Raises:
            SystemExit: they do not.
        """
        began = time.monotonic()
        if not self.run(tests):
            sys.exit(f"the tests fail without any fault: {' '.join(tests)}\n{self.log()}")
        return max(_LEAST_TIMEOUT_S, _PATIENCE * (time.monotonic() - began))


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    """Ends the tests' own session of processes, and no other."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
