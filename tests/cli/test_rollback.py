"""Rolling back a run: its plan, the values that it leaves alone, and its limits."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.exits import ExitCode
from reconciler.model.addresses import RecordId
from reconciler.plan.kinds import Verb
from reconciler.plan.records.calls import BY_RECORD_ID
from reconciler.state.run_types import RunStart
from reconciler.state.store import Store, open_state
from reconciler.state.writer import StateWriter
from tests.support.journals import ADA, update, value
from tests.support.projects import PORTAL, Project, Recorder

STATE = "sqlite:///.reconciler/state.db"
KEY = {"name": "external_id", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
SEED = {
    "version": 1,
    "properties": {"companies": [KEY | {"groupName": "companyinformation"}]},
    "records": {
        "companies": [
            {"properties": {"external_id": "there-before", "name": "There before"}},
            {"properties": {"external_id": "adopted", "name": "Adopted", "city": "Ulm"}},
        ]
    },
}
SETTINGS = f"""version: 1
guards: {{update: 100%, clear: 100%}}
environments:
  local: {{portal: emulator, portal_id: {PORTAL}, seed: portal.json}}
default: local
"""
HEAD = "object: companies\nkey: external_id\nprune: true\nrecords:\n"
MANY = "".join(f"  other-{number:02}: {{name: Other}}\n" for number in range(30))
BEFORE = (
    MANY
    + """  changed: {name: Before, phone: "1", city: Bonn}
  filled: {name: Filled}
  cleared: {name: Cleared, phone: "2"}
  old-key: {name: Renamed}
  leaving: {name: Leaving}
  adopted-early: {name: Early}
"""
)
AFTER = (
    MANY
    + """  changed: {name: After, phone: "1", city: Köln}
  filled: {name: Filled, phone: "3"}
  cleared: {name: Cleared, phone: null}
  new-key: {name: Renamed, $renamed_from: old-key}
  there-before: {name: There before}
  adopted: {name: Overwritten}
  created: {name: Created, phone: "4"}
  adopted-early: {name: Early}
"""
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project whose last run created, updated, renamed, adopted and archived records."""
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    made.write("portal.json", json.dumps(SEED))
    apply(made, BEFORE)
    apply(made, AFTER)
    return made


def apply(project: Project, records: str) -> None:
    project.write("companies.yaml", HEAD + records)
    done = project.run("apply", "--auto-approve")
    assert done.code == ExitCode.OK, done.out + done.err


def take_back(project: Project, *arguments: str) -> Mapping[str, Any]:
    """Plan the rollback of the last run, apply it, and return the plan."""
    done = project.run("rollback", *arguments, "--out", "undo.json", "--json", "--values", "show")
    assert done.code == ExitCode.OK, done.out + done.err
    applied = project.run("apply", "undo.json")
    assert applied.code == ExitCode.OK, applied.out + applied.err
    document: Mapping[str, Any] = done.document
    return document


def live(project: Project) -> dict[str, dict[str, str | None]]:
    """Return the values in the portal, by key."""
    params = {"properties": "external_id,name,phone,city", "limit": "100"}
    with project.portal() as http:
        found = http.get("/crm/v3/objects/companies", params=params).raise_for_status().json()["results"]
    return {
        record["properties"]["external_id"]: {
            name: record["properties"].get(name) for name in ("name", "phone", "city")
        }
        for record in found
    }


def edit(project: Project, key: str, **values: str) -> None:
    """Change a company in HubSpot, as another person."""
    with project.portal() as http:
        path = f"/crm/v3/objects/companies/{key}"
        http.patch(path, params={"idProperty": "external_id"}, json={"properties": values}).raise_for_status()


def owned(project: Project) -> dict[str, Any]:
    return {entry["key"]: entry for entry in json.loads(project.run("state", "export").out)["owned"]}


def held(document: Mapping[str, Any]) -> dict[str, str]:
    return {entry["address"]: entry["reason"] for entry in document["held"]}


def flat(text: str) -> str:
    """Return the text with line breaks and repeated blanks replaced by single blanks."""
    return " ".join(text.split())


