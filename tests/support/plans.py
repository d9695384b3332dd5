"""Plans for tests of everything that reads or shows one: any plan (Hypothesis), and building blocks."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from reconciler.errors import Problem, Severity
from reconciler.model.objects import RECORD_ID, RecordKey
from reconciler.model.owned import Origin, StateVersion
from reconciler.model.records import RecordId
from reconciler.model.writes import Call, Route
from reconciler.plan.changes import (
    Adopt,
    Budget,
    Change,
    Create,
    Held,
    ManifestsRead,
    Plan,
    Reason,
    Update,
    ValueChange,
)
from reconciler.source import SourceRef

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
"""Any text there is: controls, marks of direction, wide and combining characters."""

long_texts = texts | st.text(st.sampled_from("ab \n\tä世\u202e→\u2039"), max_size=300)
maybe_texts = st.none() | long_texts
names = st.sampled_from(["email", "name", "phone", "hs_lead_status", "a_rather_long_property_name_it_is"])
counts = st.integers(0, 10**9)
sources = st.builds(
    SourceRef,
    file=st.sampled_from(["companies.yaml", "clients/acme/deals.yaml"]) | texts,
    line=st.integers(1, 99_999),
    column=st.integers(1, 200),
)
keys = st.builds(
    RecordKey,
    object=st.sampled_from(["companies", "contacts", "deals", "p12_car"]),
    by=st.sampled_from(["external_id", "email", RECORD_ID]),
    value=texts,
)
record_ids = st.integers(1, 10**12).map(lambda number: RecordId(str(number)))
routes = st.builds(Route, st.sampled_from(Call), st.none() | names)
reasons = st.sampled_from(Reason)
origins = st.sampled_from(Origin)


def _by_name(values: list[ValueChange]) -> tuple[ValueChange, ...]:
    return tuple(sorted(values, key=lambda value: value.name))


value_changes = st.builds(
    ValueChange,
    name=names | texts,
    before=maybe_texts,
    after=maybe_texts,
    reason=reasons,
    source=st.none() | sources,
)
values = st.lists(value_changes, max_size=4, unique_by=lambda value: value.name).map(_by_name)
changes: st.SearchStrategy[Change] = st.one_of(
    st.builds(Create, key=keys, values=values, reason=reasons, route=routes, source=sources),
    st.builds(
        Update,
        key=keys,
        record_id=record_ids,
        values=values,
        in_step=values,
        reason=reasons,
        route=routes,
        source=sources,
        origin=origins,
    ),
    st.builds(
        Adopt,
        key=keys,
        record_id=record_ids,
        in_step=values,
        reason=reasons,
        source=sources,
        origin=origins,
    ),
)
helds = st.builds(
    Held,
    key=keys,
    name=st.none() | names,
    reason=reasons,
    live=maybe_texts,
    desired=maybe_texts,
    source=sources,
    note=texts,
)
problems = st.builds(
    Problem,
    message=texts,
    advice=st.none() | long_texts,
    source=st.none() | sources,
    address=st.none() | keys.map(lambda key: key.address),
    severity=st.sampled_from(Severity),
)
plans = st.builds(
    Plan,
    tool_version=texts,
    created_at=st.datetimes(timezones=st.just(UTC)),
    environment=texts,
    portal_id=counts,
    portal_type=texts,
    api_version=texts,
    state=st.builds(StateVersion, lineage=st.none() | texts, serial=counts),
    manifests=st.builds(ManifestsRead, digest=texts, files=counts, records=counts, git=st.none() | texts),
    changes=st.lists(changes, max_size=6).map(tuple),
    held=st.lists(helds, max_size=3).map(tuple),
    problems=st.lists(problems, max_size=3).map(tuple),
    no_op=counts,
    budget=st.builds(
        Budget,
        read_calls=counts,
        write_calls=counts,
        seconds=st.floats(0, 10**6),
        daily_remaining=st.none() | counts,
    ),
    write_scopes=st.lists(texts, max_size=3).map(tuple),
    personal=st.lists(
        st.tuples(st.sampled_from(["contacts", "companies"]), names), max_size=4, unique=True
    ).map(tuple),
)
"""Any plan, whether or not planning would ever make it."""


def plan_of(
    *changes: Change,
    held: tuple[Held, ...] = (),
    problems: tuple[Problem, ...] = (),
    personal: tuple[tuple[str, str], ...] = (),
    environment: str = "production",
    lineage: str | None = "5f6b1c9e",
    no_op: int = 0,
    budget: Budget = Budget(read_calls=5, write_calls=0, seconds=0.0, daily_remaining=250_000),  # noqa: B008 - a value
) -> Plan:
    """A plan for the portal of these tests."""
    return Plan(
        tool_version="0.1.0",
        created_at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
        environment=environment,
        portal_id=7654321,
        portal_type="STANDARD",
        api_version="2026-03",
        state=StateVersion(lineage=lineage, serial=41),
        manifests=ManifestsRead(digest="sha256:aa11", files=4, records=120, git="3f2c9ab41d7e"),
        changes=changes,
        held=held,
        problems=problems,
        no_op=no_op,
        budget=budget,
        write_scopes=("crm.objects.companies.write",) if changes else (),
        personal=personal,
    )


def at(line: int, file: str = "companies.yaml", column: int = 7) -> SourceRef:
    """A place in a manifest."""
    return SourceRef(file, line, column)
