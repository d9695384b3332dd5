"""The three-way comparison of last applied, desired and live values.

Last applied (state), desired (manifest) and live (portal) give one verdict per property:

=============  ===================  =================  ==========  ==================================
last applied   desired against it   live against it    verdict     with ``drift: hold``
=============  ===================  =================  ==========  ==================================
any            desired equals live                     in step     not written
known          changed              same               changed     written
known          same                 changed            drift       not written
known          changed              changed            conflict    not written
unknown        differs from live                       adopt       written only if live is empty
=============  ===================  =================  ==========  ==================================

With ``drift: revert``, the desired value is written for every verdict except "in step". If HubSpot stored our
value in another form, "same" means: the manifest still has the value that we sent, and the portal still has
HubSpot's form.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from reconciler.model.definitions import PropertyDef
from reconciler.model.desired_records import Drift
from reconciler.model.owned import OwnedThing
from reconciler.plan.change import Reason
from reconciler.plan.values.equality import same_value


class Verdict(NamedTuple):
    """The result of comparing the three values, and what follows from it."""

    reason: Reason
    is_written: bool
    is_learned: bool = False  # live equals desired, but last applied differs: update the state


_NOTHING = Verdict(Reason.IN_STEP, is_written=False)
_LEARNED = Verdict(Reason.IN_STEP, is_written=False, is_learned=True)


class LastApplied(NamedTuple):
    """The last applied value of one property or attribute: as sent, and as HubSpot stored it."""

    sent: str | None  # the value that was sent; None: the property was cleared
    live: str | None  # the live value right after sending


def last_applied(owned: OwnedThing | None, name: str) -> LastApplied | None:
    """Return the last applied value of ``name``; None if state has none."""
    if owned is None or name not in owned.sent:
        return None
    return LastApplied(owned.sent[name], owned.expected_live(name))


def three_way(
    definition: PropertyDef, live: str | None, desired: str | None, owned: OwnedThing | None, drift: Drift
) -> Verdict:
    """Return the verdict on one property of a record; None for ``live`` or ``desired`` means empty."""
    last = last_applied(owned, definition.name)
    return verdict_of(partial(same_value, definition.kind), last, live, desired, drift)


def verdict_of(
    is_same: Callable[[str | None, str | None], bool],
    last: LastApplied | None,
    live: str | None,
    desired: str | None,
    drift: Drift,
) -> Verdict:
    """Return the verdict on one value of any thing; ``is_same`` compares two texts (None: empty)."""
    if last is None:
        if is_same(live, desired):
            return _LEARNED
        return Verdict(Reason.ADOPT, is_written=drift is Drift.REVERT or live is None)
    desired_is_same = is_same(last.sent, desired)
    live_is_same = is_same(last.live, live)
    if desired_is_same and live_is_same:
        return _NOTHING
    if is_same(live, desired):
        return _LEARNED
    if live_is_same:
        return Verdict(Reason.CHANGED, is_written=True)
    reason = Reason.DRIFT if desired_is_same else Reason.CONFLICT
    return Verdict(reason, is_written=drift is Drift.REVERT)
