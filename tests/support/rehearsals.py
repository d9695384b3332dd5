"""A project with every sort of change, and a portal where twenty things go wrong after the plan was made."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from reconciler.emulator.app import Emulator
from reconciler.emulator.inprocess import EmulatorTransport
from tests.support.projects import PORTAL

_UNIQUE = {"type": "string", "fieldType": "text", "hasUniqueValue": True}
_CHOICE = {"type": "enumeration", "fieldType": "select"}


def _unique(name: str, group: str) -> dict[str, Any]:
    return {"name": name, "label": name, "groupName": group, **_UNIQUE}


def _choice(name: str, group: str, *values: str, field_type: str = "select") -> dict[str, Any]:
    options = [{"label": value.capitalize(), "value": value} for value in values]
    return {"name": name, "label": name, "groupName": group, **_CHOICE, "options": options} | {
        "fieldType": field_type
    }


COMPANY, CONTACT = "companyinformation", "contactinformation"
SEED: Mapping[str, Any] = {
    "version": 1,
    "account": {"accountType": "STANDARD"},
    "groups": {"companies": [{"name": "erp", "label": "ERP"}, {"name": "old", "label": "Old"}]},
    "properties": {
        "companies": [
            _unique("key", COMPANY),
            _unique("vat", COMPANY),
            _choice("tier", COMPANY, "gold", "silver"),
            _choice("lines", COMPANY, "print", "cloud", field_type="checkbox"),
            {"name": "code", "label": "Code", "type": "string", "fieldType": "text", "groupName": COMPANY},
            {"name": "note", "label": "Note", "type": "string", "fieldType": "text", "groupName": COMPANY},
        ],
        "contacts": [_unique("key", CONTACT)],
        "deals": [_unique("key", "dealinformation")],
    },
    "pipelines": {
        "deals": [
            {
                "id": "renewals",
                "label": "Renewals",
                "displayOrder": 1,
                "stages": [
                    {"id": f"ren-{name}", "label": name.capitalize(), "metadata": {"probability": "0.5"}}
                    for name in ("open", "talks", "signed")
                ],
            }
        ]
    },
    "association_labels": [
        {"from": "companies", "to": "contacts", "name": "billing", "label": "Billing"},
    ],
    "records": {
        "companies": [
            *(
                {"id": str(900 + n), "properties": {"key": f"c{n}", "name": f"C{n}", "vat": f"V{n}"}}
                for n in range(12)
            ),
            {"id": "950", "properties": {"name": "Unnamed"}},
        ],
        "contacts": [
            {"id": str(700 + n), "properties": {"key": f"p{n}", "email": f"p{n}@x.example"}} for n in range(8)
        ],
        "deals": [
            {
                "id": str(500 + n),
                "properties": {
                    "key": f"d{n}",
                    "dealname": f"D{n}",
                    "pipeline": "renewals",
                    "dealstage": "ren-open",
                },
            }
            for n in range(3)
        ],
    },
}
MANIFESTS = {
    "companies.yaml": """\
object: companies
properties:
  score:
    label: Score
    type: number
    fieldType: number
    groupName: companyinformation
  region:
    label: Region
    type: string
    fieldType: text
    groupName: old
key: key
records:
  c0:
    vat: N0
  c1:
    vat: N1
  c2:
    tier: gold
  c3:
    lines: [print, cloud]
  c4:
    code: AB-4
  c5:
    note: five
    $associations:
      contacts: [p0]
  c6:
    note: six
    $associations:
      contacts: [{to: p1, label: Billing}]
  c7:
    note: seven
  c8:
    note: eight
  c9:
    vat: null
    note: nine
  c10:
    score: 10
  n0:
    name: New 0
    vat: N5
  n1:
    name: New 1
    vat: N6
  n2:
    name: New 2
  n3:
    name: New 3
    tier: silver
""",
    "contacts.yaml": """\
