"""Manifests begin to name the same records by other keys: nothing is archived, and state keeps its values."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.exits import ExitCode
from reconciler.emulator.app import Emulator
from reconciler.emulator.faults import parse
from reconciler.model.addresses import RECORD_ID
from reconciler.model.owned import Origin
from reconciler.plan.change import Action, Change, Owned, Reason
from reconciler.plan.kinds import verb_of
from reconciler.plan.records.changes import archive_record
from reconciler.plan.stages import stages_of
from reconciler.state.store import open_state
from tests.support.plan_files import plan_from_text, plan_to_text
from tests.support.projects import PORTAL, Done, Project

STATE = "sqlite:///.reconciler/state.db"
_UNIQUE = {"type": "string", "fieldType": "text", "hasUniqueValue": True, "label": "Key"}
SEED: dict[str, Any] = {
    "version": 1,
    "properties": {
        name: [_UNIQUE | {"name": key, "groupName": group} for key in ("external_id", "erp_no")]
        for name, group in (("companies", "companyinformation"), ("contacts", "contactinformation"))
    },
    "records": {
        "companies": [{"properties": {"external_id": "there", "erp_no": "E9", "name": "There before"}}],
    },
}
SETTINGS = f"""version: 1
guards: {{update: 100%, clear: 100%, archive: 100%, empty: 99}}
environments:
  local: {{portal: emulator, portal_id: {PORTAL}, seed: portal.json}}
default: local
"""
OLD = """object: companies
key: external_id
prune: true
records:
  a: {name: A, erp_no: E1, $protect: true, $associations: {contacts: [ada@acme.example]}}
  b: {name: B, erp_no: E2, $associations: {companies: [a]}}
  there: {name: There before}
"""
NEW = """object: companies
key: erp_no
prune: PRUNE
records:
  E1: {name: A, $associations: {contacts: [ada@acme.example]}}
  E2: {name: B, $associations: {companies: [E1]}}
  E9: {name: There before}
