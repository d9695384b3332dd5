"""Definitions that HubSpot refuses, and records that use names which people have changed since."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.projects import Project

SETTINGS = (
    "version: 1\nproject: p\ndefault: local\nenvironments:\n  local: {portal: emulator, seed: portal.json}\n"
)
STAGES = [("open", "Open", "0.2"), ("won", "Won", "1.0")]
PIPELINE = {
    "id": "renewals",
    "label": "Renewals",
    "displayOrder": 1,
    "stages": [
        {"id": name, "label": label, "displayOrder": place, "metadata": {"probability": share}}
        for place, (name, label, share) in enumerate(STAGES)
    ],
}
TICKETS = {
    "id": "help",
    "label": "Help",
    "displayOrder": 1,
    "stages": [
        {"id": "new", "label": "New", "displayOrder": 0, "metadata": {"ticketState": "OPEN"}},
        {"id": "done", "label": "Done", "displayOrder": 1, "metadata": {"ticketState": "CLOSED"}},
    ],
}
KEY = {"label": "Number", "type": "string", "fieldType": "text", "hasUniqueValue": True}
SEED = {
    "search_lag_ms": 0,
    "pipelines": {"deals": [PIPELINE], "tickets": [TICKETS]},
    "properties": {
        "deals": [KEY | {"name": "number", "groupName": "dealinformation"}],
        "companies": [KEY | {"name": "number", "groupName": "companyinformation"}],
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("reconciler.yaml", SETTINGS)
    made.write("portal.json", json.dumps(SEED))
    return made


def problems(project: Project, *flags: str) -> Sequence[str]:
    """Plan, and return the errors, each with its line."""
    found = json.loads(project.run("plan", "--json", *flags).out)["problems"]
    return [
        f"{each['source']['line']}: {each['message']}" for each in found if each.get("severity") != "warning"
    ]


def in_portal(project: Project, method: str, path: str, body: Any) -> None:
    with project.portal() as http:
        answer = http.request(method, path, json=body)
    assert answer.is_success, answer.text


NO_CLOSED = """\
object: tickets
pipelines:
  Help: {stages: {New: {}, Done: {$absent: true}}}
  Second: {stages: {A: {}, B: {ticketState: OPEN}}}
"""
NO_SUCH_TYPE = """\
object: boats
groups: {g: {label: G}}
properties:
  a: {label: A, type: string, fieldType: text, groupName: g}
pipelines: {P: {stages: {A: {}}}}
"""
NO_OPTIONS = """\
object: companies
properties:
  industry: {options: {}}
  a: {label: A, type: enumeration, fieldType: select, groupName: companyinformation, options: {}}
"""
LABELS = "{labels: {singular: One, plural: Many}, primaryDisplayProperty: hs_object_id}"


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (
            "object: contacts\npipelines:\n  X: {stages: {A: {}}}\n",
            ["3: contacts have their lifecycle stages instead of pipelines, and these are read-only"],
        ),
        (
            "object: companies\npipelines:\n  Lifecycle Stage Pipeline: {stages: {New one: {}}}\n",
            ['3: HubSpot does not let anybody change the stages of "Lifecycle Stage Pipeline"'],
        ),
        (
            "object: contacts\nproperties:\n  lifecyclestage: {options_include: {mine: Mine}}\n",
            ["3: HubSpot does not let anybody change the options of its own definitions"],
        ),
        (
            "object: products\npipelines:\n  X: {stages: {A: {}}}\n",
            ["3: HubSpot does not let anybody create pipelines of products"],
        ),
        (
            f"object: 2-123\nschema: {LABELS}\n",
            ["2: 2-123 cannot be the name of a custom object"],
        ),
        (
            f"object: {'a' * 51}\nschema: {LABELS}\n",
            [f"2: {'a' * 51} cannot be the name of a custom object"],
        ),
        (
            f"object: p1000000_cars\nschema: {LABELS}\n",
            ["2: p1000000_cars cannot be created: HubSpot itself adds a prefix like p1000000_"],
        ),
        (
            NO_CLOSED,
            [
                "3: a pipeline of tickets needs at least one stage that is CLOSED",
                "4: a pipeline of tickets needs at least one stage that is CLOSED",
            ],
        ),
        (
            NO_OPTIONS,
            [
                "3: a property with options needs at least one option",
                "4: the portal has no such property, and a new one needs `options`",
            ],
        ),
        (
            "object: tickets\npipelines:\n  Help: {stages: {Done: {ticketState: OPEN}, Later: {}}}\n",
            ["3: a pipeline of tickets needs at least one stage that is CLOSED"],
        ),
    ],
)
def test_what_hubspot_cannot_make_is_a_problem_at_its_line(
    project: Project, manifest: str, expected: list[str]
) -> None:
    project.write("a.yaml", manifest)

    assert problems(project) == expected
    done = project.run("plan", "--skip-invalid")
    assert done.code == 0, done.out + done.err
    assert "in step" not in done.out


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (NO_SUCH_TYPE, ['2: the portal has no object type "boats"']),
        (
            "object: contacts\nassociation_labels:\n  boats: {a: {label: A}}\n  companies: {b: {label: B}}\n",
            ['3: the portal has no object type "boats"'],
        ),
        (
            f"object: cars\nschema: {LABELS[:-1]}, associatedObjects: [boats, companies]}}\n",
            ['2: the portal has no object type "boats"'],
        ),
    ],
)
def test_a_type_that_nobody_knows_is_told_once(project: Project, manifest: str, expected: list[str]) -> None:
    project.write("a.yaml", manifest)

    assert problems(project) == expected


def test_what_is_hubspots_own_is_never_removed_and_each_sort_has_its_advice(project: Project) -> None:
    absent = "{$absent: true}"
    project.write(
        "a.yaml",
        f"object: deals\npipelines: {{Sales Pipeline: {absent}}}\nproperties: {{amount: {absent}}}\n",
    )

    done = project.run("plan")

    assert done.out.count("HubSpot's own: it cannot be removed") == 2
    assert done.out.count("`hidden: true` hides it from people") == 1


DEALS = """\
object: deals
pipelines:
  Renewals:
    stages:
      Open: {probability: 0.2}
      Signed: {label: Won, probability: 1}
