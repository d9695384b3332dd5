"""Manifests that do not contain the last applied commit are refused, because they might undo it."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.projects import Project

SETTINGS = "version: 1\nenvironments:\n  local: {portal: emulator}\n"


def manifest(price: int) -> str:
    return f"object: products\nkey: hs_sku\nrecords:\n  P-1: {{name: Sensor, price: {price}}}\n"


def git(project: Project, *arguments: str) -> str:
    who = {
        f"GIT_{role}_{what}": "ada@acme.example"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    done = subprocess.run(
        ["git", *arguments],
        cwd=project.folder,
        env=os.environ | who,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit(project: Project, price: int) -> str:
    """Commit a manifest with this price; return the commit."""
    project.write("products.yaml", manifest(price))
    git(project, "add", "reconciler.yaml", "products.yaml")
    git(project, "commit", "-qm", f"price {price}")
    return git(project, "rev-parse", "HEAD")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with two commits, both applied."""
    project = Project(tmp_path / "project")
    project.write("reconciler.yaml", SETTINGS)
    git(project, "init", "-qb", "main")
    for price in (1, 2):
        commit(project, price)
        assert project.run("apply", "--auto-approve").code == 0
    return project


def test_manifests_that_contain_what_was_applied_are_planned(project: Project) -> None:
    after = commit(project, 3)

    planned = project.run("plan", "--json")

    assert planned.code == 0
    assert planned.document["manifests"]["git"] == after
    assert planned.document["manifests"]["uncommitted"] is False


def test_an_older_branch_is_refused(project: Project) -> None:
    applied = git(project, "rev-parse", "HEAD")
    git(project, "checkout", "-qb", "old", "HEAD~1")
    older = commit(project, 5)

    planned = project.run("plan", "--out", "plan.json")

    assert planned.code == 5
    reported = " ".join(planned.out.split())
    assert f"(commit {older[:12]}) do not contain the last apply (commit {applied[:12]})" in reported
    assert "1 commit is missing" in reported
    assert "merge the branch that was applied, or rebase onto this branch" in reported
    assert "if this is intended: --allow diverged=1" in reported
    for arguments in (["apply", "plan.json"], ["apply", "--auto-approve"]):
        refused = project.run(*arguments)
        assert refused.code == 5
        assert "do not contain the last apply" in refused.err

    git(project, "rebase", "-q", "-X", "theirs", "main")
    assert project.run("plan").code == 0


def test_that_it_is_intended_is_kept_in_the_plan(project: Project) -> None:
    git(project, "checkout", "-q", "HEAD~1")

    assert project.run("plan", "--allow", "diverged=1", "--out", "plan.json").code == 0
    assert project.run("apply", "plan.json").code == 0
    git(project, "checkout", "-q", "main")
    assert project.run("plan").code == 0


def test_a_number_of_commits_can_be_let_pass_by_the_project_file(project: Project) -> None:
    git(project, "checkout", "-q", "HEAD~1")
    project.write("reconciler.yaml", f"{SETTINGS}guards: {{diverged: 1}}\n")

    assert project.run("plan").code == 0


def test_rewritten_history_is_told_from_a_branch_that_is_behind(project: Project) -> None:
    project.write("products.yaml", manifest(7))
    git(project, "commit", "-qa", "--amend", "-m", "another price")
    git(project, "reflog", "expire", "--expire=now", "--all")
    git(project, "gc", "-q", "--prune=now")

    planned = project.run("plan")

    assert planned.code == 5
    assert "the applied commit is missing in this clone" in " ".join(planned.out.split())
    assert project.run("plan", "--allow", "diverged=1").code == 0


def test_a_shallow_clone_says_what_it_lacks(project: Project, tmp_path: Path) -> None:
    commit(project, 3)
    git(project, "clone", "-q", "--depth", "1", f"file://{project.folder}", str(tmp_path / "clone"))
    clone = replace(project, folder=tmp_path / "clone")
    (project.folder / ".reconciler").rename(clone.folder / ".reconciler")

    planned = clone.run("plan")

    assert planned.code == 5
    reported = " ".join(planned.out.split())
    assert "this clone is shallow, so reconciler cannot check whether" in reported
    assert "`fetch-depth: 0` of actions/checkout" in reported
    git(clone, "fetch", "-q", "--unshallow")
    assert clone.run("plan").code == 0


def test_a_plan_that_changes_nothing_is_not_refused(project: Project) -> None:
    git(project, "checkout", "-q", "--detach", "HEAD~1")
    project.write("products.yaml", manifest(2))

    assert project.run("plan").code == 0


def test_uncommitted_manifests_are_told_and_other_files_are_not(project: Project) -> None:
    project.write("notes.txt", "mine")
    assert "uncommitted" not in project.run("plan").out

    project.write("products.yaml", manifest(9))
    planned = project.run("plan", "--markdown", "plan.md", "--html", "plan.html")

    assert "and uncommitted changes" in " ".join(planned.out.split())
    for name in ("plan.md", "plan.html"):
        assert "and uncommitted changes" in (project.folder / name).read_text()
    assert project.run("plan", "--json").document["manifests"]["uncommitted"] is True


def test_outside_git_nothing_is_checked(project: Project) -> None:
    (project.folder / ".git").rename(project.folder / "elsewhere")
    project.write("products.yaml", manifest(1))

    planned = project.run("plan", "--json")

    assert planned.code == 0
    assert planned.document["manifests"]["git"] is None


def test_without_git_itself_nothing_is_checked(project: Project) -> None:
    git(project, "checkout", "-q", "HEAD~1")

    assert replace(project, environ={"PATH": "/nowhere"}).run("plan").code == 0


def test_a_checkout_that_git_does_not_trust_is_told(project: Project) -> None:
    distrusting = replace(project, environ={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1", "HOME": "/nowhere"})

    planned = distrusting.run("plan")

    assert planned.code == 0
    assert "git does not say at which commit the manifests are: fatal: detected dubious" in planned.err


def test_the_manifests_may_be_checked_online_from_any_branch(project: Project) -> None:
    git(project, "checkout", "-q", "HEAD~1")

    assert project.run("validate", "--online").code == 0
