"""The pages of ``docs/``: which the site has, where their links lead, and the names of their headings."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any, NamedTuple

import yaml

from tests.support.projects import ROOT

SETTINGS = ROOT / "mkdocs.yml"
DOCS = ROOT / "docs"

_LINK = re.compile(r"\]\((?P<target>[^()\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
_FENCE = re.compile(r"^(?P<indent> *)```.*?^(?P=indent)``` *$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)[^`]+?\1")


class Link(NamedTuple):
    """A link of a page to a file of the repository."""

    path: str  # from the root of the repository
    anchor: str  # empty without one


def navigation() -> Mapping[str, list[str]]:
    """Return the pages of each section of the site, in order, as paths in ``docs/``."""
    sections: list[Mapping[str, Any]] = yaml.safe_load(SETTINGS.read_text())["nav"]
    return {
        title: pages if isinstance(pages, list) else [pages]
        for section in sections
        for title, pages in section.items()
    }


def prose(text: str) -> str:
    """Return the text of a page without its code."""
    return _CODE.sub("", _FENCE.sub("", text))


def links(page: Path) -> Iterator[Link]:
    """Return the links of ``page`` that lead to files of the repository."""
    folder = page.parent.relative_to(ROOT).as_posix()
    for found in _LINK.finditer(_FENCE.sub("", page.read_text())):
        target, _, anchor = found["target"].partition("#")
        if not target.startswith(("https://", "http://", "mailto:")):
            path = normpath(f"{folder}/{target}") if target else page.relative_to(ROOT).as_posix()
            yield Link(path, anchor)


def anchors(page: Path) -> set[str]:
    """Return the names of the headings of ``page``, as GitHub and the site make them."""
    return {_slug(heading) for heading in _HEADING.findall(_FENCE.sub("", page.read_text()))}


def leaving_docs(text: str, page: PurePosixPath, source: str) -> str:
    """Return the text of a page whose links out of ``docs/`` lead to the repository.

    Args:
        text: the text of the page.
        page: its path in ``docs/``.
        source: the address of the files of one commit; if it is empty, such a link becomes its text.
    """

    def lead(found: re.Match[str]) -> str:
        target, sign, anchor = found["target"].partition("#")
        path = normpath(f"docs/{page.parent}/{target}")
        if "://" in target or not target or path.startswith("docs/"):
            return found[0]
        return f"[{found['text']}]({source}/{path}{sign}{anchor})" if source else found["text"]

    return re.sub(r"\[(?P<text>(?:`[^`]*`|[^][`])*)\]\((?P<target>[^()\s]+)\)", lead, text)


def _slug(heading: str) -> str:
    words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")
