"""Fixtures for tests of the command line."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from reconciler.emulator.serve import running
from tests.support.projects import EXAMPLE, PORTAL, Project, Recorder, example


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[tuple[Project, Recorder]]:
    """Yield the example project, whose portal is served over HTTP and records its requests."""
    project = example(tmp_path)
    with contextlib.closing(Recorder(None)) as portal, running(portal) as url:
        portal.ensure_portal(PORTAL, orjson.loads((EXAMPLE / "portal.json").read_bytes()))
        project.replace(
            "reconciler.yaml",
            "    portal: emulator\n    portal_id: 1000000\n    seed: portal.json\n",
            f"    portal_id: {PORTAL}\n    token: ${{HUBSPOT_ACCESS_TOKEN}}\n    base_url: {url}\n",
        )
        yield Project(project.folder, {"HUBSPOT_ACCESS_TOKEN": portal.token(PORTAL)}), portal
