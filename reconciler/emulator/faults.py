"""Faults on demand: a user can make the emulator fail like a network, a rate limit or a crashing server.

A fault is a value that is read from JSON (control route) or from text (command line): ``latency:ms=200``,
``drop_after:method=POST,path=/crm/*/batch/*,count=1``.
"""

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from reconciler.emulator.errors import FaultError


class Kind(StrEnum):
    """Kinds of faults."""

    LATENCY = "latency"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    BAD_GATEWAY_HTML = "bad_gateway_html"
    LOCKED = "locked"
    MIGRATING = "migrating"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    CUT_BODY = "cut_body"
    MALFORMED_BODY = "malformed_body"
    RESULT_LEFT_OUT = "result_left_out"
    RESULTS_SHUFFLED = "results_shuffled"
    CLOCK_SKEW = "clock_skew"
    POISONED_RECORD = "poisoned_record"


DISTRIBUTIONS = ("fixed", "uniform", "exponential")
POLICIES = ("TEN_SECONDLY_ROLLING", "SECONDLY", "DAILY")
SERVER_ERRORS = frozenset({*range(500, 505), *range(521, 527)})
POISONED_STATUSES = frozenset({400, 409, 500})


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: ``method``, ``path`` (globs) and ``portal`` say which calls it may hit.

    It hits such a call with ``probability``, and at most ``count`` calls (0: no limit); ``seed`` starts the
    random numbers. The remaining fields are for certain kinds only, which their descriptions name.
    """

    kind: Kind
    method: str = "*"
    path: str = "*"
    portal: int = 0
    """Number of the portal; 0 means every portal."""
    probability: float = 1.0
    count: int = 0
    seed: int = 0
    ms: float = 0.0
    """For ``latency``: milliseconds. ``distribution`` says whether this is the delay itself (fixed), the
    maximum (uniform) or the mean (exponential)."""
    min_ms: float = 0.0
    """For ``latency``: the minimum delay in milliseconds, if ``distribution`` is uniform."""
    distribution: str = "fixed"
    policy: str = "TEN_SECONDLY_ROLLING"
    """For ``rate_limited``: the name of the limit that the answer gives."""
    status: int = 0
    """For ``server_error`` and ``poisoned_record``: the status of the answer.

    The default 0 stands for 500 (``server_error``) or 400 (``poisoned_record``).
    """
    retry_after: int = 0
    """For ``rate_limited``, ``locked`` and ``migrating``: the number of seconds in the Retry-After header.

    With the default 0, the answer has no such header; for ``migrating``, the header says 1 second.
    """
    seconds: float = 0.0
    """For ``clock_skew``: how many seconds the portal's clock is ahead; a negative number means behind."""
    value: str = ""
    """For ``poisoned_record``: a call that writes this text (id, trace id, value) is refused as a whole."""

    def __post_init__(self) -> None:
        """Raise FaultError for an invalid fault."""
        self._check_aim()
        self._check_kind()

    def _check_aim(self) -> None:
        if not 0 < self.probability <= 1:
            raise FaultError(
                f"{self.kind}: probability must be above 0 and at most 1, not {self.probability}"
            )
        if self.count < 0:
            raise FaultError(f"{self.kind}: count must be 0 (no limit) or more, not {self.count}")
        if self.distribution not in DISTRIBUTIONS:
            raise FaultError(f"{self.kind}: distribution must be one of {', '.join(DISTRIBUTIONS)}")
        if self.policy not in POLICIES:
            raise FaultError(f"{self.kind}: policy must be one of {', '.join(POLICIES)}")
        if self.retry_after < 0:
            raise FaultError(f"{self.kind}: retry_after must be 0 or more seconds, not {self.retry_after}")

    def _check_kind(self) -> None:
        if self.kind is Kind.LATENCY and not (0 <= self.min_ms <= self.ms and self.ms > 0):
            raise FaultError("latency: ms must be above 0, and min_ms must be from 0 to ms")
        if self.kind is Kind.SERVER_ERROR and self.status and self.status not in SERVER_ERRORS:
            raise FaultError(
                f"server_error: status must be one of {sorted(SERVER_ERRORS)}, not {self.status}"
            )
        if self.kind is Kind.POISONED_RECORD and self.status and self.status not in POISONED_STATUSES:
            raise FaultError(
                f"poisoned_record: status must be one of {sorted(POISONED_STATUSES)}, not {self.status}"
            )
        if self.kind is Kind.POISONED_RECORD and not self.value:
            raise FaultError("poisoned_record: value is missing")
        if self.kind is Kind.CLOCK_SKEW and not self.seconds:
            raise FaultError("clock_skew: seconds is missing")

    def latency_s(self, chance: random.Random) -> float:
        """Return the seconds of one delay, drawn at random."""
        if self.distribution == "uniform":
            return chance.uniform(self.min_ms, self.ms) / 1000
        if self.distribution == "exponential":
            return chance.expovariate(1 / self.ms) / 1000
        return self.ms / 1000

    def body(self) -> dict[str, Any]:
        """Return the fault as JSON, without fields that have their default."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {
            f.name: values[f.name] for f in fields(self) if f.name == "kind" or values[f.name] != f.default
        }


_TYPES: Mapping[str, type] = {
    "portal": int,
    "count": int,
    "seed": int,
    "status": int,
    "retry_after": int,
    "probability": float,
    "ms": float,
    "min_ms": float,
    "seconds": float,
}


def from_json(given: object) -> Fault:
    """Build a fault from a JSON object. Raises FaultError."""
    if not isinstance(given, Mapping):
        raise FaultError("a fault must be a JSON object with at least a kind")
    names = {f.name for f in fields(Fault)}
    unknown = sorted(set(given) - names)
    if unknown:
        raise FaultError(f"{unknown[0]}: a fault has no such key; its keys are {', '.join(sorted(names))}")
    if given.get("kind") not in set(Kind):
        raise FaultError(f"kind must be one of {', '.join(Kind)}")
    values = {name: _typed(name, value) for name, value in given.items() if name != "kind"}
    return Fault(Kind(given["kind"]), **values)


def _typed(name: str, value: object) -> Any:
    wanted = _TYPES.get(name, str)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = (
        isinstance(value, str) if wanted is str else is_number and (wanted is float or isinstance(value, int))
    )
    if not fits:
        raise FaultError(f"{name} must be {'text' if wanted is str else 'a number'}, not {value!r}")
    return wanted(value)


def parse(text: str) -> Fault:
    """Build a fault from ``kind:name=value,name=value``. Raises FaultError."""
    kind, _, rest = text.partition(":")
    given: dict[str, object] = {"kind": kind.strip()}
    for part in rest.split(",") if rest else ():
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise FaultError(f"{part} must be written as name=value")
        try:
            given[name] = _TYPES.get(name, str)(value)
        except ValueError:
            raise FaultError(f"{name} must be a number, not {value!r}") from None
    return from_json(given)


@dataclass(slots=True)
class _Armed:
    """A fault that is switched on, with its random numbers and the number of its hits."""

    number: int
    fault: Fault
    chance: random.Random
    hits: int = 0


@dataclass(slots=True)
class Effects:
    """The faults that hit one call."""

    faults: Sequence[tuple[Fault, random.Random]] = field(default=())

    def first(self, *kinds: Kind) -> Fault | None:
        """Return the first fault whose kind is in ``kinds``; None if there is none."""
        return next((fault for fault, _ in self.faults if fault.kind in kinds), None)

    def delay_s(self) -> float:
        """Return the seconds of all delays together."""
        return sum(fault.latency_s(chance) for fault, chance in self.faults if fault.kind is Kind.LATENCY)

    def skew_s(self) -> float:
        """Return the seconds by which the portal's clock is ahead for this call."""
        return sum(fault.seconds for fault, _ in self.faults if fault.kind is Kind.CLOCK_SKEW)

    def chance(self, fault: Fault) -> random.Random:
        """Return the random numbers of ``fault``."""
        return next(chance for known, chance in self.faults if known is fault)


