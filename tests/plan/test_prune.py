"""Owned records that no manifest names are archived only if they still have the key that state contains."""

from collections.abc import Mapping, Sequence

import pytest

from reconciler.model.addresses import RECORD_ID, RecordAddress, RecordId
from reconciler.model.desired import Desired, DesiredGroup, ListedRecords
from reconciler.model.desired_records import DesiredRecord, Drift, Prune, PruneRule
from reconciler.model.facts import Fact, FactKind
from reconciler.model.live import LiveRecord, MissingReason, MissingRecord
from reconciler.model.object_references import GroupKey
from reconciler.model.owned import OwnedRecord
from reconciler.model.selection import Selection, glob_of
from reconciler.plan.change import Action, Reason
from reconciler.plan.file.sequences import SpooledChanges
from reconciler.plan.records.planner import RecordPlanner
from reconciler.plan.records.policy import Policy
from reconciler.plan.records.prune import changed_prune_rules, facts_of_gone
from reconciler.plan.values.resolve import Resolver
from tests.support.nouns import COMPANIES, FILES, desired, document, live, owned

LEFT = owned("acme", "9001", {})


def decided(
    found: LiveRecord,
    named: Sequence[DesiredRecord] = (),
    left_out: Sequence[DesiredRecord] = (),
    known: Mapping[str, OwnedRecord] | None = None,
) -> list[tuple[Action, Reason]]:
    """Return the decisions about owned record ``LEFT`` under ``prune: all``.

    ``found`` is what HubSpot returns if the record is read by its record id.

    ``left_out`` are records that manifests name but the plan leaves out; ``known``: their entries in state.
    """
    records = ListedRecords(named)
    excluded = Selection(exclude=tuple(glob_of(record.address.text) for record in left_out))
    planner = RecordPlanner(Policy(Drift.REVERT), selection=excluded)
    planner.add_chunk(Resolver(COMPANIES, FILES, {}), named, {r.key: found for r in named}, {}, records)
    planner.leave_out(COMPANIES, [(record, None) for record in left_out], known or {})
    planner.findings.changes = SpooledChanges([])
    groups = [DesiredGroup("companies", "external_id", records, ())]
    groups += [DesiredGroup("companies", r.document.key, ListedRecords([r]), ()) for r in left_out]
    everything = Desired(tuple(groups), FILES, "sha256:0")
    planner.add_leftovers(COMPANIES, [LEFT], {LEFT.record_id: found}, everything, Prune.ALL)
    return [(change.action, change.reason) for change in planner.findings.changes]


def test_the_same_record_is_archived() -> None:
    assert decided(live("9001", {"external_id": "acme"})) == [(Action.ARCHIVE, Reason.PRUNED)]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(live("9001", {"external_id": "other"}), id="people gave it another key"),
        pytest.param(live("9001", {"external_id": None}), id="people emptied its key"),
        pytest.param(live("9002", {"external_id": "acme"}), id="its id leads to another record"),
    ],
)
def test_a_record_that_became_another_one_is_released(found: LiveRecord) -> None:
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
def test_a_record_named_by_another_key_is_not_pruned(
    found: LiveRecord, named: Sequence[DesiredRecord]
) -> None:
    assert decided(found, named) == []


@pytest.mark.parametrize(
    ("left_out", "known"),
    [
        pytest.param(desired("Acme", {}), {}, id="in other letters"),
        pytest.param(desired("Acme", {}), {"Acme": owned("Acme", "9009", {})}, id="and was another record"),
        pytest.param(desired(" acme", {}), {}, id="with a blank"),
        pytest.param(desired("9001", {}, document(key=RECORD_ID)), {}, id="by its record id"),
        pytest.param(desired("new", {}), {"new": owned("new", "9001", {})}, id="by a key that state knows"),
    ],
)
def test_a_named_record_left_out_of_the_plan_is_not_archived(
    left_out: DesiredRecord, known: Mapping[str, OwnedRecord]
) -> None:
    """``--target`` and ``--exclude`` limit the planned records, not the records that count as named."""
    there = live("9001", {"external_id": "acme"})
    assert decided(there, left_out=[left_out], known=known) == []


@pytest.mark.parametrize(
    "left_out", [desired("Acme GmbH", {}), desired("9002", {}, document(key=RECORD_ID)), desired("acm", {})]
)
def test_other_records_left_out_protect_nothing(left_out: DesiredRecord) -> None:
    there = live("9001", {"external_id": "acme"})
    assert decided(there, left_out=[left_out]) == [(Action.ARCHIVE, Reason.PRUNED)]


def reported(kind: MissingReason | None, record_id: str = "9001", key: str | None = None) -> Sequence[Fact]:
    return facts_of_gone(LEFT, MissingRecord(kind, RecordId(record_id), key) if kind else None)


def fact(kind: FactKind, other: str | None = None, key: str | None = None) -> Fact:
    lives_on_as = RecordAddress("companies", "external_id", key) if key else None
    return Fact(kind, LEFT.record_id, RecordId(other) if other else None, lives_on_as)


LAST = Fact(FactKind.NOT_CREATED_AGAIN)


def test_a_record_that_was_merged_is_told_with_the_one_that_it_lives_on_in() -> None:
    merged = fact(FactKind.MERGED, "9009", "bigger")
    assert reported(MissingReason.MERGED, "9009", "bigger") == (merged, LAST)
    assert reported(MissingReason.MERGED, "9009", None) == (fact(FactKind.MERGED, "9009"), LAST)


def test_a_record_that_got_another_key_is_told_with_it_and_with_what_to_do() -> None:
    rekeyed = fact(FactKind.REKEYED, key="acme-2")
    assert reported(MissingReason.REKEYED, key="acme-2") == (rekeyed, Fact(FactKind.RENAME_OR_CORRECT), LAST)
    emptied = fact(FactKind.REKEYED)
    assert reported(MissingReason.REKEYED, key="") == (emptied, Fact(FactKind.RENAME_OR_CORRECT), LAST)


@pytest.mark.parametrize(
    "kind", [MissingReason.ARCHIVED, MissingReason.ERASED, MissingReason.NOT_FOUND, None]
)
def test_a_record_that_lives_on_nowhere_is_told_without_another_name(kind: MissingReason | None) -> None:
    assert reported(kind, key="old") == (fact(FactKind(kind or MissingReason.ERASED)), LAST)


def test_new_prune_rules_are_remembered_and_no_pruning_needs_no_rule() -> None:
    off, ours, all_ = (PruneRule("companies", "code", prune) for prune in Prune)
    deals = PruneRule("deals", "code", Prune.ALL)
    known = {ours.group: ours}
    assert changed_prune_rules([deals, ours], {}) == (ours, deals)
    assert changed_prune_rules([deals, ours], known) == (deals,)
    assert changed_prune_rules([all_], known) == (all_,)
    assert changed_prune_rules([off], known) == (off,)
    assert changed_prune_rules([off], {}) == ()
    others = {GroupKey("companies", "erp_no"): ours, deals.group: ours}
    assert changed_prune_rules([off], others) == ()
