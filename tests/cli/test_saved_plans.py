"""People edit between a saved plan and its apply: the changes they affect are stale and not sent."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.exits import ExitCode
from tests.support.plan_files import parts_of
from tests.support.plan_json import plan_document
from tests.support.projects import PORTAL, Done, Project

KEY = {"name": "external_id", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
NUMBER = KEY | {"name": "erp_no"}
COMPANIES = [{"id": f"700{n}", "properties": {"external_id": f"old-{n}", "name": "Old"}} for n in range(3)]
SEED: dict[str, Any] = {
    "version": 1,
    "properties": {
        "companies": [{"groupName": "companyinformation"} | each for each in (KEY, NUMBER)],
        "tickets": [KEY | {"groupName": "ticketinformation"}],
    },
    "association_labels": [
        {"from": "companies", "to": "tickets", "name": "paying", "label": "Paying"},
        {"from": "companies", "to": "tickets", "name": "using", "label": "Using"},
    ],
    "records": {
        "companies": COMPANIES,
        "contacts": [
            {
                "id": "501",
                "properties": {"email": "ada@acme.example", "hs_additional_emails": "second@acme.example"},
            }
        ],
        "tickets": [
            {
                "id": "800",
                "properties": {"external_id": "ticket", "subject": "Old", "hs_pipeline_stage": "1"},
            }
        ],
    },
}
SETTINGS = f"""version: 1
guards: {{update: 100%, clear: 100%, archive: 100%, absent: 10}}
environments:
  local: {{portal: emulator, portal_id: {PORTAL}, seed: portal.json}}
