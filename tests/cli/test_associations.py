"""Associations from manifest to portal: which calls are made, what is refused, and what is left alone."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.exits import ExitCode
from reconciler.emulator.calls import Answer, Request
from tests.support.projects import PORTAL, Done, Project, Recorder
from tests.support.served import served

KEY = {"label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
SEED: dict[str, Any] = {
    "version": 1,
    "properties": {
        "companies": [
            KEY | {"name": "external_id", "groupName": "companyinformation"},
            KEY | {"name": "plain_text", "groupName": "companyinformation", "hasUniqueValue": False},
        ],
        "tickets": [KEY | {"name": "code", "groupName": "ticketinformation"}],
    },
    "association_labels": [
        {"from": "companies", "to": "contacts", "name": "billing", "label": "Billing"},
        {
            "from": "companies",
            "to": "contacts",
            "name": "manager",
            "label": "Manager",
            "inverseLabel": "Employee",
        },
        {"from": "companies", "to": "companies", "name": "twice", "label": "Twice"},
        {"from": "companies", "to": "companies", "name": "again", "label": "twice"},
    ],
    "records": {
        "companies": [
            {"id": "901", "properties": {"external_id": "acme", "name": "Acme"}},
            {"id": "902", "properties": {"external_id": "globex", "name": "Globex"}},
        ],
        "contacts": [
            {"id": "501", "properties": {"email": "ada@acme.example", "firstname": "Ada"}},
            {"id": "502", "properties": {"email": "bob@acme.example", "firstname": "Bob"}},
        ],
    },
}
PRUNED = "prune: true\n"
REAL = "environments: [real]\n"


def companies(acme: str = "", globex: str = "", head: str = "") -> str:
    """Return a manifest of two companies with these associations."""
    said = {"acme": acme, "globex": globex}
    lines = (
        f"  {key}: {{name: {key.title()}{f', $associations: {text}' if text else ''}}}\n"
        for key, text in said.items()
    )
    return f"object: companies\nkey: external_id\n{head}records:\n" + "".join(lines)


def contacts(ada: str = "", bob: str = "", head: str = "") -> str:
    """Return a manifest of two contacts with these associations."""
    said = {"ada": ada, "bob": bob}
    lines = (
        f"  {key}@acme.example: {{firstname: {key.title()}{f', $associations: {text}' if text else ''}}}\n"
        for key, text in said.items()
    )
    return f"object: contacts\nkey: email\n{head}records:\n" + "".join(lines)


@contextmanager
def world(
    folder: Path, manifests: Mapping[str, str], seed: Mapping[str, object] = SEED, **more: Any
) -> Iterator[tuple[Project, Recorder]]:
    with served(folder, manifests, seed, **more) as (project, portal):
        yield project, portal


def people(portal: Recorder, method: str, path: str, body: object = None) -> Any:
    """Call the portal as another person, and return the answer."""
    content = b"" if body is None else json.dumps(body).encode()
    answer = Recorder.answer(portal, Request(method, path, {}, {}, content, portal_id=PORTAL))
    portal.requests.pop()
    assert answer.status < 300, answer.content
    return json.loads(answer.content) if answer.content else None


def associate(portal: Recorder, one: str, other: str) -> None:
    body = {"inputs": [{"from": {"id": one}, "to": {"id": other}}]}
    people(portal, "POST", "/crm/v4/associations/companies/contacts/batch/associate/default", body)


def label(portal: Recorder, one: str, other: str, number: int) -> None:
    types = [{"associationCategory": "USER_DEFINED", "associationTypeId": number}]
    body = {"inputs": [{"from": {"id": one}, "to": {"id": other}, "types": types}]}
    people(portal, "POST", "/crm/v4/associations/companies/contacts/batch/create", body)


def take_apart(portal: Recorder, one: str, other: str) -> None:
    people(portal, "DELETE", f"/crm/v4/objects/companies/{one}/associations/contacts/{other}")


def pairs(portal: Recorder) -> dict[tuple[str, str], list[str]]:
    """Return the associated pairs of a company and a contact, with their labels."""
    body = {"inputs": [{"id": "901"}, {"id": "902"}]}
    answer = people(portal, "POST", "/crm/v4/associations/companies/contacts/batch/read", body)
    return {
        (page["from"]["id"], str(to["toObjectId"])): [
            kind["label"] for kind in to["associationTypes"] if kind["label"]
        ]
        for page in answer["results"]
        for to in page["to"]
    }


def apply(project: Project, *more: str) -> Done:
    """Apply, and check that the next plan is empty."""
    done = project.run("apply", "--auto-approve", *more)
    assert done.code == 0, done.out + done.err
    changes = project.run("plan", "--json").document["changes"]
    assert not changes, changes
    return done


def planned(project: Project, *more: str) -> list[tuple[str, str, str]]:
    """Return action and both addresses of each association change in a plan."""
    document = project.run("plan", "--json", "--values", "show", *more).document
    return [
        (change["action"], change["address"], change["association"]["address"])
        for change in document["changes"]
        if "association" in change
    ]


ADA, BOB = "contacts/ada@acme.example", "contacts/bob@acme.example"
BOTH = "{contacts: [ada@acme.example, {to: bob@acme.example, label: Billing}]}"


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (
            "{contact: [eve@acme.example]}",
            r"the portal has no record of contacts whose email is \S+ correct the key",
        ),
        (
            "{contacts: [{to: ada@acme.example, label: Biling}]}",
            'the portal has no label "Biling" for associations of companies with contacts did you',
        ),
        ("{companies: [{to: globex, label: Twice}]}", '"Twice" names more than one label'),
        ("{companies: [acme]}", "companies/acme cannot be associated with itself"),
        ("{companies: [{by: record_id, to: 901}]}", "companies/=901 cannot be associated with itself"),
        ("{companies: [{by: plain_text, to: x}]}", '"plain_text" of companies cannot tell records apart'),
        ("{deals: [D-1]}", "no manifest says which property is the key of deals"),
        ("{contacts: [ada@acme.example, ADA@acme.example]}", "is associated twice, also at"),
        ("{contacts: [gone@acme.example]}", "the manifests say that this record must not exist"),
        ("{tickets: [{by: code, to: T-1}]}", "the portal has no record of tickets whose code is T-1"),
        (
            "{contacts: [bad@acme.example]}",
            r"contacts/\S+ cannot be associated: the record has a problem",
        ),
    ],
)
def test_impossible_associations_are_reported_at_their_line_by_plan_and_validate(
    tmp_path: Path, said: str, problem: str
) -> None:
    others = (
        contacts()
        + "  gone@acme.example: {$absent: true}\n  bad@acme.example: {firstname: X, createdate: yesterday}\n"
    )
    files = {"companies.yaml": companies(said, head="environments: [real]\n"), "contacts.yaml": others}
    with world(tmp_path, files) as (project, portal):
        found = project.run("validate", "--online")
        assert found.code == ExitCode.ERROR
        assert "companies.yaml:5:" in found.out
        assert re.search(problem, " ".join(found.out.split())), found.out
        assert project.run("apply", "--auto-approve").code == ExitCode.ERROR
        skipping = project.run("apply", "--auto-approve", "--skip-invalid", "--allow", "update=2")
        assert skipping.code == ExitCode.NOT_APPLIED, skipping.out + skipping.err
        if "also at" not in problem:
            assert pairs(portal) == {}


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("spelling", ["gone@acme.example", "Gone@acme.example"])
def test_a_partial_plan_associates_no_record_that_must_not_exist(
    tmp_path: Path, spelling: str, is_there: bool
) -> None:
    """The line with ``$absent`` counts, although the plan leaves it out."""
    others = contacts() + "  gone@acme.example: {$absent: true}\n"
    files = {"companies.yaml": companies(f"{{contacts: ['{spelling}']}}"), "contacts.yaml": others}
    with world(tmp_path, files) as (project, portal):
        if is_there:
            people(portal, "POST", "/crm/v3/objects/contacts", {"properties": {"email": "gone@acme.example"}})
        planned = project.run("plan", "--target", "companies/*")
        assert planned.code == ExitCode.ERROR
        assert "the manifests say that this record must not exist" in " ".join(planned.out.split())


@pytest.mark.parametrize(
    "said",
    [
        "{contacts: [{by: nosuch, to: x}]}",
        "{contacts: [ada@typo.example]}",
        "{contacts: [{by: city, to: x}]}",
    ],
)
def test_an_association_with_an_unknown_record_removes_none_that_it_may_have_named(
    tmp_path: Path, said: str
) -> None:
    """The line is left out, and nobody knows whether it means the record that was named before."""
    files = {"companies.yaml": companies("{contacts: [ada@acme.example]}", head=PRUNED)}
    with world(tmp_path, files) as (project, portal):
        apply(project)
        project.write("companies.yaml", companies(said, head=PRUNED))
        done = project.run("apply", "--auto-approve", "--skip-invalid")
        assert done.code == ExitCode.NOT_APPLIED, done.out + done.err
        assert pairs(portal) == {("901", "501"): []}
        project.write("companies.yaml", companies(head=PRUNED))
        apply(project)
        assert pairs(portal) == {}


def test_an_association_with_a_wrong_label_removes_none_between_its_records(tmp_path: Path) -> None:
    """The line names the contact by record id, but state contains the contact by e-mail address."""
    files = {"companies.yaml": companies("{contacts: [ada@acme.example]}", head=PRUNED)}
    said = "{contacts: [{by: record_id, to: '501', label: Nosuch}]}"
    with world(tmp_path, files) as (project, portal):
        apply(project)
        project.write("companies.yaml", companies(said, head=PRUNED + REAL))
        done = project.run("apply", "--auto-approve", "--skip-invalid")
        assert done.code == ExitCode.NOT_APPLIED, done.out + done.err
        assert pairs(portal) == {("901", "501"): []}


BY_ID = (
    f"object: contacts\nkey: record_id\n{REAL}records:\n  '501': {{$associations: {{companies: [acme]}}}}\n"
)


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        (contacts("{companies: [{by: record_id, to: '901'}]}", head=REAL), "contacts/ada@acme.example"),
        (BY_ID, "contacts/=501"),
    ],
    ids=["the other record", "its own record"],
)
def test_an_association_that_is_left_out_may_name_a_record_by_another_key(
    tmp_path: Path, text: str, left_out: str
) -> None:
    before = {"companies.yaml": companies("{contacts: [ada@acme.example]}", head=PRUNED)}
    with world(tmp_path, before) as (project, portal):
        apply(project)
        project.write("companies.yaml", companies(head=PRUNED))
        project.write("contacts.yaml", text)
        assert planned(project, "--exclude", left_out) == []
        apply(project)
        assert pairs(portal) == {("901", "501"): []}


def test_an_unknown_object_type_is_told_at_its_line(tmp_path: Path) -> None:
    with world(tmp_path, {"a.yaml": companies("{kontacts: [ada]}")}) as (project, _):
        done = project.run("plan")
    assert done.code == ExitCode.ERROR
    assert 'a.yaml:4:49: the portal has no object type "kontacts"' in done.out
    assert 'did you mean "contacts"?' in done.out


def test_a_label_gets_a_suggestion(tmp_path: Path) -> None:
    said = "{contacts: [{to: ada@acme.example, label: Bilin}]}"
    with world(tmp_path, {"a.yaml": companies(said)}) as (project, _):
        assert 'did you mean "Billing"?' in project.run("plan").out


def test_plain_ones_and_labels_travel_by_their_own_calls(tmp_path: Path) -> None:
    with world(tmp_path, {"a.yaml": companies(BOTH)}) as (project, portal):
        apply(project)
        ((_, plain),) = portal.asked("/companies/contacts/batch/associate/default")
        ((_, labelled),) = portal.asked("/companies/contacts/batch/create")
        assert plain == {"inputs": [{"from": {"id": "901"}, "to": {"id": "501"}}]}
        types = [{"associationCategory": "USER_DEFINED", "associationTypeId": 1}]
        assert labelled == {"inputs": [{"from": {"id": "901"}, "to": {"id": "502"}, "types": types}]}
        assert pairs(portal) == {("901", "501"): [], ("901", "502"): ["Billing"]}


@pytest.mark.parametrize("api_version", ["v3", "2025-09", "2026-03", "2026-09"])
def test_they_are_made_and_removed_in_every_version(tmp_path: Path, api_version: str) -> None:
    with world(tmp_path, {"a.yaml": companies(BOTH, head=PRUNED)}, api_version=api_version) as (
        project,
        portal,
    ):
        apply(project)
        assert pairs(portal) == {("901", "501"): [], ("901", "502"): ["Billing"]}
        project.write("a.yaml", companies(head=PRUNED))
        apply(project)
        assert pairs(portal) == {}


def test_named_from_both_sides_they_are_made_once(tmp_path: Path) -> None:
    files = {
        "companies.yaml": companies(
            "{contacts: [ada@acme.example, {to: bob@acme.example, label: Manager}]}",
            "{contacts: [ada@acme.example]}",
        ),
        "contacts.yaml": contacts(
            "{companies: [acme, {to: globex, label: Billing}]}", "{companies: [{to: acme, label: employee}]}"
        ),
    }
    with world(tmp_path, files) as (project, portal):
        assert planned(project) == [
            ("associate", "companies/acme", ADA),
            ("associate", "companies/acme", BOB),
            ("associate", ADA, "companies/globex"),
        ]
        apply(project)
        assert pairs(portal) == {
            ("901", "501"): [],
            ("901", "502"): ["Manager"],
            ("902", "501"): ["Billing"],
        }


def test_naming_it_from_the_other_side_writes_nothing_and_moves_the_say_over_it(tmp_path: Path) -> None:
    with world(tmp_path, {"a.yaml": companies(BOTH), "b.yaml": contacts()}) as (project, portal):
        apply(project)
        project.write("a.yaml", companies(head=PRUNED))
        project.write("b.yaml", contacts("{companies: [acme]}", "{companies: [{to: acme, label: Billing}]}"))
        assert not project.run("plan", "--json").document["summary"]["dissociate"]
        apply(project)
        project.write("b.yaml", contacts())  # this document does not prune
        apply(project)
        assert len(pairs(portal)) == 2


def test_a_renamed_record_keeps_its_associations(tmp_path: Path) -> None:
    with world(tmp_path, {"a.yaml": companies(BOTH)}) as (project, portal):
        apply(project)
        renamed = companies(BOTH).replace("acme: {", "acme-2: {$renamed_from: acme, ")
        project.write("a.yaml", renamed)
        apply(project)
        assert len(pairs(portal)) == 2
        assert (
            "associated with contacts/ada@acme.example"
            in project.run("state", "show", "companies/acme-2", "--values", "show").out
        )


def test_without_prune_nothing_is_removed_and_with_it_only_what_we_made(tmp_path: Path) -> None:
    with world(tmp_path, {"a.yaml": companies(BOTH)}) as (project, portal):
        associate(portal, "901", "501")
        associate(portal, "902", "502")
        apply(project)
        before = pairs(portal)
        project.write("a.yaml", companies())
        apply(project)
        assert pairs(portal) == before
        project.write("a.yaml", companies(head="prune: all\n"))
        apply(project)
        assert pairs(portal) == {("901", "501"): [], ("902", "502"): []}


def test_an_association_from_before_us_loses_only_our_label(tmp_path: Path) -> None:
    with world(tmp_path, {"a.yaml": companies(BOTH, head=PRUNED)}) as (project, portal):
        associate(portal, "901", "502")
        apply(project)
        assert pairs(portal)["901", "502"] == ["Billing"]
        project.write("a.yaml", companies(head=PRUNED))
        apply(project)
        assert pairs(portal) == {("901", "502"): []}


def test_a_label_that_is_dropped_goes_and_the_plain_association_stays_ours(tmp_path: Path) -> None:
    with world(tmp_path, {"a.yaml": companies(BOTH, head=PRUNED)}) as (project, portal):
        apply(project)
        project.write("a.yaml", companies("{contacts: [ada@acme.example, bob@acme.example]}", head=PRUNED))
        apply(project)
        assert pairs(portal) == {("901", "501"): [], ("901", "502"): []}
        project.write("a.yaml", companies(head=PRUNED))
        apply(project)
        assert pairs(portal) == {}


def test_a_label_that_is_added_and_dropped_again_leaves_nothing_behind(tmp_path: Path) -> None:
    plain = companies("{contacts: [ada@acme.example]}", head=PRUNED)
    labelled = companies("{contacts: [{to: ada@acme.example, label: Billing}]}", head=PRUNED)
    with world(tmp_path, {"a.yaml": plain}) as (project, portal):
        apply(project)
        project.write("a.yaml", labelled)
        apply(project)
        assert pairs(portal) == {("901", "501"): ["Billing"]}
        project.write("a.yaml", companies(head=PRUNED))
        apply(project)
        assert pairs(portal) == {}


def test_an_association_that_people_labelled_is_not_removed(tmp_path: Path) -> None:
    with world(tmp_path, {"a.yaml": companies("{contacts: [ada@acme.example]}", head=PRUNED)}) as (
        project,
        portal,
    ):
        apply(project)
        label(portal, "901", "501", 3)
        project.write("a.yaml", companies(head=PRUNED))
        plan = project.run("plan")
        assert "No changes." in plan.out
        assert "would also remove a label that reconciler does not own" in " ".join(plan.out.split())
        apply(project)
        assert pairs(portal) == {("901", "501"): ["Manager"]}


def test_records_that_go_take_their_associations_with_them(tmp_path: Path) -> None:
    new = (
        companies(BOTH, head=PRUNED)
        + "  initech: {name: Initech, $associations: {contacts: [ada@acme.example]}}\n"
    )
    with world(tmp_path, {"a.yaml": new}) as (project, _):
        apply(project)
        project.write("a.yaml", companies(BOTH, head=PRUNED))
        assert planned(project) == []
        apply(project, "--allow", "archive=1")
        exported = json.loads(project.run("state", "export").out)
        assert {pair["key"] for pair in exported["pairs"]} == {"acme"}


def test_narrowing_environments_releases_associations_and_leaves_them(tmp_path: Path) -> None:
    other = "  other: {portal: emulator, portal_id: 5}\ndefault: real\n"
    with world(tmp_path, {"a.yaml": companies(BOTH, head=PRUNED)}, more=other) as (project, portal):
        apply(project)
        project.write("a.yaml", companies(BOTH, head=f"{PRUNED}environments: [other]\n"))
        apply(project)
        assert len(pairs(portal)) == 2
        assert json.loads(project.run("state", "export").out)["pairs"] == []


def test_an_archive_planned_by_prune_stands_against_an_association(tmp_path: Path) -> None:
    files = {
        "a.yaml": companies(),
        "b.yaml": contacts(head=PRUNED) + "  eve@acme.example: {firstname: Eve}\n",
    }
    with world(tmp_path, files) as (project, _):
        apply(project)
        project.write("b.yaml", contacts(head=PRUNED))
        project.write("a.yaml", companies("{contacts: [eve@acme.example]}"))
        done = project.run("plan", "--values", "show")
    assert done.code == ExitCode.ERROR
    assert "contacts/eve@acme.example cannot be associated: this plan archives the record" in " ".join(
        done.out.split()
    )


def test_a_target_that_is_gone_is_held_and_told(tmp_path: Path) -> None:
    with world(tmp_path, {"a.yaml": companies(BOTH), "b.yaml": contacts()}) as (project, portal):
        apply(project)
        people(portal, "DELETE", "/crm/v3/objects/contacts/501")
        plan = project.run("plan", "--json", "--values", "show").document
    held = [entry["address"] for entry in plan["held"]]
    assert held == [f"companies/acme#{ADA}", ADA]
    assert plan["appliable"]


def test_a_record_that_is_gone_takes_nothing_apart(tmp_path: Path) -> None:
    with world(tmp_path, {"a.yaml": companies(BOTH, head=PRUNED)}) as (project, portal):
        apply(project)
        people(portal, "PATCH", "/crm/v3/objects/companies/901", {"properties": {"external_id": "other"}})
        assert planned(project) == []
        project.write("a.yaml", companies(head=PRUNED))  # the record is named, its associations are not
        assert planned(project) == []


class Refusing(Recorder):
    """A portal that refuses to create contacts."""

    def answer(self, request: Request) -> Answer:
        if request.path.endswith("/contacts/batch/upsert"):
            return Answer(400, {}, b'{"status": "error", "category": "VALIDATION_ERROR", "message": "no"}')
        return super().answer(request)


def test_a_record_that_was_not_created_gets_no_associations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.support.served.Recorder", Refusing)
    files = {
        "a.yaml": companies("{contacts: [ada@acme.example, eve@acme.example]}"),
        "b.yaml": contacts() + "  eve@acme.example: {firstname: Eve}\n",
    }
    with world(tmp_path, files) as (project, portal):
        done = project.run("apply", "--auto-approve", "--json", "--values", "show")
        assert done.code == ExitCode.NOT_APPLIED
        rows = {
            (row["action"], row.get("association", row)["address"]): (
                row["outcome"],
                row["detail"].get("message"),
            )
            for row in done.document["changes"]
        }
        assert rows["associate", ADA] == ("applied", None)
        assert rows["create", "contacts/eve@acme.example"] == ("rejected", "no")
        skipped = ("skipped", "not attempted: contacts/eve@acme.example was not created by this run")
        assert rows["associate", "contacts/eve@acme.example"] == skipped
        assert pairs(portal) == {("901", "501"): []}


def test_a_saved_plan_leaves_alone_what_moved_meanwhile(tmp_path: Path) -> None:
    with world(tmp_path, {"a.yaml": companies("{contacts: [ada@acme.example]}", head=PRUNED)}) as (
        project,
        portal,
    ):
        apply(project)
        project.write("a.yaml", companies("{contacts: [bob@acme.example]}", head=PRUNED))
        assert project.run("plan", "--out", "plan.json").code == 0
        take_apart(portal, "901", "501")
        associate(portal, "901", "502")
        done = project.run("apply", "plan.json", "--auto-approve", "--json", "--values", "show")
        assert done.code == ExitCode.NOT_APPLIED
        assert [(row["outcome"], row["detail"]["message"]) for row in done.document["changes"]] == [
            ("stale", f"it is already associated with {BOB}"),
            ("stale", f"it is no longer associated with {ADA}"),
        ]


def test_a_saved_plan_leaves_alone_what_was_given_a_label_meanwhile(tmp_path: Path) -> None:
    with world(tmp_path, {"a.yaml": companies("{contacts: [ada@acme.example]}", head=PRUNED)}) as (
        project,
        portal,
    ):
        apply(project)
        project.write("a.yaml", companies(head=PRUNED))
        project.run("plan", "--out", "plan.json")
        label(portal, "901", "501", 1)
        done = project.run("apply", "plan.json", "--auto-approve", "--json", "--values", "show")
        assert [row["outcome"] for row in done.document["changes"]] == ["stale"]
        assert pairs(portal) == {("901", "501"): ["Billing"]}


def test_without_a_state_they_are_made_and_nothing_is_adopted(tmp_path: Path) -> None:
    with world(tmp_path, {"a.yaml": companies(BOTH)}) as (project, portal):
        project.replace("reconciler.yaml", "version: 1", "version: 1\nstate: none")
        apply(project)
        assert len(pairs(portal)) == 2
        assert project.run("plan").out.startswith("No changes.")


def test_a_part_can_be_targeted_excluded_and_taken(tmp_path: Path) -> None:
    more = "    drift: hold\n"
    with world(tmp_path, {"a.yaml": companies(BOTH, BOTH, head=PRUNED)}, more=more) as (project, portal):
        assert planned(project, "--target", f"companies/acme#{ADA}") == [("associate", "companies/acme", ADA)]
        assert planned(project, "--exclude", "companies/acme", "--exclude", "*#contacts/bob*") == [
            ("associate", "companies/globex", ADA)
        ]
        apply(project)
        take_apart(portal, "901", "501")
        assert planned(project) == []
        assert planned(project, "--take", "companies/acme#contacts/*") == [
            ("associate", "companies/acme", ADA)
        ]
        project.write("a.yaml", companies(head=PRUNED))
        assert planned(project, "--target", "companies/globex") == [
            ("dissociate", "companies/globex", ADA),
            ("dissociate", "companies/globex", BOB),
        ]
        done = project.run("plan", "--target", "companies/acme#contacts/eve")
        assert "matches nothing" in done.err


def test_a_new_record_that_this_plan_leaves_out_is_told_as_such(tmp_path: Path) -> None:
    files = {"a.yaml": "object: companies\nkey: external_id\nrecords:\n  new: {name: New}\n"}
    with world(tmp_path, files | {"b.yaml": contacts("{companies: [new]}")}) as (project, _):
        done = project.run("plan", "--target", "contacts/*")
        told = " ".join(done.out.split())
        assert "companies/new cannot be associated: HubSpot has no record with this key" in told
        assert "plan this record too, or apply it first" in told
        assert project.run("plan", "--target", "contacts/*", "--target", "companies/*").code == ExitCode.OK


def test_an_association_left_out_of_a_plan_is_not_pruned(tmp_path: Path) -> None:
    files = {"a.yaml": companies(BOTH, head=PRUNED), "b.yaml": contacts(head=PRUNED)}
    with world(tmp_path, files) as (project, _):
        apply(project)
        project.write("a.yaml", companies(head=PRUNED))
        project.write(
            "b.yaml", contacts("{companies: [acme]}", "{companies: [{to: acme, label: Billing}]}", PRUNED)
        )
        assert planned(project, "--target", "companies/*") == []
        assert planned(project, "--exclude", "*#companies/*") == []


def test_calls_are_few_and_counted(tmp_path: Path) -> None:
    seed = SEED | {
        "records": {
            "companies": [{"properties": {"external_id": f"c-{n}", "name": "C"}} for n in range(250)],
            "contacts": SEED["records"]["contacts"],
        }
    }
    text = "object: companies\nkey: external_id\nrecords:\n" + "".join(
        f"  c-{n}: {{$associations: {BOTH}}}\n" for n in range(250)
    )
    with world(tmp_path, {"a.yaml": text}, seed) as (project, portal):
        portal.requests.clear()
        budget = project.run("plan", "--json", "--out", "plan.json").document["budget"]
        assert budget["read_calls"] == len(portal.requests)
        assert len(portal.asked("/companies/contacts/batch/read")) == 1
        assert len([each for each in portal.requests if each.path.endswith("/labels")]) == 1
        assert budget["write_calls"] == 2  # 250 associations of each sort; records are only adopted
        portal.requests.clear()
        assert project.run("apply", "plan.json").code == 0
        batches = [each.path for each in portal.requests if "/batch/" in each.path]
        assert len([path for path in batches if "/read" not in path]) == 2
        reads = [path for path in batches if "/read" in path]
        # three for the adopted companies; of each sort: associations, companies' keys, contacts' keys
        assert len(reads) == 3 + 10
        assert len(portal.requests) == budget["write_calls"] + budget["reread_calls"]


def test_labels_are_not_read_where_none_is_named_nor_anything_where_nothing_is(tmp_path: Path) -> None:
    with world(tmp_path, {"a.yaml": companies("{contacts: [ada@acme.example]}")}) as (project, portal):
        assert project.run("plan").code == ExitCode.OK
        assert portal.asked("/companies/contacts/batch/read")
        assert not [each for each in portal.requests if each.path.endswith("/labels")]
        project.write("a.yaml", companies())
        portal.requests.clear()
        assert project.run("plan").code == ExitCode.OK
        assert portal.asked("/companies/batch/read")
        assert not [each for each in portal.requests if "associations" in each.path]


def test_e_mail_addresses_of_the_others_are_masked(tmp_path: Path) -> None:
    with world(tmp_path, {"a.yaml": companies(BOTH)}) as (project, _):
        texts = [
            project.run("plan").out,
            project.run("plan", "--format", "markdown").out,
            project.run("plan", "--format", "html").out,
            project.run("plan", "--json").out,
            project.run("apply", "--auto-approve", "--json").out,
        ]
        project.write("a.yaml", companies("{contacts: [eve@acme.example]}"))
        texts += [project.run("plan").out, project.run("validate", "--online", "--json").out]
        assert "eve@acme" in project.run("plan", "--values", "show").out
    for text in texts:
        assert "contacts" in text
        assert "@acme" not in text.replace("a.yaml", ""), text


def test_drift_tells_associations_and_labels_that_people_took_away(tmp_path: Path) -> None:
    said = "{contacts: [ada@acme.example, {to: bob@acme.example, label: Billing}]}"
    manifests = {
        "companies.yaml": companies(said, "{contacts: [bob@acme.example]}"),
        "people.yaml": contacts(),
    }
    with world(tmp_path, manifests) as (project, portal):
        apply(project)
        assert project.run("drift").code == ExitCode.OK
        take_apart(portal, "901", "501")
        kinds = people(portal, "GET", "/crm/v4/associations/companies/contacts/labels")["results"]
        (number,) = [kind["typeId"] for kind in kinds if kind["label"] == "Billing"]
        billing = [{"associationCategory": "USER_DEFINED", "associationTypeId": number}]
        body = {"inputs": [{"from": {"id": "901"}, "to": {"id": "502"}, "types": billing}]}
        people(portal, "POST", "/crm/v4/associations/companies/contacts/batch/labels/archive", body)

        done = project.run("drift", "--values", "show")
        assert done.code == ExitCode.CHANGES
        assert "companies: 2 associations removed\n" in done.out
        assert "      - contacts/ada@acme.example (Ada)  associated\n" in done.out
        assert "      ~ contacts/bob@acme.example (Bob)  Billing → associated\n" in done.out
        assert done.out.endswith("Drift: 2 associations removed.\n")
        masked = project.run("drift", "--json").out
        assert "acme.example" not in masked
        assert [pair["live"] for pair in json.loads(masked)["pairs"]] in (
            [None, "associated"],
            ["associated", None],
        )
        chosen = project.run(
            "drift", "--json", "--target", "companies/acme#contacts/bob*", "--values", "show"
        )
        assert [pair["last_applied"] for pair in chosen.document["pairs"]] == ["Billing"]
        page = project.run("drift", "--format", "html", "--values", "show").out
        assert "contacts/bob@acme.example" in page


def test_associations_of_a_lost_record_are_lost_with_it(tmp_path: Path) -> None:
    manifests = {"companies.yaml": companies("{contacts: [ada@acme.example]}"), "people.yaml": contacts()}
    with world(tmp_path, manifests) as (project, portal):
        apply(project)
        people(portal, "DELETE", "/crm/v3/objects/contacts/501")
        found = project.run("drift", "--json").document
        assert found["summary"] == {"lost": 1, "pairs": 0, "values": 0}


WITHIN: dict[str, Any] = SEED | {
    "association_labels": [
        {"from": "companies", "to": "companies", "name": "partner", "label": "Partner"},
        {
            "from": "companies",
            "to": "companies",
            "name": "supplier",
            "label": "Supplier",
            "inverseLabel": "Customer",
        },
        {
            "from": "companies",
            "to": "companies",
            "name": "lender",
            "label": "Lender",
            "inverseLabel": "Borrower",
        },
    ]
}


@pytest.mark.parametrize(
    ("there", "back"),
    [
        ("Partner", "Partner"),
        ("Supplier", "Customer"),
        ("Customer", "Supplier"),
        ("Child Company", "Parent Company"),
    ],
)
def test_a_label_within_one_type_may_be_named_from_the_other_end(
    tmp_path: Path, there: str, back: str
) -> None:
    from_acme = companies(f"{{companies: [{{to: globex, label: {there}}}]}}", head=PRUNED)
    with world(tmp_path, {"companies.yaml": from_acme}, WITHIN) as (project, portal):
        assert project.run("apply", "--auto-approve").code == 0
        portal.requests.clear()
        project.write(
            "companies.yaml", companies("", f"{{companies: [{{to: acme, label: {back}}}]}}", PRUNED)
        )

        done = project.run("apply", "--auto-approve")

        assert done.code == 0, done.out + done.err
        assert not [each.path for each in portal.requests if "archive" in each.path]
        assert project.run("plan").out.startswith("No changes.")
        project.write("companies.yaml", companies(head=PRUNED))
        changes = project.run("plan", "--json").document["changes"]
        # it is removed because state still says that reconciler created it
        assert [change["action"] for change in changes] == ["dissociate"]


def test_another_label_within_one_type_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    from_acme = companies("{companies: [{to: globex, label: Partner}]}", head=PRUNED)
    with world(tmp_path, {"companies.yaml": from_acme}, WITHIN) as (project, _):
        assert project.run("apply", "--auto-approve").code == 0
        project.write("companies.yaml", companies("", "{companies: [{to: acme, label: Lender}]}", PRUNED))

        changes = project.run("plan", "--json").document["changes"]

        assert [change["action"] for change in changes] == ["associate", "dissociate"]
        assert project.run("apply", "--auto-approve").code == 0
        assert project.run("plan").out.startswith("No changes.")


def test_a_label_within_one_type_of_which_nothing_tells_the_other_end_is_never_removed_by_a_guess(
    tmp_path: Path,
) -> None:
    both = "{companies: [{to: globex, label: Supplier}, {to: globex, label: Lender}]}"
    with world(tmp_path, {"companies.yaml": companies(both, head=PRUNED)}, WITHIN) as (project, portal):
        assert project.run("apply", "--auto-approve").code == 0
        portal.requests.clear()
        project.write("companies.yaml", companies("", "{companies: [{to: acme, label: Customer}]}", PRUNED))

        done = project.run("apply", "--auto-approve")

        assert done.code == 0, done.out + done.err
        assert not [each.path for each in portal.requests if "archive" in each.path]
