"""Rate limits of a portal: rolling ten seconds for each app, five searches a second, and a daily limit.

Source: developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines. Each process counts for
itself.
"""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reconciler.emulator import guesses, refusals
from reconciler.emulator.calls import Actor, Use
from reconciler.emulator.guess_settings import Guesses

INTERVAL_MS = 10_000
SEARCHES_PER_SECOND = 5
RETRY_AFTER_S = 1
BURST = {"free": 100, "starter": 100, "professional": 190, "enterprise": 190}
DAILY = {"free": 250_000, "starter": 250_000, "professional": 625_000, "enterprise": 1_000_000}


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a portal."""

    burst: int
    daily: int
    searches: int

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Limits | None":
        """Return the limits to enforce; None if calls are counted but never refused."""
        return cls.allowed(settings) if settings["limits"] else None

    @classmethod
    def allowed(cls, settings: Mapping[str, Any]) -> "Limits":
        """Return the limits of the portal, whether they are enforced or not."""
        own = settings["limits"] if isinstance(settings["limits"], Mapping) else {}
        tier = settings["tier"]
        return cls(
            burst=own.get("tenSecondly", BURST[tier]),
            daily=own.get("daily", DAILY[tier]),
            searches=own.get("searchSecondly", SEARCHES_PER_SECOND),
        )


@dataclass(slots=True)
class _Counts:
    """Calls of one app (``window``), or of one portal (``searches``, ``used_today``)."""

    window: deque[datetime] = field(default_factory=deque)
    searches: deque[datetime] = field(default_factory=deque)
    day: str = ""
    used_today: int = 0


class Meter:
    """A counter of calls, which refuses calls beyond the limits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._apps: dict[tuple[int, int], _Counts] = {}
        self._portals: dict[int, _Counts] = {}

    def count(
        self,
        actor: Actor,
        settings: Mapping[str, Any],
        chosen: Guesses,
        now: datetime,
        *,
        is_search: bool,
    ) -> Use:
        """Count one call. Raises Refusal for a call beyond a limit; such a call is not counted."""
        limits = Limits.of(settings)
        owner = f"{actor.portal_id}:{actor.app_id}"
        with self._lock:
            app = self._apps.setdefault((actor.portal_id, actor.app_id), _Counts())
            portal = self._portals.setdefault(actor.portal_id, _Counts())
            _turn_page(portal, settings, now)
            _forget(app.window, now - timedelta(milliseconds=INTERVAL_MS))
            _forget(portal.searches, now - timedelta(seconds=1))
            if limits:
                refusal = _refusal(limits, app, portal, is_search=is_search, owner=owner)
                if refusal is not None and chosen.retry_after == "sent":
                    refusal.headers = {**refusal.headers, "Retry-After": str(RETRY_AFTER_S)}
                if refusal is not None:
                    raise refusal
            portal.used_today += 1
            (portal.searches if is_search else app.window).append(now)
            headers = {}
            if limits and guesses.sends_limit_headers(chosen, is_search=is_search):
                headers = _headers(limits, app, portal)
            return Use(portal.used_today, next_midnight(settings, now), headers)


def next_midnight(settings: Mapping[str, Any], now: datetime) -> datetime:
    """Return the next midnight in the portal's time zone, when the daily limit starts again."""
    zone = ZoneInfo(settings["account"]["timeZone"])
    tomorrow = (now.astimezone(zone) + timedelta(days=1)).date()
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone).astimezone(UTC)


def _turn_page(portal: _Counts, settings: Mapping[str, Any], now: datetime) -> None:
    day = now.astimezone(ZoneInfo(settings["account"]["timeZone"])).date().isoformat()
    if day != portal.day:
        portal.day, portal.used_today = day, 0


def _forget(calls: deque[datetime], until: datetime) -> None:
    while calls and calls[0] <= until:
        calls.popleft()


def _refusal(
    limits: Limits, app: _Counts, portal: _Counts, *, is_search: bool, owner: str
) -> refusals.Refusal | None:
    """Return the refusal of the next call if a limit is reached; None if it is allowed."""
    if portal.used_today >= limits.daily:
        return _refused("DAILY", "daily", owner)
    if is_search and len(portal.searches) >= limits.searches:
        return _refused("SECONDLY", "secondly", owner)
    if not is_search and len(app.window) >= limits.burst:
        refusal = _refused("TEN_SECONDLY_ROLLING", "ten-secondly", owner)
        refusal.headers = _headers(limits, app, portal)
        return refusal
    return None


def _refused(policy: str, group: str, owner: str) -> refusals.Refusal:
    return refusals.rate_limited(policy, f"publicapi:private_app-api-calls-{group}:{owner}")


def _headers(limits: Limits, app: _Counts, portal: _Counts) -> dict[str, str]:
    return {
        "X-HubSpot-RateLimit-Daily": str(limits.daily),
        "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, limits.daily - portal.used_today)),
        "X-HubSpot-RateLimit-Interval-Milliseconds": str(INTERVAL_MS),
        "X-HubSpot-RateLimit-Max": str(limits.burst),
        "X-HubSpot-RateLimit-Remaining": str(max(0, limits.burst - len(app.window))),
        "X-HubSpot-RateLimit-Secondly": str(limits.burst // 10),
        "X-HubSpot-RateLimit-Secondly-Remaining": str(limits.burst // 10),
    }
