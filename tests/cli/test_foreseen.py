"""Plans contain only changes that the portal accepts, because everything knowable is checked in advance."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.cli.exits import ExitCode
from reconciler.emulator.calls import Request
from tests.support.projects import PORTAL, Done, Project, Recorder
from tests.support.served import served

UNIQUE = {"type": "string", "fieldType": "text", "hasUniqueValue": True}


def unique(name: str, group: str) -> dict[str, Any]:
    return UNIQUE | {"name": name, "label": name.title(), "groupName": group}


def stage(name: str, label: str) -> dict[str, Any]:
    return {"id": name, "label": label, "displayOrder": 0, "metadata": {"probability": "0.5"}}


def seed(
    deals: Sequence[Mapping[str, str]] = (), companies: Sequence[Mapping[str, str]] = ()
) -> dict[str, Any]:
    return {
        "version": 1,
        "properties": {
            "companies": [unique(name, "companyinformation") for name in ("external_id", "ref")],
            "deals": [unique("code", "dealinformation")],
        },
        "pipelines": {
            "deals": [
                {
                    "id": "sales",
                    "label": "Sales",
                    "displayOrder": 0,
                    "stages": [stage("open", "Open"), stage("sold", "Sold")],
                },
                {
                    "id": "renewals",
                    "label": "Renewals",
                    "displayOrder": 1,
                    "stages": [stage("due", "Open"), stage("renewed", "Renewed")],
                },
            ]
        },
        "records": {
            "deals": [{"id": str(501 + number), "properties": held} for number, held in enumerate(deals)],
            "companies": [
                {"id": str(901 + number), "properties": held} for number, held in enumerate(companies)
            ],
        },
    }


def companies(*lines: str, head: str = "") -> dict[str, str]:
    text = f"object: companies\nkey: external_id\n{head}records:\n" + "".join(f"  {line}\n" for line in lines)
    return {"companies.yaml": text}


A = {"external_id": "a", "name": "A", "ref": "r1"}
B = {"external_id": "b", "name": "B", "ref": "r2"}


def nobody(ref: str) -> dict[str, str]:
    """Return the manifest that no company may have this ref."""
    return {"gone.yaml": f"object: companies\nkey: ref\nrecords: {{{ref}: {{$absent: true}}}}\n"}


def refused(project: Project, *words: str) -> str:
    """Return the printed problems of a plan; they must contain ``words``, and apply must write nothing."""
    done = project.run("plan")
    assert done.code in {ExitCode.ERROR, ExitCode.GUARDED}
    reported = " ".join((done.out + done.err).split())
    for word in words:
        assert word in reported
    assert project.run("apply", "--auto-approve").code == ExitCode.ERROR
    return reported


def applied(project: Project, *more: str) -> Done:
    done = project.run("apply", "--auto-approve", *more)
    assert done.code == ExitCode.OK, done.out + done.err
    assert project.run("plan", "--detailed-exitcode", *more).code == ExitCode.OK
    return done


def writes(portal: Recorder) -> list[list[str]]:
    """Return the ids in each batch that was written, in order."""
    ends = ("/batch/update", "/batch/upsert", "/batch/create")
    bodies = [json.loads(request.body) for request in portal.requests if request.path.endswith(ends)]
    return [[item["id"] for item in body["inputs"]] for body in bodies]


def test_a_value_is_handed_on_in_order_and_the_budget_counts_both_calls(tmp_path: Path) -> None:
    manifests = companies("a: {ref: r2}", "b: {ref: r3}", "c: {name: C, ref: r1}")
    with served(tmp_path, manifests, seed(companies=[A, B])) as (project, portal):
        plan = project.run("plan", "--json").document
        assert [change["key"]["value"] for change in plan["changes"]] == ["b", "a", "c"]
        assert plan["budget"]["write_calls"] == 3
        applied(project)
        assert writes(portal) == [["902"], ["901"], ["c"]]


def test_handing_on_is_taken_back_in_order(tmp_path: Path) -> None:
    with served(tmp_path, companies("a: {ref: r2}", "b: {ref: r3}"), seed(companies=[A, B])) as (
        project,
        portal,
    ):
        applied(project)
        portal.requests.clear()
        undone = project.run("rollback", "last", "--out", "undo.json")
        assert undone.code == ExitCode.OK, undone.err
        assert project.run("apply", "undo.json").code == ExitCode.OK
        assert writes(portal) == [["901"], ["902"]]


def test_handing_on_to_a_new_record_is_taken_back_in_two_steps_as_advised(tmp_path: Path) -> None:
    manifests = companies("a: {ref: r2}", "b: {ref: r3}", "c: {name: C, ref: r1}")
    with served(tmp_path, manifests, seed(companies=[A, B])) as (project, _):
        applied(project)
        (run, *_) = project.run("runs", "list").out.split()
        whole = project.run("rollback", run)
        assert whole.code == ExitCode.ERROR
        said = " ".join(whole.out.split())
        assert "archive it first: roll back with --target for that record alone" in said
        assert (
            said.count("the manifests change the value of that record, but the record has a problem, so") == 1
        )
        for step in (["--target", "companies/c"], []):
            assert project.run("rollback", run, *step, "--out", "undo").code == ExitCode.OK
            assert project.run("apply", "undo").code == ExitCode.OK
        project.write("companies.yaml", companies("a: {ref: r1}", "b: {ref: r2}")["companies.yaml"])
        assert project.run("plan", "--detailed-exitcode").code == ExitCode.OK


def test_an_exchange_is_refused_with_the_way_to_do_it(tmp_path: Path) -> None:
    with served(tmp_path, companies("a: {ref: r2}", "b: {ref: r1}"), seed(companies=[A, B])) as (project, _):
        refused(project, "record 902 exchange their ref", "record 901 exchange their ref", "`ref: null`")
        project.write("companies.yaml", companies("a: {ref: null}", "b: {ref: r2}")["companies.yaml"])
        applied(project)
        project.write("companies.yaml", companies("a: {ref: r2}", "b: {ref: r1}")["companies.yaml"])
        applied(project)


@pytest.mark.parametrize(
    ("manifests", "words"),
    [
        (companies("c: {name: C, ref: x}", "d: {name: D, ref: x}"), ["the same ref, at companies.yaml:4"]),
        (companies("c: {name: C}", "d: {name: D}", head="all: {ref: x}\n"), ["the same ref"]),
        (companies("c: {name: C, ref: r1}"), ["record 901 has the same ref"]),
        (companies("a: {name: A}", "b: {ref: r1}"), ["record 901 has the same ref"]),
        (companies("a: {name: A, ref: r1}", "c: {name: C, ref: r1}"), ["record 901 has the same ref"]),
        (
            companies("a: {$absent: true}", "c: {name: C, ref: r1}"),
            ["this plan archives that record, but only after this write"],
        ),
        (
            companies("b: {ref: x}")
            | {"gone.yaml": "object: companies\nkey: ref\nrecords: {x: {$absent: true}}"},
            ["according to gone.yaml:3:11, no record may have this ref", "keep one of the two lines"],
        ),
        (
            companies("b: {ref: r1}")
            | {"gone.yaml": "object: companies\nkey: ref\nrecords: {r1: {$absent: true}}"},
            ["according to gone.yaml:3:11, no record may have this ref"],
        ),
        (
            nobody("x") | companies("c: {name: C, ref: x}"),
            ["according to gone.yaml:3:11, no record may have this ref"],
        ),
    ],
    ids=[
        "two new ones",
        "all",
        "a stranger",
        "named without it",
        "named with it",
        "one that goes",
        "a key that nobody may have",
        "a key that somebody loses",
        "a key for a new one",
    ],
)
def test_a_value_that_is_taken_is_a_problem_at_its_line(
    tmp_path: Path, manifests: Mapping[str, str], words: Sequence[str]
) -> None:
    with served(tmp_path, manifests, seed(companies=[A, B])) as (project, _):
        refused(project, *words)


def test_rows_of_tables_are_held_against_one_another_and_against_documents(tmp_path: Path) -> None:
    table = "object: companies\nkey: external_id\nsource: {csv: c.csv}\n"
    rows = "external_id,name,ref\nc,C,x\nd,D,y\ne,E,x\n"
    manifests = companies("f: {name: F, ref: y}") | {"table.yaml": table, "c.csv": rows}
    with served(tmp_path, manifests, seed()) as (project, _):
        reported = refused(project, "c.csv:4:3", "the same ref, at c.csv:2:3", "the same ref, at c.csv:3:3")
        assert reported.count("in HubSpot this value must be unique") == 2


def reported(project: Project, *flags: str) -> list[tuple[str, str]]:
    """Return the address and message of each problem of the plan."""
    document = project.run("plan", "--json", *flags).document
    return [(problem["address"], problem["message"]) for problem in document["problems"]]


def test_no_problem_of_a_record_hides_that_its_value_is_not_its_own(tmp_path: Path) -> None:
    """The values of a record with another problem take part in the checks of unique values."""
    manifests = companies(
        "a: {name: A, ref: same, nosuch: x}",
        "b: {name: B, ref: same}",
        "c: {name: C, ref: r9, nosuch: x}",
        "d: {name: D, annualrevenue: much, ref: r9}",
        "e: {name: E, ref: r3}",
    )
    held = [B, {"external_id": "c", "name": "C", "ref": "r3"}, {"external_id": "x", "name": "X", "ref": "r9"}]
    with served(tmp_path, manifests, seed(companies=held)) as (project, _):
        problems = reported(project)
        planned = project.run("plan", "--json", "--skip-invalid").document

    assert [address for address, _ in problems] == [
        "companies/a#ref",
        "companies/a#nosuch",
        "companies/c#ref",
        "companies/c#nosuch",
        "companies/d#annualrevenue",
        "companies/d#ref",
        "companies/e#ref",
    ]
    said = dict(problems)
    assert "another record is to get the same ref, at companies.yaml:5:21" in said["companies/a#ref"]
    assert "record 903 has the same ref" in said["companies/c#ref"]
    assert "another record is to get the same ref, at companies.yaml:6:21" in said["companies/d#ref"]
    assert (
        "the manifests change the value of that record, but the record has a problem"
        in said["companies/e#ref"]
    )
    assert [change["address"] for change in planned["changes"]] == ["companies/b"]


def test_a_second_line_for_a_record_is_checked_like_the_first(tmp_path: Path) -> None:
    text = """object: contacts
