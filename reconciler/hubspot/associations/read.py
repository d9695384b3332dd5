"""Reading associations of records, and the labels they can have."""

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
"""How often to ask again about records that HubSpot says nothing about."""

LivePairs: TypeAlias = Mapping[RecordId, Mapping[RecordId, frozenset[Label]]]
"""Labels by record and by associated record; the unlabelled association is always among them."""


def read_labels(reader: PortalReader, one: ObjectSchema, other: ObjectSchema) -> tuple[Label, ...]:
    """Read the labels of associations of ``one`` with ``other``, seen from the first.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    return tuple(filter(None, map(_label, reader.labels(one.path, other.path))))


def read_label_limits(
    reader: PortalReader, one: ObjectSchema, other: ObjectSchema
) -> Mapping[tuple[str, int], int]:
    """Read how many records of ``other`` one record may have under each label, by category and number.

    If the token may not read a limit, there is no limit here; HubSpot reports it when it refuses a write.

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
    """Read the associations of records of ``one`` with ``other``; leave out records without any.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    ids = sorted(set(record_ids))
    chunks = [ids[start : start + PAIRS_READ] for start in range(0, len(ids), PAIRS_READ)]
    found: dict[RecordId, dict[RecordId, frozenset[Label]]] = {}
    with ThreadPoolExecutor(READERS) as pool:
        # in this thread, which may have reserved a slot for a write
        each = pool.map if len(chunks) > 1 else map
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
    """Read all pages of some records; ask for the next pages of several records together.

    Ask again about a record that HubSpot says nothing about: if it wrongly counted as not associated, its
    associations would count as created by us.
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
