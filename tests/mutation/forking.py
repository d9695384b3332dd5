"""Run pytest many times in children of one process, which has imported everything that never changes.

``trial`` starts it in a copy of the tree. It reads a JSON list from each line of stdin (seconds, then the
arguments of pytest) and prints a line for each: the exit code, or ``hangs``. Only the children import the
package, so that each of them imports the module with the present fault.
"""

import contextlib
import importlib
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

_NEVER_CHANGES = (
    *("hypothesis", "hypothesis.strategies", "pydantic", "httpx", "orjson", "yaml", "click", "deepdiff"),
    *("sqlalchemy", "jinja2", "rich.console", "werkzeug.routing", "ruamel.yaml", "jsonschema"),
)
_IMPORTED_ALREADY = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
_LOOK_S = 0.02


def main() -> None:
    """Run pytest for each line of stdin, and print the result, until stdin ends."""
    for name in _NEVER_CHANGES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for line in sys.stdin:
        timeout_s, *arguments = json.loads(line)
        sys.stdout.write(f"{_run(arguments, timeout_s)}\n")
        sys.stdout.flush()


def _run(arguments: list[str], timeout_s: float | None) -> str:
    child = os.fork()
    if child == 0:
        _be_child(arguments)
    until = time.monotonic() + timeout_s if timeout_s is not None else None
    outcome = "hangs"
    while until is None or time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            outcome = str(os.waitstatus_to_exitcode(status))
            break
        time.sleep(_LOOK_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # ends processes that the child left: its process group
    if outcome == "hangs":
        os.waitpid(child, 0)
    return outcome


def _be_child(arguments: list[str]) -> None:
    code = 1
    try:
        os.setsid()
        log = os.open(Path("tests.log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, opened in enumerate((nothing, log, log)):
            os.dup2(opened, number)
        code = int(pytest.main(["-W", _IMPORTED_ALREADY, *arguments]))
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
