"""All cells of the table of retries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.hubspot.transport.call_result import ErrorResponse, NoResponse, RateHeaders
from reconciler.hubspot.transport.responses import ErrorBody
from reconciler.hubspot.transport.retries import (
    PATIENCE_S,
    SHORT_PATIENCE_S,
    RetryDecision,
    RetryStep,
    decide_retry,
)

NOT_SENT = NoResponse("refused", was_sent=False)
NO_ANSWER = NoResponse("dropped", was_sent=True)
GARBLED = NoResponse("cut", was_sent=True, is_garbled=True)


def refusal(status: int, *, policy: str | None = None, **pace: float) -> ErrorResponse:
    return ErrorResponse(status, ErrorBody.model_validate({"policyName": policy}), RateHeaders(**pace))  # type: ignore[arg-type]  # whole numbers all


def decided(
    exchange: ErrorResponse | NoResponse, *, is_write: bool, tries: int = 1, jitter: float = 1.0
) -> RetryStep:
    return decide_retry(exchange, is_write=is_write, tries=tries, jitter=jitter)


@pytest.mark.parametrize(
    ("exchange", "read", "write"),
    [
        (NOT_SENT, RetryDecision.RETRY, RetryDecision.RETRY),
        (NO_ANSWER, RetryDecision.RETRY, RetryDecision.OUTCOME_UNKNOWN),
        (GARBLED, RetryDecision.RETRY, RetryDecision.OUTCOME_UNKNOWN),
        *(
            (refusal(status), RetryDecision.ANSWERED, RetryDecision.ANSWERED)
            for status in (302, 400, 403, 404, 409, 415)
        ),
        *(
            (refusal(status), RetryDecision.RETRY, RetryDecision.OUTCOME_UNKNOWN)
            for status in (408, 500, 502, 503, 504)
        ),
        *(
            (refusal(status), RetryDecision.RETRY, RetryDecision.OUTCOME_UNKNOWN)
            for status in range(521, 527)
        ),
        (refusal(401), RetryDecision.UNAUTHORIZED, RetryDecision.UNAUTHORIZED),
        (refusal(423), RetryDecision.RETRY, RetryDecision.RETRY),
        (refusal(429), RetryDecision.RATE_LIMITED, RetryDecision.RATE_LIMITED),
        (refusal(429, policy="TEN_SECONDLY_ROLLING"), RetryDecision.RATE_LIMITED, RetryDecision.RATE_LIMITED),
        (refusal(429, policy="SECONDLY"), RetryDecision.RETRY, RetryDecision.RETRY),
        (refusal(429, policy="DAILY"), RetryDecision.DAILY_LIMIT, RetryDecision.DAILY_LIMIT),
        (refusal(429, daily_remaining=0), RetryDecision.DAILY_LIMIT, RetryDecision.DAILY_LIMIT),
        (refusal(429, daily_remaining=1), RetryDecision.RATE_LIMITED, RetryDecision.RATE_LIMITED),
        (
            refusal(429, policy="TEN_SECONDLY_ROLLING", daily_remaining=0),
            RetryDecision.RATE_LIMITED,
            RetryDecision.RATE_LIMITED,
        ),
        (refusal(429, policy="SECONDLY", daily_remaining=0), RetryDecision.RETRY, RetryDecision.RETRY),
        (refusal(477), RetryDecision.RATE_LIMITED, RetryDecision.RATE_LIMITED),
    ],
)
def test_a_write_that_may_have_happened_is_never_sent_again(
    exchange: ErrorResponse | NoResponse, read: RetryDecision, write: RetryDecision
) -> None:
    assert decided(exchange, is_write=False).decision is read
    assert decided(exchange, is_write=True).decision is write


@pytest.mark.parametrize(
    ("exchange", "tries", "wait_s"),
    [
        (refusal(429, policy="TEN_SECONDLY_ROLLING"), 1, 10.0),
        (refusal(429, policy="TEN_SECONDLY_ROLLING", interval_s=4.0), 1, 4.0),
        (refusal(429, policy="TEN_SECONDLY_ROLLING", retry_after_s=3.0), 1, 3.0),
        (refusal(429, policy="SECONDLY"), 1, 1.0),
        (refusal(429, policy="SECONDLY"), 3, 3.0),
        (refusal(429, policy="SECONDLY", retry_after_s=7.0), 1, 7.0),
        (refusal(429, policy="SECONDLY", retry_after_s=0.2), 2, 2.0),
        (refusal(429), 1, 10.0),
        (refusal(429), 5, 10.0),
        (refusal(423), 1, 2.0),
        (refusal(423), 2, 4.0),
        (refusal(423, retry_after_s=9.0), 1, 9.0),
        (refusal(477), 3, 6.0),
        (refusal(477, retry_after_s=90.0), 1, 90.0),
        (refusal(477, retry_after_s=1.0), 1, 2.0),
        (refusal(503, retry_after_s=12.0), 1, 12.0),
        (refusal(503, retry_after_s=0.1), 1, 0.5),
        (refusal(503), 2, 1.0),
        (refusal(408), 3, 2.0),
        (NOT_SENT, 2, 1.0),
        (NO_ANSWER, 1, 0.5),
        (NO_ANSWER, 7, 32.0),
        (NO_ANSWER, 8, 32.0),
        (NO_ANSWER, 4, 4.0),
        (NO_ANSWER, 40, 32.0),
    ],
)
def test_the_wait_is_what_hubspot_asks_for(
    exchange: ErrorResponse | NoResponse, tries: int, wait_s: float
) -> None:
    assert decided(exchange, is_write=False, tries=tries).wait_s == wait_s


@given(st.floats(0, 1), st.integers(1, 2000))
def test_jitter_takes_at_most_half_of_a_backoff(jitter: float, tries: int) -> None:
    whole = decided(NO_ANSWER, is_write=False, tries=tries).wait_s
    assert whole / 2 <= decided(NO_ANSWER, is_write=False, tries=tries, jitter=jitter).wait_s <= whole


def test_without_luck_a_backoff_is_halved() -> None:
    assert decided(NO_ANSWER, is_write=False, jitter=0.0).wait_s == 0.25
    assert decided(NO_ANSWER, is_write=False, tries=3, jitter=0.5).wait_s == 1.5


def test_a_final_answer_causes_no_waiting() -> None:
    for exchange in (refusal(400), refusal(401), refusal(429, policy="DAILY", retry_after_s=9.0)):
        assert decided(exchange, is_write=False).wait_s == 0.0
    assert decided(NO_ANSWER, is_write=True).wait_s == 0.0


def test_patience_is_three_minutes_and_short_where_waiting_hardly_helps() -> None:
    assert (PATIENCE_S, SHORT_PATIENCE_S) == (180.0, 8.0)
