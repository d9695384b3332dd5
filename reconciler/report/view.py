"""The settings for rendering a report: its layout, and which values it may show."""

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

from reconciler.report.mask import Masking
from reconciler.source import SourceRef

Where: TypeAlias = Callable[[SourceRef], str]
"""A function that formats a place as ``file:line:column``, with the file as the reader would type it."""


@dataclass(frozen=True, slots=True)
class SourceLinks:
    """The URLs of manifests in the repository; known in a CI job."""

    files: str  # the beginning of the URL of a file at a commit: "https://github.com/acme/crm/blob/"
    folder: str = ""  # the path of the project in the repository, with a slash at its end

    def page(self, file: str, commit: str) -> str:
        """Return the URL of a file at ``commit``."""
        path = quote(posixpath.normpath(self.folder + file))
        return f"{self.files}{quote(commit, safe='')}/{path}"

    def link(self, source: SourceRef, commit: str) -> str:
        """Return the URL of a line at ``commit``."""
        return f"{self.page(source.file, commit)}#L{source.line}"


@dataclass(frozen=True, slots=True)
class View:
    """The settings for rendering a report; each form of report uses those that it needs."""

    masking: Masking  # whether personal values are shown
    where: Where = str
    full: bool = False  # whether to show parts that are otherwise folded or shortened
    width: int = 80  # columns
    color: bool = False
    shows_applied: bool = False  # for a run: whether to list applied changes, too
    links: SourceLinks | None = None  # None: the repository's URL is unknown

    def source_page(self, file: str, commit: str | None) -> str | None:
        """Return the URL of a manifest in the repository; None if it is unknown."""
        return self.links.page(file, commit) if self.links and commit else None

    def source_link(self, source: SourceRef | None, commit: str | None) -> str | None:
        """Return the URL of a manifest line in the repository; None if it is unknown."""
        return self.links.link(source, commit) if self.links and source and commit else None
