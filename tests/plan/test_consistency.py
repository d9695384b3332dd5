"""Rules that every plan must obey."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.addresses import RecordId, RecordKey
from reconciler.model.associations import Label
from reconciler.model.calls import Call, Route
from reconciler.model.owned import Origin
from reconciler.plan.change import (
    Adopt,
    AdoptPair,
    Archive,
    Associate,
    Change,
    Create,
    Dissociate,
    Reason,
    Release,
    ReleasePair,
    Update,
    ValueChange,
)
from reconciler.plan.consistency import unsound
from reconciler.plan.plan import Held
from reconciler.source import SourceRef

LINE = SourceRef("companies.yaml", 4, 3)
LABELS = (None, Label("USER_DEFINED", 7, "Billing"), Label("USER_DEFINED", 9, "Paying"))
NUMBERS = st.integers(0, 5)


def key(number: int, by: str = "external_id") -> RecordKey:
    return RecordKey("companies", by, f"k{number}")


def record_id(number: int) -> RecordId:
    return RecordId(str(9000 + number))


def of_record(kind: type[Change], number: int, by: str = "external_id") -> Change:
    route = Route(Call.UPDATE, None)
    name, id_, why = key(number, by), record_id(number), Reason.CHANGED
    if kind is Create:
        return Create(name, (), why, route, LINE, replaces=id_)
    if kind is Update:
        return Update(name, id_, (ValueChange("name", "a", "b", why),), (), why, route, LINE, Origin.CREATED)
    if kind is Adopt:
        return Adopt(name, id_, (), why, LINE, Origin.CREATED, moved_from=key(number, "erp_no"))
    if kind is Archive:
        return Archive(name, id_, why, None, Origin.CREATED)
    return Release(name, id_, why, None, Origin.CREATED)


def of_pair(
    kind: type[Change], one: int, other: int, label: Label | None, *, is_whole: bool = True
) -> Change:
    ends = key(one), record_id(one), key(other), record_id(other), label
    if kind is Associate:
        return Associate(*ends, Reason.MISSING, LINE, is_whole)
    if kind is AdoptPair:
        return AdoptPair(*ends, Reason.ADOPT, LINE, Origin.ADOPTED, is_whole)
    if kind is Dissociate:
        return Dissociate(*ends, Reason.PRUNED, None, is_whole)
    return ReleasePair(*ends, Reason.GONE, None)


@st.composite
def sound_plans(draw: st.DrawFn) -> tuple[Change, ...]:
    """A change for each of some records, and associations of those that stay."""
    kinds = st.sampled_from([Create, Update, Adopt, Archive, Release])
    by_number = draw(st.dictionaries(NUMBERS, kinds, min_size=1))
    changes = [of_record(kind, number) for number, kind in by_number.items()]
    staying = [number for number in range(6) if by_number.get(number) is not Archive]
    if len(staying) > 1:
        ends = st.lists(st.sampled_from(staying), min_size=2, max_size=2, unique=True).map(sorted).map(tuple)
        for one, other in draw(st.sets(ends, max_size=3)):
            kind = draw(st.sampled_from([Associate, AdoptPair, Dissociate, ReleasePair]))
            changes.append(of_pair(kind, one, other, draw(st.sampled_from(LABELS))))
    return tuple(draw(st.permutations(changes)))


@given(sound_plans())
def test_a_plan_with_one_word_on_everything_is_sound(changes: tuple[Change, ...]) -> None:
    assert unsound(changes) is None


@given(sound_plans(), st.data())
def test_a_second_change_of_one_record_is_found_under_whatever_key(
    changes: tuple[Change, ...], data: st.DataObject
) -> None:
    numbers = [
        int(change.key.value[1:]) for change in changes if not isinstance(change, Associate | AdoptPair)
    ]
    number = data.draw(st.sampled_from(sorted({n for n in numbers if _has_record(changes, n)})))
    kind = data.draw(st.sampled_from([Create, Update, Adopt, Archive, Release]))
    more = of_record(kind, number, data.draw(st.sampled_from(["external_id", "erp_no", "record_id"])))
    at = data.draw(st.integers(0, len(changes)))

    assert unsound((*changes[:at], more, *changes[at:])) is not None


def _has_record(changes: tuple[Change, ...], number: int) -> bool:
    kinds = Create | Update | Adopt | Archive | Release
    return any(isinstance(change, kinds) and change.key == key(number) for change in changes)


@given(NUMBERS, NUMBERS, st.sampled_from([Associate, AdoptPair]), st.sampled_from(LABELS), st.booleans())
def test_an_archived_record_gets_no_association_from_either_end(
    one: int, other: int, kind: type[Change], label: Label | None, is_by_id: bool
) -> None:
    pair = of_pair(kind, one, other, label)
    assert isinstance(pair, Associate | AdoptPair)
    if is_by_id:  # under other keys
        pair = replace(pair, key=key(one, "erp_no"), target=key(other, "erp_no"))
    for number in (one, other):
        assert unsound((pair, of_record(Archive, number))) is not None


@given(
    st.sampled_from([Associate, AdoptPair]), st.sampled_from(LABELS), st.sampled_from(LABELS), st.booleans()
)
def test_a_removed_association_is_not_created_from_either_end(
    kind: type[Change], label: Label | None, other: Label | None, is_turned: bool
) -> None:
    removed = of_pair(Dissociate, 1, 2, label)
    made = of_pair(kind, *((2, 1) if is_turned else (1, 2)), other)
    assert unsound((made, removed)) is not None


def test_a_label_that_is_removed_is_not_given_and_another_one_may_be() -> None:
    removed = of_pair(Dissociate, 1, 2, LABELS[1], is_whole=False)
    assert unsound((removed, of_pair(Associate, 1, 2, LABELS[1]))) is not None
    assert unsound((removed, of_pair(Associate, 1, 2, LABELS[2]))) is None
    assert unsound((removed, of_pair(ReleasePair, 1, 2, LABELS[1]))) is None


@pytest.mark.parametrize("name", [None, "phone"])
def test_an_archived_record_is_not_held(name: str | None) -> None:
    held = Held(key(1), name, Reason.DRIFT, "1", "2", LINE)
    assert unsound([of_record(Archive, 1)], [held]) is not None
    assert unsound([of_record(Archive, 2)], [held]) is None


def test_an_archived_record_may_have_a_held_association() -> None:
    """Such a word is about the association: it goes with its record."""
    held = replace(Held(key(1), None, Reason.GONE, None, "associated", LINE), target=key(2))
    assert unsound([of_record(Archive, 1)], [held]) is None
    assert unsound([of_record(Archive, 1)], [held, replace(held, target=None)]) is not None


def test_new_records_are_as_many_as_their_keys() -> None:
    route = Route(Call.UPSERT, "external_id")
    new = [Create(key(number), (), Reason.MISSING, route, LINE) for number in (1, 2, 3)]
    assert unsound(new) is None
    assert unsound([*new, of_record(Archive, 2)]) is not None
