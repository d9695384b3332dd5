"""Checks that call HubSpot: network, token, account, limits, scopes, version of the API, clock."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from reconciler.errors import HubSpotError, ReconcilerError
from reconciler.hosts import is_loopback
from reconciler.hubspot.portal.responses import AccountBody
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.transport.api_versions import SUPPORTED_UNTIL, paths_of
from reconciler.hubspot.transport.call_result import NoResponse, Request, Success
from reconciler.hubspot.transport.connection import open_http, send_once
from reconciler.hubspot.transport.proxies import proxy_for
from reconciler.hubspot.transport.rate_limiter import RateLimiter
from reconciler.model.diagnosis import CheckResult
from reconciler.model.scopes import OWNERS, definition_scopes, is_held, read_scopes, write_scopes
from reconciler.project.ci_permissions import ALLOW_HOSTS, permits_of
from reconciler.project.doctor.examined import Examined, failed, from_error, passed, skipped, warned
from reconciler.project.server_addresses import portal_server

_PLACEHOLDER = "none"  # any text is enough: HubSpot's refusal proves that it can be reached
_UNAUTHORIZED = 401
_COMES_FIRST = "first correct what the check of the token reports"
_KINDS = {
    "STANDARD": "a normal account",
    "SANDBOX": "a sandbox",
    "DEVELOPER_TEST": "a developer's test account",
    "APP_DEVELOPER": "a developer's account, which has no CRM",
}
_TIERS = {
    250_000: "Free or Starter",
    625_000: "Professional",
    650_000: "Professional",
    1_000_000: "Enterprise",
}
_SLOW_BURST = 100
"""Calls in ten seconds that Free and Starter allow.

