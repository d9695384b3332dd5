"""Every promise names the test that holds it, and that test is there."""

import re

from tests.support.projects import ROOT

PAGE = ROOT / "docs" / "promises.md"


def test_every_promise_is_held_by_a_test_that_exists() -> None:
    text = PAGE.read_text()
    promises = re.split(r"^- ", text, flags=re.MULTILINE)[1:]
    assert len(promises) >= 6
    for promise in promises:
        links = re.findall(r"\]\(([^)#]+)#(\w+)\)", promise)
        assert links, promise
        for file, name in links:
            source = (PAGE.parent / file).read_text()
            assert re.search(rf"^(?:def {name}\(|{name} = |class {name}\b)", source, re.MULTILINE), name
