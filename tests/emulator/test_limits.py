"""Rate limits: developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines."""

from typing import Any

import pytest

from tests.emulator.portal import PORTAL_ID, Portal, opened

OWNERS = "/crm/v3/owners"
SEARCH = "/crm/v3/objects/companies/search"
USAGE = "/account-info/v3/api-usage/daily/private-apps"


def statuses(portal: Portal, calls: int, path: str = OWNERS) -> list[int]:
    if path == SEARCH:
        return [portal.post(path, {}).status_code for _ in range(calls)]
    return [portal.client.get(path).status_code for _ in range(calls)]


def test_nothing_is_limited_unless_asked_for() -> None:
    with opened() as portal:
        answer = portal.client.get(OWNERS)
        assert set(statuses(portal, 250)) == {200}
    assert not [name for name in answer.headers if "ratelimit" in name.lower()]


@pytest.mark.parametrize(
    ("tier", "burst", "daily"),
    [("free", 100, 250_000), ("professional", 190, 625_000), ("enterprise", 190, 1_000_000)],
)
def test_each_tier_has_its_burst(tier: str, burst: int, daily: int) -> None:
    with opened({"tier": tier, "limits": True}) as portal:
        answer = portal.client.get(OWNERS)
        assert answer.headers["X-HubSpot-RateLimit-Max"] == str(burst)
        assert answer.headers["X-HubSpot-RateLimit-Remaining"] == str(burst - 1)
        assert answer.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
        assert answer.headers["X-HubSpot-RateLimit-Daily"] == str(daily)
        assert answer.headers["X-HubSpot-RateLimit-Daily-Remaining"] == str(daily - 1)
        assert statuses(portal, burst) == [200] * (burst - 1) + [429]


def test_a_call_too_many_says_which_limit() -> None:
    with opened({"limits": {"tenSecondly": 1}}) as portal:
        statuses(portal, 1)
        refused = portal.client.get(OWNERS)
    body = refused.json()
    assert body["message"] == "You have reached your ten_secondly_rolling limit."
    assert (body["errorType"], body["policyName"]) == ("RATE_LIMIT", "TEN_SECONDLY_ROLLING")
    assert body["groupName"].startswith(f"publicapi:private_app-api-calls-ten-secondly:{PORTAL_ID}:")
    assert "category" not in body
    assert refused.headers["X-HubSpot-RateLimit-Remaining"] == "0"
    assert "Retry-After" not in refused.headers


def test_the_window_rolls() -> None:
    with opened({"limits": {"tenSecondly": 2}}) as portal:
        assert statuses(portal, 1) == [200]
        portal.clock.advance(6)
        assert statuses(portal, 2) == [200, 429]
        portal.clock.advance(4)
        assert statuses(portal, 2) == [200, 429]


def test_a_call_that_is_refused_for_itself_counts_and_tells_what_is_left() -> None:
    with opened({"limits": {"tenSecondly": 5}}) as portal:
        missing = portal.client.get("/crm/v3/objects/companies/9")
        assert missing.status_code == 404
        assert missing.headers["X-HubSpot-RateLimit-Remaining"] == "4"


def test_searches_are_counted_apart() -> None:
    with opened({"limits": {"tenSecondly": 1}}) as portal:
        assert statuses(portal, 6, SEARCH) == [200] * 5 + [429]
        refused = portal.post(SEARCH, {})
        assert refused.json()["policyName"] == "SECONDLY"
        assert not [name for name in refused.headers if "ratelimit" in name.lower()]
        assert statuses(portal, 1) == [200]
        portal.clock.advance(1)
        assert statuses(portal, 1, SEARCH) == [200]


def test_each_app_has_its_own_window_and_all_share_the_search() -> None:
    with opened({"limits": {"tenSecondly": 1, "searchSecondly": 1}}) as portal:
        tokens = [
            portal.emulator.token(PORTAL_ID),
            portal.emulator.token(PORTAL_ID, ["crm.objects.companies.read"]),
        ]
        found: list[Any] = []
        for token in tokens:
            with portal.client_with(token) as client:
                found += [client.get("/crm/v3/objects/companies").status_code for _ in range(2)]
                found.append(client.post(SEARCH, json={}).status_code)
        assert found == [200, 429, 200, 200, 429, 429]


def test_the_day_ends_at_midnight_of_the_portal() -> None:
    with opened({"limits": {"daily": 2}, "account": {"timeZone": "America/New_York"}}) as portal:
        assert statuses(portal, 3) == [200, 200, 429]
        assert portal.client.get(OWNERS).json()["policyName"] == "DAILY"
        portal.clock.advance(16 * 3600)
        assert statuses(portal, 1) == [429]
        portal.clock.advance(6 * 3600)
        assert statuses(portal, 1) == [200]


def test_the_days_use_is_told() -> None:
    """Source: developers.hubspot.com/docs/api-reference/account-account-info-v3/guide"""
    with opened({"tier": "professional"}) as portal:
        statuses(portal, 3)
        (usage,) = portal.client.get(USAGE).json()["results"]
    assert usage["name"] == "private-apps-api-calls-daily"
    assert (usage["currentUsage"], usage["usageLimit"]) == (4, 625_000)
    assert usage["resetsAt"] == "2026-11-23T00:00:00.000Z"
