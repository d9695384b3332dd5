"""The made-up world that everything is measured in: companies of eight properties, 260 bytes of YAML each."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.owned import Origin, OwnedRecord, StateVersion
from reconciler.state.export_format import Export
from reconciler.state.run_types import Actor
from reconciler.state.store import open_state

PORTAL_ID = 4_711_000
OBJECT = "companies"
KEY = "external_id"
TOKEN = "pat-na1-00000000-benchmark"
CHANGED_EVERY = 100
"""One record in so many differs between manifests and portal, in one property."""

_STRIDE = 7919
"""Prime, so that steps of it come by every record."""

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_INDUSTRIES = ("BANKING", "BIOTECHNOLOGY", "COMPUTER_SOFTWARE", "CONSTRUCTION", "RETAIL")
_CITIES = ("Bremen", "Dresden", "Freiburg", "Hannover", "Leipzig", "Nuremberg")
_TYPES = {
    KEY: ("string", "text"),
    "annualrevenue": ("number", "number"),
    "city": ("string", "text"),
    "country": ("string", "text"),
    "description": ("string", "textarea"),
    "industry": ("enumeration", "select"),
    "name": ("string", "text"),
    "numberofemployees": ("number", "number"),
    "phone": ("string", "phonenumber"),
}
NAMES = tuple(name for name in _TYPES if name != KEY)


@dataclass(frozen=True, slots=True)
class Company:
    """One record as the portal holds it."""

    key: str
    record_id: str
    properties: Mapping[str, str]


def companies(count: int) -> Iterator[Company]:
    """Always the same ones, in the order of their keys."""
    return map(company, range(count))


def company(number: int) -> Company:
    """One of them; numbers count from 0."""
    properties = {
        "annualrevenue": f"{(number * 7919) % 9_000_000 + 100_000}.5",
        "city": _CITIES[number % len(_CITIES)],
        "country": "Germany",
        "description": f"Customer number {number} of the northern region, by hand",
        "industry": _INDUSTRIES[number % len(_INDUSTRIES)],
        "name": f"Acme Trading {number} GmbH & Co. KG",
        "numberofemployees": str(number % 4_000 + 5),
        "phone": f"+49 30 {number:07d}",
    }
    return Company(f"acme-{number:07d}", str(9_000_000 + number), properties)


def desired(company: Company, number: int, changed_every: int = CHANGED_EVERY) -> Mapping[str, str]:
    """What the manifest says of it: one record in so many has moved."""
    if number % changed_every:
        return company.properties
    return {**company.properties, "city": "Osnabrueck"}


def manifest(count: int) -> str:
    """All of them as one document."""
    lines = [f"object: {OBJECT}\nkey: {KEY}\nrecords:\n"]
    for number, company in enumerate(companies(count)):
        lines.append(f"  {company.key}:\n")
        lines += [f"    {name}: {value}\n" for name, value in desired(company, number).items()]
    return "".join(lines)


def write_table(path: Path, count: int, changed_every: int = CHANGED_EVERY) -> None:
    """All of them as CSV, in an order that has nothing to do with their keys."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([KEY, *NAMES])
        for place in range(count):
            number = place * _STRIDE % count
            one = company(number)
            writer.writerow([one.key, *desired(one, number, changed_every).values()])


def definitions() -> list[Mapping[str, Any]]:
    """The properties of the type, and as many again that nobody names, as portals have them."""
    used = [_definition(name, *kind) for name, kind in _TYPES.items()]
    return used + [_definition(f"unused_{number}", "string", "text") for number in range(240)]


def _definition(name: str, kind: str, field_type: str) -> Mapping[str, Any]:
    options = [{"label": value.title(), "value": value} for value in _INDUSTRIES]
    return {
        "name": name,
        "label": name.title(),
        "type": kind,
        "fieldType": field_type,
        "groupName": "companyinformation",
        "description": "",
        "hasUniqueValue": name == KEY,
        "calculated": False,
        "externalOptions": False,
        "hidden": False,
        "formField": True,
        "options": options if kind == "enumeration" else [],
        "modificationMetadata": {"archivable": True, "readOnlyDefinition": False, "readOnlyValue": False},
    }


def write_project(
    folder: Path,
    count: int,
    base_url: str,
    *,
    is_known: bool,
    is_table: bool = False,
    named: int | None = None,
    changed_every: int = CHANGED_EVERY,
) -> None:
    """A project of so many records; where ``is_known``, state has them all as the portal holds them.

    The manifests name all of them, or as many as are to be ``named``.
    """
    folder.mkdir(parents=True)
    if is_table:
        write_table(folder / "companies.csv", count, changed_every)
        text = f"object: {OBJECT}\nkey: {KEY}\nsource: {{csv: companies.csv}}\n"
    else:
        text = manifest(count if named is None else named)
    (folder / "companies.yaml").write_text(text)
    environment = {"portal_id": str(PORTAL_ID), "token": "${HUBSPOT_TOKEN}", "base_url": base_url}
    settings = {"version": "1", "manifests": ["."], "environments": {"main": environment}}
    (folder / "reconciler.yaml").write_text(json.dumps(settings))
    if is_known:
        _write_state(folder, count)


def _write_state(folder: Path, count: int) -> None:
    (folder / ".reconciler").mkdir()
    store = open_state("sqlite:///.reconciler/state.db", folder, PORTAL_ID)
    owned = tuple(
        OwnedRecord(
            RecordAddress(OBJECT, KEY, company.key),
            RecordId(company.record_id),
            Origin.CREATED,
            company.properties,
            {},
        )
        for company in companies(count)
    )
    actor = Actor(user="benchmark", host="benchmark", pid=1)
    with store.acquire(actor, now=lambda: _NOW, sleep=lambda _: None, timeout_s=0) as writer:
        writer.import_state(Export(PORTAL_ID, StateVersion("benchmark", 1), (), owned))
    store.close()
