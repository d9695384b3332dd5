"""The plan respects the portal's limits on associations and labels, for both of the associated records."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.exits import ExitCode
from reconciler.emulator.calls import Request
from tests.support.projects import PORTAL, Project, Recorder
from tests.support.served import served

KEY = {"label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True, "name": "key"}
GROUPS = {
    "companies": "companyinformation",
    "contacts": "contactinformation",
    "deals": "dealinformation",
    "tickets": "ticketinformation",
}
DEAL = {"pipeline": "default", "dealstage": "closedwon"}
TICKET = {"hs_pipeline": "0", "hs_pipeline_stage": "1"}
LIMITS = "/crm/associations/v4/definitions/configurations"
SEED: dict[str, Any] = {
    "version": 1,
    "properties": {name: [KEY | {"groupName": group}] for name, group in GROUPS.items()},
    "association_labels": [
        {
            "from": "contacts",
            "to": "companies",
            "name": "leads",
            "label": "Leader of",
            "inverseLabel": "Led by",
        },
        {"from": "contacts", "to": "companies", "name": "billing", "label": "Billing"},
    ],
    "records": {
        "companies": [
            {"id": str(901 + n), "properties": {"key": f"c{n}", "name": f"C{n}"}} for n in range(3)
        ],
        "contacts": [
            {"id": str(701 + n), "properties": {"key": f"p{n}", "email": f"p{n}@x.example"}} for n in range(3)
        ],
        "deals": [{"id": "501", "properties": {"key": "d0", "dealname": "D", **DEAL}}],
        "tickets": [{"id": "601", "properties": {"key": "t0", "subject": "T", **TICKET}}],
    },
}
NONE: list[str] = []
TYPES = {
    "Leader of": ("USER_DEFINED", 1),
    "Led by": ("USER_DEFINED", 2),
    "Billing": ("USER_DEFINED", 3),
    "contact to deal": ("HUBSPOT_DEFINED", 4),
    "contact to company": ("HUBSPOT_DEFINED", 279),
    "company to contact": ("HUBSPOT_DEFINED", 280),
    "company to company": ("HUBSPOT_DEFINED", 450),
    "company to its primary contacts": ("HUBSPOT_DEFINED", 2),
    "contact to its primary company": ("HUBSPOT_DEFINED", 1),
    "parent to child": ("HUBSPOT_DEFINED", 13),
}


def manifests(**records: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return manifests by file; arguments give the associations of each record as ``TYPE KEY LABEL``."""
    files = {}
    for name, named in records.items():
        lines = [f"object: {name}", "key: key", "prune: true", "records:"]
        for key, associations in named.items():
            lists: dict[str, list[str]] = {}
            for words in associations:
                to_type, to, *label = words.split(" ", 2)
                lists.setdefault(to_type, []).append(
                    json.dumps({"to": to, **({"label": label[0]} if label else {})})
                )
            said = ", ".join(f"{to_type}: [{', '.join(items)}]" for to_type, items in lists.items())
            lines.append(f"  {key}: {{$associations: {{{said}}}}}" if said else f"  {key}: {{}}")
        files[f"{name}.yaml"] = "\n".join([*lines, ""]) if named else f"{chr(10).join(lines)} {{}}\n"
    return files


NOBODY: Mapping[str, str] = manifests(**{name: {} for name in GROUPS})


def limit(portal: Recorder, direction: str, text: str, most: int) -> None:
    """Set a limit on associations, as an administrator."""
    category, number = TYPES[text]
    item = {"category": category, "typeId": number, "maxToObjectIds": most}
    content = json.dumps({"inputs": [item]}).encode()
    path = f"{LIMITS}/{direction}/batch/create"
    assert portal.answer(Request("POST", path, {}, {}, content, portal_id=PORTAL)).status == 200


@contextmanager
def project_of(folder: Path, **records: Mapping[str, Sequence[str]]) -> Iterator[tuple[Project, Recorder]]:
    with served(folder, {**NOBODY, **manifests(**records)}, SEED) as (project, portal):
        yield project, portal


def write(project: Project, **records: Mapping[str, Sequence[str]]) -> None:
    for name, text in manifests(**records).items():
        project.write(name, text)


