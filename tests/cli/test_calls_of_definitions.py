"""The ``Calls:`` of a plan with definitions equal the calls of apply."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.apply.definitions import holders
from tests.cli.test_definitions_applied import COMPANIES, CONTACTS, DEALS, MACHINES, SEED, renamed
from tests.support.projects import Project, Recorder
from tests.support.served import served

FILES = {
    "companies.yaml": COMPANIES,
    "deals.yaml": DEALS,
    "machines.yaml": MACHINES,
    "contacts.yaml": CONTACTS,
}
ALLOW = ("--allow", "migrate=10", "--allow", "lose=9", "--allow", "update=9", "--allow", "archive=9")
Wire = tuple[Project, Recorder]


@pytest.fixture
def wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    monkeypatch.setattr(holders, "INDEX_S", 0.0)  # this portal's index has no delay
    with served(tmp_path, FILES, SEED) as (project, portal):
        yield project, portal


def counted(wire: Wire, *command: str) -> tuple[Any, int, Counter[str]]:
    """Return the JSON that a command printed, how many calls it made, and which calls."""
    project, portal = wire
    before = len(portal.requests)
    done = project.run(*command, "--json")
    assert done.code in {0, 2}, done.out + done.err
    made = portal.requests[before:]
    return json.loads(done.out), len(made), Counter(f"{each.method} {each.path}" for each in made)


def check(wire: Wire, *plan: str, spare: int = 0) -> dict[str, int]:
    """Make a plan and apply it: both must make as many calls as announced; apply may make ``spare`` fewer.

    Holders of removed values are searched for once less than announced, because this portal's index has no
    delay.
    """
    planned, made, _ = counted(wire, *plan, "--out", "plan.json", *ALLOW)
    budget: dict[str, int] = planned["budget"]
    assert budget["read_calls"] == made
    calls = [each["do"].get("operation", {}).get("call") for each in planned["changes"]]
    _, made, which = counted(wire, "apply", "plan.json")
    told = budget["reread_calls"] + budget["write_calls"]
    assert told - spare - calls.count("definitions/archive") <= made <= told, (budget, which)
    return budget


def test_an_apply_that_makes_definitions_and_records_makes_the_calls_that_the_plan_tells(wire: Wire) -> None:
    check(wire, "plan", spare=1)  # no pipelines are read, because the new type has none


def test_removals_and_moves_make_the_calls_that_the_plan_tells(wire: Wire) -> None:
    check(wire, "plan", spare=1)
    project, _ = wire
    renamed(project)
    text = (project.folder / "companies.yaml").read_text()
    margin = text[text.index("  margin:") : text.index("  tier:")]
    project.replace("companies.yaml", margin, "  margin: {$absent: true}\n")
    project.replace(
        "contacts.yaml",
        "{label: Billing contact, inverseLabel: Bills to}",
        "{label: Billing, inverseLabel: B}",
    )
    project.replace("contacts.yaml", "{to: C-1, label: Billing contact}", "{to: C-1, label: Billing}")
    check(wire, "plan")


def test_an_apply_without_a_saved_plan_makes_the_calls_that_it_tells(wire: Wire) -> None:
    project, portal = wire
    done = project.run("apply", "--auto-approve")
    assert done.code == 0, done.out + done.err
    words = " ".join(done.out.split()).partition("Calls: ")[2].partition(" (")[0]
    told = sum(int(word) for word in words.replace(",", " ").split() if word.isdigit())
    assert told - 1 <= len(portal.requests) <= told


def test_a_rollback_and_drift_tell_their_calls(wire: Wire) -> None:
    check(wire, "plan", spare=1)
    found, made, _ = counted(wire, "drift")
    assert found["read_calls"] == made
    check(wire, "rollback", "last")
