"""Running all probes of ``emulator verify`` in an emulator."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import httpx

from reconciler.emulator.app import Emulator
from reconciler.emulator.guess_settings import SETTINGS
from reconciler.emulator.inprocess import EmulatorTransport
from reconciler.hubspot.transport.caller import Caller
from reconciler.hubspot.transport.rate_limiter import RateLimiter
from reconciler.probes.made_list import made_list
from reconciler.probes.portal import ProbedPortal
from reconciler.probes.probe import Seen
from reconciler.probes.run import run_probes
from reconciler.probes.table import PROBES
from tests.emulator.portal import Clock

PORTAL_ID = 7


class Ticking(Clock):
    """A clock that advances by a millisecond each time that it is read."""

    def __call__(self) -> datetime:
        self.advance(0.001)
        return self.now


def ask_all(
    folder: Path, guesses: Mapping[str, str], version: str = "v3", scopes: Sequence[str] | None = None
) -> dict[str, Seen]:
    """Run all probes in an emulator with these guesses about HubSpot, and these scopes.

    Return what each probe observed, by the name of the guess that it checks.
    """
    emulator = Emulator(None, now=Ticking())
    emulator.ensure_portal(PORTAL_ID, {"limits": True, "guesses": guesses})
    headers = {"Authorization": f"Bearer {emulator.token(PORTAL_ID, scopes)}"}
    with (
        httpx.Client(
            transport=EmulatorTransport(emulator), base_url="https://api.hubapi.com", headers=headers
        ) as http,
        made_list(folder / "made.jsonl") as made,
    ):
        portal = ProbedPortal(Caller(http, RateLimiter()), version, made, "test", lambda: None)
        seen = run_probes(portal, made, PROBES, lambda _done, _total: None)
        assert made.things == ()
    emulator.close()
    return dict(zip((probe.guess for probe in PROBES), seen, strict=True))


def differing(seen: Mapping[str, Seen]) -> set[str]:
    """Return the names of the guesses whose probes observed another behaviour than the emulator's default."""
    return {name for name, each in seen.items() if each.choice != SETTINGS[name].default}
