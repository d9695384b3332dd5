"""The look of a report, and the values that it may show: the second argument of every renderer."""

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
    """The pages of a repository that show manifests, for a job that knows its repository."""

    files: str  # the beginning of the address of a file at a commit: "https://github.com/acme/crm/blob/"
    folder: str = ""  # the path of the project in the repository, with a slash at its end

    def page(self, file: str, commit: str) -> str:
        """Return the address of a file at ``commit``."""
        path = quote(posixpath.normpath(self.folder + file))
        return f"{self.files}{quote(commit, safe='')}/{path}"

    def link(self, source: SourceRef, commit: str) -> str:
        """Return the address of a line at ``commit``."""
        return f"{self.page(source.file, commit)}#L{source.line}"


@dataclass(frozen=True, slots=True)
class View:
    """The look of a report, and the values that it may show; each form uses the parts that it needs."""

    masking: Masking  # whether personal values are shown
    where: Where = str
    full: bool = False  # shows parts that are otherwise folded or shortened
    width: int = 80  # columns
    color: bool = False
    shows_applied: bool = False  # of a run: also the applied changes, not only the failed ones
    links: SourceLinks | None = None  # None: the repository is unknown

    def source_page(self, file: str, commit: str | None) -> str | None:
        """Return the address of a manifest in the repository; None if that is not known."""
        return self.links.page(file, commit) if self.links and commit else None

    def source_link(self, source: SourceRef | None, commit: str | None) -> str | None:
        """Return the address of a manifest line in the repository; None if that is not known."""
        return self.links.link(source, commit) if self.links and source and commit else None