def refused(project: Project, portal: Recorder, words: str) -> None:
    """Check that plan and apply refuse the association at its line, and that nothing is associated."""
    portal.requests.clear()
    plan = project.run("plan")
    assert plan.code == ExitCode.ERROR, plan.out
    assert words in " ".join((plan.out + plan.err).split())
    assert project.run("apply", "--auto-approve").code == ExitCode.ERROR
    for path in ("companies/batch/create", "contacts/batch/create", "/batch/associate/default"):
        assert not portal.asked(path)


def applied(project: Project) -> None:
    done = project.run("apply", "--auto-approve")
    assert done.code == ExitCode.OK, done.out + done.err
    assert project.run("plan", "--detailed-exitcode").code == ExitCode.OK


ONE_LEADER = 'one record of companies can have at most 1 association with contacts under the label "{}",'


@pytest.mark.parametrize(
    ("named", "label"),
    [
        ({"companies": {"c0": ["contacts p0 Led by", "contacts p1 Led by"]}}, "Led by"),
        ({"contacts": {"p0": ["companies c0 Leader of"], "p1": ["companies c0 Leader of"]}}, "Leader of"),
        (
            {"companies": {"c0": ["contacts p0 Led by"]}, "contacts": {"p1": ["companies c0 Leader of"]}},
            "Leader of",
        ),
    ],
    ids=["from the one", "from the many", "from either"],
)
def test_two_where_the_portal_allows_one_are_a_problem_from_either_end(
    tmp_path: Path, named: Mapping[str, Mapping[str, Sequence[str]]], label: str
) -> None:
    with project_of(tmp_path, **named) as (project, portal):
        limit(portal, "companies/contacts", "Led by", 1)
        refused(project, portal, ONE_LEADER.format(label))


def test_existing_associations_count_and_may_stay(tmp_path: Path) -> None:
    with project_of(tmp_path, contacts={"p0": ["companies c0 Leader of"]}) as (project, portal):
        applied(project)
        limit(portal, "companies/contacts", "Led by", 1)
        limit(portal, "contacts/companies", "Leader of", 2)
        assert project.run("plan", "--detailed-exitcode").code == ExitCode.OK
        write(project, contacts={"p0": ["companies c0 Leader of"], "p1": ["companies c0 Leader of"]})
        refused(project, portal, ONE_LEADER.format("Leader of"))
        write(project, contacts={"p0": ["companies c0 Leader of", "companies c1 Leader of"], "p1": []})
        applied(project)
        write(project, contacts={"p0": [f"companies c{n} Leader of" for n in range(3)]})
        refused(
            project,
            portal,
            'of contacts can have at most 2 associations with companies under the label "Leader of",',
        )


def test_one_that_goes_counts_until_it_is_gone(tmp_path: Path) -> None:
    with project_of(tmp_path, companies={"c0": ["contacts p0 Led by"]}) as (project, portal):
        applied(project)
        limit(portal, "companies/contacts", "Led by", 1)
        write(project, companies={"c0": ["contacts p1 Led by"]})
        refused(project, portal, "first apply without the manifest line")
        write(project, companies={"c0": []})
        applied(project)
        write(project, companies={"c0": ["contacts p1 Led by"]})
        applied(project)


def test_each_label_counts_by_itself_and_so_does_each_record(tmp_path: Path) -> None:
    labels = ["contacts p0 Led by", "contacts p0 Billing", "contacts p1 Billing", "contacts p2"]
    with project_of(tmp_path, companies={"c0": labels, "c1": ["contacts p0 Led by"]}) as (project, portal):
        limit(portal, "companies/contacts", "Led by", 1)
        limit(portal, "contacts/companies", "Billing", 1)
        applied(project)
        write(project, companies={"c0": labels, "c1": ["contacts p0 Led by", "contacts p1 Billing"]})
        refused(
            project,
            portal,
            'one record of contacts can have at most 1 association with companies under the label "Billing",',
        )


