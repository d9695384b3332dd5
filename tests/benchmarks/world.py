"""The generated data for all measurements: companies with eight properties, 260 bytes of YAML each."""

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
"""One record in this many differs between manifests and portal, in one property."""

_STRIDE = 7919
"""A prime number, so that steps of this size reach every record."""

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
    """One record as it is in the portal."""

    key: str
    record_id: str
    properties: Mapping[str, str]


def companies(count: int) -> Iterator[Company]:
    """Return the first ``count`` companies, in the order of their keys; they are the same in every run."""
    return map(company, range(count))


def company(number: int) -> Company:
    """Return the company with this number; the first number is 0."""
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
    """Return the values in the manifest; of every ``changed_every`` records, one has another city."""
    if number % changed_every:
        return company.properties
    return {**company.properties, "city": "Osnabrueck"}


def manifest(count: int) -> str:
    """Return a manifest of the first ``count`` companies, as one document."""
    lines = [f"object: {OBJECT}\nkey: {KEY}\nrecords:\n"]
    for number, company in enumerate(companies(count)):
        lines.append(f"  {company.key}:\n")
        lines += [f"    {name}: {value}\n" for name, value in desired(company, number).items()]
    return "".join(lines)


def write_table(path: Path, count: int, changed_every: int = CHANGED_EVERY) -> None:
    """Write the first ``count`` companies as CSV, in an order that is independent of their keys."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([KEY, *NAMES])
        for place in range(count):
            number = place * _STRIDE % count
            one = company(number)
            writer.writerow([one.key, *desired(one, number, changed_every).values()])


def definitions() -> list[Mapping[str, Any]]:
    """Return the properties of the type, and 240 more that no manifest names, as in real portals."""
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
    """Write a project with this many records; if ``is_known``, state has them with the values in the portal.

    The manifests name all of them, or the first ``named``.
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