class Switchboard:
    """The active faults; all threads of a process share them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self._last = 0

    def add(self, fault: Fault) -> int:
        """Switch a fault on; return the number of the fault."""
        with self._lock:
            self._last += 1
            self._armed.append(_Armed(self._last, fault, random.Random(fault.seed)))  # noqa: S311 - no secret
            return self._last

    def clear(self, number: int | None = None) -> None:
        """Switch the fault with this number off, or all faults (None)."""
        with self._lock:
            self._armed = [armed for armed in self._armed if number is not None and armed.number != number]

    def listing(self) -> list[dict[str, Any]]:
        """List the active faults as JSON, with the number of calls that each has hit."""
        with self._lock:
            return [{"id": armed.number, "hits": armed.hits, **armed.fault.body()} for armed in self._armed]

    def strike(self, method: str, path: str, portal_id: int, texts: Callable[[], frozenset[str]]) -> Effects:
        """Return the faults that hit this call.

        ``texts`` returns all texts in the body of the call; only poisoned records need them.
        """
        with self._lock:
            hit = [armed for armed in self._armed if _hits(armed, method, path, portal_id, texts)]
            for armed in hit:
                armed.hits += 1
            return Effects(tuple((armed.fault, armed.chance) for armed in hit))


def _hits(armed: _Armed, method: str, path: str, portal_id: int, texts: Callable[[], frozenset[str]]) -> bool:
    fault = armed.fault
    return (
        (not fault.count or armed.hits < fault.count)
        and fault.portal in {0, portal_id}
        and fnmatchcase(method, fault.method)
        and fnmatchcase(path, fault.path)
        and (fault.kind is not Kind.POISONED_RECORD or fault.value in texts())
        and (fault.probability == 1 or armed.chance.random() < fault.probability)
    )
