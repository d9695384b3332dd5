"""The pre-commit hook: its definition is valid, and it stops a commit of manifests with problems."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.projects import ROOT, Project

HOOKS = ROOT / ".pre-commit-hooks.yaml"
SETTINGS = """\
version: 1
environments:
  production: {portal_id: 7654321, token: "${HUBSPOT_ACCESS_TOKEN}", protected: true}
"""
COMPANIES = "object: companies\nkey: external_id\nrecords:\n  acme: {name: Acme GmbH}\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Create a repository that uses this repository's hook, with an environment whose token is not set."""
    project = Project(tmp_path / "repository")
    project.write("crm/reconciler.yaml", SETTINGS)
    project.write("crm/companies.yaml", COMPANIES)
    hook, _ = yaml.safe_load(HOOKS.read_text())
    # Without network: the hook uses the installed program instead of installing it (`language: python`).
    here = hook | {
        "language": "system",
        "entry": f"{sys.executable} -m {hook['entry']}",
        "args": ["-C", "crm"],
    }
    config = {"repos": [{"repo": "local", "hooks": [here]}]}
    project.write(".pre-commit-config.yaml", yaml.safe_dump(config))
    run(project, "git", "init", "--quiet")
    return project


def run(project: Project, *command: str) -> subprocess.CompletedProcess[str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT", "HUBSPOT_", "RECONCILER_"))
    }
    return subprocess.run(
        command,
        cwd=project.folder,
        env=inherited | {"PRE_COMMIT_HOME": str(project.folder.parent / "cache"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def hooked(project: Project, *files: str) -> subprocess.CompletedProcess[str]:
    """Run pre-commit with ``files`` staged."""
    run(project, "git", "add", *files)
    return run(project, sys.executable, "-m", "pre_commit", "run", "--color=never")


def test_pre_commit_reads_the_definition() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", HOOKS], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_good_manifests_pass_without_a_token(project: Project) -> None:
    done = hooked(project, "crm")
    assert done.returncode == 0, done.stdout
    assert "Passed" in done.stdout


def test_problems_stop_the_commit_with_their_place(project: Project) -> None:
    project.write("crm/companies.yaml", COMPANIES.replace("Acme GmbH", "~"))
    done = hooked(project, "crm")
    assert done.returncode == 1
    assert "crm/companies.yaml:4:16: " in done.stdout


def test_other_files_start_no_check(project: Project) -> None:
    project.write("notes.md", "nothing\n")
    assert "(no files to check)Skipped" in hooked(project, "notes.md").stdout
