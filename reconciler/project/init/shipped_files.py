"""Files that are part of the package: workflows, and the example project.

In a checkout of reconciler they are in the places where they are used and tested. A wheel contains copies of
them beside this package; ``pyproject.toml`` lists them.
"""

import json
import re
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from reconciler.errors import UsageError

_DISTRIBUTION = "hubspot-reconciler"  # as pyproject.toml calls it
_GITHUB = re.compile(r"https://github\.com/(?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/?")
_COMMIT = re.compile("[0-9a-f]{40,64}")

EXAMPLE = "manifests"
"""The folder of the example project, in the repository of reconciler."""

EXAMPLE_FILES = (
    "README.md",
    "companies.yaml",
    "deals.yaml",
    "definitions.yaml",
    "goal_targets.yaml",
    "portal.json",
    "postal_mail.yaml",
    "products.yaml",
    "reconciler.yaml",
    "tickets.yaml",
)
WORKFLOWS = tuple(f".github/workflows/{name}.yml" for name in ("plan", "apply", "drift"))
GITLAB = "docs/gitlab-ci.yml"


class InstalledFrom(NamedTuple):
    """The repository from which reconciler was installed."""

    name: str  # OWNER/REPOSITORY on GitHub
    commit: str


UNKNOWN_ORIGIN = InstalledFrom("OWNER/REPOSITORY", "COMMIT")
"""Placeholders in workflows for a repository that is not known; a person must replace them."""


def shipped_text(name: str) -> str:
    """Read a file of the package, by its path in the repository of reconciler.

    Raises:
        UsageError: this installation does not contain the file.
    """
    try:
        return _folder().joinpath(*name.split("/")).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"this installation of reconciler lacks {name}\n    install it again, from its repository"
        ) from error


def installed_from() -> InstalledFrom:
    """Return the GitHub repository and commit from which pip installed reconciler, or ``UNKNOWN_ORIGIN``.

    Source: https://packaging.python.org/en/latest/specifications/direct-url/.
    """
    try:
        told = json.loads(distribution(_DISTRIBUTION).read_text("direct_url.json") or "{}")
        repository = _GITHUB.fullmatch(str(told.get("url", "")))
        commit = str(told.get("vcs_info", {}).get("commit_id", ""))
    except (PackageNotFoundError, ValueError, AttributeError):
        return UNKNOWN_ORIGIN
    if repository is None or not _COMMIT.fullmatch(commit):
        return UNKNOWN_ORIGIN
    return InstalledFrom(repository["name"], commit)


def _folder() -> Traversable:
    shipped = files("reconciler") / "shipped"
    return shipped if shipped.is_dir() else Path(__file__).parents[3]
