"""The doctor: one line for each check, with advice, even if the project is not complete."""

import json
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler import Project as PythonProject
from reconciler.hubspot.transport.call_result import RateHeaders
from reconciler.model.diagnosis import CheckResult, CheckStatus, Diagnosis
from reconciler.project.doctor import check_portal
from reconciler.project.doctor.check_portal import check_api, check_clock
from reconciler.project.doctor.examined import DoctorRequest, Examined
from tests.support.git_remotes import bare_repository, git, refs_of
from tests.support.projects import PORTAL, Done, Project, Recorder
from tests.support.served import served

KEY = {"name": "external_id", "label": "Customer", "type": "string", "fieldType": "text"}
SEED: dict[str, Any] = {
    "properties": {"companies": [KEY | {"hasUniqueValue": True, "groupName": "companyinformation"}]},
    "records": {
        "companies": [{"properties": {"name": "Acme", "external_id": "acme"}}, {"properties": {"name": "B"}}]
    },
}
MANIFEST = "object: companies\nkey: external_id\nrecords: {acme: {name: Acme}}\n"
CHECKS = (
    "version project manifests variables network token account scopes calls api keys state lock git clock"
)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Project, Recorder]]:
    with served(tmp_path / "project", {"companies.yaml": MANIFEST}, SEED) as place:
        yield place


def statuses(done: Done) -> dict[str, str]:
    assert done.err == ""
    return {check["name"]: check["status"] for check in json.loads(done.out)["checks"]}


def check(done: Done, name: str) -> dict[str, str]:
    (found,) = (each for each in json.loads(done.out)["checks"] if each["name"] == name)
    assert isinstance(found, dict)
    return found


def test_every_check_is_a_line_and_nothing_is_written_anywhere(place: tuple[Project, Recorder]) -> None:
    project, portal = place
    done = project.run("doctor")
    assert done.code == 0, done.out
    begins = [
        line.split()[1]
        for line in done.out.splitlines()
        if line[:1].strip() and line.strip() != "All is well."
    ]
    assert begins == CHECKS.split()
    assert max(map(len, done.out.splitlines())) <= 80
    assert done.out.endswith("\nAll is well.\n")
    assert "belongs to portal 1000000, as real says" in done.out
    assert "but empty in 1 of 2 records" in done.out
    writes = {"batch/update", "batch/upsert", "batch/create", "batch/archive"}
    assert not any(request.path.endswith(tuple(writes)) for request in portal.requests)
    assert not (project.folder / ".reconciler" / "state.db").exists()
    assert project.environ["HUBSPOT_ACCESS_TOKEN"] not in done.out


def test_with_a_token_alone_it_says_which_portal_it_is(place: tuple[Project, Recorder]) -> None:
    project, _ = place
    project.replace("reconciler.yaml", f"    portal_id: {PORTAL}\n", "")
    done = project.run("doctor", "--json")
    assert done.code == 1
    assert (
        check(done, "project")["finding"]
        == "reconciler.yaml does not say which portal belongs to environment real"
    )
    assert check(done, "token") == {
        "name": "token",
        "status": "warning",
        "finding": "belongs to portal 1000000",
        "advice": "write `portal_id: 1000000` below real",
    }
    assert statuses(done)["keys"] == "warning"  # the portal was read, although the project is not complete


def test_another_variable_can_hold_the_token(place: tuple[Project, Recorder]) -> None:
    project, _ = place
    other = Project(project.folder, {"MY_TOKEN": project.environ["HUBSPOT_ACCESS_TOKEN"]})
    assert statuses(other.run("doctor", "--json"))["variables"] == "failed"
    done = other.run("doctor", "--json", "--token-variable", "MY_TOKEN")
    assert statuses(done)["token"] == "ok"


def test_all_missing_scopes_are_told_at_once(place: tuple[Project, Recorder]) -> None:
    project, portal = place
    token = portal.token(PORTAL, ("crm.objects.companies.read",))
    done = Project(project.folder, {"HUBSPOT_ACCESS_TOKEN": token}).run(
        "doctor", "--json", "--objects", "deals,tickets"
    )
    found = check(done, "scopes")
    assert (done.code, found["status"]) == (1, "failed")
    for scope in ("crm.objects.deals.read", "tickets", "crm.objects.owners.read", "crm.objects.deals.write"):
        assert scope in found["advice"]
    assert "crm.objects.companies.read" not in found["advice"]


@pytest.mark.parametrize(
    ("scopes", "words"),
    [
        (
            ("crm.objects.companies.read", "crm.objects.owners.read"),
            "to apply, also tick these scopes in HubSpot (Development > Keys): crm.objects.companies.write",
        ),
        (("crm.objects.companies.read",), "crm.objects.owners.read, crm.objects.companies.write"),
    ],
)
def test_a_token_that_only_reads_is_enough_for_plans(
    place: tuple[Project, Recorder], scopes: tuple[str, ...], words: str
) -> None:
    project, portal = place
    token = portal.token(PORTAL, scopes)
    done = Project(project.folder, {"HUBSPOT_ACCESS_TOKEN": token}).run("doctor", "--json")
    assert (done.code, check(done, "scopes")["status"]) == (0, "warning")
    assert words in check(done, "scopes")["advice"]


