"""A record that a manifest names, by any key, is never archived, and never removed from state."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.desired_records import Prune, RecordDirectives
from reconciler.model.selection import EVERYTHING, Selection, glob_of, means
from reconciler.plan.change import Action, Reason
from reconciler.plan.plan import Plan
from tests.plan.worlds import OLD, World, rekeyed_worlds
from tests.support.nouns import desired, document, owned


def named(world: World) -> set[RecordId]:
    """Return the live records that manifests name, selected or not, by present or previous keys."""
    found = set()
    for records, by in ((world.records, "external_id"), (world.numbered, "erp_no")):
        for record in records:
            keys = {record.key, record.special.renamed_from} - {None}
            if not record.special.is_absent:
                found |= {record_id for record_id, held in world.live.items() if held.get(by) in keys}
    return found


def unwanted(world: World) -> set[RecordId]:
    """Return the live records that manifests declare as absent."""
    keys = {record.key for record in world.records if record.special.is_absent}
    return {record_id for record_id, held in world.live.items() if held.get("external_id") in keys}


def assert_nothing_named_goes(world: World, plan: Plan) -> None:
    going = {change.remote.id for change in plan.changes if change.action is Action.ARCHIVE}
    gone = {
        change.remote.id
        for change in plan.changes
        if change.action is Action.RELEASE and change.reason in {Reason.GONE, Reason.PRUNED}
    }
    assert going.isdisjoint(named(world) - unwanted(world))
    assert gone.isdisjoint(named(world) - unwanted(world))


@settings(max_examples=150)
@given(rekeyed_worlds())
def test_a_record_named_by_any_key_is_neither_archived_nor_released_as_gone(world: World) -> None:
    plan = world.plan()
    assert_nothing_named_goes(world, plan)
    after = world.after(plan)
    assert_nothing_named_goes(after, after.plan())


@settings(max_examples=100)
@given(rekeyed_worlds())
def test_state_keeps_whatever_is_named_and_ours(world: World) -> None:
    ours = {entry.record_id for entry in world.owned.values()} & (named(world) - unwanted(world))
    after = world.after(world.plan())
    assert ours <= {entry.record_id for entry in after.owned.values()}


def missed(world: World) -> dict[str, RecordId]:
    """Return owned records that manifests name by an old number that no record has now, by new number.

    If another line names the record, too, the first line is about a new record, so none is missed.
    """
    known = {
        entry.sent.get("erp_no"): entry for entry in world.owned.values() if entry.key.by == "external_id"
    }
    there = {*world.by_key("erp_no"), *world.owned_by("erp_no")}
    keys = {key for record in world.records for key in (record.key, record.special.renamed_from)}
    found: dict[str, RecordId] = {}
    for record in world.numbered:
        numbers = [number for number in (record.key, record.special.renamed_from) if number]
        entry = next((known[number] for number in numbers if number in known), None)
        if entry is not None and there.isdisjoint(numbers) and entry.key.value not in keys:
            found[record.key] = entry.record_id
    return {number: record_id for number, record_id in found.items() if record_id not in named(world)}


@settings(max_examples=150)
@given(rekeyed_worlds())
def test_a_record_that_is_gone_is_missed_by_its_new_key_and_not_made_again(world: World) -> None:
    lost, changes = missed(world), world.plan().changes
    made = {change.record.value for change in changes if change.action is Action.CREATE}
    again = {number for number in lost if means(world.recreate, RecordAddress("companies", "erp_no", number))}
    assert made & lost.keys() <= again
    ended = {change.remote.id for change in changes if change.action in {Action.ARCHIVE, Action.RELEASE}}
    assert ended.isdisjoint(lost.values())


def test_rekeyed_worlds_meet_what_they_are_for() -> None:
    """The random worlds contain records with new keys, also exchanged keys, and archived records."""
    seen: set[str] = set()

    @settings(max_examples=400, database=None, derandomize=True)
    @given(rekeyed_worlds())
    def collect(world: World) -> None:
        plan = world.plan()
        moved = {
            (change.record.by, change.moved_from.by)
            for change in plan.changes
            if change.action in {Action.UPDATE, Action.ADOPT} and change.moved_from
        }
        seen.update("-".join(pair) for pair in moved)
        seen.update("missed" for _ in missed(world))
        seen.update(
            "archive beside a move" for change in plan.changes if moved and change.action is Action.ARCHIVE
        )

    collect()
    assert seen >= {
        "erp_no-external_id",
        "external_id-erp_no",
        "external_id-external_id",
        "archive beside a move",
        "missed",
    }


def test_a_gone_record_that_a_line_says_must_not_exist_is_not_missed_by_its_new_key() -> None:
    """The line with the new key is about another record, even if gone records may be created again."""
    world = World(
        records=(replace(desired("b", {}), special=RecordDirectives(is_absent=True)),),
        live={},
        owned={"b": owned("b", RecordId("9001"), {"erp_no": "n1"})},
        recreate=(glob_of("companies/*"),),
        numbered=(desired("n1", {}, document(key="erp_no")),),
    )
    for each in (world, replace(world, recreate=())):
        planned = {(change.action, change.record.value) for change in each.plan().changes}
        assert planned == {(Action.RELEASE, "b"), (Action.CREATE, "n1")}


@pytest.mark.parametrize("is_left_out", [True, False])
def test_a_record_that_people_gave_an_old_key_of_another_line_stays(is_left_out: bool) -> None:
    """A plan with that line finds the record by this key, so a plan without the line keeps it in state."""
    renamed = replace(desired("b", {}), special=RecordDirectives(renamed_from=OLD))
    world = World(
        records=(renamed,),
        live={RecordId("9000"): {"external_id": OLD}},
        owned={"a": owned("a", RecordId("9000"), {}), "b": owned("b", RecordId("9001"), {})},
        prune=Prune.ALL,
        selection=Selection((glob_of("companies/a"),), ()) if is_left_out else EVERYTHING,
    )
    planned = [(change.action, change.record.value) for change in world.plan().changes]
    assert planned == ([] if is_left_out else [(Action.UPDATE, "b")])


def test_unwanted_records_that_exchanged_their_keys_are_archived_each_once() -> None:
    """The entry of an archived record is not kept in state under its record id."""
    unwanted_ones = tuple(replace(desired(key, {}), special=RecordDirectives(is_absent=True)) for key in "ab")
    ids = {"a": RecordId("9000"), "b": RecordId("9001")}
    world = World(
        records=unwanted_ones,
        live={ids["a"]: {"external_id": "b"}, ids["b"]: {"external_id": "a"}},
        owned={key: owned(key, record_id, {"name": "A"}) for key, record_id in ids.items()},
    )
    changes = world.plan().changes
    assert [(change.action, change.record.value) for change in changes] == [
        (Action.ARCHIVE, "a"),
        (Action.ARCHIVE, "b"),
    ]
    one_known = replace(world, owned={"a": world.owned["a"]}).plan().changes
    assert [(change.action, change.record.value) for change in one_known] == [
        (Action.ARCHIVE, "a"),
        (Action.ARCHIVE, "b"),
    ]
