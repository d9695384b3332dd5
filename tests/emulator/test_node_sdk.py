"""HubSpot's own Node SDK works with the emulator over HTTP: ``node/drive.cjs`` makes the calls.

The SDK must be installed before, because tests never connect to a package registry: see "Work on it" in
README.md.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.serve import running
from tests.emulator.conftest import KEYED

FOLDER = Path(__file__).with_name("node")
SCENARIOS = re.findall(r'^  async "?([a-z ]+?)"?\(\) \{$', (FOLDER / "drive.cjs").read_text(), re.MULTILINE)
INSTALL = "npm install --no-package-lock --ignore-scripts --no-audit --no-fund --prefix tests/emulator/node"
ADA = {
    "id": "9",
    "email": "ada@acme.example",
    "userId": 77,
    "createdAt": "2024-02-03T04:05:06Z",
    "teams": [{"id": "5", "name": "North", "primary": True}],
}

LIST = {"listId": "7", "name": "Targets", "objectTypeId": "companies"}


def lacking() -> str | None:
    """Return the reason why the SDK cannot run here; None if it can. In CI it must be installed."""
    if shutil.which("node") is None:
        return "needs Node 18 or newer (Debian: nodejs, npm)"
    if not (FOLDER / "node_modules" / "@hubspot" / "api-client").exists():
        return f"needs HubSpot's Node SDK: {INSTALL}"
    return None


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    reason = lacking()
    if reason:
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    emulator = Emulator(None)
    emulator.ensure_portal(7, {**KEYED, "search_lag_ms": 0, "owners": [ADA], "lists": [LIST]})
    with running(emulator) as url:
        environ = {
            **os.environ,
            "PORTAL_URL": url,
            "PORTAL_TOKEN": emulator.token(7),
            "NO_PROXY": "127.0.0.1",
        }
        done = subprocess.run(
            ["node", str(FOLDER / "drive.cjs")], env=environ, capture_output=True, text=True, check=False
        )
    emulator.close()
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_node_sdk_is_served_as_by_hubspot(outcomes: dict[str, str], scenario: str) -> None:
    assert outcomes[scenario] == ""


@pytest.mark.parametrize("page", ["README.md", ".ci/run"])
def test_the_sdk_is_installed_as_the_page_says(page: str) -> None:
    assert INSTALL in (FOLDER.parents[2] / page).read_text()


def test_every_scenario_is_a_test(outcomes: dict[str, str]) -> None:
    assert set(outcomes) == set(SCENARIOS)
