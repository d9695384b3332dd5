"""Associations between records: stub."""

from typing import Any

from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.record_rows import Record
from reconciler.emulator.work import Work


def associate_new(work: Work, object_type: ObjectType, record: Record, given: list[Any]) -> None:
    """Associates a record that was just created with others."""
    del work, object_type, record, given
