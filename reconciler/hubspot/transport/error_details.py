"""Details of HubSpot's errors: a message for people, and the scopes, rows and records that they name."""

import re

from reconciler.hubspot.transport.responses import Detail, ErrorBody
from reconciler.invisible_characters import visible
from reconciler.model.addresses import RecordId

_EXISTING_ID = re.compile(r"Existing ID:\s*(\d+)\s*$")


def message_of(error: ErrorBody) -> str:
    """Return HubSpot's message in one line.

    Messages in ``error.details`` are added unless HubSpot's message already contains them.
    """
    text, _ = error.split_message
    reasons = [reason for reason in map(_reason, error.details) if reason and reason not in text]
    parts = (" ".join(text.split()), "; ".join(dict.fromkeys(reasons)))
    return visible(": ".join(part for part in parts if part))


def _reason(detail: Detail) -> str:
    text = " ".join((detail.message or detail.code or "").split())
    unnamed = [name for name in detail.properties if name not in text]
    return f"{', '.join(unnamed)}: {text}" if unnamed and text else text


def missing_scopes(error: ErrorBody) -> tuple[str, ...]:
    """Return the scopes that a 403 names, sorted; the token needs one of them."""
    return tuple(sorted(set(_named(error, "requiredGranularScopes") or _named(error, "requiredScopes"))))


def existing_record(error: ErrorBody) -> RecordId | None:
    """Return the record that exists already, if the error is a conflict that names it.

    Source: https://community.hubspot.com/t5/APIs-Integrations/Updated-409-Conflict-responses/m-p/951534.
    """
    if error.identity_profile.vid:
        return RecordId(error.identity_profile.vid)
    for text in (error.message, *(detail.message for detail in error.errors)):
        found = _EXISTING_ID.search(text or "")
        if found:
            return RecordId(found[1])
    return None


def named_trace_ids(error: ErrorBody) -> tuple[str, ...]:
    """Return the trace ids of inputs that the error names."""
    return tuple(_named(error, "objectWriteTraceId"))


def named_ids(error: ErrorBody) -> tuple[str, ...]:
    """Return the ids of inputs that the error names."""
    return error.context.get("ids", ())


def named_sources(error: ErrorBody) -> tuple[str, ...]:
    """Return the ids of records that have no associations according to the error."""
    return tuple(_named(error, "fromObjectId")) or named_ids(error)


def named_properties(error: ErrorBody) -> frozenset[str]:
    """Return the names of the properties that the error is about."""
    return frozenset(name for detail in error.details for name in detail.properties) | frozenset(
        _named(error, "propertyName")
    )


def all_texts(error: ErrorBody) -> str:
    """Return all texts of the error in one text, to search for ids and values in it."""
    return "\n".join(text for text in (error.message, *(detail.message for detail in error.details)) if text)


def mentions(text: str, word: str) -> bool:
    """Return whether ``word`` is in ``text`` as a whole word, not as a part of a longer word or number."""
    return bool(word) and re.search(rf"(?<![\w.@+-]){re.escape(word)}(?![\w@+-]|\.\w)", text) is not None


def _named(error: ErrorBody, name: str) -> list[str]:
    """Return the values called ``name`` in the error's own context and in the contexts of its details."""
    contexts = (error.context, *(detail.context for detail in error.errors))
    return [value for context in contexts for value in context.get(name, ())]