def run_ids(project: Project) -> list[str]:
    """Return the ids of all runs, newest first."""
    return [entry["id"] for entry in project.run("runs", "list", "--json").document]


def test_every_kind_of_change_is_taken_back(project: Project) -> None:
    document = take_back(project, "last")

    changes = {change["address"].partition("/")[2]: change["action"] for change in document["changes"]}
    assert changes == {
        "changed": "update",
        "filled": "update",
        "cleared": "update",
        "old-key": "update",
        "adopted": "update",
        "created": "archive",
        "there-before": "release",
    }
    assert {change["reason"] for change in document["changes"]} == {"rolled back"}
    assert held(document) == {"companies/leaving": "final"}
    now = live(project)
    assert now["changed"] == {"name": "Before", "phone": "1", "city": "Bonn"}
    assert now["filled"]["phone"] is None
    assert now["cleared"]["phone"] == "2"
    assert now["adopted"] == {"name": "Adopted", "phone": None, "city": "Ulm"}
    assert "old-key" in now
    assert not {"new-key", "created", "leaving"} & now.keys()
    assert "there-before" not in owned(project)


def test_afterwards_the_manifests_ask_for_changes_and_nobody_is_blamed_for_drift(project: Project) -> None:
    take_back(project, "last")

    planned = project.run("plan", "--json", "--values", "show").document
    reasons = {change["address"].partition("/")[2]: change["reason"] for change in planned["changes"]}
    assert reasons == {
        "changed": "changed",
        "filled": "changed",
        "cleared": "changed",
        "new-key": "renamed",
        "adopted": "changed",
        "created": "missing",
        "there-before": "adopt",
    }
    assert planned["held"] == []
    assert project.run("drift").code == ExitCode.OK


def test_taking_back_what_took_back_gives_what_was_there(project: Project) -> None:
    portal, state = live(project), owned(project)

    take_back(project, "last")
    document = take_back(project, "last")

    gone = {"created"}  # HubSpot's API cannot restore an archived record
    assert held(document) == {"companies/created": "final"}
    assert live(project) == {key: values for key, values in portal.items() if key not in gone}
    assert owned(project) == {key: entry for key, entry in state.items() if key not in gone}
    project.replace("companies.yaml", '  created: {name: Created, phone: "4"}\n', "")
    assert project.run("plan").out.startswith("No changes.")


def test_values_changed_since_are_left_alone_and_listed(project: Project) -> None:
    edit(project, "changed", name="People's")
    edit(project, "created", phone="5")
    apply(project, AFTER.replace("phone: null", 'phone: "6"').replace("People's", "x"))
    edit(project, "changed", name="People's")
    edit(project, "created", phone="5")
    second = run_ids(project)[1]

    document = take_back(project, second)

    assert held(document) == {
        "companies/changed#name": "superseded",
        "companies/cleared#phone": "superseded",
        "companies/created": "superseded",
        "companies/leaving": "final",
    }
    now = live(project)
    assert now["changed"] == {"name": "People's", "phone": "1", "city": "Bonn"}
    assert now["cleared"]["phone"] == "6"
    assert now["created"]["phone"] == "5"
    facts = {entry["address"]: entry["facts"] for entry in document["held"]}
    assert facts["companies/changed#name"] == [{"kind": "changed in HubSpot"}]
    assert facts["companies/cleared#phone"] == [{"kind": "written later"}]


def test_a_record_that_went_away_is_explained(project: Project) -> None:
    with project.portal() as http:
        path = "/crm/v3/objects/companies/changed"
        found = http.get(path, params={"idProperty": "external_id"}).json()
        http.delete(f"/crm/v3/objects/companies/{found['id']}").raise_for_status()

    document = project.run("rollback", "last", "--json").document

    assert held(document)["companies/changed"] == "gone"
    (facts,) = [entry["facts"] for entry in document["held"] if entry["address"] == "companies/changed"]
    assert facts == [{"kind": "archived", "record_id": found["id"]}]


def test_only_the_targets_are_taken_back(project: Project) -> None:
    document = take_back(project, "last", "--target", "companies/changed#city", "--target", "companies/f*")

    assert {change["address"]: list(change["properties"]) for change in document["changes"]} == {
        "companies/changed": ["city"],
        "companies/filled": ["phone"],
    }
    assert live(project)["changed"] == {"name": "After", "phone": "1", "city": "Bonn"}