key: email
records:
  ada@acme.example: {nosuch: x}
  Ada@acme.example: {lifecyclestage: nobody}
"""
    with served(tmp_path, {"contacts.yaml": text}, seed()) as (project, _):
        found = project.run("plan", "--json", "--values", "show").document["problems"]
    assert [problem["source"]["line"] for problem in found] == [4, 4, 5]
    assert "are the same e-mail to HubSpot" in "".join(problem["message"] for problem in found)
    assert "nobody" in found[-1]["message"]


def test_pipeline_and_stage_are_checked_beside_other_problems_but_not_with_a_wrong_one(
    tmp_path: Path,
) -> None:
    lines = (
        "a: {dealname: A, nosuch: x, pipeline: Sales, dealstage: renewed}",
        "b: {dealname: B, pipeline: Nosuch, dealstage: renewed}",
        "c: {dealname: C, nosuch: x, dealstage: Sold}",
        "d: {dealname: D, nosuch: x, pipeline: Renewals}",
    )
    text = "object: deals\nkey: code\nrecords:\n" + "".join(f"  {line}\n" for line in lines)
    held = [
        {"dealname": "C", "code": "c", "pipeline": "renewals", "dealstage": "due"},
        {"dealname": "D", "code": "d", "pipeline": "sales", "dealstage": "open"},
    ]
    with served(tmp_path, {"deals.yaml": text}, seed(deals=held)) as (project, _):
        addresses = [address for address, _ in reported(project)]
    assert addresses == [
        "deals/a#nosuch",
        "deals/a#dealstage",
        "deals/b#pipeline",
        "deals/c#nosuch",
        "deals/c#dealstage",
        "deals/d#nosuch",
        "deals/d#pipeline",
    ]


@pytest.mark.parametrize("flags", [["--target", "companies/a"], ["--exclude", "companies/b"], []])
def test_a_change_left_out_of_a_plan_frees_no_value(tmp_path: Path, flags: Sequence[str]) -> None:
    """This is also true for a change that is left out because of another problem with it."""
    wrong = "" if flags else ", nonsense: x"
    manifests = companies("a: {ref: r2}", f"b: {{ref: r3{wrong}}}", "c: {name: C}")
    with served(tmp_path, manifests, seed(companies=[A, B])) as (project, _):
        done = project.run("plan", *(flags or ["--skip-invalid"]))
        assert "record 902 has the same ref" in done.out
        skipping = project.run("apply", "--auto-approve", "--skip-invalid", *flags)
        assert skipping.code == ExitCode.NOT_APPLIED, skipping.out
        assert "rejected" not in skipping.out.replace("0 rejected", "")


def explained(project: Project, address: str) -> tuple[Sequence[str], Mapping[str, Any]]:
    """Return the problems that ``explain`` shows for a record, and its entry for ``ref``."""
    done = project.run("explain", address, "--json", "--values", "show")
    assert done.code == ExitCode.OK, done.err
    problems = [problem["message"] for problem in done.document["problems"]]
    return problems, done.document["properties"]["ref"]["next"]


def test_a_target_says_which_record_to_add_and_works_with_it(tmp_path: Path) -> None:
    manifests = companies("a: {ref: r2}", "b: {ref: r3}", "c: {name: C, ref: r1}")
    with served(tmp_path, manifests, seed(companies=[A, B])) as (project, _):
        flags = ["--target", "companies/c"]
        for key in ("a", "b"):
            done = project.run("plan", *flags)
            assert done.code == ExitCode.ERROR
            assert f"add --target companies/{key}" in done.out
            flags += ["--target", f"companies/{key}"]
        without = project.run("plan", "--exclude", "companies/b")
        assert "do not exclude companies/b" in without.out
        assert "add --target" not in without.out
        applied(project, *flags)


def test_a_target_names_a_personal_key_by_its_line(tmp_path: Path) -> None:
    portal_seed = seed()
    portal_seed["properties"]["contacts"] = [unique("ref", "contactinformation")]
    people = [{"email": "ada@x.example", "ref": "r1"}, {"email": "bob@x.example", "ref": "r2"}]
    portal_seed["records"]["contacts"] = [
        {"id": str(701 + number), "properties": held} for number, held in enumerate(people)
    ]
    lines = "  ada@x.example: {ref: r2}\n  bob@x.example: {ref: r3}\n"
    manifests = {"c.yaml": f"object: contacts\nkey: email\nrecords:\n{lines}"}
    with served(tmp_path, manifests, portal_seed) as (project, _):
        done = project.run("plan", "--target", "contacts/ada@x.example", "--values", "mask", "--json")
        (problem,) = done.document["problems"]
        assert problem["advice"] == "add the address of the record at c.yaml:5:3 with --target"
        assert "bob" not in done.out
        applied(project, "--target", "contacts/ada@x.example", "--target", "contacts/bob@x.example")


def test_a_holder_that_keeps_its_value_is_not_to_be_added(tmp_path: Path) -> None:
    """The holder may be named with that value, without it, with ownership `initial`, or not at all."""
    head = "ownership: {ref: initial}\n"
    for manifests in (
        companies("a: {ref: r2}", "b: {ref: r2}"),
        companies("a: {ref: r2}", "b: {name: B}"),
        companies("a: {name: A}", "c: {name: C, ref: r2}"),
        companies("c: {name: C, ref: r2}", "b: {ref: r3}", head=head),
    ):
        with served(tmp_path, manifests, seed(companies=[A, B])) as (project, _):
            key = "c" if "c:" in manifests["companies.yaml"].split("records")[1] else "a"
            done = project.run("plan", "--target", f"companies/{key}")
            assert "record 902 has the same ref" in done.out
            assert "correct one of the two" in done.out
            assert "add --target" not in done.out


def test_explain_looks_at_the_record_that_hands_a_value_on(tmp_path: Path) -> None:
    manifests = companies("a: {ref: r2}", "b: {ref: r3}", "c: {name: C, ref: r1}")
    with served(tmp_path, manifests, seed(companies=[A, B])) as (project, _):
        for key, ref in (("a", "r2"), ("b", "r3"), ("c", "r1")):
            problems, step = explained(project, f"companies/{key}")
            assert problems == []
            assert (step["action"], step["after"]) == ("write", ref)


def test_explain_tells_what_is_wrong_with_all_manifests(tmp_path: Path) -> None:
    """There are three cases in which a record cannot get a unique value.

    Two records exchange their values; two records are to get the same value; or the record that has the value
    is not written because of another problem, so it keeps the value.
    """
    said = {
        "record 902 exchange their ref": companies("a: {ref: r2}", "b: {ref: r1}"),
        "another record is to get the same ref": companies("A: {name: A, ref: x}", "a: {ref: x}"),
        "record 902 has the same ref": companies("a: {ref: r2}", "b: {ref: r3, nonsense: x}"),
    }
    for words, manifests in said.items():
        with served(tmp_path, manifests, seed(companies=[A, B])) as (project, _):
            (problem,), step = explained(project, "companies/a")
            assert words in problem
            assert step["action"] == "problem"


def test_an_unreviewed_change_frees_no_value(tmp_path: Path) -> None:
    with served(tmp_path, companies("a: {ref: r2}"), seed(companies=[A, B])) as (project, _):
        project.write("companies.yaml", companies("a: {ref: r2}", "b: {ref: r3}")["companies.yaml"])
        assert project.run("plan", "--out", "whole.json").code == ExitCode.OK
        project.write("companies.yaml", companies("a: {ref: r2}", "b: {ref: r4}")["companies.yaml"])
        done = project.run("plan", "--reviewed", "whole.json")
        assert "record 902 has the same ref" in done.out
        assert done.code not in {ExitCode.OK, ExitCode.CHANGES}


def test_nothing_is_associated_with_a_new_record_that_is_left_out(tmp_path: Path) -> None:
    manifests = companies(
        "c: {name: C, ref: r1, $associations: {companies: [b]}}",
        "d: {name: D, $associations: {companies: [c]}}",
    )
    with served(tmp_path, manifests, seed(companies=[A, B])) as (project, _):
        refused(
            project,
            "record 901 has the same ref",
            "companies/c cannot be associated: the record has a problem",
        )
        skipping = project.run("apply", "--auto-approve", "--skip-invalid")
        assert "0 rejected + 0 stale + 0 skipped" in skipping.out


def linked(contact: str = "", a: str = "", b: str = "") -> dict[str, str]:
    """Return manifests of a contact and two companies, with the associations that each of them names."""

    def said(text: str) -> str:
        return f"{{$associations: {text}}}" if text else "{}"

    return companies(f"a: {said(a)}", f"b: {said(b)}") | {
        "contacts.yaml": f"object: contacts\nkey: email\nrecords:\n  ada@x.example: {said(contact)}\n"
    }


PRIMARY_A, PRIMARY_B = "{to: a, label: Primary}", "{to: b, label: Primary}"
ADA = "{contacts: [{to: ada@x.example, label: Primary}]}"
CHILD = "{companies: [{to: c, label: '13'}]}"


@pytest.mark.parametrize(
    ("manifests", "words"),
    [
        (
            linked(f"{{companies: [{PRIMARY_A}, {PRIMARY_B}]}}"),
            "a record of contacts can be associated with only one record of companies",
        ),
        (linked("", ADA, ADA), "a record of contacts can be associated with only one record of companies"),
        (
            linked(f"{{companies: [{PRIMARY_A}]}}", "", ADA),
            "a record of contacts can be associated with only one record of companies",
        ),
        (
            companies(f"a: {{$associations: {CHILD}}}", f"b: {{$associations: {CHILD}}}", "c: {name: C}"),
            "a record of companies can be associated with only one record of companies",
        ),
        (
            companies(
                f"a: {{$associations: {CHILD}}}",
                "c: {name: C, $associations: {companies: [{to: b, label: '14'}]}}",
            ),
            "a record of companies can be associated with only one record of companies",
        ),
    ],
    ids=["from the contact", "from the companies", "from either", "two parents", "a parent from either end"],
)
def test_a_label_that_a_record_has_once_is_named_once(
    tmp_path: Path, manifests: Mapping[str, str], words: str
) -> None:
    people = {"contacts": [{"id": "701", "properties": {"email": "ada@x.example"}}]}
    portal_seed = seed(companies=[A, B])
    portal_seed["records"] |= people
    with served(tmp_path, manifests, portal_seed) as (project, _):
        refused(project, words)


def test_one_primary_from_both_ends_and_many_that_are_not_are_fine(tmp_path: Path) -> None:
    manifests = linked(f"{{companies: [{PRIMARY_A}, b]}}", ADA) | {
        "more.yaml": "object: deals\nkey: code\nrecords: {}\n"
    }
    portal_seed = seed(companies=[A, B])
    portal_seed["records"] |= {"contacts": [{"id": "701", "properties": {"email": "ada@x.example"}}]}
    with served(tmp_path, manifests, portal_seed) as (project, _):
        applied(project)
        project.write("contacts.yaml", linked(f"{{companies: [a, {PRIMARY_B}]}}")["contacts.yaml"])
        refused(project, "a record of contacts can be associated with only one record of companies")
        project.write("companies.yaml", companies("a: {}", "b: {}")["companies.yaml"])
        applied(project)  # the contact now has another primary company


@pytest.mark.parametrize(
    "key", ["not an email", "a@b", "ada@x.", "ada@@x.example", "@x.example", "ada@x..example"]
)
def test_an_address_that_cannot_be_one_is_no_key(tmp_path: Path, key: str) -> None:
    contacts = f"object: contacts\nkey: email\nrecords:\n  '{key}': {{firstname: Ada}}\n"
    with served(tmp_path, {"contacts.yaml": contacts}, seed()) as (project, _):
        refused(project, "contacts.yaml:4:3", "email takes an e-mail address")


def test_an_address_that_cannot_be_one_is_no_new_key_and_no_value_either(tmp_path: Path) -> None:
    head = "object: contacts\nkey: email\nrecords:\n"
    portal_seed = seed()
    portal_seed["records"] |= {"contacts": [{"id": "701", "properties": {"email": "ada@x.example"}}]}
    portal_seed["properties"]["contacts"] = [unique("code", "contactinformation")]
    with served(tmp_path, {"c.yaml": f"{head}  ada@x: {{$renamed_from: ada@x.example}}\n"}, portal_seed) as (
        project,
        _,
    ):
        refused(project, "c.yaml:4:3", "email takes an e-mail address")
        project.write("c.yaml", "object: contacts\nkey: code\nrecords:\n  c1: {email: ada at x.example}\n")
        refused(project, "c.yaml:4:15", "email takes an e-mail address")
        project.write(
            "c.yaml", "object: contacts\nkey: code\nrecords:\n  c1: {email: bärbel@bücher.example}\n"
        )
        assert project.run("plan").code == ExitCode.OK


def test_a_number_that_is_none_is_no_key(tmp_path: Path) -> None:
    portal_seed = seed()
    number = unique("number", "companyinformation") | {"type": "number", "fieldType": "number"}
    portal_seed["properties"]["companies"].append(number)
    manifests = {
        "c.yaml": "object: companies\nkey: number\nrecords:\n  twelve: {name: A}\n  '12': {name: B}\n"
    }
    with served(tmp_path, manifests, portal_seed) as (project, _):
        reported = refused(project, "c.yaml:4:3", "number takes a number")
        assert "c.yaml:5" not in reported.split("companies: 1 to create")[0]


def test_a_read_only_type_is_not_written(tmp_path: Path) -> None:
    portal_seed = seed()
    portal_seed["properties"]["feedback_submissions"] = [unique("code", "feedback_submission_information")]
    for record in ("{}", "{hs_survey_name: x}"):
        manifests = {"f.yaml": f"object: feedback_submissions\nkey: code\nrecords:\n  f1: {record}\n"}
        with served(tmp_path, manifests, portal_seed) as (project, _):
            refused(project, "f.yaml:4:3", "can read feedback_submissions, but it cannot create them")


@pytest.mark.parametrize("key", ["code", "email"])
def test_a_target_by_a_value_that_this_plan_gives_a_record_is_found(tmp_path: Path, key: str) -> None:
    """One target is a record that the plan creates, the other a record that gets the value by an update."""
    by = {"code": "email", "email": "code"}[key]
    value = {"code": "N1", "email": "new@x.example"}
    old = {"code": "O1", "email": "old@x.example"}
    contacts = (
        f"object: contacts\nkey: {key}\nrecords:\n  {value[key]}: {{{by}: {value[by]}}}\n"
        f"  {old[key]}: {{{by}: {old[by]}}}\n"
    )
    targets = f"[{{by: {by}, to: {value[by]}}}, {{by: {by}, to: {old[by]}}}]"
    portal_seed = seed(companies=[A, B])
    portal_seed["properties"]["contacts"] = [unique("code", "contactinformation")]
    portal_seed["records"] |= {"contacts": [{"id": "701", "properties": {key: old[key], "firstname": "O"}}]}
    manifests = companies(f"a: {{$associations: {{contacts: {targets}}}}}") | {"contacts.yaml": contacts}
    with served(tmp_path, manifests, portal_seed) as (project, _):
        applied(project)


@pytest.mark.parametrize(
    ("records", "target", "words"),
    [
        ("old@x.example: {code: null}", "{by: code, to: O1}", "a value that this plan changes"),
        ("old@x.example: {code: O2}", "{by: code, to: O1}", "a value that this plan changes"),
        ("new@x.example: {$renamed_from: old@x.example}", "old@x.example", "a value that this plan changes"),
        ("n@x.example: {code: N1, nosuch: x}", "{by: code, to: N1}", "the record has a problem itself"),
        ("old@x.example: {code: N1, nosuch: x}", "{by: code, to: N1}", "the record has a problem itself"),
    ],
    ids=["cleared", "changed", "renamed", "a wrong new record", "a wrong change"],
)
def test_a_target_by_a_value_that_no_record_will_have_is_told(
    tmp_path: Path, records: str, target: str, words: str
) -> None:
    """If such a plan were applied, the next plan would report that the associated record does not exist."""
    portal_seed = seed(companies=[A])
    portal_seed["properties"]["contacts"] = [unique("code", "contactinformation")]
    portal_seed["records"] |= {
        "contacts": [{"id": "701", "properties": {"email": "old@x.example", "code": "O1"}}]
    }
    manifests = companies(f"a: {{$associations: {{contacts: [{target}]}}}}") | {
        "contacts.yaml": f"object: contacts\nkey: email\nrecords:\n  {records}\n"
    }
    with served(tmp_path, manifests, portal_seed) as (project, _):
        refused(project, "companies.yaml:4:", "cannot be associated", words)


def test_a_target_by_a_value_that_goes_to_another_record_is_that_record(tmp_path: Path) -> None:
    portal_seed = seed(companies=[A])
    portal_seed["properties"]["contacts"] = [unique("code", "contactinformation")]
    held = [{"email": "one@x.example", "code": "O1"}, {"email": "two@x.example", "code": "O2"}]
    portal_seed["records"] |= {
        "contacts": [{"id": str(701 + number), "properties": each} for number, each in enumerate(held)]
    }
    records = "  one@x.example: {code: O3}\n  two@x.example: {code: O1}\n"
    manifests = companies("a: {$associations: {contacts: [{by: code, to: O1}]}}") | {
        "contacts.yaml": f"object: contacts\nkey: email\nrecords:\n{records}"
    }
    with served(tmp_path, manifests, portal_seed) as (project, portal):
        applied(project)
        (made,) = [body for _, body in portal.asked("/associate/default")]
        assert [each["to"]["id"] for each in made["inputs"]] == ["702"]


class Staged(NamedTuple):
    """An object type whose records move through pipelines."""

    object: str
    text: str
    pipeline: str
    stage: str

    @property
    def path(self) -> str:
        """The object type as it is named in paths of calls."""
        return "p_car" if self.object == "car" else self.object

    def manifests(
        self, record: Mapping[str, str], ownership: Mapping[str, str], head: str = ""
    ) -> dict[str, str]:
        """Return the manifest of one record; ``pipeline`` and ``stage`` mean the type's own properties."""
        values = {self.text: "D", **self.named(record)}
        said = ", ".join(f"{name}: {value}" for name, value in values.items())
        rules = ", ".join(f"{name}: {value}" for name, value in self.named(ownership).items())
        document = (
            f"object: {self.object}\nkey: code\n{head}ownership: {{{rules}}}\nrecords:\n  d: {{{said}}}\n"
        )
        return {"staged.yaml": document}

    def named(self, values: Mapping[str, str]) -> dict[str, str]:
        return {getattr(self, name): value for name, value in values.items()}

    def seed(self, held: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """Return a seed with the pipelines and with the records ``held``."""
        made = seed()
        made["schemas"] = [CAR]
        made["properties"]["tickets"] = [unique("code", "ticketinformation")]
        made["pipelines"] = {self.path: made["pipelines"]["deals"]}
        for pipeline in made["pipelines"][self.path] if self.object != "deals" else ():
            for each, state in zip(pipeline["stages"], ("OPEN", "CLOSED"), strict=True):
                each["metadata"] = {"ticketState": state} if self.object == "tickets" else {}
        records = [{"code": "d", self.text: "D"} | self.named(values) for values in held]
        made["records"] = {
            self.path: [{"id": str(501 + number), "properties": each} for number, each in enumerate(records)]
        }
        return made


CAR = {
    "name": "car",
    "labels": {"singular": "Car", "plural": "Cars"},
    "primaryDisplayProperty": "code",
    "requiredProperties": ["code"],
    "properties": [
        {"name": "code", "label": "Code", "type": "string", "fieldType": "text", "hasUniqueValue": True},
        {"name": "colour", "label": "Colour", "type": "string", "fieldType": "text"},
    ],
}
DEALS = Staged("deals", "dealname", "pipeline", "dealstage")
TICKETS = Staged("tickets", "subject", "hs_pipeline", "hs_pipeline_stage")
CARS = Staged("car", "colour", "hs_pipeline", "hs_pipeline_stage")
staged = pytest.mark.parametrize("of", [DEALS, TICKETS, CARS], ids=["deals", "tickets", "a custom object"])


@staged
@pytest.mark.parametrize(
    ("record", "ownership", "head", "flags"),
    [
        ({"pipeline": "renewals"}, {}, "", []),
        ({}, {}, "all: {PIPELINE: renewals}\n", []),
        ({"stage": "due"}, {}, "", []),
        ({"pipeline": "renewals", "stage": "due"}, {"pipeline": "initial"}, "", []),
        ({"pipeline": "renewals", "stage": "due"}, {"stage": "observe"}, "", []),
        ({"pipeline": "renewals", "stage": "due"}, {}, "", ["--target", "OBJECT/d#STAGE"]),
        ({"pipeline": "renewals", "stage": "due"}, {}, "", ["--exclude", "OBJECT/d#STAGE"]),
    ],
    ids=["no stage", "all", "no pipeline", "initial", "observe", "target", "exclude"],
)
def test_a_stage_that_is_none_of_the_pipeline_is_a_problem(
    tmp_path: Path,
    of: Staged,
    record: Mapping[str, str],
    ownership: Mapping[str, str],
    head: str,
    flags: Sequence[str],
) -> None:
    names = {"PIPELINE": of.pipeline, "STAGE": of.stage, "OBJECT": of.object}
    for placeholder, name in names.items():
        head, flags = head.replace(placeholder, name), [flag.replace(placeholder, name) for flag in flags]
    held = [{"pipeline": "sales", "stage": "open"}]
    with served(tmp_path, of.manifests(record, ownership, head), of.seed(held)) as (project, portal):
        done = project.run("plan", *flags, "--json")
        assert done.code == ExitCode.ERROR
        (problem,) = done.document["problems"]
        assert problem["address"] in {f"{of.object}/d#{name}" for name in (of.pipeline, of.stage)}
        assert project.run("apply", "--auto-approve", *flags).code == ExitCode.ERROR
        assert writes(portal) == []
        project.write(
            "staged.yaml", of.manifests({"pipeline": "renewals", "stage": "due"}, {})["staged.yaml"]
        )
        applied(project)
        assert len(writes(portal)) == 1


STAGES = {"open": "sales", "sold": "sales", "due": "renewals", "renewed": "renewals"}
pipelines = st.sampled_from(["sales", "renewals"])
stages = st.sampled_from(list(STAGES))
owners = st.dictionaries(
    st.sampled_from(["pipeline", "stage"]), st.sampled_from(["enforce", "initial", "observe"])
)
flags = st.lists(
    st.sampled_from(
        [
            ("--take", "stage"),
            ("--take", "pipeline"),
            ("--target", "stage"),
            ("--exclude", "pipeline"),
        ]
    ),
    unique=True,
    max_size=2,
)


@staged
@given(
    there=st.none() | stages,
    named=st.fixed_dictionaries({}, optional={"pipeline": pipelines, "stage": stages}),
    moved=st.none() | stages,
    later=st.fixed_dictionaries({}, optional={"pipeline": pipelines, "stage": stages}),
    ownership=owners,
    drift=st.sampled_from(["hold", "revert"]),
    more=flags,
)
@settings(max_examples=10, suppress_health_check=list(HealthCheck), deadline=None)
def test_the_portal_agrees_with_every_plan_about_pipelines_and_stages(
    of: Staged,
    there: str | None,
    named: Mapping[str, str],
    moved: str | None,
    later: Mapping[str, str],
    ownership: Mapping[str, str],
    drift: str,
    more: Sequence[tuple[str, str]],
) -> None:
    """Apply, let people edit, apply another manifest: HubSpot never rejects a change."""
    held = [{"pipeline": STAGES[there], "stage": there}] if there else []
    with (
        TemporaryDirectory() as folder,
        served(Path(folder), of.manifests(named, ownership), of.seed(held), more=f"    drift: {drift}\n") as (
            project,
            portal,
        ),
    ):
        first = project.run("apply", "--auto-approve")
        assert first.code in {ExitCode.OK, ExitCode.ERROR}, first.out
        if moved and (there or first.code == ExitCode.OK):
            person(portal, of, {"pipeline": STAGES[moved], "stage": moved})
        project.write("staged.yaml", of.manifests(later, ownership)["staged.yaml"])
        flags = [word for flag, name in more for word in (flag, f"{of.object}/d#{getattr(of, name)}")]
        second = project.run("apply", "--auto-approve", *flags)
        assert second.code in {ExitCode.OK, ExitCode.ERROR}, second.out


def person(portal: Recorder, of: Staged, properties: Mapping[str, str]) -> None:
    """Write properties as a person does between two applies."""
    body = {"inputs": [{"id": "d", "idProperty": "code", "properties": of.named(properties)}]}
    content = json.dumps(body).encode()
    path = f"/crm/v3/objects/{of.path}/batch/update"
    assert portal.answer(Request("POST", path, {}, {}, content, portal_id=PORTAL)).status == 200


REFS = st.sampled_from(["r1", "r2", "r3", "null"])
SAID = st.fixed_dictionaries({}, optional={"a": REFS, "b": REFS, "c": REFS})
LABELLED = st.sets(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["there", "back"]), st.sampled_from(["Primary", ""])),
    max_size=3,
)


