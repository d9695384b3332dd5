"""The git checkout that manifests stand in: its commit, and whether it contains what was applied last."""

import os
import re
from pathlib import Path
from typing import NamedTuple

from reconciler.cli.messages import say
from reconciler.plan.guards import Divergence
from reconciler.project.git import find_repository

_MANIFESTS = ("*.yaml", "*.csv", "*.parquet", "*.jsonl")
"""Files that a plan may be made of, as git matches them below the project folder."""

_COMMIT = re.compile("[0-9a-f]{40,64}")


class Checkout(NamedTuple):
    """What the project folder is a checkout of."""

    commit: str
    has_uncommitted: bool  # manifests that differ from the commit, or are not in it


def read_checkout(project: Path) -> Checkout | None:
    """The commit that ``project`` is at; None outside git, and before the first commit."""
    repository = find_repository(project, os.environ)
    if repository is None:
        return None
    head = repository.ask("rev-parse", "--verify", "HEAD^{commit}")
    if not head.is_yes:
        if "dubious ownership" in head.err:
            told = head.err.splitlines()[0]
            say(f"git does not say at which commit the manifests are: {told}")
        return None
    status = repository.ask("status", "--porcelain", "--ignore-submodules=all", "--", *_MANIFESTS)
    return Checkout(head.out.strip(), bool(status.out.strip()))


def divergence_from(project: Path, commit: str, applied: str | None) -> Divergence | None:
    """How ``commit`` diverged from what was ``applied`` last; None where it contains that, or nothing was."""
    if applied is None or not _COMMIT.fullmatch(applied):
        return None
    repository = find_repository(project, os.environ)
    if repository is None or repository.ask("merge-base", "--is-ancestor", applied, commit).is_yes:
        return None
    if repository.ask("rev-parse", "--is-shallow-repository").out.strip() == "true":
        return Divergence(commit, applied, None, is_shallow=True)
    missing = repository.ask("rev-list", "--count", applied, f"^{commit}")
    count = int(missing.out) if missing.is_yes else None
    return Divergence(commit, applied, count, is_shallow=False)
