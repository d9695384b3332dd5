"""The number of calls that one batch of associations takes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import ceil

from reconciler.model.addresses import RECORD_ID, RecordAddress
from reconciler.model.calls import BATCH_SIZE, PAIRS_READ
from reconciler.model.definitions import ObjectSchema
from reconciler.plan.change import Change


def calls_to_write(_batch: Sequence[Change], _schema: ObjectSchema) -> int:
    """Return 1: a batch is one call."""
    return 1


def calls_to_read_again(batch: Sequence[Change], _schema: ObjectSchema, _moved: int) -> int:
    """Count the calls to read a batch again, with as many records per call as possible.

    Calls read the associations of each record whose manifest names an association of the batch. Other calls
    read the keys of both records of each association.
    """
    sources = {change.record for change in batch if change.remote.id is not None}
    targets = {change.association.target for change in batch if change.remote.target_id is not None}
    of_records = ceil(len({change.record for change in batch}) / PAIRS_READ)
    return of_records + _calls_to_read_keys(sources) + _calls_to_read_keys(targets)


def _calls_to_read_keys(addresses: Iterable[RecordAddress]) -> int:
    """Count the calls that read keys: one call reads up to 100 keys of one property; record ids need none."""
    of_property = Counter(address.by for address in addresses if address.by != RECORD_ID)
    return sum(ceil(count / BATCH_SIZE) for count in of_property.values())
