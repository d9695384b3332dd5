"""Calls are sent as fast as HubSpot allows, and repeated only if that is safe. The clock is simulated."""

import math
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import HubSpotError, NoAnswer, NotAllowed, Unavailable
from reconciler.hubspot.transport.call_result import (
    CallResult,
    ErrorResponse,
    NoResponse,
    RateHeaders,
    Request,
    Success,
)
from reconciler.hubspot.transport.rate_limiter import RateLimiter
from reconciler.hubspot.transport.responses import ErrorBody
from tests.hubspot.doubles import pacer_of
from tests.hubspot.simulation import READ, WRITE, SimulatedClock, SimulatedHubSpot, run_calls, run_work

WORKERS = 16
DONE: Success[None] = Success(None, RateHeaders())
DROPPED = NoResponse("the answer never arrived", was_sent=True)
UNREACHABLE = NoResponse("api.hubapi.com cannot be reached", was_sent=False)


class Script:
    """Gives prepared answers one after the other, and then repeats the last one."""

    def __init__(self, exchanges: Sequence[CallResult[None]]) -> None:
        self._exchanges = list(exchanges)
        self.calls = 0

    def __call__(self) -> CallResult[None]:
        self.calls += 1
        return self._exchanges.pop(0) if len(self._exchanges) > 1 else self._exchanges[0]


def refusal(status: int, policy: str | None = None, retry_after_s: float | None = None) -> ErrorResponse:
    error = ErrorBody.model_validate({"policyName": policy, "message": "no"})
    return ErrorResponse(status, error, RateHeaders(retry_after_s=retry_after_s))


def answered_once(pacer: RateLimiter) -> None:
    """Make one successful call, so that the host counts as reachable."""
    pacer.run(READ, Script([DONE]))


def floor_s(calls: int, limit: int) -> float:
    return (math.ceil(calls / limit) - 1) * 10.0


def test_hubspots_clock_is_that_of_the_answer_that_was_furthest_ahead() -> None:
    clock = SimulatedClock()
    pacer = pacer_of(clock)
    start = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)

    def answered(after_s: float) -> None:
        pacer.run(READ, Script([Success(None, RateHeaders(date=start + timedelta(seconds=after_s)))]))

    answered_once(pacer)
    assert pacer.time_there() is None
    answered(0)
    assert pacer.time_there() == start
    clock.sleep(5)
    assert pacer.time_there() == start + timedelta(seconds=5)
    answered(7)  # two seconds later than the clock says now
    assert pacer.time_there() == start + timedelta(seconds=7)
    answered(3)
    answered_once(pacer)
    assert pacer.time_there() == start + timedelta(seconds=7)
    clock.sleep(1)
    assert pacer.time_there() == start + timedelta(seconds=8)


def test_the_latest_answer_that_tells_says_how_many_calls_are_left_today() -> None:
    pacer = pacer_of()
    assert pacer.daily_remaining is None
    for reported, known in ((None, None), (17, 17), (None, 17), (0, 0), (19, 19)):
        pacer.run(READ, Script([Success(None, RateHeaders(daily_remaining=reported))]))
        assert pacer.daily_remaining == known


@pytest.mark.parametrize(
    ("calls", "seconds"), [(0, 0.0), (1, 0.0), (100, 0.0), (101, 10.0), (200, 10.0), (201, 20.0)]
)
def test_so_many_calls_take_at_least_so_long(calls: int, seconds: float) -> None:
    assert pacer_of().least_seconds(calls) == seconds


def test_a_limit_that_is_assumed_counts_until_another_one_is_told() -> None:
    pacer = RateLimiter(assumed_limit=1_000)

    assert pacer.least_seconds(1_000) == 0
    assert RateLimiter().least_seconds(1_000) == 90


def test_a_limit_that_was_told_counts_for_how_long_calls_take() -> None:
    pacer = pacer_of()
    pacer.run(READ, Script([Success(None, RateHeaders(limit=10, remaining=9, interval_s=4.0))]))
    assert [pacer.least_seconds(calls) for calls in (10, 11, 31)] == [0.0, 4.0, 12.0]


@pytest.mark.parametrize(("limit", "calls"), [(190, 1900), (100, 1000), (250, 2500)])
def test_a_run_alone_meets_no_429_and_takes_what_the_limit_makes_it_take(limit: int, calls: int) -> None:
    clock = SimulatedClock(WORKERS)
    hubspot = SimulatedHubSpot(clock, limit=limit, latency_s=0.15)

    seconds = run_calls(clock, pacer_of(clock), hubspot.call, calls=calls, workers=WORKERS)

    assert hubspot.refused == 0
    assert hubspot.answered == calls
    assert floor_s(calls, limit) <= seconds <= (floor_s(calls, limit) + 0.15) * 1.05


