"""Probes of batches: partial success, its status, and the order of results."""

from reconciler.hubspot.transport.api_versions import paths_of
from reconciler.probes.portal import COMPANIES, KEY, ProbedPortal
from reconciler.probes.probe import Seen, one_of, refused

_RECORDS = 5
_ORDER = (3, 1, 4, 2, 0)
"""The order in which records are requested: it follows neither age nor any part of the ids."""


def trace_ids(portal: ProbedPortal) -> Seen:
    """Create a valid and an invalid record in one batch with trace ids; check which ones are written."""
    good, wrong = portal.name("good"), portal.name("wrong")
    inputs = [
        {"properties": {KEY: good, "name": good}, "objectWriteTraceId": "1"},
        {"properties": {KEY: wrong, "name": wrong, "numberofemployees": "none"}, "objectWriteTraceId": "2"},
    ]
    reply = portal.create_many(COMPANIES, inputs)
    there = portal.read_many(COMPANIES, [good, wrong], by=KEY).results()
    if len(there) == 1 and reply.is_success and reply.errors():
        return Seen("others_written")
    if not there and not reply.is_success:
        return Seen("nothing_written")
    return Seen(None, f"status {reply.status} with {len(there)} of 2 records written")


def partial_success_2026_09(portal: ProbedPortal) -> Seen:
    """Read a record and an archived one in one batch of version 2026-09."""
    ids = [portal.created(COMPANIES, portal.name(text)) for text in ("live", "archived")]
    portal.archive(COMPANIES, ids[1])
    path = paths_of("2026-09").batch_read(COMPANIES)
    body = {"inputs": [{"id": each} for each in ids], "properties": ["name"]}
    reply = portal.send("POST", path, body, is_write=False)
    if reply.is_success and not reply.errors():
        return Seen(None, f"status {reply.status} without an error for the missing record")
    if not reply.is_success:
        raise refused(reply.status)
    return one_of(str(reply.status), "207", "200")


def result_order(portal: ProbedPortal) -> Seen:
    """Read records in a chosen order, and compare the order of the results with it."""
    names = [portal.name("order") for _ in range(_RECORDS)]
    made = portal.create_many(COMPANIES, [{"properties": {KEY: name, "name": name}} for name in names])
    if not made.is_success:
        raise refused(made.status)
    ids = {str(result["properties"].get(KEY)): str(result["id"]) for result in made.results()}
    if set(ids) != set(names):
        return Seen(None, f"{len(ids)} of {_RECORDS} created records are in the answer")
    asked = [ids[names[place]] for place in _ORDER]
    answered = [str(result["id"]) for result in portal.read_many(COMPANIES, asked).results()]
    if sorted(answered) != sorted(asked):
        return Seen(None, f"{len(answered)} results for {_RECORDS} records")
    return Seen("as_asked" if answered == asked else "any")
