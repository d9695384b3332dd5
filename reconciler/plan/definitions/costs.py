"""The calls that one batch of definitions takes."""

from collections.abc import Sequence

from reconciler.model.definitions import ObjectSchema
from reconciler.plan.change import Change


def calls_to_write(_batch: Sequence[Change], _schema: ObjectSchema) -> int:
    """Count the call of a batch."""
    return 1


def calls_to_read_again(_batch: Sequence[Change]) -> int:
    """Count the call to read the definition again."""
    return 1
