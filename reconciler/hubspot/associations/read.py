"""Reads what records are associated with, and how they may be."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from reconciler.errors import NotAllowed, Unavailable
from reconciler.hubspot.client import PortalReader
from reconciler.hubspot.records.prefetch import READERS
from reconciler.hubspot.transport.responses import AssociationsBody, LabelBody
from reconciler.model.addresses import RecordId
from reconciler.model.associations import Label
from reconciler.model.calls import PAIRS_READ
from reconciler.model.definitions import ObjectSchema

_TIMES_ASKED = 4
"""How often the same is asked until nothing being said means that there is nothing."""

LivePairs: TypeAlias = Mapping[RecordId, Mapping[RecordId, frozenset[Label]]]
"""By record, and by record that it is associated with, the labels; the plain association comes with all."""


def read_labels(reader: PortalReader, one: ObjectSchema, other: ObjectSchema) -> tuple[Label, ...]:
    """Labels of associations of ``one`` with ``other``, seen from the first.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    return tuple(filter(None, map(_label, reader.labels(one.path, other.path))))


def read_label_limits(
    reader: PortalReader, one: ObjectSchema, other: ObjectSchema
) -> Mapping[tuple[str, int], int]:
    """With how many records of ``other`` one of ``one`` may bear a label, by category and number.

    What the token may not read limits nothing here: HubSpot tells of it when it refuses.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    try:
        limits = reader.label_limits(one.path, other.path)
    except NotAllowed:
        return {}
    maxima = ((limit.category, limit.type_id, limit.user_enforced_max_to_object_ids) for limit in limits)
    return {(category, number): most for category, number, most in maxima if most is not None}


def read_pairs(
    reader: PortalReader, one: ObjectSchema, other: ObjectSchema, record_ids: Iterable[RecordId]
) -> LivePairs:
    """What records of ``one`` are associated with among ``other``; those with nothing are left out.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    ids = sorted(set(record_ids))
    chunks = [ids[start : start + PAIRS_READ] for start in range(0, len(ids), PAIRS_READ)]
    found: dict[RecordId, dict[RecordId, frozenset[Label]]] = {}
    with ThreadPoolExecutor(READERS) as pool:
        each = pool.map if len(chunks) > 1 else map  # in this thread, which may keep a place for a write
        for pages in each(lambda chunk: _read(reader, one, other, chunk), chunks):
            for page in pages:
                to = found.setdefault(RecordId(page.from_.id), {})
                for record in page.to:
                    labels = frozenset(filter(None, map(_label, record.association_types)))
                    to[RecordId(record.to_object_id)] = labels
    return found


def _read(
    reader: PortalReader, one: ObjectSchema, other: ObjectSchema, record_ids: Sequence[RecordId]
) -> Sequence[AssociationsBody]:
    """All pages of some records; those that have more are asked for again together.

    A record of which HubSpot says nothing at all is asked for again: one that is only believed to be
    associated with nothing would be associated as ours.
    """
    pages: list[AssociationsBody] = []
    asked: Counter[tuple[str, str]] = Counter()
    inputs: list[dict[str, str]] = [{"id": record_id} for record_id in record_ids]
    while inputs:
        asked.update(map(_place, inputs))
        found = reader.read_pairs(one.path, other.path, inputs)
        pages += found.pages
        told = {page.from_.id for page in found.pages} | set(found.alone)
        silent = [each for each in inputs if each["id"] not in told and asked[_place(each)] < _TIMES_ASKED]
        more = [{"id": page.from_.id, "after": page.after} for page in found.pages if page.after is not None]
        if any(_place(each) in asked for each in more):
            raise Unavailable(
                "HubSpot's list of associations never ends", method="POST", path=f"{one.path}/{other.path}"
            )
        inputs = silent + more
    return pages


def _place(input_: Mapping[str, str]) -> tuple[str, str]:
    return input_["id"], input_.get("after", "")


def _label(body: LabelBody) -> Label | None:
    return Label(body.category, body.type_id, body.label) if body.label else None
