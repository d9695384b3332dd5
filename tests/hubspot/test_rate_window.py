"""The estimate of the rate window, with exact numbers: which calls may be sent, and how long others wait."""

import pytest

from reconciler.hubspot.transport.call_result import RateHeaders
from reconciler.hubspot.transport.rate_window import RollingWindow

LEAVES_AFTER_S = 10.05
"""Seconds of a window and its margin."""
TICK_S = 0.02


def reported(limit: int, remaining: int, interval_s: float | None = 10.0) -> RateHeaders:
    return RateHeaders(limit=limit, remaining=remaining, interval_s=interval_s)


def window_of(limit: int, *, alone: bool = True) -> RollingWindow:
    """Return a window whose limit is known from one call at time 0, which still counts."""
    window = RollingWindow()
    ours = window.enter()
    window.leave(0.0, reported(limit, limit - 1 if alone else 0), ours, was_sent=True)
    return window


def enter(window: RollingWindow, calls: int) -> list[int]:
    return [window.enter() for _ in range(calls)]


def test_before_the_first_answer_four_calls_are_on_their_way() -> None:
    window = RollingWindow()
    enter(window, 3)
    assert window.wait_s(0.0) == 0.0
    enter(window, 1)
    assert window.wait_s(0.0) == TICK_S


def test_a_call_that_was_never_sent_tells_nothing_and_takes_no_place() -> None:
    window = RollingWindow()
    for ours in enter(window, 4):
        window.leave(0.0, RateHeaders(), ours, was_sent=False)
    enter(window, 3)
    assert window.wait_s(0.0) == 0.0
    enter(window, 1)
    assert window.wait_s(0.0) == TICK_S


def test_without_word_of_a_limit_a_hundred_calls_fit_into_ten_seconds() -> None:
    window = RollingWindow()
    window.leave(0.0, RateHeaders(), window.enter(), was_sent=True)
    for moment in range(99):
        assert window.wait_s(moment / 100) == 0.0
        window.leave(moment / 100, RateHeaders(), window.enter(), was_sent=True)
    assert window.wait_s(1.0) == pytest.approx(LEAVES_AFTER_S - 1.0)
    assert window.wait_s(LEAVES_AFTER_S) == 0.0


def test_a_place_is_free_when_the_oldest_answered_call_leaves() -> None:
    window = window_of(3)
    first, second = enter(window, 2)
    assert window.wait_s(1.0) == pytest.approx(LEAVES_AFTER_S - 1.0)
    window.leave(2.0, reported(3, 1), first, was_sent=True)
    window.leave(3.0, reported(3, 0), second, was_sent=True)
    assert window.wait_s(4.0) == pytest.approx(LEAVES_AFTER_S - 4.0)
    assert window.wait_s(LEAVES_AFTER_S - 0.01) > 0
    assert window.wait_s(LEAVES_AFTER_S) == 0.0


def test_calls_on_their_way_that_fill_the_window_are_waited_for() -> None:
    window = window_of(2)
    assert window.wait_s(LEAVES_AFTER_S) == 0.0
    enter(window, 2)
    assert window.wait_s(LEAVES_AFTER_S) == TICK_S


def test_two_places_are_waited_for_where_one_is_to_be_kept() -> None:
    window = window_of(4)
    enter(window, 2)
    assert window.wait_s(1.0) == 0.0
    assert window.wait_s(1.0, places=2) == pytest.approx(LEAVES_AFTER_S - 1.0)
    assert window.wait_s(LEAVES_AFTER_S, places=2) == 0.0


def test_a_window_of_one_place_lets_a_read_through_that_wants_two() -> None:
    window = window_of(1)
    assert window.wait_s(LEAVES_AFTER_S, places=2) == 0.0


def test_a_kept_place_is_taken_until_it_is_used_or_released() -> None:
    window = window_of(4)
    assert window.enter(places=2) == 2  # the call at time 0, and this call
    assert window.wait_s(1.0) == 0.0
    enter(window, 1)
    assert window.wait_s(1.0) > 0
    assert window.wait_s(1.0, places=0) == 0.0  # a call with a reserved slot need not wait
    window.release()
    assert window.wait_s(1.0) == 0.0