Source: https://developers.hubspot.com/docs/guides/apps/api-usage/usage-details.
"""

_LOW_SHARE = 10
"""A warning is given if less than a tenth of the daily limit is left."""

_SOON = timedelta(days=120)
_SKEW = timedelta(minutes=2)
"""Maximum difference of clocks; beyond it, drift may name the wrong author of an edit."""

_KEYS = "in HubSpot (Development > Keys)"


def check_network(examined: Examined) -> Iterator[CheckResult]:
    """Call HubSpot once; later checks use its answer."""
    if examined.is_emulator and examined.session is not None:
        examined.reader = examined.closing.enter_context(examined.session.reader())
        examined.account = examined.reader.account()
        yield skipped("network", "the emulator runs in this process and needs no network")
        return
    host = urlsplit(examined.base_url).hostname or examined.base_url
    if not _may_get_token(examined):
        advice = (
            f"write https://api.hubapi.com; or allow {host}: set {ALLOW_HOSTS} to this name "
            "in the job that runs reconciler"
        )
        yield failed(
            "network", f"{host} is neither a host of HubSpot nor this machine: it gets no token", advice
        )
        return
    try:
        proxy = proxy_for(examined.base_url, os.environ)
        http = open_http(examined.base_url, examined.token or _PLACEHOLDER, examined.token_name)
    except ReconcilerError as error:
        yield from_error("network", error)
        return
    examined.closing.enter_context(http)
    way = f"through the proxy {proxy.name}" if proxy else "directly"
    path = paths_of(examined.api_version).account
    answer = send_once(http, Request("GET", path), AccountBody.read)
    if isinstance(answer, NoResponse):
        advice = "check the network and HTTPS_PROXY; behind a proxy that decrypts traffic, also SSL_CERT_FILE"
        yield failed("network", f"no answer (asked {way}): {answer.reason}", advice)
        return
    examined.headers = answer.pace
    if isinstance(answer, Success):
        examined.account = answer.value
        examined.reader = PortalReader(http, examined.api_version, RateLimiter(called=examined.token_name))
    elif answer.status != _UNAUTHORIZED:
        said = answer.error.message or "no reason"
        yield failed("network", f"{host} answers {answer.status}: {said}", "try again later")
        return
    yield passed("network", f"{host} answers, {way}")


def check_token(examined: Examined) -> Iterator[CheckResult]:
    """Find out to which portal the token belongs, and compare it with the settings."""
    if examined.is_emulator and examined.settings is not None:
        yield passed("token", f"the embedded portal {examined.settings.environment.portal_id} needs no token")
    elif examined.token is None:
        yield skipped("token", "there is no token yet")
    elif examined.headers is None:
        yield skipped("token", "HubSpot could not be asked")
    elif examined.account is None:
        advice = (
            "copy the key again (Development > Keys), whole and without quotes; if the key was deleted, "
            "create a new one"
        )
        yield failed("token", f"HubSpot does not accept the token in {examined.token_name}", advice)
    else:
        yield _portal_of_token(examined, examined.account.portal_id)


def check_account(examined: Examined) -> Iterator[CheckResult]:
    """Report the kind of account, and the subscription that its limits suggest."""
    if examined.account is None:
        yield skipped("account", _COMES_FIRST)
        return
    kind = _KINDS.get(examined.account.account_type, examined.account.account_type)
    burst = examined.headers.limit if examined.headers else None
    daily = _daily(examined)
    limits = [f"{burst:,} calls in 10 s"] if burst else []
    limits += [f"{daily[1]:,} a day"] if daily else []
    tier = _TIERS.get(daily[1]) if daily else None
    tier = tier or ("Free or Starter" if burst == _SLOW_BURST else None)
    finding = f"{kind}, {' and '.join(limits)}" if limits else kind
    yield passed("account", f"{finding} ({tier})" if tier else finding)


def check_calls(examined: Examined) -> Iterator[CheckResult]:
    """Report how many calls are left today."""
    if examined.reader is None or examined.is_emulator:
        yield skipped(
            "calls", "an embedded portal does not count calls" if examined.is_emulator else _COMES_FIRST
        )
        return
    daily, remaining = _daily(examined), examined.reader.daily_remaining
    if remaining is None and daily is not None:
        remaining = daily[1] - daily[0]
    if remaining is None:
        yield passed(
            "calls",
            "HubSpot does not say how many calls are left today; it does not count the calls of service keys",
        )
    elif daily is not None and remaining * _LOW_SHARE < daily[1]:
        yield warned(
            "calls",
            f"calls left today: {remaining:,} of {daily[1]:,}",
            "the daily limit starts again at midnight in the portal's time zone",
        )
    else:
        yield passed("calls", f"calls left today: {remaining:,}")


def check_scopes(examined: Examined) -> Iterator[CheckResult]:
    """Compare the scopes of the token with those that the object types need."""
    if examined.is_emulator:
        yield skipped("scopes", "an embedded portal needs no scopes")
        return
    if examined.reader is None or examined.token is None:
        yield skipped("scopes", _COMES_FIRST)
        return
    if not examined.objects:
        yield skipped(
            "scopes", "no manifest names an object type yet: give types, such as --objects companies,deals"
        )
        return
    try:
        held = frozenset(examined.reader.token(examined.token).scopes)
    except HubSpotError as error:
        advice = "HubSpot lists scopes only for service keys and tokens of private apps"
        yield warned("scopes", f"HubSpot does not say which scopes the token has ({error.status})", advice)
        return
    reading = read_scopes(examined.objects)
    writing = sorted({*write_scopes(examined.objects), *definition_scopes(examined.defined_types)})
    lacks_reading = [scope for scope in reading if not is_held(scope, held)]
    lacks_writing = [scope for scope in writing if not is_held(scope, held) and scope not in lacks_reading]
    about = f"for {', '.join(examined.objects)}"
    if lacks_reading == [OWNERS]:
        finding = (
            f"enough scopes to plan {about}, but not to name owners by e-mail or to show who changed a value"
        )
        yield warned("scopes", finding, f"tick these scopes {_KEYS}: {', '.join([OWNERS, *lacks_writing])}")
    elif lacks_reading:
        advice = f"tick these scopes {_KEYS}: {', '.join(lacks_reading)}"
        advice += f"; and to apply: {', '.join(lacks_writing)}" if lacks_writing else ""
        yield failed("scopes", f"too few scopes to plan {about}", advice)
    elif lacks_writing:
        advice = f"to apply, also tick these scopes {_KEYS}: {', '.join(lacks_writing)}"
        yield warned("scopes", f"enough scopes to plan {about}; a pull request needs no other scopes", advice)
    else:
        yield passed("scopes", f"enough scopes to plan and to apply {about}")


def check_api(examined: Examined) -> Iterator[CheckResult]:
    """Report until when HubSpot supports the version of its API that is used."""
    version = examined.api_version
    end, today = SUPPORTED_UNTIL[version], datetime.now(UTC).date()
    finding = f"version {version}, which HubSpot supports until {end:%B %Y}"
    newest = max(SUPPORTED_UNTIL, key=lambda each: (SUPPORTED_UNTIL[each], each))
    if end < today or end - today < _SOON:
        finding = finding.replace("supports", "supported") if end < today else finding
        yield warned(
            "api",
            finding,
            f'write `api_version: "{newest}"` under the environment, then run `reconciler plan`',
        )
    else:
        yield passed("api", finding)


def check_clock(examined: Examined) -> Iterator[CheckResult]:
    """Compare this machine's clock with HubSpot's."""
    there = examined.headers.date if examined.headers else None
    if there is None:
        yield skipped("clock", "HubSpot could not be asked")
        return
    apart = abs(datetime.now(UTC) - there)
    if apart > _SKEW:
        finding = f"{apart.total_seconds():,.0f} s apart from HubSpot's"
        yield failed(
            "clock", finding, ("set the clock by NTP: reconciler uses times to find out who made an edit")
        )
    else:
        yield passed("clock", "agrees with HubSpot's")


def _may_get_token(examined: Examined) -> bool:
    """Return whether the token may be sent to the portal's host.

    A pull request may have written the address.
    """
    server = portal_server(examined.base_url)
    if server is None or (server.scheme == "http" and not is_loopback(server.host)):
        return False
    return permits_of(examined.environ).allows_portal_at(server.host)


def _portal_of_token(examined: Examined, portal_id: int) -> CheckResult:
    settings = examined.settings
    if settings is None:
        return passed("token", f"belongs to portal {portal_id}")
    name = settings.environment.name
    if not examined.knows_portal:
        return warned(
            "token", f"belongs to portal {portal_id}", f"write `portal_id: {portal_id}` below {name}"
        )
    if settings.environment.portal_id == portal_id:
        return passed("token", f"belongs to portal {portal_id}, as {name} says")
    finding = f"belongs to portal {portal_id}, and {name} is portal {settings.environment.portal_id}"
    return failed("token", finding, "correct portal_id or the token; nothing runs until then")


def _daily(examined: Examined) -> tuple[int, int] | None:
    """Return the number of calls made today, and the daily limit; None if HubSpot does not tell."""
    if examined.reader is None or examined.is_emulator:
        return None
    try:
        used = examined.reader.daily_usage()
    except HubSpotError:
        return None
    for usage in used:
        if usage.current_usage is not None and usage.usage_limit:
            return usage.current_usage, usage.usage_limit
    return None
