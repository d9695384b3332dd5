"""Finding out with a test account where HubSpot differs from the emulator."""

import secrets
import time
from datetime import UTC, datetime
from functools import partial

from reconciler.emulator.guess_settings import SETTINGS
from reconciler.errors import UsageError
from reconciler.model.observations import Comparison, Observation, Verification
from reconciler.model.progress import Progress
from reconciler.probes.made_list import made_list
from reconciler.probes.portal import ProbedPortal
from reconciler.probes.probe import Probe, Seen
from reconciler.probes.run import check_account, remove_leftovers, run_probes
from reconciler.probes.table import PROBES
from reconciler.project.notices import Notice
from reconciler.project.session import Session

_SETTLING_S = 3.0
"""Seconds that HubSpot needs to compute the values of a new record."""
_EMULATOR_S = 0.002
"""Seconds to wait for the emulator: it computes values at once, but times are in whole milliseconds."""


def verify_emulator(session: Session, portal_id: int, progress: Progress) -> Verification:
    """Make all probes in the portal of ``session``; see ``Environment.verify_emulator``."""
    here = session.environment
    if here.is_protected:
        raise UsageError(
            f"environment {here.name} is protected: the probes create and remove records and "
            "definitions, which is allowed only in test accounts"
        )
    if portal_id != here.portal_id:
        raise UsageError(
            f"{portal_id} is not the portal of environment {here.name}: nothing was made\n"
            "    type the ID of the test account; `reconciler doctor` says which it is"
        )
    path = session.folder / f"probes-{portal_id}.jsonl"
    with session.caller() as caller, made_list(path) as made:
        account_type = check_account(caller, here.api_version, portal_id)
        pause = partial(time.sleep, _EMULATOR_S if here.is_emulator else _SETTLING_S)
        portal = ProbedPortal(caller, here.api_version, made, secrets.token_hex(4), pause)
        if made.things:
            session.notify(Notice("removing the leftovers of an earlier run from the portal"))
            remove_leftovers(portal, made)
        seen = run_probes(portal, made, PROBES, progress)
    day = datetime.now(UTC).date()
    observations = tuple(map(_observation, PROBES, seen))
    return Verification(account_type, here.api_version, day, observations)


def _observation(probe: Probe, seen: Seen) -> Observation:
    setting = SETTINGS[probe.guess]
    comparison = Comparison.SAME if seen.choice == setting.default else Comparison.DIFFERS
    if not seen.was_asked:
        comparison = Comparison.NOT_SEEN
    return Observation(probe.guess, setting.about, setting.default, seen.choice, comparison, seen.detail)