@given(st.integers(0, 2**32), st.sampled_from([0.05, 0.15, 0.8]), st.sampled_from([5, 100, 190]))
@settings(max_examples=25, deadline=None)
def test_alone_no_429_is_met_however_calls_overtake_each_other(
    seed: int, latency_s: float, limit: int
) -> None:
    chance = random.Random(seed)
    clock = SimulatedClock(WORKERS)
    hubspot = SimulatedHubSpot(
        clock, limit=limit, latency_s=latency_s, jitter=lambda: chance.choice([0.1, 1.0, 4.0])
    )

    run_calls(clock, pacer_of(clock), hubspot.call, calls=2 * limit + 7, workers=WORKERS)

    assert hubspot.refused == 0


@given(st.integers(0, 2**32), st.sampled_from([0.05, 0.15, 0.8]), st.sampled_from([5, 100, 190]))
@settings(max_examples=25, deadline=None)
def test_a_write_goes_right_after_the_read_that_it_comes_of(seed: int, latency_s: float, limit: int) -> None:
    chance = random.Random(seed)
    clock = SimulatedClock(WORKERS)
    hubspot = SimulatedHubSpot(
        clock, limit=limit, latency_s=latency_s, jitter=lambda: chance.choice([0.1, 1.0, 4.0])
    )
    pacer = pacer_of(clock)
    waited: list[float] = []

    def look_and_write() -> None:
        with pacer.reserve_slot():
            pacer.run(READ, hubspot.call)
            looked_at = clock.now()

            def write() -> CallResult[None]:
                waited.append(clock.now() - looked_at)
                return hubspot.call()

            pacer.run(WRITE, write)

    run_work(clock, look_and_write, times=limit + 7, workers=WORKERS)

    assert hubspot.refused == 0
    assert max(waited) == 0


def test_looking_before_writing_takes_no_longer_than_as_many_calls_do() -> None:
    clock = SimulatedClock(WORKERS)
    hubspot = SimulatedHubSpot(clock, limit=190, latency_s=0.15)
    pacer = pacer_of(clock)

    def look_and_write() -> None:
        with pacer.reserve_slot():
            pacer.run(READ, hubspot.call)
            pacer.run(WRITE, hubspot.call)

    seconds = run_work(clock, look_and_write, times=950, workers=WORKERS)

    assert floor_s(1900, 190) <= seconds <= (floor_s(1900, 190) + 0.3) * 1.06


def test_a_place_that_no_write_took_is_free_again() -> None:
    clock = SimulatedClock(1)
    hubspot = SimulatedHubSpot(clock, limit=100, latency_s=0)
    pacer = pacer_of(clock)

    for _ in range(50):
        with pacer.reserve_slot():
            pacer.run(READ, hubspot.call)
    for _ in range(50):
        pacer.run(READ, hubspot.call)

    assert clock.now() == 0


def test_a_kept_place_is_no_way_around_a_hold() -> None:
    clock = SimulatedClock(2)
    pacer = pacer_of(clock)
    crowded = Script([refusal(429, "TEN_SECONDLY_ROLLING"), DONE])
    sent: list[float] = []

    def other() -> None:
        clock.sleep(1.0)
        pacer.run(READ, crowded)
        clock.leave()

    def write() -> CallResult[None]:
        sent.append(clock.now())
        return DONE

    thread = threading.Thread(target=other)
    thread.start()
    with pacer.reserve_slot():
        pacer.run(READ, Script([DONE]))
        clock.sleep(2.0)
        pacer.run(WRITE, write)
    clock.leave()
    thread.join()

    assert sent[0] >= 11.0


def test_a_thousand_records_need_no_pacing() -> None:
    clock = SimulatedClock(WORKERS)
    hubspot = SimulatedHubSpot(clock, limit=190, latency_s=0.15)

    assert run_calls(clock, pacer_of(clock), hubspot.call, calls=10, workers=WORKERS) <= 0.46


def poisson(per_second: float, seconds: float) -> Iterator[float]:
    chance = random.Random(7)
    at = 0.0
    while at < seconds:
        at += chance.expovariate(per_second)
        yield at