"""
ADA = (
    "object: contacts\nkey: email\nprune: true\nrecords:\n  ada@acme.example: {firstname: Ada, erp_no: P1}\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    made.write("portal.json", json.dumps(SEED))
    made.write("companies.yaml", OLD)
    made.write("contacts.yaml", ADA)
    assert apply(made).code == 0
    return made


def apply(project: Project, *arguments: str) -> Done:
    done = project.run("apply", "--auto-approve", *arguments)
    assert done.code == 0, done.out + done.err
    return done


def planned(project: Project, *arguments: str) -> list[tuple[str, str]]:
    done = project.run("plan", "--json", "--values", "show", *arguments)
    assert done.code in {0, 2}, done.out + done.err
    return [(change["action"], change["address"]) for change in done.document["changes"]]


def owned(project: Project) -> Mapping[str, tuple[str, str, bool]]:
    """Return the owned records of state, by object type and record id.

    Each is described by its key property and key, its origin, and whether it is protected.
    """
    with closing(open_state(STATE, project.folder, PORTAL)) as store:
        return {
            f"{object_name} {entry.record_id}": (f"{by} {entry.key.value}", entry.origin, entry.is_protected)
            for object_name, by, count in store.owned_groups()
            for entry in store.owned_in_order(object_name, by, None, count)
        }


def ends(project: Project) -> set[tuple[str, str]]:
    with closing(open_state(STATE, project.folder, PORTAL)) as store:
        pairs = {*store.pairs("companies", "contacts"), *store.pairs("companies", "companies")}
        return {(pair.source.address.text, pair.target.address.text) for pair in pairs}


def live(project: Project, object_name: str = "companies") -> set[str]:
    with project.portal() as http:
        return {record["id"] for record in http.get(f"/crm/v3/objects/{object_name}").json()["results"]}


def ids(project: Project) -> Mapping[str, str]:
    """Return the record ids in state, by key."""
    return {key.split(" ", 1)[1]: name.split(" ")[1] for name, (key, _, _) in owned(project).items()}


@pytest.mark.parametrize("prune", ["true", "false", "all"])
def test_records_named_by_another_key_property_keep_all_that_is_known_of_them(
    project: Project, prune: str
) -> None:
    before, there = ids(project), live(project)
    project.write("companies.yaml", NEW.replace("PRUNE", prune))

    assert planned(project) == [("adopt", f"companies/{key}") for key in ("E1", "E2", "E9")]
    assert apply(project).code == 0

    assert live(project) == there
    assert owned(project) == {
        f"companies {before['a']}": ("erp_no E1", Origin.CREATED, True),
        f"companies {before['b']}": ("erp_no E2", Origin.CREATED, False),
        f"companies {before['there']}": ("erp_no E9", Origin.ADOPTED, False),
        f"contacts {before['ada@acme.example']}": ("email ada@acme.example", Origin.CREATED, False),
    }
    assert ends(project) == {
        ("companies/E1", "contacts/ada@acme.example"),
        ("companies/E2", "companies/E1"),
    }
    assert planned(project) == []


def test_no_write_of_ours_is_drift_after_a_change_of_key_and_one_more_change(project: Project) -> None:
    project.write("companies.yaml", NEW.replace("PRUNE", "true"))
    apply(project)
    project.replace("companies.yaml", "E2: {name: B,", "E2: {name: B renamed,")
    apply(project)

    assert project.run("drift").code == 0
    assert planned(project) == []


@pytest.mark.parametrize("by_people", [None, "x"], ids=["untouched", "changed by people"])
def test_the_former_key_is_a_value_that_we_applied_last(project: Project, by_people: str | None) -> None:
    """With ``drift: hold``, the former key property gets a new value only if people did not change it."""
    project.write("reconciler.yaml", SETTINGS.replace("seed: portal.json", "seed: portal.json, drift: hold"))
    record_id = ids(project)["a"]
    if by_people:
        rekey(project, "a", by_people)
    manifest = NEW.replace("PRUNE", "true").replace("E1: {name: A", "E1: {external_id: c, name: A")
    project.write("companies.yaml", manifest.replace("E2: {name: B", "E2: {external_id: b, name: B"))

    apply(project)

    with project.portal() as http:
        found = http.get(f"/crm/v3/objects/companies/{record_id}?properties=external_id").json()
    assert found["properties"]["external_id"] == (by_people or "c")
    assert planned(project) == []


@pytest.mark.parametrize("selected", ["*", "companies/E1", "companies/E1#name"])
@pytest.mark.parametrize("by_people", ["x", ""], ids=["changed", "cleared"])
def test_a_former_key_that_people_changed_is_held_by_all_later_plans(
    project: Project, by_people: str, selected: str
) -> None:
    project.write("reconciler.yaml", SETTINGS.replace("seed: portal.json", "seed: portal.json, drift: hold"))
    rekey(project, "a", by_people)
    manifest = NEW.replace("PRUNE", "true").replace("E1: {name: A", "E1: {external_id: c, name: A")
    project.write("companies.yaml", manifest.replace("E2: {name: B", "E2: {external_id: b, name: B"))

    apply(project, "--target", selected)

    for _ in range(2):
        plan = project.run("plan", "--json", "--values", "show").document
        (held,) = (each for each in plan["held"] if each["property"] == "external_id")
        assert (held["reason"], held["live"], held["desired"]) == ("conflict", by_people or None, "c")
        apply(project)


def test_explain_finds_the_entry_under_the_old_key_and_says_that_it_moves(project: Project) -> None:
    before = ids(project)
    project.write("companies.yaml", NEW.replace("PRUNE", "true"))

    explained = project.run("explain", "companies/E1", "--json", "--values", "show").document
    text = " ".join(project.run("explain", "companies/E1").out.split())

    assert explained["moves_from"] == {"property": "external_id", "value": "a"}
    assert (explained["record_id"], explained["origin"]) == (before["a"], "created")
    assert explained["protected"]
    assert explained["properties"]["name"]["last_applied"]["sent"] == "A"
    assert explained["properties"]["erp_no"]["live"] == "E1"
    assert explained["next"]["action"] == "adopt"
    assert "has the old key companies/a (external_id), which the next apply replaces" in text

    assert apply(project).code == 0
    explained = project.run("explain", "companies/E1", "--json").document
    assert (explained["moves_from"], explained["origin"]) == (None, "created")


def test_explain_tells_of_exchanged_keys_by_record(project: Project) -> None:
    before = ids(project)
    swap_keys(project, {before["a"]: "b", before["b"]: "a"})

    explained = project.run("explain", "companies/b", "--json", "--values", "show").document

    assert explained["moves_from"] == {"property": "external_id", "value": "a"}
    assert (explained["record_id"], explained["protected"]) == (before["a"], True)


def test_explain_masks_the_old_key_of_a_person(project: Project) -> None:
    contacts = "object: contacts\nkey: erp_no\nprune: true\nrecords:\n  P1: {firstname: Ada}\n"
    project.write("contacts.yaml", contacts)

    explained = project.run("explain", "contacts/P1", "--json", "--values", "mask")

    assert explained.document["moves_from"]["property"] == "email"
    assert "ada@acme" not in explained.out


def test_records_may_be_named_by_record_id_from_now_on_and_by_a_key_again(project: Project) -> None:
    before = ids(project)
    there = live(project)
    records = "".join(f"  {before[key]}: {{name: {name}}}\n" for key, name in (("a", "A"), ("b", "B")))
    records += f"  {before['there']}: {{name: There before}}\n"
    project.write(
        "companies.yaml", f"object: companies\nenvironments: [local]\nkey: record_id\nrecords:\n{records}"
    )

    assert {action for action, _ in planned(project)} <= {"adopt", "dissociate"}
    apply(project)
    assert {key for key, _, _ in owned(project).values()} >= {f"{RECORD_ID} {before['a']}"}
    assert live(project) == there

    project.write("companies.yaml", OLD)
    apply(project)
    assert live(project) == there
    assert owned(project)[f"companies {before['a']}"] == ("external_id a", Origin.CREATED, True)
    assert planned(project) == []


def test_a_part_may_be_named_by_the_new_key_first(project: Project) -> None:
    before, there = ids(project), live(project)
    project.write("companies.yaml", NEW.replace("PRUNE", "true"))

    assert planned(project, "--target", "companies/E1") == [("adopt", "companies/E1")]
    apply(project, "--target", "companies/E1")

    assert owned(project)[f"companies {before['a']}"][0] == "erp_no E1"
    assert owned(project)[f"companies {before['b']}"][0] == "external_id b"
    assert planned(project, "--target", "companies/b") == []
    apply(project)
    assert (live(project), planned(project)) == (there, [])
    assert owned(project)[f"companies {before['b']}"][0] == "erp_no E2"


def test_a_change_of_key_goes_back_with_its_run(project: Project) -> None:
    before = owned(project), ends(project)
    project.write("companies.yaml", NEW.replace("PRUNE", "true").replace("name: B,", "name: B2,"))
    apply(project)
    run_id = project.run("runs", "list", "--json").document[0]["id"]

    undo = project.run("rollback", run_id, "--out", "undo.json")
    done = project.run("apply", "undo.json")

    assert done.code == 0, undo.out + done.out + done.err
    assert "renamed: owned already, now under another key" in undo.out
    assert "taken over" not in undo.out
    assert (owned(project), ends(project)) == before
    project.write("companies.yaml", OLD)
    # only state changes: it must store ``erp_no`` again, which is no key any more, but an ordinary property
    assert {action for action, _ in planned(project)} == {"adopt"}


def test_the_plan_says_which_key_a_record_had(project: Project) -> None:
    project.write("companies.yaml", NEW.replace("PRUNE", "true"))

    reported = project.run("plan").out
    (first, *_) = project.run("plan", "--json").document["changes"]

    assert "external_id a \u2192 erp_no E1" in reported
    assert (first["reason"], first["moved_from"]) == (
        "renamed",
        {"object": "companies", "property": "external_id", "value": "a"},
    )


@pytest.mark.parametrize("respelled", ["ADA@acme.example", "Ada@Acme.Example"])
def test_a_contact_whose_address_is_respelled_is_the_same_record(project: Project, respelled: str) -> None:
    before = owned(project)
    project.write("contacts.yaml", ADA.replace("ada@acme.example", respelled))

    assert ("adopt", f"contacts/{respelled}") in planned(project)
    assert not {action for action, _ in planned(project)} & {"release", "archive", "create"}
    apply(project)

    assert {key: (origin, kept) for key, (_, origin, kept) in owned(project).items()} == {
        key: (origin, kept) for key, (_, origin, kept) in before.items()
    }
    assert planned(project) == []


@pytest.mark.parametrize(
    ("addresses", "new", "written"),
    [
        ("", "Ada@ACME.example", "ada@acme.example"),
        ("ada@home.example", "ada@home.example", "ada@home.example"),
        ("old@acme.example", "ada@work.example", "ada@work.example"),
    ],
    ids=["another spelling", "a second address", "one that keeps its old address"],
)
def test_a_contact_is_renamed_once_even_if_it_is_found_by_both_addresses(
    project: Project, addresses: str, new: str, written: str
) -> None:
    record_id = ids(project)["ada@acme.example"]
    old = addresses if addresses.startswith("old") else "ada@acme.example"
    with project.portal() as http:
        path = f"/crm/v3/objects/contacts/{record_id}"
        http.patch(path, json={"properties": {"hs_additional_emails": addresses}}).raise_for_status()
    project.write("contacts.yaml", ADA.replace("ada@acme.example: {", f"{new}: {{$renamed_from: {old}, "))
    project.replace("companies.yaml", "[ada@acme.example]", f"[{new}]")

    apply(project)

    assert planned(project) == []
    assert ids(project)[new] == record_id
    with project.portal() as http:
        found = http.get(f"/crm/v3/objects/contacts/{record_id}", params={"properties": "email"}).json()
    assert found["properties"]["email"] == written


def test_contacts_may_be_named_by_an_own_number_instead_of_their_address(project: Project) -> None:
    there = live(project, "contacts")
    project.write(
        "contacts.yaml", "object: contacts\nkey: erp_no\nprune: all\nrecords:\n  P1: {firstname: Ada}\n"
    )
    project.replace("companies.yaml", "[ada@acme.example]", "[P1]")

    apply(project)

    assert (live(project, "contacts"), planned(project)) == (there, [])
    assert ("companies/a", "contacts/P1") in ends(project)


def test_rows_of_a_table_may_be_named_by_another_column(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("reconciler.yaml", SETTINGS)
    project.write("portal.json", json.dumps(SEED))
    rows = "external_id,erp_no,name\n" + "".join(f"k{n:03},N{n:03},Row\n" for n in range(250))
    project.write("rows.csv", rows)
    head = "object: companies\nkey: {}\nprune: all\nsource: {{csv: rows.csv}}\n"
    project.write("companies.yaml", head.format("external_id"))
    apply(project, "--allow", "create=250")
    there = live(project)

    project.write("companies.yaml", head.format("erp_no"))
    assert {action for action, _ in planned(project)} == {"adopt"}
    apply(project)

    assert live(project) == there
    assert {key.split(" ")[0] for key, _, _ in owned(project).values()} == {"erp_no"}
    assert planned(project) == []


def sent_by_id(project: Project) -> Mapping[str, Any]:
    """Return the last applied values, by record id."""
    entries = json.loads(project.run("state", "export").out)["owned"]
    return {f"{entry['object']} {entry['record_id']}": entry["sent"] for entry in entries}


def swap_keys(project: Project, keys: Mapping[str, str]) -> None:
    """Give records other keys in HubSpot, as people do, by record id."""
    with project.portal() as http:
        for others in ({record_id: f"x{record_id}" for record_id in keys}, keys):
            for record_id, key in others.items():
                path = f"/crm/v3/objects/companies/{record_id}"
                http.patch(path, json={"properties": {"external_id": key}}).raise_for_status()


def test_entries_follow_records_that_exchanged_their_keys(project: Project) -> None:
    before, there = ids(project), live(project)
    swap_keys(project, {before["a"]: "b", before["b"]: "a"})
    project.write("companies.yaml", OLD.replace("name: A, erp_no: E1, $protect: true", "name: A, erp_no: E2"))
    project.replace("companies.yaml", "name: B, erp_no: E2", "name: B, erp_no: E1")

    done = project.run("apply", "--auto-approve")

    assert live(project) == there, done.out
    found = owned(project)
    assert found[f"companies {before['a']}"] == ("external_id b", Origin.CREATED, True)
    assert found[f"companies {before['b']}"] == ("external_id a", Origin.CREATED, False)


@pytest.mark.parametrize("spared", ["", "b"])
def test_a_record_whose_key_went_to_a_record_of_another_line_is_new(project: Project, spared: str) -> None:
    """State has ``b`` with the id of a record that line ``a`` names now: one plan creates ``b`` again."""
    before = ids(project)
    swap_keys(project, {before["a"]: "was-b", before["b"]: "a"})
    project.write("companies.yaml", OLD.replace("erp_no: E1, ", "").replace("erp_no: E2, ", ""))
    options = ["--exclude", f"companies/{spared}"] if spared else []

    made = [key for action, key in planned(project, *options) if action == "create"]
    done = project.run("apply", "--auto-approve", *options)

    assert made == ([] if spared else ["companies/b"]), done.out
    assert done.code == ExitCode.OK, done.out
    if not spared:
        assert planned(project) == []
        assert owned(project)[f"companies {before['b']}"][:2] == ("external_id a", Origin.CREATED)


class Poisoned(Emulator):
    """A portal that refuses one value."""

    def __init__(self, path: Path | None, **options: Any) -> None:
        super().__init__(path, **options)
        self.add_fault(parse("poisoned_record:value=Refused"))


@pytest.mark.parametrize("refused", ["a", "b", "both"])
@pytest.mark.parametrize("then", ["again", "as before", "left out"])
def test_a_move_that_hubspot_rejects_loses_nothing_of_what_state_knows(
    project: Project, refused: str, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ids(project)
    protected = OLD.replace("name: B, ", "name: B, $protect: true, ")
    project.write("companies.yaml", protected)
    apply(project)
    known = owned(project)
    sent = {record_id: entry["name"] for record_id, entry in sent_by_id(project).items() if "name" in entry}
    swap_keys(project, {before["a"]: "b", before["b"]: "a"})
    names = {key: "Refused" if refused in {key, "both"} else f"Now {key}" for key in ("a", "b")}
    exchanged = (
        protected.replace("name: A, erp_no: E1", f"name: {names['a']}, erp_no: E2")
        .replace("name: B,", f"name: {names['b']},")
        .replace("erp_no: E2, $associations: {comp", "erp_no: E1, $associations: {comp")
        .replace("$protect: true, erp_no: E2", "$protect: true, erp_no: E1")
    )
    project.write("companies.yaml", exchanged)
    with monkeypatch.context() as patch:
        patch.setattr("reconciler.emulator.app.Emulator", Poisoned)
        done = project.run("apply", "--auto-approve")
    assert done.code == ExitCode.NOT_APPLIED, done.out + done.err

    assert {record_id: entry[1:] for record_id, entry in owned(project).items()} == {
        record_id: entry[1:] for record_id, entry in known.items()
    }
    assert not any(key.startswith("record_id") for key, _, _ in owned(project).values())
    for key, other in (("a", "b"), ("b", "a")):
        record_id = f"companies {before[other]}"
        assert sent_by_id(project)[record_id]["name"] == (
            sent[record_id] if names[key] == "Refused" else names[key]
        )
    there = live(project)

    if then == "left out":
        project.write("companies.yaml", "object: companies\nkey: external_id\nprune: true\nrecords: {}\n")
        held = project.run("plan", "--json", "--values", "show").document["held"]
        assert {"companies/a", "companies/b"} <= {each["address"].partition("#")[0] for each in held}
        return
    project.write("companies.yaml", exchanged)
    apply(project)
    if then == "as before":
        swap_keys(project, {before["a"]: "a", before["b"]: "b"})
        project.write("companies.yaml", protected)
        apply(project)
    assert live(project) == there
    found = owned(project)
    a, b = ("a", "b") if then == "as before" else ("b", "a")
    assert found[f"companies {before['a']}"] == (f"external_id {a}", Origin.CREATED, True)
    assert found[f"companies {before['b']}"] == (f"external_id {b}", Origin.CREATED, True)
    assert planned(project) == []


def test_a_part_of_an_exchange_loses_no_record_from_state(project: Project) -> None:
    before, there = ids(project), live(project)
    swap_keys(project, {before["a"]: "b", before["b"]: "a"})

    apply(project, "--target", "companies/a#name")
    assert len(owned(project)) == 4
    apply(project, "--target", "companies/b#name")

    assert live(project) == there
    assert owned(project)[f"companies {before['a']}"] == ("external_id b", Origin.CREATED, True)


def test_a_created_record_that_state_lost_is_created_by_us_when_named_again(project: Project) -> None:
    before = owned(project)
    with closing(sqlite3.connect(project.folder / ".reconciler/state.db")) as database, database:
        database.execute("DELETE FROM owned")

    apply(project)

    assert {name: origin for name, (_, origin, _) in owned(project).items()} == {
        name: origin for name, (_, origin, _) in before.items()
    }


def test_a_lost_record_that_was_renamed_is_created_again_with_what_was_known_of_it(
    project: Project,
) -> None:
    before = ids(project)
    project.write("companies.yaml", OLD.replace("  a: {name: A", "  c: {$renamed_from: a, name: A"))
    project.replace("companies.yaml", ", $protect: true", "")
    project.replace("companies.yaml", "companies: [a]", "companies: [c]")
    with project.portal() as http:
        http.delete(f"/crm/v3/objects/companies/{before['a']}").raise_for_status()

    reported = project.run("plan")
    assert "--recreate companies/c" in " ".join(reported.out.split())
    assert apply(project, "--recreate", "companies/c").code == 0

    found = ids(project)
    assert "a" not in found
    assert owned(project)[f"companies {found['c']}"] == ("external_id c", Origin.CREATED, True)
    assert "lost" not in project.run("drift").out
    assert apply(project).code == 0
    assert planned(project) == []


@pytest.mark.parametrize("prune", ["true", "all"])
def test_a_plan_that_archives_what_it_names_elsewhere_is_refused_as_altered(
    project: Project, prune: str
) -> None:
    """Such a plan adopts a record by one key and prunes it by another; older versions made such plans."""
    there = live(project)
    project.write("companies.yaml", NEW.replace("PRUNE", prune))
    assert project.run("plan", "--out", "plan.json").code == 0
    plan = plan_from_text((project.folder / "plan.json").read_text())
    first = plan.changes[0]
    assert isinstance(first, Change)
    assert first.action is Action.ADOPT
    assert first.former_record
    archive = archive_record(
        first.former_record, first.known_id, Reason.PRUNED, None, owned_before=Owned(Origin.CREATED)
    )
    changes = (*plan.changes, archive)
    forged = replace(plan, changes=changes, stages=stages_of(map(verb_of, changes)))
    (project.folder / "plan.json").write_text(plan_to_text(forged))

    done = project.run("apply", "plan.json")

    assert done.code == ExitCode.PLAN_REFUSED, done.out + done.err
    assert "one thing has two changes" in done.out + done.err
    assert live(project) == there


def test_a_plan_whose_stages_leave_changes_out_is_refused(project: Project) -> None:
    """Each stage lists changes to apply, so a change that no stage lists would not be applied."""
    there = live(project)
    project.write("companies.yaml", NEW.replace("PRUNE", "false"))
    assert project.run("plan", "--out", "plan.json").code == 0
    plan = plan_from_text((project.folder / "plan.json").read_text())
    (project.folder / "plan.json").write_text(plan_to_text(replace(plan, stages=plan.stages[:-1])))

    done = project.run("apply", "plan.json")

    assert done.code == ExitCode.PLAN_REFUSED, done.out + done.err
    assert "its steps (`stages`) do not match its `changes`" in done.err
    assert live(project) == there


RENAMED_BY_PEOPLE = """object: companies
key: external_id
records:
  a: {name: A}
  z: {$absent: true}
