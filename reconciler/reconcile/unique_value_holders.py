"""Finding the records that now have the unique values which a plan writes."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.prefetch import in_chunks, read_ahead
from reconciler.model.calls import BATCH_SIZE
from reconciler.model.definitions import PortalSchema
from reconciler.model.live import LiveRecord
from reconciler.plan.change import Change
from reconciler.plan.records.unique_values import Value, questions, value_of


def read_holders(
    reader: PortalReader,
    portal: PortalSchema,
    changes: Sequence[Change],
    names_of: Callable[[str], Sequence[str]] = lambda _object: (),
) -> Mapping[Value, LiveRecord]:
    """Read, for each unique value that ``changes`` write, the record that has it now; 100 per call.

    ``names_of`` returns additional properties to read for a type.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    holders: dict[Value, LiveRecord] = {}
    for schema, name, texts in questions(changes, portal.objects):
        chunks = in_chunks(texts, BATCH_SIZE)
        question = partial(_question, names_of(schema.name))
        for _, live in read_ahead(reader, schema, name, chunks, question):
            holders |= {value_of(schema, name, text): record for text, record in live.items()}
    return holders


def _question(names: Sequence[str], chunk: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    return chunk, names
