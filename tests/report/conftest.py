from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver

from tests.report.chromium import logged, running_chromium


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    with running_chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def opened(chromium: WebDriver, tmp_path: Path) -> Callable[[str], WebDriver]:
    """Return a function that opens a page from disk, as people open an artifact of a job."""

    def open_page(text: str) -> WebDriver:
        path = tmp_path / "plan.html"
        path.write_text(text, encoding="utf-8")
        for kind in ("browser", "performance"):
            logged(chromium, kind)  # drops the entries of the previous page
        chromium.get(path.as_uri())
        return chromium

    return open_page
