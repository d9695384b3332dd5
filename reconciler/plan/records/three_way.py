"""The three-way comparison of last applied, desired and live values.

Last applied (state), desired (manifest) and live (portal) give one verdict per property:

=============  ===================  =================  ==========  ==================================
last applied   desired against it   live against it    verdict     with ``drift: hold``
=============  ===================  =================  ==========  ==================================
any            desired equals live                     in step     nothing
known          changed              same               changed     written
known          same                 changed            drift       left
known          changed              changed            conflict    left
unknown        differs from live                       adopt       written only if live is empty
=============  ===================  =================  ==========  ==================================

With ``drift: revert``, every verdict except "in step" is written. If HubSpot stored our value in another
form, "same" means: the manifest still has the value that we sent, and the portal still has HubSpot's form.
"""

from typing import NamedTuple

from reconciler.model.definitions import PropertyDef
from reconciler.model.desired import Drift
from reconciler.model.owned import OwnedRecord
from reconciler.plan.change import Reason
from reconciler.plan.values.equality import same_value


class Verdict(NamedTuple):
    """The result of a comparison, and its consequence."""

    reason: Reason
    is_written: bool
    is_learned: bool = False  # in step, but state has another value


_NOTHING = Verdict(Reason.IN_STEP, is_written=False)
_LEARNED = Verdict(Reason.IN_STEP, is_written=False, is_learned=True)


def three_way(
    definition: PropertyDef, live: str | None, desired: str | None, owned: OwnedRecord | None, drift: Drift
) -> Verdict:
    """Return the verdict on one property; ``live`` and ``desired`` are texts, None is empty."""
    kind, name = definition.kind, definition.name
    if owned is None or name not in owned.sent:
        if same_value(kind, live, desired):
            return _LEARNED
        return Verdict(Reason.ADOPT, is_written=drift is Drift.REVERT or live is None)
    sent = owned.sent[name]
    desired_is_same = same_value(kind, sent, desired)
    live_is_same = same_value(kind, owned.expected_live(name), live)
    if desired_is_same and live_is_same:
        return _NOTHING
    if same_value(kind, live, desired):
        return _LEARNED
    if live_is_same:
        return Verdict(Reason.CHANGED, is_written=True)
    reason = Reason.DRIFT if desired_is_same else Reason.CONFLICT
    return Verdict(reason, is_written=drift is Drift.REVERT)
