"""Records that we own and nobody names: whether they are still the ones that state knows."""

from collections.abc import Mapping, Sequence

import pytest

from reconciler.model.objects import RECORD_ID
from reconciler.model.owned import OwnedRecord
from reconciler.model.records import Desired, DesiredGroup, DesiredRecord, Drift, InMemory, LiveRecord, Prune
from reconciler.plan.build import PlanBuilder
from reconciler.plan.changes import Action, Reason
from reconciler.plan.guards import DEFAULT_LIMITS, Guards
from reconciler.plan.judging import Policy
from reconciler.plan.resolve import Resolver
from tests.support.nouns import COMPANIES, FILES, desired, document, live, owned

LEFT = owned("acme", "9001", {})


def decided(
    found: LiveRecord,
    named: Sequence[DesiredRecord] = (),
    left_out: Sequence[DesiredRecord] = (),
    known: Mapping[str, OwnedRecord] | None = None,
) -> list[tuple[Action, Reason]]:
    """What becomes of ``LEFT``, whose record id gives ``found``, where all that is left over is archived.

    ``left_out`` are named and not looked at; ``known`` is what state knows of those, by key.
    """
    records = InMemory(named)
    builder = PlanBuilder(Policy(Drift.REVERT), Guards(DEFAULT_LIMITS, {}))
    builder.add_chunk(Resolver(COMPANIES, FILES, {}), named, {r.key: found for r in named}, {}, records)
    builder.leave_out([(record, None) for record in left_out], known or {})
    builder.changes.clear()
    everything = Desired((DesiredGroup("companies", "external_id", records, ()),), FILES, "sha256:0")
    builder.add_leftovers(COMPANIES, [LEFT], {LEFT.record_id: found}, everything, Prune.ALL)
    return [(change.action, change.reason) for change in builder.changes]


def test_what_is_still_the_same_record_is_archived() -> None:
    assert decided(live("9001", {"external_id": "acme"})) == [(Action.ARCHIVE, Reason.PRUNED)]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(live("9001", {"external_id": "other"}), id="people gave it another key"),
        pytest.param(live("9001", {"external_id": None}), id="people emptied its key"),
        pytest.param(live("9002", {"external_id": "acme"}), id="its id leads to another record"),
    ],
)
def test_what_became_something_else_is_forgotten_and_stays(found: LiveRecord) -> None:
    assert decided(found) == [(Action.RELEASE, Reason.GONE)]


@pytest.mark.parametrize(
    ("found", "named"),
    [
        pytest.param(
            live("9001", {"external_id": "acme"}), [desired("Acme", {})], id="named in other letters"
        ),
        pytest.param(live("9001", {"external_id": "new"}), [desired("new", {})], id="named by its new key"),
    ],
)
def test_what_is_named_by_another_key_is_not_left_over(
    found: LiveRecord, named: Sequence[DesiredRecord]
) -> None:
    assert decided(found, named) == []


@pytest.mark.parametrize(
    ("left_out", "known"),
    [
        pytest.param(desired("Acme", {}), {}, id="in other letters"),
        pytest.param(desired("9001", {}, document(key=RECORD_ID)), {}, id="by its record id"),
        pytest.param(desired("new", {}), {"new": owned("new", "9001", {})}, id="by a key that state knows"),
    ],
)
def test_what_is_named_and_left_out_of_the_plan_is_not_archived(
    left_out: DesiredRecord, known: Mapping[str, OwnedRecord]
) -> None:
    """``--target`` and ``--exclude`` limit what is looked at, and not what the manifests name."""
    there = live("9001", {"external_id": "acme"})
    assert decided(there, left_out=[left_out], known=known) == []


@pytest.mark.parametrize(
    "left_out", [desired("Acme GmbH", {}), desired("9002", {}, document(key=RECORD_ID)), desired("acm", {})]
)
def test_what_else_is_left_out_protects_nothing(left_out: DesiredRecord) -> None:
    there = live("9001", {"external_id": "acme"})
    assert decided(there, left_out=[left_out]) == [(Action.ARCHIVE, Reason.PRUNED)]
