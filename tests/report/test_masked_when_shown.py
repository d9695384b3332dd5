"""Reports mask what they show, and read as if everything had been masked before."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.drift import (
    DriftedValue,
    DriftFound,
    DriftHistory,
    MissingOwnedRecord,
    RemovedAssociation,
)
from reconciler.model.live import MissingReason
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import StateVersion
from reconciler.model.property_history import ChangeSource, ValueVersion
from reconciler.model.runs import RunDetail, RunRow
from reconciler.plan.change import Change, ValueChange
from reconciler.plan.plan import Plan
from reconciler.report import shown
from reconciler.report.entries import Entries, as_it_is
from reconciler.report.mask import Masking
from reconciler.report.plan.change_sections import change_sections
from reconciler.report.renderers import RENDERERS, Renderer, cannot_show
from reconciler.report.text.layout import Layout
from reconciler.report.view import View
from tests.support.example_plan import UPDATES
from tests.support.example_run import HEADER
from tests.support.plans import any_facts, plans

T = TypeVar("T")

MASKED = Masking(b"secret and random")
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ID = RecordId("501")
OBJECTS = st.sampled_from(["contacts", "companies"])
NAMES = st.sampled_from(["email", "phone", "external_id"])
TEXTS = st.sampled_from(["a", "A", "b", "ada@acme.example", "Ada@acme.example", "a b"])
KEYS = st.builds(RecordAddress, OBJECTS, NAMES, TEXTS)
PERSONAL = st.lists(st.builds(ObjectProperty, OBJECTS, NAMES), unique=True).map(lambda of: tuple(sorted(of)))
HANDS = st.builds(ValueVersion, st.sampled_from(ChangeSource), TEXTS, st.just(NOW), st.none() | TEXTS)
FACTS = st.lists(any_facts(TEXTS, KEYS, NAMES), max_size=2).map(tuple)
VALUES = st.none() | TEXTS
TRAILS = st.builds(DriftHistory, st.lists(HANDS, max_size=2).map(tuple))
DRIFTED = st.builds(DriftedValue, KEYS, st.just(ID), NAMES, VALUES, VALUES, TRAILS, st.booleans())
MISSING = st.builds(MissingOwnedRecord, KEYS, st.just(ID), st.sampled_from(MissingReason), FACTS)
REMOVED = st.builds(RemovedAssociation, KEYS, st.just(ID), KEYS, st.just("associated"), VALUES)
ROWS = st.builds(
    RunRow,
    number=st.integers(0, 9),
    key=KEYS,
    action=st.sampled_from(["create", "update", "adopt", "associate"]),
    reason=st.just("changed"),
    record_id=st.none(),
    before=st.dictionaries(NAMES, VALUES, max_size=2),
    after=st.dictionaries(NAMES, VALUES, max_size=2),
    outcome=st.none() | st.sampled_from(["applied", "rejected", "stale", "unknown", "skipped"]),
    detail=st.dictionaries(st.just("message"), TEXTS, max_size=1),
    source=st.none(),
    target=st.none() | KEYS,
)


def several(entries: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(entries, max_size=8).map(tuple)


DRIFT = st.builds(
    DriftFound,
    *(st.just("0.1.0"), st.just(NOW), st.just("production"), st.just(1), st.just(StateVersion(None, 0))),
    looked_at=st.just(2),
    values=several(DRIFTED),
    lost=several(MISSING),
    read_calls=st.just(1),
    masked_properties=PERSONAL,
    pairs=several(REMOVED),
)
RUNS = st.builds(
    lambda rows, masked_properties: RunDetail(replace(HEADER, masked_properties=masked_properties), rows),
    several(ROWS),
    PERSONAL,
)


def inside(found: Any, kind: type[T]) -> Iterator[T]:
    """Return every instance of ``kind`` in ``found``, at any depth."""
    if isinstance(found, kind):
        yield found
    if isinstance(found, tuple):
        for one in found:
            yield from inside(one, kind)
    elif is_dataclass(found):
        for each in fields(found):
            yield from inside(getattr(found, each.name), kind)


@st.composite
def plans_of_people(draw: st.DrawFn) -> Plan:
    """Return plans in which half of the keys and values are personal, and many are equal."""
    plan = draw(plans)
    known = {key.key_property for key in inside(plan, RecordAddress)}
    known |= {
        ObjectProperty(key.object, value.name)
        for change in plan.changes
        for key in inside(change, RecordAddress)
        for value in inside(change, ValueChange)
    }
    known |= {ObjectProperty(held.key.object, held.name) for held in plan.held if held.name}
    chosen = draw(st.lists(st.sampled_from(sorted(known)), unique=True)) if known else []
    twice = tuple(draw(st.sampled_from([(), plan.changes])))
    return replace(
        plan,
        changes=(*plan.changes, *twice),
        masked_properties=tuple(sorted({*plan.masked_properties, *chosen})),
    )


class MaskedBefore(Entries[T]):
    """Entries that are all masked before they are counted, grouped or cut."""

    def __init__(self, bare: Sequence[T], mask: Callable[[T], T]) -> None:
        super().__init__(tuple(map(mask, bare)), as_it_is)


def both_ways(render: Callable[[T, View], str], subject: T, view: View) -> tuple[str, str]:
    """Return a report, and the same report made from a subject that was masked before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shown, "Entries", MaskedBefore)
        before = render(subject, view)
    return render(subject, view), before


@pytest.mark.parametrize("form", RENDERERS, ids=lambda form: form.name)
@given(plans_of_people(), st.booleans(), st.sampled_from([40, 120]))
def test_a_plan_reads_as_if_everything_had_been_masked(
    form: Renderer, plan: Plan, full: bool, width: int
) -> None:
    now, before = both_ways(form.plan, plan, View(MASKED, full=full, width=width))

    assert now == before


@pytest.mark.parametrize("form", RENDERERS, ids=lambda form: form.name)
@given(DRIFT, st.booleans())
def test_drift_reads_as_if_everything_had_been_masked(form: Renderer, found: DriftFound, full: bool) -> None:
    now, before = both_ways(form.drift, found, View(MASKED, full=full))

    assert now == before


@pytest.mark.parametrize(
    "form", [form for form in RENDERERS if form.run is not cannot_show], ids=lambda form: form.name
)
@given(RUNS, st.booleans())
def test_a_run_reads_as_if_everything_had_been_masked(form: Renderer, run: RunDetail, full: bool) -> None:
    now, before = both_ways(form.run, run, View(MASKED, full=full, shows_applied=True))

    assert now == before


def test_what_a_report_does_not_show_is_not_masked() -> None:
    values = UPDATES[0].values
    changes = [
        replace(
            UPDATES[0],
            address=RecordAddress("contacts", "email", f"{number}@acme.example"),
            values=tuple(replace(value, after=f"{value.name} {number}") for value in values),
        )
        for number in range(2_000)
    ]
    masked: list[Change] = []

    def mask(change: Change) -> Change:
        masked.append(change)
        return change

    (section,) = change_sections(Entries(changes, mask))
    lines = section.lines_with_heading(Layout(80, full=False, where=str))

    assert any("1,980 more" in piece.text for line in lines for piece in line)
    assert len(masked) < 100
