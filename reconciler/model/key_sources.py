"""Sources of the values of a new key: a property, a template, the record id, or a UUID."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from uuid import UUID, uuid5

from reconciler.model.addresses import RECORD_ID, RecordId

UUID_SOURCE = "uuid"
"""The source that makes a UUID for each record."""

_OF_EVERY_RECORD = frozenset({RECORD_ID, UUID_SOURCE})

_NAMESPACE = UUID("6f1c8f4e-7f6c-5d0a-9d5f-3c3f6d6f2b11")
"""The namespace of reconciler's UUIDs, so that they differ from other programs' UUIDs for the same text."""


@dataclass(frozen=True, slots=True)
class KeySource:
    """One source of values for a new key."""

    text: str  # as it was typed
    parts: tuple[str, ...]  # names of properties, ``record_id`` or ``uuid``: a record needs a value for each

    @property
    def names(self) -> tuple[str, ...]:
        """The properties whose values the source needs."""
        return tuple(part for part in self.parts if part not in _OF_EVERY_RECORD)

    @property
    def differs_between_portals(self) -> bool:
        """Whether the same real company or person gets another value in another portal."""
        return not _OF_EVERY_RECORD.isdisjoint(self.parts)

    def value(self, portal_id: int, record_id: RecordId, values: Mapping[str, str | None]) -> str | None:
        """Return the value for a record; None if it lacks a property that the source needs.

        A record gets the same UUID each time, so a second plan contains the same keys as the first.
        """
        held: dict[str, str] = {name: (values.get(name) or "").strip() for name in self.names}
        held |= {RECORD_ID: record_id, UUID_SOURCE: str(uuid5(_NAMESPACE, f"{portal_id}/{record_id}"))}
        if not all(held.values()):
            return None
        return (
            "".join(literal + (held[name] if name else "") for literal, name in _pieces(self.text))
            if "{" in self.text
            else held[self.text]
        )


def parse_key_source(text: str) -> KeySource:
    """Parse a source as it is typed: ``domain``, ``record_id``, ``uuid``, ``{domain}-{country}``.

    Raises:
        ValueError: the source is empty or a wrong template; the message says why.
    """
    if "{" not in text and "}" not in text:
        if not text:
            raise ValueError("a source is the name of a property, record_id, uuid or a template")
        return KeySource(text, (text,))
    names = tuple(dict.fromkeys(name for _, name in _pieces(text) if name))
    if not names:
        raise ValueError(
            f"{text!r} does not name a property: write a template such as {{domain}}-{{country}}"
        )
    return KeySource(text, names)


def _pieces(template: str) -> list[tuple[str, str]]:
    """Divide a template into texts, each with the property after it ("" for no property).

    Raises:
        ValueError: a brace is not closed, or there is more than a name between two braces.
    """
    try:
        parsed = list(Formatter().parse(template))
    except ValueError:
        raise ValueError(f"a brace of {template!r} is not closed") from None
    for _, name, form, conversion in parsed:
        if name is not None and (not name.isidentifier() or form or conversion):
            raise ValueError(f"{template!r} may have only names of properties between braces")
    return [(literal, name or "") for literal, name, _, _ in parsed]
