"""Probes of values: in which form HubSpot returns numbers, dates, HTML, phones; the effect of ``null``."""

from typing import Any

from reconciler.hubspot.transport.api_versions import paths_of
from reconciler.probes.portal import COMPANIES, CONTACTS, PREFIX, ProbedPortal
from reconciler.probes.probe import Seen

_NUMBER, _PHONE = "17.0", "+49 (30) 123-45"
_DAY, _DAY_MS = "2026-11-22", "1795305600000"
_HTML = "<p>text</p><script>code()</script>"
_WRONG = 400


def number_text(portal: ProbedPortal) -> Seen:
    """Write a number with a trailing zero, and read it."""
    read = _read_back(portal, "number", _NUMBER, type="number", fieldType="number")
    return _form(read, {_NUMBER: "as_written", "17": "shortest"})


def date_text(portal: ProbedPortal) -> Seen:
    """Write a date, and read it."""
    read = _read_back(portal, "date", _DAY, type="date", fieldType="date")
    return _form(read, {_DAY: "day", _DAY_MS: "milliseconds"})


def html_text(portal: ProbedPortal) -> Seen:
    """Write HTML that contains a script, and read it."""
    read = _read_back(portal, "html", _HTML, type="string", fieldType="html")
    if read is not None and "script" not in read and "text" in read:
        return Seen("sanitised")
    return _form(read, {_HTML: "as_written"})


def phone_text(portal: ProbedPortal) -> Seen:
    """Write a phone number with spaces and brackets, and read it."""
    contact = portal.created(CONTACTS, portal.email(), phone=_PHONE)
    read = portal.value(CONTACTS, contact, "phone")
    return _form(read, {_PHONE: "as_written", "+493012345": "digits"})


def written_null(portal: ProbedPortal) -> Seen:
    """Clear a value with an empty text, and write ``null`` over another one, in version v3."""
    company = portal.created(COMPANIES, portal.name("null"), city="one")
    portal.change(COMPANIES, company, city="")
    if portal.value(COMPANIES, company, "city"):
        return Seen(None, "an empty text does not clear the property")
    portal.change(COMPANIES, company, city="two")
    body = {"properties": {"city": None}}
    reply = portal.send("PATCH", paths_of("v3").record(COMPANIES, company), body)
    if not reply.is_success:
        return Seen("refused") if reply.status == _WRONG else Seen(None, f"status {reply.status}")
    return Seen("ignored" if portal.value(COMPANIES, company, "city") == "two" else "clears")


def _read_back(portal: ProbedPortal, what: str, value: str, **fields: Any) -> str | None:
    """Create a property, write a value into it, and read the value."""
    name = f"{PREFIX}_{what}"
    portal.define(name, **fields)
    company = portal.created(COMPANIES, portal.name(what), **{name: value})
    return portal.value(COMPANIES, company, name)


def _form(read: str | None, known: dict[str, str]) -> Seen:
    """Return the choice for a value that was read in a ``known`` form; otherwise show the value itself.

    The value may be shown, because the probe has written it: it contains no data of the portal.
    """
    return Seen(known[read]) if read in known else Seen(None, f"read as {read}")
