"""Counting the associations that have a label.

HubSpot has no call that counts them. So all records of one of the two types are listed, and their
associations are read, a thousand records in a call. The type with fewer records is taken.
"""

from reconciler.hubspot.associations.read import read_pairs
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.list import list_records
from reconciler.hubspot.records.prefetch import in_chunks
from reconciler.model.calls import PAIRS_READ
from reconciler.model.definitions import ObjectSchema
from reconciler.model.labels import Label


def count_labelled(
    reader: PortalReader, one: ObjectSchema, other: ObjectSchema, there: Label, back: Label | None
) -> int:
    """Count the associations with the label ``there`` from records of ``one`` to records of ``other``.

    ``back`` is the same label in the other direction; None if unknown. If both types are equal and both
    labels are equal, every association counts once.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    is_same_type = one.path == other.path
    if back is not None and not is_same_type and _size(reader, other) < _size(reader, one):
        one, other, there = other, one, back
    ids = {live.id for page in list_records(reader, one, []) for live in page.records}
    found = 0
    for chunk in in_chunks(sorted(ids), PAIRS_READ):
        associated = read_pairs(reader, one, other, chunk).values()
        found += sum(there in labels for to in associated for labels in to.values())
    return found // 2 if is_same_type and there == back else found


def _size(reader: PortalReader, schema: ObjectSchema) -> int:
    return reader.searches.count_records(schema.path).total
