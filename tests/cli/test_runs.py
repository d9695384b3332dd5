"""What past runs did: when, whose, from which commit, and what became of it."""

import subprocess
from pathlib import Path

import pytest

from tests.support.projects import Project, example


def git(project: Project, *arguments: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@acme.example"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=project.folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The example project in a git checkout."""
    made = example(tmp_path)
    git(made, "init", "-q")
    git(made, "add", ".")
    git(made, "commit", "-qm", "Begin")
    return made


def test_a_run_knows_the_commit_of_the_manifests_that_its_plan_was_made_from(project: Project) -> None:
    commit = git(project, "rev-parse", "HEAD")
    project.run("plan", "--out", "plan.json")
    git(project, "commit", "-q", "--allow-empty", "-m", "Later")

    assert project.run("apply", "plan.json").code == 0

    (run,) = project.run("runs", "list", "--json").document
    assert run["commit"] == commit
    assert f"commit {commit}" in " ".join(project.run("runs", "show", run["id"]).out.split())
