"""The git checkout that manifests stand in: its commit, and whether it contains what was applied last."""

import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import click

from reconciler.plan.guards import Divergence

_MANIFESTS = ("*.yaml", "*.csv", "*.parquet", "*.jsonl")
"""Files that a plan may be made of, as git matches them below the project folder."""

_COMMIT = re.compile("[0-9a-f]{40,64}")


class Checkout(NamedTuple):
    """What the project folder is a checkout of."""

    commit: str
    has_uncommitted: bool  # manifests that differ from the commit, or are not in it


def read_checkout(project: Path) -> Checkout | None:
    """The commit that ``project`` is at; None outside git, and before the first commit."""
    head = _git(project, "rev-parse", "--verify", "HEAD^{commit}")
    if head.returncode != 0:
        if "dubious ownership" in head.stderr:
            click.echo(
                f"git does not say at which commit the manifests are: {head.stderr.splitlines()[0]}", err=True
            )
        return None
    status = _git(project, "status", "--porcelain", "--", *_MANIFESTS)
    return Checkout(head.stdout.strip(), bool(status.stdout.strip()))


def divergence_from(project: Path, commit: str, applied: str | None) -> Divergence | None:
    """How ``commit`` diverged from what was ``applied`` last; None where it contains that, or nothing was."""
    if applied is None or not _COMMIT.fullmatch(applied):
        return None
    if _git(project, "merge-base", "--is-ancestor", applied, commit).returncode == 0:
        return None
    if _git(project, "rev-parse", "--is-shallow-repository").stdout.strip() == "true":
        return Divergence(commit, applied, None, is_shallow=True)
    missing = _git(project, "rev-list", "--count", applied, f"^{commit}")
    count = int(missing.stdout) if missing.returncode == 0 else None
    return Divergence(commit, applied, count, is_shallow=False)


def _git(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "--no-optional-locks", *arguments]
    try:
        return subprocess.run(  # noqa: S603 - our own words, and commits that were checked to be some
            command,
            cwd=project,
            env=os.environ | {"LC_ALL": "C"},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError:  # there is no git
        return subprocess.CompletedProcess(command, 127, "", "")
