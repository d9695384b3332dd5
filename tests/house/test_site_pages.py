"""The site contains every page; every link leads to an existing file and heading."""

from pathlib import Path, PurePosixPath

import pytest

from tests.site.pages import DOCS, anchors, leaving_docs, links, navigation
from tests.support.projects import ROOT

PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def test_the_navigation_names_pages_that_exist_and_each_of_them_once() -> None:
    named = [page for pages in navigation().values() for page in pages]
    assert len(named) == len(set(named))
    assert [page for page in named if not (DOCS / page).exists()] == []


def test_every_page_is_reached_from_the_navigation() -> None:
    reached: set[str] = set()
    left = [f"docs/{page}" for pages in navigation().values() for page in pages]
    named = set(left)
    while left:
        page = left.pop()
        if page not in reached:
            reached.add(page)
            left += [link.path for link in links(ROOT / page) if link.path.startswith("docs/decisions/")]
    pages = {path.relative_to(ROOT).as_posix() for path in DOCS.rglob("*.md")}
    assert sorted(pages - reached) == [], "name these pages in mkdocs.yml, or the decisions in their README"
    assert named <= pages


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_headings_that_exist(page: Path) -> None:
    for path, anchor in links(page):
        if anchor and path.endswith(".md"):
            assert anchor in anchors(ROOT / path), f"{path}#{anchor}"


def test_links_out_of_docs_lead_to_the_repository() -> None:
    text = "[a](../SECURITY.md#x) [`b`](state.md) [c](https://d.example) [e](#f)"
    page = PurePosixPath("ci.md")
    assert leaving_docs(text, page, "https://g/1") == text.replace("../", "https://g/1/")
    assert leaving_docs(text, page, "") == text.replace("[a](../SECURITY.md#x)", "a")
    assert leaving_docs("[a](../ci.md)", PurePosixPath("decisions/1.md"), "") == "[a](../ci.md)"
