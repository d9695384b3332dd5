"""The second of the two stories (scenarios) in which tests kill the process.

Definitions are created, renamed and removed, and records get values of the new definitions.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from reconciler.apply.definitions import holders
from tests.crash.world import (
    World,
    applied,
    check_reports,
    points_of,
    world,
    world_again,
)

ALLOWED = (
    *("--auto-approve", "--allow", "migrate=9", "--allow", "lose=9", "--allow", "archive=9"),
    *("--allow", "update=9", "--allow", "create=9"),
)
SEED: dict[str, Any] = {
    "version": 1,
    "search_lag_ms": 0,
    "records": {"companies": [{"id": "700", "properties": {"name": "Not ours"}}]},
}
_KEY = "{label: Number, type: string, fieldType: text, hasUniqueValue: true, groupName: "
BEFORE = f"""\
object: companies
groups: {{old: {{label: Old}}}}
properties:
  number: {_KEY}companyinformation}}
  tier:
    label: Tier
    type: enumeration
    fieldType: select
    groupName: old
    options: {{gold: Gold, basic: Basic}}
  remark: {{label: Remark, type: string, fieldType: text, groupName: old}}
  note: {{label: Note, type: string, fieldType: text, groupName: companyinformation}}
key: number
records:
  C-0: {{name: Zero, tier: basic}}
  C-1: {{name: One, tier: basic, remark: seen}}
  C-2: {{name: Two, tier: gold}}
---
object: deals
properties: {{deal_no: {_KEY}dealinformation}}}}
pipelines:
  Renewals: {{stages: {{Open: {{probability: 0.2}}, Signed: {{probability: 1.0}}}}}}
  Trials: {{stages: {{Open: {{probability: 0.1}}, Ended: {{probability: 0.0}}}}}}
key: deal_no
records:
  D-0: {{dealname: Zero, pipeline: Renewals, dealstage: Open}}
  D-1: {{dealname: One, pipeline: Renewals, dealstage: Signed}}
  D-2: {{dealname: Two, pipeline: Trials, dealstage: Open}}
---
object: contacts
association_labels:
  companies:
    payer: {{label: Pays, inverseLabel: Is paid by}}
    former: {{label: Former}}
key: email
records:
  ada@acme.example: {{firstname: Ada, $associations: {{companies: [{{to: C-1, label: Pays}}]}}}}
"""
AFTER = f"""\
object: companies
groups: {{old: {{$absent: true}}, erp: {{label: ERP}}}}
properties:
  number: {_KEY}companyinformation}}
  tier:
    label: Class
    type: enumeration
    fieldType: select
    groupName: erp
    options: {{plain: {{label: Plain, $renamed_from: basic}}, gold: Gold}}
  remark: {{$absent: true, $moves_to: note}}
  note: {{label: Note, type: string, fieldType: text, groupName: companyinformation}}
  rank: {{label: Rank, type: number, fieldType: number, groupName: erp}}
key: number
records:
  C-0: {{name: Zero, tier: plain, rank: 1}}
  C-1: {{name: One}}
  C-2: {{name: Two, tier: gold}}
---
object: deals
properties: {{deal_no: {_KEY}dealinformation}}}}
pipelines:
  Extensions:
    $renamed_from: Renewals
    stages:
      Open: {{$absent: true, $moves_to: Offer}}
      Won: {{probability: 1.0, $renamed_from: Signed}}
      Offer: {{probability: 0.3}}
  Trials: {{$absent: true, $moves_to: Extensions}}
key: deal_no
records:
  D-0: {{dealname: Zero, pipeline: Extensions, dealstage: Offer}}
  D-1: {{dealname: One, pipeline: Extensions, dealstage: Won}}
---
object: contacts
association_labels:
  companies:
    payer: {{label: Pays, inverseLabel: Is paid by}}
    former: {{$absent: true}}
    keeper: {{label: Keeps, inverseLabel: Is kept by}}
