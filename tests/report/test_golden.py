"""Complete reports as golden files, which a person must read whenever they change."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.model.object_references import ObjectProperty
from reconciler.report.json_report import plan_as_json, problems_as_json, run_as_json
from reconciler.report.mask import SHOW, Masking
from reconciler.report.terminal import render_plan, render_problems, render_run
from reconciler.report.view import View
from tests.support.example_plan import ADOPTING, CONTESTED, CONVERGED, EVERYTHING, FEW, PROBLEMS, REVIEWED
from tests.support.example_run import RUN, of_people

GOLDEN = Path(__file__).parent / "golden"
MASKED = Masking(b"a key that only tests use")
CONTACTS = (ObjectProperty("contacts", "email"),)

REPORTS: dict[str, Callable[[int, bool], str]] = {
    "everything": lambda width, color: render_plan(EVERYTHING, View(SHOW, color=color, width=width)),
    "few-full": lambda width, color: render_plan(FEW, View(SHOW, color=color, width=width, full=True)),
    "everything-masked": lambda width, color: render_plan(EVERYTHING, View(MASKED, color=color, width=width)),
    "adopting": lambda width, color: render_plan(ADOPTING, View(SHOW, color=color, width=width)),
    "contested": lambda width, color: render_plan(CONTESTED, View(SHOW, color=color, width=width)),
    "converged": lambda width, color: render_plan(CONVERGED, View(SHOW, color=color, width=width)),
    "reviewed": lambda width, color: render_plan(REVIEWED, View(MASKED, color=color, width=width)),
    "problems": lambda width, color: render_problems(PROBLEMS, View(SHOW, color=color, width=width)),
    "run": lambda width, color: render_run(RUN, View(SHOW, color=color, width=width)),
    "run-masked": lambda width, color: render_run(
        of_people(RUN, CONTACTS), View(MASKED, color=color, width=width)
    ),
}
DOCUMENTS: dict[str, Callable[[], str]] = {
    "adopting": lambda: plan_as_json(ADOPTING, View(SHOW)),
    "few-masked": lambda: plan_as_json(FEW, View(MASKED)),
    "problems": lambda: problems_as_json(PROBLEMS, View(SHOW)),
    "run": lambda: run_as_json(RUN, View(SHOW)),
    "run-masked": lambda: run_as_json(of_people(RUN, CONTACTS), View(MASKED)),
}


@pytest.mark.parametrize("color", [False, True], ids=["plain", "color"])
@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", REPORTS)
def test_report_looks_as_it_did(
    name: str, width: int, color: bool, golden: Callable[[Path, str], None]
) -> None:
    ending = "ansi" if color else "txt"
    golden(GOLDEN / f"{name}-{width}.{ending}", REPORTS[name](width, color))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document_reads_as_it_did(name: str, golden: Callable[[Path, str], None]) -> None:
    """Digests are left out, because they change with every new field of plans."""
    text = re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", DOCUMENTS[name]())
    golden(GOLDEN / f"{name}.json", text)