default: local
"""
HEAD = "object: companies\nkey: external_id\nprune: true\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    made.write("portal.json", json.dumps(SEED))
    return made


def applied(project: Project, manifest: str) -> None:
    project.write("records.yaml", manifest)
    done = project.run("apply", "--auto-approve")
    assert done.code == ExitCode.OK, done.out + done.err


def saved(project: Project, *command: str) -> None:
    """Save a plan that is made from manifests, or by another command such as a rollback."""
    done = project.run(*(command or ("plan",)), "--out", "plan.json")
    assert done.code == ExitCode.OK, done.out + done.err


def record(project: Project, key: str, object_name: str = "companies") -> Mapping[str, Any]:
    with project.portal() as http:
        body = {"inputs": [{"id": key}], "idProperty": "external_id", "properties": ["name", "city"]}
        found = http.post(f"/crm/v3/objects/{object_name}/batch/read", json=body).json()["results"]
    return dict(found[0]) if found else {}


def patch(project: Project, record_id: str, object_name: str = "companies", **properties: str) -> None:
    with project.portal() as http:
        path = f"/crm/v3/objects/{object_name}/{record_id}"
        answer = http.patch(path, json={"properties": properties})
        assert answer.status_code == 200, answer.text


def create(project: Project, **properties: str) -> str:
    with project.portal() as http:
        answer = http.post("/crm/v3/objects/companies", json={"properties": properties})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


def archive(project: Project, record_id: str) -> None:
    with project.portal() as http:
        assert http.delete(f"/crm/v3/objects/companies/{record_id}").status_code == 204


def is_there(project: Project, record_id: str, object_name: str = "companies") -> bool:
    with project.portal() as http:
        return http.get(f"/crm/v3/objects/{object_name}/{record_id}").status_code == 200


def assert_stale(done: Done, *messages: str) -> None:
    """Check that the changes with these messages are stale and were not sent."""
    assert done.code == ExitCode.NOT_APPLIED, done.out + done.err
    rows = [row for row in done.document["changes"] if row["outcome"] == "stale"]
    assert len(rows) == len(messages), done.out
    for row, message in zip(rows, messages, strict=True):
        assert message in row["detail"]["message"]


def apply_saved(project: Project) -> Done:
    return project.run("apply", "plan.json", "--json", "--values", "show")


EDITS: Mapping[str, tuple[dict[str, str], str]] = {
    "a value that the run wrote": ({"name": "Theirs"}, "name"),
    "a value that the run left empty": ({"phone": "1"}, "phone"),
    "a value that the run never heard of": ({"city": "Ulm"}, "hs_lastmodifieddate"),
    "its key": ({"external_id": "theirs"}, "external_id"),
}


@pytest.mark.parametrize("edited", EDITS)
def test_a_record_that_a_run_created_and_somebody_edited_is_not_taken_back(
    project: Project, edited: str
) -> None:
    applied(project, HEAD + "records:\n  new: {name: New, phone: null}\n")
    made = record(project, "new")["id"]
    saved(project, "rollback", "last")
    values, name = EDITS[edited]
    patch(project, made, **values)

    done = apply_saved(project)

    assert_stale(done, name)
    assert is_there(project, made)


PRUNED = HEAD + "records:\n  new: {name: New, city: Bonn}\n  stays: {name: Stays}\n"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"external_id": "theirs"}, "external_id"),
        ({"external_id": ""}, "external_id"),
        ({"city": "Ulm"}, "city"),
        ({"city": ""}, "city"),
    ],
    ids=["another key", "no key", "a value", "an emptied value"],
)
def test_a_record_that_is_to_be_pruned_and_was_edited_stays(
    project: Project, values: dict[str, str], name: str
) -> None:
    applied(project, PRUNED)
    made = record(project, "new")["id"]
    project.write("records.yaml", HEAD + "records:\n  stays: {name: Stays}\n")
    saved(project)
    patch(project, made, **values)

    assert_stale(apply_saved(project), f"{name} changed in HubSpot")
    assert is_there(project, made)


def test_untouched_records_are_pruned_and_rolled_back_as_planned(project: Project) -> None:
    applied(project, PRUNED)
    made = record(project, "new")["id"]
    project.write("records.yaml", HEAD + "records:\n  stays: {name: Stays}\n")
    saved(project)
    assert apply_saved(project).code == ExitCode.OK
    assert not is_there(project, made)

    applied(project, HEAD + "records:\n  stays: {name: Stays}\n  again: {name: Again}\n")
    made = record(project, "again")["id"]
    saved(project, "rollback", "last")
    assert apply_saved(project).code == ExitCode.OK
    assert not is_there(project, made)


@pytest.mark.parametrize(
    "manifest",
    [
        HEAD + "records:\n  stays: {name: Stays}\n",
        PRUNED.replace("{name: New, city: Bonn}", "{$absent: true}"),
    ],
    ids=["pruned", "absent"],
)
def test_a_record_that_was_removed_from_state_since_the_plan_is_not_archived(
    project: Project, manifest: str
) -> None:
    applied(project, PRUNED)
    made = record(project, "new")["id"]
    project.write("records.yaml", manifest)
    saved(project)
    assert project.run("state", "rm", "companies/new").code == ExitCode.OK

    assert_stale(apply_saved(project), "another run wrote this record's entry in state")
    assert is_there(project, made)


def test_a_record_whose_adoption_was_rolled_back_since_the_plan_is_not_archived(project: Project) -> None:
    head = HEAD.replace("true", "all") + "records:\n  old-0: {name: Old}\n"
    applied(project, head + "  old-1: {name: Old}\n")
    project.write("records.yaml", head)
    saved(project)
    undone = project.run("rollback", "last", "--out", "undo.json")
    assert project.run("apply", "undo.json").code == ExitCode.OK, undone.out + undone.err

    assert_stale(apply_saved(project), "another run wrote this record's entry in state")
    assert is_there(project, "7001")


def test_a_value_that_live_held_otherwise_when_it_was_planned_does_not_make_it_stale(
    project: Project,
) -> None:
    applied(project, PRUNED)
    made = record(project, "new")["id"]
    patch(project, made, city="Ulm")
    project.write("records.yaml", HEAD + "records:\n  stays: {name: Stays}\n")
    saved(project)

    assert apply_saved(project).code == ExitCode.OK
    assert not is_there(project, made)


@pytest.mark.parametrize("is_owned", [True, False], ids=["ours", "a stranger"])
@pytest.mark.parametrize("edited", ["name", "external_id", "city"])
def test_a_record_that_must_not_exist_and_was_edited_stays(
    project: Project, is_owned: bool, edited: str
) -> None:
    if is_owned:
        applied(project, HEAD + "records:\n  old-1: {name: Old, city: Bonn}\n")
    project.write("records.yaml", HEAD + "records:\n  old-1: {$absent: true}\n")
    saved(project)
    patch(project, "7001", **{edited: "theirs"})

    assert_stale(apply_saved(project), edited if is_owned else "hs_lastmodifieddate")
    assert is_there(project, "7001")


def test_a_contact_has_a_time_of_its_last_change_too(project: Project) -> None:
    project.write(
        "records.yaml", "object: contacts\nkey: email\nrecords:\n  ada@acme.example: {$absent: true}\n"
    )
    saved(project)
    patch(project, "501", "contacts", city="Ulm")

    assert_stale(apply_saved(project), "lastmodifieddate")
    assert is_there(project, "501", "contacts")


ASSOCIATED = (
    HEAD + "records:\n  new: {name: New, $associations: {tickets: "
    "[{by: external_id, to: ticket, label: Paying}]}}\n"
    "  stays: {name: Stays}\n"
)


def _label(project: Project, made: str, text: str) -> None:
    with project.portal() as http:
        labels = http.get("/crm/v4/associations/companies/tickets/labels").json()["results"]
        (type_id,) = [each["typeId"] for each in labels if each["label"] == text]
        body = [{"associationCategory": "USER_DEFINED", "associationTypeId": type_id}]
        path = f"/crm/v4/objects/companies/{made}/associations/tickets/800"
        assert http.put(path, json=body).is_success


def _dissociate(project: Project, made: str) -> None:
    with project.portal() as http:
        assert http.delete(f"/crm/v4/objects/companies/{made}/associations/tickets/800").is_success


@pytest.mark.parametrize(
    "edit",
    [lambda project, made: _label(project, made, "Using"), _dissociate],
    ids=["another label", "no longer associated"],
)
@pytest.mark.parametrize("way", ["pruned", "absent", "rolled back"])
def test_an_archive_rests_on_the_associations_that_state_knows(
    project: Project, edit: Callable[[Project, str], None], way: str
) -> None:
    applied(project, ASSOCIATED)
    made = record(project, "new")["id"]
    if way == "rolled back":
        saved(project, "rollback", "last", "--target", "companies/new")
    else:
        absent = "  new: {$absent: true}\n" if way == "absent" else ""
        project.write("records.yaml", HEAD + "records:\n  stays: {name: Stays}\n" + absent)
        saved(project)
    edit(project, made)

    assert_stale(apply_saved(project), "tickets/=800")
    assert is_there(project, made)


def test_an_archive_rests_on_associations_with_types_that_no_manifest_names_any_more(
    project: Project,
) -> None:
    applied(project, ASSOCIATED)
    made = record(project, "new")["id"]
    head = HEAD.replace("prune: true", "prune: false")
    project.write("records.yaml", head + "records:\n  new: {$absent: true}\n")
    saved(project)
    assert project.run("apply", "plan.json", "--on-stale", "fail").code == ExitCode.OK
    assert not is_there(project, made)

    applied(project, ASSOCIATED.replace("new:", "newer:"))
    made = record(project, "newer")["id"]
    project.write("records.yaml", head + "records:\n  newer: {$absent: true}\n")
    saved(project)
    _dissociate(project, made)

    assert_stale(apply_saved(project), "tickets/=800")


def test_associations_that_nobody_touched_do_not_keep_a_record(project: Project) -> None:
    applied(project, ASSOCIATED)
    made = record(project, "new")["id"]
    project.write("records.yaml", HEAD + "records:\n  stays: {name: Stays}\n")
    saved(project)

    done = apply_saved(project)

    assert done.code == ExitCode.OK, done.out
    assert not is_there(project, made)


@pytest.mark.parametrize("write", ["auto", "upsert", "update"])
@pytest.mark.parametrize("heir", ["an older record", "a new record", "nobody"])
def test_a_key_that_moved_makes_an_update_stale(project: Project, write: str, heir: str) -> None:
    head = f"object: companies\nkey: external_id\nwrite: {write}\n"
    project.write("records.yaml", head + "records:\n  old-1: {name: Ours}\n  old-2: {name: Ours}\n")
    saved(project)
    patch(project, "7001", external_id="moved")
    if heir == "an older record":
        patch(project, "7000", external_id="old-1")
    elif heir == "a new record":
        create(project, external_id="old-1", name="Theirs")

    done = apply_saved(project)

    assert_stale(done, "external_id")
    assert record(project, "moved")["properties"]["name"] == "Old"
    assert record(project, "old-2")["properties"]["name"] == "Ours"
    assert record(project, "old-1").get("properties", {}).get("name") != "Ours"


PAIRED = (
    HEAD + "records:\n  one: {name: One, $associations: {tickets: [{by: external_id, to: ticket}]}}\n"
    "  two: {name: Two, $associations: {tickets: [{by: external_id, to: ticket}]}}\n"
)
UNPAIRED = HEAD + "records:\n  one: {name: One, $associations: {}}\n  two: {name: Two}\n"


def _paired_with(project: Project, record_id: str) -> bool:
    with project.portal() as http:
        path = f"/crm/v4/objects/companies/{record_id}/associations/tickets"
        return bool(http.get(path).json()["results"])


@pytest.mark.parametrize("heir", ["nobody", "a new record"])
@pytest.mark.parametrize("side", ["companies", "tickets"])
@pytest.mark.parametrize("does", ["associate", "dissociate"])
def test_an_association_one_of_whose_records_has_another_key_by_now_is_stale(
    project: Project, does: str, side: str, heir: str
) -> None:
    before, after = (UNPAIRED, PAIRED) if does == "associate" else (PAIRED, UNPAIRED)
    applied(project, before)
    one, two = (record(project, key)["id"] for key in ("one", "two"))
    project.write("records.yaml", after)
    saved(project)
    if side == "companies":
        patch(project, one, external_id="theirs")
    else:
        patch(project, "800", "tickets", external_id="theirs")
    heirs = ""
    if heir == "a new record" and side == "companies":
        heirs = create(project, external_id="one", name="Theirs")
    elif heir == "a new record":
        with project.portal() as http:
            values = {"external_id": "ticket", "subject": "Theirs", "hs_pipeline_stage": "1"}
            assert http.post("/crm/v3/objects/tickets", json={"properties": values}).status_code == 201

    done = apply_saved(project)

    gone = f"record {one} no longer has the key of companies/one"
    if side == "companies":
        assert_stale(done, gone + (f"; record {heirs} has it now" if heirs else ""))
    else:
        assert_stale(done, *2 * ["record 800 no longer has the key of tickets/ticket"])
    is_as_it_was = does == "dissociate"
    assert _paired_with(project, one) is is_as_it_was
    assert _paired_with(project, two) is (is_as_it_was if side == "tickets" else not is_as_it_was)
    if heirs:
        assert not _paired_with(project, heirs)


def test_an_association_that_was_removed_from_state_since_the_plan_is_not_removed(project: Project) -> None:
    applied(project, PAIRED)
    one, two = (record(project, key)["id"] for key in ("one", "two"))
    project.write("records.yaml", UNPAIRED)
    saved(project)
    assert project.run("state", "rm", "companies/one").code == ExitCode.OK

    assert_stale(apply_saved(project), "another run wrote this association's entry in state")
    assert _paired_with(project, one)
    assert not _paired_with(project, two)


def test_associations_of_records_that_the_same_plan_creates_or_gives_another_key_are_made(
    project: Project,
) -> None:
    applied(project, UNPAIRED)
    renamed = PAIRED.replace("one:", "newer:").replace("{name: One", "{name: One, $renamed_from: one")
    project.write(
        "records.yaml",
        renamed
        + PAIRED.partition("  two:")[1].replace("two", "three")
        + (" {name: Three, $associations: {tickets: [{by: external_id, to: ticket}]}}\n"),
    )
    saved(project)

    assert apply_saved(project).code == ExitCode.OK
    assert all(_paired_with(project, record(project, key)["id"]) for key in ("newer", "two", "three"))


def test_associations_are_removed_from_a_record_that_the_same_plan_gives_another_key(
    project: Project,
) -> None:
    applied(project, PAIRED)
    project.write(
        "records.yaml",
        UNPAIRED.replace("one:", "newer:").replace("{name: One", "{name: One, $renamed_from: one"),
    )
    saved(project)

    assert apply_saved(project).code == ExitCode.OK
    assert not _paired_with(project, record(project, "newer")["id"])


@pytest.mark.parametrize("renaming", ["by the same run", "by a later run"])
@pytest.mark.parametrize("does", ["associate", "dissociate"])
def test_associations_of_records_that_got_other_keys_are_rolled_back_from_a_saved_plan(
    project: Project, does: str, renaming: str
) -> None:
    before, after = (UNPAIRED, PAIRED) if does == "associate" else (PAIRED, UNPAIRED)
    renamed = after.replace("one:", "newer:").replace("{name: One", "{name: One, $renamed_from: one")
    applied(project, before)
    made = record(project, "one")["id"]
    applied(project, renamed if renaming == "by the same run" else after)
    run = project.run("runs", "list", "--json").document[0]["id"]
    if renaming == "by a later run":
        applied(project, renamed)
    saved(project, "rollback", run)

    done = apply_saved(project)

    assert done.code == ExitCode.OK, done.out
    assert _paired_with(project, made) is (does == "dissociate")


def test_a_second_address_of_a_contact_is_no_reason_to_be_stale(project: Project) -> None:
    project.write(
        "records.yaml", "object: contacts\nkey: email\nrecords:\n  second@acme.example: {city: Ulm}\n"
    )
    saved(project)

    assert apply_saved(project).code == ExitCode.OK


def test_a_create_whose_key_somebody_took_is_stale(project: Project) -> None:
    project.write("records.yaml", HEAD + "records:\n  new: {name: Ours}\n  other: {name: Ours}\n")
    saved(project)
    create(project, external_id="new", name="Theirs")

    assert_stale(apply_saved(project), "has this key now")
    assert record(project, "new")["properties"]["name"] == "Theirs"
    assert record(project, "other")["properties"]["name"] == "Ours"


@pytest.mark.parametrize("does", ["update", "archive"])
def test_a_change_of_a_record_that_is_gone_is_stale(project: Project, does: str) -> None:
    said = "{name: Ours}" if does == "update" else "{$absent: true}"
    project.write("records.yaml", f"{HEAD}records:\n  old-1: {said}\n")
    saved(project)
    archive(project, "7001")

    assert_stale(apply_saved(project), "record 7001 is no longer there")


def _give_away(project: Project) -> None:
    patch(project, "7001", external_id="theirs")
    create(project, external_id="old-1", name="Theirs")


def _merge(project: Project) -> None:
    with project.portal() as http:
        ids = {"primaryObjectId": "7002", "objectIdToMerge": "7001"}
        assert http.post("/crm/v3/objects/companies/merge", json=ids).status_code == 200


NO_LONGER_THERE: Mapping[str, tuple[Callable[[Project], object], str]] = {
    "given to another record": (_give_away, "external_id changed in HubSpot"),
    "changed": (lambda project: patch(project, "7001", external_id="theirs"), "external_id changed"),
    "archived": (lambda project: archive(project, "7001"), "record 7001 is no longer there"),
    "merged": (_merge, "record 7001 is no longer there"),
}
BY_NUMBER = "object: companies\nkey: erp_no\nrecords:\n  E1: {name: Old, external_id: old-1}\n"
BY_KEY = HEAD + "records:\n  old-1: {name: Old, erp_no: E1}\n"
ADOPTIONS = {
    "a record that nobody owned": (None, HEAD + "records:\n  old-1: {name: Old}\n"),
    "a value that state learns": (
        HEAD + "records:\n  old-1: {name: Old}\n",
        HEAD + "records:\n  old-1: {name: Old, city: null}\n",
    ),
    "another key property": (BY_NUMBER, BY_KEY),
}


@pytest.mark.parametrize("adopted", ADOPTIONS)
@pytest.mark.parametrize("edit", NO_LONGER_THERE)
def test_an_adoption_of_a_record_that_no_longer_has_the_key_is_stale(
    project: Project, adopted: str, edit: str
) -> None:
    before, manifest = ADOPTIONS[adopted]
    project.replace("portal.json", '"external_id": "old-1"', '"external_id": "old-1", "erp_no": "E1"')
    if before:
        applied(project, before)
    known = project.run("state", "list", "--json").document
    project.write("records.yaml", manifest)
    saved(project)
    do_edit, message = NO_LONGER_THERE[edit]
    do_edit(project)

    assert_stale(apply_saved(project), message)
    assert project.run("state", "list", "--json").document == known


def test_adoptions_are_read_again_a_hundred_at_a_time_and_the_others_are_applied(project: Project) -> None:
    rows = [{"properties": {"external_id": f"k{n:04}", "name": "Old"}} for n in range(1_150)]
    project.write("portal.json", json.dumps(SEED | {"records": {"companies": rows}}))
    text = "".join(f"  k{n:04}: {{name: Old}}\n" for n in range(1_150))
    project.write("records.yaml", f"{HEAD}records:\n{text}")
    saved(project)
    for key in ("k0000", "k0999", "k1000", "k1149"):
        patch(project, str(record(project, key)["id"]), external_id=f"{key} moved")

    assert_stale(apply_saved(project), *["external_id changed in HubSpot"] * 4)
    assert len(project.run("state", "list", "--json").document) == 1_146


@pytest.mark.parametrize("became", ["archived", "another key"])
@pytest.mark.parametrize("way", ["saved", "at once"])
def test_one_plan_archives_a_stranger_and_releases_the_record_that_had_its_key(
    project: Project, became: str, way: str
) -> None:
    applied(project, HEAD + "records:\n  new: {name: New}\n  stays: {name: Stays}\n")
    ours = record(project, "new")["id"]
    if became == "archived":
        archive(project, ours)
    else:
        patch(project, ours, external_id="theirs")
    stranger = create(project, external_id="new", name="Theirs")
    project.write("records.yaml", HEAD + "records:\n  new: {$absent: true}\n  stays: {name: Stays}\n")

    if way == "saved":
        saved(project)
        assert apply_saved(project).code == ExitCode.OK
    else:
        assert project.run("apply", "--auto-approve").code == ExitCode.OK

    assert not is_there(project, stranger)
    assert is_there(project, ours) is (became == "another key")
    assert [each["address"] for each in project.run("state", "list", "--json").document] == [
        "companies/stays"
    ]
    assert project.run("plan", "--detailed-exitcode").code == ExitCode.OK


def test_a_displaced_record_that_another_line_names_stays_owned_when_the_stranger_is_archived(
    project: Project,
) -> None:
    applied(project, HEAD + "records:\n  new: {name: New}\n")
    ours = record(project, "new")["id"]
    patch(project, ours, external_id="newer")
    stranger = create(project, external_id="new", name="Theirs")

    applied(project, HEAD + "records:\n  new: {$absent: true}\n  newer: {name: New}\n")

    assert not is_there(project, stranger)
    (entry,) = project.run("state", "list", "--json").document
    assert (entry["address"], entry["record_id"], entry["origin"]) == ("companies/newer", ours, "created")
    assert project.run("plan", "--detailed-exitcode").code == ExitCode.OK


def test_overwriting_is_what_the_person_asked_for(project: Project) -> None:
    project.write("records.yaml", HEAD + "records:\n  old-1: {$absent: true}\n  old-2: {name: Ours}\n")
    saved(project)
    patch(project, "7001", name="Theirs")
    patch(project, "7002", name="Theirs")

    done = project.run("apply", "plan.json", "--on-stale", "overwrite")

    assert done.code == ExitCode.OK
    assert not is_there(project, "7001")
    assert record(project, "old-2")["properties"]["name"] == "Ours"


def test_the_digest_covers_the_values_that_a_plan_rests_on(project: Project) -> None:
    applied(project, PRUNED)
    project.write("records.yaml", HEAD + "records:\n  stays: {name: Stays now}\n")
    saved(project)
    text = (project.folder / "plan.json").read_text()
    changes = parts_of(text)["changes"]
    rests_on = {change["why"]["address"]: change["do"]["rests_on"] for change in changes}
    assert rests_on == {
        "companies/new": {"external_id": "new", "name": "New", "city": "Bonn"},
        "companies/stays": {"external_id": "stays"},
    }

    project.write("plan.json", text.replace('"city":"Bonn"', '"city":"Ulm"'))

    assert project.run("apply", "plan.json").code == ExitCode.PLAN_REFUSED


@pytest.mark.parametrize("way", ["pruned", "absent"])
def test_personal_values_that_an_archive_rests_on_are_masked_where_they_are_shown(
    project: Project, way: str
) -> None:
    head = "object: contacts\nkey: email\nprune: true\nrecords:\n  stays@acme.example: {city: Ulm}\n"
    secret = {"firstname": "Verysecretname", "phone": "+491799876543"}
    applied(project, f"{head}  leaves@acme.example: {{firstname: Verysecretname, phone: '+491799876543'}}\n")
    absent = "  leaves@acme.example: {$absent: true}\n" if way == "absent" else ""
    project.write("records.yaml", head + absent)

    shown = [
        project.run("plan", "--values", "mask", *form).out
        for form in (["--json"], ["--format", "markdown"], ["--format", "html"], ["--full"])
    ]
    planned = plan_document(shown[0])

    (change,) = [change for change in planned["changes"] if change["action"] == "archive"]
    assert {"email", "firstname", "phone"} <= change["rests_on"].keys()
    for text in shown:
        assert not [value for value in (*secret.values(), "leaves@") if value in text]
