"""Values that records use and that the plan removes from definitions, and counts of such records. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from reconciler.model.addresses import DefinitionAddress, Section
from reconciler.model.definitions import ObjectSchema
from reconciler.plan.change import Action, Change
from reconciler.plan.definitions.changes import details_of, losing_records
from reconciler.plan.definitions.context import Holding
from reconciler.plan.definitions.holders import held_by
from reconciler.plan.records.changes import is_record_change

SEPARATOR = ";"
"""The separator between the values of a multiple choice."""

_RECORD_ID = "hs_object_id"
"""The property that every record has."""


class HeldByRecords(NamedTuple):
    """The property and the value by which a record still uses a removed definition."""

    object: str
    name: str  # the property
    value: str | None  # None: any value
    # the property into which the record's value is copied; a record that has a value in this property no
    # longer uses the removed definition
    lacking: str | None = None

    def is_in(self, properties: Mapping[str, str | None]) -> bool:
        """Return whether a record with these properties still has the value."""
        text = properties.get(self.name)
        is_done = self.lacking is not None and properties.get(self.lacking) is not None
        return (
            text is not None and not is_done and (self.value is None or self.value in text.split(SEPARATOR))
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The properties to read."""
        return (self.name,) if self.lacking is None else (self.name, self.lacking)


def what_records_hold(schema: ObjectSchema, change: Change) -> HeldByRecords | None:
    """Return the property and the value of records that still use the removed definition of ``change``.

    None if records cannot use such a definition.
    """
    address, of = change.definition, change.object_type
    own_id = (change.remote.id or "").partition("/")[2]
    names = schema.pipeline_and_stage
    match address.section:
        case Section.OPTIONS:
            return HeldByRecords(of, address.names[0], address.name)
        case Section.PROPERTIES:
            return HeldByRecords(of, address.name, None, details_of(change).moves_to)
        case Section.PIPELINES if names:
            return HeldByRecords(of, names[0], own_id)
        case Section.STAGES if names:
            return HeldByRecords(of, names[1], own_id)
        case Section.SCHEMA:
            return HeldByRecords(of, _RECORD_ID, None)
        case _:
            return None


def records_leaving(changes: Iterable[Change], schema: ObjectSchema) -> Mapping[Holding, int]:
    """Count, for each value, the records of one type that no longer have it after ``changes``."""
    found: Counter[Holding] = Counter()
    pipelines = {stage.id: each.id for each in schema.pipelines for stage in each.stages}
    names = schema.pipeline_and_stage
    for change in changes:
        if not is_record_change(change) or change.object_type != schema.name:
            continue
        if change.action is Action.ARCHIVE:
            held = {value.name: value.before for value in change.rests_on}
            after: dict[str, str | None] = {}
            found[Holding(schema.name, None)] += 1
            if names and names[0] not in held and held.get(names[1]) in pipelines:
                held[names[0]] = pipelines[held[names[1]] or ""]
        else:
            held = {value.name: value.before for value in change.values}
            after = {value.name: value.after for value in change.values}
        for name, text in held.items():
            if text is None:
                continue
            left = after.get(name)
            if left is None:
                found[Holding(schema.name, name)] += 1
            gone = {*text.split(";")} - {*(left or "").split(";")}
            found.update(Holding(schema.name, name, item) for item in gone)
    return found


def changed_away(
    removals: Iterable[Change], changes: Iterable[Change], objects: Mapping[str, ObjectSchema]
) -> Callable[[Change], Change]:
    """Return a function that corrects, in each of ``removals``, the number of records that lose a value.

    A record does not count if ``changes`` give it another value or archive it.
    """
    away: dict[DefinitionAddress, int] = {}
    written = tuple(changes)
    for removal in removals:
        schema = objects.get(removal.object_type)
        held = what_records_hold(schema, removal) if schema and losing_records(removal) else None
        if schema is not None and held is not None:
            holding = Holding(schema.name, None if held.name == _RECORD_ID else held.name, held.value)
            away[removal.definition] = records_leaving(written, schema).get(holding, 0)

    def corrected(change: Change) -> Change:
        number = away.get(change.address) if isinstance(change.address, DefinitionAddress) else None
        return replace(change, rests_on=held_by(losing_records(change) - number)) if number else change

    return corrected
