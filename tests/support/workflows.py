"""Running our workflows: their own steps, in bash, in a fresh checkout, with replacements for GitHub's parts.

Expressions are evaluated, and actions of this repository are run step by step. The few other actions are
imitated: checkout, and the upload of an artifact. ``gh`` is a small GitHub in a folder.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import yaml

from reconciler.emulator.app import Emulator
from reconciler.emulator.inprocess import EmulatorTransport
from tests.support import hub as gh
from tests.support.expressions import filled, holds
from tests.support.hub import REPOSITORY, Hub
from tests.support.projects import ROOT

WORKFLOWS = ROOT / ".github" / "workflows"
SANDBOX = 1234567
"""Id of the HubSpot portal in the example's settings, which also have an environment for the emulator."""

AWKWARD = "$(touch pwned)`touch pwned`';touch pwned;\"\n::set-output name=folder::/etc"
"""A title and a branch name that try to inject code."""

_SHELLS = {"": ["bash", "-e"], "bash": ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"]}
_PYTHON3 = f"""\
#!/bin/sh
# python3 -m venv FOLDER, without the network: python only notes its arguments and its environment.
mkdir -p "$3/bin"
printf '#!/bin/sh\\nPYTHONPATH={ROOT} exec {sys.executable} -m reconciler "$@"\\n' > "$3/bin/reconciler"
printf '#!/bin/sh\\necho "$@" >> NOTES/installed\\nenv >> NOTES/given\\n' > "$3/bin/python"
chmod +x "$3/bin/reconciler" "$3/bin/python"
"""


def noting_python3(programs: Path, notes: Path) -> None:
    """Create a ``python3`` in ``programs``, whose only use is to create a venv.

    The ``reconciler`` in the venv is the real one. The ``python`` in it only writes its arguments and its
    environment to files in ``notes``.
    """
    _program(programs / "python3", _PYTHON3.replace("NOTES", str(notes)))


@dataclass
class JobRun:
    """The result of a job."""

    conclusion: str = "success"
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""


@dataclass(frozen=True)
class World:
    """A repository on GitHub: its commits, its secrets, and the results of workflows."""

    folder: Path
    secrets: dict[str, str] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    @property
    def hub(self) -> Hub:
        return Hub.read(self.folder / "hub")

    def change_hub(self, change: Any) -> None:
        hub = self.hub
        change(hub)
        hub.write()

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@acme.example", *arguments]
        return subprocess.run(
            command, cwd=self.repository, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self, message: str = "Change manifests") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def run(self, workflow: str, event_name: str, event: Mapping[str, Any], **more: Any) -> dict[str, JobRun]:
        """Run ``workflow`` for an event; return the results of its jobs."""
        return Run(self, workflow, event_name, event, **more).jobs()


def made_world(folder: Path, files: Path) -> World:
    """Create a repository with ``files`` in manifests/."""
    world = World(folder)
    (folder / "hub").mkdir()
    shutil.copytree(files, world.repository / "manifests", ignore=shutil.ignore_patterns(".reconciler"))
    world.git("init", "--quiet", "--initial-branch=main")
    world.commit("Begin")
    programs = folder / "programs"
    programs.mkdir()
    noting_python3(programs, folder / "hub")
    _program(programs / "gh", f'#!/bin/sh\nexec {sys.executable} {gh.__file__} "$@"\n')
    return world


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def pull_request(world: World, number: int = 7, repository: str = REPOSITORY) -> dict[str, Any]:
    """Build the event of a pull request whose last commit is the repository's."""
    head = {
        "sha": world.git("rev-parse", "HEAD"),
        "ref": AWKWARD,
        "repo": {"id": 1 if repository == REPOSITORY else 2, "full_name": repository},
    }
    return {"pull_request": {"number": number, "title": AWKWARD, "body": AWKWARD, "head": head}}


class Run:
    """One run of one workflow."""

    def __init__(
        self,
        world: World,
        workflow: str,
        event_name: str,
        event: Mapping[str, Any],
        *,
        sha: str = "",
        head_branch: str = "main",
    ) -> None:
        self.world = world
        self.document = yaml.load((WORKFLOWS / workflow).read_text(), yaml.BaseLoader)
        assert event_name in self.document["on"]
        self.event_name, self.event = event_name, event
        self.sha = sha or world.git("rev-parse", "HEAD")
        hub = world.hub
        self.id = 7000 + len(hub.runs)
        pull = event.get("pull_request", {})
        repository = {"id": 1, "full_name": REPOSITORY}
        self.record = {
            "id": self.id,
            "workflow": workflow,
            "event": event_name,
            "head_sha": pull["head"]["sha"] if pull else self.sha,
            "head_branch": pull["head"]["ref"] if pull else head_branch,
            "repository": repository,
            "head_repository": pull["head"]["repo"] if pull else repository,
            "conclusion": "",
        }
        hub.runs.append(self.record)
        hub.write()

    def jobs(self) -> dict[str, JobRun]:
        done: dict[str, JobRun] = {}
        for name, job in self.document["jobs"].items():
            needed = job.get("needs", [])
            needs = {need: done[need] for need in ([needed] if isinstance(needed, str) else needed)}
            done[name] = _Job(self, name, job, needs).run()
        conclusions = {job.conclusion for job in done.values()} - {"skipped"}
        self.world.change_hub(
            lambda hub: hub.runs[self.id - 7000].update(
                conclusion="success" if conclusions <= {"success"} else "failure"
            )
        )
        return done

    def contexts(self) -> dict[str, Any]:
        github = {
            "event": self.event,
            "event_name": self.event_name,
            "repository": REPOSITORY,
            "ref": "refs/heads/main",
            "token": "ghs_of_the_job",
        }
        contexts = {"github": github, "secrets": self.world.secrets, "inputs": self.event.get("inputs", {})}
        contexts["env"] = _all_filled(self.document.get("env", {}), contexts)
        return contexts


class _Job:
    def __init__(self, run: Run, name: str, job: Mapping[str, Any], needs: Mapping[str, JobRun]) -> None:
        self._run, self._job = run, job
        self._folder = run.world.folder / "runners" / f"{run.id}-{name}"
        self._needs = needs
        self._steps: dict[str, Any] = {}
        self._path = [str(run.world.folder / "programs")]
        self._done = JobRun()

    def run(self) -> JobRun:
        contexts = self._run.contexts()
        contexts["runner"] = {"temp": str(self._folder / "temp")}
        contexts["needs"] = {
            name: {"result": need.conclusion, "outputs": need.outputs} for name, need in self._needs.items()
        }
        before = {need.conclusion for need in self._needs.values()} - {"success"}
        if not holds(self._job.get("if"), contexts, "failure" if before else "success"):
            return JobRun("skipped")
        for name in ("workspace", "temp", "home"):
            (self._folder / name).mkdir(parents=True)
        assert "timeout-minutes" in self._job, "a job ends some day"
        status = self._all(self._job["steps"], {**contexts, "steps": self._steps}, ROOT)
        self._done.conclusion = status
        reported = _all_filled(self._job.get("outputs", {}), {**contexts, "steps": self._steps})
        self._done.outputs.update(reported)
        return self._done

    def _all(self, steps: list[Mapping[str, Any]], contexts: dict[str, Any], action: Path) -> str:
        status = "success"
        for step in steps:
            if holds(step.get("if"), contexts, status):
                outputs: dict[str, str] = {}
                is_done = self._one(step, contexts, action, outputs)
                if "id" in step:
                    contexts["steps"][step["id"]] = {"outputs": outputs}
                status = status if is_done else "failure"
        return status

    def _one(
        self, step: Mapping[str, Any], contexts: dict[str, Any], action: Path, outputs: dict[str, str]
    ) -> bool:
        env = contexts["env"] | _all_filled(step.get("env", {}), contexts)
        given = _all_filled(step.get("with", {}), contexts)
        uses = step.get("uses", "")
        if uses.startswith("$/"):
            return self._composite(ROOT / uses.removeprefix("$/"), given, {**contexts, "env": env}, outputs)
        if uses.startswith("actions/checkout@"):
            return self._checkout(given)
        if uses.startswith("actions/upload-artifact@"):
            return self._upload(given)
        assert not uses, f"{uses} is not played here"
        return self._bash(step, env, action, outputs)

    def _composite(
        self, folder: Path, given: dict[str, str], contexts: dict[str, Any], outputs: dict[str, str]
    ) -> bool:
        action = yaml.load((folder / "action.yml").read_text(), yaml.BaseLoader)
        assert given.keys() <= action["inputs"].keys()
        inputs = {name: given.get(name, spec.get("default", "")) for name, spec in action["inputs"].items()}
        inner = {**contexts, "inputs": inputs, "steps": {}}
        status = self._all(action["runs"]["steps"], inner, folder)
        outputs.update({name: filled(spec["value"], inner) for name, spec in action["outputs"].items()})
        return status == "success"

    def _checkout(self, given: Mapping[str, str]) -> bool:
        assert given["persist-credentials"] == "false"
        depth = [] if given.get("fetch-depth") == "0" else ["--depth=1"]
        workspace = self._folder / "workspace"
        source = self._run.world.repository.as_uri()
        git = ["git", "-c", "advice.detachedHead=false"]
        subprocess.run([*git, "init", "--quiet", workspace], check=True)
        fetch = ["fetch", "--quiet", *depth, source, self._run.sha]
        for command in (fetch, ["checkout", "--quiet", self._run.sha]):
            subprocess.run([*git, *command], cwd=workspace, check=True)
        return True

    def _upload(self, given: Mapping[str, str]) -> bool:
        target = self._run.world.hub.artifact(self._run.id, given["name"])
        shutil.copytree(given["path"], target)
        return True

    def _bash(
        self, step: Mapping[str, Any], env: dict[str, str], action: Path, outputs: dict[str, str]
    ) -> bool:
        assert "${{" not in step["run"], "values reach a script as variables, never as text of the script"
        files = self._files()
        defaults = self._run.document.get("defaults", {}).get("run", {})
        shell = _SHELLS[step.get("shell", defaults.get("shell", ""))]
        script = self._folder / "temp" / "step.sh"
        script.write_text(step["run"])
        done = subprocess.run(
            [*shell, script],
            cwd=self._folder / "workspace",
            env=self._environment(files, action) | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        self._done.log += done.stdout
        self._done.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        for line in files["GITHUB_OUTPUT"].read_text().splitlines():
            name, _, outputs[name] = line.partition("=")
        self._path = [*reversed(files["GITHUB_PATH"].read_text().splitlines()), *self._path]
        return done.returncode == 0

    def _files(self) -> dict[str, Path]:
        names = ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_EVENT_PATH")
        files = {name: self._folder / "temp" / name for name in names}
        for file in files.values():
            file.write_text("")
        files["GITHUB_EVENT_PATH"].write_text(json.dumps(self._run.event))
        return files

    def _environment(self, files: Mapping[str, Path], action: Path) -> dict[str, str]:
        """Return the environment variables of every step.

        The author of a pull request chose the name of its branch, GITHUB_HEAD_REF, so it may contain code.
        """
        pull = self._run.event.get("pull_request", {})
        return {
            "PATH": os.pathsep.join([*self._path, os.environ["PATH"]]),
            "HOME": str(self._folder / "home"),
            "PYTHONPATH": str(ROOT),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(action),
            "GITHUB_EVENT_NAME": self._run.event_name,
            "GITHUB_HEAD_REF": pull["head"]["ref"] if pull else "",
            "GITHUB_REF_NAME": "main",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": str(self._run.id),
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": self._run.sha,
            "RUNNER_TEMP": str(self._folder / "temp"),
            "HUB": str(self._run.world.folder / "hub"),
            "HUB_PERMISSIONS": json.dumps(self._job.get("permissions", {})),
            **{name: str(path) for name, path in files.items()},
            **self._run.world.environ,
        }


def _all_filled(mapping: Mapping[str, str], contexts: Mapping[str, Any]) -> dict[str, str]:
    return {name: filled(text, contexts) for name, text in mapping.items()}


def price(portal: Emulator, product: str) -> str | None:
    """Return the price of ``product`` in the portal; None if there is no such product."""
    with _client(portal) as http:
        answer = http.get(_product(product), params={"idProperty": "hs_sku", "properties": "price"})
        return (
            None if answer.status_code == HTTPStatus.NOT_FOUND else str(answer.json()["properties"]["price"])
        )


def change_price(portal: Emulator, product: str, price: str) -> None:
    """Change a price, like a salesperson in HubSpot."""
    with _client(portal) as http:
        asked = http.patch(
            _product(product), params={"idProperty": "hs_sku"}, json={"properties": {"price": price}}
        )
        assert asked.status_code == httpx.codes.OK


def _client(portal: Emulator) -> httpx.Client:
    return httpx.Client(transport=EmulatorTransport(portal, SANDBOX), base_url="https://api.hubapi.com")


def _product(name: str) -> str:
    return f"/crm/v3/objects/products/{name}"
