"""A world with a real portal (the emulator in memory) and a real state (SQLite in memory)."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import httpx

from reconciler.apply.options import ApplyOptions
from reconciler.emulator.app import Emulator
from reconciler.emulator.calls import Answer, Request
from reconciler.emulator.inprocess import EmulatorTransport
from reconciler.hubspot.answers import PortalAnswers
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.transport.rate_limiter import RateLimiter
from reconciler.hubspot.writer import PortalWriter
from reconciler.manifest.load import load_manifests
from reconciler.model.addresses import RecordId
from reconciler.model.associations import OwnedAssociation
from reconciler.model.outcomes import Applied
from reconciler.model.owned import OwnedRecord
from reconciler.model.personal_data import MaskRules
from reconciler.model.runs import RunRow
from reconciler.model.selection import glob_of
from reconciler.plan.context import PlanContext
from reconciler.plan.guards import DEFAULT_LIMITS, Guards
from reconciler.plan.plan import Guard, Plan
from reconciler.plan.records.policy import Policy
from reconciler.reconcile.apply import Connection, LockRequest, apply_plan
from reconciler.reconcile.plan import plan_changes
from reconciler.state.run_types import Actor
from reconciler.state.store import Store, memory_state
from reconciler.state.writer import StateWriter
from tests.reconcile.whole_world import HERE, KEYS, LABELS, OBJECT, SCORE, SECOND, THERE, Ends, World
from tests.support.projects import PORTAL, UNHURRIED

READ = ("firstname", SCORE, SECOND, *KEYS)


class Portal(Emulator):
    """A portal with a rule that replaces texts in writes, as a workflow does that answers at once."""

    rule: tuple[bytes, bytes] = (b"", b"")

    def answer(self, request: Request) -> Answer:
        if self.rule[0] and "/batch/" in request.path and not request.path.endswith("/read"):
            request = replace(request, body=request.body.replace(*self.rule))
        return super().answer(request)


class Look(NamedTuple):
    """The contents of portal and state at one moment."""

    live: Mapping[RecordId, Mapping[str, str]]
    labels: Mapping[Ends, frozenset[str]]
    entries: Mapping[RecordId, OwnedRecord]
    pairs: tuple[OwnedAssociation, ...]


@dataclass(frozen=True)
class Opened:
    """A world whose portal and state exist."""

    world: World
    portal: Portal
    http: httpx.Client
    store: Store
    folder: Path

    def plan(self) -> Plan:
        """Plan the world; raise ``ManifestError`` if the manifests are wrong by themselves."""
        world = self.world
        desired = load_manifests(self.folder, ["."], HERE, (HERE, THERE))
        here = PlanContext(
            environment=HERE,
            portal_id=PORTAL,
            policy=Policy(
                world.drift,
                recreate=tuple(map(glob_of, world.recreate)),
                forgets_unmanaged=not world.selection.is_partial,
            ),
            selection=world.selection,
            guards=Guards(DEFAULT_LIMITS, dict.fromkeys(Guard, 999)),
            masks=MaskRules(),
            stand_ins={},
            commit=None,
            has_uncommitted=False,
            created_at=datetime.now(UTC),
            keeps_state=True,
            reviewed=None,
            skips_invalid=world.skips_invalid,
        )
        return plan_changes(desired, self._reader(), self.store, here, lambda _done, _total: None)

    def apply(self, plan: Plan) -> Sequence[RunRow]:
        """Apply a plan of this world; return the changes that were not applied."""
        connection = Connection(self._reader(), PortalWriter(self.http, "v3", RateLimiter()))
        result = apply_plan(
            plan, connection, self.store, CLAIM, options=ApplyOptions(parallelism=1), limits=DEFAULT_LIMITS
        )
        assert result.stopped_by is None
        return [row for row in result.run.rows if row.outcome != Applied.word]

    def writer(self) -> StateWriter:
        """Take the lock on the state."""
        return CLAIM.acquire(self.store)

    def look(self) -> Look:
        """Read portal and state."""
        names = {"properties": ",".join(READ), "limit": "100"}
        found = self.http.get(f"/crm/v3/objects/{OBJECT}", params=names).raise_for_status().json()["results"]
        live = {
            RecordId(each["id"]): {name: text for name in READ if (text := each["properties"].get(name))}
            for each in found
        }
        entries = {
            entry.record_id: entry
            for object_name, by, count in self.store.owned_groups()
            for entry in self.store.owned_in_order(object_name, by, None, count)
        }
        labels: dict[Ends, frozenset[str]] = {}
        for one in live:
            path = f"/crm/v4/objects/{OBJECT}/{one}/associations/{OBJECT}"
            for each in self.http.get(path).raise_for_status().json()["results"]:
                other = RecordId(str(each["toObjectId"]))
                if one < other:
                    texts = (kind["label"] for kind in each["associationTypes"])
                    labels[one, other] = frozenset(text for text in texts if text)
        return Look(live, labels, entries, self.store.pairs(OBJECT, OBJECT))

    def _reader(self) -> PortalReader:
        return PortalReader(self.http, "v3", RateLimiter(), _ANSWERS)


CLAIM = LockRequest(Actor("robot", "ci", 1), 0, lambda: datetime.now(UTC), lambda _s: None)
_ANSWERS = PortalAnswers()
"""The account and the definitions, which are the same in all worlds."""


@cache
def _emulator() -> Portal:
    return Portal(None)


@cache
def _store() -> Store:
    return memory_state(PORTAL)


@contextmanager
def shared_portal_and_state() -> Iterator[None]:
    """Open the portal and the state that all worlds inside the block use, one after the other."""
    with closing(_emulator()), closing(_store()):
        yield
    _emulator.cache_clear()
    _store.cache_clear()


@contextmanager
def opened(world: World) -> Iterator[Opened]:
    """Open a world: make its portal, its state and its files."""
    emulator = _emulator()
    emulator.ensure_portal(PORTAL, {"limits": UNHURRIED, **world.seed()})
    transport = EmulatorTransport(emulator, PORTAL)
    store = _store()
    with (
        tempfile.TemporaryDirectory() as folder,
        httpx.Client(transport=transport, base_url="https://api.hubapi.com") as http,
    ):
        try:
            made = Opened(world, emulator, http, store, Path(folder))
            (made.folder / "contacts.yaml").write_text(
                "---\n".join(f"{each}\n" for each in world.documents())
            )
            for (one, other), labels in world.labels.items():
                _associate(http, one, other, labels)
            with made.writer() as writer:
                writer.import_state(world.export())
            yield made
        finally:
            emulator.rule = (b"", b"")
            with CLAIM.acquire(store) as writer:
                writer.drop()
            emulator.reset(PORTAL)


def _associate(http: httpx.Client, one: RecordId, other: RecordId, labels: frozenset[str]) -> None:
    path = f"/crm/v4/objects/{OBJECT}/{one}/associations"
    if labels:
        types = [
            {"associationCategory": "USER_DEFINED", "associationTypeId": LABELS[text]} for text in labels
        ]
        http.put(f"{path}/{OBJECT}/{other}", json=types).raise_for_status()
    else:
        http.put(f"{path}/default/{OBJECT}/{other}").raise_for_status()
