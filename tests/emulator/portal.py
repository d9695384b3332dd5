"""Fixtures for tests of the emulator: a clock that only tests move, and a portal with a client."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from reconciler.emulator.app import Emulator
from reconciler.emulator.inprocess import EmulatorTransport

START = datetime(2026, 11, 22, 8, 0, 0, 101_000, tzinfo=UTC)
PORTAL_ID = 1234567
KEY: dict[str, Any] = {
    "name": "ext_key",
    "label": "External key",
    "type": "string",
    "fieldType": "text",
    "hasUniqueValue": True,
}


@dataclass
class Clock:
    """A clock that moves only if a test calls ``advance`` or the emulator sleeps; sleeping takes no time."""

    now: datetime = START
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)


@dataclass
class Portal:
    """An emulator with one portal, and an HTTP client with all scopes."""

    emulator: Emulator
    clock: Clock
    client: httpx.Client

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.client.post(path, json=body)

    def create(self, object_type: str, **properties: str) -> str:
        """Create a record and return its id."""
        response = self.post(f"/crm/v3/objects/{object_type}", {"properties": properties})
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    def read(self, object_type: str, record_id: str, *names: str) -> dict[str, Any]:
        """Return the named properties of a record."""
        response = self.client.get(
            f"/crm/v3/objects/{object_type}/{record_id}", params={"properties": ",".join(names)}
        )
        assert response.status_code == 200, response.text
        return dict(response.json()["properties"])

    def batch(self, object_type: str, operation: str, inputs: Sequence[Any], **more: Any) -> httpx.Response:
        return self.post(f"/crm/v3/objects/{object_type}/batch/{operation}", {"inputs": inputs, **more})

    def client_with(self, token: str | None) -> httpx.Client:
        """Return a client that sends ``token``; the emulator checks it as on a port."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.Client(
            transport=EmulatorTransport(self.emulator), base_url="https://api.hubapi.com", headers=headers
        )


@contextmanager
def opened(seed: Mapping[str, object] | None = None) -> Iterator[Portal]:
    """Yield a portal in memory; its search shows new data at once, unless the seed sets a delay."""
    clock = Clock()
    with closing(Emulator(None, now=clock, sleep=clock.sleep)) as emulator:
        emulator.ensure_portal(PORTAL_ID, {"search_lag_ms": 0, **(seed or {})})
        transport = EmulatorTransport(emulator, PORTAL_ID)
        with httpx.Client(transport=transport, base_url="https://api.hubapi.com") as client:
            yield Portal(emulator, clock, client)
