"""Calls that are left today are looked at before a plan, and again before it is applied."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.emulator.calls import Request
from tests.support.projects import PORTAL, Project, Recorder
from tests.support.served import served

DAILY = 40
PRODUCTS = "object: products\nkey: hs_sku\nrecords:\n" + "".join(
    f"  P-{number}: {{name: Sensor}}\n" for number in range(450)
)
"""Five calls to write."""


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[tuple[Project, Recorder]]:
    seed = {"version": 1, "limits": {"daily": DAILY}}
    with served(tmp_path, {"products.yaml": PRODUCTS}, seed) as (project, portal):
        yield project, portal


def use_up(portal: Recorder, remaining: int) -> None:
    """Somebody else calls HubSpot until so many calls are left."""
    headers = {"authorization": f"Bearer {portal.token(PORTAL)}"}
    while True:
        answer = portal.answer(Request("GET", "/crm/v3/owners", {}, headers, b""))
        left = int(answer.headers["X-HubSpot-RateLimit-Daily-Remaining"])
        if left <= remaining:
            return


def test_what_it_costs_and_what_is_left_is_told(wire: tuple[Project, Recorder]) -> None:
    project, _ = wire

    planned = project.run("plan", "--out", "plan.json")

    assert planned.code == 0
    told = " ".join(planned.out.split())
    assert "Calls: 9 to read, 5 to write (at once, " in told
    assert "left today)." in told


def test_a_plan_that_needs_more_than_is_left_is_refused(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    use_up(portal, 11)

    planned = project.run("plan")

    assert planned.code == 4
    told = " ".join(planned.out.split())
    assert "5 calls are needed and 2 are left today (a reserve of 20 % is kept)" in told
    assert "if this is intended: --allow budget=5" in told


def test_it_is_judged_again_before_anything_is_written(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    assert project.run("plan", "--out", "plan.json").code == 0
    use_up(portal, 8)
    before = len(portal.requests)

    refused = project.run("apply", "plan.json")

    assert refused.code == 4
    assert "5 calls are needed and" in refused.err
    assert "reconciler plan --allow budget=5 --out FILE" in refused.err
    assert not [request for request in portal.requests[before:] if request.path.endswith("/batch/upsert")]
    assert project.run("runs", "list", "--json").document == []
