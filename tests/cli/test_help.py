"""``reconciler help`` shows the pages that messages name."""

import io
import json
import os
import pty
import re
import subprocess
import sys
import tomllib
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from reconciler.cli.main import run
from reconciler.cli.page_layout import laid_out
from reconciler.project.help_pages import HELP_PAGES, topic_of
from tests.support.projects import ROOT, Done, Project


@pytest.fixture
def anywhere(tmp_path: Path) -> Project:
    return Project(tmp_path)  # a folder that contains no project


def test_topics_are_listed(anywhere: Project) -> None:
    done = anywhere.run("help")
    listed = re.findall(r"^  ([a-z-]+) ", done.out, flags=re.MULTILINE)
    assert listed == sorted(HELP_PAGES)
    assert json.loads(anywhere.run("help", "--json").out) == {"topics": dict(HELP_PAGES)}
    assert max(map(len, done.out.splitlines())) <= 90


def test_a_page_is_printed_as_it_is_written_where_no_terminal_is(anywhere: Project) -> None:
    assert anywhere.run("help", "guards").out == (ROOT / "docs" / "guards.md").read_text()
    assert anywhere.run("help", "docs/state.md#keys").out == anywhere.run("help", "state").out
    assert "<!--" not in anywhere.run("help", "rollback").out


def test_an_unknown_topic_asks_what_was_meant(anywhere: Project) -> None:
    done = anywhere.run("help", "statee")
    assert (done.code, done.out) == (1, "")
    assert 'there is no page about "statee": did you mean "state"?' in done.err
    assert "`reconciler help` lists the topics" in anywhere.run("help", "weather").err


def test_a_command_without_a_page_shows_its_help(anywhere: Project) -> None:
    assert anywhere.run("help", "plan") == Done(0, anywhere.run("plan", "--help").out, "")


@pytest.mark.parametrize("topic", HELP_PAGES)
def test_a_page_fits_a_terminal_of_80_columns(topic: str) -> None:
    text = laid_out((ROOT / "docs" / f"{topic}.md").read_text(), columns=80, is_colored=False)
    assert max(map(len, text.splitlines())) <= 80
    assert not re.search(r"\]\(|\x1b", text)
    assert "`" in text  # without colour, backquotes mark code


def on_a_terminal(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run a command in a terminal of 80 columns; return its exit code, and all that the terminal gets."""
    ours, theirs = pty.openpty()
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80"}
    environ.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "reconciler", *arguments]
    with subprocess.Popen(command, cwd=folder, env=environ, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 10_000)
            except OSError:  # the other end of the terminal is closed
                break
    return process.returncode, shown.decode()


def test_a_terminal_shows_a_page_in_colour(anywhere: Project) -> None:
    code, shown = on_a_terminal(anywhere.folder, "help", "fmt")
    assert code == 0
    assert "\x1b[1m" in shown
    assert "reconciler help manifests" in shown or "More:" in shown


def test_a_terminal_shows_long_messages_in_lines_that_break_between_words(anywhere: Project) -> None:
    elsewhere = anywhere.run("plan", "--allow", "archives=1")
    code, shown = on_a_terminal(anywhere.folder, "plan", "--allow", "archives=1")
    assert code == elsewhere.code
    assert max(map(len, elsewhere.err.splitlines())) > 80
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.split() == elsewhere.err.split()


def test_pages_that_messages_name_are_topics() -> None:
    named: set[str] = set()
    for module in (ROOT / "reconciler").rglob("*.py"):
        named |= set(re.findall(r"(?<!`)\bdocs/[a-z-]+\.md", module.read_text()))
    assert {"docs/ci.md", "docs/emulator.md", "docs/state.md"} <= named
    assert {topic_of(page) for page in named} <= HELP_PAGES.keys()


def test_every_topic_is_shipped() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for topic in HELP_PAGES:
        page = f"docs/{topic}.md"
        assert (ROOT / page).exists()
        assert included[page] == f"reconciler/shipped/{page}"


def test_a_page_needs_neither_portal_nor_state() -> None:
    out = io.StringIO()
    with redirect_stdout(out):
        assert run(["help", "values"]) == 0
    assert out.getvalue().startswith("# ")