object: contacts
properties:
  shoe: {label: Shoe, type: number, fieldType: number, groupName: contactinformation}
association_labels:
  deals:
    signer: {label: Signer}
key: key
records:
  p2:
    email: new2@x.example
  p3:
    email: new3@x.example
  p4:
    firstname: Four
    $associations:
      companies: [c7]
""",
    "deals.yaml": """\
object: deals
pipelines:
  Outlet:
    stages:
      Start: {probability: 0.1}
key: key
records:
  d0: {pipeline: Renewals, dealstage: Talks}
  d1: {pipeline: Renewals, dealstage: Signed}
""",
}


class People:
    """Other users of the portal, who write with their own client."""

    def __init__(self, portal: Emulator) -> None:
        self._portal = portal
        self._http = httpx.Client(
            transport=EmulatorTransport(portal, PORTAL), base_url="https://api.hubapi.com"
        )

    def call(self, method: str, path: str, body: object = None) -> Any:
        answer = self._http.request(method, path, json=body)
        assert answer.is_success, (path, answer.text)
        return answer.json() if answer.content else None

    def create(self, object_type: str, **properties: str) -> str:
        return str(self.call("POST", f"/crm/v3/objects/{object_type}", {"properties": properties})["id"])

    def update(self, object_type: str, record_id: str, **properties: str) -> None:
        self.call("PATCH", f"/crm/v3/objects/{object_type}/{record_id}", {"properties": properties})

    def archive(self, object_type: str, record_id: str) -> None:
        self.call("DELETE", f"/crm/v3/objects/{object_type}/{record_id}")

    def options(self, name: str, *values: str) -> None:
        options = [{"label": value, "value": value, "displayOrder": n} for n, value in enumerate(values)]
        self.call("PATCH", f"/crm/v3/properties/companies/{name}", {"options": options})

    def associate(self, company: str, contact: str, *types: tuple[str, int]) -> None:
        path = f"/crm/v4/objects/companies/{company}/associations/contacts/{contact}"
        specs = [{"associationCategory": category, "associationTypeId": number} for category, number in types]
        self.call("PUT", path, specs)

    def limit(self, start: str, end: str, category: str, number: int, most: int) -> None:
        path = f"/crm/associations/v4/definitions/configurations/{start}/{end}/batch/create"
        self.call(
            "POST", path, {"inputs": [{"category": category, "typeId": number, "maxToObjectIds": most}]}
        )

    def settings(self, **changes: object) -> None:
        self.call("PATCH", f"/_emulator/portals/{PORTAL}/settings", changes)

    def label(self, name: str) -> int:
        found = self.call("GET", "/crm/v4/associations/companies/contacts/labels")["results"]
        return int(next(each["typeId"] for each in found if each["label"] == name))


@dataclass(frozen=True)
class Fault:
    """A problem that only HubSpot reports, and its message."""

    what: str
    plant: Callable[[People], object]
    address: str
    line: str  # the manifest line, without blanks at its beginning
    told: str  # a part of the message about the problem


def _hold_archived(people: People, **properties: str) -> None:
    people.archive("companies", people.create("companies", name="Gone", **properties))


def _limit_billing(people: People) -> None:
    people.associate("906", "706", ("USER_DEFINED", people.label("Billing")))
    people.limit("companies", "contacts", "USER_DEFINED", people.label("Billing"), 1)


def _limit_other_end(people: People) -> None:
    people.associate("901", "704", ("HUBSPOT_DEFINED", 280))
    people.limit("contacts", "companies", "HUBSPOT_DEFINED", 279, 1)


def _limit_plain(people: People) -> None:
    people.associate("905", "705", ("HUBSPOT_DEFINED", 280))
    people.limit("companies", "contacts", "HUBSPOT_DEFINED", 280, 1)


def _rule(people: People) -> None:
    path = "/crm/v3/property-validations/companies/code/rule-type/REGEX"
    people.call("PUT", path, {"ruleArguments": ["[0-9]+"]})


def _remove_stage(people: People) -> None:
    people.call("DELETE", "/crm/v3/pipelines/deals/renewals/stages/ren-talks")


FAULTS = (
    Fault(
        "an unnamed record has the value",
        lambda p: p.update("companies", "950", vat="N0"),
        "companies/c0",
        "vat: N0",
        "record 950, which this plan does not name, has the same vat",
    ),
    Fault(
        "an archived record had the value",
        lambda p: _hold_archived(p, vat="N1"),
        "companies/c1",
        "vat: N1",
        "has the same vat",
    ),
    Fault(
        "an option is gone",
        lambda p: p.options("tier", "silver", "bronze"),
        "companies/c2",
        "c2:",
        "gold",
    ),
    Fault(
        "one of several options is gone",
        lambda p: p.options("lines", "print"),
        "companies/c3",
        "c3:",
        "cloud",
    ),
    Fault("a new rule for values", _rule, "companies/c4", "c4:", "REGEX"),
    Fault("no room for associations", _limit_plain, "companies/c5", "contacts: [p0]", "as many associations"),
    Fault(
        "no room for a label",
        _limit_billing,
        "companies/c6",
        "contacts: [{to: p1, label: Billing}]",
        "as many associations",
    ),
    Fault(
        "no room at the other end",
        _limit_other_end,
        "contacts/p4",
        "companies: [c7]",
        "as many associations",
    ),
    Fault(
        "somebody edited it",
        lambda p: p.update("companies", "908", note="theirs"),
        "companies/c8",
        "c8:",
        "note changed in HubSpot",
    ),
    Fault(
        "somebody archived it",
        lambda p: p.archive("companies", "909"),
        "companies/c9",
        "c9:",
        "no longer there",
    ),
    Fault(
        "a new record's unique value is taken",
        lambda p: p.create("companies", name="Other", vat="N5"),
        "companies/n0",
        "vat: N5",
        "has the same vat",
    ),
    Fault(
        "a new record's unique value is archived",
        lambda p: _hold_archived(p, vat="N6"),
        "companies/n1",
        "vat: N6",
        "has the same vat",
    ),
    Fault(
        "a new record's key is taken",
        lambda p: p.create("companies", name="Other", key="n2"),
        "companies/n2",
        "n2:",
        "has this key now",
    ),
    Fault(
        "a new record's key is archived",
        lambda p: _hold_archived(p, key="n3"),
        "companies/n3",
        "n3:",
        "has the same key",
    ),
    Fault(
        "an e-mail address is taken",
        lambda p: p.create("contacts", email="new2@x.example"),
        "contacts/p2",
        "email: new2@x.example",
        "has the same email",
    ),
    Fault(
        "a secondary e-mail address is taken",
        lambda p: p.update("contacts", "707", hs_additional_emails="new3@x.example"),
        "contacts/p3",
        "email: new3@x.example",
        "has the same email",
    ),
    Fault(
        "a stage is gone",
        _remove_stage,
        "deals/d0",
        "d0: {pipeline: Renewals, dealstage: Talks}",
        "ren-talks",
    ),
    Fault(
        "no room for properties",
        lambda p: p.settings(allowances={"custom properties": {"0-1": 1}, "pipelines": {"0-3": 1}}),
        "contacts:properties/shoe",
        "shoe: {label: Shoe, type: number, fieldType: number, groupName: contactinformation}",
        "the limit is",
    ),
    Fault("no room for pipelines", lambda _: None, "deals:pipelines/Outlet", "Outlet:", "the limit is"),
    Fault(
        "the group of a new property is gone",
        lambda p: p.call("DELETE", "/crm/v3/properties/companies/groups/old"),
        "companies:properties/region",
        "region:",
        "does not exist",
    ),
)


@contextmanager
def people_of(portal: Emulator) -> Iterator[People]:
    yield People(portal)
