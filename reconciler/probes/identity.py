"""Probes of identity: unique values, merged records, secondary e-mail addresses."""

from collections.abc import Callable
from functools import partial

from reconciler.model.calls import Call
from reconciler.probes.portal import COMPANIES, CONTACTS, ProbedPortal
from reconciler.probes.probe import Seen, refused

_TAKEN = (400, 409)


def key_case(portal: ProbedPortal) -> Seen:
    """Create two records whose keys differ only in case."""
    return _second(portal, "Case", str.swapcase)


def key_blanks(portal: ProbedPortal) -> Seen:
    """Create two records whose keys differ only in blanks around them."""
    return _second(portal, "blanks", " {} ".format)


def _second(portal: ProbedPortal, text: str, changed: Callable[[str], str]) -> Seen:
    key = portal.name(text)
    portal.created(COMPANIES, key)
    reply = portal.create(COMPANIES, changed(key))
    if reply.is_success:
        return Seen("different")
    if reply.status not in _TAKEN:
        raise refused(reply.status)
    return Seen("same")


def archived_unique_values(portal: ProbedPortal) -> Seen:
    """Create a record with the key of an archived one."""
    key = portal.name("archived")
    portal.archive(COMPANIES, portal.created(COMPANIES, key))
    reply = portal.create(COMPANIES, key)
    if reply.is_success:
        return Seen("free")
    if reply.status not in _TAKEN:
        raise refused(reply.status)
    return Seen("held")


def merged_id(portal: ProbedPortal) -> Seen:
    """Read a record that was merged into another one."""
    kept, merged = (portal.created(COMPANIES, portal.name(text)) for text in ("kept", "merged"))
    portal.merged(COMPANIES, kept, merged)
    reply = portal.read_many(COMPANIES, [merged])
    if reply.results():
        return Seen("followed")
    if reply.errors():
        return Seen("error")
    if not reply.is_success:
        raise refused(reply.status)
    return Seen("left_out")


def secondary_email_upsert(portal: ProbedPortal) -> Seen:
    """Upsert a contact by an address that became its second one when two contacts were merged."""
    first, second = portal.email(), portal.email()
    portal.merged(CONTACTS, *map(partial(portal.created, CONTACTS), (first, second)))
    there = portal.read_many(CONTACTS, [first], by="email").results()
    given = {"id": second, "idProperty": "email", "properties": {"firstname": portal.name("person")}}
    reply = portal.send("POST", portal.paths.batch(CONTACTS, Call.UPSERT), {"inputs": [given]})
    if not reply.is_success:
        if reply.status not in _TAKEN:
            raise refused(reply.status)
        return Seen("refused")
    if [result["id"] for result in reply.results()] == [result["id"] for result in there]:
        return Seen("updates")
    return Seen(None, "another record was written")