def handed_on(refs: Mapping[str, str], associated: Collection[tuple[str, str, str]]) -> dict[str, str]:
    """Return manifests of companies with these values, and of their associations with the contact Ada."""

    def listed(to: str, label: str) -> str:
        return f"{{to: {to}, label: {label}}}" if label else to

    back = {key: listed("ada@x.example", label) for key, side, label in sorted(associated) if side == "back"}
    lines = []
    for key in sorted(refs.keys() | back.keys()):
        said = [f"name: {key.upper()}", *([f"ref: {refs[key]}"] if key in refs else [])]
        said += [f"$associations: {{contacts: [{back[key]}]}}"] if key in back else []
        lines.append(f"{key}: {{{', '.join(said)}}}")
    of_ada = {key: listed(key, label) for key, side, label in sorted(associated) if side == "there"}
    ada = f"  ada@x.example: {{$associations: {{companies: [{', '.join(of_ada.values())}]}}}}\n"
    text = (
        companies(*lines)["companies.yaml"] if lines else "object: companies\nkey: external_id\nrecords: {}\n"
    )
    return {"companies.yaml": text, "contacts.yaml": f"object: contacts\nkey: email\nrecords:\n{ada}"}


@given(lives=st.lists(st.tuples(SAID, LABELLED), min_size=3, max_size=3))
@settings(max_examples=8, suppress_health_check=list(HealthCheck), deadline=None)
def test_the_portal_agrees_with_every_plan_about_unique_values_and_primary_companies(
    lives: Sequence[tuple[Mapping[str, str], Collection[tuple[str, str, str]]]],
) -> None:
    """For each manifest: either the plan refuses it, or all of it is applied and the next plan is empty."""
    portal_seed = seed(companies=[A, B])
    portal_seed["records"] |= {"contacts": [{"id": "701", "properties": {"email": "ada@x.example"}}]}
    with TemporaryDirectory() as folder, served(Path(folder), handed_on({}, ()), portal_seed) as (project, _):
        for refs, associated in lives:
            for name, text in handed_on(refs, associated).items():
                project.write(name, text)
            done = project.run("apply", "--auto-approve", "--allow", "update=100")
            assert done.code in {ExitCode.OK, ExitCode.ERROR}, done.out + done.err
            if done.code == ExitCode.OK:
                assert project.run("plan", "--detailed-exitcode").code == ExitCode.OK
