"""The value that each record gets in a new key."""

from collections import Counter
from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.addresses import RecordId
from reconciler.reconcile.choose_key_values import KeyValues

Candidates = dict[int, tuple[str | None, ...]]

texts = st.none() | st.sampled_from(["a", "A", " a", "b", "c", "d"])
candidates = st.dictionaries(st.integers(1, 30), st.tuples(texts, texts), max_size=12)
held = st.dictionaries(st.integers(31, 40), st.sampled_from(["a", "b", "e"]), max_size=3)


def chosen(of: Candidates, already: dict[int, str] | None = None) -> dict[str, str]:
    with closing(KeyValues()) as values:
        for record_id, value in (already or {}).items():
            values.keep(RecordId(str(record_id)), value)
        for record_id, found in of.items():
            values.add(RecordId(str(record_id)), found)
        values.choose(2)
        left = dict(values.left())
        got = {each.record_id: each.value for each in values.chosen()}
    assert not left.keys() & got.keys()
    assert {str(id_) for id_, found in of.items() if any(found)} == {*left, *got}
    return {str(record_id): value for record_id, value in got.items()}


def test_the_first_source_that_is_filled_and_not_repeated_wins() -> None:
    of: Candidates = {1: ("a", "x"), 2: ("b", "y"), 3: ("B ", "z"), 4: (None, "v"), 5: (None, None)}

    assert chosen(of) == {"1": "a", "2": "y", "3": "z", "4": "v"}


def test_a_record_that_gets_a_value_keeps_its_display_name() -> None:
    with closing(KeyValues()) as values:
        values.add(RecordId("1"), ("a",), "Acme")
        values.add(RecordId("2"), ("b",))
        values.choose(1)
        assert [(each.value, each.display_name) for each in values.chosen()] == [("a", "Acme"), ("b", None)]


def test_a_value_that_another_record_has_already_is_left_alone() -> None:
    assert chosen({1: ("a", "x"), 2: ("b", None)}, {31: "A", 32: "b"}) == {"1": "x"}


def test_a_later_source_does_not_repeat_what_an_earlier_one_gave() -> None:
    assert chosen({1: ("a", None), 2: (None, "a")}) == {"1": "a"}


@given(candidates, held)
def test_no_two_records_get_one_value(of: Candidates, already: dict[int, str]) -> None:
    spellings = Counter(value.strip().casefold() for value in chosen(of, already).values())

    assert all(count == 1 for count in spellings.values())
    assert not spellings.keys() & {value.casefold() for value in already.values()}


@given(candidates, held)
def test_the_order_of_records_does_not_matter(of: Candidates, already: dict[int, str]) -> None:
    assert chosen(of, already) == chosen(dict(reversed(of.items())), already)
