"""A small GitHub in a folder, for workflows under test: comments, issues, runs and their artifacts.

Run as a program, it replaces ``gh``: it knows the calls of the workflows, and the job permission that each of
them needs, and refuses all others.
"""

import json
import os
import shutil
import sys
from argparse import ArgumentParser
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "inntal/crm"
BOT = "github-actions[bot]"
_READ, _WRITE = ("read", "write"), ("write",)


@dataclass
class Hub:
    """The contents of the repository, kept in ``hub.json``, because every call is a process."""

    folder: Path
    comments: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    pulls: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path) -> "Hub":
        held = folder / "hub.json"
        return cls(folder, **json.loads(held.read_text())) if held.exists() else cls(folder)

    def write(self) -> None:
        held = {name: value for name, value in vars(self).items() if name != "folder"}
        (self.folder / "hub.json").write_text(json.dumps(held))

    def artifact(self, run: int, name: str) -> Path:
        return self.folder / "artifacts" / str(run) / name

    def add_comment(self, number: int, body: str, login: str = BOT) -> None:
        self.comments.append(
            {"id": 100 + len(self.comments), "number": number, "body": body, "user": {"login": login}}
        )

    def add_issue(self, title: str, body: str, login: str = BOT, **more: Any) -> None:
        number = 1 + len(self.issues)
        issue = {"number": number, "title": title, "body": body, "state": "open", "user": {"login": login}}
        self.issues.append(issue | more)


def main(arguments: list[str]) -> None:
    """Imitate the calls of ``gh`` that the workflows use."""
    hub = Hub.read(Path(os.environ["HUB"]))
    hub.calls.append(" ".join(arguments))
    hub.write()
    if not os.environ.get("GH_TOKEN"):
        sys.exit("gh: set the GH_TOKEN environment variable")
    match arguments:
        case ["run", "download", *rest]:
            _download(hub, rest)
        case ["api", *rest]:
            _api(hub, rest)
        case _:
            sys.exit(f"gh: {arguments} is not known here")
    hub.write()


def _need(permission: str, levels: tuple[str, ...] = _READ) -> None:
    granted = json.loads(os.environ["HUB_PERMISSIONS"])
    if granted.get(permission) not in levels:
        sys.exit(f"gh: Resource not accessible by integration (HTTP 403): needs {permission}: {levels[0]}")


def _download(hub: Hub, arguments: list[str]) -> None:
    parser = ArgumentParser(allow_abbrev=False)
    parser.add_argument("run")
    for name in ("--repo", "--name", "--dir"):
        parser.add_argument(name, required=True)
    asked = parser.parse_args(arguments)
    _need("actions")
    source = hub.artifact(int(asked.run), asked.name)
    if asked.repo != REPOSITORY or not source.exists():
        sys.exit("no valid artifacts found to download")
    shutil.copytree(source, asked.dir, dirs_exist_ok=True)


def _api(hub: Hub, arguments: list[str]) -> None:
    parser = ArgumentParser(allow_abbrev=False)
    parser.add_argument("path")
    parser.add_argument("--method")
    parser.add_argument("--field", action="append", default=[])
    parser.add_argument("--raw-field", action="append", default=[])
    parser.add_argument("--paginate", action="store_true")
    parser.add_argument("--silent", action="store_true")
    asked = parser.parse_args(arguments)
    fields = dict(text.split("=", 1) for text in asked.raw_field)
    for name, value in (text.split("=", 1) for text in asked.field):
        fields[name] = Path(value[1:]).read_text() if value.startswith("@") else value
    method = asked.method or ("POST" if fields else "GET")
    url = urlsplit(asked.path)
    answer = _answer(hub, method, url.path, {k: v[0] for k, v in parse_qs(url.query).items()}, fields)
    if asked.silent:
        return
    if asked.paginate:
        for item in answer or [None]:  # one page each, as separate documents
            sys.stdout.write(json.dumps([item] if item else []))
    else:
        sys.stdout.write(json.dumps(answer))


def _answer(hub: Hub, method: str, path: str, query: dict[str, str], fields: dict[str, str]) -> Any:
    assert path.startswith(f"repos/{REPOSITORY}/"), path
    match method, path.removeprefix(f"repos/{REPOSITORY}/").split("/"):
        case "GET", ["issues", number, "comments"]:
            _need("pull-requests")
            return [comment for comment in hub.comments if comment["number"] == int(number)]
        case "POST", ["issues", number, "comments"]:
            is_issue = any(issue["number"] == int(number) for issue in hub.issues)
            _need("issues" if is_issue else "pull-requests", _WRITE)
            hub.add_comment(int(number), fields["body"])
        case "PATCH", ["issues", "comments", number]:
            _need("pull-requests", _WRITE)
            (comment,) = [comment for comment in hub.comments if comment["id"] == int(number)]
            comment["body"] = fields["body"]
        case "GET", ["commits", sha, "pulls"]:
            _need("pull-requests")
            return hub.pulls.get(sha, [])
        case "GET", ["actions", "workflows", workflow, "runs"]:
            _need("actions")
            renamed = {"status": "conclusion", "branch": "head_branch"}
            wanted = {"workflow": workflow} | {
                renamed.get(name, name): value for name, value in query.items()
            }
            found = [run for run in hub.runs if wanted.items() <= run.items()]
            return {"total_count": len(found), "workflow_runs": found}
        case "GET", ["issues"]:
            _need("issues")
            found = [issue for issue in hub.issues if issue["state"] == query["state"]]
            return [issue for issue in found if issue["user"]["login"] == query["creator"]]
        case "POST", ["issues"]:
            _need("issues", _WRITE)
            hub.add_issue(fields["title"], fields["body"])
        case "PATCH", ["issues", number]:
            _need("issues", _WRITE)
            (issue,) = [issue for issue in hub.issues if issue["number"] == int(number)]
            issue.update(fields)
        case unknown:
            sys.exit(f"gh: {unknown} is not known here")
    return {}


if __name__ == "__main__":
    main(sys.argv[1:])
