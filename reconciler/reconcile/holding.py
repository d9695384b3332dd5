"""Who holds the values of unique properties that a plan is going to write."""

from collections.abc import Mapping, Sequence

from reconciler.hubspot.ahead import in_chunks, read_ahead
from reconciler.hubspot.client import Reader
from reconciler.model.records import RecordId
from reconciler.model.schema import PortalSchema
from reconciler.model.writes import BATCH_SIZE
from reconciler.plan.changes import Change
from reconciler.plan.unique_values import Value, questions, value_of


def read_holders(reader: Reader, portal: PortalSchema, changes: Sequence[Change]) -> Mapping[Value, RecordId]:
    """The record that holds each of the values that ``changes`` write; a hundred are asked for at once.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    holders: dict[Value, RecordId] = {}
    for schema, name, texts in questions(changes, portal.objects):
        chunks = in_chunks(texts, BATCH_SIZE)
        for _, live in read_ahead(reader, schema, name, chunks, lambda chunk: (chunk, ())):
            holders |= {value_of(schema, name, text): record.id for text, record in live.items()}
    return holders
