"""Pages for everybody: axe-core finds no barrier, light and dark, on wide and on narrow screens.

axe-core must be installed before, because tests do not use registries: see "Work on it" in README.md.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver

from reconciler.model.drift import DriftFound
from reconciler.plan.plan import Guard, GuardRefusal
from reconciler.report.html.drift import render_drift_page
from reconciler.report.html.plan import render_plan_page
from reconciler.report.html.run import render_run_page
from reconciler.report.mask import SHOW
from reconciler.report.view import View
from tests.report.test_drift_markdown import found
from tests.support.example_plan import CONVERGED, EVERYTHING, FEW, REVIEWED, UPDATES
from tests.support.example_run import RUN
from tests.support.plans import plan_of

Open: TypeAlias = Callable[[str], WebDriver]

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
INSTALL = "npm install --no-package-lock --ignore-scripts --no-audit --no-fund --prefix tests/report"
REFUSED = replace(
    plan_of(*UPDATES),
    refusals=(GuardRefusal(Guard.UPDATE, 321, "41 % of all deals would be updated", (UPDATES[0].record,)),),
)
DRIFT: DriftFound = found(["A", "B", "B", "B", "B", "B", "a long value " * 20], lost=2)
PAGES = {
    "plan": lambda: render_plan_page(FEW, View(SHOW)),
    "problems": lambda: render_plan_page(EVERYTHING, View(SHOW)),
    "refused": lambda: render_plan_page(REFUSED, View(SHOW)),
    "reviewed": lambda: render_plan_page(REVIEWED, View(SHOW)),
    "empty": lambda: render_plan_page(CONVERGED, View(SHOW)),
    "drift": lambda: render_drift_page(DRIFT, View(SHOW)),
    "no drift": lambda: render_drift_page(found(), View(SHOW)),
    "run": lambda: render_run_page(RUN, View(SHOW, shows_applied=True)),
}
UNFOLD = """
document.querySelectorAll("details").forEach((one) => { one.open = true; });
if (!unfold.hidden && !list.allOpen) unfold.click();
"""


@pytest.fixture(scope="module")
def axe() -> str:
    """Return the script of axe-core; skip the test without it, but fail in CI."""
    if not AXE.exists():
        assert not os.environ.get("CI"), f"needs axe-core: {INSTALL}"
        pytest.skip(f"needs axe-core: {INSTALL}")
    return AXE.read_text(encoding="utf-8")


def barriers(browser: WebDriver) -> list[tuple[str, str, str]]:
    """Return the barriers in the page as it is now: rule, element, and reason."""
    result: dict[str, Any] = browser.execute_async_script(
        "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then(done)"
    )
    return [
        (violation["id"], str(node["target"]), node["failureSummary"])
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def looked_at(browser: WebDriver, width: int, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    size = {"width": width, "height": 860, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_keeps_anybody_from_using_the_page(opened: Open, axe: str, name: str) -> None:
    browser = opened(PAGES[name]())
    browser.execute_script(axe)
    try:
        for scheme in ("light", "dark"):
            looked_at(browser, 1280, scheme)
            browser.execute_script(UNFOLD)
            assert barriers(browser) == [], f"wide, {scheme}"
        looked_at(browser, 500, "dark")
        assert barriers(browser) == [], "narrow"
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_barrier_would_be_found(opened: Open, axe: str) -> None:
    browser = opened(PAGES["plan"]())
    browser.execute_script(axe)
    browser.execute_script(
        "document.getElementById('search').closest('label').querySelector('span').remove()"
    )
    browser.execute_script("document.getElementById('search').placeholder = ''")

    assert [rule for rule, _, _ in barriers(browser)] == ["label"]


@pytest.mark.parametrize("name", ["plan", "drift", "run"])
def test_nothing_is_cut_off_on_a_narrow_screen(opened: Open, name: str) -> None:
    browser = opened(PAGES[name]())
    try:
        looked_at(browser, 500, "light")
        browser.execute_script(UNFOLD)
        wide = browser.execute_script(
            "return [document.documentElement, grid].map((box) => box.scrollWidth - box.clientWidth)"
        )
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    assert wide == [0, 0]
