"""A week of edits in a portal, with a simulated clock."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from reconciler.apply.options import ApplyOptions
from reconciler.emulator.app import Emulator
from reconciler.emulator.inprocess import EmulatorTransport
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.transport.rate_limiter import RateLimiter
from reconciler.hubspot.writer import PortalWriter
from reconciler.manifest.load import load_manifests
from reconciler.model.desired_records import Drift
from reconciler.model.drift import DriftFound
from reconciler.model.personal_data import MaskRules
from reconciler.model.selection import EVERYTHING, Selection
from reconciler.plan.context import PlanContext
from reconciler.plan.guards import DEFAULT_LIMITS, Guards
from reconciler.plan.plan import Guard, Plan
from reconciler.plan.records.policy import Policy
from reconciler.reconcile.apply import Connection, LockRequest, apply_plan
from reconciler.reconcile.drift import find_drift
from reconciler.reconcile.plan import plan_changes
from reconciler.state.run_types import Actor
from reconciler.state.store import Store, memory_state
from tests.support.projects import PORTAL

ADA = {"type": "CRM_UI", "id": "userId:7", "userId": 7}
GRACE = {"type": "CRM_UI", "id": "userId:8", "userId": 8}  # she left the company on Friday
FILLER = {"type": "AUTOMATION_PLATFORM", "id": "5512", "label": "Fill countries"}
ERP = {"type": "INTEGRATION", "id": "88001", "label": "Nightly ERP"}
FAIR = {"type": "IMPORT", "id": "413", "label": "Fair in Kassel.csv"}

SEED: Mapping[str, Any] = {
    "version": 1,
    "owners": [
        {"id": "71", "email": "ada@acme.example", "firstName": "Ada", "lastName": "Lindner", "userId": 7},
        {
            "id": "72",
            "email": "grace@acme.example",
            "firstName": "Grace",
            "lastName": "Huber",
            "archived": True,
            "userIdIncludingInactive": 8,
        },
    ],
    "properties": {
        "companies": [
            {
                "name": "external_id",
                "label": "External id",
                "type": "string",
                "fieldType": "text",
                "groupName": "companyinformation",
                "hasUniqueValue": True,
            }
        ]
    },
    "records": {
        "companies": [
            {
                "properties": {"external_id": "old-friend", "name": "Old Friend KG", "country": "Austria"},
                "createdAt": "2026-10-01T08:00:00Z",
            }
        ]
    },
}


@dataclass
class Clock:
    """A simulated clock; each time it is read, it moves on a little."""

    at: datetime

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=20)
        return self.at


@dataclass
class Portal:
    """The portal, the people who edit it, and the state of the project that manages it."""

    http: httpx.Client
    clock: Clock
    store: Store
    folder: Path
    ids: dict[str, str] = field(default_factory=dict)

    def passes_to(self, day: int, hour: int, minute: int = 0) -> None:
        """Set the clock to a day in November 2026; the 16th is a Monday."""
        self.clock.at = datetime(2026, 11, day, hour, minute, tzinfo=UTC)

    def edit(self, key: str, source: Mapping[str, Any], **properties: str) -> None:
        """Change a company, with ``source`` as the author."""
        self._control(key, {"source": source, "properties": properties})

    def archive(self, key: str) -> None:
        self._control(key, {"archive": True})

    def merge(self, primary: str, other: str) -> None:
        ids = {"primaryObjectId": self._id(primary), "objectIdToMerge": self._id(other)}
        self.http.post("/crm/v3/objects/companies/merge", json=ids).raise_for_status()

    def create(self, key: str, name: str) -> None:
        body = {"properties": {"external_id": key, "name": name}}
        self.http.post("/crm/v3/objects/companies", json=body).raise_for_status()

    def plan(self, drift: Drift = Drift.REVERT) -> Plan:
        desired = load_manifests(self.folder, ["."], "production", ("production",))
        here = PlanContext(
            environment="production",
            portal_id=PORTAL,
            policy=Policy(drift),
            selection=EVERYTHING,
            guards=Guards(DEFAULT_LIMITS, {Guard.CREATE: 999}),
            masks=MaskRules(),
            stand_ins={},
            commit=None,
            has_uncommitted=False,
            created_at=self.clock(),
            keeps_state=True,
            reviewed=None,
            skips_invalid=False,
        )
        return plan_changes(desired, self._reader(), self.store, here, lambda _done, _total: None)

    def apply(self, drift: Drift = Drift.REVERT) -> None:
        connection = Connection(self._reader(), PortalWriter(self.http, "v3", RateLimiter()))
        claim = LockRequest(Actor("robot", "ci", 1), 0, self.clock, lambda _s: None)
        options = ApplyOptions(parallelism=1)
        result = apply_plan(
            self.plan(drift), connection, self.store, claim, options=options, limits=DEFAULT_LIMITS
        )
        assert result.stopped_by is None

    def drift(self, selection: Selection = EVERYTHING) -> DriftFound:
        return find_drift(
            self._reader(),
            self.store,
            environment="production",
            portal_id=PORTAL,
            selection=selection,
            masks=MaskRules(),
            now=self.clock(),
            progress=lambda _done, _total: None,
        )

    def _reader(self) -> PortalReader:
        return PortalReader(self.http, "v3", RateLimiter())

    def _control(self, key: str, what: Mapping[str, Any]) -> None:
        body = {"object": "companies", "id": self._id(key), **what}
        self.http.post(f"/_emulator/portals/{PORTAL}/edits", json=body).raise_for_status()

    def _id(self, key: str) -> str:
        body = {"inputs": [{"id": key}], "idProperty": "external_id", "properties": []}
        answer = self.http.post("/crm/v3/objects/companies/batch/read", json=body).raise_for_status()
        return str(answer.json()["results"][0]["id"])


@contextmanager
def portal(folder: Path, manifest: str) -> Iterator[Portal]:
    """Yield a portal on a Monday morning, before the first apply."""
    (folder / "companies.yaml").write_text(manifest)
    clock = Clock(datetime(2026, 11, 16, 8, 0, tzinfo=UTC))
    with closing(Emulator(None, now=clock)) as emulator, closing(memory_state(PORTAL)) as store:
        emulator.ensure_portal(PORTAL, SEED)
        transport = EmulatorTransport(emulator, PORTAL)
        with httpx.Client(transport=transport, base_url="https://api.hubapi.com") as http:
            yield Portal(http, clock, store, folder)
