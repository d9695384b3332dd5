"""A run in which most changes were applied."""

from dataclasses import replace
from datetime import UTC, datetime

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import StateVersion
from reconciler.model.runs import RunDetail, RunHeader, RunRow
from tests.support.plans import at

HEADER = RunHeader(
    id="20261122T093100Z-5f6b",
    portal_id=7654321,
    environment="production",
    plan_digest="sha256:aa11",
    tool_version="0.1.0",
    actor={"host": "runner-3", "user": "ada"},
    started_at=datetime(2026, 11, 22, 9, 31, tzinfo=UTC),
    finished_at=datetime(2026, 11, 22, 9, 31, 7, tzinfo=UTC),
    status="finished",
    state=StateVersion("5f0c9a52-6d1e-4a0b-9c63-0b1f7a1d2e34", 24427),
)


def row(number: int, key: RecordAddress, outcome: str | None, **detail: str) -> RunRow:
    return RunRow(
        number=number,
        key=key,
        action="update",
        reason="changed",
        record_id=RecordId(str(9000 + number)),
        before={"email": "ada@acme.example", "phone": None},
        after={"email": None, "phone": "+49 561 4711"},
        outcome=outcome,
        detail=detail,
        source=at(10 + number),
    )


def _deal(number: int) -> RecordAddress:
    return RecordAddress("deals", "deal_number", f"D-{number:04}")


RUN = RunDetail(
    HEADER,
    (
        *(row(number, _deal(number), "applied") for number in range(10)),
        row(
            10,
            RecordAddress("companies", "external_id", "acme"),
            "rejected",
            message='Property values were not valid: "industry" has no option "Foo"',
            category="VALIDATION_ERROR",
            correlation_id="5f0c11d2-8a4e-4d0b-9a53-3f6de1b2c7aa",
        ),
        row(
            11,
            RecordAddress("contacts", "email", "ada@acme.example"),
            "rejected",
            message="Contact already exists. Existing ID: 77 (ADA@acme.example)",
            category="CONFLICT",
            correlation_id="0c1d2e3f-1111-4222-8333-444455556666",
        ),
        row(12, _deal(12), "stale", message="dealstage is closedlost by now"),
        row(13, _deal(13), "unknown", message="no answer within 60 s"),
        *(
            row(number, _deal(number), "skipped", message="the run was interrupted")
            for number in range(14, 20)
        ),
        row(20, _deal(20), None),
    ),
)


def of_people(run: RunDetail, masked_properties: tuple[ObjectProperty, ...]) -> RunDetail:
    """Return ``run``, in which the values of ``masked_properties`` are personal."""
    return replace(run, header=replace(run.header, masked_properties=masked_properties))
