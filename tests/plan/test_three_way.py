"""Every row of the table of verdicts, under both drift policies."""

import pytest

from reconciler.model.definitions import Kind
from reconciler.model.desired_records import Drift
from reconciler.model.owned import OwnedRecord
from reconciler.plan.change import Reason
from reconciler.plan.records.three_way import three_way
from tests.support.nouns import definition, owned

NAME = definition("name")


def known(sent: str | None, answered: str | None = None) -> OwnedRecord:
    return owned("acme", "9001", {"name": sent}, {"name": answered} if answered else {})


OF_OTHER_VALUES = owned("acme", "9001", {"phone": "1"})
"""The entry of an owned record that does not have this property."""


#  last applied, desired, live, reason, written when reverting, written when holding
ROWS = [
    (known("A"), "A", "A", Reason.IN_STEP, False, False),
    (None, "A", "A", Reason.IN_STEP, False, False),
    (known("A"), "B", "B", Reason.IN_STEP, False, False),
    (known("A"), "B", "A", Reason.CHANGED, True, True),
    (known("A"), None, "A", Reason.CHANGED, True, True),
    (known("A"), "A", "X", Reason.DRIFT, True, False),
    (known("A"), "A", None, Reason.DRIFT, True, False),
    (known(None), None, "X", Reason.DRIFT, True, False),
    (known("A"), "B", "X", Reason.CONFLICT, True, False),
    (None, "A", "X", Reason.ADOPT, True, False),
    (None, "A", None, Reason.ADOPT, True, True),
    (None, None, "X", Reason.ADOPT, True, False),
    (OF_OTHER_VALUES, "A", "A", Reason.IN_STEP, False, False),
    (OF_OTHER_VALUES, "A", "X", Reason.ADOPT, True, False),
    (OF_OTHER_VALUES, "A", None, Reason.ADOPT, True, True),
]


@pytest.mark.parametrize(("last", "desired", "live", "reason", "reverting", "holding"), ROWS)
def test_the_table_of_verdicts(
    last: OwnedRecord | None,
    desired: str | None,
    live: str | None,
    reason: Reason,
    reverting: bool,
    holding: bool,
) -> None:
    for drift, written in ((Drift.REVERT, reverting), (Drift.HOLD, holding)):
        verdict = three_way(NAME, live, desired, last, drift)
        assert (verdict.reason, verdict.is_written) == (reason, written), drift


def test_hubspots_form_of_our_value_is_in_step() -> None:
    phone = definition("name", Kind.TEXT)
    last = known("0301234", "+49301234")
    assert three_way(phone, "+49301234", "0301234", last, Drift.REVERT).reason is Reason.IN_STEP
    assert three_way(phone, "0301234", "0301234", last, Drift.REVERT).is_learned
    assert three_way(phone, "+49309999", "0301234", last, Drift.REVERT).reason is Reason.DRIFT
    assert three_way(phone, "+49301234", "0305678", last, Drift.REVERT).reason is Reason.CHANGED


def test_only_what_state_does_not_know_yet_is_learned() -> None:
    assert not three_way(NAME, "A", "A", known("A"), Drift.REVERT).is_learned
    assert three_way(NAME, "A", "A", None, Drift.REVERT).is_learned
    assert three_way(NAME, "B", "B", known("A"), Drift.REVERT).is_learned
