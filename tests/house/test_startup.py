"""Commands do not import large libraries that they do not need."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.projects import EXAMPLE

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
    "duckdb",
}


def imported_by(*arguments: str, code: int = 0) -> set[str]:
    """Return the top-level packages that a run imports; the run must end with ``code``."""
    return {name.partition(".")[0] for name in modules_of(*arguments, code=code)}


def modules_of(*arguments: str, code: int = 0) -> set[str]:
    """Return all modules that a run imports; the run must end with ``code``."""
    command = [sys.executable, "-X", "importtime", "-m", "reconciler", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["version"]], ids=" ".join)
def test_saying_hello_imports_nothing_heavy(arguments: list[str]) -> None:
    assert not imported_by(*arguments) & HEAVY


def test_checking_manifests_imports_no_network_and_no_state() -> None:
    needed = {"pydantic", "yaml"}
    assert not imported_by("-C", str(EXAMPLE), "validate") & (HEAVY - needed)


def test_a_plan_to_be_applied_is_read_before_state_and_network_are_imported(tmp_path: Path) -> None:
    assert not imported_by("apply", str(tmp_path / "none.json"), code=1) & (HEAVY - {"pydantic", "yaml"})


def test_planning_imports_what_it_uses(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "project", ignore=shutil.ignore_patterns(".reconciler"))
    modules = modules_of("-C", str(tmp_path / "project"), "plan")
    imported = {name.partition(".")[0] for name in modules}
    assert not imported & {"rich", "deepdiff", "duckdb", "jinja2", "cryptography", "trio", "psycopg"}
    assert "reconciler.reconcile.plan" in modules
    assert not modules & {
        "reconciler.apply.kinds",
        "reconciler.manifest.tables.table",
        "reconciler.state.git.backend",
    }
