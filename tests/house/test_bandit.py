"""Findings of bandit are fixed, or accepted here with a reason."""

import json
import subprocess
import sys
from fnmatch import fnmatchcase

from tests.support.projects import ROOT

ACCEPTED = {
    ("B105", "reconciler/emulator/app.py"): "the path of a route, whose name has the word token in it",
    ("B311", "reconciler/emulator/faults.py"): "shuffles results on purpose; nothing depends on its secrecy",
    ("B404", "reconciler/git_program.py"): "git is run there, and nowhere else",
    (
        "B603",
        "reconciler/git_program.py",
    ): "no shell; our own words, and a program that was looked up once",
    ("B608", "reconciler/emulator/*.py"): "names of our own tables and columns; values are always bound",
    ("B608", "reconciler/state/git/*.py"): "names of our own tables and columns; values are always bound",
    (
        "B608",
        "reconciler/state/upgrades.py",
    ): "names of our own tables and columns; nothing comes from outside",
    (
        "B608",
        "reconciler/manifest/*_rows.py",
    ): "numbered columns, and names that are quoted as SQL does",
    ("B608", "reconciler/reconcile/import_checkpoint.py"): "conditions of our own; values are always bound",
    ("B608", "reconciler/manifest/tables/table.py"): "our own table of sorted rows; values are always bound",
}
"""Accepted findings, by bandit's id and file, with the reason why they are harmless."""


def test_bandit_finds_nothing_but_what_is_accepted() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bandit", "--quiet", "--recursive", "--format", "json", "reconciler"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    report = json.loads(done.stdout)
    assert report["errors"] == []
    unused = set(ACCEPTED)
    for finding in report["results"]:
        where = (finding["test_id"], finding["filename"].removeprefix("./"))
        reasons = {each for each in ACCEPTED if each[0] == where[0] and fnmatchcase(where[1], each[1])}
        assert reasons, f"{where[1]}:{finding['line_number']}: {where[0]} {finding['issue_text']}"
        unused -= reasons
    assert unused == set(), "accepted, and not found any more"


def test_no_finding_is_silenced_in_the_code() -> None:
    for path in (ROOT / "reconciler").rglob("*.py"):
        assert "nosec" not in path.read_text(), path
