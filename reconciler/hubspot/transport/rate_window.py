"""An estimate of HubSpot's rolling window of calls: how long to wait before the next call.

HubSpot counts a call at some time between sending and answer, and stops counting it one window later. Here, a
call counts from sending until one window after its answer; meanwhile it occupies a slot. With this rule, a
run that is the only user of the token never exceeds the limit, and may send as many calls at once as the
limit allows.

The same token may have other users. Every answer says how many calls the window still accepts. If this number
is lower than reconciler's own calls explain, others occupy the missing slots: each answer leads to an
estimate of their calls. Some estimates are too high, because answers overtake each other; so the lowest of
the latest few is the result. Once the result is above 0, it is used for one window, even if the next ones
are lower; and some more slots are left free, because the others go on while reconciler waits.
"""

from collections import deque

from reconciler.hubspot.transport.call_result import RateHeaders
from reconciler.hubspot.transport.limits import LEAST_CALLS_PER_WINDOW, WINDOW_S

_FIRST_CALLS = 4
"""Maximum number of parallel calls before the first answer: an earlier run may have filled the window."""

_RESERVE = 10
"""One slot in this many is left to other users, once there are any."""

_ESTIMATES = 16
"""Number of latest answers from which the calls of other users are estimated.

It equals the maximum of parallel calls: so if reconciler's own calls overtake each other, they do not count
as calls of others.
"""

_MARGIN_S = 0.05
"""Seconds that are added to each window, because clocks and networks are not exact."""

_TICK_S = 0.02
"""Seconds to wait if it is unknown when a slot becomes free."""


class RollingWindow:
    """Our calls in the window, and an estimate of other users' calls. Times are seconds of one clock.

    Not thread-safe.
    """

    def __init__(self, limit: int = LEAST_CALLS_PER_WINDOW) -> None:
        self.limit = limit  # maximum number of calls in a window
        self.interval_s = WINDOW_S
        self._has_heard = False  # whether any call has been answered or lost
        self._in_flight = 0
        self._kept = 0  # slots reserved for writes that follow a read at once
        self._leaving: deque[float] = deque()  # for each ended call, the time at which its slot becomes free
        self._estimates: deque[int] = deque(maxlen=_ESTIMATES)
        self._others = 0  # estimated calls of other users of the token
        self._others_until = 0.0
        self._held_until = 0.0

    def wait_s(self, now: float, places: int = 1) -> float:
        """Return how many seconds to wait before asking again; 0 if a call may be sent now.

        ``places`` is 2 to reserve a slot for the following call as well, and 0 if a slot is already reserved.
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
        """Count a call that is being sent, and that takes ``places`` slots.

        Return how many slots all our calls occupy, this one included.
        """
        self._in_flight += 1
        self._kept += places - 1
        return self._in_flight + len(self._leaving)

    def release(self) -> None:
        """Free a reserved slot whose call is not made."""
        self._kept -= 1

    def leave(self, now: float, pace: RateHeaders, ours: int, *, was_sent: bool) -> None:
        """Count the end of a call; ``ours`` is the number that ``enter`` returned for this call."""
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
        """Let no calls through before ``until``."""
        self._held_until = max(self._held_until, until)

    def _room(self, now: float) -> int:
        if self._others == 0 or now >= self._others_until:
            return self.limit
        return max(self.limit - self._others - self.limit // _RESERVE, 1)

    def _forget(self, now: float) -> None:
        while self._leaving and self._leaving[0] <= now:
            self._leaving.popleft()