def test_excluded_values_stay_and_a_flag_without_a_match_is_an_error(project: Project) -> None:
    document = take_back(project, "last", "--exclude", "companies/*", "--exclude", "*#city")
    assert document["changes"] == []

    slipped = project.run("rollback", "last", "--target", "companies/chagned")
    assert slipped.code == ExitCode.ERROR
    assert (
        "--target companies/chagned matches nothing\n    no record or property that this run" in slipped.err
    )


def test_guards_stand_before_it_too(project: Project) -> None:
    first = run_ids(project)[1]

    refused = project.run("rollback", first, "--out", "undo.json")

    assert refused.code == ExitCode.GUARDED
    assert "32 of 38 companies would be archived (84 %, limit 10 %)" in refused.out
    assert project.run("apply", "undo.json").code == ExitCode.GUARDED
    allowed = project.run("rollback", first, "--allow", "archive=32", "--out", "undo.json")
    assert allowed.code == ExitCode.OK, allowed.out


def test_a_protected_environment_takes_the_saved_plan(project: Project) -> None:
    project.replace("reconciler.yaml", "seed: portal.json}", "seed: portal.json, protected: true}")

    take_back(project, "last")

    assert live(project)["changed"]["name"] == "Before"


def test_a_plan_that_takes_back_is_shown_like_any_other(project: Project) -> None:
    run = run_ids(project)[0]
    for form, reported in (
        ("terminal", f"local, portal {PORTAL}: rolls back run {run}\n"),
        ("markdown", f"rolls back run <code>{run}</code>\n"),
        ("html", f"rolls back run {run}"),
    ):
        shown = project.run("rollback", run, "--out", "undo.json", "--format", form)
        assert reported in shown.out
        assert len(project.run("show", "undo.json", "--format", form).out) == len(shown.out)
    assert project.run("rollback", run, "--json").document["rolls_back"] == run


def test_the_run_says_which_run_it_took_back(project: Project) -> None:
    taken_back = run_ids(project)[0]
    take_back(project, taken_back)

    newest, *_ = project.run("runs", "list", "--json").document
    assert newest["rolls_back"] == taken_back
    assert project.run("runs", "show", newest["id"], "--json").document["rolls_back"] == taken_back


