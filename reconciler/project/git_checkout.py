"""The git checkout of the manifests: its commit, and whether its history contains the last applied commit."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from reconciler.plan.guards import Divergence
from reconciler.project.git import find_repository
from reconciler.project.notices import Notice, Notify

_MANIFESTS = ("*.yaml", "*.csv", "*.parquet", "*.jsonl")
"""Patterns of git, below the project folder, for files that can be part of a plan."""

_COMMIT = re.compile("[0-9a-f]{40,64}")


class Checkout(NamedTuple):
    """The checkout of the project folder."""

    commit: str
    has_uncommitted: bool  # whether manifests differ from the commit, or are not in it


def read_checkout(project: Path, notify: Notify) -> Checkout | None:
    """Return which commit is checked out in ``project``, and whether manifests differ from this commit.

    Return None outside git, before the first commit, and if git does not trust the owner of the folder. In
    the last case, ``notify`` is called.
    """
    repository = find_repository(project, os.environ)
    if repository is None:
        return None
    head = repository.ask("rev-parse", "--verify", "HEAD^{commit}")
    if not head.is_yes:
        if "dubious ownership" in head.err:
            reason = head.err.splitlines()[0]
            notify(Notice(f"git does not say at which commit the manifests are: {reason}"))
        return None
    status = repository.ask("status", "--porcelain", "--ignore-submodules=all", "--", *_MANIFESTS)
    return Checkout(head.out.strip(), bool(status.out.strip()))


def head_commit(project: Path) -> str | None:
    """Return the commit that is checked out in ``project``; None outside git and before the first commit."""
    repository = find_repository(project, os.environ)
    head = repository.ask("rev-parse", "--verify", "HEAD^{commit}") if repository else None
    return head.out.strip() if head and head.is_yes else None


def are_tracked(project: Path, names: Iterable[str]) -> bool:
    """Return whether git tracks all files ``names`` (paths from ``project``); False outside git."""
    repository = find_repository(project, os.environ)
    if repository is None:
        return False
    listed = repository.ask("ls-files", "-z")
    tracked = set(listed.out.split("\0")) if listed.is_yes else set[str]()
    return tracked.issuperset(os.path.normpath(name) for name in names)


def folder_in_repository(project: Path) -> str | None:
    """Return the path of ``project`` in its repository, with a final slash; "" at the top, None outside."""
    repository = find_repository(project, os.environ)
    inside = repository.path_of(project / "reconciler.yaml") if repository else None
    return None if inside is None else inside.removesuffix("reconciler.yaml")


def divergence_from(project: Path, commit: str, applied: str | None) -> Divergence | None:
    """Return how ``commit`` diverged from ``applied``, the commit that was applied last.

    Return None if ``commit`` contains ``applied``, if nothing was applied, or outside git.
    """
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
