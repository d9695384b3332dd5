"""Applying the faults that hit a call: before it is carried out, to its result, and to its answer."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from reconciler.emulator.calls import Answer, Reply
from reconciler.emulator.faults import Effects, Fault, Kind
from reconciler.emulator.refusals import Refusal, rate_limited

_HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_SERVER_ERROR = 500


def before(effects: Effects) -> Reply | None:
    """Return the answer with which a fault replaces the call; None if no fault does. Raises Refusal."""
    for fault, _ in effects.faults:
        if fault.kind is Kind.BAD_GATEWAY_HTML:
            return Reply(502, _HTML, {"Content-Type": "text/html"})
        refusal = _refusal(fault)
        if refusal:
            refusal.headers = (
                {"Retry-After": str(fault.retry_after)} if fault.retry_after else refusal.headers
            )
            raise refusal
    return None


def _refusal(fault: Fault) -> Refusal | None:
    if fault.kind is Kind.RATE_LIMITED:
        return rate_limited(fault.policy, "injected")
    if fault.kind is Kind.SERVER_ERROR:
        return Refusal(fault.status or _SERVER_ERROR, "internal error", category="INTERNAL_ERROR")
    if fault.kind is Kind.LOCKED:
        return Refusal(
            423, "The resource is locked for a moment; wait at least 2 seconds.", category="LOCKED"
        )
    if fault.kind is Kind.MIGRATING:
        return Refusal(
            477,
            "The account is being moved between data centres.",
            category="MIGRATING",
            headers={"Retry-After": "1"},
        )
    if fault.kind is Kind.POISONED_RECORD:
        category = {409: "CONFLICT", 500: "INTERNAL_ERROR"}.get(fault.status, "VALIDATION_ERROR")
        return Refusal(fault.status or 400, f"one record cannot be written: {fault.value}", category=category)
    return None


def texts_of(body: Any) -> frozenset[str]:
    """Return every text in a request body, to find the text of a poisoned record in it."""
    return frozenset(_texts(body))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def distort(effects: Effects, body: Any) -> Any:
    """Return the body with results left out or shuffled, if a fault says so."""
    if not isinstance(body, dict) or not isinstance(body.get("results"), list) or not body["results"]:
        return body
    results = list(body["results"])
    left_out = effects.first(Kind.RESULT_LEFT_OUT)
    if left_out:
        results.pop(effects.chance(left_out).randrange(len(results)))
    shuffled = effects.first(Kind.RESULTS_SHUFFLED)
    if shuffled:
        effects.chance(shuffled).shuffle(results)
    return {**body, "results": results}


def outgoing(effects: Effects, answer: Answer) -> Answer:
    """Return the answer, delayed, shortened, damaged or dropped, if a fault says so."""
    answer = replace(answer, delay_s=effects.delay_s())
    if effects.first(Kind.DROP_BEFORE, Kind.DROP_AFTER):
        return replace(answer, is_dropped=True)
    half = answer.content[: len(answer.content) // 2]
    if effects.first(Kind.CUT_BODY):
        return replace(answer, content=half) if answer.content else replace(answer, is_dropped=True)
    if effects.first(Kind.MALFORMED_BODY):
        return replace(answer, content=half, headers={**answer.headers, "Content-Length": str(len(half))})
    return answer
