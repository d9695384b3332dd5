"""The steps of every page work in their order, and print what the page shows."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from reconciler import encryption
from reconciler.apply.definitions import holders
from tests.pages.beginnings import BEGINNINGS, DOCS
from tests.pages.reader import Reader, alike, rewritten
from tests.pages.steps import Step, steps

OTHERWISE = {
    "ci.md": "the hooks are read by tests/workflows/test_pre_commit.py",
    "code.md": "a drawing",
    "command-line.md": "tests/cli/test_completion.py and tests/cli/test_json_schema.py run these commands",
    "commands.md": "tests/cli/test_hints.py reads every example as the command line does",
    "container.md": "tests/packages/test_container.py builds the image where a builder is",
    "definitions.md": "tests/house/test_docs.py loads the manifests",
    "drift.md": "a report of tests/drift/test_week.py, which compares the page",
    "emulator.md": "tests/emulator/test_docs.py compares the page with the emulator",
    "guards.md": "a flag, and settings that tests/cli/test_guards.py reads",
    "manifests.md": "tests/house/test_docs.py loads the manifest",
    "notices.md": "tests/project/test_webhook.py sends notices to a local server",
    "performance.md": "benchmarks, which are run by hand",
    "protection.md": "tests/house/test_docs.py loads the files",
    "pruning.md": "tests/house/test_docs.py loads the manifests",
    "python-api.md": "signatures: tests/reference compares them with the program",
    "security.md": "a file for GitHub",
    "settings.md": "tests/house/test_docs.py loads the file",
    "start.md": "tests/init/test_start_page.py follows the page with a portal over HTTP",
    "tables.md": "tests/house/test_docs.py loads the manifest, test_german_table.py the German file",
}
"""Pages whose blocks are not run here, with the test that checks them, or the reason for no test."""


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    # Deriving a key takes a quarter of a second on purpose; one process runs all commands, so cache keys.
    monkeypatch.setattr(encryption, "_derive", lru_cache(encryption._derive))
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setattr(holders, "INDEX_S", 2.2)  # the emulator's index is 2 seconds behind
    reader = Reader(home)
    with reader.closing:
        yield reader


@pytest.mark.parametrize("name", BEGINNINGS)
def test_a_page_does_what_it_says(name: str, reader: Reader, request: pytest.FixtureRequest) -> None:
    page = DOCS / name
    text = page.read_text()
    BEGINNINGS[name](reader)
    printed: dict[Step, str] = {}
    for step in steps(text):
        printed[step] = reader.does(step)
        if step.text.strip() and step.kind == "command" and not alike(step.text, printed[step]):
            assert request.config.getoption("--rewrite-golden"), (
                f"{step.name} printed\n{printed[step]}\nand the page shows\n{step.text}"
            )
    if request.config.getoption("--rewrite-golden"):
        page.write_text(rewritten(text, printed))


@pytest.mark.parametrize("name", BEGINNINGS)
def test_a_block_that_is_not_run_says_why(name: str) -> None:
    for step in steps((DOCS / name).read_text()):
        assert step.kind != "other" or step.name == "text" or len(step.reason.split()) > 3, step.text


def test_every_page_with_blocks_is_run_or_says_why_not() -> None:
    pages = {
        path.relative_to(DOCS).as_posix()
        for path in DOCS.rglob("*.md")
        if any(steps(path.read_text())) and "decisions" not in path.parts
    }
    assert pages == (BEGINNINGS.keys() - {"tutorials/README.md"}) | OTHERWISE.keys()


def test_what_is_shown_may_leave_lines_out_and_no_more() -> None:
    assert alike("…\nb\n", "a\nb\n")
    assert alike("a  1\n", "a 1\n")
    assert not alike("a\n", "a\nb\n")
    assert not alike("…\nc\n", "a\nb\n")


def test_steps_are_read_in_order() -> None:
    page = (
        'Text.\n```yaml title="a.yaml"\nx: 1\n```\n<!-- ends with 2 -->\n```console\n$ one\nout\n$ two\n```\n'
        "<!-- not run: it takes too long here -->\n```console\n$ three\n```\n"
    )
    found = [(step.kind, step.name, step.text, step.code) for step in steps(page)]
    assert found == [
        ("file", "a.yaml", "x: 1\n", 0),
        ("command", "one", "out\n", 0),
        ("command", "two", "", 2),
        ("other", "console", "$ three\n", 0),
    ]
