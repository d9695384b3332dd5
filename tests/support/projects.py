"""Projects in a temporary folder, and commands that run on them."""

import atexit
import contextlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from reconciler.cli.main import run
from reconciler.emulator.app import Emulator
from reconciler.emulator.calls import Answer, Request
from reconciler.emulator.faults import parse
from reconciler.emulator.inprocess import EmulatorTransport
from tests.support.plan_json import plan_document

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "manifests"
PORTAL = 1000000


@dataclass(frozen=True)
class Done:
    """The result of a command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The printed JSON, with the changes of a plan in the form of ``plan_document``."""
        return plan_document(self.out)


@dataclass(frozen=True)
class Project:
    """A project folder."""

    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def replace(self, name: str, old: str, new: str) -> None:
        """Edit a file in one place."""
        text = (self.folder / name).read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        (self.folder / name).write_text(text.replace(old, new))

    def run(self, *arguments: str) -> Done:
        """Run the command line in the project folder."""
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.folder),
            environment(self.environ),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run(list(arguments))
        return Done(code, out.getvalue(), err.getvalue())

    @contextlib.contextmanager
    def portal(self, portal_id: int = PORTAL) -> Iterator[httpx.Client]:
        """Open the project's embedded portal, as other people use it."""
        emulator = Emulator(self.folder / ".reconciler" / "portal.db")
        try:
            transport = EmulatorTransport(emulator, portal_id)
            with httpx.Client(transport=transport, base_url="https://api.hubapi.com") as http:
                yield http
        finally:
            emulator.close()


def example(folder: Path) -> Project:
    """Copy the example project."""
    copy = folder / "project"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns(".reconciler"))
    return Project(copy)


def applied_example(folder: Path) -> Project:
    """Copy the example project with its portal and its state, as the first apply leaves them."""
    copy = folder / "project"
    shutil.copytree(_applied_once(), copy)
    return Project(copy)


@cache
def _applied_once() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="applied-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    done = example(folder).run("apply", "--auto-approve")
    assert done.code == 0, done.out + done.err
    return folder / "project"


@contextlib.contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables inside the block; remove those of the test process that change results."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("RECONCILER_", "HUBSPOT_", "GITHUB_", "NO_COLOR")) or name == "CI":
            del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


UNHURRIED = {"tenSecondly": 100_000, "searchSecondly": 10_000}
"""Limits that no test reaches, because waiting for them would only cost seconds."""


class Recorder(Emulator):
    """An emulator that records its requests, with limits that no test reaches."""

    def __init__(self, path: Path | None) -> None:
        super().__init__(path)
        self.requests: list[Request] = []

    def ensure_portal(self, portal_id: int, seed: Mapping[str, object] | None = None) -> bool:
        return super().ensure_portal(portal_id, {"limits": UNHURRIED} | dict(seed or {}))

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        return super().answer(request)

    def add_fault_text(self, text: str) -> None:
        """Inject a fault, like ``emulator serve --fault``."""
        self.add_fault(parse(text))

    def asked(self, path_end: str) -> list[tuple[str, Any]]:
        """Return the paths that end with ``path_end``, and the bodies sent there."""
        return [
            (request.path, json.loads(request.body))
            for request in self.requests
            if request.path.endswith(path_end)
        ]
