"""The list of components (SBOM, CycloneDX) has everything that a release needs, by version and hash."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from reconciler import __version__
from tests.support.projects import ROOT


def test_it_has_what_is_locked(tmp_path: Path) -> None:
    file = tmp_path / "sbom.json"
    done = subprocess.run(
        ["bash", ROOT / ".ci" / "sbom", file],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(file.read_text()) is None
    document = json.loads(file.read_text())
    root = document["metadata"]["component"]
    assert (root["name"], root["version"]) == ("hubspot-reconciler", __version__)
    found = {
        (part["name"].lower(), part["version"], "SHA-256" in json.dumps(part))
        for part in document["components"]
    }
    locked = re.findall(
        r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE
    )
    assert found == {(name.lower(), version, True) for name, version in locked}
