"""The release workflow publishes the files that it has built and tested, after a person has agreed."""

import json
from typing import Any

import yaml

from tests.support.projects import ROOT

RELEASE: dict[str, Any] = yaml.load((ROOT / ".github/workflows/release.yml").read_text(), yaml.BaseLoader)
JOBS: dict[str, Any] = RELEASE["jobs"]


def uses(job: str, action: str) -> list[dict[str, Any]]:
    return [step for step in JOBS[job]["steps"] if step.get("uses", "").startswith(f"{action}@")]


def test_nobody_else_can_call_it() -> None:
    assert RELEASE["on"] == {"push": {"tags": ["v*"]}}


def test_it_is_built_once_and_that_very_artifact_is_tested_attested_and_published() -> None:
    built = [job for job in JOBS if "-m build" in json.dumps(JOBS[job])]
    assert built == ["build"]
    assert [step["with"]["name"] for step in uses("build", "actions/upload-artifact")] == ["dist", "sbom"]
    for job in ("test", "attest", "publish"):
        assert {"name": "dist", "path": "dist/"} in [
            step["with"] for step in uses(job, "actions/download-artifact")
        ]
    assert JOBS["test"]["steps"][-1]["env"] == {"RECONCILER_DIST": "dist"}
    tried = next(step["run"] for step in JOBS["test"]["steps"] if "run" in step)
    assert 'for file in dist/*; do PYTHON=python bash .ci/try "$file"; done' in tried
    assert JOBS["test"]["needs"] == "build"
    assert set(JOBS["attest"]["needs"]) == {"build", "test"}
    assert set(JOBS["publish"]["needs"]) == {"test", "attest"}


def test_only_jobs_that_run_no_program_of_ours_can_sign_or_publish() -> None:
    signing = {job for job in JOBS if "id-token" in JOBS[job]["permissions"]}
    assert signing == {"attest", "publish"}
    for job in signing:
        assert not [step for step in JOBS[job]["steps"] if "run" in step or "checkout" in step["uses"]]
    assert JOBS["publish"]["environment"] == "pypi"
    assert uses("publish", "pypa/gh-action-pypi-publish")
    assert "secrets." not in json.dumps(RELEASE)


def test_it_is_tested_on_every_python_that_is_promised() -> None:
    ci = yaml.load((ROOT / ".github/workflows/ci.yml").read_text(), yaml.BaseLoader)
    promised = ci["jobs"]["test"]["strategy"]["matrix"]["python"]
    text = (ROOT / "pyproject.toml").read_text()
    assert promised == JOBS["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert all(f"Programming Language :: Python :: {each}" in text for each in promised)
