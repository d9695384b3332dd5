"""The fast comparison gives the same result as the full one."""

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.desired_records import Drift, Ownership, RecordDirectives
from reconciler.plan.records.compare import compare_record
from reconciler.plan.records.policy import Policy
from reconciler.plan.records.sides import RecordSides
from reconciler.plan.values.resolve import Resolver
from tests.support.nouns import FILES, definition, desired, document, live, owned

NAMES = ("amount", "born", "hubspot_owner_id", "level", "name", "nowhere")
SCHEMA = ObjectSchema(
    name="companies",
    path="companies",
    properties={
        known.name: known
        for known in (
            definition("amount", Kind.NUMBER),
            definition("born", Kind.DATE, is_read_only=True),
            definition("external_id", is_unique=True),
            definition("hubspot_owner_id", Kind.OWNER),
            definition("level", Kind.CHOICE, "1"),
            definition("name"),
        )
    },
    pipelines=(),
    required=("name",),
    default_key=None,
    has_upsert=True,
)
texts = st.sampled_from(["1", "1.0", "2"])
values = st.dictionaries(st.sampled_from(NAMES), st.none() | texts)
ownerships = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(Ownership))


@given(
    written=values,
    # Mostly the written value, or else hardly any two values would be equal.
    moved=values,
    sent=values,
    answered=st.just({}) | values,
    ownership=ownerships,
    record_id=st.sampled_from(["1", "2"]),
    drift=st.sampled_from(Drift),
)
@example({"name": "1", "level": "1"}, {}, {}, {}, {}, "1", Drift.REVERT)
@example({"name": "1", "hubspot_owner_id": "2"}, {}, {}, {}, {}, "1", Drift.REVERT)
@example({"name": "1", "nowhere": None}, {}, {}, {}, {}, "1", Drift.REVERT)
@example({"name": None}, {}, {}, {}, {}, "1", Drift.REVERT)
def test_a_record_is_judged_the_same_by_the_short_way_and_the_long_one(
    written: dict[str, str | None],
    moved: dict[str, str | None],
    sent: dict[str, str | None],
    answered: dict[str, str | None],
    ownership: dict[str, Ownership],
    record_id: str,
    drift: Drift,
) -> None:
    record = desired("acme", dict(written), document(ownership=ownership))
    there = live("1", {name: text for name, text in (written | moved).items() if name in SCHEMA.properties})
    ours = owned("acme", record_id, written | sent, answered)
    resolver, policy = Resolver(SCHEMA, FILES, {}), Policy(drift)
    by_the_long_way = replace(record, special=RecordDirectives())  # not the shared instance

    short = compare_record(resolver, RecordSides(record, there, ours), policy)

    assert short == compare_record(resolver, RecordSides(by_the_long_way, there, ours), policy)
