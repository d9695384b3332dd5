"""The pages of ``docs/`` that ``reconciler help`` shows; each is shipped with the package."""

import re
from collections.abc import Mapping
from typing import Final

from reconciler.errors import UsageError
from reconciler.project.init.shipped_files import shipped_text
from reconciler.suggestions import did_you_mean

HELP_PAGES: Final[Mapping[str, str]] = {
    "accept": "update the manifests with changes that people made in HubSpot",
    "ci": "workflows for GitHub and GitLab, and what a token needs",
    "command-line": "shell completion, editor settings, and what other tools call our commands",
    "commands": "all commands and options",
    "definitions": "properties, pipelines, custom objects and association labels",
    "drift": "changes by people in HubSpot since the last apply, and their authors",
    "emulator": "the emulator of HubSpot, and what it does not imitate",
    "exit-codes": "the exit codes",
    "explain": "where a value comes from",
    "fmt": "the layout of manifests",
    "guards": "when a whole plan is refused, and how to allow it",
    "import": "write live records as manifests; choose or create their keys",
    "lifecycle": "every step from manifest to report",
    "limits": "problems that no plan can foresee",
    "manifests": "the manifest language",
    "notices": "notices to a webhook about drift, refused plans and incomplete runs",
    "plan-file": "the plan file, key by key",
    "promises": "what reconciler guarantees",
    "protection": "records that are never archived, and portals that need a saved plan",
    "pruning": "records that leave the manifests",
    "python": "the Python API",
    "python-api": "the Python API, name by name",
    "rehearse": "apply a plan to a throw-away copy of its portal",
    "review": "plans for reviewers, masking, encryption",
    "rollback": "a plan that takes back the changes of a run",
    "security": "attacks, protections, and your own tasks",
    "settings": "reconciler.yaml and environment variables",
    "start": "from a HubSpot key to the first pull request; messages and what to do",
    "state": "where state is kept, how it is encrypted and moved",
    "tables": "records from CSV, Parquet and JSON lines files",
    "values": "which values are equal, and which are refused",
    "verdicts": "who decides about a value",
}
"""Subjects of the pages, by topic; a topic is the name of a page."""

_COMMENT: Final = re.compile(r"<!--.*?-->\n?", re.DOTALL)


def topic_of(written: str) -> str:
    """Return the topic that ``written`` stands for, which may be a page such as ``docs/state.md#keys``."""
    return written.partition("#")[0].removeprefix("docs/").removesuffix(".md").lower()


def help_page(topic: str) -> str:
    """Return the page about ``topic`` in Markdown.

    Raises:
        UsageError: there is no such page, or this installation lacks it.
    """
    name = topic_of(topic)
    if name not in HELP_PAGES:
        question = did_you_mean(name, HELP_PAGES)
        raise UsageError(
            f'there is no page about "{topic}": {question}'
            if question
            else f'there is no page about "{topic}"\n    `reconciler help` lists the topics'
        )
    return _COMMENT.sub("", shipped_text(f"docs/{name}.md"))