"""


def rekey(project: Project, key: str, new: str) -> None:
    """Give a company another external_id, as another person."""
    with project.portal() as http:
        body = {"inputs": [{"id": key, "idProperty": "external_id", "properties": {"external_id": new}}]}
        http.post("/crm/v3/objects/companies/batch/update", json=body).raise_for_status()


def test_a_record_that_is_named_is_not_archived_under_the_key_that_people_gave_it(project: Project) -> None:
    project.write("companies.yaml", OLD.replace("$protect: true", "$protect: false"))
    apply(project)
    rekey(project, "a", "z")
    project.write("companies.yaml", RENAMED_BY_PEOPLE)
    plan = project.run("plan", "--json", "--values", "show", "--allow", "absent=9")
    assert plan.code == 1
    assert [change for change in plan.document["changes"] if change["action"] == "archive"] == []
    (problem,) = plan.document["problems"]
    assert problem["address"] == "companies/z"
    assert "companies.yaml:4:3 names this record by its old key, as companies/a" in problem["message"]
    with project.portal() as http:
        found = http.get("/crm/v3/objects/companies?properties=external_id").json()["results"]
    assert "z" in {record["properties"]["external_id"] for record in found}


def test_a_record_that_is_named_is_archived_under_its_new_key_where_another_one_is_asked_for(
    project: Project,
) -> None:
    project.write("companies.yaml", OLD.replace("$protect: true", "$protect: false"))
    apply(project)
    rekey(project, "a", "z")
    project.write("companies.yaml", RENAMED_BY_PEOPLE)
    apply(project, "--recreate", "companies/a", "--allow", "absent=9")
    assert project.run("plan").out.startswith("No changes.")


RENAMED = OLD.replace("  a: {", "  c: {$renamed_from: a, ").replace("[a]", "[c]")
BY_NUMBER = NEW.replace("PRUNE", "true")


@pytest.mark.parametrize(
    ("manifest", "flags"),
    [
        (RENAMED, ()),
        (RENAMED.replace(", $associations: {companies: [c]}", ""), ("--exclude", "companies/[bc]")),
        (RENAMED, ("--exclude", "companies/b#companies/c")),
        (BY_NUMBER, ()),
        (BY_NUMBER.replace("  E1: {", "  E7: {$renamed_from: E1, ").replace("[E1]", "[E7]"), ()),
    ],
    ids=["renamed", "renamed, left out", "renamed, named by one left out", "by number", "by a new number"],
)
def test_a_record_that_is_gone_when_it_is_named_by_another_key_keeps_its_associations(
    project: Project, manifest: str, flags: tuple[str, ...]
) -> None:
    """People changed both keys of a record, so HubSpot does not find it; its associations stay.

    The manifest line of the record declares one of them, and the line of another record declares the other.
    """
    record_id, before = ids(project)["a"], ends(project)
    with project.portal() as http:
        path = f"/crm/v3/objects/companies/{record_id}"
        http.patch(path, json={"properties": {"external_id": "z", "erp_no": "Z"}}).raise_for_status()
        project.write("companies.yaml", manifest)

        apply(project, *flags)

        found = [
            http.get(f"/crm/v4/objects/companies/{record_id}/associations/{other}").json()["results"]
            for other in ("companies", "contacts")
        ]
    assert [len(each) for each in found] == [1, 1]
    assert len(ends(project)) == len(before)


BESIDE = "---\nobject: companies\nkey: record_id\nenvironments: [local]\nrecords:\n"


@pytest.mark.parametrize(
    "flags",
    [(), ("--skip-invalid",), ("--target", "UNWANTED"), ("--exclude", "OTHER")],
    ids=["all", "without what is wrong", "one line", "without the other line"],
)
@pytest.mark.parametrize("absent", ["by id", "by key", "by old key"])
def test_a_record_that_one_line_names_is_not_archived_by_another_line(
    project: Project, absent: str, flags: tuple[str, ...]
) -> None:
    there, record_id = live(project), ids(project)["there"]
    by_id, by_key = f"companies/={record_id}", "companies/there"
    unwanted = OLD.replace("there: {name: There before}", "there: {$absent: true}")
    manifest, named, other = {
        "by id": (OLD + BESIDE + f"  '{record_id}': {{$absent: true}}\n", by_id, by_key),
        "by key": (unwanted + BESIDE + f"  '{record_id}': {{name: There before}}\n", by_key, by_id),
        "by old key": (unwanted + "  z: {$renamed_from: there, name: Z}\n", by_key, "companies/z"),
    }[absent]
    project.write("companies.yaml", manifest)
    flags = tuple(flag.replace("UNWANTED", named).replace("OTHER", other) for flag in flags)

    done = project.run("apply", "--auto-approve", "--allow", "absent=9", *flags)

    assert done.code in {1, 3}, done.out
    assert "are the same record in the portal" in " ".join(done.out.split())
    assert live(project) == there


LATER = """object: companies
key: erp_no
prune: PRUNE
records:
  E1: {name: A, $associations: {contacts: [ada@acme.example]}}
  E2: {name: B}
  E9: {name: There before}
