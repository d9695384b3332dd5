"""What a new portal holds: HubSpot's own beginnings, and a seed's. Stub."""

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.work import Work

FRESH_SETTINGS: dict[str, Any] = {
    "account": {
        "accountType": "DEVELOPER_TEST",
        "timeZone": "UTC",
        "companyCurrency": "USD",
        "additionalCurrencies": [],
    },
    "tier": "enterprise",
    "searchLagMs": 2000,
    "limits": False,
    "enablement": {},
}


def plant(work: Work, seed: Mapping[str, object]) -> None:
    """Puts what the seed says into a new portal."""
    del work, seed
