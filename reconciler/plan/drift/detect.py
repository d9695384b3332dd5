"""Detecting drift in everything that we own, by comparing live values with state.

Manifests are not used: state has the values that we last applied.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from reconciler import __version__
from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.associations import ASSOCIATED, OwnedAssociation, is_so
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.display_names import display_name, display_properties, remembered_name
from reconciler.model.drift import (
    DriftedValue,
    DriftFound,
    DriftHistory,
    HistoryStart,
    MissingOwnedRecord,
    RemovedAssociation,
)
from reconciler.model.facts import Fact, FactKind
from reconciler.model.labels import Label
from reconciler.model.live import LiveRecord, MissingReason, MissingRecord
from reconciler.model.names import DisplayNames
from reconciler.model.owned import OwnedRecord, StateVersion
from reconciler.model.personal_data import MaskRules
from reconciler.model.property_history import PropertyHistories, ValueVersion
from reconciler.model.references import PropertyRef, RecordIdentity
from reconciler.plan.drift.provenance import OurRuns, trail_of
from reconciler.plan.names import Naming, ShownThings
from reconciler.plan.records.prune import fact_of
from reconciler.plan.values.equality import same_value


@dataclass(slots=True)
class DriftBuilder:
    """Collects the drift, chunk by chunk."""

    masks: MaskRules = field(default_factory=MaskRules)
    has_pages: bool = True  # whether records have pages in HubSpot
    looked_at: int = 0
    looked_at_definitions: int = 0
    values: list[DriftedValue] = field(default_factory=list)
    definition_values: list[DriftedValue] = field(default_factory=list)
    lost: list[MissingOwnedRecord] = field(default_factory=list)
    pairs: list[RemovedAssociation] = field(default_factory=list)
    # records that are not found by their key, until ``explain_missing`` finds out why
    missing: list[OwnedRecord] = field(default_factory=list)
    # records that have the keys of lost records now
    successors: dict[RecordAddress, RecordId] = field(default_factory=dict)

    def add_chunk(
        self, schema: ObjectSchema, chunk: Sequence[OwnedRecord], live: Mapping[str, LiveRecord]
    ) -> None:
        """Compare owned records with the live records that have their keys."""
        for owned in chunk:
            found = live.get(owned.key.value)
            if found is not None and found.id == owned.record_id:
                self.values.extend(_drifted(schema, owned, found))
                continue
            self.missing.append(owned)
            if found is not None:
                self.successors[owned.key] = found.id
        self.looked_at += len(chunk)

    def add_pairs(
        self,
        owned: Iterable[OwnedAssociation],
        live: Mapping[RecordId, Mapping[RecordId, frozenset[Label]]],
        name_of: Callable[[RecordIdentity], str | None],
    ) -> None:
        """Compare owned associations with the live ones; skip associations of lost records.

        ``name_of`` returns the display name that a record had when we last applied it.
        """
        lost = {RecordIdentity(entry.key.object, entry.record_id) for entry in self.missing}
        for pair in owned:
            labels = live.get(pair.source.id, {}).get(pair.target.id)
            if lost.isdisjoint(pair.records) and not is_so(labels, pair.label):
                text = pair.label.text if pair.label else ASSOCIATED
                there = None if labels is None else ASSOCIATED
                names = DisplayNames(*map(name_of, pair.records))
                self.pairs.append(
                    RemovedAssociation(
                        pair.source.address, pair.source.id, pair.target.address, text, there, names
                    )
                )

    def add_definition(self, found: Iterable[DriftedValue | MissingOwnedRecord]) -> None:
        """Add the drift of one owned definition."""
        self.looked_at_definitions += 1
        for each in found:
            if isinstance(each, DriftedValue):
                self.definition_values.append(each)
            else:
                self.lost.append(each)

    def explain_missing(self, portal: PortalSchema, fates: Mapping[RecordId, MissingRecord]) -> None:
        """Explain what happened to records that are not found by their key any more."""
        for owned in self.missing:
            name = remembered_name(portal.objects.get(owned.key.object), owned)
            lost = _lost(owned, fates.get(owned.record_id), self.successors.get(owned.key))
            self.lost.append(replace(lost, display_name=name))

    def drifted(self) -> Iterator[PropertyRef]:
        """Return the properties whose history should be read."""
        return (PropertyRef(value.key.object, value.record_id, value.name) for value in self.values)

    def add_histories(self, portal: PortalSchema, histories: PropertyHistories, runs: OurRuns) -> None:
        """Add the authors of drifted values."""
        self.values = [
            replace(
                value,
                trail=trail_of(
                    histories.get(PropertyRef(value.key.object, value.record_id, value.name)),
                    portal.objects[value.key.object].kind_of(value.name),
                    value.last_applied,
                    value.live,
                    runs,
                ),
            )
            for value in self.values
        ]

    def drifted_definitions(self) -> frozenset[RecordIdentity]:
        """Return the definitions whose latest change should be read."""
        return frozenset(map(_identity, self.definition_values))

    def add_latest_edits(self, edits: Mapping[RecordIdentity, ValueVersion]) -> None:
        """Add the authors of the latest changes of definitions."""
        self.definition_values = [_with_edit(value, edits) for value in self.definition_values]

    def finish(
        self,
        portal: PortalSchema,
        state: StateVersion,
        naming: Naming,
        created_at: datetime,
        environment: str,
        *,
        read_calls: int,
    ) -> DriftFound:
        """Return the collected drift, sorted."""
        return DriftFound(
            tool_version=__version__,
            created_at=created_at,
            environment=environment,
            portal_id=portal.account.portal_id,
            state=state,
            looked_at=self.looked_at,
            values=tuple(
                sorted((*self.values, *self.definition_values), key=lambda value: (value.key, value.name))
            ),
            lost=tuple(sorted(self.lost, key=lambda record: record.key)),
            pairs=tuple(sorted(self.pairs, key=lambda pair: (pair.key, pair.target))),
            read_calls=read_calls,
            looked_at_definitions=self.looked_at_definitions,
            masked_properties=self.masks.masked_properties(portal.objects, naming.shown.properties),
            names=naming.names(portal.account.pages if self.has_pages else None),
        )

    def shown(self, portal: PortalSchema) -> ShownThings:
        """Return all things and values that a report on this drift shows, to find their names and masks."""
        shown = ShownThings(portal.objects)
        for value in self.values:
            versions = (version.value for version in value.trail.versions)
            shown.add(value.key.object, value.name, value.last_applied, value.live, *versions)
            shown.add(*value.key.key_property)
            if value.display_name is not None:
                shown.add_display_name(value.key.object)
        for record in self.lost:
            shown.add(*record.key.key_property)
            if record.display_name is not None:
                shown.add_display_name(record.key.object)
        for pair in self.pairs:
            for key, name in zip((pair.key, pair.target), pair.display_names, strict=True):
                shown.add(*key.key_property)
                if name is not None:
                    shown.add_display_name(key.object)
        return shown


def keys_and_sent(schema: ObjectSchema, chunk: Sequence[OwnedRecord]) -> tuple[list[str], list[str]]:
    """Return the keys and properties to read for owned records, including those for display names."""
    names = {name for owned in chunk for name in owned.sent}
    return [owned.key.value for owned in chunk], sorted(names.union(display_properties(schema)))


def _identity(value: DriftedValue) -> RecordIdentity:
    return RecordIdentity(value.key.object, value.record_id)


def _with_edit(value: DriftedValue, edits: Mapping[RecordIdentity, ValueVersion]) -> DriftedValue:
    edit = edits.get(_identity(value))
    if edit is None:
        return value
    return replace(value, trail=DriftHistory((replace(edit, value=value.live),), HistoryStart.LATEST))


def _drifted(schema: ObjectSchema, owned: OwnedRecord, live: LiveRecord) -> Iterator[DriftedValue]:
    for name in sorted(owned.sent):
        before, now = owned.expected_live(name), live.properties.get(name)
        if not same_value(schema.kind_of(name), before, now):
            yield DriftedValue(
                owned.key,
                live.id,
                name,
                before,
                now,
                is_defined=name in schema.properties,
                display_name=display_name(display_properties(schema), live.properties),
            )


def _lost(owned: OwnedRecord, fate: MissingRecord | None, heir: RecordId | None) -> MissingOwnedRecord:
    fate = fate or MissingRecord(MissingReason.ERASED, owned.record_id, None)
    facts = [fact_of(owned, fate)]
    if heir is not None and heir != fate.record_id:
        facts.append(Fact(FactKind.KEY_TAKEN, heir))
    return MissingOwnedRecord(owned.key, owned.record_id, fate.kind, tuple(facts))
