"""Nothing that manifests name, by any key and in any line, is taken away from a portal or from the state."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from reconciler.errors import ManifestError, Severity
from reconciler.model.addresses import AssociationAddress, RecordAddress
from reconciler.model.desired_records import Drift, Prune
from reconciler.model.owned import Origin
from reconciler.plan.change import Action, Change, Reason
from reconciler.plan.plan import Plan
from tests.reconcile import found_worlds
from tests.reconcile.naming import Naming
from tests.reconcile.opened_world import Opened, opened, shared_portal_and_state
from tests.reconcile.random_worlds import whole_worlds
from tests.reconcile.rekeyed_worlds import rekeyed_worlds, worlds_elsewhere
from tests.reconcile.whole_world import SCORE, World

_ON_DEMAND = os.environ.get("RECONCILER_TEST_EXAMPLES")


@pytest.fixture(scope="module", autouse=True)
def portal_and_state() -> Iterator[None]:
    with shared_portal_and_state():
        yield


def examples(count: int) -> settings:
    """Return settings for ``count`` examples, or for as many as ``RECONCILER_TEST_EXAMPLES`` asks."""
    return settings(
        max_examples=int(_ON_DEMAND or count),
        derandomize=_ON_DEMAND is None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],  # each step of shrinking takes a fifth of a second
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        database=None,
    )


def records(plan: Plan, *actions: Action) -> Iterator[Change]:
    return (each for each in plan.changes if type(each.address) is RecordAddress and each.action in actions)


def parted(plan: Plan) -> Iterator[Change]:
    """Return the associations that a plan removes."""
    return (
        each
        for each in plan.changes
        if type(each.address) is AssociationAddress and each.action is Action.ARCHIVE
    )


def planned(made: Opened) -> Plan | None:
    """Plan a world; return None if its manifests are wrong by themselves."""
    try:
        return made.plan()
    except ManifestError:
        return None


def is_whole(world: World, plan: Plan) -> bool:
    """Return whether the plan is about everything, and nothing is wrong."""
    return not world.selection.is_partial and is_sound(plan)


def is_sound(plan: Plan) -> bool:
    """Return whether nothing is wrong."""
    return all(each.severity is Severity.WARNING for each in plan.problems)


def check_archives(world: World, plan: Plan) -> None:
    naming = Naming(world)
    for change in records(plan, Action.ARCHIVE):
        record_id = change.known_id
        entry = world.entry_of(record_id)
        assert not naming.wanted(record_id), "a line names the record"
        assert entry is None or not entry.is_protected, "the record is protected"
        assert (change.owned_before is None) is (entry is None), "the guard `absent` depends on this"
        if change.reason is Reason.ABSENT:
            assert any(line.is_absent for line in naming.by_live_key(record_id, world.here))
            continue
        assert world.prune is not Prune.OFF
        assert entry is not None
        assert entry.origin is Origin.CREATED or world.prune is Prune.ALL
        assert not naming.by_any_key(record_id, world.there), "another environment names the record"


def check_going(world: World, plan: Plan) -> None:
    """Check that everything goes that must go, if nothing is wrong."""
    if not is_whole(world, plan):
        return
    naming, going = Naming(world), {each.known_id for each in records(plan, Action.ARCHIVE)}
    for record_id, held in world.live.items():
        entry = world.entry_of(record_id)
        lines = naming.by_any_key(record_id, world.here)
        if entry is not None and entry.is_protected:
            continue
        if naming.by_live_key(record_id, world.here) and all(line.is_absent for line in lines):
            assert record_id in going
        if lines or entry is None or naming.perhaps(record_id, world.there):
            continue
        is_same = entry.key.by in held and held[entry.key.by] == entry.key.value
        is_pruned = world.prune is Prune.ALL or (world.prune is Prune.OURS and entry.origin is Origin.CREATED)
        if is_same and is_pruned:
            assert record_id in going


def check_releases(world: World, plan: Plan) -> None:
    """Check that no record leaves the state while a line names it by a key that it has now."""
    naming = Naming(world)
    kept = {each.known_id for each in records(plan, Action.ADOPT, Action.UPDATE)}
    for change in records(plan, Action.RELEASE):
        lines = [line for line in naming.by_live_key(change.known_id, world.here) if not line.is_absent]
        assert not lines or change.known_id in kept, "a line names the record"


def check_parted(world: World, plan: Plan) -> None:
    naming = Naming(world)
    for change in parted(plan):
        one, other = change.remote
        assert one is not None
        assert other is not None
        label = change.association.label
        for _, named in naming.targets(one, other):
            assert label is not None, "a line names the association"
            assert label.text != named, "a line names the label"


def check_values(world: World, plan: Plan) -> None:
    """Check the values of records that one line names by their present key, with the table of verdicts."""
    if not is_whole(world, plan):
        return
    naming = Naming(world)
    written = {each.known_id: each for each in records(plan, Action.UPDATE)}
    for record_id, held in world.live.items():
        lines = naming.by_any_key(record_id, world.here)
        if len(lines) != 1 or lines[0].is_absent or lines[0].renamed_from:
            continue
        (line,), entry = lines, world.entry_of(record_id)
        if not naming.by_live_key(record_id, lines):
            continue
        last: dict[str, str | None] = {}
        if entry is not None:
            last = {entry.key.by: entry.key.value, **entry.sent}
        change = written.get(record_id)
        values = {value.name for value in change.values} if change else set()
        for name, desired in line.values:
            assert (name in values) is is_due(world.drift, held.get(name), desired, last, name), name


def is_due(
    drift: Drift, live: str | None, desired: str | None, last: Mapping[str, str | None], name: str
) -> bool:
    """Return whether docs/verdicts.md says that a value is written."""
    if live == desired:
        return False
    if name not in last:
        return drift is Drift.REVERT or live is None
    return drift is Drift.REVERT or live == last[name]


@examples(25)
@example(found_worlds.UNCLEAR)
@example(found_worlds.EITHER)
@example(found_worlds.NUMBER_THERE)
@example(found_worlds.ADDRESS_THERE)
@example(found_worlds.LEFT_OUT)
@example(found_worlds.STRANGER)
@example(found_worlds.LEFT_OUT_ABSENT)
@example(found_worlds.ABSENT_FIRST)
@example(found_worlds.ABSENT_BY_BOTH_KEYS)
@example(found_worlds.NEW_BESIDE_KEPT)
@example(found_worlds.LEFT_OUT_BY_OTHER_ADDRESS)
@example(found_worlds.NAMED_BY_A_GONE_RECORD)
@example(found_worlds.ABSENT_BY_FORMER_KEY)
@example(found_worlds.NAMED_BY_A_REFUSED_VALUE)
@given(whole_worlds() | rekeyed_worlds() | worlds_elsewhere())
def test_a_plan_takes_away_only_what_no_line_names(world: World) -> None:
    with opened(world) as made:
        plan = planned(made)
    if plan is not None:
        check_archives(world, plan)
        check_going(world, plan)
        check_releases(world, plan)
        check_parted(world, plan)
        check_values(world, plan)


@examples(10)
@example(found_worlds.ABSENT_BY_BOTH_KEYS)
@example(found_worlds.HELD_FORMER_KEY)
@example(found_worlds.ABSENT_AND_GIVEN)
@example(found_worlds.STAYS_UNDER_ITS_KEY)
@example(found_worlds.GIVEN_THE_KEY_OF_A_GONE_RECORD)
@example(found_worlds.RECREATED_BESIDE_ITSELF)
@example(found_worlds.GIVEN_A_FORMER_KEY)
@example(found_worlds.ABSENT_AND_RENAMED)
@given(whole_worlds() | rekeyed_worlds() | worlds_elsewhere())
def test_an_applied_plan_keeps_what_is_named_and_leaves_nothing_to_do(world: World) -> None:
    """HubSpot rejects nothing. The next plan writes nothing, and has problems only if the first one had.

    Some lines that the first plan leaves out are written by the second plan: if they wait for a value of a
    record that the first plan archives, or if they named a record that the first plan renames.
    """
    with opened(world) as made:
        plan = planned(made)
        if plan is None or not (world.skips_invalid or is_sound(plan)):
            return
        naming = Naming(world)
        assert not made.apply(plan)
        after = made.look()
        for record_id in world.live:
            wanted = [line for line in naming.by_live_key(record_id, world.here) if not line.is_absent]
            if wanted:
                assert record_id in after.live
            if wanted and world.entry_of(record_id):
                assert record_id in after.entries
        again = made.plan()
        reported = "".join(each.message for each in plan.problems)
        is_renaming = any(line.renamed_from for line in world.here)
        if "this plan archives that record" in reported or (is_renaming and "same record" in reported):
            assert not made.apply(again)
            again = made.plan()
        assert [(each.action, each.address) for each in again.changes if each.is_remote] == []
        if is_sound(plan):
            assert is_sound(again), again.problems


@examples(10)
@given(whole_worlds() | rekeyed_worlds() | worlds_elsewhere(), st.sets(st.integers(0, 3), min_size=1))
def test_a_saved_plan_takes_away_nothing_that_left_the_state(world: World, left: set[int]) -> None:
    with opened(world) as made:
        plan = planned(made)
        if plan is None:
            return
        gone = [entry for number, entry in enumerate(world.entries) if number in left]
        with made.writer() as writer:
            writer.remove([entry.key for entry in gone])
        before = made.look()
        made.apply(plan)
        after = made.look()
    ids = {entry.record_id for entry in gone}
    assert ids & before.live.keys() <= after.live.keys()
    for pair in world.pairs:
        ends = min(pair.source.id, pair.target.id), max(pair.source.id, pair.target.id)
        if pair.source.id in ids and set(ends) <= after.live.keys():
            assert ends not in before.labels or after.labels[ends] >= before.labels[ends]


@examples(10)
@given(whole_worlds() | rekeyed_worlds() | worlds_elsewhere())
def test_a_third_value_that_hubspot_stored_is_not_blamed_on_people(world: World) -> None:
    """The next plan writes the manifest's value again, even if it holds what people changed."""
    world = replace(world, drift=Drift.HOLD, skips_invalid=True, target=(), exclude=())
    with opened(world) as made:
        plan = planned(made)
        if plan is None:
            return
        made.portal.rule = b'"score":"1"', b'"score":"3"'
        made.apply(plan)
        made.portal.rule = b"", b""
        overruled = {record_id for record_id, held in made.look().live.items() if held.get(SCORE) == "3"}
        again = made.plan()
    written = {
        change.known_id: value.reason
        for change in records(again, Action.UPDATE)
        for value in change.values
        if value.name == SCORE
    }
    assert overruled <= written.keys()
    assert {written[each] for each in overruled} <= {Reason.CHANGED, Reason.ADOPT}
