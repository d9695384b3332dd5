"""Nothing heavy is imported by commands that do not need it."""

import subprocess
import sys

import pytest

HEAVY = {
    "sqlalchemy",
    "httpx",
    "pydantic",
    "rich",
    "deepdiff",
    "orjson",
    "yaml",
    "werkzeug",
    "waitress",
    "cryptography",
}


def imported_by(*arguments: str) -> set[str]:
    """Top-level packages that a run imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "reconciler", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["version"]], ids=" ".join)
def test_saying_hello_imports_nothing_heavy(arguments: list[str]) -> None:
    assert not imported_by(*arguments) & HEAVY
