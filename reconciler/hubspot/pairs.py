"""Reads what records are associated with, and how they may be."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from reconciler.errors import Unavailable
from reconciler.hubspot.ahead import READERS
from reconciler.hubspot.client import Reader
from reconciler.hubspot.limits import PAIRS_READ
from reconciler.hubspot.wire import AssociationsBody, LabelBody
from reconciler.model.pairs import Label
from reconciler.model.records import RecordId
from reconciler.model.schema import ObjectSchema

LivePairs: TypeAlias = Mapping[RecordId, Mapping[RecordId, frozenset[Label]]]
"""By record, and by record that it is associated with, the labels; the plain association comes with all."""


def read_labels(reader: Reader, one: ObjectSchema, other: ObjectSchema) -> tuple[Label, ...]:
    """Labels of associations of ``one`` with ``other``, seen from the first.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    return tuple(filter(None, map(_label, reader.labels(one.path, other.path))))


def read_pairs(
    reader: Reader, one: ObjectSchema, other: ObjectSchema, record_ids: Iterable[RecordId]
) -> LivePairs:
    """What records of ``one`` are associated with among ``other``; those with nothing are left out.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    ids = sorted(set(record_ids))
    chunks = [ids[start : start + PAIRS_READ] for start in range(0, len(ids), PAIRS_READ)]
    found: dict[RecordId, dict[RecordId, frozenset[Label]]] = {}
    with ThreadPoolExecutor(READERS) as pool:
        for pages in pool.map(lambda chunk: _read(reader, one, other, chunk), chunks):
            for page in pages:
                to = found.setdefault(RecordId(page.from_.id), {})
                for record in page.to:
                    labels = frozenset(filter(None, map(_label, record.association_types)))
                    to[RecordId(record.to_object_id)] = labels
    return found


def _read(
    reader: Reader, one: ObjectSchema, other: ObjectSchema, record_ids: Sequence[RecordId]
) -> Sequence[AssociationsBody]:
    """All pages of some records; those that have more are asked for again together."""
    pages: list[AssociationsBody] = []
    seen: set[tuple[str, str]] = set()
    inputs: list[dict[str, str]] = [{"id": record_id} for record_id in record_ids]
    while inputs:
        answer = reader.read_pairs(one.path, other.path, inputs)
        pages += answer
        cursors = [(page.from_.id, page.after) for page in answer if page.after is not None]
        if not seen.isdisjoint(cursors):
            raise Unavailable(
                "HubSpot's list of associations never ends", method="POST", path=f"{one.path}/{other.path}"
            )
        seen.update(cursors)
        inputs = [{"id": record_id, "after": after} for record_id, after in cursors]
    return pages


def _label(body: LabelBody) -> Label | None:
    return Label(body.category, body.type_id, body.label) if body.label else None
