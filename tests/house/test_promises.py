"""Every promise links to the test that checks it, and that test exists."""

import re
from pathlib import Path

import pytest

from tests.support.projects import ROOT

PAGE = ROOT / "docs" / "promises.md"
SECURITY = ROOT / "docs" / "security.md"


def promises_of(page: Path) -> list[str]:
    """Return the list items of ``page`` that begin with bold text."""
    return re.findall(r"^- (\*\*.*?)(?=^- |^\S|\Z)", page.read_text(), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("page", "least"), [(PAGE, 6), (SECURITY, 20)])
def test_every_promise_is_held_by_a_test_that_exists(page: Path, least: int) -> None:
    promises = promises_of(page)
    assert len(promises) >= least
    assert page != PAGE or len(promises) == len(re.findall(r"^- ", page.read_text(), flags=re.MULTILINE))
    for promise in promises:
        links = re.findall(r"\]\(([^)#]+)#(\w+)\)", promise)
        assert links, promise
        for file, name in links:
            source = (page.parent / file).read_text()
            assert re.search(rf"^(?:def {name}\(|{name} = |class {name}\b)", source, re.MULTILINE), name
