"""``emulator verify`` runs only in test accounts, and removes all that it created.

The file that it writes makes an emulator behave like the account.
"""

import io
import json
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from reconciler import Project as OpenedProject
from reconciler.errors import UsageError
from reconciler.model.observations import Comparison
from tests.emulator.portal import KEY
from tests.support.projects import PORTAL, ROOT, Project
from tests.support.served import served

SCHEMA = json.loads((ROOT / "reconciler" / "emulator" / "observations.schema.json").read_text())
VERIFY = ("emulator", "verify", "--portal-id", str(PORTAL))


def project_with(folder: Path, seed: Mapping[str, Any], more: str = "") -> Project:
    """Create a project whose embedded portal has limits and this seed."""
    project = Project(folder)
    project.write("portal.json", json.dumps({"limits": True, **seed}))
    project.write(
        "reconciler.yaml",
        "version: 1\nmanifests: [.]\nstate: none\nenvironments:\n"
        f"  it:\n    portal: emulator\n    seed: portal.json\n{more}",
    )
    return project


def left(http: httpx.Client) -> list[str]:
    """Return the things created by probes that are still live in a portal."""
    records = [
        record["properties"][name]
        for path, name in (("companies", "name"), ("contacts", "email"))
        for record in http.get(f"/crm/v3/objects/{path}?limit=100&properties={name}").json()["results"]
    ]
    definitions = http.get("/crm/v3/properties/companies").json()["results"]
    pipelines = http.get("/crm/v3/pipelines/deals").json()["results"]
    names = [*records, *(each["name"] for each in definitions), *(each["label"] for each in pipelines)]
    return [name for name in names if name and "reconciler_probe" in name.lower()]


def test_a_table_and_a_file_say_what_was_seen_and_nothing_stays(tmp_path: Path) -> None:
    project = project_with(tmp_path, {"guesses": {"number_text": "shortest"}})
    done = project.run(*VERIFY)
    assert done.code == 2, done.err
    rows = [re.split(r" *\| *", line)[1:-1] for line in done.out.splitlines() if line.startswith("| ")]
    assert rows[0] == ["guess", "assumed", "seen in HubSpot", ""]
    assert ["number_text", "as_written", "shortest", "differs"] in rows
    assert ["date_text", "day", "day", "same"] in rows
    assert len(rows) == 21
    assert done.out.splitlines()[-1] == "19 same, 1 differs, 0 not seen."
    written = (tmp_path / "observations.json").read_text()
    jsonschema.validate(json.loads(written), SCHEMA, jsonschema.Draft7Validator)
    assert str(PORTAL) not in written
    assert "example.com" not in written
    with project.portal() as http:
        assert left(http) == []
    assert not list((tmp_path / ".reconciler").glob("probes-*"))


def test_the_file_corrects_another_emulator(tmp_path: Path) -> None:
    observations = [
        {"guess": "number_text", "seen": "shortest"},
        {"guess": "date_text", "seen": None},
    ]
    project = project_with(tmp_path, {}, "    observations: seen.json\n")
    project.write("seen.json", json.dumps({"version": 1, "observations": observations}))
    verification = OpenedProject.open(tmp_path).environment("it").verify_emulator(PORTAL)
    assert [(each.guess, each.seen) for each in verification.of(Comparison.DIFFERS)] == [
        ("number_text", "shortest")
    ]
    assert not (tmp_path / "observations.json").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "is not a file of observations of version 1"),
        ('{"version": 2}', "is not a file of observations of version 1"),
        ("{", "it is not JSON"),
        ('{"version": 1, "observations": [{"guess": "x", "seen": "y"}]}', "seen.x: there is no such guess"),
        ('{"version": 1, "observations": [{"guess": "key_case", "seen": "y"}]}', "different, same, not 'y'"),
        ('{"version": 1, "observations": [{"guess": "key_case"}]}', "each observation needs the keys"),
    ],
)
def test_a_wrong_file_of_observations_is_explained(tmp_path: Path, text: str, says: str) -> None:
    project = project_with(tmp_path, {}, "    observations: seen.json\n")
    project.write("seen.json", text)
    done = project.run("emulator", "seed")
    assert done.code == 1
    assert says in done.err


