"""The calls that one batch of records takes."""

from collections.abc import Sequence

from reconciler.model.definitions import ObjectSchema
from reconciler.plan.change import Change
from reconciler.plan.rests_on import objects_rested_on


def calls_to_write(batch: Sequence[Change], schema: ObjectSchema) -> int:
    """Count the call of a batch, and the call before it that clears lifecycle stages, if needed."""
    values = (value for change in batch for value in change.values)
    return 1 + any(schema.is_step_back(value.name, value.before, value.after) for value in values)


def calls_to_read_again(batch: Sequence[Change], _schema: ObjectSchema, _moved: int) -> int:
    """Count the calls to read a batch again.

    One call reads the records. If an archive change depends on associations, one more call is needed for
    each object type of the associated records.
    """
    return 1 + len(objects_rested_on(batch))