def test_it_only_makes_the_plan(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    assert project.run("apply", "--auto-approve").code == ExitCode.OK
    portal.requests.clear()
    assert (
        project.run(
            "rollback", "last", "--allow", "archive=40", "--allow", "definitions=40", "--out", "undo.json"
        ).code
        == ExitCode.OK
    )
    assert {request.path.rpartition("/")[2] for request in portal.requests if request.method != "GET"} == {
        "read",
        "search",  # searches for records with removed values
    }
    assert len(project.run("runs", "list", "--json").document) == 1


def test_records_are_read_by_id_in_hundreds(wire: tuple[Project, Recorder]) -> None:
    project, portal = wire
    project.run("apply", "--auto-approve")
    portal.requests.clear()
    project.run("rollback", "last")
    asked = portal.asked("/batch/read")
    assert sum(len(body["inputs"]) for _, body in asked) >= 71
    # one read for each group of object type and key, as none has a hundred records, and two for associations
    assert len(asked) == 9 + 2


def test_a_run_is_named_by_its_beginning_or_as_the_last(project: Project) -> None:
    newest, oldest = run_ids(project)

    assert project.run("rollback", newest[:-1] + "2", "--json").document["rolls_back"] == newest
    assert project.run("rollback", "last", "--json").document["rolls_back"] == newest
    assert project.run("runs", "show", oldest).code == ExitCode.OK
    several = project.run("rollback", "20")
    assert (several.code, several.err) == (
        ExitCode.ERROR,
        f"several runs begin with 20: {newest}, {oldest}. Write more of the id\n",
    )
    for said in ("1999", "%"):
        missing = project.run("rollback", said)
        assert missing.code == ExitCode.ERROR
        assert f"there is no run {said}: `reconciler runs list` shows" in missing.err
    for command in ("rollback", "runs show"):
        empty = project.run(*command.split(), "")
        assert (empty.code, empty.err) == (
            ExitCode.ERROR,
            "RUN is empty: `reconciler runs list` shows all runs\n",
        )


def test_without_a_run_there_is_no_last_one(tmp_path: Path) -> None:
    made = Project(tmp_path)
    made.write("reconciler.yaml", "version: 1\nenvironments: {local: {portal: emulator}}\n")
    assert "there is no run last" in made.run("rollback", "last").err
    made.write("reconciler.yaml", "version: 1\nstate: none\nenvironments: {local: {portal: emulator}}\n")
    assert made.run("rollback", "last").err.startswith("`state: none` keeps nothing")


def test_values_that_were_kept_long_enough_are_said_to_be_erased(project: Project) -> None:
    old = run_ids(project)[0]
    with closing(sqlite3.connect(project.folder / ".reconciler" / "state.db")) as database:
        database.execute("UPDATE runs SET started_at = '2026-01-01 10:00:00.000000' WHERE id = ?", [old])
        database.commit()
    apply(project, BEFORE.replace("  leaving: {name: Leaving}\n", ""))

    done = project.run("rollback", old)

    assert done.code == ExitCode.ERROR
    assert done.err == (
        f"run {old} cannot be rolled back: the overwritten values were kept for 90 days, and erased "
        f"on {datetime.now(UTC):%Y-%m-%d}\n"
    )


def test_a_forgotten_record_is_counted_and_not_named(project: Project) -> None:
    assert project.run("state", "forget", "companies/changed").code == ExitCode.OK

    shown = project.run("rollback", "last", "--values", "show")

    assert shown.code == ExitCode.OK
    assert "companies/changed" not in shown.out
    assert "1 change of this run cannot be rolled back: its values were forgotten" in flat(shown.out)


def test_changes_that_were_not_applied_are_not_taken_back(project: Project) -> None:
    project.run("plan", "--out", "plan.json")
    project.write(
        "companies.yaml", HEAD + AFTER.replace("name: After", "name: Later").replace("Köln", "Trier")
    )
    project.run("plan", "--out", "plan.json")
    edit(project, "changed", name="People's")
    assert project.run("apply", "plan.json").code == ExitCode.NOT_APPLIED

    document = project.run("rollback", "last", "--json").document

    assert document["changes"] == []
    assert document["held"] == []


def test_settled_changes_of_a_dead_run_are_rolled_back(project: Project) -> None:
    record_id = RecordId(owned(project)["changed"]["record_id"])
    values = tuple(value(name, before, "Later") for name, before in (("city", "Köln"), ("name", "After")))
    with closing(open_state(STATE, project.folder, PORTAL)) as store, pen(store) as writer:
        run_id = writer.begin_run(RunStart("local", "sha256:1", "0.1.0", ADA, {Verb.UPDATE: 1}))
        writer.intend(run_id, 0, "companies", BY_RECORD_ID, [(0, update("changed", record_id, *values))])
        writer.record_sending(run_id, [(1, [0], datetime.now(UTC))])
    assert project.run("rollback", "last", "--json").document["changes"] == []
    edit(project, "changed", name="Later", city="Later")

    (change,) = project.run("rollback", "last", "--json", "--values", "show").document["changes"]

    assert {name: (text["before"], text["after"]) for name, text in change["properties"].items()} == {
        "city": ("Later", "Köln"),
        "name": ("Later", "After"),
    }


def test_a_run_that_is_under_way_is_waited_for(project: Project) -> None:
    with closing(open_state(STATE, project.folder, PORTAL)) as store, pen(store) as writer:
        run_id = writer.begin_run(RunStart("local", "sha256:1", "0.1.0", ADA, {Verb.CREATE: 1}))
        done = project.run("rollback", "last")

    assert done.code == ExitCode.ERROR
    assert done.err == f"run {run_id} is under way: wait for it to end\n"


def pen(store: Store) -> StateWriter:
    """Take the lock now, and return the writer."""
    return store.acquire(ADA, now=lambda: datetime.now(UTC), sleep=lambda _: None, timeout_s=0)
