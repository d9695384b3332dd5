"""Rules that every plan must obey."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.addresses import AssociationAddress, RecordAddress, RecordId
from reconciler.model.calls import Call, Operation
from reconciler.model.labels import Label
from reconciler.model.owned import Origin
from reconciler.plan.associations.changes import adopt_association, associate, dissociate, is_association_kept
from reconciler.plan.change import Action, Change, Owned, Reason, Remote, ValueChange
from reconciler.plan.consistency import unsound
from reconciler.plan.owned_changes import adopt_thing
from reconciler.plan.plan import Held
from reconciler.plan.records.changes import archive_record, create_record, update_record
from reconciler.source import SourceRef
from tests.support.changes import release, release_pair

LINE = SourceRef("companies.yaml", 4, 3)
LABELS = (None, Label("USER_DEFINED", 7, "Billing"), Label("USER_DEFINED", 9, "Paying"))
NUMBERS = st.integers(0, 5)


KEPT = (Action.CREATE, Action.ADOPT)
OF_PAIRS = (*KEPT, Action.ARCHIVE, Action.RELEASE)


def key(number: int, by: str = "external_id") -> RecordAddress:
    return RecordAddress("companies", by, f"k{number}")


def record_id(number: int) -> RecordId:
    return RecordId(str(9000 + number))


def of_record(action: Action, number: int, by: str = "external_id") -> Change:
    route = Operation(Call.UPDATE, None)
    name, id_, why = key(number, by), record_id(number), Reason.CHANGED
    if action is Action.CREATE:
        return create_record(name, (), why, route, LINE, replaces=id_)
    if action is Action.UPDATE:
        return update_record(
            name,
            id_,
            (ValueChange("name", "a", "b", why),),
            why,
            operation=route,
            source=LINE,
            owned=Owned(Origin.CREATED),
        )
    if action is Action.ADOPT:
        return adopt_thing(name, id_, why, LINE, Owned(Origin.CREATED), moved_from=key(number, "erp_no"))
    if action is Action.ARCHIVE:
        return archive_record(name, id_, why, None, owned_before=Owned(Origin.CREATED))
    return release(name, id_, why, None, Origin.CREATED)


def of_pair(action: Action, one: int, other: int, label: Label | None, *, is_whole: bool = True) -> Change:
    address = AssociationAddress(key(one), key(other), label)
    remote = Remote(record_id(one), record_id(other))
    match action:
        case Action.CREATE:
            return associate(address, remote, Reason.MISSING, LINE, is_whole=is_whole)
        case Action.ADOPT:
            return adopt_association(address, remote, Reason.ADOPT, LINE, Origin.ADOPTED, is_whole=is_whole)
        case Action.ARCHIVE:
            return dissociate(address, remote, Reason.PRUNED, is_whole=is_whole)
        case _:
            return release_pair(address, remote, Reason.GONE)


@st.composite
def sound_plans(draw: st.DrawFn) -> tuple[Change, ...]:
    """Return a change for each of some records, and changes of associations of the records that stay."""
    kinds = st.sampled_from(Action)
    by_number = draw(st.dictionaries(NUMBERS, kinds, min_size=1))
    changes = [of_record(action, number) for number, action in by_number.items()]
    staying = [number for number in range(6) if by_number.get(number) is not Action.ARCHIVE]
    if len(staying) > 1:
        ends = st.lists(st.sampled_from(staying), min_size=2, max_size=2, unique=True).map(sorted).map(tuple)
        for one, other in draw(st.sets(ends, max_size=3)):
            action = draw(st.sampled_from(OF_PAIRS))
            changes.append(of_pair(action, one, other, draw(st.sampled_from(LABELS))))
    return tuple(draw(st.permutations(changes)))


@given(sound_plans())
def test_a_plan_with_one_word_on_everything_is_sound(changes: tuple[Change, ...]) -> None:
    assert unsound(changes) is None


@given(sound_plans(), st.data())
def test_a_second_change_of_one_record_is_found_under_whatever_key(
    changes: tuple[Change, ...], data: st.DataObject
) -> None:
    numbers = [int(change.record.value[1:]) for change in changes if not is_association_kept(change)]
    number = data.draw(st.sampled_from(sorted({n for n in numbers if _has_record(changes, n)})))
    action = data.draw(st.sampled_from(Action))
    more = of_record(action, number, data.draw(st.sampled_from(["external_id", "erp_no", "record_id"])))
    at = data.draw(st.integers(0, len(changes)))

    assert unsound((*changes[:at], more, *changes[at:])) is not None


def _has_record(changes: tuple[Change, ...], number: int) -> bool:
    return any(change.address == key(number) for change in changes)


@given(NUMBERS, NUMBERS, st.sampled_from(KEPT), st.sampled_from(LABELS), st.booleans())
def test_an_archived_record_gets_no_association_from_either_end(
    one: int, other: int, action: Action, label: Label | None, is_by_id: bool
) -> None:
    pair = of_pair(action, one, other, label)
    if is_by_id:  # under other keys
        pair = replace(pair, address=AssociationAddress(key(one, "erp_no"), key(other, "erp_no"), label))
    for number in (one, other):
        assert unsound((pair, of_record(Action.ARCHIVE, number))) is not None


@given(st.sampled_from(KEPT), st.sampled_from(LABELS), st.sampled_from(LABELS), st.booleans())
def test_a_removed_association_is_not_created_from_either_end(
    action: Action, label: Label | None, other: Label | None, is_turned: bool
) -> None:
    removed = of_pair(Action.ARCHIVE, 1, 2, label)
    made = of_pair(action, *((2, 1) if is_turned else (1, 2)), other)
    assert unsound((made, removed)) is not None


def test_a_label_that_is_removed_is_not_given_and_another_one_may_be() -> None:
    removed = of_pair(Action.ARCHIVE, 1, 2, LABELS[1], is_whole=False)
    assert unsound((removed, of_pair(Action.CREATE, 1, 2, LABELS[1]))) is not None
    assert unsound((removed, of_pair(Action.CREATE, 1, 2, LABELS[2]))) is None
    assert unsound((removed, of_pair(Action.RELEASE, 1, 2, LABELS[1]))) is None


@pytest.mark.parametrize("name", [None, "phone"])
def test_an_archived_record_is_not_held(name: str | None) -> None:
    held = Held(key(1), name, Reason.DRIFT, "1", "2", LINE)
    assert unsound([of_record(Action.ARCHIVE, 1)], [held]) is not None
    assert unsound([of_record(Action.ARCHIVE, 2)], [held]) is None


def test_an_archived_record_may_have_a_held_association() -> None:
    """The association is removed with its record, so holding it back is no contradiction."""
    held = replace(Held(key(1), None, Reason.GONE, None, "associated", LINE), target=key(2))
    assert unsound([of_record(Action.ARCHIVE, 1)], [held]) is None
    assert unsound([of_record(Action.ARCHIVE, 1)], [held, replace(held, target=None)]) is not None


def test_new_records_are_as_many_as_their_keys() -> None:
    route = Operation(Call.UPSERT, "external_id")
    new = [create_record(key(number), (), Reason.MISSING, route, LINE) for number in (1, 2, 3)]
    assert unsound(new) is None
    assert unsound([*new, of_record(Action.ARCHIVE, 2)]) is not None