@pytest.mark.parametrize("others", [poisson(6.33, 400), [index / 6.33 for index in range(2500)]])
def test_with_another_user_of_the_token_429s_are_rare(others: Sequence[float]) -> None:
    clock = SimulatedClock(WORKERS)
    hubspot = SimulatedHubSpot(clock, limit=190, latency_s=0.15, others=others)

    seconds = run_calls(clock, pacer_of(clock), hubspot.call, calls=1900, workers=WORKERS)

    assert hubspot.answered == 1900
    assert hubspot.refused <= 5
    assert seconds <= 200  # half of the limit; others use a third, and a tenth is left free


def test_a_window_that_an_earlier_run_left_full_is_met_by_a_few_calls_only() -> None:
    clock = SimulatedClock(WORKERS)
    hubspot = SimulatedHubSpot(clock, limit=190, latency_s=0.15, others=[-0.1] * 190)

    run_calls(clock, pacer_of(clock), hubspot.call, calls=190, workers=WORKERS)

    assert hubspot.refused <= 4
    assert hubspot.answered == 190


@pytest.mark.parametrize(
    ("trouble", "waited_s"),
    [
        (refusal(429, "TEN_SECONDLY_ROLLING"), 10.0),
        (refusal(429, "SECONDLY"), 1.0),
        (refusal(429, retry_after_s=4.0), 4.0),
        (refusal(423), 2.0),
        (refusal(477, retry_after_s=60.0), 60.0),
        (UNREACHABLE, 0.375),
    ],
)
@pytest.mark.parametrize("request_", [READ, WRITE])
def test_calls_that_hubspot_did_not_process_are_sent_again(
    trouble: CallResult[None], waited_s: float, request_: Request
) -> None:
    clock = SimulatedClock()
    script = Script([trouble, DONE])

    assert pacer_of(clock).run(request_, script) is DONE
    assert script.calls == 2
    assert clock.now() == pytest.approx(waited_s)


@pytest.mark.parametrize("trouble", [DROPPED, refusal(500), refusal(502), refusal(524), refusal(408)])
def test_a_write_without_an_answer_is_not_sent_again(trouble: CallResult[None]) -> None:
    script = Script([trouble, DONE])
    pacer = pacer_of()

    with pytest.raises(NoAnswer, match="the write may have happened"):
        pacer.run(WRITE, script)
    assert script.calls == 1


@pytest.mark.parametrize("trouble", [DROPPED, refusal(500), refusal(502), refusal(524)])
def test_a_read_without_an_answer_is_asked_again(trouble: CallResult[None]) -> None:
    script = Script([trouble, trouble, trouble, DONE])
    pacer = pacer_of()
    answered_once(pacer)

    assert pacer.run(READ, script) is DONE
    assert script.calls == 4


def test_patience_with_a_host_that_has_answered_before_is_minutes() -> None:
    clock = SimulatedClock()
    pacer = pacer_of(clock)
    answered_once(pacer)

    with pytest.raises(Unavailable, match="never arrived; reconciler gave up: run it again later"):
        pacer.run(READ, Script([DROPPED]))
    assert 120 < clock.now() <= 180


@pytest.mark.parametrize(("retry_after_s", "is_waited_for"), [(180.0, True), (181.0, False)])
def test_hubspot_is_waited_for_as_long_as_it_says_up_to_three_minutes(
    retry_after_s: float, is_waited_for: bool
) -> None:
    clock, script = SimulatedClock(), Script([refusal(503, retry_after_s=retry_after_s), DONE])
    pacer = pacer_of(clock)
    with nullcontext() if is_waited_for else pytest.raises(Unavailable):
        pacer.run(READ, script)
    assert (script.calls, clock.now()) == ((2, retry_after_s) if is_waited_for else (1, 0.0))


def test_patience_with_a_host_that_never_answered_is_seconds() -> None:
    clock = SimulatedClock()

    with pytest.raises(Unavailable, match="cannot be reached; check base_url and the network"):
        pacer_of(clock).run(READ, Script([UNREACHABLE]))
    assert clock.now() <= 8


def test_an_answer_that_never_makes_sense_is_given_up_in_seconds() -> None:
    clock = SimulatedClock()
    pacer = pacer_of(clock)
    answered_once(pacer)

    with pytest.raises(Unavailable, match="cannot be read"):
        pacer.run(READ, Script([NoResponse("the answer cannot be read", was_sent=True, is_garbled=True)]))
    assert clock.now() <= 8


