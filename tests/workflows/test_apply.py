"""apply.yml: production gets the reviewed changes, planned again from main, after an approval."""

import json
import re
from typing import Any

import pytest
import yaml

from reconciler.emulator.faults import parse
from tests.support.expressions import holds
from tests.support.projects import ROOT, Recorder
from tests.support.workflows import AWKWARD, JobRun, World, price, pull_request

KEY = "0123456789abcdef0123456789abcdef0123"


def merge(world: World, head: str, number: int = 7, base: str = "main") -> str:
    """Merge a pull request whose last commit is ``head``; return the merge commit."""
    commit = world.commit("Merge pull request #7")
    pull = {
        "number": number,
        "merge_commit_sha": commit,
        "head": {"sha": head, "ref": AWKWARD},
        "base": {"ref": base},
    }
    world.change_hub(lambda hub: hub.pulls.update({commit: [pull]}))
    return commit


def reviewed(world: World) -> str:
    """Plan the head as a pull request; returns its commit."""
    world.run("plan.yml", "pull_request", pull_request(world))
    return world.git("rev-parse", "HEAD")


def push(world: World) -> dict[str, JobRun]:
    return world.run("apply.yml", "push", {})


def conclusions(jobs: dict[str, JobRun]) -> dict[str, str]:
    return {name: job.conclusion for name, job in jobs.items()}


def raise_price(world: World, product: str, old: str, new: str) -> None:
    path = world.repository / "manifests" / "products.yaml"
    text = path.read_text()
    start = text.index(f"  {product}:")
    path.write_text(text[:start] + text[start:].replace(f"price: {old}", f"price: {new}", 1))


def report(world: World, run: int) -> Any:
    return json.loads((world.hub.artifact(run, "report") / "report.json").read_text())


def test_reviewed_changes_are_applied(world: World) -> None:
    merge(world, reviewed(world))

    jobs = push(world)

    assert conclusions(jobs) == {"plan": "success", "apply": "success", "rest": "skipped"}
    assert "### Run: 102 planned = 102 applied\n" in jobs["apply"].summary
    assert report(world, 7001)["accounting"]["applied"] == 102


def content_in(text: str) -> str:
    found = re.search("^Content `(sha256:[0-9a-f]{64})`", text, re.MULTILINE)
    assert found
    return found[1]


def test_approvers_see_the_reviewed_content(world: World) -> None:
    merge(world, reviewed(world))
    (comment,) = world.hub.comments

    summary = push(world)["plan"].summary

    assert content_in(summary) == content_in(comment["body"])
    assert f"Content `{content_in(summary)}`, as it was reviewed." in summary


@pytest.fixture
def live(world: World, portal: Recorder) -> Recorder:
    """Return a portal for which reviewed plans are encrypted."""
    world.secrets["RECONCILER_PLAN_KEY"] = KEY
    return portal


def test_unreviewed_changes_are_left_out_and_the_run_says_so(world: World, live: Recorder) -> None:
    head = reviewed(world)
    raise_price(world, "TS-12", "58.90", "61.00")  # somebody else merged this in between
    merge(world, head)

    jobs = push(world)

    assert conclusions(jobs) == {"plan": "success", "apply": "success", "rest": "failure"}
    assert "::error::Some of what main asks for was not reviewed" in jobs["rest"].log
    assert ". It differs from the reviewed plan " in jobs["plan"].summary
    assert (price(live, "PT-100"), price(live, "TS-12")) == ("189.00", None)


def test_plans_and_reports_of_a_portal_are_encrypted(world: World, live: Recorder) -> None:
    merge(world, reviewed(world))

    jobs = push(world)

    assert conclusions(jobs) == {"plan": "success", "apply": "success", "rest": "skipped"}
    assert price(live, "PT-100") == "189.00"
    for kept in (
        world.hub.artifact(7001, "plan") / "plan.json",
        world.hub.artifact(7001, "report") / "report.json",
    ):
        assert kept.read_bytes().startswith(b"reconciler encrypted 1\n")


