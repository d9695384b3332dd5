"""Records get the new value instead of a removed one, and none of their other values changes."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.plan.change import Action, Reason
from reconciler.plan.definitions.moves import Move, moved_record, moved_values, with_moved
from tests.support.definitions import address
from tests.support.nouns import live, owned

OLD = address("companies:properties/tier#options/old")
MOVE = Move(OLD, None, "tier", "old", "new")
CHOICES = st.lists(st.sampled_from(["old", "new", "a", "b"]), unique=True, min_size=1)


@given(CHOICES)
def test_only_one_of_several_choices_changes(chosen: list[str]) -> None:
    record = live("1", {"tier": ";".join(chosen)})
    values = moved_values([MOVE], record)
    assert bool(values) is ("old" in chosen)
    for value in values:
        after = (value.after or "").split(";")
        assert "old" not in after
        assert "new" in after
        assert len(after) == len(set(after))
        assert set(after) - {"new"} == set(chosen) - {"old", "new"}


def test_several_choices_that_go_away_move_together() -> None:
    other = Move(address("companies:properties/tier#options/a"), None, "tier", "a", "old")
    (value,) = moved_values([MOVE, other], live("1", {"tier": "a;b;old"}))
    assert value.after == "old;b;new"


def test_a_value_of_a_property_that_goes_moves_only_where_the_other_is_empty() -> None:
    move = Move(address("companies:properties/tier"), None, "tier", None, "rank")
    (value,) = moved_values([move], live("1", {"tier": "x", "rank": None}))
    assert (value.name, value.before, value.after) == ("rank", None, "x")
    assert not moved_values([move], live("1", {"tier": "x", "rank": "y"}))
    assert not moved_values([move], live("1", {"tier": None, "rank": None}))


def test_a_record_of_a_pipeline_that_goes_gets_a_stage_too() -> None:
    stages = {"s1": "t1", "s2": "t2"}
    move = Move(address("deals:pipelines/Old"), None, "pipeline", "p", "q", stages, "dealstage")
    values = moved_values([move], live("1", {"pipeline": "p", "dealstage": "s2"}))
    assert {value.name: value.after for value in values} == {"pipeline": "q", "dealstage": "t2"}


def test_a_record_stays_ours_or_not_ours() -> None:
    record = live("9001", {"tier": "old"})
    stranger = moved_record("companies", record, moved_values([MOVE], record), None)
    assert (stranger.record.text, stranger.owned) == ("companies/=9001", None)
    ours = moved_record(
        "companies", record, moved_values([MOVE], record), owned("acme", "9001", {"tier": "old"})
    )
    assert ours.record.text == "companies/acme"
    assert ours.owned is not None
    assert {stranger.reason, ours.reason} == {Reason.MIGRATED}


def test_a_change_that_writes_the_value_anyway_stays_as_it_is() -> None:
    record = live("9001", {"tier": "old", "name": "A"})
    change = moved_record("companies", record, moved_values([MOVE], record), None)
    assert with_moved(change, moved_values([MOVE], record)) == change
    other = Move(address("companies:properties/rank#options/old"), None, "rank", "old", "new")
    more = with_moved(change, moved_values([other], live("9001", {"rank": "old"})))
    assert [value.name for value in more.values] == ["rank", "tier"]
    assert more.action is Action.UPDATE