key: email
records:
  ada@acme.example: {{firstname: Ada, $associations: {{companies: [{{to: C-1, label: Keeps}}]}}}}
---
object: machines
schema:
  labels: {{singular: Machine, plural: Machines}}
  primaryDisplayProperty: serial
  requiredProperties: [serial]
  associatedObjects: [companies]
properties:
  serial: {_KEY}machines_information}}
pipelines:
  Repair: {{stages: {{Planned: {{}}, Done: {{}}}}}}
key: serial
records:
  M-0: {{hs_pipeline: Repair, hs_pipeline_stage: Planned, $associations: {{companies: [C-0]}}}}
"""
STRANGER = "700"
"""Id of a company that no manifest names; its values must be replaced before definitions are removed."""

_TYPES = ("companies", "contacts", "deals", "p1000000_machines")
_VALUES = {
    "companies": ("number", "name", "tier", "note", "rank"),
    "contacts": ("email", "firstname"),
    "deals": ("deal_no", "dealname", "pipeline", "dealstage"),
    "p1000000_machines": ("serial", "hs_pipeline", "hs_pipeline_stage"),
}


@dataclass(frozen=True)
class DefinitionsBeginning:
    """Portal and state after ``BEFORE`` was applied, and the result of applying ``AFTER`` without a kill."""

    folder: Path
    export: str
    portal: Mapping[str, Any]
    owned: Mapping[tuple[str, str], Any]
    before: Counter[tuple[str, str]]  # changes that were applied before the story begins
    changes: Counter[tuple[str, str]]
    points: tuple[str, ...]
    name = "definitions"

    @contextmanager
    def again(self, folder: Path, new_database: Callable[[], str] | None = None) -> Iterator[World]:
        """Yield a copy of the portal and state after ``BEFORE``, ready to apply ``AFTER``."""
        index_s = holders.INDEX_S
        vars(holders)["INDEX_S"] = 0.0  # as if HubSpot's search showed every write at once
        try:
            more = {"seed": SEED, "allowed": ALLOWED}
            with world_again(self.folder, folder, self.export, new_database, **more) as made:
                made.project.write("manifests.yaml", AFTER)
                yield made
        finally:
            vars(holders)["INDEX_S"] = index_s

    def check(self, made: World) -> None:
        """Check that nothing was lost or done twice: the result is the same as without a kill."""
        assert look(made) == self.portal
        assert owned(made) == self.owned
        done, expected = applied(made) - self.before, self.changes - self.before
        assert done == expected, (done - expected, expected - done)
        planned = made.run("plan")
        assert planned.out.startswith("No changes."), planned.out + planned.err
        check_reports(made)


def begin_with_definitions(folder: Path) -> DefinitionsBeginning:
    """Apply the story once without a kill, and return its beginning and its result."""
    folder.mkdir(parents=True, exist_ok=True)
    with world(folder, f"sqlite:///{folder}/state.db", folder / "portal.db", SEED, ALLOWED) as made:
        made.project.write("manifests.yaml", BEFORE)
        done = made.run("apply", *ALLOWED)
        assert done.code == 0, done.out + done.err
        with client(made) as http:
            body = {"properties": {"tier": "basic", "remark": "of a person"}}
            http.patch(f"/crm/v3/objects/companies/{STRANGER}", json=body).raise_for_status()
        export, before = made.run("state", "export").out, applied(made)
    start = DefinitionsBeginning(folder, export, {}, {}, before, Counter(), ())
    (folder / "undisturbed").mkdir()
    with start.again(folder / "undisturbed") as made:
        done = made.apply(0)
        assert done.code == 0, done.out + done.err
        planned = made.run("plan")
        assert planned.out.startswith("No changes."), planned.out + planned.err
        points = tuple(points_of(done))
        return DefinitionsBeginning(folder, export, look(made), owned(made), before, applied(made), points)


@contextmanager
def client(made: World) -> Iterator[httpx.Client]:
    """Yield an HTTP client of the portal, as other programs use one."""
    environ = made.project.environ
    headers = {"Authorization": f"Bearer {environ['HUBSPOT_TOKEN']}"}
    with httpx.Client(base_url=environ["RECONCILER_URL"], headers=headers) as http:
        yield http


def look(made: World) -> Mapping[str, Any]:
    """Return the contents of the portal without ids that HubSpot assigns."""
    with client(made) as http:

        def listed(path: str, **params: str) -> list[Any]:
            answer = http.get(path, params=params)
            answer.raise_for_status()
            results: list[Any] = answer.json()["results"]
            return results

        return {
            "groups": {
                of: sorted(each["name"] for each in listed(f"/crm/v3/properties/{of}/groups"))
                for of in _TYPES
            },
            "properties": {of: sorted(map(str, _properties(listed, of))) for of in _TYPES},
            "pipelines": {of: sorted(map(str, _pipelines(listed, of))) for of in _TYPES},
            "types": [
                {
                    name: each[name]
                    for name in ("name", "labels", "requiredProperties", "primaryDisplayProperty")
                }
                for each in listed("/crm/v3/schemas")
            ],
            "labels": sorted(
                str(each["label"])
                for ends in ("contacts/companies", "companies/contacts")
                for each in listed(f"/crm/v4/associations/{ends}/labels")
            ),
            "records": {of: sorted(map(str, _records(listed, of))) for of in _TYPES},
            "associations": sorted(_associations(http, listed)),
        }


def _properties(listed: Callable[..., list[Any]], of: str) -> Iterator[Any]:
    for archived in ("false", "true"):
        for each in listed(f"/crm/v3/properties/{of}", archived=archived):
            if not each.get("hubspotDefined"):
                options = [(option["value"], option["label"]) for option in each["options"]]
                yield archived, each["name"], each["label"], each["type"], each["groupName"], options


def _pipelines(listed: Callable[..., list[Any]], of: str) -> Iterator[Any]:
    for each in listed(f"/crm/v3/pipelines/{of}"):
        stages = sorted((stage["displayOrder"], stage["id"], stage["label"]) for stage in each["stages"])
        yield each["id"], each["label"], stages


def _records(listed: Callable[..., list[Any]], of: str) -> Iterator[Any]:
    names = _VALUES[of]
    for archived in ("false", "true"):
        for record in listed(
            f"/crm/v3/objects/{of}", properties=",".join(names), limit="100", archived=archived
        ):
            yield archived, *(record["properties"].get(name) for name in names)


def _associations(http: httpx.Client, listed: Callable[..., list[Any]]) -> Iterator[str]:
    """Yield the names of records that are associated with companies, and the labels."""
    names = {
        record["id"]: record["properties"]["name"]
        for record in listed("/crm/v3/objects/companies", properties="name")
    }
    for of in ("contacts", "p1000000_machines"):
        inputs = [{"id": record["id"]} for record in listed(f"/crm/v3/objects/{of}")]
        answer = http.post(f"/crm/v4/associations/{of}/companies/batch/read", json={"inputs": inputs})
        answer.raise_for_status()
        for page in answer.json()["results"]:
            for to in page["to"]:
                labels = sorted(kind["label"] for kind in to["associationTypes"] if kind["label"])
                yield f"{of} {names[str(to['toObjectId'])]} {labels}"


def owned(made: World) -> Mapping[tuple[str, str], Any]:
    """Return the content of state by object type and key, without ids that HubSpot assigns."""
    document = json.loads(made.run("state", "export").out)
    return {
        (entry["object"], entry["key"]): (entry["origin"], entry["sent"], entry["protected"])
        for entry in document["owned"]
    } | {("pairs", str(place)): pair for place, pair in enumerate(_pairs(document))}


def _pairs(document: Any) -> list[tuple[str, ...]]:
    return sorted(
        (
            pair["key"],
            pair["target"]["key"],
            pair["label"]["text"] if pair["label"] else "",
            pair["origin"],
            str(pair["whole"]),
        )
        for pair in document["pairs"]
    )
