"""Simulated time, and HubSpot's rate window: threads sleep for hours within milliseconds."""

import heapq
import threading
from collections import deque
from collections.abc import Callable, Iterable

from reconciler.hubspot.transport.call_result import CallResult, ErrorResponse, RateHeaders, Request, Success
from reconciler.hubspot.transport.rate_limiter import RateLimiter
from reconciler.hubspot.transport.responses import ErrorBody

READ = Request("POST", "/crm/v3/objects/companies/batch/read")
WRITE = Request("POST", "/crm/v3/objects/companies/batch/update", is_write=True)


class SimulatedClock:
    """A clock that jumps to the next wake-up time when all threads sleep; one thread wakes at a time."""

    def __init__(self, threads: int = 1) -> None:
        self._time = 0.0
        self._awake = threads
        self._sleepers: list[tuple[float, int, threading.Semaphore]] = []
        self._count = 0
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._time

    def sleep(self, seconds: float) -> None:
        bell = threading.Semaphore(0)
        with self._lock:
            self._count += 1
            heapq.heappush(self._sleepers, (self._time + seconds, self._count, bell))
            self._fall_asleep()
        bell.acquire()

    def leave(self) -> None:
        """Tell the clock that this thread will not sleep any more."""
        with self._lock:
            self._fall_asleep()

    def _fall_asleep(self) -> None:
        self._awake -= 1
        if self._awake == 0 and self._sleepers:
            self._time, _, bell = heapq.heappop(self._sleepers)
            self._awake = 1
            bell.release()


class SimulatedHubSpot:
    """Counts each call in a rolling window, halfway between sending and answer.

    Refuses calls beyond the limit.
    """

    def __init__(
        self,
        clock: SimulatedClock,
        *,
        limit: int = 190,
        latency_s: float = 0.15,
        jitter: Callable[[], float] = lambda: 1.0,
        others: Iterable[float] = (),
    ) -> None:
        self._clock = clock
        self._limit = limit
        self._latency_s = latency_s
        self._jitter = jitter  # factors for each half of the latency of each call
        self._others = deque(others)  # times of calls by other users, ascending
        self._window: deque[float] = deque()
        self.answered = 0
        self.refused = 0
        self.refused_others = 0

    def call(self) -> CallResult[None]:
        self._clock.sleep(self._latency_s / 2 * self._jitter())
        while self._others and self._others[0] <= self._clock.now():
            self.refused_others += not self._count(self._others.popleft())
        is_counted = self._count(self._clock.now())
        pace = RateHeaders(limit=self._limit, remaining=self._limit - len(self._window), interval_s=10.0)
        self._clock.sleep(self._latency_s / 2 * self._jitter())
        if is_counted:
            self.answered += 1
            return Success(None, pace)
        self.refused += 1
        return ErrorResponse(429, ErrorBody.model_validate({"policyName": "TEN_SECONDLY_ROLLING"}), pace)

    def _count(self, at: float) -> bool:
        while self._window and self._window[0] <= at - 10.0:
            self._window.popleft()
        if len(self._window) >= self._limit:
            return False
        self._window.append(at)
        return True


def run_calls(
    clock: SimulatedClock,
    pacer: RateLimiter,
    call: Callable[[], CallResult[None]],
    *,
    calls: int,
    workers: int,
) -> float:
    """Make ``calls`` calls in ``workers`` threads; return the seconds until the last answer."""
    return run_work(clock, lambda: pacer.run(READ, call), times=calls, workers=workers)


def run_work(clock: SimulatedClock, work: Callable[[], object], *, times: int, workers: int) -> float:
    """Do ``work`` ``times`` times in ``workers`` threads; return the seconds until all is done."""
    tickets = iter(range(times))
    lock = threading.Lock()
    finished = [0.0]

    def work_on() -> None:
        try:
            while True:
                with lock:
                    if next(tickets, None) is None:
                        return
                work()
                finished.append(clock.now())
        finally:
            clock.leave()

    threads = [threading.Thread(target=work_on) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return max(finished)