def test_a_commit_that_no_pull_request_brought_is_not_applied(world: World, live: Recorder) -> None:
    raise_price(world, "TS-12", "58.90", "61.00")
    world.commit()

    jobs = push(world)

    assert conclusions(jobs) == {"plan": "failure", "apply": "skipped", "rest": "skipped"}
    assert "::error::No plan of this commit was reviewed: nothing is applied." in jobs["plan"].log
    assert price(live, "TS-12") is None


@pytest.mark.usefixtures("live")
def test_the_plan_of_a_fork_is_nobodys_review(world: World) -> None:
    world.run("plan.yml", "pull_request", pull_request(world, repository="mallory/crm"))
    merge(world, world.git("rev-parse", "HEAD"))

    jobs = push(world)

    assert conclusions(jobs)["plan"] == "failure"
    assert "No plan of this commit was reviewed" in jobs["plan"].log


def test_by_hand_all_of_main_is_applied(world: World, live: Recorder) -> None:
    jobs = world.run("apply.yml", "workflow_dispatch", {})

    assert conclusions(jobs) == {"plan": "success", "apply": "success", "rest": "skipped"}
    assert price(live, "PT-100") == "189.00"


@pytest.mark.usefixtures("live")
def test_nobody_is_asked_where_there_is_nothing_to_do(world: World) -> None:
    merge(world, reviewed(world))
    push(world)
    reviewed(world)

    jobs = world.run("apply.yml", "workflow_dispatch", {})

    assert conclusions(jobs) == {"plan": "success", "apply": "skipped", "rest": "skipped"}


def test_a_rejected_record_fails_the_run_whose_report_is_kept(world: World, live: Recorder) -> None:
    merge(world, reviewed(world))
    live.add_fault(parse("poisoned_record:value=189.00,status=400"))

    jobs = push(world)

    assert conclusions(jobs) == {"plan": "success", "apply": "failure", "rest": "skipped"}
    assert "102 planned = 101 applied + 1 rejected" in jobs["apply"].summary
    assert (world.hub.artifact(7001, "report") / "report.json").exists()


@pytest.mark.usefixtures("live")
def test_nobody_is_asked_for_a_plan_that_cannot_be_applied(world: World) -> None:
    head = reviewed(world)
    raise_price(world, "TS-12", "58.90", "61.00")
    raise_price(world, "TS-90", "74.20", "cheap")
    merge(world, head)

    jobs = push(world)

    assert conclusions(jobs) == {"plan": "success", "apply": "skipped", "rest": "failure"}


@pytest.mark.usefixtures("live")
def test_the_plan_of_another_pull_request_with_the_same_head_is_nobodys_review(world: World) -> None:
    head = reviewed(world)
    merge(world, head, number=8)

    jobs = push(world)

    assert conclusions(jobs)["plan"] == "failure"
    assert "No plan of this commit was reviewed" in jobs["plan"].log


@pytest.mark.usefixtures("live")
def test_a_pull_request_into_another_branch_is_no_review_of_this_one(world: World) -> None:
    merge(world, reviewed(world), base="next")

    assert conclusions(push(world))["plan"] == "failure"


@pytest.mark.usefixtures("live")
def test_the_plan_of_the_same_commit_on_another_branch_is_nobodys_review(world: World) -> None:
    head = reviewed(world)
    world.change_hub(lambda hub: hub.runs[0].update(head_branch="harmless"))
    merge(world, head)

    assert conclusions(push(world))["plan"] == "failure"


@pytest.mark.usefixtures("live")
def test_the_plan_of_the_merged_pull_request_is_found_among_two_with_one_head(world: World) -> None:
    head = reviewed(world)
    world.run("plan.yml", "pull_request", pull_request(world, number=8))
    merge(world, head)

    assert conclusions(push(world)) == {"plan": "success", "apply": "success", "rest": "skipped"}


@pytest.mark.parametrize("code", ["", "3", "5", "130"])
def test_the_run_fails_where_its_plan_ended_with_anything_but_success(code: str) -> None:
    document = yaml.load((ROOT / ".github/workflows/apply.yml").read_text(), yaml.BaseLoader)
    condition = document["jobs"]["rest"]["if"]
    needs = {"plan": {"result": "success", "outputs": {"code": code}}}

    assert holds(condition, {"needs": needs}, "success")
    needs["plan"]["outputs"] = {"code": "0"}
    assert not holds(condition, {"needs": needs}, "success")
