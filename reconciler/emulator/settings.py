"""What holds for a portal as a whole: account details, tier, limits, search lag, activated types."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reconciler.emulator.errors import SeedError

TIERS = ("free", "starter", "professional", "enterprise")
FRESH_SETTINGS: dict[str, Any] = {
    "account": {
        "accountType": "DEVELOPER_TEST",
        "timeZone": "UTC",
        "companyCurrency": "USD",
        "additionalCurrencies": [],
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    },
    "tier": "enterprise",
    "limits": False,
    "search_lag_ms": 2000,
    "enablement": {},
    "required_on_create": {},
    "required_when": {},
    "sensitive_data": False,
}
"""Those of a portal that nobody has set anything for."""
SETTINGS = tuple(FRESH_SETTINGS)
"""The keys of a seed that are settings."""

_ACCOUNT_TYPES = ("STANDARD", "DEVELOPER_TEST", "SANDBOX", "APP_DEVELOPER")
_LIMITS = ("tenSecondly", "daily", "searchSecondly")


def settings_from(given: Mapping[str, object]) -> dict[str, Any]:
    """Settings as stored, from the keys of a seed that are settings; raises SeedError for bad ones."""
    chosen: dict[str, Any] = {}
    if "account" in given:
        chosen["account"] = {**FRESH_SETTINGS["account"], **_account(given["account"])}
    if "tier" in given:
        if given["tier"] not in TIERS:
            raise SeedError(f"tier: one of {', '.join(TIERS)}, not {given['tier']!r}")
        chosen["tier"] = given["tier"]
    if "limits" in given:
        chosen["limits"] = _limits(given["limits"])
    if "search_lag_ms" in given:
        chosen["search_lag_ms"] = _count("search_lag_ms", given["search_lag_ms"])
    if "enablement" in given:
        chosen["enablement"] = _object("enablement", given["enablement"])
        for type_id, value in chosen["enablement"].items():
            _flag(f"enablement.{type_id}", value)
    if "required_on_create" in given:
        chosen["required_on_create"] = _required_on_create(given["required_on_create"])
    if "required_when" in given:
        chosen["required_when"] = _required_when(given["required_when"])
    if "sensitive_data" in given:
        chosen["sensitive_data"] = _flag("sensitive_data", given["sensitive_data"])
    return chosen


def _object(key: str, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise SeedError(f"{key}: an object is expected")
    return dict(value)


def _flag(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise SeedError(f"{key}: true or false, not {value!r}")
    return value


def _count(key: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise SeedError(f"{key}: a whole number from 0 on, not {value!r}")
    return value


def _account(value: object) -> dict[str, Any]:
    account = _object("account", value)
    if account.get("accountType", "STANDARD") not in _ACCOUNT_TYPES:
        raise SeedError(f"account.accountType: one of {', '.join(_ACCOUNT_TYPES)}")
    try:
        ZoneInfo(account.get("timeZone", "UTC"))
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        raise SeedError(f"account.timeZone: no time zone {account['timeZone']!r}") from None
    return account


def _required_on_create(value: object) -> dict[str, list[str]]:
    """By type, the properties without which the portal takes no new record."""
    rules = _object("required_on_create", value)
    for address, names in rules.items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise SeedError(f"required_on_create.{address}: a list of property names is expected")
    return rules


def _required_when(value: object) -> dict[str, list[Any]]:
    """By type, ``{property, when: {other: [values]}}``: required while all the others have such a value."""
    rules = _object("required_when", value)
    for address, items in rules.items():
        for item in items if isinstance(items, list) else [None]:
            place = f"required_when.{address}"
            rule = _object(place, item)
            conditions = _object(f"{place}.when", rule.get("when"))
            if not isinstance(rule.get("property"), str) or not all(
                isinstance(values, list) for values in conditions.values()
            ):
                raise SeedError(f"{place}: {{property, when: {{other: [values]}}}} is expected")
    return rules


def _limits(value: object) -> bool | dict[str, int]:
    """true: the tier's limits; false: none; an object: the tier's, with these numbers instead."""
    if isinstance(value, bool):
        return value
    numbers = _object("limits", value)
    unknown = sorted(set(numbers) - set(_LIMITS))
    if unknown:
        raise SeedError(f"limits.{unknown[0]}: no such limit; there are {', '.join(_LIMITS)}")
    return {name: _count(f"limits.{name}", number) for name, number in numbers.items()}
