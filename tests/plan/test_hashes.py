"""Hashes of many values in little memory."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.plan.hashes import KnownHashes, repeated_hashes

hashes = st.integers(-(2**63), 2**63 - 1) | st.integers(-600, 600)


@given(st.lists(hashes), st.lists(hashes))
def test_a_hash_is_known_if_it_was_given(given_ones: list[int], asked: list[int]) -> None:
    known = KnownHashes(given_ones)
    assert [each in known for each in [*given_ones, *asked]] == [
        each in given_ones for each in [*given_ones, *asked]
    ]


@given(st.lists(hashes))
def test_hashes_that_occur_again_are_found(given_ones: list[int]) -> None:
    assert repeated_hashes(given_ones) == {each for each in given_ones if given_ones.count(each) > 1}
