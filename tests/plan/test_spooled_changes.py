"""Changes, their order and their digest do not depend on how many of them are kept in memory."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.plan.change import Change
from reconciler.plan.file.lines import change_in
from reconciler.plan.file.sequences import SpooledChanges, SpooledHeld, Workspace, sort_key, sorted_in_memory
from reconciler.plan.kinds import Verb, verb_of
from reconciler.plan.plan import Plan
from reconciler.plan.records.changes import replaced_by
from tests.support.plans import plans

FEW = st.sampled_from([0, 1, 2, 100])


def spooled(changes: Sequence[Change], few: int) -> SpooledChanges:
    made = SpooledChanges([], few)
    made.extend(changes)
    return made


def as_read(changes: Sequence[Change], few: int) -> SpooledChanges:
    """Return the same changes as encoded lines, as after reading a file."""
    made = SpooledChanges([], few)
    for line in spooled(changes, few).lines:
        made.append_line(change_in(line))
    return made


@given(plans, FEW)
def test_changes_are_a_sequence_whatever_is_kept_of_them(plan: Plan, few: int) -> None:
    for changes in (spooled(plan.changes, few), as_read(plan.changes, few)):
        assert list(changes) == list(changes) == list(plan.changes)
        assert len(changes) == len(plan.changes)
        assert changes == plan.changes
        assert [changes[number] for number in range(len(changes))] == list(plan.changes)
        assert changes[-2:] == tuple(plan.changes[-2:])
        if plan.changes:
            assert changes[-1] == plan.changes[-1]
            assert changes != plan.changes[:-1]


@given(plans, FEW)
def test_lines_and_digest_do_not_depend_on_what_is_kept(plan: Plan, few: int) -> None:
    whole = spooled(plan.changes, 100)

    for changes in (spooled(plan.changes, few), as_read(plan.changes, few)):
        assert list(changes.lines) == list(whole.lines)
        assert changes.digest.with_header({}) == whole.digest.with_header({})
        assert changes.written == whole.written


@given(plans, FEW)
def test_a_few_are_found_among_many(plan: Plan, few: int) -> None:
    for changes in (spooled(plan.changes, few), as_read(plan.changes, few)):
        for verb in Verb:
            assert list(changes.of(verb)) == [each for each in plan.changes if verb_of(each) is verb]
        assert list(changes.moved()) == [each for each in plan.changes if each.moved_from]
        assert list(changes.replacing()) == [each for each in plan.changes if replaced_by(each)]


@given(plans, FEW)
def test_changes_are_sorted_and_left_out_alike(plan: Plan, few: int) -> None:
    workspace = Workspace(list, sorted_in_memory)
    changes = spooled(plan.changes, few)

    ordered = changes.in_order(workspace, lambda number, change: sort_key(change.record.value, number))
    assert list(ordered) == [
        change
        for _, _, change in sorted(
            ((change.record.value, number, change) for number, change in enumerate(plan.changes)),
            key=lambda entry: entry[:2],
        )
    ]
    kept = changes.kept(workspace, lambda change: change if change.remote.id else None)
    assert list(kept) == [change for change in plan.changes if change.remote.id]


@given(plans, FEW)
def test_what_is_held_comes_back(plan: Plan, few: int) -> None:
    held = SpooledHeld([], few)
    held.extend(plan.held)

    assert held == tuple(plan.held)
    read = SpooledHeld([], few)
    for line in held.lines:
        read.append_line(line)
    assert read == tuple(plan.held)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.sampled_from(
    ["", "\0", "a\0", "a"]
)
KEYS = st.tuples(st.integers(0, 3), TEXTS, TEXTS, st.integers(0, 2**40))


@given(KEYS, KEYS)
def test_keys_sort_as_what_they_are_made_of(
    one: tuple[int, str, str, int], other: tuple[int, str, str, int]
) -> None:
    assert (sort_key(*one) < sort_key(*other)) is (one < other)


def test_a_sequence_is_no_set() -> None:
    with pytest.raises(TypeError):
        hash(SpooledChanges([]))