key: number
records:
  d1: {dealname: One, pipeline: Renewals, dealstage: Open}
  d2: {dealname: Two, pipeline: Renewals, dealstage: Signed}
  d3: {dealname: Three, pipeline: renewals, dealstage: won}
"""
CONTACTS = """\
object: contacts
association_labels:
  companies:
    payer: {label: Pays, inverseLabel: Is paid by}
key: email
records:
  ada@acme.example: {firstname: Ada, $associations: {companies: [{to: C-1, label: pays}]}}
---
object: companies
key: number
records:
  C-1: {name: One}
  C-2: {name: Two, $associations: {contacts: [{to: ada@acme.example, label: Is paid by}]}}
"""


def renamed_by_people(project: Project) -> None:
    """Apply deals and contacts; then rename a pipeline, a stage and a label in HubSpot, as people do."""
    project.write("deals.yaml", DEALS)
    project.write("contacts.yaml", CONTACTS)
    done = project.run("apply", "--auto-approve")
    assert done.code == 0, done.out + done.err
    in_portal(project, "PATCH", "/crm/v3/pipelines/deals/renewals", {"label": "Erneuerungen"})
    in_portal(project, "PATCH", "/crm/v3/pipelines/deals/renewals/stages/won", {"label": "Gewonnen"})
    label = {"associationTypeId": 1, "label": "Zahlt", "inverseLabel": "Wird bezahlt"}
    in_portal(project, "PUT", "/crm/v4/associations/contacts/companies/labels", label)


def test_records_name_what_manifests_declare_while_people_call_it_otherwise(project: Project) -> None:
    project.write("reconciler.yaml", SETTINGS.replace("portal.json}", "portal.json, drift: hold}"))
    renamed_by_people(project)

    held = project.run("plan")

    assert held.code == 0, held.out
    assert held.out.startswith("No changes. 4 held")
    alone = project.run("plan", "--target", "deals/*")
    assert "Add:\n    --target deals:pipelines/Renewals" in alone.out


def test_records_keep_their_names_for_what_was_accepted(project: Project) -> None:
    renamed_by_people(project)
    accepted = project.run(
        "drift",
        *("--accept", "deals:pipelines/Renewals*"),
        *("--accept", "contacts:association_labels/companies/payer#inverseLabel"),
    )
    assert accepted.code == 0, accepted.out + accepted.err

    assert problems(project, "--target", "deals/*", "--target", "deals:*") == []
    assert problems(project, "--target", "companies/*") == [
        '13: the portal has no label "Is paid by" for associations of companies with contacts'
    ]


@pytest.mark.parametrize(
    "labels",
    [
        "a: {label: X}, b: {label: ' x'}",
        "a: {label: Y, inverseLabel: Z}, b: {label: y}, c: {label: X}, d: {label: x}",
    ],
)
def test_a_text_that_means_two_labels_of_the_plan_is_a_problem(project: Project, labels: str) -> None:
    project.write(
        "a.yaml",
        f"object: contacts\nassociation_labels: {{companies: {{{labels}}}}}\nkey: email\n"
        "records:\n  a@b.example: {$associations: {companies: [{to: C-1, label: x}]}}\n---\n"
        "object: companies\nkey: number\nrecords:\n  C-1: {name: One}\n",
    )

    (problem,) = problems(project)

    assert problem == '5: "x" names more than one label'
