"""Workflows for GitHub and GitLab: those of the reconciler repository, adapted to another project."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from shlex import quote

from reconciler.project.init.shipped_files import (
    GITLAB,
    UNKNOWN_ORIGIN,
    WORKFLOWS,
    InstalledFrom,
    shipped_text,
)

_ENVIRONMENT = re.compile(r"(?:  # The portal, where[^\n]*\n)?  RECONCILER_ENV: \$\{\{[^\n]*\}\}\n")
_OF_EMULATOR = re.compile(r" *# emulator: begin\n.*? *# emulator: end\n", re.DOTALL)
_FOR_GIT_STATE = re.compile(
    r"^ *RECONCILER_(?:GIT_TOKEN|PLAN_KEY): [^\n]*the state in git[^\n]*\n", re.MULTILINE
)
_WRITES_GIT_STATE = "contents: write # the state in git\n"
_PLAIN = re.compile("[A-Za-z][A-Za-z0-9._/-]*")
_COMMAND = re.compile(r"^( *)command: (plan|apply|drift|check)\n", re.MULTILINE)
_GITLAB_COMMAND = re.compile(r"(?<!<!-- )\breconciler (?=(?:plan|apply|drift|show|import) )")
"""Matches the commands in the pipeline for GitLab, but not the same words in a note after ``<!--``."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The project and the repository for which workflows are written."""

    project: str  # path of the project folder from the repository's root; "." is the root
    environment: str
    branch: str  # the branch whose commits are applied
    origin: InstalledFrom
    has_git_state: bool = False  # whether jobs read the state from the repository, and apply writes it there

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The placeholders in the workflows that a person must replace."""
        return tuple(UNKNOWN_ORIGIN) if self.origin == UNKNOWN_ORIGIN else ()


def github_workflows(around: Surroundings) -> Mapping[str, str]:
    """Return the workflows for GitHub Actions, by their path from the repository's root."""
    return {name: _github(shipped_text(name), around) for name in WORKFLOWS}


def gitlab_pipeline(around: Surroundings) -> Mapping[str, str]:
    """Return the pipeline for GitLab, by its path from the repository's root."""
    text = shipped_text(GITLAB)
    text = text.replace("  RECONCILER_ENV: production\n", f"  RECONCILER_ENV: {around.environment}\n")
    text = text.replace("OWNER/REPOSITORY", around.origin.name)
    text = text.replace("RECONCILER_COMMIT: COMMIT", f"RECONCILER_COMMIT: {around.origin.commit}")
    text = text.replace("# ci.md in the same folder lists the variables that this file needs.\n", "")
    if not around.has_git_state:
        text = _FOR_GIT_STATE.sub("", text)
    if around.project != ".":
        chosen = f"reconciler -C {quote(around.project)} "
        text = _GITLAB_COMMAND.sub(lambda _: chosen, text)
    return {".gitlab-ci.yml": text}


def _github(text: str, around: Surroundings) -> str:
    action = f"{around.origin.name}/.github/actions/reconcile@{around.origin.commit}"
    text = _OF_EMULATOR.sub("", text)
    text = _ENVIRONMENT.sub(f"  RECONCILER_ENV: {around.environment}\n", text)
    text = text.replace("$/.github/actions/reconcile", action)
    text = text.replace("HUBSPOT_SANDBOX_TOKEN:", "HUBSPOT_ACCESS_TOKEN:")
    text = re.sub(r"group: (apply|drift)-sandbox", rf"group: \1-{around.environment}", text)
    text = text.replace("branches: [main]", f"branches: [{_scalar(around.branch)}]")
    text = text.replace('elif [ "$RECONCILER_ENV" != local ]; then', "else")
    if not around.has_git_state:
        text = _FOR_GIT_STATE.sub("", text).replace(_WRITES_GIT_STATE, "contents: read\n")
    if around.project != ".":
        text = _COMMAND.sub(rf"\1command: \2\n\1project: {_scalar(around.project)}\n", text)
    return text


def _scalar(text: str) -> str:
    """Write ``text`` as a scalar of YAML."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text)
