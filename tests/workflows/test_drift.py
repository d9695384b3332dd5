"""drift.yml: one issue, opened, kept up to date, and closed when there is no drift left."""

from typing import Any

import pytest

from tests.support.projects import Recorder
from tests.support.workflows import JobRun, World, change_price

MARK = "<!-- reconciler drift sandbox 1234567 -->\n"


def look(world: World) -> JobRun:
    return world.run("drift.yml", "schedule", {})["drift"]


def test_drift_opens_updates_and_closes_one_issue(world: World, portal: Recorder) -> None:
    world.secrets["RECONCILER_PLAN_KEY"] = "0123456789abcdef0123456789abcdef0123"
    world.run("apply.yml", "workflow_dispatch", {})
    world.change_hub(lambda hub: hub.add_issue("I quote", f"{MARK}and am a person", login="mallory"))
    assert look(world).conclusion == "success"
    assert len(world.hub.issues) == 1

    change_price(portal, "PT-100", "190")
    assert look(world).conclusion == "success"
    change_price(portal, "PT-100", "191")
    assert look(world).conclusion == "success"

    quoted, issue = world.hub.issues
    assert (issue["title"], issue["state"]) == ("Drift in sandbox", "open")
    assert issue["body"].startswith(MARK)
    assert "191" in issue["body"]

    change_price(portal, "PT-100", "189.00")
    assert look(world).conclusion == "success"

    quoted, issue = world.hub.issues
    assert (quoted["state"], issue["state"]) == ("open", "closed")
    (comment,) = world.hub.comments
    assert comment["body"] == "Nothing of it is left."


@pytest.mark.usefixtures("portal")
def test_without_a_state_the_run_fails_and_the_issue_stays(world: World) -> None:
    def open_one(hub: Any) -> None:
        hub.add_issue("Drift in sandbox", f"{MARK}as it was")

    world.change_hub(open_one)

    assert look(world).conclusion == "failure"
    assert [issue["state"] for issue in world.hub.issues] == ["open"]


def test_on_the_emulator_nothing_drifts(world: World) -> None:
    job = look(world)

    assert job.conclusion == "success"
    assert "No drift." in job.log
    assert world.hub.issues == []


@pytest.mark.usefixtures("portal")
def test_by_hand_it_lists_records_that_no_manifest_names(world: World) -> None:
    world.secrets["RECONCILER_PLAN_KEY"] = "0123456789abcdef0123456789abcdef0123"
    world.run("apply.yml", "workflow_dispatch", {})
    job = world.run("drift.yml", "workflow_dispatch", {"inputs": {"check": "products, tickets"}})["drift"]
    assert job.conclusion == "success"
    assert "products" in job.log
    assert "::warning::there are records that no manifest names" in job.log
