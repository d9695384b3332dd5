"""Changes are grouped into batches of one call each, and become the inputs of the call."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from reconciler.apply.records.rows import row_of
from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.calls import BATCH_SIZE, Call, Operation
from reconciler.model.owned import Origin
from reconciler.plan.batches import all_batches, batches_of
from reconciler.plan.change import Change, Owned, Reason, ValueChange
from reconciler.plan.kinds import verb_of
from reconciler.plan.owned_changes import adopt_thing
from reconciler.plan.records.changes import create_record, update_record
from reconciler.plan.stages import stages_of
from reconciler.source import SourceRef

HERE = SourceRef("companies.yaml", 1, 1)
NAME = ValueChange("name", "Old", "New", Reason.CHANGED)
CLEARED = ValueChange("phone", "1", None, Reason.CHANGED)
BY_ID = Operation(Call.UPDATE, None)
BY_KEY = Operation(Call.UPDATE, "external_id")
UPSERT = Operation(Call.UPSERT, "external_id")


def key(value: str, object_name: str = "companies") -> RecordAddress:
    return RecordAddress(object_name, "external_id", value)


def create(value: str, object_name: str = "companies") -> Change:
    return create_record(key(value, object_name), (NAME,), Reason.MISSING, UPSERT, HERE)


def update(value: str, route: Operation = BY_ID) -> Change:
    return update_record(
        key(value),
        RecordId("9001"),
        (NAME, CLEARED),
        Reason.CHANGED,
        operation=route,
        source=HERE,
        owned=Owned(Origin.CREATED),
    )


def adopt(value: str) -> Change:
    return adopt_thing(key(value), RecordId("9002"), Reason.ADOPT, HERE, Owned(Origin.ADOPTED))


def test_changes_travel_with_their_like_and_keep_their_place_in_the_plan() -> None:
    changes = (create("a"), create("d", "deals"), create("e"), update("b"), update("c", UPSERT))
    assert [
        (batch.object, batch.operation, [number for number, _ in batch.entries])
        for batch in batches_of(enumerate(changes), count())
    ] == [
        ("companies", UPSERT, [0, 2]),
        ("deals", UPSERT, [1]),
        ("companies", BY_ID, [3]),
        ("companies", UPSERT, [4]),
    ]


def test_a_call_leaves_as_soon_as_it_is_full() -> None:
    changes = [create(str(number)) for number in range(BATCH_SIZE)] + [update("b"), create("last")]
    sizes = [(batch.number, len(batch.entries)) for batch in batches_of(enumerate(changes), count(7))]
    assert sizes == [(7, BATCH_SIZE), (8, 1), (9, 1)]


def test_changes_of_state_alone_make_no_call() -> None:
    changes = (adopt("b"), adopt("c"), create("a"))
    assert [
        [number for number, _ in batch.entries]
        for batch in all_batches(changes, stages_of(map(verb_of, changes)))
    ] == [[2]]


def test_a_row_is_named_by_record_id_or_by_key_as_its_route_says() -> None:
    assert row_of(7, update("acme")).id == "9001"
    assert row_of(7, update("acme", BY_KEY)).id == "acme"
    assert row_of(7, create("acme")).id == "acme"
    assert row_of(7, create("acme")).trace_id == "7"


def test_a_row_carries_what_is_written_and_clears_by_empty_text() -> None:
    assert row_of(0, update("acme")).properties == {"name": "New", "phone": ""}


@given(
    st.lists(
        st.one_of(
            st.sampled_from(["companies", "deals"]).map(lambda name: create("x", name)),
            st.sampled_from([BY_ID, BY_KEY, UPSERT]).map(lambda route: update("x", route)),
            st.just(adopt("x")),
        ),
        max_size=250,
    )
)
def test_every_change_is_in_exactly_one_batch(changes: list[Change]) -> None:
    batches = list(all_batches(changes, stages_of(map(verb_of, changes))))
    sent = [number for batch in batches for number, _ in batch.entries]
    remembered = [number for number, change in enumerate(changes) if not change.is_remote]
    assert sorted(sent + remembered) == list(range(len(changes)))
    assert all(0 < len(batch.entries) <= BATCH_SIZE for batch in batches)
    assert [batch.number for batch in batches] == list(range(len(batches)))
    for batch in batches:
        assert {(change.record.object, change.operation) for _, change in batch.entries} == {
            (batch.object, batch.operation)
        }