"""


@pytest.mark.parametrize(
    ("prune", "how", "protected"),
    [
        ("true", "archived", "protected"),
        ("true", "archived", "not protected"),
        ("true", "with another number", "not protected"),
        ("all", "with another number", "protected"),
        ("false", "archived", "not protected"),
    ],
)
def test_a_record_that_is_gone_when_it_is_named_by_another_key_is_not_created_again(
    project: Project, prune: str, how: str, protected: str
) -> None:
    """Its last applied values show that it had the new key: so it is missing, not new, and is not pruned."""
    if protected == "not protected":
        project.write("companies.yaml", OLD.replace("$protect: true", "$protect: false"))
        apply(project)
        apply(project)
    before = owned(project)
    record_id = ids(project)["a"]
    with project.portal() as http:
        if how == "archived":
            http.delete(f"/crm/v3/objects/companies/{record_id}").raise_for_status()
        else:
            edit = {"properties": {"erp_no": "E77"}}
            http.patch(f"/crm/v3/objects/companies/{record_id}", json=edit).raise_for_status()
    there = live(project)
    project.write("companies.yaml", LATER.replace("PRUNE", prune))

    for flags in ([], ["--exclude", "companies/E1"], ["--target", "companies/E2", "--target", "companies/a"]):
        done = project.run("plan", "--json", *flags)
        touched = {change["address"] for change in done.document["changes"]} if done.code == 0 else set()
        assert touched.isdisjoint({"companies/a", "companies/E1"})
    apply(project)
    said = " ".join(project.run("plan").out.split())
    assert "--recreate companies/E1" in said
    assert (f"record {record_id} was archived" in said) is (how == "archived")
    assert (f"record {record_id} still exists, but its erp_no is now E77" in said) is (how != "archived")
    explained = " ".join(project.run("explain", "companies/E1").out.split())
    assert "state owned: reconciler created it" in explained
    assert "has the old key companies/a (external_id)" in explained
    assert live(project) == there
    assert owned(project)[f"companies {record_id}"] == before[f"companies {record_id}"]

    apply(project, "--recreate", "companies/E1")
    (made,) = live(project) - there
    assert owned(project)[f"companies {made}"] == ("erp_no E1", Origin.CREATED, protected == "protected")
    assert f"companies {record_id}" not in owned(project)
    assert project.run("plan", "--detailed-exitcode").code == ExitCode.OK


def test_a_number_that_people_gave_to_a_new_record_is_a_new_record_where_the_manifests_follow(
    project: Project,
) -> None:
    a = ids(project)["a"]
    with project.portal() as http:
        edit = {"properties": {"erp_no": "E77"}}
        http.patch(f"/crm/v3/objects/companies/{a}", json=edit).raise_for_status()
    project.write(
        "companies.yaml",
        LATER.replace("PRUNE", "true").replace("  E1: {name: A,", "  E1: {name: New}\n  E77: {name: A,"),
    )

    assert {("create", "companies/E1"), ("adopt", "companies/E77")} <= set(planned(project))
    apply(project)
    assert owned(project)[f"companies {a}"] == ("erp_no E77", Origin.CREATED, True)
    assert project.run("plan", "--detailed-exitcode").code == ExitCode.OK


def test_rows_of_a_table_that_are_gone_are_missed_under_their_new_column(tmp_path: Path) -> None:
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    made.write("portal.json", json.dumps(SEED | {"records": {}}))
    made.write("companies.yaml", "object: companies\nkey: external_id\nprune: true\nsource: {csv: c.csv}\n")
    made.write("c.csv", "external_id,erp_no,name\n" + "".join(f"k{n},N{n},Name\n" for n in range(120)))
    apply(made)
    numbers = ids(made)
    with made.portal() as http:
        for key in ("k3", "k118"):
            http.delete(f"/crm/v3/objects/companies/{numbers[key]}").raise_for_status()
    made.replace("companies.yaml", "key: external_id", "key: erp_no")

    assert {action for action, _ in planned(made)} == {"adopt"}
    apply(made)
    left = made.run("plan", "--json").document
    assert left["changes"] == []
    assert {held["address"] for held in left["held"]} == {"companies/N3", "companies/N118"}
    assert len(owned(made)) == 120
