"""Records that must not exist (``$absent``): they are kept if another manifest line names them."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from reconciler.model.addresses import RecordAddress
from reconciler.model.definitions import ObjectSchema
from reconciler.model.desired_records import DesiredRecord
from reconciler.model.live import LiveRecord
from reconciler.model.owned import OwnedRecord
from reconciler.model.references import RecordIdentity
from reconciler.plan.change import Action, Change
from reconciler.plan.findings import Findings
from reconciler.plan.records.affected import archived_records
from reconciler.plan.records.changes import identity_of_record, is_record_archive, is_record_change
from reconciler.plan.records.identity import named_by
from reconciler.plan.values.resolve import Resolver
from reconciler.source import SourceRef

OtherLine: TypeAlias = Callable[[ObjectSchema, DesiredRecord, LiveRecord], DesiredRecord | None]
"""Returns another line that names a live record; None if there is none."""

NOBODY: Final[Mapping[RecordIdentity, LiveRecord]] = {}


class Unwanted(NamedTuple):
    """A record that must not exist: it is archived, or released if the portal does not have it."""

    resolver: Resolver
    record: DesiredRecord
    live: LiveRecord | None
    owned: OwnedRecord | None  # the entry in state under this key

    @property
    def released(self) -> RecordIdentity | None:
        """The record that is released, which HubSpot may have under another key; None if none is."""
        if self.live is not None or self.owned is None:
            return None
        return RecordIdentity(self.resolver.schema.name, self.owned.record_id)


@dataclass(slots=True)
class AbsentRecords:
    """Collects the records that must not exist and that a plan would archive or release."""

    _found: list[Unwanted] = field(default_factory=list)

    def add(self, unwanted: Unwanted) -> None:
        """Add a record."""
        self._found.append(unwanted)

    def lines(self) -> Mapping[RecordAddress, SourceRef]:
        """Return the manifest lines of the records."""
        return {record.address: resolver.files.ref(record.place) for resolver, record, *_ in self._found}

    def released(self) -> Iterator[RecordIdentity]:
        """Return the owned records that HubSpot does not have under their keys."""
        return (each.released for each in self._found if each.released is not None)

    def keep_named(
        self,
        findings: Findings,
        other_line: OtherLine,
        is_collected: Callable[[RecordIdentity], bool],
        doubles: Collection[RecordAddress],
        released: Mapping[RecordIdentity, LiveRecord],
    ) -> None:
        """Drop the changes that archive or release a record if another manifest line names the record.

        Args:
            findings: the changes of all compared records.
            other_line: finds another line that names a record.
            is_collected: tells whether any line names a record.
            doubles: addresses of lines that are a problem already, because two lines name one record.
            released: live records of the method of this name; a line that is not selected may name them.
        """
        kept: set[RecordAddress] = set()
        for each in self._found:
            resolver, record = each.resolver, each.record
            live = each.live or (each.released and released.get(each.released))
            other = other_line(resolver.schema, record, live) if live else None
            if live is None or other is None:
                continue
            kept.add(record.address)
            if each.live is not None and other.address not in doubles:
                findings.problems.append(named_by(resolver, record, live, other))
        gone = {each.record.address for each in self._found if each.live is None}
        # another line may archive the record by its new key, or miss it by this one (``$renamed_from``)
        others = archived_records(findings.changes) if gone else frozenset[RecordIdentity]()
        others |= {RecordIdentity(owned.key.object, owned.record_id) for _, owned in findings.gone}

        def decided(change: Change) -> Change | None:
            if not is_record_change(change):
                return change
            if change.action is Action.RELEASE and change.record in gone:
                record = identity_of_record(change)
                is_kept = change.record in kept or is_collected(record)
                return None if is_kept or record in others else change
            return None if is_record_archive(change) and change.record in kept else change

        if kept or gone:
            findings.replace(decided)
