"""Copying a portal into the emulator: the portal is only read, values are masked, and copies resume."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.exits import ExitCode
from reconciler.emulator.faults import parse
from tests.cli.test_rehearse import writes
from tests.support.projects import PORTAL, UNHURRIED, Project, Recorder
from tests.support.rehearsals import MANIFESTS, SEED, People
from tests.support.served import served

CANARIES = {
    "firstname": "Zaphodine",
    "lastname": "Beeblebrox",
    "phone": "+49 30 7654321",
    "email": "canary.person@secret-host.de",
}
ALL = ("emulator", "copy", "--from", "real", "--records", "all")


def seed() -> dict[str, Any]:
    """Return the seed of the rehearsal tests, with people who must not be recognisable in a copy."""
    records = {name: list(of) for name, of in SEED["records"].items()}
    records["contacts"].append({"id": "790", "properties": {"key": "p90", **CANARIES}})
    records["contacts"] += [{"id": str(2000 + n), "properties": {"email": f"e{n}@x.de"}} for n in range(250)]
    associations = [
        {"from": {"type": "companies", "id": "900"}, "to": {"type": "contacts", "id": "790"}},
    ]
    return {**SEED, "records": records, "associations": associations}


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[tuple[Project, Recorder]]:
    manifests = MANIFESTS | {
        "contacts.yaml": MANIFESTS["contacts.yaml"] + "  p5: {firstname: Five, lastname: null, phone: null}\n"
    }
    with served(tmp_path, manifests, seed(), more="guards: {update: 100%}\n") as (project, recorder):
        yield project, recorder


def stored(project: Project) -> dict[str, dict[str, Any]]:
    """Return the contacts in the copy, by id."""
    with closing(sqlite3.connect(project.folder / ".reconciler" / "portal.db")) as connection:
        rows = connection.execute("SELECT id, properties FROM records WHERE object_type = '0-1'").fetchall()
    return {str(record_id): json.loads(properties) for record_id, properties in rows}


def test_a_copy_is_read_masked_and_apart(portal: tuple[Project, Recorder]) -> None:
    project, recorder = portal
    done = project.run(*ALL, "--json")

    assert done.code == ExitCode.OK, done.err
    assert writes(recorder.requests) == []
    found = json.loads(done.out)
    assert found["records"] == {"companies": 13, "contacts": 259, "deals": 3}
    assert (found["portal"], found["associations"], found["written"]) == (PORTAL, 1, "reconciler.yaml")
    assert "contacts#email" in found["masked"]
    assert (
        "  local:\n    portal: emulator\n    copy_of: real\n"
        in (project.folder / "reconciler.yaml").read_text()
    )
    for path in (project.folder / ".reconciler").rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert not [value for value in CANARIES.values() if value.encode() in data], path
        assert path.is_dir() or path.name == ".gitignore" or path.stat().st_mode & 0o077 == 0, path
    masked = stored(project)["790"]
    assert masked["firstname"][0].isupper()
    assert len(masked["firstname"]) == len(CANARIES["firstname"])
    assert masked["email"].endswith(".de.example")
    assert len({each.get("email") for each in stored(project).values()}) == 259
    real, local = (project.run("plan", "-e", name, "--out", f"{name}.json") for name in ("real", "local"))
    assert real.out.splitlines()[-2:] == local.out.splitlines()[-2:]
    for name, other in (("real", "local"), ("local", "real")):
        refused = project.run("apply", f"{name}.json", "-e", other)
        assert refused.code == ExitCode.PLAN_REFUSED
    assert project.run("apply", "local.json").code == ExitCode.OK
    assert "No changes." in project.run("plan", "-e", "local").out
    assert "Plan: 4 to create" in project.run("plan", "-e", "real").out


def test_masked_choices_stay_choices_and_references_stay(portal: tuple[Project, Recorder]) -> None:
    project, recorder = portal
    People(recorder).update("contacts", "701", lifecyclestage="lead", hubspot_owner_id="1")
    settings = project.folder / "reconciler.yaml"
    settings.write_text(settings.read_text() + 'values:\n  mask: {"*": ["*"]}\n')

    assert project.run(*ALL).code == ExitCode.OK

    masked = stored(project)["701"]
    options = People(recorder).call("GET", "/crm/v3/properties/contacts/lifecyclestage")["options"]
    assert masked["lifecyclestage"] in {option["value"] for option in options}
    assert (masked["hs_object_id"], masked["hubspot_owner_id"]) == ("701", "1")
    # A pseudonym must never equal a unique value that a manifest gives to another record, whatever the salt
    # is.
    assert project.run("plan", "-e", "local").code == ExitCode.OK


def test_an_interrupted_copy_goes_on(portal: tuple[Project, Recorder]) -> None:
    project, recorder = portal
    recorder.add_fault(parse("malformed_body:path=/crm/v3/objects/contacts"))
    broken = project.run(*ALL)
    unfinished = project.run("plan", "-e", "local")
    recorder.clear_faults()
    recorder.requests.clear()

    done = project.run(*ALL, "--json")

    assert broken.code == ExitCode.ERROR
    assert "`reconciler emulator copy --from real -e local` continues the copy" in unfinished.err
    assert done.code == ExitCode.OK
    assert json.loads(done.out)["resumed"] is True
    asked = [request.path for request in recorder.requests]
    assert "/crm/v3/objects/contacts" in asked
    assert "/crm/v3/properties/contacts" in asked  # definitions of properties are read again
    assert "/crm/v3/property-validations/contacts" not in asked  # the other definitions are copied already
    assert "/crm/v3/objects/companies" not in asked
    assert len(stored(project)) == 259


def test_an_interrupted_copy_begins_again_when_the_manifests_changed(
    portal: tuple[Project, Recorder],
) -> None:
    project, recorder = portal
    recorder.add_fault(parse("malformed_body:path=/crm/v3/objects/contacts"))
    assert project.run(*ALL).code == ExitCode.ERROR
    recorder.clear_faults()
    project.replace("companies.yaml", "  c0:\n    vat: N0\n", "")

    done = project.run(*ALL, "--json")

    assert json.loads(done.out)["resumed"] is False
    assert json.loads(done.out)["records"]["companies"] == 13


def test_a_copy_leaves_calls_for_the_day_and_a_copy_is_not_reset(portal: tuple[Project, Recorder]) -> None:
    project, recorder = portal
    People(recorder).settings(limits=UNHURRIED | {"daily": 60})

    refused = project.run(*ALL)
    reset = project.run("emulator", "reset", "-e", "local")

    assert refused.code == ExitCode.GUARDED
    assert "the copy needs about" in refused.err
    assert reset.code == ExitCode.ERROR
    assert "local is a copy of real and has no seed: nothing was reset" in reset.err
    assert "`reconciler emulator copy --from real -e local` copies it again" in reset.err


def test_values_may_be_shown_and_records_chosen(portal: tuple[Project, Recorder]) -> None:
    project, _ = portal

    named = project.run("emulator", "copy", "--from", "real", "--json")
    sample = project.run(
        *("emulator", "copy", "--from", "real", "--records", "sample=2", "--objects", "contacts"),
        *("--values", "show", "--json"),
    )

    assert json.loads(named.out)["records"] == {"companies": 11, "contacts": 6, "deals": 2}
    assert json.loads(sample.out)["records"] == {"contacts": 6}
    assert json.loads(sample.out)["masked"] == []
    assert stored(project)["700"]["email"] == "p0@x.example"


@pytest.mark.parametrize("records", ["named", "all"])
def test_plans_fit_a_masked_copy_whoever_the_manifests_name(tmp_path: Path, records: str) -> None:
    companies = """\
