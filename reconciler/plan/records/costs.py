"""The calls that one batch of records takes."""

from collections.abc import Sequence

from reconciler.model.definitions import ObjectSchema
from reconciler.plan.change import Change
from reconciler.plan.rests_on import objects_rested_on


def calls_to_write(batch: Sequence[Change], schema: ObjectSchema) -> int:
    """Count the call of a batch, and the earlier call that empties lifecycle stages."""
    values = (value for change in batch for value in change.values)
    return 1 + any(schema.is_step_back(value.name, value.before, value.after) for value in values)


def calls_to_read_again(batch: Sequence[Change], _schema: ObjectSchema, _moved: int) -> int:
    """Count the calls to read a batch again.

    Associations that archives rest on take one call for each type at the other end.
    """
    return 1 + len(objects_rested_on(batch))
