"""State in git as users see it: settings, keys, remotes, and moving."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.cli.exits import ExitCode
from reconciler.encryption import decrypt
from tests.support.git_remotes import bare_repository, git, refs_of
from tests.support.projects import PORTAL, Done, Project

KEY, OTHER = "k" * 44, "o" * 44
REFS = f"refs/reconciler/{PORTAL}"
SETTINGS = """version: 1
project: acme
state: {state}
environments:
  local: {{portal: emulator}}
"""
CONTACTS = """object: contacts
key: email
records:
  ada@acme.example: {firstname: Augusta Ada}
  bob@acme.example: {firstname: Robert}
"""


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return bare_repository(tmp_path)


@pytest.fixture
def project(tmp_path: Path, remote: Path) -> Project:
    """Return a checkout with a remote; its portal is an emulator."""
    made = Project(tmp_path / "project", {"RECONCILER_PLAN_KEY": KEY})
    made.write("reconciler.yaml", SETTINGS.format(state="git:refs/reconciler"))
    made.write("contacts.yaml", CONTACTS)
    git(made.folder, "init", "--quiet")
    git(made.folder, "remote", "add", "origin", f"file://{remote}")
    return made


def with_state(project: Project, state: str) -> None:
    project.write("reconciler.yaml", SETTINGS.format(state=state))


def assert_refused(done: Done, sentence: str) -> None:
    assert done.code == ExitCode.ERROR, done.out + done.err
    assert sentence in done.err
    assert "Traceback" not in done.err


def test_a_plan_after_an_apply_is_empty_and_only_the_state_is_pushed(project: Project, remote: Path) -> None:
    assert project.run("plan").code == ExitCode.OK
    assert refs_of(remote) == {}
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    assert project.run("plan").out.startswith("No changes.")
    assert refs_of(remote).keys() == {f"{REFS}/state"}
    assert git(project.folder, "for-each-ref") == ""  # the checkout itself is not changed
    assert git(project.folder, "count-objects").startswith("0 objects")


def test_a_portal_needs_a_key_and_an_emulator_does_not(project: Project) -> None:
    keyless = replace(project, environ={})
    assert keyless.run("apply", "--auto-approve").code == ExitCode.OK
    project.write(
        "reconciler.yaml",
        "version: 1\nstate: git:refs/reconciler\n"
        "environments: {live: {portal_id: 5, token: '${HUBSPOT_TOKEN}', base_url: 'http://localhost:9'}}\n",
    )
    portal = replace(project, environ={"HUBSPOT_TOKEN": "a token"})
    assert_refused(
        portal.run("state", "list"), "state in git is encrypted, and RECONCILER_PLAN_KEY holds no key"
    )


def test_a_checkout_without_the_remote_is_told_what_to_write(project: Project, tmp_path: Path) -> None:
    git(project.folder, "remote", "remove", "origin")
    assert_refused(project.run("state", "list"), "this checkout has no remote origin")
    outside = Project(tmp_path / "outside", project.environ)
    outside.write("reconciler.yaml", SETTINGS.format(state="git:refs/reconciler"))
    assert_refused(outside.run("state", "list"), "git remote add origin URL")


def test_another_remote_and_branches_are_named_in_the_address(project: Project, remote: Path) -> None:
    git(project.folder, "remote", "rename", "origin", "crm")
    with_state(project, "git:crm:refs/heads/reconciler")
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    assert refs_of(remote).keys() == {f"refs/heads/reconciler/{PORTAL}/state"}


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("git:reconciler", "state in git cannot be kept in this place"),
        ("git:refs/../x", "state in git cannot be kept in this place"),
        ("git:refs/heads", "state in git cannot be kept in this place"),
        ("git:ext::sh -c x:refs/reconciler", "state in git cannot be kept in this place"),
        ("git:https://user:word@git.example/x:refs/reconciler", "state in git cannot be kept in this place"),
        ("git:https://git.example/x.git:refs/reconciler", "must not contain the address of the repository"),
        ("git:/tmp/x.git:refs/reconciler", "must not contain the address of the repository"),
        ("git:git@git.example:x.git:refs/reconciler", "must not contain the address of the repository"),
    ],
)
def test_the_file_does_not_choose_where_a_token_goes(project: Project, state: str, sentence: str) -> None:
    with_state(project, f'"{state}"')
    assert_refused(project.run("state", "list"), sentence)


def test_the_job_may_choose_the_repository(project: Project, remote: Path) -> None:
    with_state(project, "${RECONCILER_STATE}")
    chosen = replace(
        project, environ={**project.environ, "RECONCILER_STATE": f"git:file://{remote}:refs/reconciler"}
    )
    assert chosen.run("apply", "--auto-approve").code == ExitCode.OK
    assert f"{REFS}/state" in refs_of(remote)


def test_a_token_is_for_the_web_alone(project: Project) -> None:
    tokened = replace(project, environ={**project.environ, "RECONCILER_GIT_TOKEN": "ghs_secret"})
    done = tokened.run("state", "list")
    assert_refused(done, "RECONCILER_GIT_TOKEN works only with https://")
    assert "ghs_secret" not in done.err


def test_a_shallow_clone_is_as_good_as_another(project: Project, remote: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        project.write(f"{name}.txt", name)
        git(project.folder, "add", "reconciler.yaml", "contacts.yaml", f"{name}.txt")
        git(project.folder, "commit", "--quiet", "-m", name)
    git(project.folder, "push", "--quiet", "origin", "HEAD:master")
    assert project.run("apply", "--auto-approve").code == ExitCode.OK

    git(tmp_path, "clone", "--quiet", "--depth", "1", "--no-local", f"file://{remote}", "shallow")
    shallow = Project(tmp_path / "shallow", project.environ)
    assert git(shallow.folder, "rev-parse", "--is-shallow-repository") == "true"
    assert len(shallow.run("state", "list", "--json").document) == 2


def test_unlock_names_the_holder(project: Project) -> None:
    assert "there was no lock" in project.run("unlock").out


@pytest.mark.parametrize("way", ["from git", "to git"])
def test_a_state_moves_with_its_journal_and_every_row_is_compared(project: Project, way: str) -> None:
    places = ["sqlite:///.reconciler/state.db", "git:refs/reconciler"]
    here, there = reversed(places) if way == "from git" else places
    with_state(project, here)
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    export, runs = project.run("state", "export").out, project.run("runs", "list").out

    done = project.run("state", "move", "--to", there)
    assert done.code == ExitCode.OK, done.err
    assert done.out.startswith("2 records and the journal were copied: ")
    assert_refused(
        project.run("state", "move", "--to", there),
        ("this place already contains a state: nothing was moved"),
    )
    assert_refused(project.run("state", "move", "--to", here), "the state is already in this place")

    with_state(project, there)
    assert project.run("state", "export").out == export
    assert project.run("runs", "list").out == runs
    assert project.run("plan").out.startswith("No changes.")


def test_a_state_moves_only_to_a_place_for_it(project: Project) -> None:
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    for to, sentence in (
        ("none", "`none` keeps no state"),
        ("mysql://x", "this is not the address of a place for the state"),
        ("${RECONCILER_NOWHERE}", "the variable RECONCILER_NOWHERE is not set"),
    ):
        assert_refused(project.run("state", "move", "--to", to), sentence)


def test_rekeying_writes_state_and_reports_with_the_newest_key(project: Project) -> None:
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    both = replace(project, environ={"RECONCILER_PLAN_KEY": f"{OTHER},{KEY}"})

    done = both.run("state", "rekey")

    assert done.code == ExitCode.OK, done.err
    assert done.out.startswith("the state and 1 reports are encrypted with the first key")
    new = replace(project, environ={"RECONCILER_PLAN_KEY": OTHER})
    assert len(new.run("state", "list", "--json").document) == 2
    (report,) = (project.folder / ".reconciler" / "reports").iterdir()
    assert new.run("show", str(report)).code == ExitCode.OK
    assert_refused(project.run("state", "list"), "another key than the one in RECONCILER_PLAN_KEY")
    with_state(project, "sqlite:///.reconciler/state.db")
    assert_refused(project.run("state", "rekey"), "only state in git is encrypted")


def test_forgetting_says_what_hosts_keep(project: Project) -> None:
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    done = project.run("state", "forget", "contacts/ada@acme.example")
    assert done.code == ExitCode.OK
    assert "git hosts keep replaced commits" in done.err
    assert "ada@acme.example" not in project.run("state", "list", "--json", "--values", "show").out


def test_a_removal_names_the_commit_before(project: Project, remote: Path) -> None:
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    commit = refs_of(remote)[f"{REFS}/state"]
    done = project.run("state", "rm", "contacts/ada@acme.example")
    assert f"the previous state is commit {commit}" in done.err


@pytest.fixture
def put_back(project: Project, remote: Path) -> Path:
    """Return the report of the second run, after its state was replaced by that of the first run."""
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    older = refs_of(remote)[f"{REFS}/state"]
    project.replace("contacts.yaml", "Augusta Ada", "Ada")
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    git(remote, "update-ref", f"{REFS}/state", older)
    (project.folder / ".reconciler" / "state-seen.json").unlink()
    (report,) = (project.folder / ".reconciler" / "reports").glob("*-0002.json")
    return report


@pytest.mark.parametrize("command", [("state", "list"), ("plan",), ("apply", "--auto-approve")])
def test_an_older_snapshot_is_noticed_by_the_report_of_a_newer_run(
    project: Project, put_back: Path, command: tuple[str, ...]
) -> None:
    done = project.run(*command)

    assert_refused(done, "it was put back to serial 1, but .reconciler/reports/")
    assert "-0002.json is the report of a run with serial 2: later changes are missing" in done.err
    assert (
        "put the newest commit back into the state's ref; if the older state is right, move the report "
        "to another folder"
    ) in done.err

    put_back.unlink()
    assert project.run(*command).code in {ExitCode.OK, ExitCode.CHANGES}


def test_reports_of_another_state_say_nothing_about_this_one(project: Project, put_back: Path) -> None:
    report = json.loads(b"".join(decrypt([put_back.read_bytes()], [KEY])))
    assert report["state"]["serial"] == 2
    report["state"]["lineage"] = "another"
    put_back.write_text(json.dumps(report))
    assert project.run("state", "list").code == ExitCode.OK

    put_back.write_text("no report")
    assert project.run("state", "list").code == ExitCode.OK


def test_a_run_that_could_not_be_pushed_has_no_report(project: Project, remote: Path) -> None:
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    before = refs_of(remote)
    project.replace("contacts.yaml", "{firstname: Robert}", "{}")  # changes state, but nothing in HubSpot
    hook = remote / "hooks" / "update"
    hook.write_text(f'#!/bin/sh\ntest "$1" = {REFS}/lock || exit 1\n')
    hook.chmod(0o755)

    assert_refused(project.run("apply", "--auto-approve"), "the repository refuses to move")
    hook.unlink()
    reports = project.folder / ".reconciler" / "reports"
    assert [path.name[-9:] for path in reports.iterdir()] == ["0001.json"]
    assert refs_of(remote)[f"{REFS}/state"] == before[f"{REFS}/state"]


def test_a_plan_made_against_a_newer_state_than_there_is_now_is_refused(
    project: Project, remote: Path
) -> None:
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    older = refs_of(remote)[f"{REFS}/state"]
    project.replace("contacts.yaml", "Augusta Ada", "Ada")
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    project.replace("contacts.yaml", "{firstname: Ada}", "{firstname: Augusta}")
    assert project.run("plan", "--out", "plan.json").code == ExitCode.OK
    git(remote, "update-ref", f"{REFS}/state", older)
    (project.folder / ".reconciler" / "state-seen.json").unlink()  # as on another machine
    shutil.rmtree(project.folder / ".reconciler" / "reports")

    done = project.run("apply", "plan.json")

    assert done.code == ExitCode.PLAN_REFUSED, done.err
    assert "serial 2, and the present state is of serial 1: an older state was put back" in done.err
