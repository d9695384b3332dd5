"""Three clones of one bare repository and one portal; they share nothing else."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from reconciler.emulator.serve import running
from tests.crash.world import SEED, clean_environment
from tests.support.git_remotes import bare_repository, git
from tests.support.projects import PORTAL, ROOT, Done, Project, Recorder

ROUNDS = int(os.environ.get("RECONCILER_TEST_ROUNDS", "2"))
SETTINGS = f"""version: 1
project: acme
state: git:refs/reconciler
environments:
  live:
    portal_id: {PORTAL}
    token: ${{HUBSPOT_TOKEN}}
    base_url: ${{RECONCILER_URL}}
"""
APPLY = ("apply", "--auto-approve", "--allow", "create=100", "--allow", "update=100", "--parallelism", "2")


@dataclass(frozen=True)
class Team:
    """A repository and its clones, and the portal to which all of them write."""

    remote: Path
    folder: Path
    portal: Recorder
    environ: dict[str, str]

    def clone(self, name: str) -> Project:
        git(self.folder, "clone", "--quiet", f"file://{self.remote}", name)
        return Project(self.folder / name, self.environ)

    def begin(self, project: Project, *arguments: str) -> "subprocess.Popen[bytes]":
        """Run the program in its own process, with three records in a call."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.crash.launcher", "0", "-C", str(project.folder), *arguments],
            cwd=ROOT,
            env={**clean_environment(), **self.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def writes(self) -> list[str]:
        """Return the bodies of all write calls, in order of arrival."""
        return [
            str(request.body)
            for request in self.portal.requests
            if request.path.endswith(("upsert", "update"))
        ]

    def fault(self, text: str) -> None:
        httpx.post(f"{self.environ['RECONCILER_URL']}/_emulator/faults", json=text).raise_for_status()


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    remote = bare_repository(tmp_path)
    portal = Recorder(tmp_path / "portal.db")
    portal.ensure_portal(PORTAL, {"version": 1, "properties": SEED["properties"]})
    try:
        with running(portal) as url:
            environ = {
                "RECONCILER_URL": url,
                "HUBSPOT_TOKEN": portal.token(PORTAL),
                "RECONCILER_PLAN_KEY": "k" * 44,
            }
            made = Team(remote, tmp_path, portal, environ)
            first = made.clone("first")
            first.write("reconciler.yaml", SETTINGS)
            push(first, "settings")
            yield made
    finally:
        portal.close()


def declare(project: Project, name: str, value: str, count: int = 12) -> None:
    """Write a manifest of ``count`` companies, commit it and push it."""
    lines = "".join(f"  {name}-{number}: {{name: {name} {value} {number}}}\n" for number in range(count))
    project.write(f"{name}.yaml", f"object: companies\nkey: external_id\nrecords:\n{lines}")
    push(project, f"{name} {value}")


def push(project: Project, message: str) -> None:
    git(project.folder, "add", "--all")
    git(project.folder, "commit", "--quiet", "-m", message)
    git(project.folder, "push", "--quiet", "origin", "HEAD:master")


def pull(project: Project) -> None:
    git(project.folder, "pull", "--quiet", "--rebase", "origin", "master")


def owned(project: Project) -> dict[str, str]:
    """Return the origin of each owned record, by key."""
    listed = json.loads(project.run("state", "export").out)["owned"]
    return {record["key"]: record["origin"] for record in listed}


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.01)


def assert_ok(done: Done) -> None:
    assert done.code == 0, done.out + done.err


def test_clones_take_turns_and_one_that_is_killed_and_deleted_is_settled_by_the_next(team: Team) -> None:
    one, other, third = (team.clone(name) for name in ("one", "other", "third"))
    declare(one, "ada", "first")
    assert_ok(one.run(*APPLY))
    pull(other)
    planned = other.run("plan")
    assert planned.out.startswith("No changes."), planned.out

    declare(other, "bob", "first", count=30)
    team.fault("latency:ms=300,path=*/batch/upsert")
    before = len(team.writes())
    process = team.begin(other, *APPLY)
    wait_for(lambda: len(team.writes()) >= before + 3)
    process.kill()
    process.communicate()
    shutil.rmtree(other.folder)
    httpx.delete(f"{team.environ['RECONCILER_URL']}/_emulator/faults").raise_for_status()

    pull(third)
    assert third.run(*APPLY).code == 6
    assert_ok(third.run("unlock"))
    assert "bob" in third.run("plan", "--values", "show").out
    assert_ok(third.run(*APPLY))

    planned = third.run("plan")
    assert planned.out.startswith("No changes."), planned.out
    assert owned(third) == {f"ada-{n}": "created" for n in range(12)} | {
        f"bob-{n}": "created" for n in range(30)
    }
    runs = third.run("runs", "list", "--json").document
    assert [run["status"] for run in runs] == ["finished", "interrupted", "finished"]
    pull(one)
    assert one.run("plan").out.startswith("No changes.")


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_two_applies_at_once_do_not_interleave(team: Team, round_: int) -> None:
    one, other = team.clone("one"), team.clone("other")
    declare(one, "ada", str(round_))
    declare_apart(other, "bob", str(round_))
    processes = [team.begin(project, *APPLY, "--lock-timeout", "60s") for project in (one, other)]
    ended = [process.communicate(timeout=120) for process in processes]
    codes = [process.returncode for process in processes]

    assert codes == [0, 0], ended
    whose = ["ada" if "ada" in body else "bob" for body in team.writes()]
    assert sorted(whose, reverse=whose[0] == "bob") == whose
    assert set(whose) == {"ada", "bob"}
    pull(one)
    assert owned(one).keys() == {f"{name}-{n}" for name in ("ada", "bob") for n in range(12)}


def declare_apart(project: Project, name: str, value: str) -> None:
    """Declare companies in a clone that has not fetched the other clone's commit yet."""
    lines = "".join(f"  {name}-{number}: {{name: {name} {value} {number}}}\n" for number in range(12))
    project.write(f"{name}.yaml", f"object: companies\nkey: external_id\nrecords:\n{lines}")
