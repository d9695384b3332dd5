"""Executing one batch on a simulated clock: the write is sent immediately after the second read."""

from itertools import count

import httpx
import pytest

from reconciler.apply.batch_executor import BatchExecutor
from reconciler.apply.batch_run import Connections
from reconciler.apply.options import OnStale
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.writer import PortalWriter
from reconciler.model.addresses import AssociationAddress, RecordAddress, RecordId
from reconciler.model.definitions import Account, Kind, PortalSchema
from reconciler.model.outcomes import Applied
from reconciler.plan.associations.changes import associate
from reconciler.plan.batches import batches_of
from reconciler.plan.budget import ALWAYS_LOOKED_AT
from reconciler.plan.change import Change, Reason, Remote
from tests.hubspot.doubles import batch, body_of, http_of, pacer_of, reply, schema_of
from tests.hubspot.simulation import SimulatedClock
from tests.support.journals import key, update, value

LIMIT = 5  # calls in ten seconds
COMPANIES = schema_of("companies", "companies", phone=Kind.TEXT)
CONTACTS = schema_of("contacts", "contacts", email=Kind.TEXT)
PORTAL = PortalSchema(Account(4711000, "STANDARD"), "v3", {"companies": COMPANIES, "contacts": CONTACTS})
ADA = RecordAddress("contacts", "email", "ada@example.com")


@pytest.mark.parametrize(
    "change",
    [
        update("acme", "9001", value("phone", "1", "2")),
        associate(
            AssociationAddress(key("acme"), ADA),
            Remote(RecordId("9001"), RecordId("501")),
            Reason.MISSING,
            None,
            is_whole=True,
        ),
    ],
    ids=lambda change: str(change.action),
)
def test_a_look_waits_until_the_write_can_follow_it(change: Change) -> None:
    clock = SimulatedClock()
    sent: list[float] = []

    def hubspot(request: httpx.Request) -> httpx.Response:
        sent.append(clock.now())
        left = LIMIT - sum(at > clock.now() - 10.0 for at in sent)
        pace = {"x-hubspot-ratelimit-max": str(LIMIT), "x-hubspot-ratelimit-remaining": str(left)}
        _, _, call = request.url.path.partition("batch/")
        if call == "update":
            trace_id = body_of(request)["inputs"][0]["objectWriteTraceId"]
            written = {"id": "9001", "properties": {"phone": "2"}, "objectWriteTraceId": trace_id}
            return reply(200, batch([written]), pace)
        if call == "read" and "associations" in request.url.path:
            alone = {"category": "OBJECT_NOT_FOUND", "context": {"fromObjectId": ["9001"]}}
            return reply(207, batch([], [alone]), pace)
        if call == "read":
            record_id, known = (
                ("501", {ADA.by: ADA.value}) if "contacts" in request.url.path else ("9001", {"phone": "1"})
            )
            known |= {key("acme").by: "acme"} if record_id == "9001" else {}
            return reply(200, batch([{"id": record_id, "properties": known}]), pace)
        return reply(200, batch([{"from": {"id": "9001"}, "to": {"id": "501"}}]), pace)

    http, pacer = http_of(hubspot), pacer_of(clock)
    reader = PortalReader(http, "v3", pacer)
    batch_executor = BatchExecutor(
        Connections(reader, PortalWriter(http, "v3", pacer), PORTAL), ALWAYS_LOOKED_AT, OnStale.SKIP
    )
    for _ in range(LIMIT - 1):
        reader.batch_read("companies", ["9001"], properties=["phone"], id_property=None)

    outcomes, _ = batch_executor.deliver(next(batches_of(enumerate((change,)), count())), lambda *_: None)

    assert isinstance(outcomes[0], Applied)
    *looked_at, written_at = sent[LIMIT - 1 :]
    assert looked_at
    assert min(looked_at) >= 10.0  # without a reserved slot, the write would have come 10 s after the read
    assert written_at == looked_at[-1]
