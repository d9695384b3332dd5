"""Probes of writes: equal values, earlier lifecycle stages, times, and when search finds a new record."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from reconciler.probes.portal import COMPANIES, CONTACTS, KEY, NotAsked, ProbedPortal
from reconciler.probes.probe import Seen, refused

_STAGE = "lifecyclestage"
_TICK = timedelta(seconds=1)
"""The precision of the header ``Date``, which has whole seconds."""


def lifecycle_step_back(portal: ProbedPortal) -> Seen:
    """Write an earlier lifecycle stage, and read it."""
    contact = portal.created(CONTACTS, portal.email(), **{_STAGE: "customer"})
    if not portal.change(CONTACTS, contact, **{_STAGE: "lead"}).is_success:
        return Seen("refused")
    read = portal.value(CONTACTS, contact, _STAGE)
    known = {"customer": "ignored", "lead": "taken"}
    return Seen(known[read]) if read in known else Seen(None, f"read as {read}")


def equal_write(portal: ProbedPortal) -> Seen:
    """Write the same value again, and find out whether date of change and history change."""
    key = portal.name("equal")
    company = portal.created(COMPANIES, key)
    portal.pause()
    updated, versions = _dated(portal, company)
    portal.change(COMPANIES, company, name=key)
    again, more = _dated(portal, company)
    if len(more) > len(versions):
        return Seen("date_and_history")
    return Seen("nothing" if again == updated else "date")


def _dated(portal: ProbedPortal, company: str) -> tuple[str, Sequence[Any]]:
    """Return the time of a company's last change, and the versions of its name."""
    reply = portal.send(
        "GET", portal.paths.record(COMPANIES, company), params={"propertiesWithHistory": "name"}
    )
    if not reply.is_success:
        return "", ()
    return str(reply.body.get("updatedAt")), reply.body.get("propertiesWithHistory", {}).get("name", ())


def created_at(portal: ProbedPortal) -> Seen:
    """Create a record; compare its time with those of the previous answer and of the answer to the create."""
    before = portal.send("GET", portal.paths.property_definition(COMPANIES, KEY)).pace.date
    reply = portal.create(COMPANIES, portal.name("date"))
    after = reply.pace.date
    if not reply.is_success:
        raise refused(reply.status)
    if before is None or after is None:
        raise NotAsked("HubSpot's answers have no header Date")
    created = datetime.fromisoformat(str(reply.body["createdAt"]))
    if created < before:
        return Seen("before_the_call")
    return Seen("within_the_call" if created < after + _TICK else "after_the_call")


def search_lag(portal: ProbedPortal) -> Seen:
    """Create a record, and find out whether search finds it at once."""
    key = portal.name("search")
    portal.created(COMPANIES, key)
    wanted = {"filters": [{"propertyName": KEY, "operator": "EQ", "value": key}]}
    path = portal.paths.search(COMPANIES)
    reply = portal.send("POST", path, {"filterGroups": [wanted]}, is_write=False)
    if not reply.is_success:
        raise refused(reply.status)
    return Seen("at_once" if reply.results() else "behind")


def limit_headers(portal: ProbedPortal) -> Seen:
    """Find out whether an ordinary answer and the answer to a search have headers about limits."""
    ordinary = portal.send("GET", portal.paths.property_definition(COMPANIES, KEY))
    search = portal.send("POST", portal.paths.search(COMPANIES), {"limit": 1}, is_write=False)
    has = (ordinary.pace.limit is not None, search.pace.limit is not None)
    known = {(True, False): "not_of_searches", (True, True): "everywhere", (False, False): "nowhere"}
    return Seen(known[has]) if has in known else Seen(None, "only searches have them")
