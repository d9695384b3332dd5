"""The calls that one batch of definitions takes."""

from collections.abc import Sequence
from math import ceil

from reconciler.model.addresses import Section
from reconciler.model.calls import BATCH_SIZE, MOST_FOUND
from reconciler.model.definition_attributes import FORMULA, STAGE_NAMES, list_of
from reconciler.model.definitions import ObjectSchema
from reconciler.plan.change import Action, Change, Reason
from reconciler.plan.definitions.changes import details_of, losing_records

_HELD = frozenset({Section.OPTIONS, Section.PROPERTIES, Section.STAGES, Section.PIPELINES, Section.SCHEMA})
"""The sections of definitions that records can use. A definition that a record uses must not be removed."""

_LOOKS = 3
"""The number of searches before a removal.

The last two searches must find no record. One search before them may find records by old values, because
HubSpot's index is late.
"""

_SENSITIVITIES = 3
"""Calls that read all properties, one for each sensitivity: HubSpot returns one sensitivity per call."""


def calls_to_write(batch: Sequence[Change], _schema: ObjectSchema) -> int:
    """Count the calls that write a batch.

    Each stage that changes its place needs one call (a new first stage: two). Each object type that is added
    to the associations of a custom type needs one.
    """
    main = _main(batch)
    if main.action is not Action.UPDATE:
        return 1
    calls = 0
    for value in main.values:
        if value.name == STAGE_NAMES:
            calls += _moves(list_of(value.before), list_of(value.after))
        elif value.name == "associatedObjects":
            calls += len(set(list_of(value.after)) - set(list_of(value.before)))
    is_only_order = all(value.name == STAGE_NAMES for value in main.values)
    return calls + (not is_only_order)


def calls_to_read_again(batch: Sequence[Change], schema: ObjectSchema, moved: int) -> int:
    """Estimate the number of calls that read the definitions of a batch before and after its call.

    ``moved`` is the number of records of the type that the plan moves: if a search cannot show so many, they
    are read by id.
    """
    main = _main(batch)
    look = _calls_to_look(main, schema)
    if main.action is not Action.ARCHIVE:
        return look + any(value.name == FORMULA for value in main.values)
    proof = 1 if main.definition.section in {Section.OPTIONS, Section.PROPERTIES} else look
    return look + proof + _calls_to_find_holders(main, moved)


def _main(batch: Sequence[Change]) -> Change:
    """Return the change whose call includes the other changes of the batch."""
    return next((change for change in batch if not details_of(change).is_carried), batch[0])


def _calls_to_look(change: Change, schema: ObjectSchema) -> int:
    """Count the calls that read one definition."""
    address = change.definition
    match address.section:
        case Section.LABELS:  # one call for each direction, one for internal names
            return 2 + (address.names[0] != address.object)
        case Section.OPTIONS | Section.PROPERTIES if change.action is not Action.CREATE:
            known = schema.properties.get(address.names[0])
            values = {value.name: value.before for value in change.forgotten}
            is_plain = values.get("dataSensitivity", "non_sensitive") == "non_sensitive"
            is_seen = known is not None or change.action is Action.ARCHIVE
            return 1 if is_seen and is_plain and not (known and known.is_sensitive) else _SENSITIVITIES
        case _:
            return 1


def _calls_to_find_holders(change: Change, moved: int) -> int:
    """Count the calls that find or read records which may still have the removed value."""
    if change.definition.section not in _HELD:
        return 0
    if losing_records(change):
        return 1
    is_moved = change.reason is Reason.MIGRATED and moved > MOST_FOUND
    return _LOOKS + (ceil(moved / BATCH_SIZE) if is_moved else 0)


def _moves(before: Sequence[str], after: Sequence[str]) -> int:
    """Count the calls that sort stages: two if another stage becomes the first, one for each other move."""
    present = list(dict.fromkeys((*before, *after)))  # HubSpot adds new stages at the end
    calls = 0
    for place, name in enumerate(dict.fromkeys(after)):
        if present[place] == name:
            continue
        calls += 1 if place else 2
        present.remove(name)
        present.insert(place, name)
    return calls
