"""Settings of a whole portal: account details, tier, limits, delay of search, activated types."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reconciler.emulator import guess_settings, settling
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
    "property_uses": {},
    "existing_schema": "conflict",
    "settling": {},
    "guesses": {},
    "allowances": {},
}
"""Settings of a portal whose seed sets none."""
SETTINGS = tuple(FRESH_SETTINGS)
"""The keys of a seed that are settings."""

_ACCOUNT_TYPES = ("STANDARD", "DEVELOPER_TEST", "SANDBOX", "APP_DEVELOPER")
_LIMITS = ("tenSecondly", "daily", "searchSecondly")


def settings_from(given: Mapping[str, object]) -> dict[str, Any]:
    """Return the stored settings, from the keys of a seed. Raises SeedError for an invalid setting."""
    return {key: check(key, given[key]) for key, check in _CHECKS.items() if key in given}


def _object(key: str, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise SeedError(f"{key}: an object is expected")
    return dict(value)


def _flag(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise SeedError(f"{key} must be true or false, not {value!r}")
    return value


def _count(key: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise SeedError(f"{key} must be a whole number, 0 or more, not {value!r}")
    return value


def _account(key: str, value: object) -> dict[str, Any]:
    account = {**FRESH_SETTINGS[key], **_object(key, value)}
    if account["accountType"] not in _ACCOUNT_TYPES:
        raise SeedError(f"account.accountType must be one of {', '.join(_ACCOUNT_TYPES)}")
    try:
        ZoneInfo(account["timeZone"])
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        raise SeedError(f"account.timeZone: there is no time zone {account['timeZone']!r}") from None
    return account


def _required_on_create(key: str, value: object) -> dict[str, list[str]]:
    """Read which properties a new record must have, by object type."""
    rules = _object(key, value)
    for address, names in rules.items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise SeedError(f"{key}.{address}: a list of property names is expected")
    return rules


def _required_when(key: str, value: object) -> dict[str, list[Any]]:
    """Read the rules for properties that are required under a condition, by object type.

    The form of a rule is ``{property, when: {other: [values]}}``. The property is required while
    each property under ``when`` has one of its listed values.
    """
    rules = _object(key, value)
    for address, items in rules.items():
        for item in items if isinstance(items, list) else [None]:
            place = f"{key}.{address}"
            rule = _object(place, item)
            conditions = _object(f"{place}.when", rule.get("when"))
            if not isinstance(rule.get("property"), str) or not all(
                isinstance(values, list) for values in conditions.values()
            ):
                raise SeedError(f"{place}: {{property, when: {{other: [values]}}}} is expected")
    return rules


def _property_uses(key: str, value: object) -> dict[str, dict[str, list[Any]]]:
    """Read the things that use a property and prevent archiving it.

    The form is ``{type: {property: [{type, name}]}}``.
    """
    return {
        address: {
            name: [_use(f"{key}.{address}.{name}", use) for use in uses if isinstance(uses, list)]
            for name, uses in _object(f"{key}.{address}", by_property).items()
        }
        for address, by_property in _object(key, value).items()
    }


def _use(place: str, value: object) -> dict[str, Any]:
    use = _object(place, value)
    if set(use) != {"type", "name"} or not all(isinstance(text, str) for text in use.values()):
        raise SeedError(f"{place}: {{type, name}} is expected")
    return use


def _limits(key: str, value: object) -> bool | dict[str, int]:
    """Read rate limits: true for those of the tier, false for none.

    An object replaces some numbers of the tier.
    """
    if isinstance(value, bool):
        return value
    numbers = _object(key, value)
    unknown = sorted(set(numbers) - set(_LIMITS))
    if unknown:
        raise SeedError(f"{key}.{unknown[0]}: no such limit; there are {', '.join(_LIMITS)}")
    return {name: _count(f"{key}.{name}", number) for name, number in numbers.items()}


def _tier(key: str, value: object) -> str:
    if value not in TIERS:
        raise SeedError(f"{key} must be one of {', '.join(TIERS)}, not {value!r}")
    return str(value)


def _existing_schema(key: str, value: object) -> str:
    if value not in {"conflict", "answered"}:
        raise SeedError(f'{key} must be "conflict" or "answered", not {value!r}')
    return str(value)


def _settling(key: str, value: object) -> dict[str, int]:
    """Read the delays, in milliseconds, after which reads show changed definitions, by kind of read."""
    numbers = _object(key, value)
    unknown = sorted(set(numbers) - set(settling.KEYS))
    if unknown:
        raise SeedError(f"{key}.{unknown[0]}: no such lag; there are {', '.join(settling.KEYS)}")
    return {name: _count(f"{key}.{name}", number) for name, number in numbers.items()}


def _guesses(key: str, value: object) -> dict[str, str]:
    """Read the seed's choices for guesses about undocumented behaviour, by name of the guess."""
    return guess_settings.check_choices(_object(key, value), key)


def _allowances(key: str, value: object) -> dict[str, dict[str, int]]:
    """Read limits of definitions for this portal, which replace the limits of its tier.

    The form is ``{feature: {scope: number}}``.
    """
    return {
        feature: {scope: _count(f"{key}.{feature}.{scope}", number) for scope, number in by_scope.items()}
        for feature, by_scope in (
            (feature, _object(f"{key}.{feature}", scopes)) for feature, scopes in _object(key, value).items()
        )
    }


def _enablement(key: str, value: object) -> dict[str, bool]:
    return {type_id: _flag(f"{key}.{type_id}", flag) for type_id, flag in _object(key, value).items()}


_CHECKS: Mapping[str, Callable[[str, object], Any]] = {
    "account": _account,
    "tier": _tier,
    "limits": _limits,
    "search_lag_ms": _count,
    "enablement": _enablement,
    "required_on_create": _required_on_create,
    "required_when": _required_when,
    "sensitive_data": _flag,
    "property_uses": _property_uses,
    "existing_schema": _existing_schema,
    "settling": _settling,
    "guesses": _guesses,
    "allowances": _allowances,
}
