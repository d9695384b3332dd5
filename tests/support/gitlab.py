"""A small GitLab on a port, with its runner: jobs run in bash, and their requests are real."""

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.support.projects import ROOT
from tests.support.workflows import noting_python3

CONFIG = ROOT / "docs" / "gitlab-ci.yml"
PROJECT = 42
NOTER, READER, BOT = "glpat-may-write-notes", "glpat-may-read", 900


@dataclass
class GitLab:
    """The contents of the project, and the address of its API."""

    url: str = ""
    notes: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    merge_requests: list[dict[str, Any]] = field(default_factory=list)
    pipelines: list[dict[str, Any]] = field(default_factory=list)
    artifacts: dict[int, bytes] = field(default_factory=dict)
    """Artifacts by job."""

    def answer(self, method: str, path: str, query: Mapping[str, str], sent: Mapping[str, str]) -> Any:
        """Return GitLab's answer; None if nothing is at that path."""
        place = path.removeprefix(f"/projects/{PROJECT}/").split("/")
        return self._read(place, query) if method == "GET" else self._write(method, place, sent)

    def _read(self, place: list[str], query: Mapping[str, str]) -> Any:
        match place:
            case ["", "user"]:
                return {"id": BOT}
            case ["merge_requests", _, "notes"]:
                return self.notes
            case ["repository", "commits", _, "merge_requests"]:
                return self.merge_requests
            case ["merge_requests", _, "pipelines"]:
                return self.pipelines
            case ["pipelines", number, "jobs"]:
                return [{"id": int(number) + 1, "name": "lint"}, {"id": int(number) + 2, "name": "plan"}]
            case ["jobs", number, "artifacts", "plan.json"]:
                return self.artifacts.get(int(number))
            case ["issues"]:
                asked = {"labels": query["labels"], "state": query["state"]}
                return [issue for issue in self.issues if asked.items() <= issue.items()]
        return None

    def _write(self, method: str, place: list[str], sent: Mapping[str, str]) -> Any:
        match method, place:
            case "POST", ["merge_requests", _, "notes"]:
                self.notes.append({"id": len(self.notes), "author": {"id": BOT}, **sent})
                return self.notes[-1]
            case "PUT", ["merge_requests", _, "notes", number]:
                self.notes[int(number)].update(sent)
                return self.notes[int(number)]
            case "POST", ["issues"]:
                self.issues.append({"iid": len(self.issues), "state": "opened", **sent})
                return self.issues[-1]
            case "PUT", ["issues", number]:
                state = {"state": "closed"} if sent.get("state_event") == "close" else {}
                self.issues[int(number)].update(sent, **state)
                return self.issues[int(number)]
        return None


@contextmanager
def running_gitlab() -> Iterator[GitLab]:
    """Run a GitLab on a port of this machine."""
    gitlab = GitLab()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            token = self.headers.get("PRIVATE-TOKEN")
            is_allowed = token == NOTER or (token == READER and self.command == "GET")
            path = url.path.removeprefix("/api/v4")
            answer = gitlab.answer(self.command, path, _flat(url.query), _flat(body)) if is_allowed else None
            self.send_response(200 if answer is not None else 404)
            self.end_headers()
            self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

        do_GET = do_POST = do_PUT = _handle  # noqa: N815 - the names that the server looks for

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    gitlab.url = f"http://127.0.0.1:{server.server_port}/api/v4"
    try:
        yield gitlab
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def published(folder: Path) -> tuple[str, str]:
    """Create a repository with the files that the installation needs; return its path and commit."""
    repository = folder / "published"
    if not repository.exists():
        for name in (".github/actions/reconcile/install.sh", "requirements.lock"):
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, repository / name)
        git = ["git", "-C", str(repository), "-c", "user.name=Ada", "-c", "user.email=ada@acme.example"]
        for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Publish"]):
            subprocess.run([*git, *command], check=True)
    head = subprocess.run(
        ["git", "-C", str(repository), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    )
    return repository.as_uri(), head.stdout.strip()


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def run_job(
    text: str, name: str, folder: Path, variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run the job ``name`` of a .gitlab-ci.yml in ``folder``; ``variables`` are those that GitLab sets."""
    config = yaml.safe_load(text)
    job = config[name]
    script = [*config["default"]["before_script"], *job["script"]]
    set_here = dict(variables) | config["variables"] | job.get("variables", {})
    programs = folder.parent / "programs"
    programs.mkdir(exist_ok=True)
    _program(programs / "apt-get", f"env >> {folder.parent}/given")
    noting_python3(programs, folder.parent)
    return subprocess.run(
        ["bash", "-c", "set -eo pipefail\n" + "\n".join(script)],
        cwd=folder,
        env={
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder.parent),
            "CI": "true",
            **_expanded(set_here),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _program(path: Path, command: str) -> None:
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o755)


def _expanded(variables: Mapping[str, str]) -> dict[str, str]:
    """Expand variables that name others, as GitLab does."""

    def value(text: str) -> str:
        return re.sub(r"\$(\w+)", lambda found: value(variables.get(found[1], "")), text)

    return {name: value(text) for name, text in variables.items()}
