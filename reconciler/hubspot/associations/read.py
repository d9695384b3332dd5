"""Reading associations of records, and the labels they can have."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from reconciler.errors import NotAllowed, RequestRejected, Unavailable
from reconciler.hubspot.associations.responses import AssociationLimitBody, AssociationsBody, LabelBody
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.prefetch import READERS
from reconciler.model.addresses import RecordId
from reconciler.model.calls import PAIRS_READ
from reconciler.model.definitions import ObjectSchema
from reconciler.model.labels import Label

_TIMES_ASKED = 4
"""Maximum number of calls that ask for the same record, if HubSpot's answers leave it out."""

LivePairs: TypeAlias = Mapping[RecordId, Mapping[RecordId, frozenset[Label]]]
"""Labels of associations, by record id and id of the associated record; an empty set if there is no label."""


def read_labels(reader: PortalReader, one: ObjectSchema, other: ObjectSchema) -> tuple[Label, ...]:
    """Read the labels that associations have in the direction from ``one`` to ``other``.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    if one.is_new or other.is_new:
        return ()
    return tuple(filter(None, map(_label, reader.labels(one.path, other.path))))


def limits_associations(reader: PortalReader) -> bool:
    """Check whether the portal limits any associations.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    return bool(_readable_limits(reader.all_association_limits))


def read_association_limits(
    reader: PortalReader, one: ObjectSchema, other: ObjectSchema
) -> Mapping[tuple[str, int] | None, int]:
    """Read how many records of ``other`` one record of ``one`` may be associated with, by label.

    A label is given as its category and number; None stands for the association without label.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    found: dict[tuple[str, int] | None, int] = {}
    if one.is_new or other.is_new:
        return found
    for limit in _readable_limits(lambda: reader.association_limits(one.path, other.path)):
        type_ = (limit.category, limit.type_id) if limit.label else None
        most = limit.user_enforced_max_to_object_ids
        if most is not None:
            found[type_] = min(most, found.get(type_, most))
    return found


def _readable_limits(read: Callable[[], Sequence[AssociationLimitBody]]) -> Sequence[AssociationLimitBody]:
    """Return the limits; none if HubSpot does not show them.

    A limit that HubSpot does not show is noticed only when HubSpot refuses a write.
    """
    try:
        return read()
    except (NotAllowed, RequestRejected):
        return ()


def read_pairs(
    reader: PortalReader, one: ObjectSchema, other: ObjectSchema, record_ids: Iterable[RecordId]
) -> LivePairs:
    """Read the associations of records of ``one`` with ``other``; leave out records without any.

    Raises:
        HubSpotError: the portal cannot be read.
    """
    ids = [] if one.is_new or other.is_new else sorted(set(record_ids))
    chunks = [ids[start : start + PAIRS_READ] for start in range(0, len(ids), PAIRS_READ)]
    found: dict[RecordId, dict[RecordId, frozenset[Label]]] = {}
    with ThreadPoolExecutor(READERS) as pool:
        # a single chunk is read in this thread, which may have reserved a slot for a write
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
    """Read the associations of ``record_ids``, with all further pages.

    Read a record again if HubSpot's answer leaves it out: if it wrongly counted as not associated, its
    existing associations would later count as created by reconciler.
    """
    pages: list[AssociationsBody] = []
    asked: Counter[tuple[str, str]] = Counter()
    inputs: list[dict[str, str]] = [{"id": record_id} for record_id in record_ids]
    while inputs:
        asked.update(map(_place, inputs))
        found = reader.read_pairs(one.path, other.path, inputs)
        pages += found.pages
        answered = {page.from_.id for page in found.pages} | set(found.alone)
        silent = [
            each for each in inputs if each["id"] not in answered and asked[_place(each)] < _TIMES_ASKED
        ]
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
