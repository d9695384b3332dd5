"""A request and its answer as values, whether they come over a port or from the same process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from reconciler.emulator.versions import Version

TRUE = frozenset({"true", "True", "TRUE", "1"})


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. ``path`` is decoded; ``headers`` have lower-case names."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]
    body: bytes
    host_url: str = "https://api.hubapi.com"
    """Scheme and host in the client's URL; links in answers begin with them."""
    is_local: bool = True
    """Whether the request comes from this process or this machine.

    Only such requests may use the control routes.
    """
    is_in_process: bool = True
    """Whether the request comes from this process; such a request needs no token."""
    portal_id: int | None = None
    """The portal to use if the request has no token."""

    def link_to_next(self, after: str, path: str | None = None) -> str:
        """Return the URL of the next page of the same request, or of the pages at ``path``."""
        same = () if path else ((name, value) for name, values in self.query.items() for value in values)
        query = [(name, value) for name, value in same if name != "after"]
        return f"{self.host_url}{quote(path or self.path)}?{urlencode([*query, ('after', after)])}"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of an endpoint: a JSON body, or none."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer to send.

    ``content`` may be shorter than its Content-Length says: then the connection breaks in the middle.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    delay_s: float = 0.0
    """Seconds to wait before the first byte."""
    is_dropped: bool = False
    """Whether the connection closes without an answer."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The sender of a request: an app in a portal, with its scopes (None: all scopes)."""

    portal_id: int
    app_id: int
    scopes: frozenset[str] | None

    def may(self, any_of: Sequence[str]) -> bool:
        """Return whether the app has one of the scopes in ``any_of``, or ``any_of`` is empty."""
        return self.scopes is None or not any_of or not self.scopes.isdisjoint(any_of)


@dataclass(frozen=True, slots=True)
class Use:
    """The number of calls that a portal has used today, including this one."""

    today: int
    resets_at: datetime
    headers: Mapping[str, str]
    """The rate-limit headers of the answer."""


NO_USE = Use(0, datetime.fromtimestamp(0, UTC), {})
"""The ``Use`` of a request that does not count as a call: its answer has no rate-limit headers."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request as endpoints get it: parts of the path, query, JSON body, and its size in bytes."""

    args: Mapping[str, str]
    query: Mapping[str, tuple[str, ...]]
    body: Any
    size: int
    version: Version

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean parameter of the query.

        ``True`` is accepted because HubSpot's Python SDK writes it.
        """
        values = self.query.get(name)
        return values[-1] in TRUE if values else default

    def text(self, name: str) -> str | None:
        """Return a text parameter of the query; None if it is missing."""
        values = self.query.get(name)
        return values[-1] if values else None

    def names(self, name: str) -> tuple[str, ...]:
        """Return a list parameter of the query: repeated (``a=x&a=y``), or with commas (``a=x,y``)."""
        return tuple(part for value in self.query.get(name, ()) for part in value.split(",") if part)