object: companies
key: key
records:
  new: {$renamed_from: c0, $associations: {contacts: [{by: email, to: P0@X.example}]}}
  c1: {name: One, $associations: {contacts: [p1@x.example]}}
"""
    contacts = "object: contacts\nkey: email\nrecords:\n  p3@x.example: {firstname: Three}\n"
    manifests = {"companies.yaml": companies, "contacts.yaml": contacts}
    with served(tmp_path, manifests, SEED, more="guards: {update: 100%}\n") as (project, _):
        assert project.run("emulator", "copy", "--from", "real", "--records", records).code == ExitCode.OK
        plans = [project.run("plan", "-e", name) for name in ("real", "local")]
        kept = {record["email"] for record in stored(project).values()}

    assert [plan.code for plan in plans] == [ExitCode.OK, ExitCode.OK], plans[1].out
    assert plans[0].out.splitlines()[-1] == plans[1].out.splitlines()[-1]
    assert {email for email in kept if email.endswith("@x.example")} == {
        f"p{number}@x.example" for number in (0, 1, 3)
    }


def test_what_a_copy_cannot_be_is_said(portal: tuple[Project, Recorder]) -> None:
    project, _ = portal
    more = "default: real\nenvironments:\n  other: {portal: emulator, portal_id: 7}"
    project.replace("reconciler.yaml", "environments:", more)

    to_another = project.run("emulator", "copy", "--from", "real", "-e", "other")
    unknown = project.run("emulator", "copy", "--from", "nowhere")
    wrong = project.run("emulator", "copy", "--from", "real", "--records", "some")
    nothing = project.run("emulator", "copy", "--from", "real", "--objects", "deals,")
    named = project.run("emulator", "copy", "--from", "real", "-e", "a b")
    of_emulator = project.run("emulator", "copy", "--from", "other")
    project.replace("reconciler.yaml", "portal_id: 7", f"portal_id: {PORTAL}")
    taken = project.run("emulator", "copy", "--from", "real")

    assert "environment other is not a copy of real" in to_another.err
    assert 'unknown environment "nowhere" (--from)' in unknown.err
    assert "must be named, owned, all, or sample=NUMBER, such as sample=500" in wrong.err
    assert 'a name is missing at a comma in "deals,"' in nothing.err
    assert 'an environment cannot be called "a b"' in named.err
    assert "environment other is an emulator: only HubSpot portals can be copied" in of_emulator.err
    assert f"the emulator of environment other already has the ID {PORTAL}: nothing was copied" in taken.err
    assert "a b" not in (project.folder / "reconciler.yaml").read_text()


def test_settings_name_no_copy_of_an_emulator(portal: tuple[Project, Recorder]) -> None:
    project, _ = portal
    more = "environments:\n  other: {portal: emulator}\n  local: {portal: emulator, copy_of: other}"
    project.replace("reconciler.yaml", "environments:", more)
    said = project.run("plan", "-e", "local")
    assert said.code == ExitCode.ERROR
    assert '"other" is an emulator itself' in said.err
    assert "known here: real" in said.err


def test_what_manifests_say_in_another_spelling_stays(tmp_path: Path) -> None:
    companies = [{"id": "900", "properties": {"name": "A", "phone": "+49 (30) 55-66"}}]
    manifest = (
        "object: companies\nkey: record_id\nenvironments: [real]\nrecords: {900: {phone: +49 30 5566}}\n"
    )
    with served(tmp_path, {"companies.yaml": manifest}, {"records": {"companies": companies}}) as (
        project,
        _,
    ):
        assert project.run("emulator", "copy", "--from", "real").code == ExitCode.OK
        done = project.run("plan", "-e", "local")
    assert done.code == ExitCode.OK, done.out
    assert "0 to update" in done.out


def test_owned_records_travel_though_no_manifest_names_them(tmp_path: Path) -> None:
    """Owned records are copied if they still exist, even after people changed their keys.

    Records that are not owned are not copied.
    """
    head = "object: companies\nkey: key\nprune: all\n"
    named = "  c1: {name: One, $associations: {contacts: [{by: key, to: p1}]}}\n"
    dropped = (
        "  c2: {name: Two, $associations: {contacts: [{by: key, to: p2}]}}\n  c3: {name: Three}\n"
        "  c4: {name: Four}\n"
    )
    contacts = "object: contacts\nkey: key\nrecords:\n  p1: {firstname: One}\n"
    manifests = {
        "companies.yaml": f"{head}records:\n{named}{dropped}",
        "contacts.yaml": f"{contacts}  p2: {{firstname: {CANARIES['firstname']}}}\n",
    }
    guards = "guards: {update: 100%, archive: 100%}\n"
    with served(tmp_path, manifests, SEED, more=guards) as (project, recorder):
        assert project.run("apply", "--auto-approve").code == ExitCode.OK
        people = People(recorder)
        people.archive("companies", "903")
        people.update("companies", "904", key="moved")
        project.write("companies.yaml", f"{head}records:\n{named}")
        project.write("contacts.yaml", contacts)
        copies = {}
        for records in ("named", "owned"):
            done = project.run("emulator", "copy", "--from", "real", "--records", records, "--json")
            copies[records] = json.loads(done.out)["records"]
        with closing(sqlite3.connect(project.folder / ".reconciler" / "portal.db")) as connection:
            ids = {row[0] for row in connection.execute("SELECT id FROM records WHERE object_type = '0-2'")}
        plans = [project.run("plan", "-e", name) for name in ("real", "local")]

    assert copies == {"named": {"companies": 1, "contacts": 1}, "owned": {"companies": 3, "contacts": 2}}
    assert {str(number) for number in ids} == {"901", "902", "904"}
    assert [plan.code for plan in plans] == [ExitCode.OK, ExitCode.OK], plans[1].out
    assert plans[0].out.splitlines()[-1] == plans[1].out.splitlines()[-1]
    assert plans[1].out.splitlines()[-2:] == plans[0].out.splitlines()[-2:]
    assert "2 to release, 2 in step." in plans[1].out
