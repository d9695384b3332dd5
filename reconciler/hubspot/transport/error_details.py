"""What an error of HubSpot's says: for people, and about which scopes, rows and records."""

import re

from reconciler.hubspot.transport.responses import Detail, ErrorBody
from reconciler.invisible_characters import visible
from reconciler.model.addresses import RecordId

_EXISTING_ID = re.compile(r"Existing ID:\s*(\d+)\s*$")


def explain(error: ErrorBody) -> str:
    """HubSpot's message in one line; a JSON array in it is replaced by what its entries say."""
    text, _ = error.split_message
    reasons = [reason for reason in map(_reason, error.details) if reason and reason not in text]
    parts = (" ".join(text.split()), "; ".join(dict.fromkeys(reasons)))
    return visible(": ".join(part for part in parts if part))


def _reason(detail: Detail) -> str:
    text = " ".join((detail.message or detail.code or "").split())
    unnamed = [name for name in detail.properties if name not in text]
    return f"{', '.join(unnamed)}: {text}" if unnamed and text else text


def missing_scopes(error: ErrorBody) -> tuple[str, ...]:
    """Scopes of a 403, any one of which would do. Sorted."""
    return tuple(sorted(set(_named(error, "requiredGranularScopes") or _named(error, "requiredScopes"))))


def existing_record(error: ErrorBody) -> RecordId | None:
    """The record that stands in the way, where a conflict names it.

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
    """Inputs that the error names by our own mark."""
    return tuple(_named(error, "objectWriteTraceId"))


def named_ids(error: ErrorBody) -> tuple[str, ...]:
    """Inputs that the error names by their ``id``."""
    return error.context.get("ids", ())


def named_sources(error: ErrorBody) -> tuple[str, ...]:
    """Records that the error says are associated with nothing."""
    return tuple(_named(error, "fromObjectId")) or named_ids(error)


def named_properties(error: ErrorBody) -> frozenset[str]:
    """Properties that the error is about."""
    return frozenset(name for detail in error.details for name in detail.properties) | frozenset(
        _named(error, "propertyName")
    )


def all_texts(error: ErrorBody) -> str:
    """Everything it says, for looking up what it mentions."""
    return "\n".join(text for text in (error.message, *(detail.message for detail in error.details)) if text)


def mentions(text: str, word: str) -> bool:
    """Whether ``word`` stands in ``text`` by itself, not as a part of a longer word or number."""
    return bool(word) and re.search(rf"(?<![\w.@+-]){re.escape(word)}(?![\w@+-]|\.\w)", text) is not None


def _named(error: ErrorBody, name: str) -> list[str]:
    """The values of ``name`` in the error's own context and in those of its details."""
    contexts = (error.context, *(detail.context for detail in error.errors))
    return [value for context in contexts for value in context.get(name, ())]