@pytest.mark.parametrize(
    ("ref", "protected", "status"),
    [
        ("refs/reconciler", True, "warning"),
        ("refs/heads/reconciler", True, "ok"),
        ("refs/reconciler", False, "ok"),
    ],
)
def test_a_protected_environment_wants_its_state_where_a_rule_can_protect_it(
    place: tuple[Project, Recorder], tmp_path: Path, ref: str, protected: bool, status: str
) -> None:
    project, _ = place
    remote = bare_repository(tmp_path)
    git(project.folder, "init", "--quiet")
    git(project.folder, "remote", "add", "origin", f"file://{remote}")
    settings = f"state: git:{ref}\nenvironments:\n  real:\n    protected: {str(protected).lower()}\n"
    project.replace("reconciler.yaml", "environments:\n  real:\n", settings)
    keyed = Project(project.folder, {**project.environ, "RECONCILER_PLAN_KEY": "k" * 44})

    done = keyed.run("doctor", "--json")

    found = check(done, "state")
    assert (done.code, found["status"]) == (0, status), found
    assert ("; real is protected" in found["finding"]) is (status == "warning")
    assert ("use a branch (refs/heads/…), with a rule" in found["advice"]) is (status == "warning")
    assert refs_of(remote) == {}


def test_a_wrong_token_fails_and_what_rests_on_it_is_skipped(place: tuple[Project, Recorder]) -> None:
    project, _ = place
    done = Project(project.folder, {"HUBSPOT_ACCESS_TOKEN": "pat-na1-wrong"}).run("doctor", "--json")
    found = statuses(done)
    assert (done.code, found["network"], found["token"]) == (1, "ok", "failed")
    assert {found[name] for name in ("account", "scopes", "calls", "keys")} == {"skipped"}
    assert "pat-na1-wrong" not in done.out


def test_another_portal_fails(place: tuple[Project, Recorder]) -> None:
    project, _ = place
    project.replace("reconciler.yaml", f"portal_id: {PORTAL}", "portal_id: 5")
    done = project.run("doctor", "--json")
    assert check(done, "token")["finding"] == "belongs to portal 1000000, and real is portal 5"
    assert done.code == 1


def test_a_portal_that_nobody_reaches_fails_at_once(place: tuple[Project, Recorder]) -> None:
    project, _ = place
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        free = taken.getsockname()[1]
    text = (project.folder / "reconciler.yaml").read_text()
    url = text.partition("base_url: ")[2].partition("\n")[0]
    project.replace("reconciler.yaml", url, f"http://127.0.0.1:{free}")
    done = project.run("doctor", "--json")
    assert statuses(done)["network"] == "failed"
    assert check(done, "network")["finding"].startswith("no answer (asked directly): 127.0.0.1")


@pytest.mark.parametrize(
    ("manifest", "status", "words"),
    [
        (
            "object: companies\nkey: name\nrecords: {Acme: {city: Jena}}\n",
            "failed",
            "name is not unique in HubSpot",
        ),
        (MANIFEST.replace("external_id", "nowhere"), "failed", "there is no property nowhere"),
        ("object: machines\nkey: serial\nrecords: {a: {name: A}}\n", "failed", 'no object type "machines"'),
    ],
)
def test_keys_that_hubspot_does_not_take_fail(
    place: tuple[Project, Recorder], manifest: str, status: str, words: str
) -> None:
    project, _ = place
    project.write("companies.yaml", manifest)
    done = project.run("doctor", "--json")
    assert check(done, "keys")["status"] == status
    assert words in check(done, "keys")["finding"]


def test_keys_that_the_manifests_define_are_made_by_the_next_apply(place: tuple[Project, Recorder]) -> None:
    project, _ = place
    own = (
        "{label: Our key, type: string, fieldType: text, groupName: companyinformation, hasUniqueValue: true}"
    )
    project.write("companies.yaml", MANIFEST.replace("external_id", "our_key"))
    project.write("our_key.yaml", f"object: companies\nproperties: {{our_key: {own}}}\n")
    found = check(project.run("doctor", "--json"), "keys")
    assert (found["status"], found["finding"]) == ("ok", "companies: the next apply creates our_key")
    project.replace("our_key.yaml", ", hasUniqueValue: true", "")
    assert check(project.run("doctor", "--json"), "keys")["status"] == "failed"


def test_wrong_manifests_and_settings_are_told_with_their_lines(place: tuple[Project, Recorder]) -> None:
    project, _ = place
    project.write("companies.yaml", "object: companies\n")
    assert check(project.run("doctor", "--json"), "manifests")["status"] == "failed"
    project.write("reconciler.yaml", "version: 1\nenvironments: {a: {portal: elsewhere}}\n")
    done = project.run("doctor", "--json")
    assert check(done, "project")["finding"].startswith("reconciler.yaml:2:")
    assert check(done, "manifests")["status"] == "skipped"


