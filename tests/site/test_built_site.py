"""The site is built, and every link and picture in it leads somewhere."""

import os
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from posixpath import normpath
from urllib.parse import unquote, urlsplit

import pytest

from tests.site.build import build
from tests.site.pages import navigation

SOURCE = "https://github.com/acme/reconciler/blob/0123abc"


class _References(HTMLParser):
    """The addresses that a page refers to, and the anchors that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"href", "src"} and value and not (tag == "link" and value.startswith("data:")):
                self.targets.append(value)
            elif name == "id" and value:
                self.ids.add(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if find_spec("zensical") is None and not os.environ.get("CI"):
        pytest.skip("Zensical is not installed: pip install '.[test]'")
    folder = tmp_path_factory.mktemp("site") / "built"
    build(folder, SOURCE)
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, _References]:
    return {
        path.relative_to(site).as_posix(): _References(path.read_text())
        for path in sorted(site.rglob("*.html"))
        if path.name != "404.html"
    }


def _inner(page: str, parsed: _References) -> Iterator[tuple[str, str, str]]:
    for target in parsed.targets:
        parts = urlsplit(target)
        if not parts.scheme and not parts.netloc:
            folder = PurePosixPath(page).parent.as_posix()
            path = normpath(f"{folder}/{unquote(parts.path)}") if parts.path else page
            yield target, path, parts.fragment


def test_every_page_of_the_navigation_is_built(site: Path) -> None:
    for named in navigation().values():
        for page in named:
            place = page.removesuffix(".md").removesuffix("index").removesuffix("README").strip("/")
            assert (site / place / "index.html").exists(), page


def test_links_and_pictures_lead_somewhere(site: Path, pages: dict[str, _References]) -> None:
    for page, parsed in pages.items():
        for target, path, anchor in _inner(page, parsed):
            file = path if (site / path).is_file() else normpath(f"{path}/index.html")
            assert (site / file).is_file(), f"{page}: {target}"
            if anchor and file in pages and not anchor.startswith("__"):
                assert anchor in pages[file].ids, f"{page}: {target}"


def test_links_out_of_the_pages_lead_to_the_repository(pages: dict[str, _References]) -> None:
    targets = [target for parsed in pages.values() for target in parsed.targets]
    assert f"{SOURCE}/SECURITY.md" in targets
    assert not [target for target in targets if "tests/" in target and not target.startswith(SOURCE)]


def test_pages_load_nothing_from_other_hosts(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text()
        assert "fonts.g" not in text
        assert 'src="http' not in text