def test_new_records_have_no_more_room_than_others(tmp_path: Path) -> None:
    new = {"new1": ["companies c0 Leader of"], "new2": ["companies c0 Leader of"]}
    with project_of(tmp_path, contacts=new) as (project, portal):
        for name in new:
            lines = (project.folder / "contacts.yaml").read_text()
            text = lines.replace(f"{name}: {{", f"{name}: {{email: {name}@x.example, ")
            project.write("contacts.yaml", text)
        limit(portal, "companies/contacts", "Led by", 1)
        refused(project, portal, ONE_LEADER.format("Leader of"))
        limit(portal, "companies/contacts", "Led by", 2)
        applied(project)


def _limits_read(project: Project, portal: Recorder) -> list[str]:
    """Return the limits that a plan reads; check that its calls were announced."""
    portal.requests.clear()
    plan = project.run("plan", "--json").document
    assert plan["budget"]["read_calls"] == len(portal.requests)
    assert portal.asked("/batch/read")
    paths = (request.path.partition("/configurations/") for request in portal.requests)
    return sorted(limits for _, is_about_limits, limits in paths if is_about_limits)


@pytest.mark.parametrize("version", ["v3", "2025-09", "2026-09"])
def test_limits_are_read_where_associations_are_named_and_limited(tmp_path: Path, version: str) -> None:
    named = {"p0": ["companies c0 Leader of", "companies c1 Primary"], "p1": ["companies c0 Billing"]}
    with served(tmp_path, {**NOBODY, **manifests(contacts=named)}, SEED, api_version=version) as (
        project,
        portal,
    ):
        assert _limits_read(project, portal) == ["all"]
        limit(portal, "contacts/deals", "contact to deal", 2)
        assert _limits_read(project, portal) == ["all", "companies/contacts", "contacts/companies"]
        write(project, contacts={"p0": ["companies c1 Primary", "companies c2"], "p1": []})
        assert _limits_read(project, portal) == ["all", "companies/contacts", "contacts/companies"]
        write(project, contacts={"p0": [], "p1": []})
        assert _limits_read(project, portal) == []


@pytest.mark.parametrize(("name", "key"), [("deals", "d0"), ("tickets", "t0"), ("contacts", "p0")])
def test_a_record_has_one_primary_company_from_either_end(tmp_path: Path, name: str, key: str) -> None:
    there = {name: {key: ["companies c0 Primary", "companies c1 Primary"]}}
    with project_of(tmp_path, **there) as (project, portal):
        words = f"a record of {name} can be associated with only one record of companies"
        refused(project, portal, words)
        back = f"{name} {key} Primary"
        write(project, **{name: {key: NONE}, "companies": {"c0": [back], "c1": [back]}})
        refused(project, portal, words)
        write(project, **{name: {key: ["companies c0 Primary"]}, "companies": {"c1": [back]}})
        refused(project, portal, words)
        write(project, **{name: {key: ["companies c0 Primary", "companies c1"]}, "companies": {"c0": [back]}})
        applied(project)
        write(project, **{name: {key: ["companies c1 Primary"]}, "companies": {"c0": NONE}})
        applied(project)


ONE_COMPANY = (
    "of contacts can have at most 1 association with companies, and {} record has reached this limit"
)


@pytest.mark.parametrize(
    ("named", "end"),
    [
        ({"contacts": {"p0": ["companies c0", "companies c1"]}}, "this"),
        ({"companies": {"c0": ["contacts p0"], "c1": ["contacts p0"]}}, "the other"),
        ({"companies": {"c0": ["contacts p0"]}, "contacts": {"p0": ["companies c1"]}}, "this"),
        ({"contacts": {"p0": ["companies c0 Billing", "companies c1"]}}, "this"),
        ({"contacts": {"p0": ["companies c0", "companies c1 Primary"]}}, "this"),
    ],
    ids=["from the one", "from the many", "from either", "labelled", "primary"],
)
def test_two_associations_where_the_portal_allows_one_are_a_problem_from_either_end(
    tmp_path: Path, named: Mapping[str, Mapping[str, Sequence[str]]], end: str
) -> None:
    with project_of(tmp_path, **named) as (project, portal):
        limit(portal, "contacts/companies", "contact to company", 1)
        refused(project, portal, ONE_COMPANY.format(end))
        limit(portal, "contacts/companies", "contact to company", 2)
        applied(project)


