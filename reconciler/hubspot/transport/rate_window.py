"""HubSpot's rolling window of calls, as seen from here: how long to wait before the next one.

HubSpot counts a call somewhere between the moment it is sent and the moment its answer arrives, and
forgets it one window later. A call therefore occupies a place from sending until one window after its
answer; with that, a run that has the token to itself is never told to slow down, and may spend the
whole burst at once.

The same token may have other users. Every answer says how many calls the window still takes; what is
missing from it and was not sent by us before that call is theirs. Calls overtake each other, so the
lowest of the latest few such numbers is taken. The highest that was met is believed for one window,
and a reserve is kept on top of it, because they go on while we wait.
"""

from collections import deque

from reconciler.hubspot.transport.call_result import RateHeaders
from reconciler.hubspot.transport.limits import LEAST_CALLS_PER_WINDOW, WINDOW_S

_FIRST_CALLS = 4
"""Calls in flight before the first answer: an earlier run may have left the window full."""

_RESERVE = 10
"""One in so many calls is left to others, once there are others."""

_ESTIMATES = 16
"""So many of the latest answers say how many calls are others': as many as are on their way at once, so that
calls of our own that overtook one another are not taken for others'."""

_MARGIN_S = 0.05
"""Clocks and networks are not exact."""

_TICK_S = 0.02
"""How long to wait when nothing says when a place will be free."""


class RollingWindow:
    """Who is in the window. Not thread-safe: its owner holds a lock. Times are seconds of one clock."""

    def __init__(self) -> None:
        self.limit = LEAST_CALLS_PER_WINDOW  # calls in a window
        self.interval_s = WINDOW_S
        self._has_heard = False  # whether any call has come to its end
        self._in_flight = 0
        self._kept = 0  # places of calls that are to follow others at once
        self._leaving: deque[float] = deque()  # when each answered call leaves the window
        self._estimates: deque[int] = deque(maxlen=_ESTIMATES)
        self._others = 0  # calls of other users of the token
        self._others_until = 0.0
        self._held_until = 0.0

    def wait_s(self, now: float, places: int = 1) -> float:
        """Seconds until it is worth asking again; 0: a call may be sent now.

        ``places`` is 2 where one is to be kept for the call after it, and 0 where its own has been kept.
        """
        if now < self._held_until:
            return self._held_until - now
        if places == 0:
            return 0.0
        room = self._room(now) if self._has_heard else _FIRST_CALLS
        self._forget(now)
        surplus = self._in_flight + self._kept + len(self._leaving) + min(places, room) - 1 - room
        if surplus < 0:
            return 0.0
        return self._leaving[surplus] - now if surplus < len(self._leaving) else _TICK_S

    def enter(self, places: int = 1) -> int:
        """A call is being sent that waited for ``places``; the places that our calls occupy, with its own."""
        self._in_flight += 1
        self._kept += places - 1
        return self._in_flight + len(self._leaving)

    def release(self) -> None:
        """The call that a place was kept for is not made."""
        self._kept -= 1

    def leave(self, now: float, pace: RateHeaders, ours: int, *, was_sent: bool) -> None:
        """The answer to a call is here, or will never be; ``ours`` is what ``enter`` gave it."""
        self._in_flight -= 1
        if was_sent:
            self._leaving.append(now + self.interval_s + _MARGIN_S)
            self._has_heard = True
        if pace.limit is None or pace.remaining is None:
            return
        self.limit = max(pace.limit, 1)
        self.interval_s = pace.interval_s or self.interval_s
        self._estimates.append(pace.limit - pace.remaining - ours)
        others = max(min(self._estimates), 0)
        if others >= self._others or now >= self._others_until:
            self._others, self._others_until = others, now + self.interval_s

    def hold(self, until: float) -> None:
        """Let nobody in before ``until``."""
        self._held_until = max(self._held_until, until)

    def _room(self, now: float) -> int:
        if self._others == 0 or now >= self._others_until:
            return self.limit
        return max(self.limit - self._others - self.limit // _RESERVE, 1)

    def _forget(self, now: float) -> None:
        while self._leaving and self._leaving[0] <= now:
            self._leaving.popleft()
