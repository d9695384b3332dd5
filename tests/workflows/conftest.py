"""Repositories on a small GitHub, and portals on a port."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from reconciler.emulator.serve import running
from tests.support.projects import EXAMPLE, Recorder
from tests.support.workflows import SANDBOX, World, made_world


@pytest.fixture(scope="session")
def runner() -> None:
    """Check for the programs that steps need; without them, skip, or fail where every test must run."""
    missing = [name for name in ("bash", "curl", "git", "jq") if shutil.which(name) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"needs {', '.join(missing)}")
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")


@pytest.fixture
def world(runner: None, tmp_path: Path) -> World:  # noqa: ARG001 - skips without programs
    """The example project, without secrets: its environment is the emulator."""
    return made_world(tmp_path, EXAMPLE)


@pytest.fixture
def portal(world: World) -> Iterator[Recorder]:
    """Run a portal on a port and set its secrets; the project uses it like HubSpot, not as an emulator."""
    with contextlib.closing(Recorder(None)) as portal, running(portal) as url:
        portal.ensure_portal(SANDBOX, orjson.loads((EXAMPLE / "portal.json").read_bytes()))
        settings = world.repository / "manifests" / "reconciler.yaml"
        line = f"    portal_id: {SANDBOX}\n"
        assert line in settings.read_text()
        text = settings.read_text().replace(line, f"{line}    base_url: {url}\n")
        settings.write_text(f"state: sqlite:///{world.folder}/state.db\n{text}")
        # The two records named by id exist in one environment only.
        for file in ("companies", "deals", "tickets"):
            path = world.repository / "manifests" / f"{file}.yaml"
            path.write_text(path.read_text().replace("environments: [local]", "environments: [sandbox]"))
        world.commit("Name the portal")
        world.secrets["HUBSPOT_READ_TOKEN"] = portal.token(SANDBOX)
        world.secrets["HUBSPOT_WRITE_TOKEN"] = portal.token(SANDBOX)
        yield portal
