"""A request and its answer, apart from the way they travel (port or in process)."""

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
    """Scheme and host as the client named them: where the links in answers lead."""
    is_local: bool = True
    """Whether it comes from this process or this machine: the control routes are for nobody else."""
    is_in_process: bool = True
    """Whether it comes from this process, which may do whatever it likes."""
    portal_id: int | None = None
    """A portal that the request acts for without a token."""

    def link_to_next(self, after: str) -> str:
        """The URL of the same request one page further."""
        query = [(name, value) for name, values in self.query.items() for value in values if name != "after"]
        return f"{self.host_url}{quote(self.path)}?{urlencode([*query, ('after', after)])}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint answers: a JSON body, or none."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer as it goes out.

    ``content`` may be shorter than its Content-Length says: the connection breaks in the middle then.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    delay_s: float = 0.0
    """Seconds that pass before the first byte."""
    is_dropped: bool = False
    """The connection closes without an answer."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a request: an app in a portal, with its scopes (None: all there are)."""

    portal_id: int
    app_id: int
    scopes: frozenset[str] | None

    def may(self, any_of: Sequence[str]) -> bool:
        """Whether one of the scopes was granted; nothing asked for is granted to everybody."""
        return self.scopes is None or not any_of or not self.scopes.isdisjoint(any_of)


@dataclass(frozen=True, slots=True)
class Use:
    """What a portal has used of its daily allowance, this call included."""

    today: int
    resets_at: datetime
    headers: Mapping[str, str]
    """What the answer tells about limits."""


NO_USE = Use(0, datetime.fromtimestamp(0, UTC), {})
"""Of what is no call."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request as endpoints see it: parts of the path, query, JSON body and its length in bytes."""

    args: Mapping[str, str]
    query: Mapping[str, tuple[str, ...]]
    body: Any
    size: int
    version: Version

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean of the query; HubSpot's Python SDK writes ``True``."""
        values = self.query.get(name)
        return values[-1] in TRUE if values else default

    def text(self, name: str) -> str | None:
        """A text of the query."""
        values = self.query.get(name)
        return values[-1] if values else None

    def names(self, name: str) -> tuple[str, ...]:
        """A list of the query, repeated (``a=x&a=y``) or joined (``a=x,y``)."""
        return tuple(part for value in self.query.get(name, ()) for part in value.split(",") if part)
