"""A portal of the emulator, in process, whose definitions tests read, write, and change as a person."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx

from reconciler.emulator.app import Emulator
from reconciler.emulator.clock import utc_now
from reconciler.emulator.inprocess import EmulatorTransport
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.writer import PortalWriter
from reconciler.model.definitions import PortalSchema
from tests.hubspot.doubles import pacer_of

PORTAL_ID = 1000000
SEED: Mapping[str, Any] = {
    "version": 1,
    "groups": {"companies": [{"name": "erp", "label": "ERP"}]},
    "properties": {
        "companies": [
            {
                "name": "tier",
                "label": "Tier",
                "type": "enumeration",
                "fieldType": "select",
                "groupName": "erp",
                "options": [
                    {"label": "Gold", "value": "gold", "description": "best"},
                    {"label": "Basic", "value": "basic", "hidden": True},
                ],
            },
            {
                "name": "revenue",
                "label": "Revenue",
                "type": "number",
                "fieldType": "number",
                "groupName": "erp",
            },
        ]
    },
}


class DefinitionPortal:
    """One portal, with this program's reader and writer for it."""

    def __init__(self, emulator: Emulator, http: httpx.Client, version: str, names: Sequence[str]) -> None:
        self.emulator, self.http, self.names = emulator, http, names
        pacer = pacer_of()
        self.reader = PortalReader(http, version, pacer)
        self.writer = PortalWriter(http, version, pacer)

    @property
    def schema(self) -> PortalSchema:
        """The portal as planning sees it now."""
        return read_portal(PortalReader(self.http, "v3", pacer_of()), self.names, PORTAL_ID)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Call the API as another client does; paths begin after ``/crm/v3`` unless they have a version."""
        full = path if path.startswith("/crm") else f"/crm/v3{path}"
        answer = self.http.request(method, full, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None


@contextmanager
def definition_portal(
    seed: Mapping[str, Any] = SEED,
    version: str = "v3",
    names: Sequence[str] = ("companies", "contacts", "deals", "tickets"),
    now: Callable[[], datetime] = utc_now,
) -> Iterator[DefinitionPortal]:
    """Open a portal of an Enterprise account with ``seed``; ``names`` are the object types to read."""
    emulator = Emulator(None, now=now)
    emulator.ensure_portal(PORTAL_ID, dict(seed))
    transport = EmulatorTransport(emulator, PORTAL_ID)
    with httpx.Client(transport=transport, base_url="https://api.hubapi.com") as http:
        yield DefinitionPortal(emulator, http, version, names)
    emulator.close()