def test_the_embedded_portal_is_examined_too(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("reconciler.yaml", "version: 1\nenvironments: {local: {portal: emulator}}\n")
    project.write("a.yaml", "object: products\nkey: hs_sku\nrecords: {a: {name: A}}\n")
    done = project.run("doctor", "--json")
    assert done.code == 0, done.out
    assert statuses(done) | {"variables": "ok", "token": "ok", "keys": "ok", "state": "ok"} == statuses(done)


def test_a_lock_that_somebody_holds_is_named(place: tuple[Project, Recorder]) -> None:
    project, _ = place
    project.run("apply", "--auto-approve")
    assert check(project.run("doctor", "--json"), "lock")["finding"] == "free"
    assert "1 owned record," in project.run("doctor").out
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUBSPOT_ACCESS_TOKEN", project.environ["HUBSPOT_ACCESS_TOKEN"])
        with PythonProject.open(project.folder).environment().session.writer():
            assert check(project.run("doctor", "--json"), "lock")["finding"].startswith("held by ")


def test_a_repository_is_described(place: tuple[Project, Recorder]) -> None:
    project, _ = place
    subprocess.run(["git", "init", "-q", "-b", "trunk", project.folder], check=True)
    assert (
        check(project.run("doctor", "--json"), "git")["finding"] == "branch trunk, no commit yet, no remote"
    )


@pytest.mark.parametrize("url", ["https://evil.example", "https://api.hubapi.com.evil.example"])
def test_a_host_that_a_pull_request_has_written_gets_no_token(
    place: tuple[Project, Recorder], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, _ = place
    text = (project.folder / "reconciler.yaml").read_text()
    project.replace("reconciler.yaml", text.partition("base_url: ")[2].partition("\n")[0], url)
    monkeypatch.setattr(check_portal, "open_http", lambda *_: pytest.fail("it was called"))
    for more in ((), ("--token-variable", "HUBSPOT_ACCESS_TOKEN")):
        done = project.run("doctor", "--json", *more)
        assert check(done, "network")["finding"].endswith(
            "is neither a host of HubSpot nor this machine: it gets no token"
        )
        assert (done.code, statuses(done)["keys"]) == (1, "skipped")


@pytest.mark.parametrize("more", [(), ("--token-variable", "HUBSPOT_ACCESS_TOKEN")])
def test_a_database_that_a_pull_request_has_written_is_not_opened(
    place: tuple[Project, Recorder], more: tuple[str, ...]
) -> None:
    project, _ = place
    text = (project.folder / "reconciler.yaml").read_text()
    state = "state: postgresql+psycopg://ada:${RECONCILER_PASSWORD}@evil.example/state"
    project.write("reconciler.yaml", f"{text}{state}\n")
    environ = {**project.environ, "RECONCILER_PASSWORD": "very-secret"}
    done = Project(project.folder, environ).run("doctor", "--json", *more)
    assert "evil.example, which is not this machine" in check(done, "variables")["finding"]
    assert (check(done, "state")["status"], check(done, "token")["status"]) == ("skipped", "ok")


def test_a_variable_that_a_pull_request_has_chosen_is_not_sent(place: tuple[Project, Recorder]) -> None:
    project, portal = place
    project.replace("reconciler.yaml", "${HUBSPOT_ACCESS_TOKEN}", "${AWS_SECRET_ACCESS_KEY}")
    secret = {"AWS_SECRET_ACCESS_KEY": "very-secret"}
    done = Project(project.folder, {**project.environ, **secret}).run("doctor", "--json")
    assert "not read the variable AWS_SECRET_ACCESS_KEY" in check(done, "variables")["finding"]
    assert all("very-secret" not in str(request) for request in portal.requests)
    assert "very-secret" not in done.out


def test_a_clock_that_is_wrong_fails() -> None:
    examined = Examined(
        DoctorRequest(), {}, headers=RateHeaders(date=datetime.now(UTC) - timedelta(minutes=9))
    )
    (found,) = check_clock(examined)
    assert found.has_failed
    assert found.finding.endswith("s apart from HubSpot's")


def test_the_version_of_the_api_has_an_end() -> None:
    (found,) = check_api(Examined(DoctorRequest(), {}))
    assert found.finding == "version v3, which HubSpot supports until September 2027"


def test_from_python_it_is_a_value(place: tuple[Project, Recorder]) -> None:
    project, _ = place
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUBSPOT_ACCESS_TOKEN", project.environ["HUBSPOT_ACCESS_TOKEN"])
        reported: list[CheckResult] = []
        diagnosis = PythonProject.doctor(project.folder, tell=reported.append)
    assert isinstance(diagnosis, Diagnosis)
    assert diagnosis.is_healthy
    assert tuple(reported) == diagnosis.results
    assert diagnosis["token"].status is CheckStatus.OK
