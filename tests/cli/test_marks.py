"""Masked values are replaced by marks, which are equal in all commands for one commit.

With ``--values manifest``, values that the committed manifests contain are not masked.
"""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.projects import Project

SETTINGS = """\
version: 1
environments:
  local: {portal: emulator}
"""
CONTACTS = """\
object: contacts
key: email
records:
  ada@acme.example: {firstname: Ada, phone: "+49 561 4711"}
"""
KEY = "k" * 44


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@acme.example")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def drifted(tmp_path: Path) -> Project:
    """Return a committed and applied project, in which a person then changes a phone number in HubSpot."""
    project = Project(tmp_path / "project", {"CI": "true"})
    project.write("reconciler.yaml", SETTINGS)
    project.write("contacts.yaml", CONTACTS)
    git(project.folder, "init", "--quiet")
    git(project.folder, "add", ".")
    git(project.folder, "commit", "--quiet", "--message", "Begin")
    assert project.run("apply", "--auto-approve").code == 0
    assert project.run("emulator", "edit", "contacts/ada@acme.example", "phone=+49 30 99").code == 0
    return project


def marks(text: str) -> list[str]:
    return re.findall("\u2039[0-9a-f]{8}\u203a", text)


def test_drift_and_plan_of_one_commit_have_the_same_marks(drifted: Project) -> None:
    (value,) = drifted.run("drift", "--json").document["values"]
    plan, again = drifted.run("plan", "--json"), drifted.run("plan")
    document = json.loads(plan.out)
    (change,) = document["changes"]

    assert change["do"]["values"]["phone"] == [value["live"], value["last_applied"]]
    assert change["do"]["address"]["value"] == value["key"]["value"]
    assert set(marks(again.out)) <= set(marks(plan.out))
    lineage = document["state"]["lineage"]
    assert len(lineage) == 8  # with the complete lineage, anybody could compute the key of the marks
    assert all("+49 30 99" not in text for text in (plan.out, again.out))

    keyed = Project(drifted.folder, {**drifted.environ, "RECONCILER_PLAN_KEY": KEY})
    (of_key,) = keyed.run("drift", "--json").document["values"]
    (planned,) = json.loads(keyed.run("plan", "--json").out)["changes"]
    assert planned["do"]["values"]["phone"][0] == of_key["live"] != value["live"]


def test_state_and_accepted_drift_have_the_marks_of_drift(drifted: Project) -> None:
    (value,) = drifted.run("drift", "--json").document["values"]
    address = f"contacts/={value['record_id']}"
    (owned,) = json.loads(drifted.run("state", "show", address, "--json").out)
    (edit,) = drifted.run("drift", "--accept", "*", "--json").document["accepted"]

    assert owned["sent"]["phone"] == edit["before"] == value["last_applied"]
    assert edit["after"] == value["live"]


def test_readers_of_a_repository_see_what_its_manifests_say(drifted: Project) -> None:
    shown = drifted.run("plan", "--values", "manifest").out

    assert "contacts/ada@acme.example" in shown
    assert "+49 561 4711" in shown
    assert "+49 30 99" not in shown
    explained = drifted.run("explain", "contacts/ada@acme.example#phone", "--values", "manifest").out
    assert "+49 561 4711" in explained
    assert "+49 30 99" not in explained


@pytest.mark.parametrize("how", ["changed", "ignored"])
def test_what_no_commit_holds_is_masked(drifted: Project, how: str) -> None:
    more = CONTACTS.replace("ada@", "eve@").replace("Ada", "Eve")
    if how == "ignored":
        drifted.write(".git/info/exclude", "more.yaml\n")
    drifted.write("more.yaml", more)

    assert "acme.example" not in drifted.run("plan", "--values", "manifest", "--full").out
