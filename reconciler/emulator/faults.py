"""Faults on demand: what a network, a limit or a falling server does to a call, on purpose.

A fault is a plain value, made from JSON (control route) or from a text (command line):
``latency:ms=200``, ``drop_after:method=POST,path=/crm/*/batch/*,count=1``.
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
    """What happens."""

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
    """One fault. Which calls it hits: ``method``, ``path`` (globs), ``portal``; how often: the rest.

    ``probability`` of each matching call, at most ``count`` calls (0: no end), drawn from ``seed``.
    The remaining fields belong to single kinds.
    """

    kind: Kind
    method: str = "*"
    path: str = "*"
    portal: int = 0
    """0: every portal."""
    probability: float = 1.0
    count: int = 0
    seed: int = 0
    ms: float = 0.0
    """Latency: all of it (fixed), its upper end (uniform), or its mean (exponential). Milliseconds."""
    min_ms: float = 0.0
    """Latency, uniform: its lower end."""
    distribution: str = "fixed"
    policy: str = "TEN_SECONDLY_ROLLING"
    """Rate limited: which limit is said to be used up."""
    status: int = 0
    """Server error: 500 unless given. Poisoned record: 400 unless given."""
    retry_after: int = 0
    """Seconds in Retry-After of rate_limited, locked, migrating; 0: no such header (migrating: 1)."""
    seconds: float = 0.0
    """Clock skew: how far the portal's clock is ahead (negative: behind)."""
    value: str = ""
    """Poisoned record: a write that carries this text (id, trace id, property value) is refused whole."""

    def __post_init__(self) -> None:
        """Raises FaultError for what makes no sense."""
        self._check_aim()
        self._check_kind()

    def _check_aim(self) -> None:
        if not 0 < self.probability <= 1:
            raise FaultError(f"{self.kind}: probability is above 0 and at most 1, not {self.probability}")
        if self.count < 0:
            raise FaultError(f"{self.kind}: count is 0 (no end) or more, not {self.count}")
        if self.distribution not in DISTRIBUTIONS:
            raise FaultError(f"{self.kind}: distribution is one of {', '.join(DISTRIBUTIONS)}")
        if self.policy not in POLICIES:
            raise FaultError(f"{self.kind}: policy is one of {', '.join(POLICIES)}")
        if self.retry_after < 0:
            raise FaultError(f"{self.kind}: retry_after is 0 or more seconds")

    def _check_kind(self) -> None:
        if self.kind is Kind.LATENCY and not (0 <= self.min_ms <= self.ms and self.ms > 0):
            raise FaultError("latency: ms is above 0, and min_ms from 0 to ms")
        if self.kind is Kind.SERVER_ERROR and self.status and self.status not in SERVER_ERRORS:
            raise FaultError(f"server_error: status is one of {sorted(SERVER_ERRORS)}, not {self.status}")
        if self.kind is Kind.POISONED_RECORD and self.status and self.status not in POISONED_STATUSES:
            raise FaultError(
                f"poisoned_record: status is one of {sorted(POISONED_STATUSES)}, not {self.status}"
            )
        if self.kind is Kind.POISONED_RECORD and not self.value:
            raise FaultError("poisoned_record: value is missing")
        if self.kind is Kind.CLOCK_SKEW and not self.seconds:
            raise FaultError("clock_skew: seconds is missing")

    def latency_s(self, chance: random.Random) -> float:
        """Seconds of one delay."""
        if self.distribution == "uniform":
            return chance.uniform(self.min_ms, self.ms) / 1000
        if self.distribution == "exponential":
            return chance.expovariate(1 / self.ms) / 1000
        return self.ms / 1000

    def body(self) -> dict[str, Any]:
        """As JSON, without what was left as it is by default."""
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
    """A fault from a JSON object; raises FaultError."""
    if not isinstance(given, Mapping):
        raise FaultError("a fault is a JSON object with at least a kind")
    names = {f.name for f in fields(Fault)}
    unknown = sorted(set(given) - names)
    if unknown:
        raise FaultError(f"a fault has no {', '.join(unknown)}; it knows {', '.join(sorted(names))}")
    if given.get("kind") not in set(Kind):
        raise FaultError(f"kind is one of {', '.join(Kind)}")
    values = {name: _typed(name, value) for name, value in given.items() if name != "kind"}
    return Fault(Kind(given["kind"]), **values)


def _typed(name: str, value: object) -> Any:
    wanted = _TYPES.get(name, str)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = (
        isinstance(value, str) if wanted is str else is_number and (wanted is float or isinstance(value, int))
    )
    if not fits:
        raise FaultError(f"{name} is {'text' if wanted is str else 'a number'}, not {value!r}")
    return wanted(value)


def parse(text: str) -> Fault:
    """A fault from ``kind:name=value,name=value``; raises FaultError."""
    kind, _, rest = text.partition(":")
    given: dict[str, object] = {"kind": kind.strip()}
    for part in rest.split(",") if rest else ():
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise FaultError(f"{part} is not of the form name=value")
        try:
            given[name] = _TYPES.get(name, str)(value)
        except ValueError:
            raise FaultError(f"{name} is a number, not {value!r}") from None
    return from_json(given)


@dataclass(slots=True)
class _Armed:
    """A fault that is switched on."""

    number: int
    fault: Fault
    chance: random.Random
    hits: int = 0


@dataclass(slots=True)
class Effects:
    """What happens to one call."""

    faults: Sequence[tuple[Fault, random.Random]] = field(default=())

    def first(self, *kinds: Kind) -> Fault | None:
        """The first fault of these kinds."""
        return next((fault for fault, _ in self.faults if fault.kind in kinds), None)

    def delay_s(self) -> float:
        """Seconds of all delays together."""
        return sum(fault.latency_s(chance) for fault, chance in self.faults if fault.kind is Kind.LATENCY)

    def skew_s(self) -> float:
        """Seconds by which the clock is ahead."""
        return sum(fault.seconds for fault, _ in self.faults if fault.kind is Kind.CLOCK_SKEW)

    def chance(self, fault: Fault) -> random.Random:
        """Where the fault draws its luck from."""
        return next(chance for known, chance in self.faults if known is fault)


class Switchboard:
    """The faults that are on; shared by all threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self._last = 0

    def add(self, fault: Fault) -> int:
        """Switches a fault on; its number."""
        with self._lock:
            self._last += 1
            self._armed.append(_Armed(self._last, fault, random.Random(fault.seed)))  # noqa: S311 - no secret
            return self._last

    def clear(self, number: int | None = None) -> None:
        """Switches one fault off, or all of them."""
        with self._lock:
            self._armed = [armed for armed in self._armed if number is not None and armed.number != number]

    def listing(self) -> list[dict[str, Any]]:
        """The faults that are on, and how often each has hit."""
        with self._lock:
            return [{"id": armed.number, "hits": armed.hits, **armed.fault.body()} for armed in self._armed]

    def strike(self, method: str, path: str, portal_id: int, texts: Callable[[], frozenset[str]]) -> Effects:
        """What happens to this call; ``texts`` gives the texts in its body, and is seldom asked."""
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
