"""Modules are named with common words, which the page about the code explains."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.projects import ROOT

PACKAGE = ROOT / "reconciler"
PAGE = (ROOT / "docs" / "code.md").read_text()
MODULES = sorted(
    path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if not path.stem.startswith("__")
)
TESTS = sorted(path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py"))

REPLACED = {
    "hands",
    "hand",
    "fates",
    "fate",
    "ends",
    "end",
    "wishes",
    "deeds",
    "deed",
    "pairs",
    "pair",
    "undo",
    "undoing",
    "leftovers",
    "sealed",
    "pacing",
    "pace",
    "courier",
    "manner",
    "stacks",
    "spots",
    "people",
    "told",
    "telling",
    "judging",
    "heirs",
}
"""Former metaphors in names of modules; the page has a plain word for each of them."""

FIELD = {
    "rate_limit": "hubspot/transport/rate_limiter.py",
    "retr": "hubspot/transport/retries.py",
    "recovery": "apply/recovery/settle.py",
    "resume": "apply/recovery/resume.py",
    "provenance": "plan/drift/provenance.py",
    "rollback": "plan/records/rollback.py",
    "encrypt": "encryption.py",
    "mask": "report/mask.py",
    "prune": "plan/records/prune.py",
}
"""Words that a new reader searches for, and the module to find."""


def words(path: Path) -> Iterator[str]:
    for part in path.with_suffix("").parts:
        yield from part.removeprefix("test_").split("_")


def rooms() -> set[str]:
    return set(re.findall(r"^\| `(\w+)/` \|", PAGE, flags=re.MULTILINE))


def test_the_page_lists_the_folders_that_there_are() -> None:
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms() == folders


def test_every_folder_within_a_folder_is_on_the_page() -> None:
    for path in PACKAGE.glob("*/*/__init__.py"):
        folder = path.parent.relative_to(PACKAGE)
        row = re.search(rf"^\| `{folder.parts[0]}/` \|.*$", PAGE, flags=re.MULTILINE)
        assert row, folder
        assert f"`{folder.name}/`" in row[0], folder


def test_no_module_bears_a_word_that_was_replaced() -> None:
    assert len(MODULES) > 500
    assert [str(module) for module in (*MODULES, *TESTS) if REPLACED & set(words(module))] == []


def forms(word: str) -> set[str]:
    """Return the word with its possible plurals and singulars."""
    return {word, f"{word}s", f"{word}es", word.removesuffix("s"), word.removesuffix("es")} | {
        re.sub("ies$", "y", word),
        re.sub("y$", "ies", word),
    }


def test_every_word_of_a_module_is_on_the_page() -> None:
    """The emulator is excluded: it imitates another program, whose words are on a page of its own."""
    known = set(re.findall("[a-z]+", PAGE.lower()))
    assert [
        f"{module}: {word}"
        for module in MODULES
        if module.parts[0] != "emulator"
        for word in words(module)
        if not forms(word) & known
    ] == []


@pytest.mark.parametrize("word", sorted(FIELD))
def test_usual_search_words_lead_to_a_file_of_that_name(word: str) -> None:
    module = PACKAGE / FIELD[word]
    assert module.exists()
    assert word in FIELD[word]


def test_words_of_the_page_are_told_apart() -> None:
    """The dictionary has one row for each word."""
    table = PAGE[PAGE.index("## The words") :]
    rows = re.findall(r"^\| ([a-z, ]+) \|", table, flags=re.MULTILINE)
    listed = [word for row in rows for word in row.split(", ") if row != "word"]
    assert len(listed) > 40
    assert len(listed) == len(set(listed))
