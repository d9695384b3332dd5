"""Wheel and sdist are complete: they can be installed and used, and a package index would accept them."""

import json
import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Mapping
from datetime import date
from email.parser import Parser
from pathlib import Path

import pytest

from reconciler import __version__
from tests.support.projects import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text()


def run(*command: str | Path, cwd: Path, environ: Mapping[str, str] = os.environ) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def installed(package: Path, folder: Path) -> Path:
    """Install ``package`` into a new environment that uses the tests' dependencies; return its programs."""
    venv.create(folder, with_pip=False)
    (site,) = (folder / "lib").glob("python*/site-packages")
    ours = [path for path in sys.path if path.endswith("-packages")]
    (site / "ours.pth").write_text("\n".join(ours))
    pip = (
        sys.executable,
        "-m",
        "pip",
        "--python",
        folder / "bin" / "python",
        "install",
        "--quiet",
        "--no-compile",
    )
    # The tests' environment may have the same version, and pip would not install it again.
    options = ("--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed")
    run(*pip, *options, package, cwd=folder)
    assert (site / "reconciler" / "__init__.py").exists()
    return folder / "bin"


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_a_stranger_tries_it_in_an_empty_home(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    programs = installed(request.getfixturevalue(kind), tmp_path / "venv")
    home = tmp_path / "home"
    home.mkdir()
    environ = {"HOME": str(home), "PATH": f"{programs}:/usr/bin:/bin", "LANG": "C.UTF-8"}

    def reconciler(*arguments: str) -> str:
        return run(programs / "reconciler", *arguments, cwd=home, environ=environ)

    assert reconciler("--version") == f"reconciler {__version__}\n"
    reconciler("init", "--example", "try")
    applied = reconciler("-C", "try", "apply", "--auto-approve")
    assert re.search(r"\b(\d+) planned = \1 applied ", applied)
    assert reconciler("-C", "try", "plan").startswith("No changes.")
    assert json.loads(reconciler("-C", "try", "state", "list", "--json"))
    assert {path.name for path in home.iterdir()} == {"try"}


def test_an_index_would_take_both(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    assert "PASSED" in run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist, cwd=tmp_path)


def test_the_version_stands_in_one_place_and_has_a_dated_entry(wheel: Path, sdist: Path) -> None:
    assert wheel.name.startswith(f"hubspot_reconciler-{__version__}-")
    assert sdist.name == f"hubspot_reconciler-{__version__}.tar.gz"
    first, latest, *_ = re.findall(r"^## (.+)$", CHANGELOG, flags=re.MULTILINE)
    assert first == "Unreleased"
    version, _, day = latest.partition(" - ")
    assert version == __version__
    assert date.fromisoformat(day)


def test_metadata_say_who_and_where(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        (name,) = (name for name in packed.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(packed.read(name).decode())
    assert metadata["Author"] == "the reconciler authors"
    assert metadata["License-Expression"] == "Apache-2.0"
    urls = dict(text.split(", ") for text in metadata.get_all("Project-URL") or ())
    assert urls.keys() == {"Repository", "Documentation", "Changelog", "Issues"}
    assert all(url.startswith("https://") and f"{urls['Repository']}" in url for url in urls.values())
    assert metadata["Requires-Python"] == ">=3.11"


def test_nothing_private_is_packed(wheel: Path, sdist: Path) -> None:
    with zipfile.ZipFile(wheel) as packed, tarfile.open(sdist) as archive:
        names = [*packed.namelist(), *archive.getnames()]
    assert not [name for name in names if "node_modules" in name or ".reconciler" in name or ".venv" in name]
    assert not [name for name in names if name.endswith((".pyc", ".db"))]
    for needed in ("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "requirements.lock", "hatch_build.py"):
        assert any(name.endswith(f"{__version__}/{needed}") for name in names), needed
