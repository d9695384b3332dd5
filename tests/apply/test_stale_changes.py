"""The second read before a call: finding the stale changes of a batch."""

from collections.abc import Mapping
from typing import Any

import httpx
import orjson
import pytest

from reconciler.apply.batch_run import Connections
from reconciler.apply.kinds import calls_for
from reconciler.errors import Unavailable
from reconciler.model.addresses import RECORD_ID, AssociationAddress, RecordAddress, RecordId
from reconciler.model.calls import Call, Operation
from reconciler.model.definitions import Account, Kind, PortalSchema
from reconciler.model.outcomes import Stale
from reconciler.model.owned import Origin
from reconciler.plan.associations.changes import associate
from reconciler.plan.change import Change, Owned, Reason, Remote, ValueChange
from reconciler.plan.records.changes import archive_record, create_record, update_record
from reconciler.source import SourceRef
from tests.hubspot.doubles import Handler, batch, reader_of, reply, schema_of, writer_of

COMPANIES = schema_of("companies", "companies", external_id=Kind.TEXT, city=Kind.TEXT)
TICKETS = schema_of("tickets", "tickets", external_id=Kind.TEXT)
PORTAL = PortalSchema(Account(1, "STANDARD"), "v3", {"companies": COMPANIES, "tickets": TICKETS})
LINE = SourceRef("c.yaml", 1, 1)


def key(number: int) -> RecordAddress:
    return RecordAddress("companies", "external_id", f"k{number}")


def update(number: int, before: str) -> Change:
    value = ValueChange("city", before, "New", Reason.CHANGED, LINE)
    route = Operation(Call.UPDATE, None)
    return update_record(
        key(number),
        RecordId(f"{number}"),
        (value,),
        Reason.CHANGED,
        operation=route,
        source=LINE,
        owned=Owned(Origin.CREATED),
    )


def create(number: int) -> Change:
    return create_record(key(number), (), Reason.MISSING, Operation(Call.UPSERT, "external_id"), LINE)


def archive(number: int, *tickets: int) -> Change:
    """Return an archival that depends on the record's key and on its associations with these tickets."""
    texts = {"external_id": f"k{number}"} | {f"tickets/={id_}": "associated" for id_ in tickets}
    rests_on = (ValueChange(name, text, text, Reason.IN_STEP) for name, text in texts.items())
    return archive_record(
        key(number),
        RecordId(f"{number}"),
        Reason.PRUNED,
        None,
        owned_before=Owned(Origin.CREATED),
        rests_on=tuple(rests_on),
    )


def reported(
    changes: Mapping[int, Change],
    cities: Mapping[str, str],
    *,
    silent: frozenset[str] = frozenset(),
    tickets: Mapping[str, str] | None = None,
) -> Mapping[int, Stale]:
    """Return the stale changes, if the portal has the records in ``cities``, by id.

    HubSpot leaves the records in ``silent`` out of its answers. ``tickets`` gives the ticket with which each
    company is associated.
    """

    def hubspot(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return reply(404)
        asked = orjson.loads(request.content)
        if "/associations/" in request.url.path:
            return reply(200, batch([_page(each["id"], (tickets or {})) for each in asked["inputs"]]))
        found, missing = [], []
        for wanted in (each["id"] for each in asked["inputs"]):
            record_id = wanted.removeprefix("k")
            if record_id in cities:
                found.append(
                    {
                        "id": record_id,
                        "properties": {"external_id": f"k{record_id}", "city": cities[record_id]},
                    }
                )
            elif record_id not in silent:
                missing.append(wanted)
        errors = [{"category": "OBJECT_NOT_FOUND", "message": "", "context": {"ids": missing}}]
        return reply(207 if missing else 200, batch(found, errors if missing else ()))

    first = next(iter(changes.values()))
    return calls_for(first).stale(to(hubspot), sorted(changes.items()), ())


def to(hubspot: Handler) -> Connections:
    return Connections(reader_of(hubspot), writer_of(hubspot), PORTAL)


def _page(company: str, tickets: Mapping[str, str]) -> dict[str, Any]:
    plain = {"category": "HUBSPOT_DEFINED", "typeId": 341, "label": None}
    to = [{"toObjectId": tickets[company], "associationTypes": [plain]}] if company in tickets else []
    return {"from": {"id": company}, "to": to}


def test_those_that_live_moved_away_from_are_told_by_number_and_others_are_not() -> None:
    found = reported(
        {3: update(1, "Old"), 5: update(2, "Old"), 8: update(4, "Old")}, {"1": "Old", "2": "Theirs"}
    )
    assert found == {
        5: Stale("city changed in HubSpot since the plan was made"),
        8: Stale("record 4 is no longer there"),
    }


def test_a_create_whose_key_is_there_by_now_is_not_sent() -> None:
    assert reported({0: create(1), 1: create(2)}, {"2": "Theirs"}) == {1: Stale("record 2 has this key now")}


def test_an_unanswered_record_is_neither_created_nor_gone() -> None:
    found = reported({0: create(1), 1: create(2)}, {}, silent=frozenset({"2"}))
    assert found == {1: Stale("HubSpot leaves the record out of its answers: its present values are unknown")}


def test_an_archive_whose_record_lost_an_association_that_it_rests_on_is_not_sent() -> None:
    changes = {0: archive(1, 800), 1: archive(2, 800), 2: archive(3), 3: archive(4, 801)}
    there = dict.fromkeys("1234", "A")
    found = reported(changes, there, tickets={"1": "800", "3": "800", "4": "800"})
    assert found == {
        1: Stale("tickets/=800 changed in HubSpot since the plan was made"),
        3: Stale("tickets/=801 changed in HubSpot since the plan was made"),
    }


TICKET = RecordAddress("tickets", RECORD_ID, "800")


def link(number: int) -> Change:
    return associate(
        AssociationAddress(key(number), TICKET),
        Remote(RecordId(f"{number}"), RecordId("800")),
        Reason.MISSING,
        LINE,
        is_whole=True,
    )


def test_an_association_that_somebody_made_by_now_is_not_made_again() -> None:
    there = {"1": "A", "2": "A"}
    found = reported({0: link(1), 1: link(2)}, there, tickets={"1": "800"})
    assert found == {0: Stale("it is already associated with tickets/=800")}


def test_an_association_one_of_whose_records_has_another_key_by_now_is_not_made() -> None:
    found = reported({0: link(1), 1: link(2)}, {"2": "A"})
    assert found == {0: Stale("record 1 no longer has the key of companies/k1")}


def test_an_unreadable_portal_decides_nothing() -> None:
    with pytest.raises(Unavailable):
        calls_for(create(1)).stale(to(lambda _: reply(503)), [(0, create(1))], ())
