"""The probes of ``emulator verify``, run in the emulator, observe its default guesses about HubSpot.

If one guess is changed, only the probe that checks it reports a difference.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from reconciler.emulator.guess_settings import SETTINGS
from reconciler.hubspot.transport.api_versions import API_VERSIONS
from reconciler.model.observations import Verification
from reconciler.probes.table import PROBES
from reconciler.report.mask import SHOW
from reconciler.report.verification import render_verification
from reconciler.report.view import View
from tests.probes.asked import ask_all, differing
from tests.support.projects import ROOT

PAGE = (ROOT / "docs" / "emulator.md").read_text()
TURNED = [(probe.guess, other) for probe in PROBES for other in SETTINGS[probe.guess].others]


def test_the_twenty_probes_are_about_the_first_twenty_guesses() -> None:
    names = [probe.guess for probe in PROBES]
    assert len(names) == 20
    assert names == list(SETTINGS)[:20]


@pytest.mark.parametrize("version", API_VERSIONS)
def test_the_emulator_is_as_assumed(tmp_path: Path, version: str) -> None:
    seen = ask_all(tmp_path, {}, version)
    assert differing(seen) == set()
    assert all(each.was_asked and not each.detail for each in seen.values())


def test_the_scopes_on_the_page_are_sufficient(tmp_path: Path) -> None:
    listed = re.search(r"- \*\*Scopes:\*\* (.+?)\. Without", PAGE, re.DOTALL)
    assert listed is not None
    scopes: list[str] = []
    for name in re.findall(r"`([^`]+)`", listed[1]):
        scopes.append(f"{scopes[-1].rpartition('.')[0]}{name}" if name.startswith(".") else name)
    assert len(scopes) == 8
    assert differing(ask_all(tmp_path, {}, scopes=scopes)) == set()


def test_the_form_for_issues_takes_the_table() -> None:
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "emulator-differs.yml").read_text())
    assert form["name"] in PAGE.replace("\n", " ")
    table = next(field["attributes"]["value"] for field in form["body"] if field.get("id") == "table")
    day = datetime(2026, 11, 22, tzinfo=UTC).date()
    printed = render_verification(Verification("SANDBOX", "v3", day, ()), View(SHOW, where=str))
    assert table.splitlines()[0].replace(" ", "") == printed.splitlines()[0].replace(" ", "")


@pytest.mark.parametrize(("guess", "choice"), TURNED)
def test_exactly_its_probe_notices_a_guess_that_is_turned_round(
    tmp_path: Path, guess: str, choice: str
) -> None:
    seen = ask_all(tmp_path, {guess: choice})
    assert {name: seen[name].choice for name in differing(seen)} == {guess: choice}
