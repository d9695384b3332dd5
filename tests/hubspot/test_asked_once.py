"""One reader reads account and definitions once, however often they are needed."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from reconciler.errors import HubSpotError
from tests.hubspot.doubles import reader_of, reply

ANSWER = {"results": [], "portalId": 1, "accountType": "STANDARD", "enablement": True}


def test_a_second_question_gets_the_first_answer() -> None:
    reader = reader_of(lambda _: reply(200, ANSWER))
    for _ in range(2):
        reader.account()
        reader.properties("companies")
        reader.properties("contacts")
        reader.pipelines("deals")
        reader.schemas()
        reader.is_enabled("0-162")
    assert reader.calls == 6


def test_what_was_begun_is_not_asked_again() -> None:
    reader = reader_of(lambda _: reply(200, ANSWER))
    reader.begin(["companies"])
    reader.begin(["companies", "contacts"])
    for _ in range(2):
        reader.account()
        reader.properties("companies")
        reader.properties("contacts")
    assert reader.calls == 3


def test_threads_that_ask_at_once_share_one_call() -> None:
    all_here = threading.Barrier(4, timeout=30)
    may_answer = threading.Event()

    def slow(_: httpx.Request) -> httpx.Response:
        may_answer.wait(30)
        return reply(200, ANSWER)

    reader = reader_of(slow)

    def ask() -> int:
        all_here.wait()
        return reader.account().portal_id

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        may_answer.set()
        assert [future.result() for future in asking] == [1] * 4
    assert reader.calls == 1


def test_a_call_that_failed_is_made_again() -> None:
    answers = [reply(404), reply(404), reply(200, ANSWER)]
    reader = reader_of(lambda _: answers.pop(0))
    with pytest.raises(HubSpotError):
        reader.account()
    reader.begin([])
    with pytest.raises(HubSpotError):
        reader.account()
    assert reader.account().portal_id == 1