def test_the_call_that_a_place_was_kept_for_takes_no_second_one() -> None:
    window = window_of(4)
    window.enter(places=2)
    assert window.enter(places=0) == 3
    assert window.wait_s(1.0) == 0.0
    enter(window, 1)
    assert window.wait_s(1.0) > 0


def test_nobody_enters_while_held() -> None:
    window = window_of(10)
    window.hold(5.0)
    window.hold(3.0)
    assert window.wait_s(1.0) == 4.0
    assert window.wait_s(1.0, places=0) == 4.0
    assert window.wait_s(4.75) == 0.25
    assert window.wait_s(5.0) == 0.0


def test_strangers_calls_and_a_tenth_in_reserve_are_left_free() -> None:
    window = RollingWindow()
    window.leave(0.0, reported(20, 14), window.enter(), was_sent=True)  # 6 used: 1 by this run, 5 by others
    for _ in range(12):  # 20 - 5 by others - 2 reserve
        assert window.wait_s(1.0) == 0.0
        window.enter()
    assert window.wait_s(1.0) > 0
    assert window.wait_s(9.99) > 0
    assert window.wait_s(10.0) == 0.0  # the estimate is valid for one window


def test_strangers_that_fill_the_window_leave_one_place() -> None:
    window = window_of(20, alone=False)
    assert window.wait_s(LEAVES_AFTER_S - 0.1) > 0
    assert window.wait_s(LEAVES_AFTER_S) == 0.0
    window.leave(LEAVES_AFTER_S, reported(20, 0), window.enter(), was_sent=True)
    assert window.wait_s(LEAVES_AFTER_S) > 0


def test_the_lowest_of_the_latest_sixteen_numbers_counts() -> None:
    window = RollingWindow()
    window.leave(0.0, reported(50, 49), window.enter(), was_sent=True)  # no other users
    for _ in range(15):
        ours = window.enter()
        window.leave(0.0, reported(50, 50 - ours - 9), ours, was_sent=True)
    enter(window, 33)
    assert window.wait_s(0.0) == 0.0  # 49 of 50 were left: the first answer still counts
    ours = window.enter()
    window.leave(0.0, reported(50, 0), ours, was_sent=True)
    assert window.wait_s(0.0) > 0


def test_a_lower_number_counts_once_the_higher_one_is_a_window_old() -> None:
    window = RollingWindow()
    window.leave(0.0, reported(20, 10), window.enter(), was_sent=True)  # 9 calls by others
    window.leave(5.0, reported(20, 17), window.enter(), was_sent=True)  # 1 call by others
    enter(window, 7)
    assert window.wait_s(5.0) > 0  # 20 - 9 by others - 2 reserve = 9 slots
    assert window.wait_s(10.0) == 0.0


def test_at_the_very_end_of_a_window_the_lower_number_counts_anew() -> None:
    window = RollingWindow()
    window.leave(0.0, reported(20, 10), window.enter(), was_sent=True)  # 9 calls by others
    window.leave(10.0, reported(20, 17), window.enter(), was_sent=True)  # 1 call by others
    for _ in range(15):  # 20 - 1 by others - 2 reserve - 2 by the calls above = 15 slots
        assert window.wait_s(10.0) == 0.0
        window.enter()
    assert window.wait_s(10.0) > 0


def test_a_limit_of_nothing_lets_one_through_after_the_other() -> None:
    window = RollingWindow()
    window.leave(0.0, reported(0, 0), window.enter(), was_sent=True)
    assert window.limit == 1
    assert window.wait_s(1.0) == pytest.approx(LEAVES_AFTER_S - 1.0)


def test_the_length_of_the_window_is_what_hubspot_tells_last() -> None:
    window = RollingWindow()
    window.leave(0.0, reported(1, 0, 4.0), window.enter(), was_sent=True)
    assert window.interval_s == 4.0
    window.leave(20.0, reported(1, 0, None), window.enter(), was_sent=True)
    assert window.interval_s == 4.0
    assert window.wait_s(20.0) == pytest.approx(4.05)


@pytest.mark.parametrize("pace", [RateHeaders(limit=5), RateHeaders(remaining=0), RateHeaders()])
def test_half_a_word_about_the_limit_changes_nothing(pace: RateHeaders) -> None:
    window = RollingWindow()
    window.leave(0.0, pace, window.enter(), was_sent=True)
    assert window.limit == 100
    enter(window, 99)
    assert window.wait_s(0.0) > 0
