"""Running the probes in a test account, and removing the things that they created."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from reconciler.errors import HubSpotError, NotAllowed, Unavailable, UsageError
from reconciler.hubspot.portal.responses import AccountBody
from reconciler.hubspot.transport.api_versions import paths_of
from reconciler.hubspot.transport.call_result import Request, Success
from reconciler.hubspot.transport.caller import Caller, error_for
from reconciler.probes.made_list import MadeList
from reconciler.probes.portal import KEY, NotAsked, ProbedPortal
from reconciler.probes.probe import Probe, Seen
from reconciler.probes.remove_made import remove_made

TEST_ACCOUNTS = ("DEVELOPER_TEST", "SANDBOX")
"""The types of accounts in which probes may create things."""

_UNAUTHORIZED = 401


def check_account(caller: Caller, version: str, portal_id: int) -> str:
    """Check that the token belongs to this portal, and that it is a test account; return its type.

    Raises:
        UsageError: the token belongs to another portal, or the account is not a test account.
        HubSpotError: the account cannot be read.
    """
    request = Request("GET", paths_of(version).account)
    exchange = caller.ask(request, AccountBody.read)
    if not isinstance(exchange, Success):
        raise error_for(request, exchange.status, exchange.error)
    account = exchange.value
    if account.portal_id != portal_id:
        raise UsageError(
            f"the token belongs to portal {account.portal_id}, and this environment is portal {portal_id}\n"
            "    correct portal_id or the token; nothing was changed"
        )
    if account.account_type not in TEST_ACCOUNTS:
        raise UsageError(
            f"portal {portal_id} is an account of type {account.account_type}: the probes make and remove "
            f"things, and do that in test accounts only ({', '.join(TEST_ACCOUNTS)})\n"
            "    make a developer test account in HubSpot, which costs nothing; nothing was changed"
        )
    return account.account_type


@contextmanager
def _removing(portal: ProbedPortal, made: MadeList) -> Iterator[None]:
    """Remove everything that is created in the ``with`` block, even after an error."""
    try:
        yield
    finally:
        remove_made(portal, made)


def run_probes(
    portal: ProbedPortal,
    made: MadeList,
    probes: Sequence[Probe],
    tell: Callable[[int, int], None],
) -> list[Seen]:
    """Run all probes, then remove everything they created; ``tell`` gets numbers of answers and questions.

    Raises:
        UsageError: something that was created cannot be removed.
        HubSpotError: the portal does not answer at all, or refuses the token.
    """
    seen: list[Seen] = []
    with _removing(portal, made):
        _define_key(portal)
        for probe in probes:
            tell(len(seen), len(probes))
            seen.append(_ask(portal, probe))
        tell(len(seen), len(probes))
    return seen


def remove_leftovers(portal: ProbedPortal, made: MadeList) -> None:
    """Remove the things that a killed run left; create the key property first, by which records are found.

    Raises:
        UsageError: something cannot be removed.
        HubSpotError: the portal does not answer.
    """
    _define_key(portal)
    remove_made(portal, made)


def _define_key(portal: ProbedPortal) -> None:
    """Create the property by which probes find the records that they created."""
    try:
        portal.define(KEY, type="string", fieldType="text", hasUniqueValue=True)
    except NotAsked as reason:
        raise UsageError(
            f"the probes need a unique property of companies: {reason}\n"
            "    docs/emulator.md lists the scopes that the token needs"
        ) from None


def _ask(portal: ProbedPortal, probe: Probe) -> Seen:
    """Run one probe and return what it saw; after most errors, return ``Seen`` with ``was_asked=False``.

    Raises:
        Unavailable: HubSpot does not answer.
        NotAllowed: HubSpot refuses the token.
    """
    try:
        return probe.ask(portal)
    except NotAsked as reason:
        return Seen(None, str(reason), was_asked=False)
    except Unavailable:
        raise
    except NotAllowed as error:
        if error.status == _UNAUTHORIZED:
            raise
        return Seen(None, "the token lacks a scope", was_asked=False)
    except HubSpotError as error:
        answered = f"HubSpot answered {error.status}" if error.status else "no answer"
        return Seen(None, answered, was_asked=False)
