"""Pruning: decisions about owned records that no manifest names any more for this environment.

- in the manifests, but only for other environments: released;
- protected: left alone and reported;
- without ``prune``: left alone;
- with ``prune: true``: archived if reconciler created them, released if it adopted them;
- with ``prune: all``: archived;
- gone from the portal, or there under another key: released. A record with another key is not archived,
  because the person who changed the key uses the record for something else.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.model.addresses import RecordAddress
from reconciler.model.desired import Records
from reconciler.model.desired_records import Prune, PruneRule
from reconciler.model.facts import Fact, FactKind
from reconciler.model.live import MissingReason, MissingRecord
from reconciler.model.object_references import GroupKey
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.plan.change import Change, Reason, ValueChange
from reconciler.plan.owned_changes import owned_of, release_thing
from reconciler.plan.plan import Held
from reconciler.plan.records.changes import archive_record


def not_in_manifests(owned: Iterable[OwnedRecord], records: Records) -> Iterator[OwnedRecord]:
    """Return the ``owned`` records that are not in ``records``; both are sorted by key, by code point.

    A renamed record is also named by its old key.
    """
    renamed = {record.special.renamed_from for record in records.rekeyed()}
    named = iter(records)
    current = next(named, None)
    for entry in owned:
        while current is not None and current.key < entry.key.value:
            current = next(named, None)
        if (current is None or current.key != entry.key.value) and entry.key.value not in renamed:
            yield entry


def decide_prune(
    owned: OwnedRecord,
    prune: Prune,
    *,
    is_live: bool,
    is_named_elsewhere: bool,
    rests_on: tuple[ValueChange, ...] = (),
) -> Change | Held | None:
    """Return the change of an owned record that manifests no longer name, or why it is left alone.

    None: it is left alone without a report. ``is_live``: it still exists under its key.
    ``is_named_elsewhere``: manifests name it for other environments. ``rests_on``: values on which archiving
    it would depend.
    """
    if is_named_elsewhere and not owned.is_protected:
        return release_thing(owned, Reason.NARROWED)
    if prune is Prune.OFF and not is_named_elsewhere:
        return None
    if owned.is_protected:
        facts = (Fact(FactKind.PROTECTED_STILL),)
        return Held(owned.key, None, Reason.PRUNED, None, None, None, facts)
    if not is_live:
        return release_thing(owned, Reason.GONE)
    if prune is Prune.OURS and owned.origin is Origin.ADOPTED:
        return release_thing(owned, Reason.PRUNED)
    return archive_record(
        owned.key, owned.record_id, Reason.PRUNED, None, owned_before=owned_of(owned), rests_on=rests_on
    )


def facts_of_gone(owned: OwnedRecord, fate: MissingRecord | None) -> tuple[Fact, ...]:
    """Return facts and advice about a record that is named and owned, but not found in the portal."""
    became = fact_of(owned, fate)
    advice = [Fact(FactKind.RENAME_OR_CORRECT)] if became.kind is FactKind.REKEYED else []
    return (became, *advice, Fact(FactKind.NOT_CREATED_AGAIN))


def fact_of(owned: OwnedRecord, fate: MissingRecord | None) -> Fact:
    """Return the fact that says what happened to an owned record that is not found."""
    if fate is None:
        return Fact(FactKind.ERASED, owned.record_id)
    other_id = fate.record_id if fate.kind is MissingReason.MERGED else None
    lives_on = fate.kind in {MissingReason.MERGED, MissingReason.REKEYED}
    key = RecordAddress(*owned.key.group, fate.key) if lives_on and fate.key else None
    return Fact(FactKind(fate.kind), owned.record_id, other_id, key)


def changed_prune_rules(
    rules: Iterable[PruneRule], remembered: Mapping[GroupKey, PruneRule]
) -> tuple[PruneRule, ...]:
    """Return the ``rules`` of the manifests that differ from state, where no rule means no pruning."""
    return tuple(
        rule for rule in sorted(rules) if rule != remembered.get(rule.group, replace(rule, prune=Prune.OFF))
    )