def test_a_portal_that_moves_for_hours_is_given_up_at_once() -> None:
    clock = SimulatedClock()
    script = Script([refusal(477, retry_after_s=7200.0)])

    with pytest.raises(Unavailable, match="asks to wait 7200 s"):
        pacer_of(clock).run(READ, script)
    assert (script.calls, clock.now()) == (1, 0.0)


@pytest.mark.parametrize(
    ("trouble", "error", "says"),
    [
        (refusal(401), NotAllowed, "HubSpot refuses the token: no"),
        (refusal(429, "DAILY"), Unavailable, "no API calls left today"),
    ],
)
def test_a_dead_token_and_a_spent_day_stop_every_later_call(
    trouble: CallResult[None], error: type[HubSpotError], says: str
) -> None:
    pacer = pacer_of()
    later = Script([DONE])

    with pytest.raises(error, match=says):
        pacer.run(READ, Script([trouble]))
    with pytest.raises(error, match=says):
        pacer.run(WRITE, later)
    assert later.calls == 0


def test_threads_that_wait_hear_of_a_dead_token() -> None:
    clock = SimulatedClock(2)
    pacer = pacer_of(clock)
    script = Script([refusal(423, retry_after_s=100.0)])
    heard: list[float] = []

    def die() -> CallResult[None]:
        clock.sleep(5.0)
        return refusal(401)

    def run(attempt: Callable[[], CallResult[None]]) -> None:
        try:
            pacer.run(READ, attempt)
        except NotAllowed:
            heard.append(clock.now())
        finally:
            clock.leave()

    threads = [threading.Thread(target=run, args=(attempt,)) for attempt in (script, die)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(heard) == 2
    assert max(heard) <= 6.0


def test_a_refusal_that_is_final_is_handed_back() -> None:
    conflict = refusal(409)

    assert pacer_of().run(WRITE, Script([conflict])) is conflict


def test_calls_left_today_are_those_of_the_latest_answer() -> None:
    pacer = pacer_of()
    assert pacer.daily_remaining is None

    pacer.run(READ, Script([Success(None, RateHeaders(daily_remaining=41))]))
    pacer.run(READ, Script([DONE]))

    assert pacer.daily_remaining == 41


def test_the_least_time_of_a_run_is_a_window_for_every_burst_but_the_first() -> None:
    pacer = pacer_of()
    pacer.run(READ, Script([Success(None, RateHeaders(limit=190, remaining=189, interval_s=10.0))]))

    assert [pacer.least_seconds(calls) for calls in (0, 1, 190, 191, 1900)] == [0, 0, 0, 10, 90]


def test_an_error_carries_what_hubspot_said_of_the_call() -> None:
    said = ErrorBody.model_validate({"message": "busy", "category": "INTERNAL_ERROR", "correlationId": "c-1"})
    with pytest.raises(NoAnswer) as reported:
        pacer_of().run(WRITE, Script([ErrorResponse(503, said, RateHeaders())]))
    error = reported.value
    assert (error.status, error.category, error.correlation_id) == (503, "INTERNAL_ERROR", "c-1")
    assert (error.method, error.path) == (WRITE.method, WRITE.path)
    assert error.summary == "busy; the write may have happened"


def test_an_error_without_words_tells_the_status() -> None:
    with pytest.raises(NoAnswer) as reported:
        pacer_of().run(WRITE, Script([ErrorResponse(503, ErrorBody.model_validate({}), RateHeaders())]))
    assert reported.value.summary == "HubSpot answered 503; the write may have happened"
    assert (reported.value.category, reported.value.correlation_id) == (None, None)


def test_an_answer_that_never_came_has_no_status() -> None:
    with pytest.raises(NoAnswer) as reported:
        pacer_of().run(WRITE, Script([DROPPED]))
    assert (reported.value.status, reported.value.category, reported.value.correlation_id) == (
        None,
        None,
        None,
    )
    assert reported.value.summary == "the answer never arrived; the write may have happened"


def test_a_place_that_was_kept_for_nothing_is_given_back_once() -> None:
    clock = SimulatedClock()
    pacer = pacer_of(clock)
    answered: Success[None] = Success(None, RateHeaders(limit=3, remaining=2, interval_s=10.0))
    pacer.run(READ, Script([answered]))
    with pacer.reserve_slot():
        pacer.run(READ, Script([DONE]))
    pacer.run(WRITE, Script([DONE]))  # the third call uses the slot that was released
    assert clock.now() == 0.0
    pacer.run(WRITE, Script([DONE]))
    assert clock.now() > 10.0
