"""Moving records: finding all records that have a removed value, and planning their changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reconciler.apply.recovery.recovered_state import RecoveredState
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.list import list_records
from reconciler.hubspot.records.prefetch import in_chunks
from reconciler.hubspot.records.read import read_records
from reconciler.model.addresses import RECORD_ID, RecordId
from reconciler.model.calls import BATCH_SIZE, MOST_FOUND
from reconciler.model.definitions import ObjectSchema
from reconciler.model.display_names import display_properties
from reconciler.model.live import LiveRecord
from reconciler.plan.change import Change, ValueChange
from reconciler.plan.definitions.moves import (
    Move,
    by_property,
    changed_records,
    moved_record,
    moved_values,
    with_carried,
)
from reconciler.plan.definitions.wrong_moves import takes, wrong_moves
from reconciler.plan.findings import Findings
from reconciler.plan.kinds import Verb
from reconciler.plan.records.display_names import with_display_name


@dataclass(slots=True)
class MovingRecords:
    """Finds the records of one type that must move, page by page, and adds their changes."""

    reader: PortalReader
    memory: RecoveredState
    findings: Findings
    schema: ObjectSchema  # the schema now
    after: ObjectSchema  # the schema after the plan
    only: RecordId | None = None  # only look at this record; None: all records
    _planned: set[RecordId] = field(default_factory=set)  # records that have a change already
    _carried: dict[RecordId, list[ValueChange]] = field(default_factory=dict)  # values to add to that change
    _wrong: list[Move] = field(default_factory=list)  # an entry for each record whose value does not fit

    def move(self, moves: Sequence[Move]) -> None:
        """Add the changes of records that get another value because their present value is removed.

        ``moves`` are all replacements of removed values of the object type.
        """
        verbs = (Verb.UPDATE, Verb.ADOPT, Verb.ARCHIVE)
        self._planned |= changed_records(self.findings.changes.of(*verbs), self.schema.name)
        for of_property in by_property(moves).values():
            seen: set[RecordId] = set()
            for move in of_property:
                for page in self._holders(move, of_property):
                    new = [live for live in page if live.id not in seen]
                    seen.update(live.id for live in new)
                    self._add(of_property, new)
        if self._carried:
            self.findings.replace(self._with_carried)
        self.findings.problems.extend(wrong_moves(self._wrong))

    def _add(self, moves: Sequence[Move], page: Sequence[LiveRecord]) -> None:
        moving = [
            (live, values)
            for live in page
            if (values := moved_values(moves, live)) and self._fits(moves[0], values)
        ]
        new = [live.id for live, _ in moving if live.id not in self._planned]
        owned = self.memory.owned_by_id(self.schema.name, new) if new else {}
        for live, values in moving:
            if live.id in self._planned:
                self._carried.setdefault(live.id, []).extend(values)
            else:
                self._planned.add(live.id)
                change = moved_record(self.schema.name, live, values, owned.get(live.id))
                self.findings.changes.append(with_display_name(change, self.schema, live))

    def _fits(self, move: Move, values: Sequence[ValueChange]) -> bool:
        """Return whether the target property can have the value; record the move as wrong if not."""
        definition = self.after.properties.get(move.after) if move.before is None else None
        if definition is None or takes(definition, values[0].after):
            return True
        self._wrong.append(move)
        return False

    def _with_carried(self, change: Change) -> Change:
        return with_carried(change, self.schema.name, self._carried)

    def _holders(self, move: Move, together: Sequence[Move]) -> Iterator[Sequence[LiveRecord]]:
        """Read the records that have the removed value.

        If ``self.only`` is set, read only this record. Otherwise search for them, or list all records of the
        type if the search finds too many.
        """
        if self.only is not None:
            live = read_records(self.reader, self.schema, RECORD_ID, [self.only], self._names(together))
            yield [each for each in live.values() if move.holds(each)]
            return
        found = self.reader.searches.find_holders(self.schema.path, move.name, move.before)
        if found.total > MOST_FOUND:
            for page in list_records(self.reader, self.schema, self._names(together)):
                yield [live for live in page.records if move.holds(live)]
            return
        ids = (
            RecordId(record.id)
            for record in self.reader.searches.all_holders(self.schema.path, move.name, move.before)
        )
        for chunk in in_chunks(ids, BATCH_SIZE):
            live = read_records(self.reader, self.schema, RECORD_ID, chunk, self._names(together))
            yield [each for each in live.values() if move.holds(each)]

    def _names(self, moves: Sequence[Move]) -> Sequence[str]:
        moving = (name for move in moves for name in move.names)
        return tuple(dict.fromkeys((*moving, *display_properties(self.schema))))
