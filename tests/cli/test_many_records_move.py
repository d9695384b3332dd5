"""Removing an option that more records have than a search of HubSpot can return.

Planning lists all records to find those that get another value. Apply reads these by id before it removes the
option.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.apply.definitions import holders
from reconciler.emulator.inprocess import EmulatorTransport
from reconciler.plan.definitions import costs
from reconciler.reconcile import move_records
from tests.support.projects import PORTAL, Project, Recorder
from tests.support.served import served

MOST_FOUND = 20
COUNT = 120
TIER = """\
object: companies
properties:
  tier: {{label: Tier, type: enumeration, fieldType: {}, groupName: companyinformation, options: {{{}}}}}
"""
SEED = {
    "version": 1,
    "search_lag_ms": 0,
    "properties": {
        "companies": [
            {
                "name": "tier",
                "label": "Tier",
                "type": "enumeration",
                "fieldType": "checkbox",
                "groupName": "companyinformation",
                "options": [{"label": name, "value": name} for name in ("gold", "standard", "old")],
            }
        ]
    },
    "records": {
        "companies": [
            {"properties": {"name": f"C {number}", "tier": "standard;old" if number else "gold;old"}}
            for number in range(COUNT)
        ]
    },
}
ALLOW = ("--allow", "migrate=500")


@pytest.fixture
def wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Project, Recorder]]:
    monkeypatch.setattr(holders, "INDEX_S", 0.0)  # this portal's index has no delay
    for module in (holders, costs, move_records):
        monkeypatch.setattr(module, "MOST_FOUND", MOST_FOUND)
    before = TIER.format("checkbox", "gold: gold, standard: standard, old: old")
    with served(tmp_path, {"tier.yaml": before}, SEED) as (project, portal):
        assert project.run("apply", "--auto-approve").code == 0
        basic, new = "{label: Basic, $renamed_from: standard}", "{label: New, $renamed_from: old}"
        project.write("tier.yaml", TIER.format("checkbox", f"gold: gold, basic: {basic}, new: {new}"))
        yield project, portal


def test_all_of_them_move_by_one_plan_and_are_read_before_the_old_values_go(
    wire: tuple[Project, Recorder],
) -> None:
    project, portal = wire
    planned = json.loads(project.run("plan", "--out", "plan.json", *ALLOW, "--json").out)
    assert sum(each["do"]["kind"] == "record" for each in planned["changes"]) == COUNT
    before = len(portal.requests)

    done = project.run("apply", "plan.json")

    assert done.code == 0, done.out + done.err
    made = portal.requests[before:]
    told = planned["budget"]["reread_calls"] + planned["budget"]["write_calls"]
    assert told - 4 <= len(made) <= told  # the index has no delay, so there is no third search
    written = max(place for place, each in enumerate(made) if each.path.endswith("companies/batch/update"))
    read = [each for each in made[written:] if each.path.endswith("companies/batch/read")]
    assert sum(len(json.loads(each.body)["inputs"]) for each in read) == 2 * COUNT - 1
    tiers = {record["properties"]["tier"] for record in companies(portal)}
    assert tiers == {"gold;new", "basic;new"}
    assert project.run("plan").out.startswith("No changes.")


def test_the_old_value_stays_while_one_of_them_holds_it(
    wire: tuple[Project, Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, portal = wire
    assert project.run("plan", "--out", "plan.json", *ALLOW).code == 0
    record = companies(portal)[5]["id"]
    look = holders.look_first

    def look_and_edit(*arguments: object) -> object:
        """Set the old value again in one record, as another person, after the first search."""
        found = look(*arguments)  # type: ignore[arg-type]
        with somebody(portal) as http:
            body = {"properties": {"tier": "standard"}}
            assert http.patch(f"/crm/v3/objects/companies/{record}", json=body).is_success
        return found

    monkeypatch.setattr("reconciler.apply.executor.look_first", look_and_edit)

    done = project.run("apply", "plan.json", "--json")

    rows = {each["address"]: each for each in json.loads(done.out)["changes"]}
    assert rows["companies:properties/tier#options/standard"]["outcome"] == "stale"
    assert rows["companies:properties/tier#options/old"]["outcome"] == "applied"
    monkeypatch.undo()
    monkeypatch.setattr(holders, "INDEX_S", 0.0)
    assert project.run("apply", "--auto-approve", *ALLOW).code == 0
    assert project.run("plan").out.startswith("No changes.")


def companies(portal: Recorder) -> list[dict[str, Any]]:
    """Return all companies, read by another client."""
    with somebody(portal) as http:
        found: list[dict[str, Any]] = []
        params = {"limit": "100", "properties": "tier"}
        while True:
            page = http.get("/crm/v3/objects/companies", params=params).json()
            found += page["results"]
            if "paging" not in page:
                return found
            params["after"] = page["paging"]["next"]["after"]


def somebody(portal: Recorder) -> httpx.Client:
    return httpx.Client(transport=EmulatorTransport(portal, PORTAL), base_url="https://api.hubapi.com")
