"""Git runs no program from a checkout, and gets no token."""

import os
import shutil
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.project.git import find_repository
from tests.support.projects import Project

SETTINGS = "version: 1\nenvironments:\n  local: {portal: emulator}\n"
MANIFEST = "object: products\nkey: hs_sku\nrecords:\n  P-1: {name: Sensor, price: 1}\n"
ADA = {
    f"GIT_{role}_{what}": "ada@acme.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}


def git(folder: Path, *arguments: str, **more: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=os.environ | ADA | more,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def script(path: Path, proof: Path) -> Path:
    """Write a program that writes its environment to ``proof``, and its input to its output."""
    path.write_text(f"#!/bin/sh\nenv > {proof}\ncat 2>/dev/null\n")
    path.chmod(0o755)
    return path


def like_a_repository(folder: Path, config: str) -> None:
    """Create the data files that make git treat ``folder`` as a repository."""
    folder.mkdir(exist_ok=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "objects").mkdir()
    (folder / "refs").mkdir()
    (folder / "config").write_text(f"[core]\n\trepositoryformatversion = 0\n\tbare = false\n{config}")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Create a project in a checkout, with a token in the environment."""
    made = Project(tmp_path / "project", {"HUBSPOT_ACCESS_TOKEN": "pat-na1-0000-secret"})
    made.write("reconciler.yaml", SETTINGS)
    made.write("products.yaml", MANIFEST)
    git(made.folder, "init", "-qb", "main")
    git(made.folder, "add", ".")
    git(made.folder, "commit", "-qm", "Begin")
    return made


@pytest.mark.parametrize("where", [".", "deep/er"])
@pytest.mark.parametrize("is_cloned", [True, False])
def test_a_folder_that_looks_like_a_repository_is_none(
    project: Project, tmp_path: Path, where: str, is_cloned: bool
) -> None:
    proof = tmp_path / "ran"
    monitor = script(tmp_path / "monitor", proof)
    inner = project.folder / where
    inner.mkdir(parents=True, exist_ok=True)
    like_a_repository(inner, f"\tfsmonitor = {monitor}\n\tworktree = {inner}\n")
    shutil.copy(project.folder / ".git" / "index", inner / "index")
    if inner != project.folder:
        for name in ("reconciler.yaml", "products.yaml"):
            shutil.copy(project.folder / name, inner / name)
    if not is_cloned:
        shutil.rmtree(project.folder / ".git")
    if not is_cloned or inner != project.folder:
        subprocess.run(["git", "status"], cwd=inner, capture_output=True, check=False)
        assert proof.exists()  # plain git does run the program, so the attack is real
        proof.unlink()

    planned = replace(project, folder=inner).run("plan", "--json")

    assert planned.code == 0, planned.err
    commit = git(project.folder, "--git-dir", ".git", "rev-parse", "HEAD") if is_cloned else None
    assert planned.document["manifests"]["git"] == commit
    assert not proof.exists()


@pytest.mark.parametrize(
    "setting",
    [
        "[core]\n\tfsmonitor = {program}\n",
        "[core]\n\thooksPath = {folder}\n",
        "[core]\n\tpager = {program}\n[pager]\n\tstatus = true\n",
        "[diff]\n\texternal = {program}\n",
        "[alias]\n\tstatus = !{program}\n\trev-parse = !{program}\n",
    ],
)
def test_programs_that_the_configuration_names_are_not_run(
    project: Project, tmp_path: Path, setting: str
) -> None:
    proof = tmp_path / "ran"
    program = script(tmp_path / "post-index-change", proof)
    with (project.folder / ".git" / "config").open("a") as config:
        config.write(setting.format(program=program, folder=tmp_path))
    (project.folder / "products.yaml").touch()

    planned = project.run("plan", "--json")

    assert planned.code == 0
    assert planned.document["manifests"]["git"] == git(project.folder, "rev-parse", "HEAD")
    assert not proof.exists()


def test_a_filter_of_the_person_who_plans_sees_no_token(project: Project, tmp_path: Path) -> None:
    proof = tmp_path / "ran"
    clean = script(tmp_path / "clean", proof)
    (tmp_path / "person").write_text(f'[filter "mine"]\n\tclean = {clean}\n')
    project.write(".gitattributes", "*.yaml filter=mine\n")
    os.utime(project.folder / "products.yaml", (1, 1))

    person = {**project.environ, "GIT_CONFIG_GLOBAL": str(tmp_path / "person")}
    planned = replace(project, environ=person).run("plan", "--json")

    assert planned.document["manifests"]["uncommitted"] is False
    assert "GIT_DIR=" in proof.read_text()  # the filter was run: files in Git LFS need one
    assert "secret" not in proof.read_text()


@pytest.mark.parametrize(
    "path", [".:{path}", ":{path}", "{folder}:{path}", "{folder}/bin:{path}", "bin:{path}"]
)
def test_git_is_no_program_of_the_project(project: Project, tmp_path: Path, path: str) -> None:
    proof = tmp_path / "ran"
    (project.folder / "bin").mkdir()
    for place in (project.folder, project.folder / "bin"):
        script(place / "git", proof)
    found = path.format(path=os.environ["PATH"], folder=project.folder)

    planned = replace(project, environ={**project.environ, "PATH": found}).run("plan", "--json")

    assert planned.document["manifests"]["git"] == git(project.folder, "rev-parse", "HEAD")
    assert not proof.exists()


@pytest.mark.parametrize(
    "variables",
    [
        {"GIT_DIR": "{other}/.git"},
        {"GIT_DIR": "{other}/.git", "GIT_WORK_TREE": "{other}"},
        {"GIT_INDEX_FILE": "{other}/.git/index"},
        {"GIT_OBJECT_DIRECTORY": "/nowhere"},
        {"GIT_COMMON_DIR": "{other}/.git"},
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": "{program}"},
        {"GIT_CONFIG_PARAMETERS": "'core.fsmonitor'='{program}'"},
        {"GIT_EXEC_PATH": "{other}"},
        {"GIT_TRACE": "{proof}"},
    ],
)
def test_variables_about_another_repository_are_not_for_ours(
    project: Project, tmp_path: Path, variables: Mapping[str, str]
) -> None:
    other, proof = tmp_path / "other", tmp_path / "ran"
    git(tmp_path, "init", "-q", str(other))
    git(other, "commit", "-q", "--allow-empty", "-m", "Another")
    program = script(tmp_path / "monitor", proof)
    filled = {
        name: value.format(other=other, proof=proof, program=program) for name, value in variables.items()
    }

    planned = replace(project, environ={**project.environ, **filled}).run("plan", "--json")

    assert planned.document["manifests"]["git"] == git(project.folder, "rev-parse", "HEAD")
    assert planned.document["manifests"]["uncommitted"] is False
    assert not proof.exists()


def test_a_worktree_and_a_submodule_are_checkouts(project: Project, tmp_path: Path) -> None:
    git(project.folder, "worktree", "add", "-q", "--detach", str(tmp_path / "tree"))
    outer = tmp_path / "outer"
    git(tmp_path, "init", "-q", str(outer))
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(project.folder), "crm")
    commit = git(project.folder, "rev-parse", "HEAD")

    for folder in (tmp_path / "tree", outer / "crm"):
        repository = find_repository(folder, os.environ)
        assert repository is not None
        assert repository.top == folder
        assert repository.ask("rev-parse", "HEAD").out.strip() == commit
        assert replace(project, folder=folder).run("plan", "--json").document["manifests"]["git"] == commit


def test_a_symbolic_link_to_a_project_is_asked_about_where_it_leads(project: Project, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(project.folder)

    repository = find_repository(tmp_path / "link", os.environ)

    assert repository is not None
    assert repository.top == project.folder


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to another user")
def test_another_users_repository_is_not_trusted(project: Project) -> None:
    for path in (project.folder, project.folder / ".git"):
        os.chown(path, 12345, -1)

    repository = find_repository(project.folder, {"PATH": os.environ["PATH"], "HOME": "/nowhere"})

    assert repository is not None
    assert "dubious ownership" in (repository.distrust or "")
    assert not repository.ask("rev-parse", "HEAD").is_yes
    assert stat.S_ISDIR((project.folder / ".git").stat().st_mode)


@pytest.mark.parametrize("text", ["", "gitdir", "gitdir: /nowhere\n", "gitdir: \0\n", "\xff"])
def test_a_pointer_that_leads_nowhere_is_no_repository(tmp_path: Path, text: str) -> None:
    (tmp_path / ".git").write_text(text)

    repository = find_repository(tmp_path, os.environ)

    assert repository is None or repository.top != tmp_path
