"""HubSpot's history of a property, with people and programs as authors."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.inprocess import EmulatorTransport
from reconciler.emulator.serve import running
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.portal.users import Users
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.history import read_histories, version_of
from reconciler.hubspot.records.responses import VersionBody
from reconciler.hubspot.transport.rate_limiter import RateLimiter
from reconciler.model.addresses import RecordId
from reconciler.model.property_history import ChangeSource
from reconciler.model.references import PropertyRef
from tests.support.projects import PORTAL

OWNERS = [
    {"id": "71", "email": "ada@acme.example", "firstName": "Ada", "lastName": "Lindner", "userId": 7},
    {"id": "72", "email": "eve@acme.example", "archived": True, "userIdIncludingInactive": 8},
]


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with closing(Emulator(None)) as emulator:
        emulator.ensure_portal(PORTAL, {"owners": OWNERS})
        transport = EmulatorTransport(emulator, PORTAL)
        with httpx.Client(transport=transport, base_url="https://api.hubapi.com") as client:
            yield client


def create(http: httpx.Client, object_name: str, **properties: str) -> RecordId:
    answer = http.post(f"/crm/v3/objects/{object_name}", json={"properties": properties})
    return RecordId(answer.raise_for_status().json()["id"])


def edit(http: httpx.Client, record_id: str, source: dict[str, Any], **properties: str) -> None:
    body = {"object": "companies", "id": record_id, "source": source, "properties": properties}
    http.post(f"/_emulator/portals/{PORTAL}/edits", json=body).raise_for_status()


@pytest.mark.parametrize(
    ("source", "via", "by"),
    [
        (
            {"type": "CRM_UI", "id": "userId:7", "userId": 7},
            ChangeSource.PERSON,
            "Ada Lindner <ada@acme.example>",
        ),
        ({"type": "CRM_UI", "id": "userId:7"}, ChangeSource.PERSON, "Ada Lindner <ada@acme.example>"),
        ({"type": "CRM_UI", "userId": 8}, ChangeSource.PERSON, "eve@acme.example"),
        ({"type": "CRM_UI", "userId": 9, "label": "Mallory"}, ChangeSource.PERSON, "Mallory"),
        ({"type": "CRM_UI", "userId": 9}, ChangeSource.PERSON, "user 9"),
        ({"type": "CRM_UI"}, ChangeSource.PERSON, ""),
        ({"type": "AUTOMATION_PLATFORM", "id": "55", "label": "Fill"}, ChangeSource.WORKFLOW, "Fill (55)"),
        ({"type": "WORKFLOW", "id": "55"}, ChangeSource.WORKFLOW, "55"),
        ({"type": "IMPORT", "id": "4", "label": "Fair.csv"}, ChangeSource.IMPORT, "Fair.csv (4)"),
        ({"type": "INTEGRATION", "id": "88", "label": "ERP"}, ChangeSource.INTEGRATION, "ERP (88)"),
        ({"type": "FORM", "label": "Contact us"}, ChangeSource.FORM, "Contact us"),
        ({"type": "MIGRATION", "id": "1"}, ChangeSource.OTHER, "source MIGRATION 1"),
    ],
)
def test_every_source_has_a_hand(
    http: httpx.Client, source: dict[str, Any], via: ChangeSource, by: str
) -> None:
    record_id = create(http, "companies", name="One")
    edit(http, record_id, source, name="Two")
    reader = PortalReader(http, "v3", RateLimiter())
    portal = read_portal(reader, {"companies"}, PORTAL)
    spot = PropertyRef("companies", record_id, "name")
    history = read_histories(reader, portal, [spot])[spot]
    first, last = history.versions
    assert (first.via, first.value) == (ChangeSource.INTEGRATION, "One")
    assert (last.via, last.by, last.value) == (via, by, "Two")
    assert not history.is_truncated


def test_fifty_records_are_read_with_one_call_and_only_what_was_asked_for(http: httpx.Client) -> None:
    ids = [create(http, "companies", name=f"N{n}", city="Ulm") for n in range(60)]
    reader = PortalReader(http, "v3", RateLimiter())
    portal = read_portal(reader, {"companies"}, PORTAL)
    before = reader.calls
    spots = [PropertyRef("companies", each, "name" if n % 2 else "city") for n, each in enumerate(ids)]
    unknown = PropertyRef("companies", ids[0], "nope")
    assert read_histories(reader, portal, [*spots, unknown]).keys() == set(spots)
    assert reader.calls == before + 2


@pytest.mark.parametrize(("object_name", "kept"), [("companies", 20), ("contacts", 45)])
def test_a_history_as_long_as_hubspot_keeps_is_cut(http: httpx.Client, object_name: str, kept: int) -> None:
    needed = {"companies": {"name": "One"}, "contacts": {"email": "one@acme.example"}}[object_name]
    record_id = create(http, object_name, city="0", **needed)
    reader = PortalReader(http, "v3", RateLimiter())
    portal = read_portal(reader, {object_name}, PORTAL)
    spot = PropertyRef(object_name, record_id, "city")
    for n in range(1, kept):
        assert not read_histories(reader, portal, [spot])[spot].is_truncated
        http.patch(f"/crm/v3/objects/{object_name}/{record_id}", json={"properties": {"city": str(n)}})
    http.patch(f"/crm/v3/objects/{object_name}/{record_id}", json={"properties": {"city": "last"}})
    history = read_histories(reader, portal, [spot])[spot]
    assert history.is_truncated
    assert (len(history.versions), history.versions[0].value, history.versions[-1].value) == (
        kept,
        "1",
        "last",
    )


def test_owners_that_cannot_be_read_are_shown_as_numbers() -> None:
    with closing(Emulator(None)) as emulator, running(emulator) as url:
        emulator.ensure_portal(PORTAL, {"owners": OWNERS})
        token = emulator.token(PORTAL, ["tickets"])
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as http:
            people = Users(PortalReader(http, "v3", RateLimiter()))
            people.load(["7"])
    version = VersionBody.read(
        b'{"timestamp": "2026-11-24T00:00:00Z", "sourceType": "CRM_UI", "updatedByUserId": 7}'
    )
    assert version_of(version, people).by == "user 7"