def test_a_rehearsal_uses_what_was_seen(tmp_path: Path) -> None:
    seed = {"properties": {"companies": [{**KEY, "groupName": "companyinformation"}]}}
    manifest = "object: companies\nkey: ext_key\nrecords:\n  acme: {name: A}\n  Acme: {name: B}\n"
    seen = {"version": 1, "observations": [{"guess": "key_case", "seen": "same"}]}
    with served(tmp_path, {"acme.yaml": manifest}, seed) as (project, _):
        assert project.run("rehearse").code == 0
        (tmp_path / "seen.json").write_text(json.dumps(seen))
        project.replace("reconciler.yaml", "    api_version", "    observations: seen.json\n    api_version")
        assert project.run("rehearse").code == 3


def test_a_file_of_observations_must_be_there(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write(
        "reconciler.yaml", "version: 1\nenvironments:\n  it: {portal: emulator, observations: o.json}\n"
    )
    assert "there is no file o.json" in project.run("plan").err


@pytest.mark.parametrize(
    ("arguments", "more", "says"),
    [
        ((*VERIFY[:-1], "8"), "", "8 is not the portal of environment it"),
        (VERIFY[:2], "", "without a terminal, nobody can type the ID of the portal"),
        (VERIFY, "    protected: true\n", "environment it is protected"),
        ((*VERIFY, "--out", "no/such/folder"), "", "cannot write no/such/folder"),
    ],
)
def test_what_is_not_agreed_to_is_not_done(
    tmp_path: Path, arguments: tuple[str, ...], more: str, says: str
) -> None:
    project = project_with(tmp_path, {}, more)
    done = project.run(*arguments)
    assert done.code == 1
    assert says in done.err
    assert not (tmp_path / "observations.json").exists()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "code"), [(f"{PORTAL}\n", 0), ("8\n", 1)])
def test_the_id_of_the_portal_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    project = project_with(tmp_path, {})
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    done = project.run(*VERIFY[:2])
    assert (done.code, (tmp_path / "observations.json").exists()) == (code, code == 0)
    assert "make records, properties and a pipeline in environment it" in done.err


@pytest.mark.parametrize("account", ["STANDARD", "APP_DEVELOPER"])
def test_an_account_in_which_people_work_is_refused_before_any_write(tmp_path: Path, account: str) -> None:
    with served(tmp_path, {}, {"account": {"accountType": account}}) as (project, portal):
        done = project.run(*VERIFY)
        assert done.code == 1
        assert f"an account of type {account}" in done.err
        assert {request.method for request in portal.requests} == {"GET"}


def test_a_token_without_scopes_is_told_apart_from_a_difference(tmp_path: Path) -> None:
    scopes = ("crm.objects.companies.read", "crm.objects.companies.write", "crm.schemas.companies.write")
    with served(tmp_path, {}, {"limits": True}, scopes=scopes) as (project, portal):
        done = project.run(*VERIFY, "--json")
        assert done.code == 0, done.err
        document = json.loads(done.out)
        token = portal.token(PORTAL, scopes)
    not_seen = {each["guess"] for each in document["observations"] if each["comparison"] == "not seen"}
    assert not_seen == {"phone_text", "lifecycle_step_back", "secondary_email_upsert", "stage_ids"}
    assert token not in done.out


@pytest.mark.parametrize("call", [3, 21, 56])
def test_the_next_run_removes_what_a_killed_one_left(tmp_path: Path, call: int) -> None:
    project = project_with(tmp_path, {})
    command = (sys.executable, "-m", "tests.probes.killed", str(call), "-C", str(tmp_path), *VERIFY)
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with project.portal() as http:
        assert left(http)
    done = project.run(*VERIFY)
    assert done.code == 0, done.err
    assert "removing the leftovers of an earlier run" in done.err
    with project.portal() as http:
        assert left(http) == []


def test_two_runs_do_not_disturb_each_other(tmp_path: Path) -> None:
    project_with(tmp_path, {})
    environment = OpenedProject.open(tmp_path).environment("it")

    def other(done: int, _all: int) -> None:
        if done == 1:
            with pytest.raises(UsageError, match="another process is probing this portal"):
                environment.verify_emulator(PORTAL)

    assert not environment.verify_emulator(PORTAL, progress=other).differs
