"""plan.yml: one comment on a pull request, kept up to date, without values that readers may not see."""

import re
import subprocess
from typing import Any

import pytest

from tests.support.hub import REPOSITORY
from tests.support.projects import ROOT
from tests.support.workflows import World, pull_request


def test_a_pull_request_gets_one_comment_and_the_job_a_summary(world: World) -> None:
    jobs = world.run("plan.yml", "pull_request", pull_request(world))

    assert {name: job.conclusion for name, job in jobs.items()} == {"plan": "success", "comment": "success"}
    (comment,) = world.hub.comments
    assert comment["number"] == 7
    assert comment["body"].startswith("<!-- reconciler plan local 1000000 -->\n### Plan: 31 to create, 14 to")
    assert comment["body"] == jobs["plan"].summary
    kept = world.hub.artifact(7000, "plan-7")
    assert sorted(path.name for path in kept.iterdir()) == ["plan.html", "plan.json", "plan.md"]


def test_the_next_push_updates_the_comment_and_leaves_those_of_others_alone(world: World) -> None:
    mark = "<!-- reconciler plan local 1000000 -->\n"

    def talk(hub: Any) -> None:
        hub.add_comment(7, f"{mark}I am a person who quotes", login="mallory")
        hub.add_comment(8, f"{mark}another pull request")
        hub.add_comment(7, "<!-- reconciler plan production 2 -->\nanother environment")
        hub.add_comment(7, f"{mark}the last plan")

    world.change_hub(talk)

    world.run("plan.yml", "pull_request", pull_request(world))
    world.run("plan.yml", "pull_request", pull_request(world))

    bodies = [comment["body"].splitlines()[1] for comment in world.hub.comments]
    assert bodies[:3] == ["I am a person who quotes", "another pull request", "another environment"]
    assert bodies[3].startswith("### Plan: 31 to create")
    assert len(bodies) == 4


def test_problems_fail_the_check_stand_beside_their_lines_and_replace_the_comment(world: World) -> None:
    world.run("plan.yml", "pull_request", pull_request(world))
    broken = world.repository / "manifests" / "products.yaml"
    broken.write_text(broken.read_text().replace("price: 189.00", "price: 1\n    price: 2"))
    world.commit()

    jobs = world.run("plan.yml", "pull_request", pull_request(world))

    assert (jobs["plan"].conclusion, jobs["comment"].conclusion) == ("failure", "success")
    assert "::error file=manifests/products.yaml,line=" in jobs["plan"].log
    (comment,) = world.hub.comments
    assert comment["body"].splitlines()[1] == "### There is no plan"
    assert f"https://github.com/{REPOSITORY}/actions/runs/7001" in comment["body"]


def test_problems_are_in_the_comment_and_fail_the_check(world: World) -> None:
    manifest = world.repository / "manifests" / "products.yaml"
    manifest.write_text(manifest.read_text().replace("price: 189.00", "price: cheap"))
    world.commit()

    jobs = world.run("plan.yml", "pull_request", pull_request(world))

    assert jobs["plan"].conclusion == "failure"
    (comment,) = world.hub.comments
    assert "This plan cannot be applied: 1 problem." in comment["body"]


def test_a_fork_is_planned_on_the_emulator_and_gets_the_summary_alone(world: World) -> None:
    jobs = world.run("plan.yml", "pull_request", pull_request(world, repository="mallory/crm"))

    assert {name: job.conclusion for name, job in jobs.items()} == {"plan": "success", "comment": "skipped"}
    assert jobs["plan"].summary.startswith("<!-- reconciler plan local 1000000 -->")
    assert world.hub.calls == []


def test_names_and_titles_are_never_run(world: World) -> None:
    jobs = world.run("plan.yml", "pull_request", pull_request(world))

    assert jobs["comment"].conclusion == "success"
    assert not list(world.folder.rglob("pwned"))


@pytest.mark.usefixtures("portal")
def test_a_plan_of_a_portal_that_is_not_encrypted_is_not_uploaded(world: World) -> None:
    jobs = world.run("plan.yml", "pull_request", pull_request(world))

    assert jobs["plan"].conclusion == "failure"
    assert (
        "::error::plan.json is not uploaded, because it is not encrypted: set the secret RECONCILER_PLAN_KEY"
        in jobs["plan"].log
    )
    kept = world.hub.artifact(7000, "plan-7")
    assert sorted(path.name for path in kept.iterdir()) == ["plan.html", "plan.md"]
    (comment,) = world.hub.comments
    assert comment["body"].startswith("<!-- reconciler plan sandbox 1234567 -->\n### Plan: 31 to create")


@pytest.mark.usefixtures("portal")
def test_an_encrypted_plan_is_uploaded(world: World) -> None:
    world.secrets["RECONCILER_PLAN_KEY"] = "0123456789abcdef0123456789abcdef0123"

    jobs = world.run("plan.yml", "pull_request", pull_request(world))

    assert jobs["plan"].conclusion == "success"
    assert (
        (world.hub.artifact(7000, "plan-7") / "plan.json")
        .read_bytes()
        .startswith(b"reconciler encrypted 1\n")
    )


@pytest.mark.usefixtures("portal")
def test_the_action_and_its_lock_are_installed_without_secrets(
    world: World,
) -> None:
    world.secrets["RECONCILER_PLAN_KEY"] = "0123456789abcdef0123456789abcdef0123"
    world.environ["HTTPS_PROXY"] = "http://proxy.example:3128"

    world.run("plan.yml", "pull_request", pull_request(world))

    locked, itself = (world.folder / "hub" / "installed").read_text().splitlines()
    pip = "-m pip install --quiet --disable-pip-version-check --no-deps"
    assert locked == f"{pip} --require-hashes --only-binary :all: --requirement {ROOT}/requirements.lock"
    assert itself == f"{pip} --no-index --no-build-isolation {ROOT}"
    given = (world.folder / "hub" / "given").read_text()
    assert "HTTPS_PROXY=http://proxy.example:3128" in given
    assert not any(secret in given for secret in world.secrets.values())
    assert not re.search("^(HUBSPOT|RECONCILER|GITHUB|GH)_", given, flags=re.MULTILINE)


def test_even_a_secret_given_to_the_step_that_installs_does_not_reach_pip(world: World) -> None:
    world.environ["HUBSPOT_SANDBOX_TOKEN"] = "pat-na1-secret"

    world.run("plan.yml", "pull_request", pull_request(world))

    assert "pat-na1-secret" not in (world.folder / "hub" / "given").read_text()


def test_without_an_installation_the_action_says_what_to_do_first(world: World) -> None:
    action = ROOT / ".github" / "actions" / "reconcile" / "run.sh"
    environ = {"PATH": "/usr/bin:/bin", "RUNNER_TEMP": str(world.folder), "COMMAND": "plan"}
    done = subprocess.run([action], env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert (
        "::error::reconciler is not installed: use this action with `command: install` first" in done.stdout
    )