def test_an_association_that_is_there_counts_and_gets_its_labels(tmp_path: Path) -> None:
    with project_of(tmp_path, contacts={"p0": ["companies c0", "companies c1"]}) as (project, portal):
        applied(project)
        limit(portal, "contacts/companies", "contact to company", 1)
        write(project, contacts={"p0": ["companies c0 Billing", "companies c1 Primary"]})
        applied(project)
        write(project, contacts={"p0": ["companies c0", "companies c1", "companies c2"]})
        refused(project, portal, ONE_COMPANY.format("this"))


@pytest.mark.parametrize("end", ["contacts", "companies"])
def test_a_primary_that_moves_needs_no_room_at_the_end_that_has_one_already(tmp_path: Path, end: str) -> None:
    named = {"p0": ["companies c0 Primary", "companies c1"]}
    with project_of(tmp_path, contacts=named) as (project, portal):
        applied(project)
        limit(portal, "contacts/companies", "contact to its primary company", 1)
        if end == "contacts":
            write(project, contacts={"p0": ["companies c0", "companies c1 Primary"]})
        else:
            write(
                project,
                contacts={"p0": ["companies c0", "companies c1"]},
                companies={"c1": ["contacts p0 Primary"]},
            )
        applied(project)


def test_records_of_one_type_have_room_at_both_ends(tmp_path: Path) -> None:
    with project_of(tmp_path, companies={"c0": ["companies c1"], "c2": ["companies c1"]}) as (
        project,
        portal,
    ):
        limit(portal, "companies/companies", "company to company", 1)
        refused(project, portal, "one record of companies can have at most 1 association with companies,")
        write(project, companies={"c0": ["companies c1"]})
        applied(project)


def test_labels_of_hubspot_are_limited_too(tmp_path: Path) -> None:
    named = {"c0": ["companies c1 Parent Company", "companies c2 Parent Company"]}
    with project_of(tmp_path, companies=named) as (project, portal):
        limit(portal, "companies/companies", "parent to child", 1)
        refused(project, portal, " with companies under the label")
        limit(portal, "companies/companies", "parent to child", 2)
        applied(project)


def test_a_primary_company_that_moves_needs_no_room_but_where_it_moves_to(tmp_path: Path) -> None:
    with project_of(tmp_path, contacts={"p0": ["companies c0 Primary"]}) as (project, portal):
        applied(project)
        limit(portal, "contacts/companies", "contact to its primary company", 1)
        limit(portal, "companies/contacts", "company to its primary contacts", 1)
        write(project, contacts={"p0": ["companies c1 Primary"]})
        applied(project)
        write(project, contacts={"p0": ["companies c1 Primary"], "p1": ["companies c1 Primary"]})
        refused(
            project,
            portal,
            'one record of companies can have at most 1 association with contacts under the label "Primary",',
        )


@pytest.mark.parametrize("text", ["contact to company", "company to contact"])
def test_a_rollback_leaves_removed_what_the_portal_has_no_room_for_by_now(tmp_path: Path, text: str) -> None:
    with project_of(tmp_path, contacts={"p0": ["companies c0"]}) as (project, portal):
        applied(project)
        write(project, contacts={"p0": []})
        applied(project)
        is_of_contact = text == "contact to company"
        other = {"p0": ["companies c1"]} if is_of_contact else {"p1": ["companies c0"]}
        write(project, contacts={"p0": [], **other})
        applied(project)
        portal.requests.clear()
        run = project.run("runs", "list", "--json").document[1]["id"]
        limit(portal, "contacts/companies" if is_of_contact else "companies/contacts", text, 1)
        held = project.run("rollback", run, "--out", "undo.json")
        assert "the portal allows 1 at most" in " ".join(held.out.split()), held.out + held.err
        assert project.run("apply", "undo.json", "--auto-approve").code == ExitCode.OK
        assert not portal.asked("/batch/associate/default")
        limit(portal, "contacts/companies" if is_of_contact else "companies/contacts", text, 2)
        assert project.run("rollback", run, "--out", "undo.json").code == ExitCode.OK
        done = project.run("apply", "undo.json", "--auto-approve")
        assert done.code == ExitCode.OK, done.out + done.err
        assert portal.asked("/batch/associate/default")
