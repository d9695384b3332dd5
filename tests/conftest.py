"""Golden files: expected texts that one flag rewrites, so that the diff of the rewrite can be read."""

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# Tests start hundreds of programs. Without bytecode files, each of them would compile all modules again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# No deadline, because a busy machine may be slow. `--hypothesis-profile deep` tries more examples.
settings.register_profile("steady", deadline=None, max_examples=50)
settings.register_profile("deep", deadline=None, max_examples=2_000)
settings.load_profile("steady")

Golden = Callable[[Path, str], None]
"""Asserts that a text equals the file, or writes the file."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return the number of workers for ``-n auto``: one more than cores, as some tests mostly wait."""
    return (os.cpu_count() or 1) + 1


def pytest_sessionstart() -> None:
    """Stop garbage collection until all tests are collected; they are many objects that are never garbage."""
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write golden files instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    def check(path: Path, text: str) -> None:
        if request.config.getoption("--rewrite-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"{path} differs; see --rewrite-golden"

    return check
