"""Short functions that build values for the journal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.associations import (
    NO_ASSOCIATIONS,
    Association,
    AssociationsAfter,
    OwnedAssociation,
    RecordRef,
)
from reconciler.model.calls import Call, Operation
from reconciler.model.labels import Label
from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.model.references import RecordIdentity
from reconciler.plan.change import Change, Owned, Reason, ValueChange
from reconciler.plan.kinds import Verb
from reconciler.plan.owned_changes import adopt_thing
from reconciler.plan.records.changes import create_record, update_record
from reconciler.source import SourceRef
from reconciler.state.kinds import OwnershipAfter
from reconciler.state.records.updates import RecordsAfter
from reconciler.state.run_types import Actor, RunStart
from reconciler.state.store import Store
from reconciler.state.writer import StateWriter

ADA = Actor("ada", "build-7", 4242, "https://ci.example/runs/1")
BOB = Actor("bob", "laptop", 17)

UPSERT = Operation(Call.UPSERT, "external_id")
UPDATE = Operation(Call.UPDATE, None)


@dataclass(slots=True)
class Clock:
    """A clock that moves only when a test moves it, or when the code under test sleeps."""

    time: datetime = field(default_factory=lambda: datetime(2026, 11, 22, 16, 45, tzinfo=UTC))

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def writer(store: Store, clock: Clock | None = None, actor: Actor = ADA, timeout_s: float = 0) -> StateWriter:
    clock = clock or Clock()
    return store.acquire(actor, now=clock.now, sleep=clock.sleep, timeout_s=timeout_s)


def start(planned: int = 1) -> RunStart:
    return RunStart("production", "sha256:1a2b", "0.1.0", ADA, {Verb.CREATE: planned})


def key(value: str, by: str = "external_id") -> RecordAddress:
    return RecordAddress("companies", by, value)


def at(line: int = 14) -> SourceRef:
    return SourceRef("manifests/companies.yaml", line, 7)


def value(name: str, before: str | None, after: str | None, reason: Reason = Reason.CHANGED) -> ValueChange:
    return ValueChange(name, before, after, reason, at())


def create(key_value: str, /, **values: str | None) -> Change:
    after = tuple(value(each, None, text, Reason.MISSING) for each, text in sorted(values.items()))
    return create_record(key(key_value), after, Reason.MISSING, UPSERT, at())


def update(name: str, record_id: str, *values: ValueChange, in_step: tuple[ValueChange, ...] = ()) -> Change:
    return update_record(
        key(name),
        RecordId(record_id),
        values,
        Reason.CHANGED,
        operation=UPDATE,
        source=at(),
        owned=Owned(Origin.ADOPTED),
        remembered=in_step,
    )


def adopt(name: str, record_id: str, *in_step: ValueChange) -> Change:
    return adopt_thing(
        key(name), RecordId(record_id), Reason.IN_STEP, at(), Owned(Origin.ADOPTED), remembered=in_step
    )


def applied(record_id: str, **answered: str | None) -> Applied:
    return Applied(RecordId(record_id), answered)


def owned(
    name: str,
    record_id: str | None = None,
    sent: Mapping[str, str | None] | None = None,
    answered: Mapping[str, str | None] | None = None,
    object_name: str = "companies",
    by: str = "external_id",
) -> OwnedRecord:
    """Build an owned record; acme is 9001, and any other key has its own id."""
    if record_id is None:
        record_id = "9001" if name == "acme" else str(int.from_bytes(name.encode(), "big"))
    return OwnedRecord(
        RecordAddress(object_name, by, name), RecordId(record_id), Origin.CREATED, sent or {}, answered or {}
    )


def ownership(
    owned: Iterable[OwnedRecord] = (),
    disowned: Iterable[RecordIdentity] = (),
    *,
    pairs: AssociationsAfter = NO_ASSOCIATIONS,
) -> OwnershipAfter:
    """Build the owned things after some changes; iterators are read only when they are stored."""
    records = RecordsAfter(cast("Sequence[OwnedRecord]", owned), tuple(disowned))
    return OwnershipAfter(records, pairs)


BILLING = Label("USER_DEFINED", 7, "Billing")


def pair(
    name: str,
    other: str,
    record_id: str = "9001",
    target_id: str = "501",
    label: Label | None = None,
    origin: Origin = Origin.CREATED,
) -> OwnedAssociation:
    """Build an owned association of a company and a contact."""
    contact = RecordAddress("contacts", "email", other)
    source, target = RecordRef(key(name), RecordId(record_id)), RecordRef(contact, RecordId(target_id))
    return OwnedAssociation(Association(source, target, label), origin, is_whole=True)
